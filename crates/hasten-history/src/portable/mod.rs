//! What one history can hand to another: its runs, and of each test what estimates need.
//!
//! A [`Portable`] is a set of facts, each of which says which run it is of. So two are joined by
//! taking all facts of both, and forgetting the older ones: in whatever order and however often
//! histories are joined, the result is the same, to the byte.

mod database;
mod durations;
mod file;
mod junit;
mod read;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use database::{Taken, export, import};
pub use file::{Contents, FileError, Kind, Start, write_file};

use crate::model::Outcome;
use crate::prune::KEEP_RUNS;
use crate::recent::RECENT;
use crate::shard::RunShard;

/// The format version that this hasten reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// The largest time and the largest duration that a file can have, in microseconds: 64-bit floats
/// hold each whole number of microseconds up to there.
const MOST: u64 = 4_000_000_000_000_000;

/// Runs, and what is known about tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portable {
    runs: BTreeSet<Arc<PortableRun>>,
    tests: BTreeMap<String, Test>,
}

impl Portable {
    /// All that either of them knows, without what is too old.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.runs.extend(other.runs);
        for (nodeid, test) in other.tests {
            self.tests.entry(nodeid).or_default().join(test);
        }
        self.forget_old_runs();
        self
    }

    /// Number of its runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Number of its tests.
    #[must_use]
    pub fn tests(&self) -> usize {
        self.tests.len()
    }

    /// The uid and shard of the run that began last.
    pub(crate) fn newest_run(&self) -> Option<(&str, Option<&RunShard>)> {
        let run = self.runs.last()?;
        Some((&run.uid, run.shard.as_ref()))
    }

    /// Whether it has the run with this uid.
    pub(crate) fn has_run(&self, uid: &str) -> bool {
        self.runs.iter().any(|run| run.uid == uid)
    }

    /// Keeps the newest runs, and those that attempts refer to.
    fn forget_old_runs(&mut self) {
        if self.runs.len() <= KEEP_RUNS {
            return;
        }
        let attempts = self.tests.values().flat_map(|test| &test.attempts);
        let mut kept: BTreeSet<_> = attempts.filter_map(|sample| sample.run.clone()).collect();
        kept.extend(self.runs.iter().rev().take(KEEP_RUNS).cloned());
        self.runs = kept;
    }
}

/// A run. The order of runs is that of their beginnings. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PortableRun {
    started: u64,
    uid: String,
    wall: u64,
    workers: u32,
    python: String,
    pytest: String,
    platform: String,
    machine: String,
    args: Vec<String>,
    commit: Option<String>,
    exit_status: i32,
    whole_suite: bool,
    /// Number of attempts that it recorded.
    attempts: u64,
    shard: Option<RunShard>,
}

/// What is known about a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Test {
    /// Runs that had it, besides the known ones of its attempts here.
    runs_before: u32,
    /// Completed attempts, besides those here whose runs are known.
    completed_before: u32,
    /// The newest ones, of each run the last one; see [`Self::forget_old_attempts`].
    attempts: BTreeSet<Sample>,
}

impl Test {
    fn join(&mut self, other: Self) {
        self.runs_before = self.runs_before.max(other.runs_before);
        self.completed_before = self.completed_before.max(other.completed_before);
        self.attempts.extend(other.attempts);
        self.forget_old_attempts();
    }

    /// Keeps the newest attempts of runs that are known, the newest completed ones, and as long as
    /// none completed the newest that counts instead. What a database keeps of attempts of forgotten
    /// runs is the same.
    fn forget_old_attempts(&mut self) {
        let newest = || self.attempts.iter().rev();
        let of_runs = newest().filter(|sample| sample.run.is_some());
        let mut kept: BTreeSet<Sample> = of_runs.take(RECENT).cloned().collect();
        kept.extend(self.completed().take(RECENT).cloned());
        if self.completed().next().is_none() {
            let provisional = newest().find(|sample| sample.outcome.is_provisional());
            kept.extend(provisional.cloned());
        }
        self.attempts = kept;
    }

    /// Completed attempts, the newest first.
    fn completed(&self) -> impl Iterator<Item = &Sample> {
        let newest = self.attempts.iter().rev();
        newest.filter(|sample| sample.outcome.is_completed())
    }

    /// What estimates are made of, the newest last.
    fn recent(&self) -> Vec<&Sample> {
        let mut recent: Vec<&Sample> = self.completed().take(RECENT).collect();
        if recent.is_empty() && self.completed_before == 0 {
            let mut newest = self.attempts.iter().rev();
            recent.extend(newest.find(|sample| sample.outcome.is_provisional()));
        }
        recent.reverse();
        recent
    }

    /// Number of runs that had it; at least so many, when histories were joined.
    fn runs(&self) -> u32 {
        self.runs_before
            .saturating_add(number_of_runs(&self.attempts))
    }

    /// Number of completed attempts; at least so many, when histories were joined.
    fn completions(&self) -> u32 {
        let of_runs = self.completed().filter(|sample| sample.run.is_some());
        self.completed_before.saturating_add(count(of_runs.count()))
    }

    /// Adds attempts whose runs are forgotten: no more is known of them than what they took, so
    /// equal ones are numbered.
    fn add_forgotten(&mut self, attempts: impl Iterator<Item = Sample>) {
        let mut copies: BTreeMap<(Outcome, [u64; 3]), u32> = BTreeMap::new();
        for sample in attempts {
            let outcome = match sample.outcome {
                outcome if outcome.is_completed() => Outcome::Passed,
                outcome if outcome.is_provisional() => Outcome::Skipped,
                _ => continue,
            };
            let copy = copies.entry((outcome, sample.phases)).or_default();
            self.attempts.insert(Sample {
                run: None,
                attempt: 0,
                outcome,
                phases: sample.phases,
                copy: *copy,
            });
            *copy += 1;
        }
    }
}

/// An attempt at a test. The order is that of time: those of forgotten runs are the oldest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sample {
    /// None: its run is forgotten.
    run: Option<Arc<PortableRun>>,
    attempt: u32,
    outcome: Outcome,
    /// Setup, call and teardown, in microseconds that [`micros`] made.
    phases: [u64; 3],
    /// Tells equal ones of forgotten runs apart.
    copy: u32,
}

/// Number of runs among attempts.
fn number_of_runs<'a>(attempts: impl IntoIterator<Item = &'a Sample>) -> u32 {
    let runs = attempts
        .into_iter()
        .filter_map(|sample| sample.run.as_ref());
    count(runs.collect::<BTreeSet<_>>().len())
}

/// A duration in microseconds, as exactly as a history keeps it: in 32-bit floats.
fn micros(seconds: f64) -> u64 {
    exact_micros(f64::from(crate::recent::sane(seconds) as f32))
}

/// A time or a duration in microseconds.
fn exact_micros(seconds: f64) -> u64 {
    let micros = (crate::recent::sane(seconds) * 1e6).round();
    if micros < MOST as f64 {
        micros as u64
    } else {
        MOST
    }
}

/// Seconds of a number of microseconds.
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
