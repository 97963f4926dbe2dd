//! Items that use resources.

use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, Planner, PlannerOptions, Resources};
use proptest::prelude::*;

use crate::properties::{death, scenario};
use crate::suites::{assert_each_once, even, lower_bound, options, suite};

fn using(limit: usize, items: &[u32]) -> Resources {
    let mut resources = Resources::default();
    resources.add(limit, items.iter().copied());
    resources
}

fn planner(items: Vec<Item>, workers: usize, resources: &Resources) -> Planner {
    let mut planner = Planner::with_resources(items, options(workers), resources);
    for worker in 0..workers {
        planner.add_worker(worker);
    }
    planner
}

#[test]
fn what_one_has_another_waits_for_without_holding_anything() {
    let (items, _) = even(2, 2, 1.0, true);
    let mut planner = planner(items, 3, &using(1, &[0, 1, 2, 3]));
    let first = planner.next(0);
    assert_eq!((first.items, first.last), (vec![0], false), "it asks again");
    let none = planner.next(1);
    assert!(none.items.is_empty() && none.last);
    assert!(!planner.has_work());
    assert_eq!(
        planner.next(0).items,
        [1],
        "the same worker, which has it already"
    );
    planner.observe(0, 0, 1.0);
    assert!(!planner.has_work(), "item 1 is not finished");
    planner.observe(0, 1, 1.0);
    assert!(planner.has_work());
    assert_eq!(planner.next(1).items, [2]);
    assert!(planner.next(0).items.is_empty());
    assert_eq!(planner.worker_gone(1), [2]);
    assert!(planner.has_work());
    assert_eq!(planner.next(0).items, [2]);
    assert_eq!(planner.next(0).items, [3]);
    assert!(!planner.has_work());
    assert_eq!(planner.worker_count_for(8), 1);
}

#[test]
fn tiny_items_that_use_the_same_come_in_batches() {
    let (items, _) = even(1, 100, 0.001, true);
    let all: Vec<u32> = (0..100).collect();
    let mut planner = planner(items, 2, &using(1, &all));
    assert_eq!(planner.next(0).items.len(), 15);
    assert!(planner.next(1).items.is_empty());
}

#[test]
fn two_of_three_may_have_it() {
    let (items, _) = even(1, 6, 1.0, true);
    let mut planner = planner(items, 3, &using(2, &[0, 1, 2, 3]));
    assert_eq!(planner.next(0).items, [0]);
    assert_eq!(planner.next(1).items, [1]);
    assert_eq!(planner.next(2).items, [4], "which uses nothing");
    assert_eq!(planner.next(0).items, [2]);
}

#[test]
fn a_scarce_resource_is_busy_from_the_beginning() {
    // 10 s that only one can do, and 30 s for everybody.
    let files = [vec![vec![1.0; 30]], vec![vec![1.0; 10]]];
    let (items, durations) = suite(&files, true);
    let resources = using(1, &(30..40).collect::<Vec<_>>());
    let scenario = Scenario {
        resources,
        ..Scenario::new(4)
    };
    let outcome = simulate(&items, &durations, options(4), &scenario);
    assert!(outcome.makespan < 10.5, "{}", outcome.makespan);
}

#[test]
fn one_worker_keeps_the_order_whatever_is_used() {
    let (items, _) = even(1, 6, 1.0, true);
    let mut planner = planner(items, 1, &using(1, &[4, 5]));
    let mut sent = Vec::new();
    while planner.has_work() {
        sent.extend(planner.next(0).items);
    }
    assert_eq!(sent, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn an_order_that_is_asked_for_holds_for_them_too() {
    let (items, _) = even(3, 1, 1.0, true);
    let options = PlannerOptions {
        in_order: true,
        ..options(2)
    };
    let mut planner = Planner::with_resources(items, options, &using(1, &[1]));
    planner.add_worker(0);
    planner.add_worker(1);
    assert_eq!(planner.next(0).items, [0]);
    assert_eq!(planner.next(1).items, [1]);
    assert_eq!(planner.next(0).items, [2]);
}

/// File, bound group (10: none), runs alone, is known, resources, seconds.
type Drawn = (u32, u32, bool, bool, Vec<usize>, f64);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let alone = prop_oneof![15 => Just(false), 1 => Just(true)];
    let seconds = prop_oneof![6 => 0.0..0.002, 3 => 0.002..0.1, 1 => 0.1..20.0];
    let uses = prop_oneof![2 => Just(Vec::new()), 2 => prop::collection::vec(0..3_usize, 1..4)];
    let group = prop_oneof![4 => Just(10_u32), 1 => 0..4_u32];
    prop::collection::vec(
        (0..5_u32, group, alone, any::<bool>(), uses, seconds),
        0..100,
    )
}

fn items(drawn: &[Drawn]) -> (Vec<Item>, Vec<f64>) {
    let item = |(file, bound, alone, known, _, seconds): &Drawn| Item {
        file: *file,
        scope: *file,
        expected: known.then_some(*seconds),
        bound: Some(*bound).filter(|bound| *bound < 10),
        alone: *alone,
        unit: None,
    };
    let durations = drawn.iter().map(|drawn| drawn.5).collect();
    (drawn.iter().map(item).collect(), durations)
}

fn resources(drawn: &[Drawn], limits: &[usize]) -> Resources {
    let mut resources = Resources::default();
    for (number, limit) in limits.iter().enumerate() {
        let uses = (0..)
            .zip(drawn)
            .filter(|(_, drawn)| drawn.4.contains(&number));
        resources.add(*limit, uses.map(|(item, _)| item));
    }
    resources
}

/// The most items of these that ran at the same time.
fn at_a_time(outcome: &Outcome, items: &[u32]) -> usize {
    let mut edges: Vec<(f64, i32)> = Vec::new();
    for (sequence, times) in outcome.sequences.iter().zip(&outcome.times) {
        for (item, (from, to)) in sequence.iter().zip(times) {
            if items.contains(item) && from < to {
                edges.extend([(*from, 1), (*to, -1)]);
            }
        }
    }
    // What ends at a moment has ended before something begins.
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut now, mut most) = (0, 0);
    for (_, change) in edges {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_limit_is_exceeded_and_nothing_waits_for_ever_whoever_dies(
        drawn in drawn(),
        limits in prop::collection::vec(1..4_usize, 3),
        scenario in scenario(1..9),
        deaths in prop::collection::vec(death(8), 0..40),
        lookahead: bool,
        in_order: bool,
    ) {
        let (items, durations) = items(&drawn);
        let resources = resources(&drawn, &limits);
        let scenario = Scenario { deaths, resources: resources.clone(), ..scenario };
        let options = PlannerOptions { lookahead, in_order, ..options(scenario.workers) };
        let outcome = simulate(&items, &durations, options, &scenario);
        assert_each_once(&outcome, items.len());
        for (limit, users) in resources.users() {
            let most = at_a_time(&outcome, &users);
            prop_assert!(most <= limit, "{most} of {limit}: {outcome:?}");
        }
    }

    #[test]
    fn resources_make_a_run_no_longer_than_they_must(drawn in drawn(), limit in 1..4_usize, workers in 2..9_usize) {
        let (mut items, durations) = items(&drawn);
        for (item, seconds) in items.iter_mut().zip(&durations) {
            item.alone = false;
            item.bound = None;
            item.expected = Some(*seconds);
        }
        let resources = resources(&drawn, &[limit]);
        let (_, users) = resources.users().next().unwrap_or_default();
        let scenario = Scenario { resources, ..Scenario::new(workers) };
        let outcome = simulate(&items, &durations, options(workers), &scenario);
        // With one resource: as long as it is waited for, so many work on it; else all work.
        let of_users: f64 = users.iter().map(|item| durations[*item as usize]).sum();
        let most = lower_bound(&durations, workers) * 2.0 + of_users / limit as f64;
        let overhead = 0.05 + 0.0002 * (outcome.waits as f64);
        prop_assert!(outcome.makespan <= most + overhead, "{} of {most}: {outcome:?}", outcome.makespan);
    }

    #[test]
    fn a_retry_of_what_uses_something_ends(
        drawn in drawn(),
        again in prop::collection::vec(any::<bool>(), 100),
        workers in 1..5_usize,
    ) {
        let (items, _) = items(&drawn);
        let mut planner = planner(items.clone(), workers, &resources(&drawn, &[1, 2, 3]));
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
