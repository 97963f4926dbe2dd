//! Whole runs.

use hasten_schedule::simulate::{Scenario, simulate};
use hasten_schedule::{Item, PlannerOptions};

use crate::suites::{
    assert_each_once, even, lower_bound, options, plain_setups, steps_back, suite,
};

#[test]
fn sleeping_tests_of_which_nothing_is_known() {
    let orders = [
        [5.0, 40.0, 100.0],
        [100.0, 40.0, 5.0],
        [40.0, 100.0, 5.0],
        [5.0, 100.0, 40.0],
    ];
    for durations in orders {
        let one_file = suite(&[vec![durations.to_vec()]], false).0;
        let three_files = suite(&durations.map(|seconds| vec![vec![seconds]]), false).0;
        for items in [one_file, three_files] {
            let outcome = simulate(&items, &durations, options(2), &Scenario::new(2));
            assert!(outcome.makespan < 105.01, "{durations:?}: {outcome:?}");
        }
    }
}

#[test]
fn sleeping_tests_that_are_known() {
    for lookahead in [false, true] {
        let (items, durations) = suite(&[vec![vec![5.0, 40.0, 100.0]]], true);
        let options = PlannerOptions {
            lookahead,
            ..options(2)
        };
        let outcome = simulate(&items, &durations, options, &Scenario::new(2));
        // With lookahead something has to be queued behind the long one.
        let best = if lookahead { 105.0 } else { 100.0 };
        assert!(outcome.makespan < best + 0.01, "{outcome:?}");
    }
}

#[test]
fn a_long_test_that_nobody_knew_has_little_behind_it() {
    let files = [
        vec![vec![0.0005; 300]],
        vec![[vec![0.0005; 200], vec![60.0], vec![0.5; 30]].concat()],
    ];
    let (items, durations) = suite(&files, false);
    let outcome = simulate(&items, &durations, options(4), &Scenario::new(4));
    assert!(outcome.makespan < 70.0, "{}", outcome.makespan);
    let behind = outcome
        .sequences
        .iter()
        .find_map(|all| all.split(|item| *item == 500).nth(1));
    assert!(behind.is_some_and(|items| items.len() < 32), "{behind:?}");
}

#[test]
fn one_large_file_is_shared() {
    for (workers, seconds, known) in [
        (2, 0.01, true),
        (3, 0.01, true),
        (16, 0.01, true),
        (3, 0.01, false),
        (16, 0.01, false),
    ] {
        let (items, durations) = suite(&[vec![vec![seconds; 20]; 250]], known);
        let outcome = simulate(
            &items,
            &durations,
            options(workers),
            &Scenario::new(workers),
        );
        assert_each_once(&outcome, items.len());
        let bound = lower_bound(&durations, workers);
        assert!(
            outcome.makespan < bound * 1.1,
            "{workers}: {} {bound}",
            outcome.makespan
        );
        assert_eq!(steps_back(&outcome, &items), 0);
        let setups = outcome.setups(&items);
        assert_eq!(setups.files, workers);
        assert!(setups.scopes <= 250 + 6 * workers, "{workers}: {setups:?}");
    }
}

#[test]
fn many_files_are_hardly_shared() {
    let (items, durations) = even(200, 25, 0.003, true);
    let outcome = simulate(&items, &durations, options(8), &Scenario::new(8));
    let setups = outcome.setups(&items);
    assert!(setups.files <= 200 + 16, "{setups:?}");
    assert!(
        outcome.makespan < lower_bound(&durations, 8) * 1.05,
        "{}",
        outcome.makespan
    );
}

#[test]
fn equal_long_tests_in_small_files_stay_with_their_file() {
    let (items, durations) = even(8, 2, 1.0, true);
    let outcome = simulate(&items, &durations, options(4), &Scenario::new(4));
    assert_eq!(outcome.setups(&items), plain_setups(&items));
    assert!(outcome.makespan < 4.01);
}

#[test]
fn workers_do_not_wait_for_tiny_tests() {
    let (items, durations) = even(50, 100, 0.0003, true);
    let outcome = simulate(&items, &durations, options(2), &Scenario::new(2));
    assert!(
        outcome.waits <= 20,
        "{} waits, {} batches",
        outcome.waits,
        outcome.batches
    );
    assert!(
        outcome.makespan < lower_bound(&durations, 2) + 0.005,
        "{}",
        outcome.makespan
    );
}

#[test]
fn wrong_estimates_are_made_up_for() {
    let (mut items, durations) = even(1, 400, 0.05, true);
    for (number, item) in items.iter_mut().enumerate() {
        item.expected = Some(if number < 200 { 0.03 } else { 0.07 });
    }
    let outcome = simulate(&items, &durations, options(4), &Scenario::new(4));
    let bound = lower_bound(&durations, 4);
    assert!(
        outcome.makespan < bound * 1.2,
        "{} of {bound}",
        outcome.makespan
    );
}

/// Takes a second or two, and hours where the planner looks through all items for each of them.
#[test]
fn sixty_thousand_items_on_sixteen_workers() {
    let (items, durations) = even(600, 100, 0.0003, true);
    let outcome = simulate(&items, &durations, options(16), &Scenario::new(16));
    assert_each_once(&outcome, 60_000);
}

#[test]
fn sixty_thousand_items_that_pytest_has_reordered() {
    let item = |number: u32| Item {
        file: number % 2,
        scope: number % 2,
        expected: Some(if number >= 59_998 { 20.0 } else { 0.0003 }),
        bound: None,
        alone: false,
        unit: None,
    };
    let items: Vec<Item> = (0..60_000).map(item).collect();
    let durations: Vec<f64> = items.iter().filter_map(|item| item.expected).collect();
    for workers in [2, 16] {
        let outcome = simulate(
            &items,
            &durations,
            options(workers),
            &Scenario::new(workers),
        );
        assert_each_once(&outcome, 60_000);
    }
}
