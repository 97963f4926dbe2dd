//! The Python processes of a run.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use camino::Utf8PathBuf;
use hasten_protocol::message::Bye;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::channel::Channel;
use crate::death::Ending;
use crate::error::RunError;
use crate::guardian::RUN_ID_VARIABLE;
use crate::run::Output;
use crate::strays::{self, Stray};

/// What a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Base,
    Main,
    Session,
    /// The number of a worker.
    Worker(usize),
    /// The next process of that worker.
    Standby(usize),
    /// It was a worker's, which has another one now.
    Leaving,
    /// It was a worker's, and stays in a failed test.
    Held,
}

impl Role {
    /// True for one that is, will be or was a worker's.
    pub(crate) const fn is_of_worker(self) -> bool {
        matches!(self, Self::Worker(_) | Self::Standby(_) | Self::Leaving)
    }
}

/// A Python process and the channel to it.
pub(crate) struct Process {
    pub(crate) role: Role,
    pub(crate) channel: Channel,
    /// Known from HELLO, or from the start for the one that was executed.
    pub(crate) pid: Option<i32>,
    pub(crate) ending: Option<Ending>,
    pub(crate) bye: Option<Bye>,
    /// It was no more when it was looked for, and nobody had said how it ended.
    vanished: bool,
    /// Its end was handled.
    pub(crate) gone: bool,
    /// It was a worker's that has another one: once it is gone, nobody refers to it.
    pub(crate) replaced: bool,
    /// What it did that only a fault in hasten explains.
    pub(crate) fault: Option<String>,
    /// We have sent SIGKILL.
    killed: Cell<bool>,
    /// What descended from it then.
    strays: RefCell<Vec<Stray>>,
}

impl Process {
    pub(crate) fn new(role: Role, channel: Channel) -> Self {
        Self {
            role,
            channel,
            pid: None,
            ending: None,
            bye: None,
            vanished: false,
            gone: false,
            replaced: false,
            fault: None,
            killed: Cell::new(false),
            strays: RefCell::default(),
        }
    }

    /// Sends a signal to the process and, where it leads one, to its group.
    pub(crate) fn signal(&self, signal: Signal) {
        let (Some(pid), None) = (self.pid, self.ending) else {
            return;
        };
        if signal == Signal::SIGKILL {
            self.killed.set(true);
            if self.role.is_of_worker() {
                // Afterwards nobody knows any more whose they are.
                self.strays.borrow_mut().extend(strays::below(pid));
            }
        }
        let pid = Pid::from_raw(pid);
        let leads_a_group = self.role == Role::Session || self.role.is_of_worker();
        if !(leads_a_group && killpg(pid, signal).is_ok()) {
            let _ = kill(pid, signal);
        }
    }

    /// True when it says nothing any more, and how it ended is not known yet.
    pub(crate) fn owes_status(&self) -> bool {
        self.pid.is_some() && self.ending.is_none() && !self.gone && !self.channel.is_open()
    }

    /// Takes notice of a process that is no more and whose status another one has taken: its parent, where that ignores
    /// SIGCHLD, or a function of the suite that waits for whatever ends.
    ///
    /// It is looked for twice: the session may have sent the status since its channel was read.
    pub(crate) fn look_whether_it_vanished(&mut self) {
        let Some(pid) = self.pid.filter(|_| self.owes_status()) else {
            return;
        };
        if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
            && std::mem::replace(&mut self.vanished, true)
        {
            self.ending = Some(Ending::Unknown);
        }
    }

    /// True when we have sent SIGKILL.
    pub(crate) fn was_killed(&self) -> bool {
        self.killed.get()
    }

    /// What descended from it when we killed it.
    pub(crate) fn take_strays(&self) -> Vec<Stray> {
        self.strays.take()
    }

    /// Sends a signal by number to the process alone.
    pub(crate) fn signal_number(&self, number: i32) {
        if let (Some(pid), None) = (self.pid, self.ending) {
            // SAFETY: a plain system call; the process is a child that was not waited for yet,
            // so the id is its own.
            unsafe { libc::kill(pid, number) };
        }
    }
}

/// How Python processes are started.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    pub(crate) python: Utf8PathBuf,
    pub(crate) package: Utf8PathBuf,
    pub(crate) run_id: String,
    pub(crate) output: Output,
    /// Takes what is printed.
    pub(crate) held: Option<Arc<File>>,
}

impl Launcher {
    /// Executes the interpreter, with its socket and the descriptors of its memory.
    pub(crate) fn execute(
        &self,
        role: &str,
        socket: OwnedFd,
        memory: Vec<OwnedFd>,
    ) -> Result<i32, RunError> {
        let mut command = Command::new(&self.python);
        command
            .arg(&self.package)
            .args(["--fd", &socket.as_raw_fd().to_string(), "--role", role])
            .env(RUN_ID_VARIABLE, &self.run_id);
        if self.output == Output::Stderr {
            let stderr = std::io::stderr().as_fd().try_clone_to_owned();
            command.stdout(stderr.map_err(RunError::system("cannot pass a descriptor on"))?);
        }
        if let Some(held) = &self.held {
            let copy = || held.try_clone();
            let copies = copy().and_then(|out| Ok((out, copy()?)));
            let (out, err) = copies.map_err(RunError::system("cannot pass a descriptor on"))?;
            command.stdout(out).stderr(err);
        }
        if !memory.is_empty() {
            let numbers: Vec<_> = memory.iter().map(|fd| fd.as_raw_fd().to_string()).collect();
            command.args(["--fds", &numbers.join(",")]).process_group(0);
        }
        for fd in memory.iter().chain([&socket]) {
            inherit(fd).map_err(RunError::system("cannot pass a descriptor on"))?;
        }
        // SAFETY: runs between fork and exec, and only makes one system call.
        unsafe { command.pre_exec(ignore_interrupts) };
        let child = command
            .spawn()
            .map_err(|source| RunError::InterpreterDoesNotStart {
                path: self.python.clone(),
                source,
            })?;
        // It is waited for in the loop, with all the others.
        Ok(child.id().cast_signed())
    }
}

fn inherit(fd: &OwnedFd) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(())
}

/// Until Python has set up pytest, Ctrl-C is for the supervisor: an interpreter that is
/// interrupted in its imports prints a traceback that means nothing to anybody.
fn ignore_interrupts() -> io::Result<()> {
    use nix::sys::signal::{SigHandler, signal};
    // SAFETY: sets a disposition, installs no handler.
    unsafe { signal(Signal::SIGINT, SigHandler::SigIgn)? };
    Ok(())
}
