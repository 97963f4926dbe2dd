//! Whole runs whose number of workers follows the load.

use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, PlannerOptions};
use proptest::prelude::*;

use crate::properties::{death, scenario};
use crate::suites::{assert_each_once, even, suite};

/// Plays a run that begins with as many workers as there are cores, of items that compute for a part of their time.
fn play(items: &[Item], durations: &[f64], part: f64, scenario: &Scenario) -> Outcome {
    let options = PlannerOptions {
        workers: scenario.workers,
        most: scenario.most.unwrap_or(0),
        ..PlannerOptions::default()
    };
    let scenario = Scenario {
        computing: durations.iter().map(|seconds| seconds * part).collect(),
        ..scenario.clone()
    };
    simulate(items, durations, options, &scenario)
}

fn two_cores() -> Scenario {
    Scenario {
        cores: Some(2.0),
        most: Some(16),
        start: 0.025,
        ..Scenario::new(2)
    }
}

#[test]
fn the_articles_sample_takes_its_longest_test() {
    for durations in [[5.0, 40.0, 100.0], [100.0, 40.0, 5.0], [40.0, 100.0, 5.0]] {
        for known in [false, true] {
            let (items, durations) = suite(&[vec![durations.to_vec()]], known);
            let outcome = play(&items, &durations, 0.0, &two_cores());
            assert!(outcome.makespan < 100.3, "{durations:?}: {outcome:?}");
        }
    }
}

#[test]
fn waiting_tests_wait_together() {
    for known in [false, true] {
        for (files, each) in [(1, 200), (20, 10), (200, 1)] {
            let (items, durations) = even(files, each, 0.3, known);
            let outcome = play(&items, &durations, 0.0, &two_cores());
            // 200 tests on 16 workers are 13 rounds of 0.3 s; the first few are for the growth.
            assert!(
                outcome.makespan < 5.5,
                "{known} {files}: {}",
                outcome.makespan
            );
            assert_eq!(outcome.most_active, 16);
        }
    }
}

#[test]
fn nobody_waits_behind_a_test_that_is_the_first_long_one() {
    // As many as are sent at once, after as many tiny ones.
    let classes = [vec![0.0005; 70], vec![0.4; 32]].concat();
    let (items, durations) = suite(&[vec![classes]], false);
    let outcome = play(&items, &durations, 0.0, &two_cores());
    assert_each_once(&outcome, items.len());
    assert!(outcome.recalled > 0);
    assert!(outcome.makespan < 2.4, "{outcome:?}");
}

#[test]
fn computing_tests_have_the_cores_for_themselves() {
    for known in [false, true] {
        let (items, durations) = even(10, 20, 0.2, known);
        let outcome = play(&items, &durations, 1.0, &two_cores());
        assert_eq!(outcome.sequences.len(), 2);
        assert!(outcome.makespan < 20.0 * 1.05, "{}", outcome.makespan);
    }
}

#[test]
fn when_tests_stop_waiting_and_compute_most_workers_step_back() {
    let (items, durations) = even(2, 200, 0.2, false);
    let computing = (0..400).map(|item| if item < 200 { 0.0 } else { 0.2 });
    let scenario = Scenario {
        computing: computing.collect(),
        ..two_cores()
    };
    let options = PlannerOptions {
        workers: 2,
        most: 16,
        ..PlannerOptions::default()
    };
    let outcome = simulate(&items, &durations, options, &scenario);
    assert_each_once(&outcome, 400);
    // 200 tests that compute need 20 s of both cores.
    assert!(outcome.makespan < 20.0 + 6.0, "{}", outcome.makespan);
    let slow = (outcome.sequences.iter().zip(&outcome.times))
        .flat_map(|(items, times)| items.iter().zip(times))
        .filter(|(item, (start, end))| **item >= 200 && end - start > 0.2 * 2.0)
        .count();
    assert!(slow < 50, "{slow} tests took more than twice as long");
}

#[test]
fn a_serial_item_is_alone_in_a_pool_that_grew() {
    let (mut items, durations) = even(1, 60, 0.3, false);
    for item in &mut items[..3] {
        item.alone = true;
    }
    let outcome = play(&items, &durations, 0.0, &two_cores());
    assert_each_once(&outcome, 60);
    let all: Vec<(u32, (f64, f64))> = (outcome.sequences.iter().zip(&outcome.times))
        .flat_map(|(items, times)| items.iter().copied().zip(times.iter().copied()))
        .collect();
    for (item, (start, end)) in all.iter().filter(|(item, _)| *item < 3) {
        let beside =
            |other: &&(u32, (f64, f64))| other.0 != *item && other.1.0 < *end && other.1.1 > *start;
        assert_eq!(all.iter().find(beside), None);
    }
}

fn seconds() -> impl Strategy<Value = f64> {
    prop_oneof![3 => 0.0..0.01, 3 => 0.01..0.5, 1 => 0.5..10.0]
}

fn files() -> impl Strategy<Value = Vec<Vec<Vec<f64>>>> {
    let class = prop::collection::vec(seconds(), 1..10);
    prop::collection::vec(prop::collection::vec(class, 1..4), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_item_once_whoever_dies_comes_or_rests(
        files in files(),
        parts in prop::collection::vec(0.0..=1.0_f64, 1..40),
        scenario in scenario(1..5),
        cores in 0.5..4.0_f64,
        most in 1..17_usize,
        deaths in prop::collection::vec(death(8), 0..30),
        bound in prop::collection::vec((0..200_usize, 0..6_u32), 0..40),
        alone in prop::collection::vec(0..200_usize, 0..4),
        known: bool,
        lookahead: bool,
    ) {
        let (mut items, durations) = suite(&files, known);
        for (at, group) in bound {
            if let Some(item) = items.get_mut(at) {
                item.bound = Some(group);
            }
        }
        for at in alone {
            if let Some(item) = items.get_mut(at) {
                item.alone = true;
            }
        }
        let computing = durations.iter().zip(parts.iter().cycle()).map(|(all, part)| all * part);
        let scenario = Scenario {
            cores: Some(cores),
            most: Some(most),
            computing: computing.collect(),
            deaths,
            round_trip: scenario.round_trip + 0.00001,
            ..scenario
        };
        let options = PlannerOptions {
            workers: scenario.workers,
            most,
            lookahead,
            ..PlannerOptions::default()
        };
        let outcome = simulate(&items, &durations, options, &scenario);
        assert_each_once(&outcome, items.len());
        prop_assert!(outcome.most_active <= most.max(scenario.workers));
    }

    #[test]
    fn never_much_worse_than_the_best(files in files(), part in 0.0..=1.0_f64) {
        let (items, durations) = suite(&files, true);
        let outcome = play(&items, &durations, part, &two_cores());
        let all: f64 = durations.iter().sum();
        let longest = durations.iter().copied().fold(0.0, f64::max);
        let (shared, computing) = (all / 16.0, all * part / 2.0);
        let best = longest.max(computing).max(shared);
        // Whoever gives out work as long as there is some and somebody is free, is not above the sum. Beside it what passes
        // until it is seen that tests wait, and until the workers are there.
        let most = (best * 2.0).max(longest + computing + shared) + 0.6;
        prop_assert!(outcome.makespan <= most, "{} of {best}", outcome.makespan);
    }
}
