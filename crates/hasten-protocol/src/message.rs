//! The messages with a JSON payload.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measured::Collection;
use crate::paths::{Paths, Reason};
use crate::reruns::RerunMark;

mod nodes;
mod settings;

pub use nodes::{Node, NodeDown, Nodes};
pub use settings::{GivenLimits, RuleOptions, Settings, Workers};

/// First message of every process.
#[derive(Clone, Debug, Deserialize)]
pub struct Hello {
    /// Version of the protocol.
    pub protocol: u32,
    /// `base`, `main`, `session` or `worker`.
    pub role: String,
    /// Process id as the process sees it.
    pub pid: i32,
    /// Version of Python.
    #[serde(default)]
    pub python: String,
    /// Version of pytest.
    #[serde(default)]
    pub pytest: String,
    /// `sys.platform`.
    #[serde(default)]
    pub platform: String,
}

/// A process cannot go on.
#[derive(Clone, Debug, Deserialize)]
pub struct ProcessError {
    /// `no-pytest`, `old-pytest`, `old-python`, `protocol`, `fork`, `internal`.
    pub kind: String,
    /// One sentence.
    #[serde(default)]
    pub message: String,
    /// More, for a log.
    #[serde(default)]
    pub detail: Option<String>,
}

/// main forked the session, or found that it must not.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionForked {
    /// It did.
    pub forked: bool,
    /// Why it did not.
    #[serde(default, rename = "unsafe")]
    pub hazards: Vec<Unsafe>,
}

/// The pytest session of main is configured.
#[derive(Clone, Debug, Deserialize)]
pub struct Configured {
    /// Answer of `pytest_xdist_auto_num_workers`.
    #[serde(default)]
    pub auto_workers: Option<usize>,
    /// Every report must arrive whole.
    #[serde(default)]
    pub full_reports: bool,
    /// Why they must.
    #[serde(default)]
    pub listener: Option<Reason>,
    /// stdout is a terminal on which the supervisor may draw a live line.
    #[serde(default)]
    pub live_line: bool,
    /// `--maxfail`; none or 0 is no limit.
    #[serde(default)]
    pub maxfail: Option<usize>,
    /// main is to see the results in the order of collection, and none after the first that is missing.
    #[serde(default)]
    pub in_order: bool,
    /// Where workers make their temporary folders.
    #[serde(default)]
    pub basetemp: Option<String>,
    /// A scheduler of the suite's own says which items stay together, once they are known.
    #[serde(default)]
    pub splits: bool,
    /// pytest's rootdir.
    pub rootdir: String,
    /// A plugin writes annotations for GitHub.
    #[serde(default)]
    pub annotates: bool,
    /// The folder that pytest was started in.
    #[serde(default)]
    pub invocation_dir: String,
    /// Limits, now that conftest files were loaded, which may have changed them.
    #[serde(default)]
    pub limits: GivenLimits,
    /// `--durations` with `-v`.
    #[serde(default)]
    pub durations: Option<Durations>,
}

/// Which durations are shown beside those of tests.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Durations {
    /// `--durations`: so many of each kind; 0 is all.
    pub number: usize,
    /// Shorter ones are left out, seconds.
    pub min: f64,
    /// Those that are left out can be shown with `-vv`.
    pub more: bool,
}

/// An item: node id, length in characters of its parent's node id, the marker's limit in
/// seconds, whether that counts the call phase only, and the mark `flaky`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CollectedItem(
    pub String,
    pub usize,
    #[serde(default)] pub Option<f64>,
    #[serde(default)] pub Option<bool>,
    #[serde(default)] pub Option<RerunMark>,
);

/// Why a process must not be forked.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Unsafe {
    /// `identity`, `threads`, `files`, `processes` or `memory`.
    pub kind: String,
    /// The import, line or thread.
    pub cause: String,
}

/// Collection ended. ITEMS has the part of it that is known before anything is left out.
#[derive(Clone, Debug, Deserialize)]
pub struct Collected {
    /// The items in pytest's order.
    pub items: Vec<CollectedItem>,
    /// Number of collection errors.
    #[serde(default)]
    pub testsfailed: usize,
    /// `--continue-on-collection-errors`.
    #[serde(default)]
    pub continue_on_errors: bool,
    /// Why the process must not be forked.
    #[serde(default, rename = "unsafe")]
    pub fork_hazards: Vec<Unsafe>,
    /// Number of items that were deselected.
    #[serde(default)]
    pub deselected: usize,
    /// Reports of collectors that failed or were skipped.
    #[serde(default)]
    pub collect_reports: Vec<Value>,
    /// Warnings, as in records.
    #[serde(default)]
    pub warnings: Vec<Value>,
    /// Seconds that collection took.
    #[serde(default)]
    pub seconds: f64,
    /// Of each filter that [`WorkerIdentity`] named: the items that it selects.
    #[serde(default)]
    pub selected: Vec<Vec<u32>>,
    /// The number of a filter that cannot be evaluated, and what pytest says of it.
    #[serde(default)]
    pub bad_filter: Option<(usize, String)>,
    /// The items of each group that `xdist_group` marks name.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<u32>>,
    /// The items with the mark `serial`.
    #[serde(default)]
    pub serial: Vec<u32>,
    /// The items with the mark `isolate`.
    #[serde(default)]
    pub isolated: Vec<u32>,
    /// Those whose mark says that they are not.
    #[serde(default)]
    pub not_isolated: Vec<u32>,
    /// What collection took.
    #[serde(default)]
    pub measured: Collection,
    /// The items that use each resource, by the mark `resource`.
    #[serde(default)]
    pub resources: BTreeMap<String, Vec<u32>>,
    /// The items with pytest-dependency's mark.
    #[serde(default)]
    pub dependent: Vec<Dependent>,
}

impl Collected {
    /// True when nothing runs, since something could not be collected.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.testsfailed > 0 && !self.continue_on_errors
    }
}

/// An item with pytest-dependency's mark: which, the scope of the names, and the tests that it depends on.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Dependent(pub u32, pub String, pub Vec<String>);

/// Which of the collected items a process keeps.
#[derive(Clone, Debug, Serialize)]
pub struct Selection {
    /// The items, in the order in which they are to run.
    pub keep: Vec<u32>,
    /// Lines to show beneath the number of collected tests.
    pub lines: Vec<String>,
}

/// pytest wants the run to end.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Stopped {
    /// `exit`, `interrupt`, `shouldstop`, `shouldfail`, `usage`, `internal`; in END also `done`.
    pub kind: String,
    /// Its text.
    #[serde(default)]
    pub message: String,
    /// Exit status that `pytest.exit` asked for.
    #[serde(default)]
    pub returncode: Option<i32>,
    /// Where it happened.
    #[serde(default)]
    pub excrepr: Value,
    /// In END: number of tests that fail the run although they passed.
    #[serde(default)]
    pub regressed: usize,
}

impl Stopped {
    /// An END that says `kind` and `message`.
    #[must_use]
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            message: message.into(),
            returncode: None,
            excrepr: Value::Null,
            regressed: 0,
        }
    }
}

/// Last message of a process.
#[derive(Clone, Debug, Deserialize)]
pub struct Bye {
    /// Exit status of pytest in that process.
    pub exitstatus: i32,
    /// What went wrong at the end of its session.
    #[serde(default)]
    pub errors: Vec<String>,
    /// Which path the items of a worker took.
    #[serde(default)]
    pub paths: Option<Paths>,
    /// pytest's exit status before a plugin changed it at the end of the session, where the tests ran elsewhere.
    #[serde(default)]
    pub session_status: Option<i32>,
    /// A worker's `config.workeroutput`: opaque to the supervisor.
    #[serde(default)]
    pub output: Option<String>,
}

/// main has shown everything up to a REPORTS frame.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Idle {
    /// The number that frame carried.
    pub seq: u32,
}

/// Who a worker is.
#[derive(Clone, Debug, Serialize)]
pub struct WorkerIdentity {
    /// `gw0`, …
    pub id: String,
    /// Number of workers that the run starts with.
    pub count: usize,
    /// What plugins added to its `config.workerinput` ([`Nodes::inputs`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The run's id.
    pub testrunuid: String,
    /// Where it makes temporary folders.
    pub basetemp: Option<String>,
    /// Every report must arrive whole.
    pub full_reports: bool,
    /// It runs a few items again, to learn why one of them fails.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
    /// It says when a fixture of a wider scope is set up or torn down.
    pub watch_fixtures: bool,
    /// Expressions that pytest evaluates for each item: `k` or `m`, and the text.
    pub filters: Vec<(char, String)>,
    /// It asks which of the collected items to keep.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub select: bool,
    /// Fixtures are set up once for all workers: those of these names, and those that are marked. None: there are no other
    /// workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once: Option<Vec<String>>,
    /// It looks what would keep it from being forked, as the session does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub audit: bool,
    /// It asks whether to stay in a test that fails.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// How many processes this worker had before this one.
    #[serde(skip_serializing_if = "is_zero")]
    pub process: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Fork a process.
#[derive(Clone, Debug, Serialize)]
pub struct Fork<'a> {
    /// `main` or `worker`.
    pub role: &'a str,
    /// pytest's command line, for a process that loads and collects for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<&'a [String]>,
    /// Who a worker is.
    pub worker: Option<WorkerIdentity>,
    /// The process that forks keeps it as its child, and says how it ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// A child that the session keeps has ended.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Ended {
    /// Its process id.
    pub pid: i32,
    /// As `waitpid` says it.
    pub status: i32,
}

/// Distribute, or not.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// Distribute.
    pub distribute: bool,
    /// Fork the session; its socket comes with this message.
    pub session: bool,
    /// Without distribution: main asks which of the collected items to keep.
    pub select: bool,
    /// Only a forecast is made.
    pub forecast: bool,
    /// The identity that the session takes until it is forked; its number of workers and its run are main's, too.
    pub worker: Option<WorkerIdentity>,
}

/// Whether a worker stays in its failed test; its socket comes with this message.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HoldAnswer {
    /// It does.
    pub granted: bool,
    /// For so many seconds at most.
    pub seconds: f64,
    /// Another process goes on with its session.
    pub leaves: bool,
}

/// A worker stays in its failed test, and has left the run.
#[derive(Clone, Debug, Deserialize)]
pub struct HoldTaken {
    /// False: it does not after all.
    pub held: bool,
    /// The phase that failed.
    #[serde(default)]
    pub phase: String,
    /// What was raised, one line.
    #[serde(default)]
    pub message: String,
}

/// Where a note is shown.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// At once.
    Now,
    /// In the summary at the end.
    Summary,
    /// In the summary, as a section of its own.
    Section,
    /// Nowhere: it is the last answer to SUMMARY.
    Nowhere,
}

/// A line of hasten's own.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// Where.
    #[serde(rename = "where")]
    pub place: Place,
    /// The text, without a line end.
    pub text: String,
    /// The title of a section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Note {
    /// A line.
    #[must_use]
    pub fn new(place: Place, text: impl Into<String>) -> Self {
        Self {
            place,
            text: text.into(),
            title: None,
        }
    }

    /// Lines under a title.
    #[must_use]
    pub fn section(title: String, text: String) -> Self {
        Self {
            place: Place::Section,
            text,
            title: Some(title),
        }
    }
}
