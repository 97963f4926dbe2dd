//! `hasten slow`: where the time of a suite goes, from what earlier runs took. No test is run for it.

mod change;
mod collection;
mod fixtures;
mod limit;
mod measured;
mod mostly;
mod seconds;
mod table;
mod text;

use std::collections::HashMap;

use hasten_history::{Details, Past, Run, SortBy, TestTiming, file_of};
use serde::Serialize;

pub use change::{Changed, Pace, When};
pub use collection::Import;
pub use fixtures::Fixture;
pub use limit::Limit;
pub use mostly::{Mostly, WaitedIn};
pub use seconds::Seconds;

use measured::Measured;
use mostly::Processor;
use seconds::{microseconds, share, sort_key};

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections {
    /// The slowest tests.
    pub tests: bool,
    /// The slowest files.
    pub files: bool,
    /// The fixtures that cost most.
    pub fixtures: bool,
    /// The imports that took longest.
    pub imports: bool,
    /// What became slower or faster.
    pub trends: bool,
    /// The suite as a whole, and its lower limit.
    pub suite: bool,
}

impl Sections {
    /// All of them.
    pub const ALL: Self = Self::all(true);
    /// None of them.
    pub const NONE: Self = Self::all(false);

    const fn all(shown: bool) -> Self {
        Self {
            tests: shown,
            files: shown,
            fixtures: shown,
            imports: shown,
            trends: shown,
            suite: shown,
        }
    }
}

/// How much to show, and in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What to show.
    pub sections: Sections,
    /// The most tests to list; others than tests: half as many, if it was not asked for.
    pub tests: usize,
    /// The most files, fixtures, imports and trends of each kind to list.
    pub others: usize,
    /// What makes a test or file slow.
    pub by: SortBy,
    /// What takes fewer seconds, by `by`, is not listed.
    pub min_seconds: f64,
    /// Beginnings of node ids; none: the whole suite.
    pub paths: Vec<String>,
}

impl Default for Options {
    /// Everything, 20 tests and 10 of the others, by their whole time. What would be shown as `0.00s` is left
    /// out, as `--durations` does.
    fn default() -> Self {
        Self {
            sections: Sections::ALL,
            tests: 20,
            others: 10,
            by: SortBy::Total,
            min_seconds: 0.005,
            paths: Vec::new(),
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

/// What a history knows, and where it is asked.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// [`hasten_history::History::timings`].
    pub timings: Vec<TestTiming>,
    /// [`hasten_history::History::past`].
    pub past: Past,
    /// The details of runs that have some, the newest first.
    pub details: Vec<(i64, Details)>,
    /// Cores of this machine.
    pub cores: usize,
    /// Seconds since the epoch.
    pub now: f64,
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
    /// The fixtures that cost most, the costliest first.
    pub fixtures: Vec<Fixture>,
    /// The imports that took longest by themselves, the longest first.
    pub imports: Vec<Import>,
    /// What became slower for good, the greatest difference first.
    pub slower: Vec<Changed>,
    /// What became faster for good, likewise.
    pub faster: Vec<Changed>,
    /// All tests became slower or faster, or the machine did.
    pub pace: Option<Pace>,
    /// Number of runs on one machine that trends were looked for in.
    pub runs_compared: usize,
    /// What no run of all tests can be shorter than; none for a part of the suite.
    pub limit: Option<Limit>,
    /// The last run, whatever part of the suite it had.
    pub last_run: Option<LastRun>,
    /// Whether fixtures, files and imports were measured in a run that is kept.
    pub measured: bool,
    #[serde(skip)]
    options: Options,
    #[serde(skip)]
    now: f64,
}

/// All tests that are known, or those below the paths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suite {
    /// Number of tests.
    pub tests: usize,
    /// Number of their files.
    pub files: usize,
    /// What they take, one after the other.
    #[serde(flatten)]
    pub seconds: Seconds,
    /// Their processor time, if it was measured of nearly all of them.
    pub cpu: Option<Seconds>,
    /// Seconds for which they were ready and had no core, if that is known.
    #[serde(serialize_with = "seconds::maybe")]
    pub no_core: Option<f64>,
    /// What the slowest test takes, in seconds: no run of all is shorter.
    #[serde(serialize_with = "microseconds")]
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
    /// Its processor time, if it was measured: medians likewise.
    pub cpu: Option<Seconds>,
    /// What it does most of the time.
    pub mostly: Option<Mostly>,
    /// Lines in which it waited in the last run that knows, the longest first.
    pub waits: Vec<WaitedIn>,
    /// What it takes of the time of all tests, by what the report is sorted by.
    #[serde(serialize_with = "microseconds")]
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
    #[serde(serialize_with = "microseconds")]
    pub share: f64,
    /// Number of its tests.
    pub tests: usize,
    /// Seconds of its collection, with the import, if that was measured.
    #[serde(serialize_with = "seconds::maybe")]
    pub collection: Option<f64>,
    /// Seconds of importing it and what it imports, if that was measured.
    #[serde(serialize_with = "seconds::maybe")]
    pub import: Option<f64>,
}

/// A run that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastRun {
    /// When it began, in seconds since the epoch.
    #[serde(serialize_with = "microseconds")]
    pub started_at: f64,
    /// How long it took, in seconds on the wall clock.
    #[serde(serialize_with = "microseconds")]
    pub wall: f64,
    /// Number of its workers; 0 when the tests ran in one process, without any.
    pub workers: u32,
    /// Whether it had every test of the suite.
    pub whole_suite: bool,
}

impl Report {
    /// Makes the report.
    #[must_use]
    pub fn new(known: Known, options: &Options) -> Self {
        let Known {
            mut timings,
            past,
            details,
            cores,
            now,
        } = known;
        let by = options.by;
        if !options.paths.is_empty() {
            timings.retain(|timing| is_below(&timing.nodeid, &options.paths));
        }
        by.sort(&mut timings);
        let measured = Measured::new(&past, &details);
        let processor = Processor::new(&past);
        let whole: f64 = timings.iter().map(|one| one.expected.total()).sum();
        let mut files = files(&timings, by, whole, &measured);
        let suite = suite(&timings, files.len(), &processor);
        let limit = options.paths.is_empty().then(|| {
            let computing = suite.cpu.map(|cpu| cpu.total);
            let fullest = fullest(&past.runs);
            limit::limit(&timings, &processor, computing, &measured, fullest, cores)
        });
        let trends = change::trends(&past, &details, &timings, options);
        let fixtures = fixtures::fixtures(&measured, suite.seconds.total, options);
        let imports = collection::imports(&measured, options);
        files.truncate(options.others);
        files.retain(|file| file.seconds.by(by) >= options.min_seconds);
        let tests = timings
            .into_iter()
            .take(options.tests)
            .take_while(|timing| by.seconds(&timing.expected) >= options.min_seconds)
            .map(|timing| Test {
                seconds: Seconds::from(&timing.expected),
                cpu: processor
                    .of(&timing.nodeid)
                    .map(|used| Seconds::from(&used.cpu)),
                mostly: mostly::mostly(&timing.expected, processor.of(&timing.nodeid)),
                waits: measured.waits(&timing.nodeid),
                share: share(by.seconds(&timing.expected), whole),
                runs: timing.runs,
                last_outcome: timing.last_outcome.as_str(),
                nodeid: timing.nodeid,
            })
            .collect();
        let last_run = past.runs.last().map(|run| LastRun {
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
            fixtures,
            imports,
            slower: trends.slower,
            faster: trends.faster,
            pace: trends.pace,
            runs_compared: trends.runs,
            limit: limit.flatten(),
            last_run,
            measured: measured.is_known(),
            options: options.clone(),
            now,
        }
    }

    /// The text for a terminal, with a newline at its end.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        text::render(self, style)
    }

    /// One line of JSON, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::json_line(self)
    }
}

/// The newest run of the whole suite, else the newest of those with the most tests.
fn fullest(runs: &[Run]) -> Option<&Run> {
    let newest = runs.iter().rev().find(|run| run.record.whole_suite);
    newest.or_else(|| runs.iter().max_by_key(|run| run.attempts))
}

/// Whether a node id is below one of these.
fn is_below(nodeid: &str, paths: &[String]) -> bool {
    paths.iter().any(|path| {
        nodeid
            .strip_prefix(path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '[']))
    })
}

fn suite(timings: &[TestTiming], files: usize, processor: &Processor) -> Suite {
    let mut seconds = Seconds::default();
    for timing in timings {
        seconds.add(&timing.expected);
    }
    let used = processor.of_nearly_all(timings);
    Suite {
        tests: timings.len(),
        files,
        seconds,
        cpu: used.map(|(cpu, _)| cpu),
        no_core: used.and_then(|(_, no_core)| no_core),
        slowest: timings
            .iter()
            .map(|timing| timing.expected.total())
            .fold(0.0, f64::max),
    }
}

/// All files, the slowest first.
fn files(timings: &[TestTiming], by: SortBy, whole: f64, measured: &Measured<'_>) -> Vec<File> {
    let mut files: HashMap<&str, (Seconds, usize)> = HashMap::new();
    for timing in timings {
        let file = file_of(&timing.nodeid);
        let (seconds, tests) = files.entry(file).or_default();
        seconds.add(&timing.expected);
        *tests += 1;
    }
    let file = |(file, (seconds, tests)): (&str, (Seconds, usize))| {
        let times = measured.file(file);
        File {
            file: file.to_owned(),
            seconds,
            share: share(seconds.by(by), whole),
            tests,
            collection: times.map(|times| times.0),
            import: times.map(|times| times.1),
        }
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

#[cfg(test)]
mod tests;
