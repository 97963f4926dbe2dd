//! The size of a terminal.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::pty::Winsize;

/// The size of the terminal behind a descriptor; none where it is no terminal.
pub(crate) fn size(terminal: BorrowedFd<'_>) -> Option<Winsize> {
    let mut size = Winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: writes a size to a valid place.
    let done = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (done == 0).then_some(size)
}
