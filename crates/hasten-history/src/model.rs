//! What is recorded, and what is read back.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::shard::RunShard;
use crate::trends::median;

/// How an attempt at a test ended. A test that was not run has no attempt.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Passed.
    #[default]
    Passed,
    /// The call phase failed.
    Failed,
    /// Skipped, by a mark or while it ran.
    Skipped,
    /// Failed as its `xfail` mark expects.
    Xfailed,
    /// Passed although its `xfail` mark expects a failure.
    Xpassed,
    /// Setup or teardown failed.
    Error,
    /// Ended at its time limit.
    TimedOut,
    /// Its worker died.
    Crashed,
    /// Failed in quarantine, in whichever way: it does not count.
    Quarantined,
}

impl Outcome {
    /// All outcomes, in the order of their numbers in the database.
    pub const ALL: [Self; 9] = [
        Self::Passed,
        Self::Failed,
        Self::Skipped,
        Self::Xfailed,
        Self::Xpassed,
        Self::Error,
        Self::TimedOut,
        Self::Crashed,
        Self::Quarantined,
    ];

    /// The word for it, as reports print it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Xfailed => "xfailed",
            Self::Xpassed => "xpassed",
            Self::Error => "error",
            Self::TimedOut => "timed out",
            Self::Crashed => "crashed",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether all phases of the test ran to their end, so that its durations say how long it
    /// takes.
    #[must_use]
    pub const fn is_completed(self) -> bool {
        matches!(
            self,
            Self::Passed | Self::Failed | Self::Xfailed | Self::Xpassed
        )
    }

    /// Whether the test ran to its end without a failure that was not expected.
    #[must_use]
    pub const fn is_as_expected(self) -> bool {
        matches!(self, Self::Passed | Self::Xfailed | Self::Xpassed)
    }

    /// Whether it is a failure that counts, wherever it comes from.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Error | Self::TimedOut | Self::Crashed
        )
    }

    /// Whether its durations are the best guess until the test has completed once.
    pub(crate) const fn is_provisional(self) -> bool {
        matches!(self, Self::Skipped | Self::Error | Self::Quarantined)
    }

    /// The number that stands for it in the database. Never change one.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// The outcome that a number in the database stands for.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much of its time a run computed: sums over the attempts whose processor time is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunLoad {
    /// Its workers, all that there were.
    pub workers: u32,
    /// Number of attempts.
    pub attempts: usize,
    /// Their seconds.
    pub wall: f64,
    /// Their seconds of processor time, without that of processes that they started.
    pub cpu: f64,
}

/// Numbers of tests by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::ALL.len()]);

impl Outcomes {
    /// Counts so many more.
    pub const fn add(&mut self, outcome: Outcome, number: u64) {
        self.0[outcome as usize] += number;
    }

    /// How many ended so.
    #[must_use]
    pub const fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// All tests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// One run, as it is recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunRecord {
    /// The run's own id (`PYTEST_XDIST_TESTRUNUID`); unique in a history.
    pub uid: String,
    /// When it began, in seconds since the epoch.
    pub started_at: f64,
    /// How long it took, in seconds on the wall clock.
    pub wall: f64,
    /// Number of workers; 0 when the tests ran in the process on the terminal (`-n 0`).
    pub workers: u32,
    /// Version of Python, `3.11.7`.
    pub python: String,
    /// Version of pytest, `9.2.0`.
    pub pytest: String,
    /// Operating system as Python's `sys.platform` says it, `linux`.
    pub platform: String,
    /// What tells this machine from another one: the host's name, its processor.
    pub machine: String,
    /// Arguments after the command's name, as typed.
    pub args: Vec<String>,
    /// The git commit that was checked out, in hexadecimal digits ([`crate::git::head`]).
    pub commit: Option<String>,
    /// pytest's exit status.
    pub exit_status: i32,
    /// Whether every test of the suite has an attempt in this run: no paths, no `-k`, `-m` or
    /// `--lf`, nothing deselected, not stopped early. A test that such a run does not have is gone
    /// from the suite ([`crate::History::timings`]).
    pub whole_suite: bool,
    /// Which part of the suite it had, if it had one of several.
    pub shard: Option<RunShard>,
    /// Seconds for which its workers were ready to run and had no core, for each second that they computed; none where that
    /// is not known.
    pub core_wait: Option<f64>,
}

/// One run, as it is read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number in this history; a later run has a greater one.
    pub id: i64,
    /// What was recorded.
    pub record: RunRecord,
    /// Number of attempts that it recorded.
    pub attempts: u64,
}

/// One attempt at a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt<'a> {
    /// pytest's node id of the test.
    pub nodeid: Cow<'a, str>,
    /// 0 for the first attempt of a run, 1 for the first rerun.
    pub attempt: u32,
    /// Number of the worker (`gw3` is 3); none when the test ran in the process on the terminal.
    pub worker: Option<u32>,
    /// How it ended.
    pub outcome: Outcome,
    /// Seconds that setup took.
    pub setup: f64,
    /// Seconds that the call took.
    pub call: f64,
    /// Seconds that teardown took.
    pub teardown: f64,
    /// When setup began, in seconds since the epoch.
    pub started: f64,
    /// Seconds of processor time that the worker's process used in each phase, if that was measured. Less than the time
    /// on the wall clock where a test waits, more where it has threads.
    pub cpu: Option<PhaseTimes>,
    /// The most memory that the worker's process had held in its life when the attempt was over, in bytes, if that
    /// was measured.
    pub peak_memory: Option<u64>,
}

impl Attempt<'_> {
    /// Seconds of all phases.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.setup + self.call + self.teardown
    }
}

/// Seconds of each phase of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhaseTimes {
    /// Seconds of setup.
    pub setup: f64,
    /// Seconds of the call.
    pub call: f64,
    /// Seconds of teardown.
    pub teardown: f64,
}

impl PhaseTimes {
    /// Seconds of all phases together.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.setup + self.call + self.teardown
    }

    /// The median of each phase; none if there is nothing.
    #[must_use]
    pub fn medians(all: &[Self]) -> Option<Self> {
        let of = |phase: fn(&Self) -> f64| median(&all.iter().map(phase).collect::<Vec<f64>>());
        Some(Self {
            setup: of(|times| times.setup)?,
            call: of(|times| times.call)?,
            teardown: of(|times| times.teardown)?,
        })
    }
}

/// What is known about a test: the data of `hasten slow`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestTiming {
    /// pytest's node id of the test.
    pub nodeid: String,
    /// Seconds of each phase, from its last completed attempts.
    pub expected: PhaseTimes,
    /// Number of runs that had the test, also of those that are forgotten by now.
    pub runs: u32,
    /// How its last attempt ended.
    pub last_outcome: Outcome,
    /// Number of the last run that had it ([`Run::id`]).
    pub last_run: i64,
}

/// By what the slowest tests are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// All phases together.
    #[default]
    Total,
    /// Setup.
    Setup,
    /// The call.
    Call,
    /// Teardown.
    Teardown,
}

impl SortBy {
    /// The seconds that are compared.
    #[must_use]
    pub const fn seconds(self, expected: &PhaseTimes) -> f64 {
        match self {
            Self::Total => expected.total(),
            Self::Setup => expected.setup,
            Self::Call => expected.call,
            Self::Teardown => expected.teardown,
        }
    }

    /// Puts the slowest first; equal ones in the order of their node ids.
    pub fn sort(self, timings: &mut [TestTiming]) {
        timings.sort_unstable_by(|a, b| {
            self.seconds(&b.expected)
                .total_cmp(&self.seconds(&a.expected))
                .then_with(|| a.nodeid.cmp(&b.nodeid))
        });
    }
}

/// The file of a test: its node id up to the first `::`.
#[must_use]
pub fn file_of(nodeid: &str) -> &str {
    nodeid.split_once("::").map_or(nodeid, |(file, _)| file)
}
