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
    /// Which part of the time it computed, in the attempt in which that was most: on a busy machine a test waits for a
    /// core, too.
    pub(super) computing: f64,
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
    let phase = |of: fn(&PhaseTimes) -> f64| {
        let cpu = attempts.iter().filter_map(|attempt| attempt.cpu.as_ref());
        median(&cpu.map(of).collect::<Vec<f64>>())
    };
    let part = |attempt: &&PastAttempt| {
        let cpu = attempt.cpu.map_or(0.0, |cpu| cpu.total());
        share(cpu, attempt.wall.total())
    };
    Some(Used {
        cpu: PhaseTimes {
            setup: phase(|times| times.setup)?,
            call: phase(|times| times.call)?,
            teardown: phase(|times| times.teardown)?,
        },
        computing: attempts.iter().map(part).fold(0.0, f64::max),
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
    let computing = used?.computing.min(1.0);
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
