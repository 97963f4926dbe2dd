//! Signals, read in the loop and nowhere else.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;

/// A signal that the loop handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Ctrl-C, SIGTERM or SIGHUP. `from_terminal`: the whole foreground process group got it.
    Interrupt { from_terminal: bool },
    /// A child ended.
    Child,
    /// Ctrl-Z.
    Suspend,
    /// Resumed.
    Resume,
    /// Somebody wants to know what runs.
    Dump,
}

/// The signals that came in.
pub(crate) struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let delivery = SignalDelivery::with_pipe(
            read,
            write,
            WithOrigin::default(),
            [SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGTSTP, SIGCONT, SIGUSR1],
        )?;
        Ok(Self { delivery })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }

    pub(crate) fn pending(&mut self) -> Vec<Event> {
        self.delivery
            .pending()
            .filter_map(|origin| {
                Some(match origin.signal {
                    SIGINT | SIGTERM | SIGHUP => Event::Interrupt {
                        from_terminal: origin.process.is_none(),
                    },
                    SIGCHLD => Event::Child,
                    SIGTSTP => Event::Suspend,
                    SIGCONT => Event::Resume,
                    SIGUSR1 => Event::Dump,
                    _ => return None,
                })
            })
            .collect()
    }
}

/// Stops this process, as Ctrl-Z does; returns when it is resumed.
pub(crate) fn stop_self() {
    // The default action of SIGSTOP cannot be displaced, so this is the stop itself.
    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP);
}
