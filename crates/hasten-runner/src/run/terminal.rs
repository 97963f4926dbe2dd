//! The terminal, lent to a process whose test stops in a debugger or reads from it.
//!
//! A worker leads a process group of its own, and only the terminal's foreground group may read from it and gets its
//! Ctrl-C. Who reads from the background is stopped by the kernel (SIGTTIN), which we are told of as its parent: so it
//! does not matter what reads, `input()`, `getpass` or a program that the test has started.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::time::Duration;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::journal;
use nix::sys::signal::Signal;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use serde::Serialize;

use super::Run;
use super::watch::Watch;
use crate::keys::in_background;
use crate::memory::WorkerMemory;
use crate::process::Role;

/// How often the modes are looked at while a test reads from the terminal.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Who has the terminal, and who wants it.
#[derive(Default)]
pub(crate) struct Terminal {
    waiting: VecDeque<Wish>,
    lent: Option<Lent>,
    /// Ids of processes that were stopped before their HELLO was read, and the signals.
    unknown: Vec<(i32, i32)>,
    /// Ctrl-C was passed on to the tests, and none has got the terminal since.
    interrupted: bool,
}

/// A process that wants the terminal.
struct Wish {
    process: usize,
    need: Need,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It asked, since a debugger begins, and says when that is over.
    Debugger,
    /// It was stopped by the kernel, since it reads from the terminal or changes its modes.
    Input,
}

struct Lent {
    process: usize,
    modes: Option<Termios>,
    need: Need,
}

/// The payload of TERMINAL.
#[derive(Serialize)]
struct Answer {
    granted: bool,
}

impl Terminal {
    /// Whether nobody else may write to it: it is lent, or about to be.
    pub(crate) fn is_taken(&self) -> bool {
        self.lent.is_some() || !self.waiting.is_empty()
    }

    fn is_lent_to(&self, process: usize) -> bool {
        let lent = self.lent.as_ref();
        lent.is_some_and(|lent| lent.process == process)
    }
}

impl Run {
    /// A debugger begins.
    pub(super) fn on_ask_terminal(&mut self, process: usize) {
        if self.terminal.is_lent_to(process) {
            self.answer_terminal(process, true);
        } else if is_ours() || self.terminal.lent.is_some() {
            let need = Need::Debugger;
            self.terminal.waiting.push_back(Wish { process, need });
        } else {
            self.answer_terminal(process, false);
        }
    }

    /// The kernel has stopped a process with this signal.
    pub(super) fn on_process_stopped(&mut self, pid: i32, signal: i32) {
        let is_it = |number: &usize| self.processes[*number].pid == Some(pid);
        let Some(process) = (0..self.processes.len()).find(is_it) else {
            self.terminal.unknown.push((pid, signal));
            return;
        };
        let has_it = self.terminal.is_lent_to(process);
        match signal {
            libc::SIGTTIN | libc::SIGTTOU if !has_it => {
                let waits = |wish: &Wish| wish.process == process;
                if !self.terminal.waiting.iter().any(waits) {
                    self.exempt(process);
                    let need = Need::Input;
                    self.terminal.waiting.push_back(Wish { process, need });
                }
            }
            // Ctrl-Z: it is the whole run that the user wants to be stopped.
            libc::SIGTSTP if has_it => {
                self.on_leave_terminal(process);
                self.suspend();
            }
            _ => {}
        }
    }

    /// A process said who it is.
    pub(super) fn was_stopped_before(&mut self, pid: i32) {
        let unknown = &mut self.terminal.unknown;
        if let Some(position) = unknown.iter().position(|(stopped, _)| *stopped == pid) {
            let (_, signal) = unknown.swap_remove(position);
            self.on_process_stopped(pid, signal);
        }
    }

    /// What had it goes on or is over, and waits for our word: it might read again while it still can.
    pub(super) fn on_terminal_given_back(&mut self, process: usize) {
        self.on_leave_terminal(process);
        self.answer_terminal(process, false);
    }

    /// It goes on, or its worker has come to its end.
    pub(super) fn on_leave_terminal(&mut self, process: usize) {
        self.terminal
            .waiting
            .retain(|waiting| waiting.process != process);
        if let Some(lent) = self.terminal.lent.take_if(|lent| lent.process == process) {
            let stdin = std::io::stdin();
            set_foreground(getpgrp());
            if let Some(modes) = &lent.modes {
                let _ = tcsetattr(stdin.as_fd(), SetArg::TCSADRAIN, modes);
            }
            if let Some(keys) = &mut self.keys {
                keys.take();
            }
            self.tell_has_terminal(process, false);
            self.screen.redraw();
        }
    }

    /// When the terminal has to be looked after.
    pub(super) fn terminal_moment(&self) -> Option<Duration> {
        let lent = self.terminal.lent.as_ref()?;
        (lent.need == Need::Input).then_some(LOOK_AGAIN)
    }

    /// Takes the terminal back from who needs it no longer, and lends it to the next one, when main has printed what it
    /// was given.
    pub(super) fn lend_terminal(&mut self) {
        if let Some(lent) = &self.terminal.lent {
            let process = lent.process;
            let holder = &self.processes[process];
            if holder.ending.is_some() || holder.gone {
                self.on_leave_terminal(process);
            } else if let (Need::Input, Some(keys)) = (lent.need, &self.keys) {
                keys.mend_copied_modes();
            }
            return;
        }
        // Until something is collected, main has nothing to print.
        let collecting = self.configured.is_some() && self.collected.is_none();
        if self.terminal.waiting.is_empty() || !(collecting || self.screen.is_idle()) {
            return;
        }
        while let Some(wish) = self.terminal.waiting.pop_front() {
            let Some(who) = self.who_stopped(wish.process) else {
                continue;
            };
            if wish.need == Need::Input && !is_ours() {
                // We are in the background ourselves: it waits until the shell brings us back.
                self.terminal.waiting.push_front(wish);
                return;
            }
            self.screen.clear_live_line();
            if let Some(keys) = &mut self.keys {
                keys.give_back();
            }
            self.screen.print(&match wish.need {
                Need::Debugger => format!("\nhasten: {who}\n"),
                Need::Input => format!("\nhasten: {who} to read from the terminal\n"),
            });
            if self.lend_to(&wish) {
                return;
            }
        }
    }

    fn lend_to(&mut self, wish: &Wish) -> bool {
        let Wish { process, need } = *wish;
        let modes = tcgetattr(std::io::stdin().as_fd()).ok();
        let granted = self.processes[process]
            .pid
            .is_some_and(|pid| set_foreground(Pid::from_raw(pid)));
        self.terminal.interrupted = false;
        self.terminal.lent = Some(Lent {
            process,
            modes,
            need,
        });
        match need {
            Need::Debugger => self.answer_terminal(process, granted),
            Need::Input => {
                self.tell_has_terminal(process, true);
                self.processes[process].signal(Signal::SIGCONT);
            }
        }
        if !granted {
            self.on_leave_terminal(process);
        }
        granted
    }

    /// Says which test has stopped where; none where the process has ended.
    fn who_stopped(&self, process: usize) -> Option<String> {
        let holder = &self.processes[process];
        if holder.pid.is_none() || holder.ending.is_some() {
            return None;
        }
        let item = journal::activity(self.memory_of(holder.role)?.journal()).item;
        let nodeid = item.and_then(|item| self.suite.as_ref()?.nodeids.get(item as usize));
        let what = nodeid.map_or("collection", String::as_str);
        Some(match holder.role {
            Role::Worker(number) => format!("{what} has stopped in {}", self.workers[number].id),
            _ => format!("{what} has stopped"),
        })
    }

    fn watched_mut(&mut self, process: usize) -> Option<(&mut WorkerMemory, &mut Watch)> {
        match self.processes[process].role {
            Role::Worker(number) => {
                let worker = &mut self.workers[number];
                Some((&mut worker.memory, &mut worker.watch))
            }
            Role::Session => {
                let session = self.session.as_mut()?;
                Some((&mut session.memory, &mut session.watch))
            }
            _ => None,
        }
    }

    fn tell_has_terminal(&mut self, process: usize, has: bool) {
        if let Some((memory, _)) = self.watched_mut(process) {
            memory.set_terminal(has);
        }
    }

    /// No limit holds for what a process does now: it waits for a human being.
    fn exempt(&mut self, process: usize) {
        if let Some((memory, watch @ Watch::Quiet)) = self.watched_mut(process) {
            let started = journal::activity(memory.journal()).started;
            *watch = Watch::Exempt { started };
        }
    }

    /// Whether tests have the terminal as their stdin. Only a parent is told that a process was stopped.
    pub(super) fn tests_read_the_terminal(&self) -> bool {
        let capture = self
            .settings
            .as_ref()
            .and_then(|all| all.capture.as_deref());
        capture.is_some_and(|how| how != "fd") && std::io::stdin().is_terminal()
    }

    /// Ctrl-C under `--pdb`: as in pytest, the tests that run stop in the debugger, and the run goes on. Returns false
    /// where it is to end the run: the second time, or when nothing runs.
    pub(super) fn debug_what_runs(&mut self) -> bool {
        let debugs = self.settings.as_ref().is_some_and(|all| all.usepdb);
        if !debugs || self.stop.is_some() || self.terminal.interrupted {
            return false;
        }
        let running: Vec<usize> = self
            .living()
            .filter(|&number| {
                let words = self.workers[number].memory.journal();
                journal::activity(words).item.is_some()
            })
            .collect();
        for &number in &running {
            self.worker_process(number).signal(Signal::SIGINT);
        }
        self.terminal.interrupted = !running.is_empty();
        self.terminal.interrupted
    }

    fn answer_terminal(&mut self, process: usize, granted: bool) {
        let answer = frame::encode_json(ToPython::Terminal, &Answer { granted });
        self.processes[process].channel.send(answer);
    }
}

/// Whether stdin is a terminal, and this process in its foreground.
fn is_ours() -> bool {
    let stdin = std::io::stdin();
    stdin.is_terminal() && tcgetpgrp(stdin.as_fd()) == Ok(getpgrp())
}

/// Makes a process group the terminal's foreground group; false where that is not possible.
fn set_foreground(group: Pid) -> bool {
    // Who asks from the background is stopped otherwise, and main with him.
    in_background(|| tcsetpgrp(std::io::stdin().as_fd(), group)).is_ok()
}
