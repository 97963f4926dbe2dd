//! How a run ends: complete, stopped or interrupted.

use std::time::{Duration, Instant};

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::Stopped;
use nix::sys::signal::Signal;

use super::{Run, parse};
use crate::clock::monotonic;
use crate::error::RunError;
use crate::process::Role;
use crate::signals::{Event, stop_self};

/// main has this long to print its summary after the second Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// pytest's exit status when there were no tests.
const NO_TESTS: i32 = 5;

/// Why the run stops before its end.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    /// What main is told.
    pub(crate) end: Stopped,
    /// Running tests are interrupted; else they run to their end.
    pub(crate) interrupts_tests: bool,
    /// Nobody waits for anything: the second Ctrl-C.
    at_once: Option<Instant>,
}

impl Stop {
    /// Stops the run, as pytest does for a reason of this kind.
    pub(crate) fn from(end: Stopped) -> Self {
        let interrupts_tests = matches!(end.kind.as_str(), "exit" | "interrupt");
        Self {
            end,
            interrupts_tests,
            at_once: None,
        }
    }

    /// Stops the run with this message.
    pub(crate) fn ended(kind: &str, message: impl Into<String>) -> Self {
        Self::from(Stopped::new(kind, message))
    }
}

impl Run {
    pub(super) fn handle_signals(&mut self, events: &[Event]) {
        for event in events {
            match *event {
                Event::Child => {}
                Event::Interrupt { from_terminal } => self.interrupt(from_terminal),
                Event::Suspend => self.suspend(),
                // The time of a stop from outside (SIGSTOP) is not known before, so it counts.
                Event::Resume => {
                    self.screen.redraw();
                    if let Some(keys) = &mut self.keys {
                        keys.take();
                    }
                }
                Event::Dump => self.ask_for_dump(),
            }
        }
        self.reap_children();
    }

    /// Ctrl-C: once, and tests are interrupted as pytest does; twice, and nobody waits.
    fn interrupt(&mut self, from_terminal: bool) {
        if self.interrupt_diagnosis() {
            return;
        }
        let interrupted = self.stop.as_ref().is_some_and(|stop| stop.interrupts_tests);
        if !self.distribute {
            // main is pytest, and got Ctrl-C itself when it came from the terminal.
            let signal = if interrupted {
                Signal::SIGKILL
            } else {
                Signal::SIGINT
            };
            if !from_terminal || interrupted {
                self.signal_role(Role::Main, signal);
            }
            self.stop
                .get_or_insert_with(|| Stop::ended("interrupt", ""));
            return;
        }
        if from_terminal && self.debug_what_runs() {
            return;
        }
        if !interrupted {
            self.stop = None;
            self.stop_with(Stop::ended("interrupt", ""));
            if self.configured.is_none() && !from_terminal {
                self.signal_role(Role::Main, Signal::SIGINT);
            }
            return;
        }
        let again = self
            .stop
            .as_ref()
            .is_some_and(|stop| stop.at_once.is_some());
        if again {
            self.exit_status = Some(2);
        }
        if let Some(stop) = &mut self.stop {
            stop.at_once.get_or_insert_with(Instant::now);
        }
        for process in &self.processes {
            if process.role == Role::Session || process.role.is_of_worker() {
                process.signal(Signal::SIGKILL);
            }
        }
    }

    fn signal_role(&mut self, role: Role, signal: Signal) {
        if let Some(process) = self.process(role) {
            process.signal(signal);
        }
    }

    /// Ctrl-Z: the workers are not in the terminal's process group, so they are stopped here.
    pub(super) fn suspend(&mut self) {
        self.screen.clear_live_line();
        if let Some(keys) = &mut self.keys {
            keys.give_back();
        }
        let before = monotonic();
        self.signal_groups(Signal::SIGSTOP);
        stop_self();
        self.signal_groups(Signal::SIGCONT);
        self.pauses.push((before, monotonic()));
        if let Some(keys) = &mut self.keys {
            keys.take();
        }
        self.screen.redraw();
    }

    fn signal_groups(&self, signal: Signal) {
        for process in &self.processes {
            if process.role == Role::Session || process.role.is_of_worker() {
                process.signal(signal);
            }
        }
    }

    pub(super) fn on_stopped(&mut self, number: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[number].role;
        let stopped: Stopped = parse(role, payload)?;
        if self.is_trial(role) {
            return Ok(());
        }
        self.on_leave_terminal(number);
        match &mut self.stop {
            // Where the interrupted test was is known only now.
            Some(stop) if stop.interrupts_tests => {
                if stop.end.excrepr.is_null() {
                    stop.end.excrepr = stopped.excrepr;
                }
            }
            _ => self.stop_with(Stop::from(stopped)),
        }
        Ok(())
    }

    /// Starts no further item, and ends the run when what runs has ended.
    pub(super) fn stop_with(&mut self, stop: Stop) {
        if self.stop.is_some() {
            return;
        }
        let interrupts = stop.interrupts_tests;
        self.stop = Some(stop);
        for number in self.living().collect::<Vec<_>>() {
            self.workers[number].memory.set_stop();
            let waiting = self.workers[number].waiting && !self.ends_fixture(number);
            if interrupts && !(waiting && self.workers[number].collected) {
                self.worker_process(number).signal(Signal::SIGINT);
            }
        }
        if interrupts && self.collected.is_none() {
            self.signal_role(Role::Session, Signal::SIGINT);
        }
    }

    /// Stops at the limit of failures (`-x`, `--maxfail`).
    pub(super) fn check_maxfail(&mut self) {
        let Some(most) = self.configured.as_ref().and_then(|main| main.maxfail) else {
            return;
        };
        let Some(suite) = &self.suite else { return };
        if most > 0 && suite.ledger.failures() >= most {
            let message = format!("stopping after {most} failures");
            self.stop_with(Stop::ended("shouldfail", message));
        }
    }

    /// Moves the run on: plan, replace, finish.
    pub(super) fn advance(&mut self) -> Result<(), RunError> {
        self.answer_selection();
        self.plan()?;
        if !self.distribute || self.ended {
            self.give_up_on_main();
            return Ok(());
        }
        self.give_out_again();
        self.recall_items();
        self.renew_workers()?;
        self.replace_workers()?;
        self.scale()?;
        self.run_alone()?;
        self.find_gap();
        self.find_end_of_collection();
        let complete = self
            .suite
            .as_ref()
            .is_some_and(|suite| suite.ledger.is_complete());
        if !complete && self.stop.is_none() {
            return Ok(());
        }
        if self.diagnose()? {
            return Ok(());
        }
        self.finish_workers();
        let session_busy = self.stop.is_some()
            && self.collected.is_none()
            && self.process(Role::Session).is_some();
        if self.living().next().is_none() && !session_busy {
            self.end_main();
        }
        self.give_up_on_main();
        Ok(())
    }

    /// Asks workers to end their sessions, once nobody runs a test.
    fn finish_workers(&mut self) {
        let living: Vec<usize> = self.living().collect();
        let quiet = |number: &usize| {
            let worker = &self.workers[*number];
            worker.waiting || worker.finishing
        };
        if !living.iter().all(quiet) || self.end_once_fixtures() {
            return;
        }
        for number in living {
            if !self.workers[number].finishing {
                self.end_core_wait(number);
                self.workers[number].finishing = true;
                let process = self.workers[number].process;
                self.processes[process]
                    .channel
                    .send(frame::encode(ToPython::Finish, b""));
            }
        }
    }

    /// Nobody works, nothing is to be given out, and yet results are missing.
    fn find_gap(&mut self) {
        let Some(suite) = &self.suite else { return };
        if suite.ledger.is_complete()
            || suite.planner.has_work()
            || self.stop.is_some()
            || self.alone.is_waiting()
            || suite.attempts.are_waited_for()
        {
            return;
        }
        let idle = self.living().all(|number| self.workers[number].is_idle());
        if idle && self.dead_unreplaced == 0 {
            let missing = suite.ledger.missing();
            self.fault = true;
            self.stop_with(Stop::ended(
                "internal",
                format!("{missing} tests have no result. This is a fault in hasten"),
            ));
        }
    }

    /// Every process that could collect has ended without a result.
    fn find_end_of_collection(&mut self) {
        let nobody = self.living().next().is_none() && self.process(Role::Session).is_none();
        if self.collected.is_none() && self.configured.is_some() && nobody {
            self.stop_with(Stop::ended(
                "internal",
                "the processes that collect tests have ended. Try -n 0 --collect-only to see where",
            ));
        }
    }

    /// True when main decides where the run stops, and sees nothing of what comes after that (`--stepwise`).
    pub(super) fn shows_in_order(&self) -> bool {
        self.configured.as_ref().is_some_and(|main| main.in_order)
    }

    /// Tells main that the run is over.
    fn end_main(&mut self) {
        self.ended = true;
        self.end_alone();
        self.end_renewals();
        self.note_untorn();
        self.note_kept();
        self.note_growth();
        self.keys = None;
        if let Some(suite) = &mut self.suite {
            suite.end_waiting();
            suite.order.release_all();
        }
        self.show_late();
        let missing = self
            .suite
            .as_ref()
            .map_or(0, |suite| suite.ledger.missing());
        if missing > 0 && !self.shows_in_order() {
            self.note_summary(&not_run(missing));
        }
        self.send_ready_reports();
        self.tell_ended();
        for section in self.duration_sections() {
            self.note_section(section);
        }
        self.regressed = self.find_regressions();
        let mut end = match &self.stop {
            Some(stop) => stop.end.clone(),
            None => Stopped::new("done", ""),
        };
        end.regressed = self.regressed;
        self.screen.clear_live_line();
        let frame = frame::encode_json(ToPython::End, &end);
        self.screen.main_gets(frame);
        for role in [Role::Session, Role::Base] {
            if let Some(process) = self.process(role) {
                process.channel.send(frame::encode(ToPython::Exit, b""));
            }
        }
    }

    fn give_up_on_main(&mut self) {
        let since = self.stop.as_ref().and_then(|stop| stop.at_once);
        if since.is_some_and(|since| since.elapsed() >= LAST_WORDS) {
            self.exit_status = Some(2);
        }
    }

    /// When the loop has to look again at the end of the run.
    pub(super) fn ending_moment(&self) -> Option<Duration> {
        let since = self.stop.as_ref()?.at_once?;
        Some(LAST_WORDS.saturating_sub(since.elapsed()))
    }

    /// pytest's exit status, unless hasten knows that something is missing.
    pub(super) fn final_status(&self) -> i32 {
        let status = match self.exit_status.unwrap_or(3) {
            // pytest's word for it: no tests. All are in other shards, and that is as it should be.
            NO_TESTS if self.selecting.is_empty_shard() => 0,
            status => status,
        };
        let gap = self.distribute
            && self
                .suite
                .as_ref()
                .is_some_and(|suite| !suite.ledger.is_complete());
        let failed = self
            .suite
            .as_ref()
            .is_some_and(|suite| suite.ledger.counts().failed > 0);
        // Where pytest knew of failures, a plugin has forgiven them.
        let failed = failed && self.session_status.is_none_or(|status| status == 0);
        let failed = failed || self.regressed > 0;
        if status == 0 && self.distribute && (gap || self.fault || failed) {
            1
        } else {
            status
        }
    }
}

/// How many tests have no result, in words.
pub(super) fn not_run(missing: usize) -> String {
    let tests = if missing == 1 {
        "test was"
    } else {
        "tests were"
    };
    format!("{missing} {tests} not run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exit_and_interrupt_cut_running_tests_short() {
        for (kind, interrupts) in [
            ("exit", true),
            ("interrupt", true),
            ("shouldfail", false),
            ("shouldstop", false),
            ("internal", false),
        ] {
            assert_eq!(Stop::ended(kind, "").interrupts_tests, interrupts, "{kind}");
        }
    }
}
