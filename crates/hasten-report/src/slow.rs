//! `hasten slow`: where the time of a suite goes, from what earlier runs took. No test is run for it.

mod table;

use std::collections::HashMap;

use hasten_history::{PhaseTimes, Run, SortBy, TestTiming};
use serde::{Serialize, Serializer};

/// How much to show, and in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The most tests to list.
    pub tests: usize,
    /// The most files to list.
    pub files: usize,
    /// What makes a test or file slow.
    pub by: SortBy,
    /// Tests and files that take fewer seconds, by `by`, are not listed.
    pub min_seconds: f64,
}

impl Default for Options {
    /// 20 tests and 10 files, by their whole time. Those that would be shown as `0.00s` are left
    /// out, as `--durations` does.
    fn default() -> Self {
        Self {
            tests: 20,
            files: 10,
            by: SortBy::Total,
            min_seconds: 0.005,
        }
    }
}

/// How the text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// Columns of the terminal. When there are few, columns of the tables are left out; node ids
    /// never are, nor shortened.
    pub width: usize,
}

/// Where the time of a suite goes. As JSON, durations are seconds to the microsecond, shares are
/// parts of 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What makes a test or file slow.
    #[serde(serialize_with = "sort_key")]
    pub by: SortBy,
    /// All tests together.
    pub suite: Suite,
    /// The slowest tests, the slowest first.
    pub tests: Vec<Test>,
    /// The slowest files, the slowest first.
    pub files: Vec<File>,
    /// The last run, whatever part of the suite it had.
    pub last_run: Option<LastRun>,
    #[serde(skip)]
    options: Options,
}

/// All tests that are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suite {
    /// Number of tests.
    pub tests: usize,
    /// Number of their files.
    pub files: usize,
    /// What they take, one after the other.
    #[serde(flatten)]
    pub seconds: Seconds,
    /// What the slowest test takes, in seconds: no run of all is shorter.
    #[serde(serialize_with = "to_the_microsecond")]
    pub slowest: f64,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// Its node id.
    pub nodeid: String,
    /// What it takes: medians of its last completed attempts.
    #[serde(flatten)]
    pub seconds: Seconds,
    /// What it takes of the time of all tests, by what the report is sorted by.
    #[serde(serialize_with = "to_the_microsecond")]
    pub share: f64,
    /// Number of runs that had it.
    pub runs: u32,
    /// How its last attempt ended, in one word or two.
    pub last_outcome: &'static str,
}

/// A file with tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct File {
    /// Its path, as its node ids begin.
    pub file: String,
    /// What its tests take together.
    #[serde(flatten)]
    pub seconds: Seconds,
    /// What it takes of the time of all tests, by what the report is sorted by.
    #[serde(serialize_with = "to_the_microsecond")]
    pub share: f64,
    /// Number of its tests.
    pub tests: usize,
}

/// Seconds of each phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// All phases.
    #[serde(serialize_with = "to_the_microsecond")]
    pub total: f64,
    /// Setup.
    #[serde(serialize_with = "to_the_microsecond")]
    pub setup: f64,
    /// The call.
    #[serde(serialize_with = "to_the_microsecond")]
    pub call: f64,
    /// Teardown.
    #[serde(serialize_with = "to_the_microsecond")]
    pub teardown: f64,
}

impl Seconds {
    fn add(&mut self, expected: &PhaseTimes) {
        self.total += expected.total();
        self.setup += expected.setup;
        self.call += expected.call;
        self.teardown += expected.teardown;
    }

    const fn by(&self, by: SortBy) -> f64 {
        match by {
            SortBy::Total => self.total,
            SortBy::Setup => self.setup,
            SortBy::Call => self.call,
            SortBy::Teardown => self.teardown,
        }
    }
}

impl From<&PhaseTimes> for Seconds {
    fn from(expected: &PhaseTimes) -> Self {
        let mut seconds = Self::default();
        seconds.add(expected);
        seconds
    }
}

/// A run that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastRun {
    /// When it began, in seconds since the epoch.
    #[serde(serialize_with = "to_the_microsecond")]
    pub started_at: f64,
    /// How long it took, in seconds on the wall clock.
    #[serde(serialize_with = "to_the_microsecond")]
    pub wall: f64,
    /// Number of its workers; 0 when the tests ran in one process, without any.
    pub workers: u32,
    /// Whether it had every test of the suite.
    pub whole_suite: bool,
}

impl Report {
    /// Makes the report of what a history knows ([`hasten_history::History::timings`] and
    /// `last_run`).
    #[must_use]
    pub fn new(mut timings: Vec<TestTiming>, last_run: Option<&Run>, options: &Options) -> Self {
        let by = options.by;
        by.sort(&mut timings);
        let mut suite = Seconds::default();
        for timing in &timings {
            suite.add(&timing.expected);
        }
        let whole = suite.total;
        let mut files = files(&timings, by, whole);
        let suite = Suite {
            tests: timings.len(),
            files: files.len(),
            seconds: suite,
            slowest: timings
                .iter()
                .map(|timing| timing.expected.total())
                .fold(0.0, f64::max),
        };
        files.truncate(options.files);
        files.retain(|file| file.seconds.by(by) >= options.min_seconds);
        let tests = timings
            .into_iter()
            .take(options.tests)
            .take_while(|timing| by.seconds(&timing.expected) >= options.min_seconds)
            .map(|timing| Test {
                seconds: Seconds::from(&timing.expected),
                share: share(by.seconds(&timing.expected), whole),
                runs: timing.runs,
                last_outcome: timing.last_outcome.as_str(),
                nodeid: timing.nodeid,
            })
            .collect();
        let last_run = last_run.map(|run| LastRun {
            started_at: run.record.started_at,
            wall: run.record.wall,
            workers: run.record.workers,
            whole_suite: run.record.whole_suite,
        });
        Self {
            by,
            suite,
            tests,
            files,
            last_run,
            options: options.clone(),
        }
    }

    /// The text for a terminal, with a newline at its end.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        table::render(self, style)
    }

    /// One line of JSON, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::json_line(self)
    }
}

/// All files, the slowest first.
fn files(timings: &[TestTiming], by: SortBy, whole: f64) -> Vec<File> {
    let mut files: HashMap<&str, (Seconds, usize)> = HashMap::new();
    for timing in timings {
        let file = timing.nodeid.split("::").next().unwrap_or_default();
        let (seconds, tests) = files.entry(file).or_default();
        seconds.add(&timing.expected);
        *tests += 1;
    }
    let file = |(file, (seconds, tests)): (&str, (Seconds, usize))| File {
        file: file.to_owned(),
        seconds,
        share: share(seconds.by(by), whole),
        tests,
    };
    let mut files: Vec<File> = files.into_iter().map(file).collect();
    files.sort_unstable_by(|a, b| {
        b.seconds
            .by(by)
            .total_cmp(&a.seconds.by(by))
            .then_with(|| a.file.cmp(&b.file))
    });
    files
}

/// A part of a whole that may be nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
fn to_the_microsecond<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1e6).round() / 1e6)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
fn sort_key<S: Serializer>(by: &SortBy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(table::phase(*by))
}

#[cfg(test)]
mod tests;
