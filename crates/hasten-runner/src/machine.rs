//! What the run may use of the machine: cores, how many of them are idle, and memory.

use std::path::PathBuf;

use crate::cgroup::{Group, Version};
use crate::pressure;

/// Columns of `/proc/stat` (`proc_stat(5)`): user, nice, system, idle, iowait, irq, softirq, steal. What follows is
/// contained in these.
const COLUMNS: usize = 8;
const IDLE: usize = 3;
const IOWAIT: usize = 4;
/// Of the memory that there may be, this part is for other programs, and for what tests take for a moment.
const RESERVE: f64 = 0.05;

/// What the run may use.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Numbers of the cores that this process may run on.
    cores: Vec<usize>,
    quota: Option<Quota>,
    memory: Option<Group>,
}

/// A limit of CPU time.
#[derive(Clone, Debug, PartialEq)]
struct Quota {
    /// Cores, with parts of one.
    cores: f64,
    /// Where the kernel counts what was used of it.
    usage: Option<Usage>,
}

#[derive(Clone, Debug, PartialEq)]
enum Usage {
    /// A file with nanoseconds.
    Nanoseconds(PathBuf),
    /// A file with a line `usage_usec`.
    Microseconds(PathBuf),
}

/// What was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counters {
    /// Seconds that the cores were idle, and those of anything at all.
    idle: f64,
    all: f64,
    /// Seconds that were used of the quota.
    used: Option<f64>,
}

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What the run may have, with what it has.
    pub(crate) total: u64,
    /// What can still be had.
    pub(crate) available: u64,
}

impl Machine {
    /// Finds out what this process may use.
    pub(crate) fn of_this_process() -> Self {
        let quotas = Group::own("cpu", |group| quota_of(group).is_some())
            .or_else(|| Group::own("cpu", |group| group.folder.is_dir()));
        let memory = Group::own("memory", |group| used_memory(group).is_some());
        Self {
            cores: own_cores(),
            quota: quotas.as_ref().and_then(least_quota),
            memory,
        }
    }

    /// Cores that may be used at a time: affinity and quota.
    pub(crate) fn cores(&self) -> f64 {
        let all = self.cores.len() as f64;
        self.quota
            .as_ref()
            .map_or(all, |quota| quota.cores.min(all))
    }

    /// What was counted so far; none where the system does not say.
    pub(crate) fn counters(&self) -> Option<Counters> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let (idle, all) = idle_seconds(&text, &self.cores, ticks_per_second() as f64)?;
        let usage = self.quota.as_ref().and_then(|quota| quota.usage.as_ref());
        Some(Counters {
            idle,
            all,
            used: usage.and_then(Usage::seconds),
        })
    }

    /// Cores that were idle, on average, between two counts that are `seconds` apart.
    pub(crate) fn idle(&self, before: &Counters, after: &Counters, seconds: f64) -> Option<f64> {
        // Where nothing is counted, all is zero.
        if seconds <= 0.0 || after.all <= before.all {
            return None;
        }
        let idle = (after.idle - before.idle).max(0.0) / seconds;
        let left = match (&self.quota, before.used.zip(after.used)) {
            (Some(quota), Some((before, after))) => quota.cores - (after - before) / seconds,
            _ => f64::INFINITY,
        };
        Some(idle.min(left).clamp(0.0, self.cores()))
    }

    /// The memory of the machine, or of the control group where that is less.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let machine = std::fs::read_to_string("/proc/meminfo")
            .ok()
            .and_then(|text| machine_memory(&text));
        let groups = self.memory.iter().flat_map(Group::and_above);
        let of_groups = groups.filter_map(|group| {
            let total = pressure::own_limit(&group)?;
            let available = total.saturating_sub(used_memory(&group)?);
            Some(Memory { total, available })
        });
        of_groups
            .chain(machine)
            .min_by_key(|memory| memory.available)
    }
}

impl Memory {
    /// Bytes of it that nobody is to take.
    pub(crate) fn reserve(&self) -> u64 {
        (self.total as f64 * RESERVE) as u64
    }

    /// True when less than the reserve is left.
    pub(crate) fn is_short(&self) -> bool {
        self.available < self.reserve()
    }

    /// For how many processes that take so many bytes each it has room.
    pub(crate) fn room_for(&self, bytes: u64) -> usize {
        let free = self.available.saturating_sub(self.reserve());
        usize::try_from(free / bytes.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(target_os = "linux")]
fn own_cores() -> Vec<usize> {
    use nix::sched::{CpuSet, sched_getaffinity};
    let Ok(set) = sched_getaffinity(nix::unistd::Pid::from_raw(0)) else {
        return Vec::new();
    };
    (0..CpuSet::count())
        .filter(|core| set.is_set(*core).unwrap_or(false))
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn own_cores() -> Vec<usize> {
    (0..parallelism()).collect()
}

/// Number of threads that this process may let run at a time, in whole cores.
pub(crate) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Clock ticks of a second, as `/proc` counts time.
pub(crate) fn ticks_per_second() -> u64 {
    use nix::unistd::{SysconfVar, sysconf};
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    u64::try_from(ticks).unwrap_or(0).max(1)
}

/// Seconds that some cores were idle, and those of anything at all, in the text of `/proc/stat`.
fn idle_seconds(text: &str, cores: &[usize], ticks: f64) -> Option<(f64, f64)> {
    let (mut idle, mut all) = (0_u64, 0_u64);
    let mut found = false;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(core) = words.next().and_then(|word| word.strip_prefix("cpu")) else {
            break;
        };
        let Ok(core) = core.parse::<usize>() else {
            continue;
        };
        if !cores.contains(&core) {
            continue;
        }
        found = true;
        for (column, word) in words.take(COLUMNS).enumerate() {
            let value: u64 = word.parse().ok()?;
            all += value;
            if column == IDLE || column == IOWAIT {
                idle += value;
            }
        }
    }
    found.then(|| (idle as f64 / ticks, all as f64 / ticks))
}

/// The smallest quota that holds for a group.
fn least_quota(group: &Group) -> Option<Quota> {
    group
        .and_above()
        .filter_map(|group| {
            Some(Quota {
                cores: quota_of(&group)?,
                usage: Usage::of(&group),
            })
        })
        .min_by(|a, b| a.cores.total_cmp(&b.cores))
}

/// Cores that a group may use, if it is limited.
fn quota_of(group: &Group) -> Option<f64> {
    let (quota, period) = match group.version {
        Version::One => (
            group.read("cpu.cfs_quota_us")?,
            group.read("cpu.cfs_period_us")?,
        ),
        Version::Two => {
            let text = group.read("cpu.max")?;
            let (quota, period) = text.split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
    };
    let quota: f64 = quota.trim().parse().ok()?;
    let period: f64 = period.trim().parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

impl Usage {
    fn of(group: &Group) -> Option<Self> {
        let usage = match group.version {
            Version::One => Self::Nanoseconds(group.folder.join("cpuacct.usage")),
            Version::Two => Self::Microseconds(group.folder.join("cpu.stat")),
        };
        usage.seconds().is_some().then_some(usage)
    }

    fn seconds(&self) -> Option<f64> {
        match self {
            Self::Nanoseconds(path) => {
                let text = std::fs::read_to_string(path).ok()?;
                Some(text.trim().parse::<f64>().ok()? / 1e9)
            }
            Self::Microseconds(path) => {
                let text = std::fs::read_to_string(path).ok()?;
                Some(value_of(&text, "usage_usec")? as f64 / 1e6)
            }
        }
    }
}

/// Bytes that a group uses, without files that can be read again.
fn used_memory(group: &Group) -> Option<u64> {
    let (usage, inactive) = match group.version {
        Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
        Version::Two => ("memory.current", "inactive_file"),
    };
    let used: u64 = group.read(usage)?.trim().parse().ok()?;
    let files = group
        .read("memory.stat")
        .and_then(|text| value_of(&text, inactive));
    Some(used.saturating_sub(files.unwrap_or(0)))
}

/// What `/proc/meminfo` says.
fn machine_memory(text: &str) -> Option<Memory> {
    let kibibytes = |key| value_of(text, key).map(|value| value * 1024);
    Some(Memory {
        total: kibibytes("MemTotal:")?,
        available: kibibytes("MemAvailable:")?,
    })
}

/// The number after a word at the beginning of a line.
pub(crate) fn value_of(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next()? == key)
            .then(|| words.next()?.parse().ok())
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::find;

    const STAT: &str = "cpu  30 0 20 900 50 0 0 0 0 0\n\
                        cpu0 10 0 10 400 20 0 0 0 0 0\n\
                        cpu1 20 0 10 500 30 0 0 0 0 0\n\
                        intr 1 2 3\n";

    fn machine(cores: usize, quota: Option<f64>) -> Machine {
        Machine {
            cores: (0..cores).collect(),
            quota: quota.map(|cores| Quota { cores, usage: None }),
            memory: None,
        }
    }

    #[test]
    fn idle_time_is_that_of_our_cores() {
        assert_eq!(idle_seconds(STAT, &[0, 1], 100.0), Some((9.5, 10.0)));
        assert_eq!(idle_seconds(STAT, &[1], 100.0), Some((5.3, 5.6)));
        assert_eq!(idle_seconds(STAT, &[7], 100.0), None);
        assert_eq!(idle_seconds("", &[0], 100.0), None);
    }

    #[test]
    fn a_quota_leaves_less_idle() {
        let before = Counters::default();
        let after = Counters {
            idle: 3.0,
            all: 4.0,
            used: None,
        };
        assert_eq!(machine(4, None).idle(&before, &after, 1.0), Some(3.0));
        assert_eq!(machine(4, Some(2.0)).idle(&before, &after, 1.0), Some(2.0));
        let used = |used| Counters {
            used: Some(used),
            ..after
        };
        let before = Counters {
            used: Some(7.0),
            ..before
        };
        let idle = machine(4, Some(2.0)).idle(&before, &used(8.5), 1.0);
        assert_eq!(idle, Some(0.5));
        let idle = machine(4, Some(2.0)).idle(&before, &used(9.5), 1.0);
        assert_eq!(idle, Some(0.0));
    }

    #[test]
    fn where_nothing_is_counted_nothing_is_known() {
        let zero = Counters::default();
        assert_eq!(machine(2, None).idle(&zero, &zero, 1.0), None);
    }

    #[test]
    fn quotas_are_read_in_both_versions() {
        let mount = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = mount.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("box/run/cpu.max", "max 100000\n");
        write("box/run/cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
        write("box/cpu.max", "150000 100000\n");
        write("box/cpu.stat", "user_usec 1\nusage_usec 4000000\n");
        let group = find("0::/box/run\n", mount.path(), "cpu", |_| true).unwrap();
        let quota = least_quota(&group).unwrap();
        assert!((quota.cores - 1.5).abs() < 1e-9);
        assert_eq!(quota.usage.and_then(|usage| usage.seconds()), Some(4.0));

        write("cpu/one/cpu.cfs_quota_us", "-1\n");
        write("cpu/one/cpu.cfs_period_us", "100000\n");
        write("cpu/cpu.cfs_quota_us", "50000\n");
        write("cpu/cpu.cfs_period_us", "100000\n");
        write("cpu/cpuacct.usage", "3000000000\n");
        let group = find("3:cpu,cpuacct:/one\n", mount.path(), "cpu", |_| true).unwrap();
        let quota = least_quota(&group).unwrap();
        assert!((quota.cores - 0.5).abs() < 1e-9);
        assert_eq!(quota.usage.and_then(|usage| usage.seconds()), Some(3.0));
        assert_eq!(quota_of(&group), None, "-1 is no limit");
    }

    #[test]
    fn memory_of_a_group_is_what_its_limit_leaves() {
        let mount = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("memory.max", "1000000\n"),
            ("memory.current", "900000\n"),
            ("memory.stat", "anon 5\ninactive_file 250000\n"),
        ] {
            std::fs::write(mount.path().join(name), text).unwrap();
        }
        let limited = Machine {
            memory: find("0::/\n", mount.path(), "memory", |_| true),
            ..machine(1, None)
        };
        let memory = limited.memory().unwrap();
        assert_eq!((memory.total, memory.available), (1_000_000, 350_000));
        assert!(!memory.is_short());
        assert_eq!(memory.room_for(100_000), 3, "a twentieth is kept");
        assert_eq!(memory.room_for(0), 300_000);
        std::fs::write(mount.path().join("memory.current"), "1210000\n").unwrap();
        assert!(limited.memory().unwrap().is_short());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_says_something() {
        let machine = Machine::of_this_process();
        assert!(machine.cores() > 0.0);
        assert!(machine.memory().unwrap().total > 0);
        assert!(machine.counters().is_some());
    }
}
