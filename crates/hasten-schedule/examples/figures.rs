//! How good plans are: run with `cargo run --release -p hasten-schedule --example figures`.
#![expect(clippy::print_stdout, reason = "what it is for")]

use std::time::Instant;

use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, PlannerOptions};

/// A generator of numbers from 0 to 1: the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A duration around `median` seconds: most are near it, a few many times as long.
    fn seconds(&mut self, median: f64, spread: f64) -> f64 {
        let normal = (0..12).map(|_| self.next()).sum::<f64>() - 6.0;
        median * (normal * spread).exp()
    }
}

#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Within(f64),
    Exactly,
}

struct Suite {
    name: &'static str,
    files: usize,
    classes: usize,
    items: usize,
    median: f64,
    spread: f64,
}

fn build(suite: &Suite, known: Known) -> (Vec<Item>, Vec<f64>) {
    let mut random = Random(42);
    let mut noise = Random(7);
    let (mut items, mut durations, mut scope) = (Vec::new(), Vec::new(), 0);
    for file in (0..).take(suite.files) {
        // Files differ as their items do.
        let median = random.seconds(suite.median, suite.spread / 2.0);
        for _ in 0..suite.classes {
            for _ in 0..suite.items {
                let seconds = random.seconds(median, suite.spread);
                let expected = match known {
                    Known::Nothing => None,
                    Known::Exactly => Some(seconds),
                    Known::Within(factor) => {
                        Some(seconds * factor.powf(noise.next().mul_add(2.0, -1.0)))
                    }
                };
                items.push(Item {
                    file,
                    scope,
                    expected,
                    bound: None,
                    alone: false,
                    unit: None,
                });
                durations.push(seconds);
            }
            scope += 1;
        }
    }
    (items, durations)
}

fn main() {
    let suites = [
        Suite {
            name: "5,000 tiny in 50 files",
            files: 50,
            classes: 1,
            items: 100,
            median: 0.0003,
            spread: 0.3,
        },
        Suite {
            name: "60,000 tiny in 600 files",
            files: 600,
            classes: 1,
            items: 100,
            median: 0.0003,
            spread: 0.3,
        },
        Suite {
            name: "6,000 mixed in 200 files",
            files: 200,
            classes: 3,
            items: 10,
            median: 0.002,
            spread: 1.8,
        },
        Suite {
            name: "600 slow in 30 files",
            files: 30,
            classes: 4,
            items: 5,
            median: 0.3,
            spread: 1.2,
        },
        Suite {
            name: "1,000 in one file",
            files: 1,
            classes: 50,
            items: 20,
            median: 0.01,
            spread: 1.0,
        },
    ];
    println!(
        "{:<26} {:>2} {:<8} {:>8} {:>6} {:>6} {:>6} {:>6} {:>7} {:>6} {:>8}",
        "suite", "n", "history", "bound", "plan", "files", "+", "scopes", "+", "waits", "us/item"
    );
    for suite in &suites {
        for workers in [2, 4, 16] {
            for (name, known) in [
                ("exact", Known::Exactly),
                ("x 2", Known::Within(2.0)),
                ("none", Known::Nothing),
            ] {
                for lookahead in [false, true] {
                    if lookahead && name != "exact" {
                        continue;
                    }
                    row(
                        suite,
                        workers,
                        if lookahead { "exact,la" } else { name },
                        known,
                        lookahead,
                    );
                }
            }
        }
    }
}

fn row(suite: &Suite, workers: usize, name: &str, known: Known, lookahead: bool) {
    let (items, durations) = build(suite, known);
    let options = PlannerOptions {
        workers,
        lookahead,
        ..PlannerOptions::default()
    };
    let begin = Instant::now();
    let outcome = simulate(&items, &durations, options, &Scenario::new(workers));
    let cost = begin.elapsed().as_secs_f64() / items.len() as f64 * 1e6;
    let longest = durations.iter().copied().fold(0.0, f64::max);
    let bound = longest.max(durations.iter().sum::<f64>() / workers as f64);
    let plain = Outcome {
        sequences: vec![(0..).take(items.len()).collect()],
        ..Outcome::default()
    };
    let (setups, plain) = (outcome.setups(&items), plain.setups(&items));
    println!(
        "{:<26} {workers:>2} {name:<8} {bound:>8.3} {:>6.3} {:>6} {:>6} {:>6} {:>7} {:>6} {cost:>8.2}",
        suite.name,
        outcome.makespan / bound,
        plain.files,
        setups.files - plain.files,
        plain.scopes,
        setups.scopes - plain.scopes,
        outcome.waits,
    );
}
