//! A second process that ends what is left of a run whose supervisor was killed.
//!
//! It holds the reading end of a pipe. A byte is the farewell of a supervisor that cleaned up
//! itself; the end of the pipe without one means that it was killed. Where processes are kept after the
//! run (`--hold-failed`), the farewell names them, and the guardian stays for as long as they do.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, fork, pipe, setsid};
use serde::{Deserialize, Serialize};

use crate::clock::{epoch_seconds, poll_timeout};
use crate::descendants;
use crate::held::{Held, HeldFolder};
use crate::strays::{WORKER_VARIABLE, has_marks};

/// The environment variable by which processes of a run are found. It is one that workers
/// carry in any case.
pub(crate) const RUN_ID_VARIABLE: &str = "PYTEST_XDIST_TESTRUNUID";

/// A kept process has so many seconds to tear down after its time, before it is killed.
const GRACE: f64 = 60.0;
/// How often a process is looked at that is late, or that the system does not tell of.
const LOOK: Duration = Duration::from_secs(1);

/// The first byte of a farewell: nothing is left, or what follows is kept.
const NOTHING: u8 = b'!';
const KEPT: u8 = b'+';

/// What is kept, by its names in the folder.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    folder: String,
    all: Vec<(String, Held)>,
    /// Where they have their temporary folders.
    basetemp: Option<String>,
}

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
            let _ = farewell.write_all(&[NOTHING]);
        }
    }

    /// Lets it look after processes that are kept after the run.
    pub(crate) fn keep(
        &mut self,
        folder: &HeldFolder,
        all: Vec<(String, Held)>,
        basetemp: Option<&str>,
    ) {
        let kept = Kept {
            folder: folder.path().to_string(),
            all,
            basetemp: basetemp.map(str::to_owned),
        };
        let mut text = vec![KEPT];
        text.extend(serde_json::to_vec(&kept).unwrap_or_default());
        if let Some(mut farewell) = self.farewell.take() {
            let _ = farewell.write_all(&text);
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
    let mut farewell = Vec::new();
    let _ = File::from(read).read_to_end(&mut farewell);
    match farewell.split_first() {
        Some((&NOTHING, _)) => return,
        Some((&KEPT, rest)) => {
            if let Ok(kept) = serde_json::from_slice(rest) {
                look_after(kept);
            }
        }
        _ => {}
    }
    kill_marked(&[format!("{RUN_ID_VARIABLE}={run_id}")]);
}

/// Waits until no kept process is left. Each tears down by itself when its time is over; one that does not is killed.
fn look_after(kept: Kept) {
    close_others();
    let _lock = kept.basetemp.as_deref().and_then(Lock::of_pytest);
    let folder = HeldFolder::at(kept.folder.into());
    let mut all = kept.all;
    loop {
        let (alive, dead): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, held)| held.is_alive());
        for (name, held) in dead {
            if !alive.iter().any(|(_, other)| other.worker == held.worker) {
                kill_marked(&[
                    format!("{RUN_ID_VARIABLE}={}", held.run),
                    format!("{WORKER_VARIABLE}={}", held.worker),
                ]);
            }
            folder.remove(&name);
        }
        if alive.is_empty() {
            folder.remove_if_empty();
            return;
        }
        let mut wait = Duration::MAX;
        for (name, held) in &alive {
            let late = epoch_seconds(SystemTime::now()) - (held.until + GRACE);
            if late < 0.0 {
                wait = wait.min(Duration::try_from_secs_f64(-late).unwrap_or(LOOK));
                continue;
            }
            wait = wait.min(LOOK);
            if !folder.is_claimed(name) {
                for pid in descendants::trees(|pid| pid == held.pid) {
                    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                }
            }
        }
        wait_for_end(&alive, wait);
        all = alive;
    }
}

/// pytest removes the temporary folders of earlier runs, but for the last three and those with a lock.
struct Lock(PathBuf);

impl Lock {
    /// In the place of that of the run, which has ended; none where the user has named the folder.
    fn of_pytest(basetemp: &str) -> Option<Self> {
        let folder = Path::new(basetemp);
        let above = folder.parent()?.file_name()?.to_str()?;
        let path = folder.join(".lock");
        let ours = above.starts_with("pytest-of-") && File::create_new(&path).is_ok();
        ours.then_some(Self(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Nobody behind a pipe of whoever started the run is to wait for this process.
fn close_others() {
    let Ok(folder) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<i32> = folder
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for number in open.into_iter().filter(|number| *number > 2) {
        // SAFETY: this process is about to do nothing but `look_after`, which has no descriptor yet.
        unsafe { libc::close(number) };
    }
}

/// Waits so long at most for the end of one of these processes.
fn wait_for_end(kept: &[(String, Held)], wait: Duration) {
    let descriptors: Option<Vec<OwnedFd>> =
        kept.iter().map(|(_, held)| descriptor(held.pid)).collect();
    let Some(descriptors) = descriptors else {
        std::thread::sleep(wait.min(LOOK));
        return;
    };
    let mut fds: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN))
        .collect();
    // Rounded up, so that the moment has come when the wait ends.
    let _ = poll(&mut fds, poll_timeout(wait));
}

/// What tells when a process ends.
#[cfg(target_os = "linux")]
fn descriptor(pid: i32) -> Option<OwnedFd> {
    // SAFETY: a plain system call, which returns a new descriptor or -1.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let number = i32::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: it is open, and nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(not(target_os = "linux"))]
fn descriptor(_: i32) -> Option<OwnedFd> {
    None
}

/// Kills every process whose environment has all of these, and what descends from them, until none is found.
fn kill_marked(marks: &[String]) {
    let own = nix::unistd::getpid().as_raw();
    for _ in 0..50 {
        let marked: Vec<i32> = descendants::all_pids()
            .filter(|pid| has_marks(*pid, marks))
            .collect();
        let mut found = descendants::trees(|pid| marked.contains(&pid));
        found.retain(|pid| *pid != own);
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
