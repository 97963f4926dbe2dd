//! What a test does most of the time: it computes, it waits, or it is set up.

use std::collections::HashMap;

use hasten_history::trends::median;
use hasten_history::{Past, PastAttempt, PhaseTimes, RECENT, Run, TestTiming};
use serde::Serialize;

use super::seconds::{Seconds, microseconds, share};

/// A sum over all tests may leave out what takes this part of their time.
const LEFT_OUT: f64 = 0.05;

/// What takes most of the time of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mostly {
    /// `setup`: its setup takes half of its time or more. Else the greatest part of these: `computing`, the processor worked
    /// for it; `no core`, it was ready and the machine had no core free; `waiting`, neither.
    pub what: &'static str,
    /// The part of its time that this takes.
    #[serde(serialize_with = "microseconds")]
    pub share: f64,
}

/// A line in which a test waited.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitedIn {
    /// `tests/test_a.py:12 in test_slow`.
    pub line: String,
    /// What it waited in, if that is another function: `time.sleep`.
    pub inside: Option<String>,
    /// Seconds.
    #[serde(serialize_with = "microseconds")]
    pub seconds: f64,
}

/// What is known of the processor time of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Used {
    /// Medians of each phase.
    pub(super) cpu: PhaseTimes,
    /// Seconds for which it was ready and had no core: a median likewise, if that is known.
    pub(super) no_core: Option<f64>,
    /// The attempt in which it computed for the greatest part of the time: on a busy machine a test waits for a core, too.
    best: Parts,
}

/// What an attempt did, as parts of its time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Parts {
    computing: f64,
    /// It was ready, and had no core.
    no_core: f64,
}

/// The processor time of all tests.
pub(super) struct Processor(HashMap<String, Used>);

impl Processor {
    /// From the last attempts of each test that have it.
    pub(super) fn new(past: &Past) -> Self {
        let tests = past.tests.iter().filter_map(|test| {
            let measured = test.attempts.iter().rev();
            let measured: Vec<Sample> = measured
                .filter_map(|attempt| Sample::of(attempt, &past.runs[attempt.run]))
                .take(RECENT)
                .collect();
            Some((test.nodeid.clone(), used(&measured)?))
        });
        Self(tests.collect())
    }

    pub(super) fn of(&self, nodeid: &str) -> Option<&Used> {
        self.0.get(nodeid)
    }

    /// The processor time of all of these tests, and how long they had no core, if it was measured of nearly all that take
    /// time: what a test that was not measured needs is not nothing.
    pub(super) fn of_nearly_all(&self, timings: &[TestTiming]) -> Option<(Seconds, Option<f64>)> {
        let mut cpu = Seconds::default();
        let mut no_core = None;
        let (mut unknown, mut whole) = (0.0, 0.0);
        for timing in timings {
            let seconds = timing.expected.total();
            whole += seconds;
            match self.of(&timing.nodeid) {
                Some(used) => {
                    cpu.add(&used.cpu);
                    if let Some(seconds) = used.no_core {
                        *no_core.get_or_insert(0.0) += seconds;
                    }
                }
                None => unknown += seconds,
            }
        }
        (whole > 0.0 && unknown <= LEFT_OUT * whole).then_some((cpu, no_core))
    }
}

/// The processor time of an attempt.
struct Sample {
    cpu: PhaseTimes,
    no_core: Option<f64>,
    parts: Parts,
}

impl Sample {
    /// How long a test had no core is known of all tests of a run together: a test that computes so much has waited for a core
    /// so much.
    fn of(attempt: &PastAttempt, run: &Run) -> Option<Self> {
        let cpu = attempt.cpu?;
        let (computed, whole) = (cpu.total(), attempt.wall.total());
        let core_wait = run.record.core_wait;
        let no_core = core_wait.map(|wait| (computed * wait).min(whole - computed).max(0.0));
        let parts = Parts {
            computing: share(computed, whole).min(1.0),
            no_core: share(no_core.unwrap_or(0.0), whole),
        };
        Some(Self {
            cpu,
            no_core,
            parts,
        })
    }
}

fn used(attempts: &[Sample]) -> Option<Used> {
    let cpu: Vec<PhaseTimes> = attempts.iter().map(|attempt| attempt.cpu).collect();
    let no_core: Vec<f64> = attempts
        .iter()
        .filter_map(|attempt| attempt.no_core)
        .collect();
    let parts = attempts.iter().map(|attempt| attempt.parts);
    Some(Used {
        cpu: PhaseTimes::medians(&cpu)?,
        no_core: median(&no_core),
        best: parts.reduce(|best, other| {
            if other.computing > best.computing {
                other
            } else {
                best
            }
        })?,
    })
}

/// What a test does most of the time, as far as that is known.
pub(super) fn mostly(expected: &PhaseTimes, used: Option<&Used>) -> Option<Mostly> {
    let setup = share(expected.setup, expected.total());
    if setup >= 0.5 {
        return Some(Mostly {
            what: "setup",
            share: setup,
        });
    }
    let Parts { computing, no_core } = used?.best;
    let parts = [
        ("waiting", 1.0 - computing - no_core),
        ("no core", no_core),
        ("computing", computing),
    ];
    // Of equal ones the last.
    let most = parts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    most.map(|(what, share)| Mostly { what, share })
}

#[cfg(test)]
mod tests {
    use hasten_history::{Outcome, PastTest};

    use super::*;
    use crate::samples::run;

    /// What is said of a test of a second that computed for `cpu`, in runs with such waits for a core.
    fn said(runs: &[(f64, Option<f64>)]) -> (&'static str, f64) {
        let call = |call| PhaseTimes {
            call,
            ..PhaseTimes::default()
        };
        let attempts = runs
            .iter()
            .enumerate()
            .map(|(number, (cpu, _))| PastAttempt {
                run: number,
                outcome: Outcome::Passed,
                wall: call(1.0),
                cpu: Some(call(*cpu)),
            });
        let past = Past {
            runs: runs
                .iter()
                .map(|(_, core_wait)| {
                    let mut run = run(1);
                    run.record.core_wait = *core_wait;
                    run
                })
                .collect(),
            tests: vec![PastTest {
                nodeid: "test".to_owned(),
                attempts: attempts.collect(),
            }],
        };
        let processor = Processor::new(&past);
        let most = mostly(&call(1.0), processor.of("test")).unwrap();
        (most.what, (most.share * 1e9).round() / 1e9)
    }

    #[test]
    fn a_test_that_had_no_core_does_not_wait() {
        assert_eq!(said(&[(0.25, None)]), ("waiting", 0.75));
        assert_eq!(said(&[(0.25, Some(0.5))]), ("waiting", 0.625));
        assert_eq!(said(&[(0.25, Some(2.0))]), ("no core", 0.5));
        assert_eq!(said(&[(0.25, Some(9.0))]), ("no core", 0.75));
        assert_eq!(said(&[(0.01, Some(9.0))]), ("waiting", 0.9));
        assert_eq!(said(&[(0.4, Some(0.875))]), ("computing", 0.4));
        assert_eq!(said(&[(0.5, None)]), ("computing", 0.5));
        assert_eq!(said(&[(1.5, Some(1.0))]), ("computing", 1.0));
    }

    #[test]
    fn the_run_in_which_it_computed_most_counts() {
        let busy = (0.25, Some(3.0));
        assert_eq!(said(&[busy, (0.9, Some(0.0)), busy]), ("computing", 0.9));
        assert_eq!(said(&[(0.01, None), (0.1, Some(9.0))]).0, "no core");
    }
}
