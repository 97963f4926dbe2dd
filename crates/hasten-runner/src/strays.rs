//! Processes that a dead worker left behind: it is their ancestor no more, so they are found by what they keep.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};

use crate::descendants::{all_pids, stat, trees};
use crate::guardian::RUN_ID_VARIABLE;
use crate::machine::ticks_per_second;

/// Says whose child a process is, even after that has ended.
pub(crate) const WORKER_VARIABLE: &str = "PYTEST_XDIST_WORKER";
/// A command line is cut to so many characters.
const LONGEST: usize = 60;
/// Processes that a line names at most.
const NAMED: usize = 3;

/// A process that descends from a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stray {
    pid: i32,
    /// Clock ticks from the start of the machine: another process with this id has another.
    started: u64,
    /// Its process group.
    group: i32,
    command: String,
}

/// A worker that ended.
pub(crate) struct Dead<'a> {
    pub(crate) pid: i32,
    /// `gw0`, …
    pub(crate) id: &'a str,
    pub(crate) run_id: &'a str,
    /// When it was started, in nanoseconds of `CLOCK_MONOTONIC`.
    pub(crate) since: u64,
    /// Children of ours that are no strays.
    pub(crate) known: &'a [i32],
}

/// What descends from a worker that lives still: to be asked before it is killed.
pub(crate) fn below(worker: i32) -> Vec<Stray> {
    let mut pids = trees(|pid| pid == worker);
    pids.retain(|pid| *pid != worker);
    describe(pids)
}

/// What descended from a worker that ended. Its children are ours now; those that are not known were its own when
/// they are in its process group or have its name in their environment. The session has the name of a worker while it
/// collects, but is there before the worker.
pub(crate) fn left_by(dead: &Dead<'_>) -> Vec<Stray> {
    let own = getpid().as_raw();
    let marks = [
        format!("{WORKER_VARIABLE}={}", dead.id),
        format!("{RUN_ID_VARIABLE}={}", dead.run_id),
    ];
    // Inside of another run everything may have the mark.
    let marked_ourselves = std::env::var(WORKER_VARIABLE).is_ok_and(|id| id == dead.id);
    let is_left = |pid: i32| {
        !dead.known.contains(&pid)
            && stat(pid).is_some_and(|stat| {
                stat.parent == own
                    && (stat.group == dead.pid
                        || !marked_ourselves
                            && is_younger(stat.started, dead.since)
                            && has_marks(pid, &marks))
            })
    };
    let roots: Vec<i32> = all_pids().filter(|pid| is_left(*pid)).collect();
    if roots.is_empty() {
        return Vec::new();
    }
    describe(trees(|pid| roots.contains(&pid)))
}

/// True when the environment of a process has all of these.
pub(crate) fn has_marks(pid: i32, marks: &[String]) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    let has = |mark: &String| {
        environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == mark.as_bytes())
    };
    marks.iter().all(has)
}

fn describe(pids: Vec<i32>) -> Vec<Stray> {
    let stray = |pid| {
        let stat = stat(pid)?;
        Some(Stray {
            pid,
            started: stat.started,
            group: stat.group,
            command: command(pid),
        })
    };
    pids.into_iter().filter_map(stray).collect()
}

fn command(pid: i32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    let line = if line.trim().is_empty() {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
    } else {
        line
    };
    // It stands in a line of the summary.
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > LONGEST {
        let cut: String = words.chars().take(LONGEST - 1).collect();
        format!("{cut}…")
    } else {
        words
    }
}

impl Stray {
    /// Its process id.
    pub(crate) const fn pid(&self) -> i32 {
        self.pid
    }

    /// True when it left the process group of its worker.
    pub(crate) fn left_group(&self, worker: i32) -> bool {
        self.group != worker
    }

    /// True when it was started after this moment, in nanoseconds of `CLOCK_MONOTONIC`.
    pub(crate) fn is_younger(&self, moment: u64) -> bool {
        is_younger(self.started, moment)
    }

    /// Kills it, if it is there still; returns whether it was.
    pub(crate) fn end(&self) -> bool {
        let same = stat(self.pid).is_some_and(|stat| stat.started == self.started);
        same && kill(Pid::from_raw(self.pid), Signal::SIGKILL).is_ok()
    }
}

/// True when so many ticks from the start of the machine are not before this moment.
fn is_younger(started: u64, moment: u64) -> bool {
    let tick = 1_000_000_000 / ticks_per_second();
    // Ticks are rounded down, and count the time that the machine slept.
    (started + 1) * tick >= moment + time_asleep()
}

#[cfg(target_os = "linux")]
fn time_asleep() -> u64 {
    let now = |clock| clock_gettime(clock).map_or(Duration::ZERO, Duration::from);
    let asleep = now(ClockId::CLOCK_BOOTTIME).saturating_sub(now(ClockId::CLOCK_MONOTONIC));
    u64::try_from(asleep.as_nanos()).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn time_asleep() -> u64 {
    0
}

/// The line about processes that were ended.
pub(crate) fn describe_ended(ended: &[Stray], whose: &str) -> String {
    let shown: Vec<String> = ended
        .iter()
        .take(NAMED)
        .map(|stray| format!("{} (pid {})", stray.command, stray.pid))
        .collect();
    let processes = if ended.len() == 1 {
        "process"
    } else {
        "processes"
    };
    let more = match ended.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "ended {} {processes} that {whose} left behind: {}{more}",
        ended.len(),
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stray(pid: i32) -> Stray {
        Stray {
            pid,
            started: 1,
            group: 7,
            command: format!("sleep {pid}"),
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_is_found_and_ended() {
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let pid = child.id().cast_signed();
        let own = getpid().as_raw();
        let found = below(own);
        let stray = found.iter().find(|stray| stray.pid == pid).unwrap();
        assert!(stray.is_younger(0));
        assert!(!stray.is_younger(u64::MAX / 2));
        assert!(stray.end());
        child.wait().unwrap();
        assert!(!stray.end(), "it is gone");
    }

    #[test]
    fn the_line_names_a_few() {
        assert_eq!(
            describe_ended(&[stray(600)], "test_a.py::test_x"),
            "ended 1 process that test_a.py::test_x left behind: sleep 600 (pid 600)"
        );
        let many: Vec<Stray> = (1..=5).map(stray).collect();
        assert_eq!(
            describe_ended(&many, "gw0"),
            "ended 5 processes that gw0 left behind: sleep 1 (pid 1), sleep 2 (pid 2), sleep 3 \
             (pid 3) and 2 more"
        );
    }
}
