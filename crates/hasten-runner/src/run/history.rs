//! What earlier runs took, read before the plan, and what this one took, kept at its end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use camino::Utf8Path;
use hasten_history::{
    Attempt, Details, History, Outcome, PhaseTimes, RunRecord, expect_of_kin, git,
};
use hasten_protocol::message::{CollectedItem, Settings};

use super::Run;
use super::suite::Suite;
use crate::clock::epoch_seconds;
use crate::ledger::Entry;
use crate::process::Role;

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

    /// What to expect of collected tests, and of others that are known.
    pub(super) fn estimates(&mut self) -> Arc<HashMap<String, PhaseTimes>> {
        if let Some(estimates) = &self.estimates {
            return Arc::clone(estimates);
        }
        let mut estimates = self.known(History::estimates);
        add_kin(&mut estimates, self.all_items());
        let estimates = Arc::new(estimates);
        self.estimates = Some(Arc::clone(&estimates));
        estimates
    }

    /// What a suite is split into shards by.
    pub(super) fn estimates_for_shards(&mut self) -> HashMap<String, PhaseTimes> {
        let mut estimates = self.known(History::estimates_for_shards);
        add_kin(&mut estimates, self.all_items());
        estimates
    }

    /// All that was collected, also what is in other shards: a test that is there was not renamed.
    fn all_items(&self) -> &[CollectedItem] {
        let collected = self.collected.as_ref();
        let kept = || collected.map_or(&[][..], |collected| &collected.items);
        self.selecting.items().unwrap_or_else(kept)
    }

    /// What the history knows of something. A run goes on without.
    pub(super) fn known<T: Default>(
        &mut self,
        what: impl FnOnce(&History) -> Result<T, hasten_history::Error>,
    ) -> T {
        match self.history.as_ref().map(what) {
            Some(Ok(known)) => known,
            Some(Err(error)) => {
                self.note_summary(&error.to_string());
                T::default()
            }
            None => T::default(),
        }
    }

    /// Keeps what the tests took while main prints its summary, with the exit status that pytest
    /// is expected to have.
    pub(super) fn keep_history_early(&mut self) {
        if self.ended && self.kept.is_none() && self.distribute {
            if let Some(main) = self.process(Role::Main) {
                main.channel.flush();
            }
            let expected = self.expected_status();
            let result = self.record_history(expected);
            self.kept = Some((expected, result));
        }
    }

    /// Keeps what the tests took, or mends the exit status that was kept early.
    ///
    /// # Errors
    /// A sentence to show. The run's verdict does not depend on it.
    pub(super) fn keep_history(&mut self) -> Result<(), String> {
        let status = self.final_status();
        match self.kept.take() {
            None => self.record_history(status),
            Some((expected, Ok(()))) if expected != status => {
                let uid = &self.options.run_id;
                self.history.as_ref().map_or(Ok(()), |history| {
                    history
                        .correct_exit_status(uid, status)
                        .map_err(|error| error.to_string())
                })
            }
            Some((_, result)) => result,
        }
    }

    /// pytest's exit status as far as it is known before main has ended.
    fn expected_status(&self) -> i32 {
        let failed = |suite: &Suite| suite.ledger.counts().failed > 0;
        match self.stop.as_ref().map(|stop| stop.end.kind.as_str()) {
            None => i32::from(self.regressed > 0 || self.suite.as_ref().is_some_and(failed)),
            Some("shouldfail") => 1,
            Some("internal") => 3,
            Some(_) => 2,
        }
    }

    fn record_history(&mut self, exit_status: i32) -> Result<(), String> {
        let (Some(suite), Some(rootdir)) = (
            &self.suite,
            self.configured.as_ref().map(|main| main.rootdir.clone()),
        ) else {
            return Ok(());
        };
        let attempts: Vec<Attempt<'_>> = (0..)
            .zip(suite.ledger.entries())
            .filter(|(_, entry)| entry.finished)
            .map(|(index, entry)| (index, entry, suite.attempts.forgives(index)))
            .chain({
                let earlier = suite.ledger.past().iter();
                earlier.map(|(index, entry)| (*index, entry, false))
            })
            .filter_map(|(index, entry, forgiven)| {
                let nodeid = suite.nodeids.get(index as usize)?;
                attempt(nodeid, entry, forgiven, self.distribute)
            })
            .collect();
        if attempts.is_empty() && !self.ran_nothing() {
            return Ok(());
        }
        let record = self.run_record(&rootdir, suite.ledger.is_complete(), exit_status);
        let details = Details {
            failures: suite.failures.named(&suite.nodeids),
            waits: self.waits(),
            bound: {
                let collected = self.collected.as_ref();
                collected.map_or_else(Vec::new, |collected| self.rules.dist.bound(collected))
            },
            ..self
                .measured
                .details(&suite.nodeids, self.distribute, self.started)
        };
        let decision = self.keep_forking();
        let Some(history) = &mut self.history else {
            return Ok(());
        };
        match history.record_run(&record, &attempts, &details) {
            Ok(None) => decision.map_err(|error| error.to_string()),
            Ok(Some(warning)) => Err(warning.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A shard without tests was run, too.
    fn ran_nothing(&self) -> bool {
        let runs = |settings: &Settings| settings.in_process.is_none();
        self.selecting.is_empty_shard() && self.settings.as_ref().is_some_and(runs)
    }

    fn run_record(&self, rootdir: &str, complete: bool, exit_status: i32) -> RunRecord {
        let shard = self.selecting.part().map(|part| part.shard.clone());
        RunRecord {
            uid: self.options.run_id.clone(),
            started_at: epoch_seconds(self.started),
            wall: self
                .started
                .elapsed()
                .map_or(0.0, |time| time.as_secs_f64()),
            workers: u32::try_from(self.regular_workers()).unwrap_or(u32::MAX),
            python: self.of_python(|hello| &hello.python),
            pytest: self.of_python(|hello| &hello.pytest),
            platform: self.of_python(|hello| &hello.platform),
            machine: machine(),
            args: self.options.args.clone(),
            commit: git::head(Utf8Path::new(rootdir)),
            exit_status,
            // Any argument may select tests; only a run without one is sure to have had all.
            whole_suite: complete && self.options.args.is_empty() && shard.is_none(),
            shard,
            core_wait: self.core_wait(),
        }
    }
}

fn add_kin(estimates: &mut HashMap<String, PhaseTimes>, items: &[CollectedItem]) {
    let kin = expect_of_kin(estimates, items.iter().map(|item| item.0.as_str()));
    let kin: Vec<(String, PhaseTimes)> = kin
        .into_iter()
        .map(|(nodeid, times)| (nodeid.to_owned(), times))
        .collect();
    estimates.extend(kin);
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

fn attempt<'a>(
    nodeid: &'a str,
    entry: &Entry,
    forgiven: bool,
    distributed: bool,
) -> Option<Attempt<'a>> {
    let outcome = match entry.state {
        state if forgiven && state.is_failure() => Outcome::Quarantined,
        state => state.outcome()?,
    };
    Some(Attempt {
        nodeid: Cow::Borrowed(nodeid),
        attempt: entry.reruns,
        worker: distributed.then(|| u32::try_from(entry.worker).unwrap_or(u32::MAX)),
        outcome,
        setup: entry.setup,
        call: entry.call,
        teardown: entry.teardown,
        started: entry.start,
        cpu: entry.processor.map(|[setup, call, teardown]| PhaseTimes {
            setup: setup.into(),
            call: call.into(),
            teardown: teardown.into(),
        }),
        peak_memory: entry.peak_bytes(),
    })
}
