//! What happens in a run, for other programs: the lines of `--events`. `docs/events.md` is the description.

pub use hasten_history::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the events. It grows when a field goes away or changes its meaning; new events and new fields
/// may come without that.
pub const VERSION: u32 = 1;

/// An event and its moment: a line of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line<'a> {
    /// What happened.
    #[serde(flatten)]
    pub event: &'a Event,
    /// When hasten learned of it, in seconds since the epoch.
    pub time: f64,
}

impl Line<'_> {
    /// Appends the line to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let before = out.len();
        if serde_json::to_writer(&mut *out, self).is_err() {
            // No value of an event can fail to become JSON; half a line must not stay if one does.
            out.truncate(before);
            return;
        }
        out.push(b'\n');
    }
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The first one.
    RunStarted {
        /// [`VERSION`].
        version: u32,
        /// hasten's version.
        hasten: String,
        /// The run's own id.
        run: String,
        /// Version of Python.
        python: String,
        /// Version of pytest.
        pytest: String,
        /// `sys.platform`.
        platform: String,
        /// pytest's rootdir.
        rootdir: String,
        /// The command line, as typed.
        args: Vec<String>,
        /// The most workers that the command line allows; 0 when the tests run in pytest's own process.
        workers: usize,
    },
    /// It is known which tests there are.
    CollectionFinished {
        /// Tests that are to be run.
        tests: usize,
        /// Tests that were deselected.
        #[serde(default, skip_serializing_if = "is_zero")]
        deselected: usize,
        /// Seconds that it took.
        seconds: f64,
        /// Files and classes that could not be collected.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        errors: Vec<CollectionProblem>,
        /// Files and classes that were skipped as a whole.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<CollectionProblem>,
    },
    /// A worker is there.
    WorkerStarted {
        /// Its id.
        worker: String,
        /// Its process id.
        pid: i32,
    },
    /// A worker's process has ended.
    WorkerEnded {
        /// Its id.
        worker: String,
        /// How it died, when nobody had asked it to end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        died: Option<String>,
    },
    /// A time limit was reached.
    TimeLimit {
        /// What will be raised in the test.
        message: String,
        /// The test, unless it was something else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nodeid: Option<String>,
        /// The worker, unless it was another process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
    },
    /// An attempt at a test is over.
    TestFinished(Box<TestFinished>),
    /// pytest recorded a warning.
    Warning {
        /// Name of its class.
        category: String,
        /// What it says.
        message: String,
        /// The file that it points at.
        file: String,
        /// The line, from 1.
        line: u64,
        /// `collect` or `runtest`.
        when: String,
        /// The test during which it came.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        nodeid: String,
    },
    /// A line of hasten's own that the terminal shows, too.
    Note {
        /// The line; it may have several.
        text: String,
    },
    /// The last one.
    RunFinished {
        /// The exit status.
        exit_status: i32,
        /// Seconds from the first process to the exit status.
        seconds: f64,
        /// Why it ended before its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
        /// Tests by their final outcome.
        counts: Counts,
    },
}

/// A file or class that was not collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionProblem {
    /// Its node id.
    pub nodeid: String,
    /// What pytest says of it.
    pub text: String,
}

/// An attempt at a test is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFinished {
    /// pytest's node id.
    pub nodeid: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// It is to be run again: this is not its result.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
    /// The worker that ran it; none when the tests run in pytest's own process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// It makes the run fail.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fails: bool,
    /// It passed after an attempt that failed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub flaky: bool,
    /// It failed, and that does not count.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quarantined: bool,
    /// When its setup began, in seconds since the epoch.
    pub start: f64,
    /// Seconds of setup.
    pub setup: f64,
    /// Seconds of the call.
    pub call: f64,
    /// Seconds of teardown.
    pub teardown: f64,
    /// Seconds of processor time in setup, call and teardown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<[f32; 3]>,
    /// The most memory that the worker's process had held in its life when the attempt was over, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Why it was skipped, or was expected to fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What failed, one for each phase (and subtest).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// What was captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<Captured>,
    /// What `record_property` noted: names and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<(String, Value)>,
}

/// A phase that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `setup`, `call` or `teardown`.
    pub phase: String,
    /// The exception in words.
    pub message: String,
    /// pytest's text of it.
    pub text: String,
    /// The file in which it failed: the test's own, else the innermost of the project; relative to the rootdir where
    /// it lies below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line there, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Output that was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captured {
    /// pytest's title: `Captured stdout call`.
    pub title: String,
    /// The text.
    pub text: String,
}

/// Tests by their final outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Passed, flaky ones among them.
    pub passed: usize,
    /// Failed in the call.
    pub failed: usize,
    /// Failed in setup or teardown.
    pub error: usize,
    /// Skipped.
    pub skipped: usize,
    /// Failed as expected.
    pub xfailed: usize,
    /// Passed though a failure was expected.
    pub xpassed: usize,
    /// Exceeded their limit.
    pub timed_out: usize,
    /// Their worker died.
    pub crashed: usize,
    /// Have no result.
    pub not_run: usize,
    /// Passed after an attempt that failed.
    pub flaky: usize,
    /// Failed without consequence; they are counted among the failed ones, too.
    pub quarantined: usize,
    /// Make the run fail.
    pub fail: usize,
}

impl Event {
    /// Reads a line, strictly: what is not described is an error. Returns the moment, too.
    ///
    /// # Errors
    /// When it is no event of this version.
    pub fn read(line: &str) -> Result<(f64, Self), serde_json::Error> {
        use serde::de::Error;
        let mut object: serde_json::Map<String, Value> = serde_json::from_str(line)?;
        let time = object
            .remove("time")
            .and_then(|time| time.as_f64())
            .ok_or_else(|| Error::missing_field("time"))?;
        Ok((time, serde_json::from_value(Value::Object(object))?))
    }
}

impl Counts {
    /// Counts a test; an attempt that is not the last counts for nothing.
    pub const fn add(&mut self, test: &TestFinished) {
        if test.again {
            return;
        }
        let number = match test.outcome {
            Outcome::Passed => &mut self.passed,
            // In quarantine: here that is a flag beside the outcome.
            Outcome::Failed | Outcome::Quarantined => &mut self.failed,
            Outcome::Error => &mut self.error,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Xfailed => &mut self.xfailed,
            Outcome::Xpassed => &mut self.xpassed,
            Outcome::TimedOut => &mut self.timed_out,
            Outcome::Crashed => &mut self.crashed,
        };
        *number += 1;
        self.flaky += test.flaky as usize;
        self.quarantined += test.quarantined as usize;
        self.fail += test.fails as usize;
    }

    /// Tests that have a result.
    #[must_use]
    pub const fn results(&self) -> usize {
        self.passed
            + self.failed
            + self.error
            + self.skipped
            + self.xfailed
            + self.xpassed
            + self.timed_out
            + self.crashed
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests;
