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

/// The parent's id, and whether the process is a zombie (`proc(5)`).
fn parent_of(pid: i32) -> Option<(i32, bool)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so count from its end.
    let mut rest = stat.get(stat.rfind(')')? + 2..)?.split(' ');
    let zombie = rest.next()? == "Z";
    Some((rest.next()?.parse().ok()?, zombie))
}

/// The processes for which `is_root` holds, and everything that descends from them; living ones.
pub(crate) fn trees(is_root: impl Fn(i32) -> bool) -> Vec<i32> {
    let parents: HashMap<i32, (i32, bool)> = all_pids()
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect();
    let belongs = |pid: i32| {
        let mut at = pid;
        // A chain cannot be longer than there are processes.
        for _ in 0..parents.len() {
            if is_root(at) {
                return true;
            }
            match parents.get(&at) {
                Some((parent, _)) if *parent > 1 => at = *parent,
                _ => return false,
            }
        }
        false
    };
    let alive = parents.iter().filter(|(_, (_, zombie))| !zombie);
    alive
        .map(|(pid, _)| *pid)
        .filter(|pid| belongs(*pid))
        .collect()
}

/// The children of this process, zombies too; None where the kernel does not list them.
fn children() -> Option<Vec<i32>> {
    let mut found = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("children")).ok()?;
        found.extend(text.split_ascii_whitespace().flat_map(str::parse::<i32>));
    }
    Some(found)
}

/// Kills every descendant but `except` (and reaps it), until none is left.
pub(crate) fn kill_all(except: i32) {
    let own = getpid().as_raw();
    while reap().is_some_and(|(pid, _)| pid != 0) {}
    // A subreaper without children has no descendants: no need to look at every process there is.
    if children().is_some_and(|all| all.iter().all(|pid| *pid == except)) {
        return;
    }
    // A process that forks while it is looked for is found in the next round.
    for _ in 0..100 {
        let mut found = trees(|pid| pid == own);
        found.retain(|pid| *pid != own && *pid != except);
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

/// Takes the status of a child that ended: its id and wait status; id 0 when none has.
pub(crate) fn reap() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: waits for any child with a valid place for the status.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
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
        assert!(children().is_none_or(|all| all.contains(&pid)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(children().is_none_or(|all| !all.contains(&pid)));
    }

    #[test]
    fn the_parent_of_a_process_is_known() {
        let own = getpid().as_raw();
        let (parent, zombie) = parent_of(own).unwrap();
        assert_eq!(parent, nix::unistd::getppid().as_raw());
        assert!(!zombie);
        assert!(all_pids().any(|pid| pid == own));
    }
}
