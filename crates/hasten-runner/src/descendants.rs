//! Which processes descend from this one. As a subreaper the supervisor becomes the parent of
//! every orphan of the run, so nothing that a test started can leave its tree.

use std::collections::HashMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

/// Asks the kernel to make this process the parent of orphans below it.
#[cfg(target_os = "linux")]
pub(crate) fn become_subreaper() {
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn become_subreaper() {}

/// The ids of all processes that /proc shows.
pub(crate) fn all_pids() -> impl Iterator<Item = i32> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// What the system says of a process (`proc(5)`).
pub(crate) struct Stat {
    zombie: bool,
    /// Its main thread runs, or would if a processor were free.
    pub(crate) runnable: bool,
    pub(crate) parent: i32,
    /// Its process group.
    pub(crate) group: i32,
    /// Clock ticks from the start of the machine.
    pub(crate) started: u64,
    /// Clock ticks of CPU time of the children that it has waited for.
    pub(crate) reaped: u64,
}

impl Stat {
    /// False when it has ended, and nobody has asked how.
    pub(crate) fn is_alive(&self) -> bool {
        !self.zombie
    }
}

/// What the system says of this process, if it is there.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name in parentheses may hold anything, so count from its end.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
    let number = |at: usize| fields.get(at)?.trim().parse::<i64>().ok();
    Some(Stat {
        zombie: *fields.first()? == "Z",
        runnable: *fields.first()? == "R",
        parent: i32::try_from(number(1)?).ok()?,
        group: i32::try_from(number(2)?).ok()?,
        started: u64::try_from(number(19)?).ok()?,
        reaped: u64::try_from(number(13)? + number(14)?).ok()?,
    })
}

/// The processes for which `is_root` holds, and everything that descends from them; living ones.
pub(crate) fn trees(is_root: impl Fn(i32) -> bool) -> Vec<i32> {
    let parents: HashMap<i32, Stat> = all_pids()
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect();
    let belongs = |pid: i32| {
        let mut at = pid;
        // A chain cannot be longer than there are processes.
        for _ in 0..parents.len() {
            if is_root(at) {
                return true;
            }
            match parents.get(&at) {
                Some(stat) if stat.parent > 1 => at = stat.parent,
                _ => return false,
            }
        }
        false
    };
    let alive = parents.iter().filter(|(_, stat)| !stat.zombie);
    alive
        .map(|(pid, _)| *pid)
        .filter(|pid| belongs(*pid))
        .collect()
}

/// The children of a process, zombies too; None where the kernel does not list them.
pub(crate) fn children(pid: i32) -> Option<Vec<i32>> {
    let mut found = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("children")).ok()?;
        found.extend(text.split_ascii_whitespace().flat_map(str::parse::<i32>));
    }
    Some(found)
}

/// Kills every descendant (and reaps it), until none is left but `except` and what descends from these.
pub(crate) fn kill_all(except: &[i32]) {
    let own = getpid().as_raw();
    while reap().is_some_and(|(pid, _)| pid != 0) {}
    // A subreaper without children has no descendants: no need to look at every process there is.
    if children(own).is_some_and(|all| all.iter().all(|pid| except.contains(pid))) {
        return;
    }
    // A process that forks while it is looked for is found in the next round.
    for _ in 0..100 {
        let mut found = trees(|pid| pid == own);
        let spared = trees(|pid| except.contains(&pid));
        found.retain(|pid| *pid != own && !spared.contains(pid));
        for pid in &found {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        while reap().is_some_and(|(pid, _)| pid != 0) {}
        if found.is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Takes the status of a child that ended or was stopped: its id and wait status; id 0 when none has.
pub(crate) fn reap() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: waits for any child with a valid place for the status.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG | libc::WUNTRACED) };
    (pid >= 0).then_some((pid, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_is_listed() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = child.id().cast_signed();
        let own = getpid().as_raw();
        assert!(children(own).is_none_or(|all| all.contains(&pid)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(children(own).is_none_or(|all| !all.contains(&pid)));
    }

    #[test]
    fn a_name_with_parentheses_is_no_obstacle() {
        let text = "12 (a) b) S 3 4 5 0 -1 0 0 0 0 0 0 0 6 7 20 0 1 0 116990 1 2\n";
        let stat = parse_stat(text).unwrap();
        assert_eq!((stat.parent, stat.group, stat.started), (3, 4, 116_990));
        assert_eq!((stat.reaped, stat.runnable), (13, false));
        assert!(parse_stat("12 (a) S 3").is_none());
    }

    #[test]
    fn the_parent_of_a_process_is_known() {
        let own = getpid().as_raw();
        let found = stat(own).unwrap();
        assert_eq!(found.parent, nix::unistd::getppid().as_raw());
        assert!(!found.zombie);
        assert!(all_pids().any(|pid| pid == own));
    }
}
