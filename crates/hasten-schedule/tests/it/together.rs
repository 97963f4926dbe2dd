//! Items that belong together, and items beside which nothing else runs.

use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, Planner, PlannerOptions};
use proptest::prelude::*;

use crate::properties::{death, scenario};
use crate::suites::{assert_each_once, even, lower_bound, options};

fn planner(items: Vec<Item>, workers: usize) -> Planner {
    let mut planner = Planner::new(items, options(workers));
    for worker in 0..workers {
        planner.add_worker(worker);
    }
    planner
}

/// Every second item in group 1, the others in group 2.
fn two_groups(items: usize, seconds: f64) -> Vec<Item> {
    let (mut items, _) = even(1, items, seconds, true);
    for (at, item) in (0..).zip(&mut items) {
        item.bound = Some(1 + at % 2);
    }
    items
}

fn alone(mut items: Vec<Item>, those: &[usize]) -> Vec<Item> {
    for at in those {
        items[*at].alone = true;
    }
    items
}

#[test]
fn a_group_is_nobody_elses() {
    let mut planner = planner(two_groups(6, 1.0), 3);
    assert_eq!(planner.next(0).items, [0]);
    assert_eq!(planner.next(1).items, [1]);
    let third = planner.next(2);
    assert!(third.items.is_empty() && third.last);
    assert!(!planner.has_work());
    planner.observe(0, 0, 1.0);
    let second = planner.next(0);
    assert_eq!((second.items, second.last), (vec![2], false));
    let final_item = planner.next(0);
    assert_eq!((final_item.items, final_item.last), (vec![4], true));
}

#[test]
fn what_a_dead_worker_leaves_of_its_group_goes_to_one_other() {
    let mut planner = planner(two_groups(8, 1.0), 2);
    let _ = planner.next(0);
    let _ = planner.next(1);
    planner.observe(0, 0, 1.0);
    let _ = planner.next(0);
    assert_eq!(planner.worker_gone(0), [2]);
    assert!(planner.has_work());
    planner.add_worker(2);
    assert_eq!(planner.next(2).items, [2]);
    assert!(!planner.has_work());
    assert_eq!(planner.next(1).items, [3], "it goes on with its own");
    assert_eq!(planner.next(2).items, [4]);
    assert_eq!(planner.next(2).items, [6]);
}

#[test]
fn an_item_that_runs_again_runs_where_its_group_runs() {
    let mut planner = planner(two_groups(6, 1.0), 2);
    let _ = planner.next(0);
    let _ = planner.next(0);
    let _ = planner.next(1);
    planner.observe(0, 0, 1.0);
    planner.requeue(&[0]);
    assert!(!planner.has_work());
    assert_eq!(planner.next(0).items, [0]);
    for item in [2, 0, 4] {
        planner.observe(0, item, 1.0);
        let _ = planner.next(0);
    }
    planner.requeue(&[4]);
    assert!(planner.has_work(), "nobody has the group any more");
}

#[test]
fn groups_with_more_to_do_come_first() {
    let (mut items, _) = even(4, 10, 0.001, true);
    for (at, item) in (0..).zip(&mut items) {
        item.bound = Some(at / 10);
    }
    items[25].expected = Some(0.004);
    items[35].expected = Some(0.008);
    let mut planner = planner(items, 2);
    assert_eq!(planner.next(0).items[0], 30);
    assert_eq!(planner.next(1).items[0], 20);
}

#[test]
fn no_more_workers_than_groups() {
    assert_eq!(
        planner(two_groups(100, 1.0), 16).worker_count_for(16),
        2,
        "two groups"
    );
    let (items, _) = even(1, 3, 1.0, true);
    let serial = alone(items, &[0, 1, 2]);
    assert_eq!(planner(serial, 16).worker_count_for(16), 1);
}

#[test]
fn an_item_that_runs_alone_waits_for_all_others() {
    let (items, _) = even(1, 4, 1.0, true);
    let mut planner = planner(alone(items, &[0, 1]), 2);
    assert_eq!(planner.next(0).items, [2]);
    let second = planner.next(1);
    assert_eq!(
        (second.items, second.last),
        (vec![3], false),
        "it asks again"
    );
    let none = planner.next(0);
    assert!(none.items.is_empty() && none.last, "so it finishes item 2");
    planner.observe(0, 2, 1.0);
    assert!(!planner.has_work() && planner.next(0).items.is_empty());
    assert!(!planner.needs_top_up(0));
    let early = planner.next(1);
    assert_eq!(
        (early.items, early.last),
        (vec![0], false),
        "only its own item 3 runs"
    );
    planner.observe(1, 3, 1.0);
    assert!(planner.next(0).items.is_empty());
    planner.observe(1, 0, 1.0);
    assert!(planner.has_work());
    let other = planner.next(0);
    assert_eq!((other.items, other.last), (vec![1], true));
    assert!(!planner.has_work());
}

#[test]
fn what_runs_alone_does_so_after_a_death_too() {
    let (items, _) = even(1, 3, 1.0, true);
    let mut planner = planner(alone(items, &[2]), 2);
    let _ = planner.next(0);
    let _ = planner.next(1);
    planner.observe(0, 0, 1.0);
    assert!(planner.next(0).items.is_empty());
    planner.observe(1, 1, 1.0);
    assert_eq!(planner.next(1).items, [2]);
    assert_eq!(planner.worker_gone(1), [2]);
    assert!(planner.has_work());
    assert_eq!(planner.next(0).items, [2]);
}

#[test]
fn what_runs_again_waits_for_an_item_that_runs_alone() {
    let (items, _) = even(1, 3, 1.0, true);
    let mut planner = planner(alone(items, &[2]), 2);
    for worker in 0..2 {
        let item = planner.next(worker).items[0];
        planner.observe(worker, item, 1.0);
    }
    assert_eq!(planner.next(0).items, [2]);
    planner.requeue(&[0]);
    assert!(!planner.has_work() && !planner.needs_top_up(1));
    assert!(planner.next(1).items.is_empty());
    planner.observe(0, 2, 1.0);
    assert!(planner.has_work());
    assert_eq!(planner.next(1).items, [0]);
}

#[test]
fn one_worker_keeps_the_order_whatever_belongs_together() {
    let items = alone(two_groups(6, 1.0), &[2]);
    let mut planner = planner(items, 1);
    let mut sent = Vec::new();
    while planner.has_work() {
        sent.extend(planner.next(0).items);
    }
    assert_eq!(sent, [0, 1, 2, 3, 4, 5]);
}

/// File, bound group (10: none), runs alone, is known, seconds.
type Drawn = (u32, u32, bool, bool, f64);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let alone = prop_oneof![9 => Just(false), 1 => Just(true)];
    let seconds = prop_oneof![6 => 0.0..0.002, 3 => 0.002..0.1, 1 => 0.1..20.0];
    prop::collection::vec((0..5_u32, 0..11_u32, alone, any::<bool>(), seconds), 0..120)
}

/// Items of these; `mixed` is false when every item is bound.
fn items(drawn: &[Drawn], mixed: bool) -> (Vec<Item>, Vec<f64>) {
    let item = |(file, bound, alone, known, seconds): &Drawn| Item {
        file: *file,
        scope: file * 2 + bound % 2,
        expected: known.then_some(*seconds),
        // As many free items as bound ones.
        bound: Some(*bound).filter(|bound| !mixed || *bound < 5),
        alone: *alone,
        unit: None,
    };
    let durations = drawn.iter().map(|drawn| drawn.4).collect();
    (drawn.iter().map(item).collect(), durations)
}

fn run(items: &[Item], durations: &[f64], lookahead: bool, scenario: &Scenario) -> Outcome {
    let options = PlannerOptions {
        lookahead,
        ..options(scenario.workers)
    };
    simulate(items, durations, options, scenario)
}

/// When each item began and ended, with its worker and its number in that worker's sequence.
fn spans(outcome: &Outcome) -> Vec<(f64, f64, u32, usize, usize)> {
    let mut spans = Vec::new();
    for (worker, (sequence, times)) in outcome.sequences.iter().zip(&outcome.times).enumerate() {
        for (number, (item, (from, to))) in sequence.iter().zip(times).enumerate() {
            spans.push((*from, *to, *item, worker, number));
        }
    }
    spans
}

/// Panics unless each group ran on one worker, or on a further one for each that died, in order, and without
/// anything between.
fn assert_together(outcome: &Outcome, items: &[Item]) {
    let mut groups = std::collections::BTreeMap::<u32, Vec<_>>::new();
    for span in spans(outcome) {
        let item = items[span.2 as usize];
        if let Some(group) = item.bound.filter(|_| !item.alone) {
            groups.entry(group).or_default().push(span);
        }
    }
    for spans in groups.values_mut() {
        spans.sort_unstable_by_key(|span| span.2);
        for pair in spans.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            assert!(before.1 <= after.0, "in order: {outcome:?}");
            if before.3 == after.3 {
                assert_eq!(before.4 + 1, after.4, "nothing between: {outcome:?}");
            } else {
                assert!(
                    outcome.died.contains(&before.3),
                    "on one worker: {outcome:?}"
                );
            }
        }
    }
}

/// Panics if anything ran beside an item that runs alone.
fn assert_alone(outcome: &Outcome, items: &[Item]) {
    let spans = spans(outcome);
    for alone in spans.iter().filter(|span| items[span.2 as usize].alone) {
        for other in spans.iter().filter(|other| other.2 != alone.2) {
            let apart = other.1 <= alone.0 || alone.1 <= other.0;
            assert!(apart, "{alone:?} beside {other:?}: {outcome:?}");
            let later = other.0 >= alone.1 && !items[other.2 as usize].alone;
            assert!(!later, "{other:?} after {alone:?}: {outcome:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn groups_stay_together_whoever_dies(
        drawn in drawn(),
        scenario in scenario(2..9),
        deaths in prop::collection::vec(death(8), 0..40),
        mixed: bool,
        lookahead: bool,
    ) {
        let (items, durations) = items(&drawn, mixed);
        let scenario = Scenario { deaths, ..scenario };
        let outcome = run(&items, &durations, lookahead, &scenario);
        assert_each_once(&outcome, items.len());
        assert_together(&outcome, &items);
        assert_alone(&outcome, &items);
    }

    #[test]
    fn groups_make_a_short_run(drawn in drawn(), workers in 2..17_usize) {
        let (mut items, durations) = items(&drawn, true);
        for (item, seconds) in items.iter_mut().zip(&durations) {
            item.alone = false;
            item.expected = Some(*seconds);
        }
        let outcome = run(&items, &durations, false, &Scenario::new(workers));
        // A group counts as one long item.
        let mut units: Vec<f64> = vec![0.0; 11];
        for (item, seconds) in items.iter().zip(&durations) {
            match item.bound {
                Some(group) => units[group as usize] += seconds,
                None => units.push(*seconds),
            }
        }
        let overhead = 0.023 + 0.0001 * (outcome.waits as f64);
        let most = lower_bound(&units, workers) * 2.0;
        prop_assert!(outcome.makespan <= most + overhead, "{} of {most}", outcome.makespan);
    }

    #[test]
    fn a_retry_of_anything_ends(
        drawn in drawn(),
        again in prop::collection::vec(any::<bool>(), 120),
        workers in 2..5_usize,
    ) {
        let (items, _) = items(&drawn, true);
        let mut planner = planner(items.clone(), workers);
        let mut runs = vec![0; items.len()];
        let mut idle = 0;
        for worker in (0..workers).cycle() {
            let sent = planner.next(worker).items;
            idle = if sent.is_empty() { idle + 1 } else { 0 };
            if idle > workers {
                break;
            }
            for item in sent {
                planner.observe(worker, item, 0.01);
                runs[item as usize] += 1;
                if again[item as usize] && runs[item as usize] == 1 {
                    planner.requeue(&[item]);
                }
            }
        }
        prop_assert_eq!(planner.remaining(), 0);
        for (count, again) in runs.iter().zip(&again) {
            prop_assert_eq!(*count, 1 + usize::from(*again));
        }
    }
}
