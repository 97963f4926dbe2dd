//! Suites to plan, and what is true of every run.

use hasten_schedule::simulate::{Outcome, Setups};
use hasten_schedule::{Item, PlannerOptions};

/// A file: the durations of its classes' items.
pub(crate) type Classes = Vec<Vec<f64>>;

/// The items of these files and their durations.
pub(crate) fn suite(files: &[Classes], known: bool) -> (Vec<Item>, Vec<f64>) {
    let (mut items, mut durations, mut scope) = (Vec::new(), Vec::new(), 0);
    for (file, classes) in (0..).zip(files) {
        for class in classes {
            for seconds in class {
                items.push(Item {
                    file,
                    scope,
                    expected: known.then_some(*seconds),
                    bound: None,
                    alone: false,
                    unit: None,
                });
                durations.push(*seconds);
            }
            scope += 1;
        }
    }
    (items, durations)
}

/// So many files of so many items of one class, all of one duration.
pub(crate) fn even(files: usize, items: usize, seconds: f64, known: bool) -> (Vec<Item>, Vec<f64>) {
    suite(&vec![vec![vec![seconds; items]]; files], known)
}

pub(crate) fn options(workers: usize) -> PlannerOptions {
    PlannerOptions {
        workers,
        ..PlannerOptions::default()
    }
}

/// Panics unless each item ran exactly once.
pub(crate) fn assert_each_once(outcome: &Outcome, items: usize) {
    let mut ran: Vec<u32> = outcome.sequences.concat();
    ran.sort_unstable();
    assert!(
        ran.iter().copied().eq((0..).take(items)),
        "each item once: {:?}",
        outcome.sequences
    );
}

/// What no plan can go below: the longest item, and each worker's share of all.
pub(crate) fn lower_bound(durations: &[f64], workers: usize) -> f64 {
    let longest = durations.iter().copied().fold(0.0, f64::max);
    longest.max(durations.iter().sum::<f64>() / workers as f64)
}

/// The same with a closer look: of `n * workers + 1` items some worker has `n + 1`.
pub(crate) fn close_lower_bound(durations: &[f64], workers: usize) -> f64 {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let least = |n: usize| sorted[n * workers - n..=n * workers].iter().sum();
    let rounds = durations.len().saturating_sub(1) / workers;
    (1..=rounds)
        .map(least)
        .fold(lower_bound(durations, workers), f64::max)
}

/// The setups of plain pytest.
pub(crate) fn plain_setups(items: &[Item]) -> Setups {
    let all = Outcome {
        sequences: vec![(0..).take(items.len()).collect()],
        ..Outcome::default()
    };
    all.setups(items)
}

/// Number of times that a worker went back in a file.
pub(crate) fn steps_back(outcome: &Outcome, items: &[Item]) -> usize {
    let mut steps = 0;
    for sequence in &outcome.sequences {
        let mut latest = std::collections::HashMap::new();
        for item in sequence {
            let file = items[*item as usize].file;
            let before = latest.insert(file, *item);
            steps += usize::from(before.is_some_and(|before| before > *item));
        }
    }
    steps
}
