//! What is true of any run.

use std::ops::Range;

use hasten_schedule::simulate::{Death, Outcome, Scenario, simulate};
use hasten_schedule::{Item, PlannerOptions};
use proptest::prelude::*;

use crate::suites::{
    Classes, assert_each_once, close_lower_bound, lower_bound, options, plain_setups, steps_back,
    suite,
};

fn seconds() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..0.002,
        3 => 0.002..0.1,
        1 => 0.1..20.0,
    ]
}

fn files() -> impl Strategy<Value = Vec<Classes>> {
    let class = prop::collection::vec(seconds(), 1..12);
    prop::collection::vec(prop::collection::vec(class, 1..5), 0..12)
}

pub(crate) fn death(workers: usize) -> impl Strategy<Value = Death> {
    (0..workers * 3, 0..8_usize, any::<bool>(), any::<bool>()).prop_map(
        |(worker, after, in_item, replaced)| Death {
            worker,
            after,
            in_item,
            replaced,
        },
    )
}

pub(crate) fn scenario(workers: Range<usize>) -> impl Strategy<Value = Scenario> {
    (workers, 0.0..0.001, 0.0..0.02).prop_map(|(workers, round_trip, start)| Scenario {
        round_trip,
        start,
        ..Scenario::new(workers)
    })
}

/// Some items that are unknown, and some expectations that are wrong.
fn disturb(items: &mut [Item], disturbed: &[(usize, Option<f64>)]) {
    for (at, expected) in disturbed {
        if let Some(item) = items.get_mut(*at) {
            item.expected = *expected;
        }
    }
}

fn disturbances() -> impl Strategy<Value = Vec<(usize, Option<f64>)>> {
    prop::collection::vec((0..300_usize, prop::option::of(seconds())), 0..300)
}

/// Long items that the planner sends out before others of their file.
fn long_items(items: &[Item], workers: usize) -> usize {
    let total: f64 = items.iter().filter_map(|item| item.expected).sum();
    let long = total / workers as f64 * 0.2;
    items
        .iter()
        .filter(|item| item.expected.is_some_and(|seconds| seconds >= long))
        .count()
}

fn run(items: &[Item], durations: &[f64], lookahead: bool, scenario: &Scenario) -> Outcome {
    let options = PlannerOptions {
        lookahead,
        ..options(scenario.workers)
    };
    simulate(items, durations, options, scenario)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_item_once_whatever_is_known_and_whoever_dies(
        files in files(),
        scenario in scenario(1..9),
        disturbed in disturbances(),
        deaths in prop::collection::vec(death(8), 0..40),
        lookahead: bool,
    ) {
        let (mut items, durations) = suite(&files, true);
        disturb(&mut items, &disturbed);
        let scenario = Scenario { deaths, ..scenario };
        assert_each_once(&run(&items, &durations, lookahead, &scenario), items.len());
    }

    #[test]
    fn reordered_collections_too(
        files in prop::collection::vec(0..4_u32, 0..80),
        scenario in scenario(1..9),
        deaths in prop::collection::vec(death(8), 0..20),
        known: bool,
        lookahead: bool,
    ) {
        let items: Vec<Item> = files
            .iter()
            .map(|file| Item { file: *file, scope: *file, expected: known.then_some(0.01), bound: None, alone: false, unit: None })
            .collect();
        let scenario = Scenario { deaths, ..scenario };
        let outcome = run(&items, &vec![0.01; items.len()], lookahead, &scenario);
        assert_each_once(&outcome, items.len());
    }

    #[test]
    fn exact_estimates_make_a_short_run(files in files(), workers in 1..17_usize) {
        let (items, durations) = suite(&files, true);
        let outcome = run(&items, &durations, false, &Scenario::new(workers));
        let overhead = 0.023 + 0.0001 * (outcome.waits as f64);
        let most = lower_bound(&durations, workers) * 2.0;
        prop_assert!(outcome.makespan <= most + overhead, "{} of {most}", outcome.makespan);
        let most = close_lower_bound(&durations, workers) * 1.5;
        prop_assert!(outcome.makespan <= most + overhead, "{} of {most}", outcome.makespan);
    }

    #[test]
    fn lookahead_makes_a_short_run_too(files in files(), workers in 1..17_usize) {
        let (items, durations) = suite(&files, true);
        let outcome = run(&items, &durations, true, &Scenario::new(workers));
        let bound = lower_bound(&durations, workers);
        let overhead = 0.023 + 0.0001 * (outcome.waits as f64);
        prop_assert!(outcome.makespan <= bound * 2.0 + overhead, "{} of {bound}", outcome.makespan);
    }

    #[test]
    fn items_of_a_file_keep_their_order(
        files in files(),
        scenario in scenario(1..9),
        disturbed in disturbances(),
        known: bool,
        lookahead: bool,
    ) {
        let (mut items, durations) = suite(&files, known);
        if known {
            disturb(&mut items, &disturbed);
        }
        let outcome = run(&items, &durations, lookahead, &scenario);
        let long = if scenario.workers > 1 { long_items(&items, scenario.workers) } else { 0 };
        prop_assert!(steps_back(&outcome, &items) <= long * scenario.workers);
    }

    #[test]
    fn fixtures_are_set_up_about_as_often(
        files in files(),
        scenario in scenario(1..9),
        known: bool,
        lookahead: bool,
    ) {
        let (items, durations) = suite(&files, known);
        let outcome = run(&items, &durations, lookahead, &scenario);
        let (setups, plain) = (outcome.setups(&items), plain_setups(&items));
        let workers = scenario.workers;
        let more = if workers == 1 { 0 } else { 6 * workers + 2 * long_items(&items, workers) };
        prop_assert!(setups.files <= plain.files + more, "{setups:?}, {plain:?}");
        prop_assert!(setups.scopes <= plain.scopes + more, "{setups:?}, {plain:?}");
    }
}
