//! Keys on the terminal while a live line is shown.

use std::io::{IsTerminal, Read};
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use nix::unistd::{getpgrp, tcgetpgrp};

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
        single.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        single.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        self.active = tcsetattr(stdin.as_fd(), SetArg::TCSANOW, &single).is_ok();
    }

    /// Gives the terminal back as it was.
    pub(crate) fn give_back(&mut self) {
        if self.active {
            self.active = false;
            let _ = tcsetattr(std::io::stdin().as_fd(), SetArg::TCSANOW, &self.before);
        }
    }

    /// What to wait for; none while the terminal is somebody else's.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: stdin stays open as long as this process.
        self.active.then(|| unsafe { BorrowedFd::borrow_raw(0) })
    }

    /// The keys that were pressed.
    pub(crate) fn pressed(&mut self) -> Vec<u8> {
        let mut buffer = [0; 64];
        if !self.active {
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

impl Drop for Keys {
    fn drop(&mut self) {
        self.give_back();
    }
}
