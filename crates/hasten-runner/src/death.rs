//! How a process ended, in words.

use nix::sys::signal::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

impl Ending {
    /// Reads a wait status.
    pub(crate) fn from_wait_status(status: i32) -> Self {
        if libc::WIFSIGNALED(status) {
            Self::Killed(libc::WTERMSIG(status))
        } else {
            Self::Exited(libc::WEXITSTATUS(status))
        }
    }
}

fn meaning(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGSEGV => "segmentation fault",
        Signal::SIGABRT => "abort",
        Signal::SIGBUS => "bus error",
        Signal::SIGFPE => "arithmetic error",
        Signal::SIGILL => "illegal instruction",
        Signal::SIGKILL => "killed from outside; out of memory is the usual reason",
        Signal::SIGTERM => "asked to end",
        Signal::SIGHUP => "terminal closed",
        Signal::SIGPIPE => "broken pipe",
        Signal::SIGALRM => "alarm",
        _ => "",
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Exited(status) => write!(f, "left with exit status {status}"),
            Self::Killed(number) => match Signal::try_from(number) {
                Ok(signal) if !meaning(signal).is_empty() => {
                    write!(f, "was killed by {signal} ({})", meaning(signal))
                }
                Ok(signal) => write!(f, "was killed by {signal}"),
                Err(_) => write!(f, "was killed by signal {number}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_named() {
        assert_eq!(Ending::Exited(0).to_string(), "left with exit status 0");
        assert_eq!(
            Ending::Killed(11).to_string(),
            "was killed by SIGSEGV (segmentation fault)"
        );
        assert_eq!(Ending::Killed(41).to_string(), "was killed by signal 41");
        assert_eq!(Ending::from_wait_status(0x300), Ending::Exited(3));
        assert_eq!(Ending::from_wait_status(6), Ending::Killed(6));
    }
}
