//! How a process ended, in words.

use nix::sys::signal::Signal;

use crate::pressure::OutOfMemory;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// Another process has taken its status.
    Unknown,
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

/// Why a worker ended, as far as that can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// By itself, or by us.
    Ended(Ending),
    /// The kernel killed it for lack of memory.
    OutOfMemory(OutOfMemory),
    /// SIGKILL that we did not send.
    KilledFromOutside,
    /// Something that only hasten can be the reason of; what it was.
    Fault(String),
}

impl Cause {
    /// True when there may be nothing wrong with the test: the machine lacked something.
    pub(crate) fn is_pressure(&self) -> bool {
        matches!(self, Self::OutOfMemory(_) | Self::KilledFromOutside)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(ending) => ending.fmt(f),
            Self::OutOfMemory(death) => death.fmt(f),
            Self::KilledFromOutside => f.write_str(
                "was killed by SIGKILL, which hasten did not send (out of memory is the usual \
                 reason)",
            ),
            Self::Fault(what) => write!(f, "ended through a fault in hasten ({what})"),
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
        Signal::SIGXCPU => "more CPU time than RLIMIT_CPU allows",
        Signal::SIGXFSZ => "a larger file than RLIMIT_FSIZE allows",
        Signal::SIGSYS => "a system call that is not allowed",
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
            Self::Unknown => {
                f.write_str("ended (how is not known: another process has taken its exit status)")
            }
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
        assert_eq!(
            Ending::Killed(libc::SIGXCPU).to_string(),
            "was killed by SIGXCPU (more CPU time than RLIMIT_CPU allows)"
        );
    }

    #[test]
    fn causes_are_told_apart() {
        for (cause, text, pressure) in [
            (
                Cause::Ended(Ending::Killed(6)),
                "was killed by SIGABRT (abort)",
                false,
            ),
            (
                Cause::OutOfMemory(OutOfMemory { limit: Some(1) }),
                "was killed by the kernel, since memory ran out (limit 1 MiB of its cgroup)",
                true,
            ),
            (
                Cause::KilledFromOutside,
                "was killed by SIGKILL, which hasten did not send (out of memory is the usual \
                 reason)",
                true,
            ),
            (
                Cause::Fault("it sent nonsense".into()),
                "ended through a fault in hasten (it sent nonsense)",
                false,
            ),
        ] {
            assert_eq!(cause.to_string(), text);
            assert_eq!(cause.is_pressure(), pressure);
        }
    }
}
