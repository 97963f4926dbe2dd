//! A second process that ends what is left of a run whose supervisor was killed.
//!
//! It holds the reading end of a pipe. A byte is the farewell of a supervisor that cleaned up
//! itself; the end of the pipe without one means that it was killed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use crate::descendants;
use nix::sys::signal::{Signal, kill};

use nix::unistd::{ForkResult, Pid, fork, pipe, setsid};

/// The environment variable by which processes of a run are found. It is one that workers
/// carry in any case.
pub(crate) const RUN_ID_VARIABLE: &str = "PYTEST_XDIST_TESTRUNUID";

/// The supervisor's side.
pub(crate) struct Guardian {
    farewell: Option<File>,
    pid: Pid,
}

impl Guardian {
    /// Starts the guardian. To be called while the process has one thread.
    pub(crate) fn start(run_id: &str) -> io::Result<Self> {
        let (read, write) = pipe()?;
        // SAFETY: this process has no other thread yet, so the child may do anything.
        match unsafe { fork()? } {
            ForkResult::Parent { child } => {
                drop(read);
                set_cloexec(&write)?;
                Ok(Self {
                    farewell: Some(File::from(write)),
                    pid: child,
                })
            }
            ForkResult::Child => {
                drop(write);
                watch(read, run_id);
                // SAFETY: leaves without running the supervisor's exit handlers.
                unsafe { libc::_exit(0) }
            }
        }
    }

    /// Its process id, which is not a process of the run.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Lets it go: nothing is left to watch.
    pub(crate) fn dismiss(&mut self) {
        if let Some(mut farewell) = self.farewell.take() {
            let _ = farewell.write_all(b"!");
        }
    }
}

fn set_cloexec(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(())
}

fn watch(read: OwnedFd, run_id: &str) {
    // A session of its own: Ctrl-C in the terminal is not for it. Its standard streams are
    // closed, so that a pipe behind hasten does not wait for it.
    let _ = setsid();
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdin(&null);
        let _ = nix::unistd::dup2_stdout(&null);
        let _ = nix::unistd::dup2_stderr(&null);
    }
    let mut byte = [0];
    let farewell = File::from(read).read(&mut byte);
    if !matches!(farewell, Ok(1)) {
        kill_run(run_id);
    }
}

/// Kills every process whose environment carries the run's id, and what descends from them,
/// until none is found.
fn kill_run(run_id: &str) {
    let mark = format!("{RUN_ID_VARIABLE}={run_id}");
    let own = nix::unistd::getpid().as_raw();
    for _ in 0..50 {
        let marked = processes_with(mark.as_bytes());
        let mut found = descendants::trees(|pid| marked.contains(&pid));
        found.retain(|pid| *pid != own);
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn processes_with(mark: &[u8]) -> Vec<i32> {
    descendants::all_pids()
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|all| all.split(|byte| *byte == 0).any(|entry| entry == mark))
        })
        .collect()
}
