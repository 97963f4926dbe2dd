//! What a worker uses: time of cores, and memory of its own.

use std::collections::HashMap;
use std::time::Duration;

use crate::descendants::{Stat, children, stat};
use crate::machine::{ticks_per_second, value_of};

/// Processes below a worker that are looked at: a limit for what a test may start.
const MOST_PROCESSES: usize = 256;

/// What a process used so far, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Used {
    /// CPU time of all its threads.
    cpu: f64,
    /// Time that its main thread was ready to run and had no core, if the system counts that.
    delayed: Option<f64>,
    /// It computes now, or waits for a core.
    runnable: bool,
}

/// What a worker and the processes that its tests have started used so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Load {
    own: Used,
    /// CPU time of those that have ended, and were waited for.
    reaped: f64,
    /// The living ones, by their ids.
    below: HashMap<i32, Used>,
}

/// What was used in a while, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spent {
    /// CPU time.
    pub(crate) used: f64,
    /// The same with the time of waiting for a core.
    pub(crate) wanted: Option<f64>,
}

impl Used {
    fn of(pid: i32, stat: &Stat) -> Option<Self> {
        Some(Self {
            cpu: processor_time(pid)?.as_secs_f64(),
            delayed: delayed(pid).map(|time| time.as_secs_f64()),
            runnable: stat.runnable,
        })
    }
}

impl Load {
    /// What a worker has used so far.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let root = stat(pid)?;
        let own = Used::of(pid, &root)?;
        let mut below = HashMap::new();
        let mut waiting = children(pid).unwrap_or_default();
        while let Some(pid) = waiting.pop() {
            if below.len() >= MOST_PROCESSES {
                break;
            }
            if let Some(used) = stat(pid).and_then(|stat| Used::of(pid, &stat)) {
                below.insert(pid, used);
            }
            waiting.extend(children(pid).unwrap_or_default());
        }
        let reaped = root.reaped as f64 / ticks_per_second() as f64;
        Some(Self { own, reaped, below })
    }

    /// Number of processes that compute now, or wait for a core.
    pub(crate) fn runnable(&self) -> usize {
        let all = self.below.values().chain([&self.own]);
        all.filter(|used| used.runnable).count()
    }

    /// What was used from an earlier look on.
    pub(crate) fn since(&self, before: &Self) -> Spent {
        let none = Used::default();
        let earlier = |pid: &i32| before.below.get(pid).copied().unwrap_or(none);
        let pairs = [(self.own, before.own)]
            .into_iter()
            .chain(self.below.iter().map(|(pid, used)| (*used, earlier(pid))));
        let (mut used, mut delayed) = (0.0, Some(0.0));
        for (now, before) in pairs {
            used += (now.cpu - before.cpu).max(0.0);
            delayed = delayed
                .zip(now.delayed)
                .map(|(sum, now): (f64, f64)| sum + (now - before.delayed.unwrap_or(0.0)).max(0.0));
        }
        // What ended since was counted before, up to the earlier look.
        let ended = before.below.iter();
        let counted: f64 = ended
            .filter(|(pid, _)| !self.below.contains_key(pid))
            .map(|(_, used)| used.cpu)
            .sum();
        used += (self.reaped - before.reaped - counted).max(0.0);
        Spent {
            used,
            wanted: delayed.map(|delayed| used + delayed),
        }
    }
}

/// CPU time of all threads of a process so far, if the system says so.
#[cfg(target_os = "linux")]
pub(crate) fn processor_time(pid: i32) -> Option<Duration> {
    use nix::time::{clock_getcpuclockid, clock_gettime};
    use nix::unistd::Pid;
    let time = clock_gettime(clock_getcpuclockid(Pid::from_raw(pid)).ok()?).ok()?;
    Some(time.into())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn processor_time(_pid: i32) -> Option<Duration> {
    None
}

/// Time so far that the main thread of a process was ready to run and had no core, if the system counts that.
pub(crate) fn delayed(pid: i32) -> Option<Duration> {
    delay(&std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?)
}

/// The second number of `/proc/PID/schedstat`, which are nanoseconds.
fn delay(text: &str) -> Option<Duration> {
    let nanoseconds = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Bytes that a process shares with nobody: what it would free at its end.
pub(crate) fn private_memory(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    private_bytes(&text)
}

fn private_bytes(text: &str) -> Option<u64> {
    let dirty = value_of(text, "Private_Dirty:")?;
    let clean = value_of(text, "Private_Clean:")?;
    Some((dirty + clean) * 1024)
}

/// Bytes of a process that are in memory, shared or not.
pub(crate) fn resident_memory(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(value_of(&text, "VmRSS:")? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(cpu: f64, delayed: Option<f64>) -> Load {
        Load {
            own: Used {
                cpu,
                delayed,
                runnable: true,
            },
            ..Load::default()
        }
    }

    #[test]
    fn what_is_wanted_includes_waiting_for_a_core() {
        let before = load(1.0, Some(0.5));
        let spent = load(1.25, Some(1.25)).since(&before);
        assert_eq!((spent.used, spent.wanted), (0.25, Some(1.0)));
        assert_eq!(load(2.0, None).since(&before).wanted, None);
        let spent = load(1.25, Some(1.25)).since(&Load::default());
        assert_eq!(spent.wanted, Some(2.5));
    }

    #[test]
    fn processes_that_tests_start_count_while_they_live_and_when_they_ended() {
        let child = |cpu| Used {
            cpu,
            delayed: Some(0.0),
            runnable: false,
        };
        let before = Load {
            below: HashMap::from([(7, child(2.0)), (8, child(1.0))]),
            ..load(1.0, Some(0.0))
        };
        let after = Load {
            // 7 ended after another quarter of a second, 9 is new.
            reaped: 2.25,
            below: HashMap::from([(8, child(1.5)), (9, child(0.25))]),
            ..load(1.0, Some(0.0))
        };
        assert_eq!(after.since(&before).used, 1.0);
        assert_eq!(after.runnable(), 1);
        // One that nobody has waited for so far.
        let after = Load {
            reaped: 0.0,
            ..after
        };
        assert_eq!(after.since(&before).used, 0.75);
    }

    #[test]
    fn files_of_proc_are_read() {
        assert_eq!(
            delay("76661034 22835251 230\n"),
            Some(Duration::from_nanos(22_835_251))
        );
        assert_eq!(delay("0\n"), None);
        let rollup = "55d0-7ffe ---p 0 00:00 0 [rollup]\nRss: 900 kB\n\
                      Private_Clean:        4 kB\nPrivate_Dirty:       96 kB\n";
        assert_eq!(private_bytes(rollup), Some(102_400));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_used_something() {
        let own = nix::unistd::getpid().as_raw();
        let before = Load::of(own).unwrap();
        while Load::of(own).unwrap().since(&before).used == 0.0 {}
        assert!(private_memory(own).is_none_or(|bytes| bytes > 0));
        assert!(resident_memory(own).unwrap() > 0);
    }
}
