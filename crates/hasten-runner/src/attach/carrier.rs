//! Carries what is typed to a kept process, and what it prints back.

use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, pipe, read, write};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::low_level::pipe::register;

use super::terminal::{Raw, follow_size, interrupts, pseudo_terminal};
use crate::held::Held;

const READ: usize = 4096;

/// The way between the standard streams of this process and a kept one.
pub(super) struct Carrier {
    /// What is typed goes here: the pseudo terminal, or a pipe.
    to: Option<OwnedFd>,
    is_terminal: bool,
    /// Those of the process, until it has them.
    ends: Option<(OwnedFd, OwnedFd)>,
    /// Typed, and not taken yet.
    pending: Vec<u8>,
    typing: bool,
    /// Ctrl-C; the window has another size; this process is to end.
    signals: [UnixStream; 3],
    cut: bool,
    pid: Option<Pid>,
    /// Dropped last: the terminal is given back when all is said.
    raw: Option<Raw>,
}

impl Carrier {
    /// Between two terminals where stdin and stdout are one, else between pipes.
    pub(super) fn open(held: &Held) -> io::Result<Self> {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let signals = [
            listen(&[SIGINT])?,
            listen(&[SIGWINCH])?,
            listen(&[SIGTERM, SIGHUP])?,
        ];
        let (to, ends, raw) = if is_terminal {
            let (master, slave) = pseudo_terminal()?;
            let twice = slave.try_clone()?;
            (master, (slave, twice), Some(Raw::take()?))
        } else {
            let (theirs, to) = pipe()?;
            fcntl(&to, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
            let out = io::stdout().as_fd().try_clone_to_owned()?;
            (to, (theirs, out), None)
        };
        Ok(Self {
            to: Some(to),
            is_terminal,
            ends: Some(ends),
            pending: Vec::new(),
            typing: true,
            signals,
            cut: false,
            pid: held.is_alive().then_some(Pid::from_raw(held.pid)),
            raw,
        })
    }

    /// The streams for the process. Kept here, they would never end.
    pub(super) fn take_ends(&mut self) -> io::Result<(OwnedFd, OwnedFd)> {
        self.ends
            .take()
            .ok_or_else(|| io::Error::other("they were taken"))
    }

    /// True when this process was told to end.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Waits until there is something to carry or to hear from `other`, and carries it.
    pub(super) fn carry(&mut self, other: BorrowedFd<'_>) -> io::Result<()> {
        let ready = self.wait(other)?;
        for (number, ready) in ready.signals.into_iter().enumerate() {
            if ready {
                self.on_signal(number);
            }
        }
        if ready.output {
            self.show();
        }
        if ready.typed {
            self.read_typed();
        }
        self.send();
        Ok(())
    }

    /// Shows the rest of what was printed.
    pub(super) fn finish(&mut self) {
        while self.is_terminal && self.show() {}
        self.raw = None;
    }

    fn wait(&self, other: BorrowedFd<'_>) -> io::Result<Ready> {
        let stdin = io::stdin();
        let mut fds = vec![PollFd::new(other, PollFlags::POLLIN)];
        fds.extend(
            self.signals
                .iter()
                .map(|one| PollFd::new(one.as_fd(), PollFlags::POLLIN)),
        );
        let typed = self.typing && self.pending.is_empty();
        if typed {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
        }
        if let Some(to) = &self.to {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::POLLIN, self.is_terminal);
            flags.set(PollFlags::POLLOUT, !self.pending.is_empty());
            // With nothing to wait for, the end of the process' side would end each wait.
            if !flags.is_empty() {
                fds.push(PollFd::new(to.as_fd(), flags));
            }
        }
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready = |at: usize| fds.get(at).and_then(PollFd::any).unwrap_or(false);
        Ok(Ready {
            signals: [ready(1), ready(2), ready(3)],
            typed: typed && ready(4),
            output: self.is_terminal && ready(4 + usize::from(typed)),
        })
    }

    fn on_signal(&mut self, number: usize) {
        let mut buffer = [0; 64];
        let _ = self.signals[number].read(&mut buffer);
        match number {
            0 => self.signal(Signal::SIGINT),
            1 => {
                if let Some(to) = self.to.as_ref().filter(|_| self.is_terminal) {
                    follow_size(to.as_fd());
                    self.signal(Signal::SIGWINCH);
                }
            }
            _ => self.cut = true,
        }
    }

    /// The pseudo terminal is not the controlling one of the process, so its signals are sent from here.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            let _ = kill(pid, signal);
        }
    }

    /// Shows what the process has printed; false when there is nothing.
    fn show(&mut self) -> bool {
        let mut buffer = [0; READ];
        let Some(to) = &self.to else { return false };
        match read(to, &mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                let mut out = io::stdout().lock();
                let _ = out.write_all(&buffer[..length]).and_then(|()| out.flush());
                true
            }
            Err(Errno::EAGAIN | Errno::EINTR) => false,
            // The process has let go of its side.
            Err(_) => {
                self.to = None;
                false
            }
        }
    }

    fn read_typed(&mut self) {
        let mut buffer = [0; READ];
        match read(io::stdin().as_fd(), &mut buffer) {
            Ok(0) => self.typing = false,
            Ok(length) => self.pending.extend_from_slice(&buffer[..length]),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.typing = false,
        }
    }

    fn send(&mut self) {
        let Some(to) = &self.to else {
            self.pending.clear();
            return;
        };
        while !self.pending.is_empty() {
            // Up to Ctrl-C at a time: it is to come after what was typed before.
            let length = self
                .pending
                .iter()
                .position(|key| *key == 3)
                .map_or(self.pending.len(), |at| at + 1);
            let interrupts = self.is_terminal && interrupts(to.as_fd(), self.pending[length - 1]);
            match write(to, &self.pending[..length]) {
                Ok(sent) => {
                    self.pending.drain(..sent);
                    if interrupts && sent == length {
                        self.signal(Signal::SIGINT);
                    }
                }
                Err(Errno::EAGAIN | Errno::EINTR) => return,
                Err(_) => {
                    self.to = None;
                    return;
                }
            }
        }
        if !self.typing && !self.is_terminal {
            self.to = None; // the end of what is typed
        }
    }
}

struct Ready {
    signals: [bool; 3],
    typed: bool,
    output: bool,
}

/// A stream that has something to read when one of these signals came.
fn listen(signals: &[i32]) -> io::Result<UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    for signal in signals {
        register(*signal, theirs.try_clone()?)?;
    }
    Ok(ours)
}
