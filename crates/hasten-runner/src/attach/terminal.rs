//! The user's terminal, and a pseudo terminal that looks like it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, cfmakeraw, tcgetattr, tcsetattr,
};

use crate::window;

/// The terminal behind stdin, handed through key by key. Given back when it is dropped.
pub(super) struct Raw {
    before: Termios,
}

impl Raw {
    pub(super) fn take() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(stdin.as_fd())?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(stdin.as_fd(), SetArg::TCSADRAIN, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin().as_fd(), SetArg::TCSADRAIN, &self.before);
    }
}

/// A pseudo terminal: the end that is ours, and that of the process.
pub(super) fn pseudo_terminal() -> io::Result<(OwnedFd, OwnedFd)> {
    let stdin = io::stdin();
    let modes = tcgetattr(stdin.as_fd())?;
    let pair = openpty(window::size(stdin.as_fd()).as_ref(), Some(&modes))?;
    for end in [&pair.master, &pair.slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((pair.master, pair.slave))
}

/// True when this key is Ctrl-C as the process has set its terminal now.
pub(super) fn interrupts(master: BorrowedFd<'_>, key: u8) -> bool {
    tcgetattr(master).is_ok_and(|modes| {
        modes.local_flags.contains(LocalFlags::ISIG)
            && modes.control_chars[SpecialCharacterIndices::VINTR as usize] == key
    })
}

/// Gives the pseudo terminal the size of the terminal.
pub(super) fn follow_size(master: BorrowedFd<'_>) {
    if let Some(size) = window::size(io::stdin().as_fd()) {
        // SAFETY: sets what the terminal behind an open descriptor takes for its size.
        unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    }
}
