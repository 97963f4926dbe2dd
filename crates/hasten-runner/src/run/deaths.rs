//! Processes that ended, and what that means for the tests.

use std::time::Duration;

use hasten_protocol::journal::{self, Activity, Phase};
use hasten_protocol::record::Records;

use super::ending::Stop;
use super::{Collecting, Run};
use crate::death::{Cause, Ending};
use crate::descendants;
use crate::error::RunError;
use crate::process::Role;

/// Exit status of a worker that lost its channel because a test closed it
/// (`python/hasten_worker`). What it ran is in its journal.
pub(super) const LOST_CHANNEL: i32 = 213;

/// A worker that dies within this time and without having run an item could not start.
const EARLY: Duration = Duration::from_secs(30);

impl Run {
    /// Takes the statuses of all children that ended.
    pub(super) fn reap_children(&mut self) {
        while let Some((pid, status)) = descendants::reap() {
            if pid == 0 {
                break;
            }
            let ending = Ending::from_wait_status(status);
            match self
                .processes
                .iter_mut()
                .find(|process| process.pid == Some(pid))
            {
                Some(process) => process.ending = Some(ending),
                // Somebody's orphan, or one of ours whose HELLO was not read yet.
                None => {
                    self.unclaimed.insert(pid, ending);
                }
            }
        }
    }

    /// Handles processes that ended, after everything they said.
    pub(super) fn handle_ended_processes(&mut self) -> Result<(), RunError> {
        for number in 0..self.processes.len() {
            let process = &self.processes[number];
            // One that closed its channel before its HELLO has no id to wait for.
            let silent = process.pid.is_none() && !process.channel.is_open();
            if process.gone || !(process.ending.is_some() || silent) {
                continue;
            }
            self.read_process(number)?;
            self.processes[number].gone = true;
            let ending = self.processes[number].ending.unwrap_or(Ending::Exited(1));
            match self.processes[number].role {
                Role::Base => self.on_base_gone(ending)?,
                Role::Main => self.on_main_gone(number, ending)?,
                Role::Session => self.on_session_gone(ending),
                Role::Worker(worker) => self.on_worker_gone(worker, ending),
            }
        }
        Ok(())
    }

    fn on_base_gone(&mut self, ending: Ending) -> Result<(), RunError> {
        if self.settings.is_some() || self.exit_status.is_some() {
            return Ok(());
        }
        Err(RunError::ProcessEnded {
            what: format!("{} could not be started: it", self.options.python),
            how: ending.to_string(),
            advice: "What it printed above may say why",
        })
    }

    fn on_main_gone(&mut self, number: usize, ending: Ending) -> Result<(), RunError> {
        match (&self.processes[number].bye, ending) {
            (Some(bye), _) => self.exit_status = Some(bye.exitstatus),
            (None, Ending::Exited(status)) => self.exit_status = Some(status),
            // Under -n 0 main is pytest, and ends as pytest would have.
            (None, Ending::Killed(signal)) if !self.distribute && self.settings.is_some() => {
                self.screen
                    .warn(&format!("the process that ran the tests {ending}"));
                self.exit_status = Some(128 + signal);
            }
            (None, Ending::Killed(_)) => {
                return Err(RunError::ProcessEnded {
                    what: "the pytest session on the terminal".into(),
                    how: ending.to_string(),
                    advice: "A plugin or conftest file may be the reason: try -n 0",
                });
            }
        }
        Ok(())
    }

    fn on_session_gone(&mut self, ending: Ending) {
        // Until main says that it forked one, there may never have been one.
        let forked = self.collecting == Collecting::Session;
        if forked && self.collected.is_none() && self.stop.is_none() {
            let message = format!(
                "the process that collects tests {ending}. Try -n 0 --collect-only to see where"
            );
            self.stop_with(Stop::ended("internal", message));
        }
    }

    fn on_worker_gone(&mut self, number: usize, ending: Ending) {
        let unsent = journal::unsent_records(self.workers[number].memory.journal()).to_vec();
        if Records::new(&unsent).all(|record| record.is_ok()) {
            self.take_records(number, &unsent);
        }
        if self.trial_gone(number) {
            return;
        }
        let activity = journal::activity(self.workers[number].memory.journal());
        let process = self.workers[number].process;
        let clean = self.processes[process].bye.take();
        let interrupted = self.stop.as_ref().is_some_and(|stop| stop.interrupts_tests);
        if clean.is_none() && !interrupted {
            let cause = self.cause(number, ending);
            let culprit = self.culprit(number, &activity);
            self.clean_up_after(number, culprit, &activity, ending);
            match culprit {
                Some(item) => self.blame(number, item, &activity, &cause),
                None if ending == Ending::Exited(LOST_CHANNEL) => {
                    let id = &self.workers[number].id;
                    self.note_summary(&format!(
                        "{id} was replaced, since a test closed descriptors that it did not \
                         open: what session fixtures do at the end was not done"
                    ));
                }
                None => self.note_death_between_items(number, &activity, &cause),
            }
        }
        if let Some(bye) = clean {
            self.workers[number].paths = bye.paths;
            // It said farewell in the middle of a test: an exception has left pytest.
            if let (Some(error), Some(item), None) = (
                bye.errors.first(),
                self.culprit(number, &activity),
                &self.stop,
            ) {
                let cause = Cause::Fault(error.clone());
                self.blame(number, item, &activity, &cause);
            }
            for error in bye.errors {
                let id = &self.workers[number].id;
                self.note_summary(&format!("{id}, at the end of its session: {error}"));
            }
        }
        self.alone_worker_gone(number);
        if let Some(suite) = &mut self.suite
            && self.workers[number].planned
        {
            for item in suite.planner.worker_gone(number) {
                suite.order.discard(item);
            }
        }
        if self.stop.is_none() && !self.workers[number].finishing {
            self.dead_unreplaced += 1;
        }
    }

    /// The item that the worker's death is to be blamed on: the one that exceeded its limit,
    /// else the one that ran.
    fn culprit(&self, number: usize, activity: &Activity) -> Option<u32> {
        let suite = self.suite.as_ref()?;
        let expired = self.workers[number].watch.expired().map(|(item, _)| item);
        expired
            .or(activity.item)
            .filter(|item| !suite.ledger.is_finished(*item))
    }

    fn note_death_between_items(&mut self, number: usize, activity: &Activity, cause: &Cause) {
        let worker = &self.workers[number];
        let id = worker.id.clone();
        let early = activity.started == 0 && worker.started.elapsed() < EARLY;
        let text = match activity.phase {
            Phase::SessionFinish => {
                self.fault = true;
                format!(
                    "{id} {cause} while it ended its session: what session fixtures and plugins \
                     do at the end may not have been done"
                )
            }
            _ if early => {
                self.early_deaths += 1;
                format!("{id} {cause} before it ran a test")
            }
            _ => {
                self.fault = true;
                format!("{id} {cause} between two tests")
            }
        };
        self.note_summary(&text);
        if self.workers_cannot_start() {
            let message = format!("workers cannot start: {text}");
            self.stop_with(Stop::ended("internal", message));
        }
    }
}
