//! Items that run in processes of their own.

use std::collections::BTreeMap;

use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, Planner};
use proptest::prelude::*;

use crate::properties::{death, scenario};
use crate::suites::{assert_each_once, even, options};

fn planner(items: Vec<Item>, workers: usize) -> Planner {
    let mut planner = Planner::new(items, options(workers));
    for worker in 0..workers {
        planner.add_worker(worker);
    }
    planner
}

/// Makes each of these items a unit.
fn isolate(mut items: Vec<Item>, those: &[usize]) -> Vec<Item> {
    for at in those {
        items[*at].unit = u32::try_from(*at).ok();
    }
    items
}

/// What each process ran, worker after worker.
fn processes(outcome: &Outcome) -> Vec<Vec<u32>> {
    let mut all = Vec::new();
    for (sequence, renewals) in outcome.sequences.iter().zip(&outcome.renewals) {
        let mut from = 0;
        for to in renewals.iter().copied().chain([sequence.len()]) {
            all.push(sequence[from..to].to_vec());
            from = to;
        }
    }
    all
}

/// Asks for an idle worker, and renews its process if that is the answer.
fn ask(planner: &mut Planner, worker: usize) -> (Vec<u32>, bool, bool) {
    let mut next = planner.next(worker);
    let renewed = next.renew;
    if renewed {
        planner.renewed(worker);
        next = planner.next(worker);
    }
    (next.items, next.last, renewed)
}

#[test]
fn each_isolated_item_gets_a_process_and_comes_after_the_others() {
    let (items, _) = even(1, 4, 0.001, true);
    let mut planner = planner(isolate(items, &[0, 2]), 1);
    assert_eq!(ask(&mut planner, 0), (vec![1, 3], false, false));
    let next = planner.next(0);
    assert!(next.items.is_empty() && next.last && next.renew);
    for item in [1, 3] {
        planner.observe(0, item, 0.001);
    }
    assert_eq!(ask(&mut planner, 0), (vec![0], true, true));
    assert!(planner.is_isolated(0) && planner.will_renew(0));
    planner.observe(0, 0, 0.001);
    assert_eq!(ask(&mut planner, 0), (vec![2], true, true));
    assert!(!planner.will_renew(0));
    planner.observe(0, 2, 0.001);
    assert_eq!(ask(&mut planner, 0), (vec![], true, false));
}

#[test]
fn a_long_one_goes_first_where_no_process_has_to_end_for_it() {
    let (mut items, _) = even(1, 20, 0.1, true);
    items[10].expected = Some(5.0);
    let mut planner = planner(isolate(items, &[10]), 2);
    assert_eq!(ask(&mut planner, 0), (vec![10], true, false));
    assert_eq!(ask(&mut planner, 1).0, [0]);
}

#[test]
fn a_worker_in_the_middle_of_a_file_goes_on_with_it() {
    let (mut items, _) = even(1, 40, 0.1, true);
    items[39].expected = Some(5.0);
    let mut planner = planner(isolate(items, &[39]), 2);
    assert_eq!(ask(&mut planner, 0).0, [39]);
    assert_eq!(ask(&mut planner, 1).0, [0]);
    assert_eq!(planner.worker_gone(0), [39]);
    planner.observe(1, 0, 0.1);
    assert_eq!(ask(&mut planner, 1), (vec![1], false, false));
}

#[test]
fn an_attempt_is_a_unit_of_its_own() {
    let (mut items, _) = even(1, 3, 1.0, true);
    for item in &mut items {
        item.unit = Some(0);
    }
    let mut planner = planner(items, 2);
    assert_eq!(ask(&mut planner, 0), (vec![0], false, false));
    planner.observe(0, 0, 1.0);
    planner.requeue(&[0]);
    assert_eq!(ask(&mut planner, 0), (vec![1], false, false));
    planner.observe(0, 1, 1.0);
    assert_eq!(ask(&mut planner, 0), (vec![2], true, false));
    planner.observe(0, 2, 1.0);
    assert_eq!(ask(&mut planner, 0), (vec![0], true, true));
}

#[test]
fn no_more_processes_are_renewed_than_there_is_work_for() {
    let (items, _) = even(1, 3, 1.0, true);
    let mut planner = planner(isolate(items, &[0, 1, 2]), 3);
    for worker in 0..3 {
        let item = ask(&mut planner, worker).0[0];
        planner.observe(worker, item, 1.0);
    }
    planner.requeue(&[1]);
    assert!(planner.next(0).renew);
    assert!(!planner.next(1).renew, "one is enough");
    assert!(planner.next(0).renew, "it may ask again");
    planner.renewed(0);
    assert!(!planner.next(1).renew, "the other has not asked yet");
    assert_eq!(planner.next(0).items, [1]);
    assert!(!planner.next(1).renew);
}

#[test]
fn what_is_given_past_the_planner_counts() {
    let (items, _) = even(1, 2, 1.0, true);
    let mut planner = planner(isolate(items, &[1]), 2);
    assert!(planner.may_run(0, 0) && planner.may_run(0, 1));
    planner.was_given(0, 0);
    assert!(planner.may_run(0, 0) && !planner.may_run(0, 1));
    planner.renewed(0);
    planner.was_given(0, 1);
    assert!(!planner.may_run(0, 0) && !planner.may_run(0, 1));
}

#[test]
fn a_unit_runs_as_a_whole_though_pytest_has_mixed_its_items() {
    let (mut items, durations) = even(1, 60, 0.001, false);
    for (at, item) in (0..).zip(&mut items) {
        item.unit = Some(at % 3);
    }
    for workers in 1..4 {
        let outcome = simulate(
            &items,
            &durations,
            options(workers),
            &Scenario::new(workers),
        );
        assert_each_once(&outcome, items.len());
        let filled = processes(&outcome);
        let filled = filled.iter().filter(|process| !process.is_empty());
        assert_eq!(filled.count(), 3, "{outcome:?}");
    }
}

/// File, bound group (6 and more: none), runs alone (0), is known, seconds, isolated unit.
type Drawn = (u32, u32, u32, bool, f64, Option<u32>);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let seconds = prop_oneof![6 => 0.0..0.002, 3 => 0.002..0.1, 1 => 0.1..20.0];
    prop::collection::vec(
        (
            0..5_u32,
            0..20_u32,
            0..15_u32,
            any::<bool>(),
            seconds,
            prop::option::of(0..40_u32),
        ),
        0..120,
    )
}

fn items(drawn: &[Drawn]) -> (Vec<Item>, Vec<f64>) {
    let item = |(file, bound, alone, known, seconds, unit): &Drawn| Item {
        file: *file,
        scope: *file,
        expected: known.then_some(*seconds),
        bound: Some(*bound).filter(|bound| *bound < 6),
        alone: *alone == 0,
        unit: *unit,
    };
    let durations = drawn.iter().map(|drawn| drawn.4).collect();
    (drawn.iter().map(item).collect(), durations)
}

/// Panics if an isolated item shared its process with one of another unit, or a unit ran in more processes than died
/// in it and one.
fn assert_isolated(outcome: &Outcome, items: &[Item]) {
    let mut ran_in = BTreeMap::<u32, usize>::new();
    for process in processes(outcome) {
        let unit = |item: &u32| {
            let item = items[*item as usize];
            item.unit.map(|unit| (unit, item.alone))
        };
        assert!(
            process
                .windows(2)
                .all(|pair| unit(&pair[0]) == unit(&pair[1])),
            "{process:?} of {outcome:?}"
        );
        if let Some(Some((unit, alone))) = process.first().map(unit) {
            assert!(!alone || process.len() == 1, "{process:?} of {outcome:?}");
            *ran_in.entry(unit).or_default() += usize::from(!alone);
        }
    }
    if outcome.died.is_empty() {
        assert!(ran_in.values().all(|times| *times <= 1), "{outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_isolated_shares_its_process_with_nothing_whoever_dies(
        drawn in drawn(),
        scenario in scenario(2..9),
        deaths in prop::collection::vec(death(8), 0..40),
        dies: bool,
    ) {
        let (items, durations) = items(&drawn);
        let deaths = if dies { deaths } else { Vec::new() };
        let scenario = Scenario { deaths, ..scenario };
        let outcome = simulate(&items, &durations, options(scenario.workers), &scenario);
        assert_each_once(&outcome, items.len());
        assert_isolated(&outcome, &items);
    }

    #[test]
    fn processes_with_several_items_are_not_ended_for_short_ones(
        units in prop::collection::vec(prop::option::of(0..40_u32), 20..120),
        workers in 1..6_usize,
    ) {
        let (mut items, durations) = even(4, units.len().div_ceil(4), 0.001, true);
        for (item, unit) in items.iter_mut().zip(&units) {
            item.unit = *unit;
        }
        let outcome = simulate(&items, &durations, options(workers), &Scenario::new(workers));
        assert_each_once(&outcome, items.len());
        assert_isolated(&outcome, &items);
        let shared = |process: &Vec<u32>| {
            process.first().is_some_and(|item| items[*item as usize].unit.is_none())
        };
        let lasting = processes(&outcome).iter().filter(|process| shared(process)).count();
        prop_assert!(lasting <= workers, "{outcome:?}");
    }
}
