//! Keys on the terminal while a live line is shown.

use std::io::{IsTerminal, Read};
use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use nix::unistd::{getpgrp, tcgetpgrp};

const LEAST: usize = SpecialCharacterIndices::VMIN as usize;
const TIME: usize = SpecialCharacterIndices::VTIME as usize;
/// A read waits for one character, and then for others that follow within a tenth of a second. Who sets such a mode
/// himself wants no such wait, so this also tells our mode from his.
const OURS: (u8, u8) = (1, 1);

/// The terminal behind stdin, read key by key. Ctrl-C and Ctrl-Z stay signals.
pub(crate) struct Keys {
    before: Termios,
    active: bool,
}

impl Keys {
    /// Takes the terminal, if stdin is one and this process is in its foreground.
    pub(crate) fn open() -> Option<Self> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let before = tcgetattr(stdin.as_fd()).ok()?;
        let mut keys = Self {
            before,
            active: false,
        };
        keys.take();
        Some(keys)
    }

    /// Reads keys from now on, if this process is in the foreground.
    pub(crate) fn take(&mut self) {
        let stdin = std::io::stdin();
        // In the background, changing the terminal would stop this process.
        if self.active || tcgetpgrp(stdin.as_fd()) != Ok(getpgrp()) {
            return;
        }
        let mut single = self.before.clone();
        single
            .local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO);
        (single.control_chars[LEAST], single.control_chars[TIME]) = OURS;
        self.active = tcsetattr(stdin.as_fd(), SetArg::TCSANOW, &single).is_ok();
    }

    /// Gives the terminal back as it was.
    pub(crate) fn give_back(&mut self) {
        if self.active {
            self.active = false;
            let _ = tcsetattr(std::io::stdin().as_fd(), SetArg::TCSANOW, &self.before);
        }
    }

    /// Gives lines back to a process that has the terminal: it may have looked at the modes while they were ours, been
    /// stopped, and then set them with what it wanted to change.
    pub(crate) fn mend_copied_modes(&self) {
        let stdin = std::io::stdin();
        let Ok(mut modes) = tcgetattr(stdin.as_fd()) else {
            return;
        };
        let is_line = modes.local_flags.contains(LocalFlags::ICANON);
        if self.active || is_line || (modes.control_chars[LEAST], modes.control_chars[TIME]) != OURS
        {
            return;
        }
        modes.local_flags |= self.before.local_flags & LocalFlags::ICANON;
        modes.control_chars = self.before.control_chars;
        let _ = in_background(|| tcsetattr(stdin.as_fd(), SetArg::TCSANOW, &modes));
    }

    /// What to wait for; none while the terminal is somebody else's.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: stdin stays open as long as this process.
        self.active.then(|| unsafe { BorrowedFd::borrow_raw(0) })
    }

    /// The keys that were pressed.
    pub(crate) fn pressed(&mut self) -> Vec<u8> {
        let mut buffer = [0; 64];
        if !self.active || !is_readable() {
            return Vec::new();
        }
        match std::io::stdin().lock().read(&mut buffer) {
            Ok(read) => buffer[..read].to_vec(),
            Err(_) => {
                self.give_back();
                Vec::new()
            }
        }
    }
}

fn is_readable() -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// Does something to the terminal that only its foreground may do: others are stopped for it, unless they block this.
pub(crate) fn in_background<T>(action: impl FnOnce() -> T) -> T {
    let mut stop = SigSet::empty();
    stop.add(Signal::SIGTTOU);
    let before = stop.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let done = action();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    done
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.give_back();
    }
}
