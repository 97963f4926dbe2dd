//! What a test does most of the time: it computes, it waits, or it is set up.

use std::collections::HashMap;

use hasten_history::trends::median;
use hasten_history::{Past, PastAttempt, PhaseTimes, RECENT};
use serde::Serialize;

use super::seconds::{microseconds, share};

/// What takes most of the time of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mostly {
    /// `setup`: its setup takes half of its time or more. Else `computing`: the processor worked for it at least half of the
    /// time, or `waiting`: it did not.
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
    /// The same attempts, on the wall clock.
    pub(super) wall: PhaseTimes,
}

/// The processor time of all tests.
pub(super) struct Processor(HashMap<String, Used>);

impl Processor {
    /// From the last attempts of each test that have it.
    pub(super) fn new(past: &Past) -> Self {
        let tests = past.tests.iter().filter_map(|test| {
            let measured = test.attempts.iter().rev();
            let measured: Vec<&PastAttempt> = measured
                .filter(|attempt| attempt.cpu.is_some())
                .take(RECENT)
                .collect();
            Some((test.nodeid.clone(), used(&measured)?))
        });
        Self(tests.collect())
    }

    pub(super) fn of(&self, nodeid: &str) -> Option<&Used> {
        self.0.get(nodeid)
    }
}

fn used(attempts: &[&PastAttempt]) -> Option<Used> {
    let middle = |times: &dyn Fn(&PastAttempt) -> PhaseTimes| {
        let phase = |of: fn(&PhaseTimes) -> f64| {
            let values: Vec<f64> = attempts.iter().map(|attempt| of(&times(attempt))).collect();
            median(&values)
        };
        Some(PhaseTimes {
            setup: phase(|times| times.setup)?,
            call: phase(|times| times.call)?,
            teardown: phase(|times| times.teardown)?,
        })
    };
    Some(Used {
        cpu: middle(&|attempt| attempt.cpu.unwrap_or_default())?,
        wall: middle(&|attempt| attempt.wall)?,
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
    let used = used.filter(|used| used.wall.total() > 0.0)?;
    let computing = (used.cpu.total() / used.wall.total()).min(1.0);
    Some(if computing >= 0.5 {
        Mostly {
            what: "computing",
            share: computing,
        }
    } else {
        Mostly {
            what: "waiting",
            share: 1.0 - computing,
        }
    })
}
