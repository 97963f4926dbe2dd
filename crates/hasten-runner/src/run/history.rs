//! What earlier runs took, read before the plan, and what this one took, kept at its end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use camino::Utf8Path;
use hasten_history::{Attempt, Estimate, History, Outcome, RunRecord, git};

use super::Run;
use crate::ledger::{Entry, State};

/// The folder under the rootdir.
pub const FOLDER: &str = ".hasten";

impl Run {
    pub(super) fn open_history(&mut self, rootdir: &str) {
        let (history, warning) = History::open(&Utf8Path::new(rootdir).join(FOLDER));
        self.history = Some(history);
        if let Some(warning) = warning {
            self.note_summary(&warning.to_string());
        }
    }

    pub(super) fn estimates(&mut self) -> HashMap<String, Estimate> {
        match self.history.as_ref().map(History::estimates) {
            Some(Ok(estimates)) => estimates,
            Some(Err(error)) => {
                self.note_summary(&error.to_string());
                HashMap::new()
            }
            None => HashMap::new(),
        }
    }

    /// Keeps what the tests took.
    ///
    /// # Errors
    /// A sentence to show. The run's verdict does not depend on it.
    pub(super) fn keep_history(&mut self) -> Result<(), String> {
        let (Some(suite), Some(rootdir)) = (
            &self.suite,
            self.configured.as_ref().map(|main| main.rootdir.clone()),
        ) else {
            return Ok(());
        };
        let attempts: Vec<Attempt<'_>> = suite
            .nodeids
            .iter()
            .zip(suite.ledger.entries())
            .filter_map(|(nodeid, entry)| attempt(nodeid, entry, self.distribute))
            .collect();
        if attempts.is_empty() {
            return Ok(());
        }
        let record = self.run_record(&rootdir, suite.ledger.is_complete());
        let Some(history) = &mut self.history else {
            return Ok(());
        };
        match history.record_run(&record, &attempts) {
            Ok(None) => Ok(()),
            Ok(Some(warning)) => Err(warning.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn run_record(&self, rootdir: &str, complete: bool) -> RunRecord {
        let python = self.python.as_ref();
        RunRecord {
            uid: self.options.run_id.clone(),
            started_at: self
                .started
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |time| time.as_secs_f64()),
            wall: self
                .started
                .elapsed()
                .map_or(0.0, |time| time.as_secs_f64()),
            workers: u32::try_from(self.workers.len()).unwrap_or(u32::MAX),
            python: python.map(|hello| hello.python.clone()).unwrap_or_default(),
            pytest: python.map(|hello| hello.pytest.clone()).unwrap_or_default(),
            platform: python
                .map(|hello| hello.platform.clone())
                .unwrap_or_default(),
            machine: machine(),
            args: self.options.args.clone(),
            commit: git::head(Utf8Path::new(rootdir)),
            exit_status: self.final_status(),
            // Any argument may select tests; only a run without one is sure to have had all.
            whole_suite: complete && self.options.args.is_empty(),
        }
    }
}

fn machine() -> String {
    nix::sys::utsname::uname().map_or_else(
        |_| String::new(),
        |name| {
            format!(
                "{} {}",
                name.nodename().to_string_lossy(),
                name.machine().to_string_lossy()
            )
        },
    )
}

fn attempt<'a>(nodeid: &'a str, entry: &Entry, distributed: bool) -> Option<Attempt<'a>> {
    if !entry.finished {
        return None;
    }
    let outcome = match entry.state {
        State::NotRun => return None,
        State::Passed => Outcome::Passed,
        State::Failed => Outcome::Failed,
        State::Skipped => Outcome::Skipped,
        State::Xfailed => Outcome::Xfailed,
        State::Xpassed => Outcome::Xpassed,
        State::Error => Outcome::Error,
        State::TimedOut => Outcome::TimedOut,
        State::Crashed => Outcome::Crashed,
    };
    Some(Attempt {
        nodeid: Cow::Borrowed(nodeid),
        attempt: 0,
        worker: distributed.then_some(entry.worker),
        outcome,
        setup: entry.setup,
        call: entry.call,
        teardown: entry.teardown,
        started: entry.start,
    })
}
