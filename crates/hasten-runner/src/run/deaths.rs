//! Processes that ended, and what that means for the tests.

use std::time::Duration;

use hasten_protocol::journal::{self, Activity, Phase};
use hasten_protocol::record::{CALL, OTHER, RecordKind, Records, SETUP};
use serde_json::Value;

use super::ending::{Stop, not_run};
use super::renewal::{Renewal, add_paths};
use super::watch::{Expiry, Watch};
use super::{Collecting, Run};
use crate::clock::since;
use crate::death::{Cause, Ending};
use crate::descendants;
use crate::error::RunError;
use crate::ledger::State;
use crate::limits::as_python;
use crate::memory::WorkerMemory;
use crate::process::Role;
use crate::stacks;
use crate::verdict::last_sections;

/// Exit status of a worker that lost its channel because a test closed it
/// (`python/hasten_worker`). What it ran is in its journal.
pub(super) const LOST_CHANNEL: i32 = 213;

/// A worker that dies within this time and without having run an item could not start.
const EARLY: Duration = Duration::from_secs(30);

/// How an item ended that could not say so itself.
#[derive(Clone, Debug)]
pub(super) struct Death {
    pub(super) item: u32,
    pub(super) state: State,
    pub(super) message: String,
    pub(super) explanation: Option<String>,
    pub(super) phase: Phase,
    /// What was captured, as far as the item has reported it.
    pub(super) sections: Vec<Value>,
    /// Where in the file of stacks its own begin, in bytes.
    pub(super) stacks_from: u64,
    pub(super) seconds: f64,
}

/// A file whose collection did not end.
struct SlowFile {
    message: String,
    stack: String,
}

/// What is said of a process that was killed while it collected a file.
fn slow_collection(memory: &WorkerMemory, watch: &Watch) -> Option<SlowFile> {
    let expiry = watch.expired()?;
    if !expiry.killed || expiry.phase != Phase::Collect {
        return None;
    }
    let file = journal::collected_file(memory.journal());
    let stacks = stacks::parse(&memory.stacks_from(expiry.stacks_from));
    Some(SlowFile {
        message: format!(
            "{}: {file} went on, and the process that collects was killed",
            expiry.limit.message()
        ),
        stack: format!("{file}\n{}", stacks::render(&stacks)),
    })
}

impl Run {
    /// Takes the statuses of all children that ended or were stopped.
    pub(super) fn reap_children(&mut self) {
        while let Some((pid, status)) = descendants::reap() {
            if pid == 0 {
                break;
            }
            if libc::WIFSTOPPED(status) {
                self.on_process_stopped(pid, libc::WSTOPSIG(status));
            } else {
                self.note_ending(pid, status);
            }
        }
    }

    /// Notes how a process ended: a child of ours, or one that the session keeps.
    pub(super) fn note_ending(&mut self, pid: i32, status: i32) {
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

    /// Handles processes that ended, after everything they said.
    pub(super) fn handle_ended_processes(&mut self) -> Result<(), RunError> {
        for number in 0..self.processes.len() {
            let process = &mut self.processes[number];
            process.look_whether_it_vanished();
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
                Role::Standby(worker) => self.on_standby_gone(worker, ending),
                // Its id may be another's from now on.
                Role::Leaving => self.processes[number].pid = None,
                Role::Held => {}
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
            (Some(bye), _) => {
                self.exit_status = Some(bye.exitstatus);
                self.session_status = bye.session_status;
            }
            (None, Ending::Exited(status)) => self.exit_status = Some(status),
            // Under -n 0 main is pytest, and ends as pytest would have.
            (None, Ending::Killed(signal)) if !self.distribute && self.settings.is_some() => {
                let (text, status) = match self.own_time_out() {
                    Some(text) => (text, 1),
                    None => {
                        let text = format!("the process that ran the tests {ending}");
                        (text, 128 + signal)
                    }
                };
                self.screen.warn(&text);
                self.exit_status = Some(status);
            }
            (None, Ending::Killed(_) | Ending::Unknown) => {
                return Err(RunError::ProcessEnded {
                    what: "the pytest session on the terminal".into(),
                    how: ending.to_string(),
                    advice: "A plugin or conftest file may be the reason: try -n 0",
                });
            }
        }
        Ok(())
    }

    /// What is said when the process that ran all tests was killed for the limit of one.
    fn own_time_out(&self) -> Option<String> {
        let main = self.main.as_ref().filter(|_| !self.distribute)?;
        let expiry = main.watch.expired().filter(|expiry| expiry.killed)?;
        let suite = self.suite.as_ref()?;
        let nodeid = suite.nodeids.get(expiry.item? as usize)?;
        let missing = not_run(suite.ledger.missing().saturating_sub(1));
        Some(format!(
            "{nodeid}: {}. It did not end in the {}s after that, and its process was killed, which under -n 0 is that \
             of all tests: {missing}. With a worker (-n 1) the run would have gone on\n{}",
            expiry.limit.message(),
            as_python(self.rules.grace),
            stacks::render(&stacks::parse(&main.memory.stacks_from(expiry.stacks_from)))
        ))
    }

    fn on_session_gone(&mut self, ending: Ending) {
        // Until main says that it forked one, there may never have been one.
        let forked = self.collecting == Collecting::Session;
        let session = self.session.as_ref();
        if let Some(file) = session.and_then(|all| slow_collection(&all.memory, &all.watch)) {
            self.stop_for_slow_file(&file);
            return;
        }
        if forked && self.collected.is_none() && self.stop.is_none() {
            let message = format!(
                "the process that collects tests {ending}. Try -n 0 --collect-only to see where"
            );
            self.stop_with(Stop::ended("internal", message));
        }
    }

    fn stop_for_slow_file(&mut self, file: &SlowFile) {
        if self.stop.is_none() {
            self.note_summary(&file.stack);
            self.stop_with(Stop::ended("shouldstop", &file.message));
        }
    }

    fn on_worker_gone(&mut self, number: usize, ending: Ending) {
        let unsent = journal::unsent_records(self.workers[number].memory.journal()).to_vec();
        if Records::new(&unsent).all(|record| record.is_ok()) && !self.has_sent(number, &unsent) {
            self.take_records(number, &unsent);
        }
        if self.trial_gone(number) {
            return;
        }
        let activity = journal::activity(self.workers[number].memory.journal());
        let worker = &self.workers[number];
        if let Some(file) = slow_collection(&worker.memory, &worker.watch) {
            self.tell_worker_ended(number, Some(ending.to_string()));
            self.stop_for_slow_file(&file);
            return;
        }
        let mut died = None;
        let process = self.workers[number].process;
        self.forget_granted(process);
        let clean = self.processes[process].bye.take();
        let clean = match clean {
            Some(bye) if self.workers[number].renewal == Renewal::Leaving => {
                self.has_left(number, bye);
                return;
            }
            clean => clean,
        };
        let stays =
            self.stop.is_none() && !self.workers[number].finishing && self.keeps_place(number);
        let is_clean = clean.is_some();
        let interrupted = self.stop.as_ref().is_some_and(|stop| stop.interrupts_tests);
        if clean.is_none() && !interrupted {
            let cause = self.cause(number, ending);
            self.note_lack_of_memory(&cause);
            died = Some(cause.to_string());
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
        if !stays {
            let output = clean.as_ref().and_then(|bye| bye.output.clone());
            self.tell_down(number, output.as_deref(), is_clean);
        }
        if let Some(bye) = clean {
            add_paths(&mut self.workers[number].paths, bye.paths);
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
        self.lose_worker(number, is_clean, died, stays);
    }

    /// A worker is none any more: others take what it had left. `stays`: its next process takes its place.
    pub(super) fn lose_worker(
        &mut self,
        number: usize,
        is_clean: bool,
        died: Option<String>,
        stays: bool,
    ) {
        self.once_worker_gone(number, is_clean);
        self.tell_worker_ended(number, died);
        self.alone_worker_gone(number);
        if let Some(suite) = &mut self.suite
            && self.workers[number].planned
        {
            for item in suite.planner.worker_gone(number) {
                suite.order.discard(item);
            }
        }
        self.workers[number].planned = false;
        if stays {
            self.workers[number].renewal = Renewal::Left;
        } else if self.stop.is_none() && !self.workers[number].finishing {
            self.dead_unreplaced += 1;
        }
    }

    /// The item that the worker's death is to be blamed on: the one that exceeded its limit,
    /// else the one that ran.
    fn culprit(&self, number: usize, activity: &Activity) -> Option<u32> {
        let suite = self.suite.as_ref()?;
        let expired = self.workers[number].watch.expired();
        expired
            .map_or(activity.item, |expiry| expiry.item)
            .filter(|item| !suite.ledger.is_finished(*item))
    }

    /// Gives the test that ran when its worker died the verdict it deserves.
    fn blame(&mut self, number: usize, item: u32, activity: &Activity, cause: &Cause) {
        let seconds = since(activity.item_start).as_secs_f64();
        if let Watch::Expired(mut expiry) = std::mem::take(&mut self.workers[number].watch) {
            let why = if expiry.killed {
                format!(
                    "It did not end in the {}s after that, and its process was killed",
                    as_python(self.rules.grace)
                )
            } else {
                format!("Its process {cause} then")
            };
            expiry.phase = activity.phase;
            self.time_out(number, &expiry, &why, seconds);
            return;
        }
        let id = &self.workers[number].id;
        let again = if self.alone.is_tried(item) {
            " once more, alone"
        } else {
            ""
        };
        let death = Death {
            item,
            state: State::Crashed,
            message: format!("Worker {id} {cause} while it ran this test{again}"),
            explanation: None,
            phase: activity.phase,
            sections: Vec::new(),
            stacks_from: self.workers[number].stacks_seen,
            seconds,
        };
        if activity.started > 0 {
            self.early_deaths = 0;
        }
        let Some(casualty) = self.casualty(number, death) else {
            return;
        };
        if !(cause.is_pressure() && self.hold_back(&casualty)) {
            self.convict(&casualty);
        }
    }

    /// Gives a test that exceeded its limit the verdict that it did not report.
    pub(super) fn time_out(&mut self, number: usize, expiry: &Expiry, why: &str, seconds: f64) {
        let Some(item) = expiry.item else { return };
        self.early_deaths = 0;
        self.report_phases_before(number, item, expiry);
        let death = Death {
            item,
            state: State::TimedOut,
            message: format!("Failed: {}", expiry.limit.message()),
            explanation: Some(why.to_owned()),
            phase: expiry.phase,
            sections: last_sections(&expiry.reports),
            stacks_from: expiry.stacks_from,
            seconds,
        };
        if let Some(casualty) = self.casualty(number, death) {
            self.convict(&casualty);
        }
    }

    /// What it has reported of the phases before the one that the verdict is about.
    fn report_phases_before(&mut self, number: usize, item: u32, expiry: &Expiry) {
        let phases = match expiry.phase {
            Phase::Teardown => SETUP | CALL | OTHER,
            Phase::Call => SETUP,
            _ => 0,
        };
        let Some(suite) = &mut self.suite else { return };
        for record in Records::new(&expiry.reports).map_while(Result::ok) {
            if record.kind == RecordKind::Warning || record.flags & phases != 0 {
                suite.ledger.record(number, &record);
                suite.order.record(item, record.bytes);
            }
        }
    }

    fn note_death_between_items(&mut self, number: usize, activity: &Activity, cause: &Cause) {
        let worker = &self.workers[number];
        let id = worker.id.clone();
        let early = activity.started == 0 && worker.started.elapsed() < EARLY;
        let text = match (activity.phase, worker.watch.expired()) {
            (Phase::SessionFinish, Some(expiry)) => {
                self.fault = true;
                let stacks = stacks::parse(&worker.memory.stacks_from(expiry.stacks_from));
                format!(
                    "{id} did not end its session within {} s, and was killed: what session \
                     fixtures and plugins do at the end may not have been done\n{}",
                    expiry.limit.seconds,
                    stacks::render(&stacks)
                )
            }
            (Phase::SessionFinish, None) => {
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
