//! The terminal, lent to a worker whose test stops in a debugger.
//!
//! A worker leads a process group of its own, and only the terminal's foreground group may read from it and gets its Ctrl-C.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::journal;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use serde::Serialize;

use super::Run;
use crate::process::Role;

/// Who has the terminal, and who wants it.
#[derive(Default)]
pub(crate) struct Terminal {
    /// Numbers of processes.
    waiting: VecDeque<usize>,
    lent: Option<Lent>,
}

struct Lent {
    process: usize,
    modes: Option<Termios>,
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
}

impl Run {
    /// A test has stopped.
    pub(super) fn on_ask_terminal(&mut self, process: usize) {
        let stdin = std::io::stdin();
        let ours = stdin.is_terminal() && tcgetpgrp(stdin.as_fd()) == Ok(getpgrp());
        if ours || self.terminal.lent.is_some() {
            self.terminal.waiting.push_back(process);
        } else {
            self.answer_terminal(process, false);
        }
    }

    /// It goes on, or its worker has come to its end.
    pub(super) fn on_leave_terminal(&mut self, process: usize) {
        self.terminal.waiting.retain(|&waiting| waiting != process);
        if let Some(lent) = self.terminal.lent.take_if(|lent| lent.process == process) {
            let stdin = std::io::stdin();
            set_foreground(getpgrp());
            if let Some(modes) = &lent.modes {
                let _ = tcsetattr(stdin.as_fd(), SetArg::TCSADRAIN, modes);
            }
            if let Some(keys) = &mut self.keys {
                keys.take();
            }
            self.screen.redraw();
        }
    }

    /// Lends the terminal to the next one, when main has printed what it was given.
    pub(super) fn lend_terminal(&mut self) {
        if let Some(lent) = &self.terminal.lent {
            let process = lent.process;
            if self.processes[process].ending.is_some() || self.processes[process].gone {
                self.on_leave_terminal(process);
            }
            return;
        }
        if !self.screen.is_idle() {
            return;
        }
        while let Some(process) = self.terminal.waiting.pop_front() {
            let holder = &self.processes[process];
            let (Role::Worker(number), Some(pid), None) = (holder.role, holder.pid, holder.ending)
            else {
                continue;
            };
            self.screen.clear_live_line();
            if let Some(keys) = &mut self.keys {
                keys.give_back();
            }
            let modes = tcgetattr(std::io::stdin().as_fd()).ok();
            let item = journal::activity(self.workers[number].memory.journal()).item;
            let nodeid = item.and_then(|item| self.suite.as_ref()?.nodeids.get(item as usize));
            let nodeid = nodeid.map_or("a test", String::as_str);
            self.screen.print(&format!(
                "\nhasten: {nodeid} has stopped in {}\n",
                self.workers[number].id
            ));
            let granted = set_foreground(Pid::from_raw(pid));
            self.terminal.lent = Some(Lent { process, modes });
            self.answer_terminal(process, granted);
            if !granted {
                self.on_leave_terminal(process);
                continue;
            }
            return;
        }
    }

    fn answer_terminal(&mut self, process: usize, granted: bool) {
        let answer = frame::encode_json(ToPython::Terminal, &Answer { granted });
        self.processes[process].channel.send(answer);
    }
}

/// Makes a process group the terminal's foreground group; false where that is not possible.
fn set_foreground(group: Pid) -> bool {
    // Who asks from the background is stopped otherwise, and main with him.
    let mut stop = SigSet::empty();
    stop.add(Signal::SIGTTOU);
    let before = stop.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK);
    let done = tcsetpgrp(std::io::stdin().as_fd(), group).is_ok();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    done
}
