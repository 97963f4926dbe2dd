//! What a run measured beside its tests.

/// What a run measured beside its tests: the parts of the run, its fixtures, its collection, where tests waited, and
/// what was said of those that failed. Kept for the last [`crate::KEEP_DETAILS`] runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The parts of the run, in the order in which they began.
    pub stages: Vec<Stage>,
    /// Each fixture, all its uses together.
    pub fixtures: Vec<FixtureTotal>,
    /// Setups and teardowns of fixtures of a wider scope than a test, and long ones of any scope.
    pub spans: Vec<FixtureSpan>,
    /// Each collected file.
    pub files: Vec<FileTimes>,
    /// The imports that took longest.
    pub imports: Vec<ImportTimes>,
    /// Lines in which tests waited.
    pub waits: Vec<Wait>,
    /// What was said of failed tests.
    pub failures: Vec<FailureText>,
    /// Tests that could not run beside any other one.
    pub bound: Vec<BoundTest>,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// `start`, `conftest`, `collection`, `tests`, `end`.
    pub name: String,
    /// When it began, in seconds since the epoch.
    pub started: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// A fixture, all its uses in a run together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixtureTotal {
    /// Where it is defined and its name: `tests/conftest.py::database`; of a plugin's fixture the module,
    /// `pytest_mock.plugin::mocker`.
    pub fixture: String,
    /// pytest's word for its scope: `function`, `class`, `module`, `package`, `session`.
    pub scope: String,
    /// How often it was set up.
    pub setups: u64,
    /// Seconds of all setups, without those of fixtures that it uses.
    pub setup: f64,
    /// Seconds of all teardowns.
    pub teardown: f64,
    /// Seconds of the longest setup.
    pub longest: f64,
}

/// One setup or teardown of a fixture.
#[derive(Clone, Debug, PartialEq)]
pub struct FixtureSpan {
    /// As in [`FixtureTotal`].
    pub fixture: String,
    /// As in [`FixtureTotal`].
    pub scope: String,
    /// It is a teardown.
    pub teardown: bool,
    /// Number of the worker; none when the tests ran in the process on the terminal.
    pub worker: Option<u32>,
    /// The test that was being set up or torn down.
    pub nodeid: String,
    /// When it began, in seconds since the epoch.
    pub started: f64,
    /// How long it took, in seconds, without fixtures that it uses.
    pub seconds: f64,
}

/// The collection of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileTimes {
    /// Its path as node ids begin.
    pub file: String,
    /// Seconds of its collection, with the import.
    pub collection: f64,
    /// Seconds of importing it and what it imports.
    pub import: f64,
    /// Number of items in it.
    pub items: u64,
}

/// A module that was imported while the run was collected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportTimes {
    /// Its full name, `numpy.linalg`.
    pub module: String,
    /// Seconds, without the modules that it imports.
    pub own: f64,
    /// Seconds, with them.
    pub all: f64,
    /// The file of the tests, conftest or plugin whose import led to it.
    pub file: String,
}

/// A line in which a test waited.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The test.
    pub nodeid: String,
    /// The line of the project that waited: `tests/test_a.py:12 in test_slow`.
    pub line: String,
    /// What it waited in, if that is another function: `time.sleep`.
    pub inside: Option<String>,
    /// Seconds, from samples.
    pub seconds: f64,
}

/// A test that could not run beside any other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundTest {
    /// The test.
    pub nodeid: String,
    /// It stayed with the tests that have this number; none: it ran alone.
    pub group: Option<u32>,
}

/// What was said of a failed attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureText {
    /// The test.
    pub nodeid: String,
    /// Which attempt.
    pub attempt: u32,
    /// pytest's text of the failure, with the captured output, without colours.
    pub text: String,
}
