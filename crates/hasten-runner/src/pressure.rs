//! Whether memory ran out: what the kernel counts for the control group that the run is in.

use crate::cgroup::{Group, Version};

/// A limit above this is the kernel's way to say that there is none (cgroup v1).
const NO_LIMIT: u64 = 1 << 60;

/// The kills for lack of memory in the run's control group.
#[derive(Debug, Default)]
pub(crate) struct Pressure {
    group: Option<Group>,
    /// Kills that were there before the run, and those that a death was explained by.
    explained: u64,
}

/// The kernel killed a process, since memory ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory {
    /// Bytes that the control group may have, if it is limited.
    pub(crate) limit: Option<u64>,
}

impl Pressure {
    /// Begins to watch, from what the kernel has counted so far.
    pub(crate) fn watch() -> Self {
        Self::of(Group::own("memory", counts_kills))
    }

    fn of(group: Option<Group>) -> Self {
        let explained = group.as_ref().and_then(kills).unwrap_or(0);
        Self { group, explained }
    }

    /// Whether a process that was killed just now is one that the kernel killed for lack of memory: its count
    /// has risen. Each kill explains one death.
    pub(crate) fn explain_kill(&mut self) -> Option<OutOfMemory> {
        let group = self.group.as_ref()?;
        if kills(group)? <= self.explained {
            return None;
        }
        self.explained += 1;
        Some(OutOfMemory {
            limit: limit(group),
        })
    }
}

/// True when the kernel counts the kills in this group.
fn counts_kills(group: &Group) -> bool {
    group.folder.join(events(group)).is_file()
}

fn events(group: &Group) -> &'static str {
    match group.version {
        Version::One => "memory.oom_control",
        Version::Two => "memory.events",
    }
}

fn kills(group: &Group) -> Option<u64> {
    let text = group.read(events(group))?;
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// Bytes that the group may have: the least of its own limit and those of the groups above it.
pub(crate) fn limit(group: &Group) -> Option<u64> {
    group.and_above().filter_map(|one| own_limit(&one)).min()
}

/// Bytes that a group may have, whatever those above it say.
pub(crate) fn own_limit(group: &Group) -> Option<u64> {
    let name = match group.version {
        Version::One => "memory.limit_in_bytes",
        Version::Two => "memory.max",
    };
    let limit = group.read(name)?.trim().parse().ok()?;
    (limit < NO_LIMIT).then_some(limit)
}

impl std::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("was killed by the kernel, since memory ran out")?;
        match self.limit {
            Some(limit) => write!(f, " (limit {} MiB of its cgroup)", limit.div_ceil(1 << 20)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::find;

    #[test]
    fn each_kill_explains_one_death() {
        let mount = tempfile::tempdir().unwrap();
        let folder = mount.path().join("run");
        std::fs::create_dir(&folder).unwrap();
        let events = folder.join("memory.events");
        let count = |kills: u32| {
            std::fs::write(
                &events,
                format!("low 0\noom 9\noom_kill {kills}\noom_group_kill 0\n"),
            )
            .unwrap();
        };
        count(3);
        std::fs::write(folder.join("memory.max"), "max\n").unwrap();
        std::fs::write(mount.path().join("memory.max"), "536870912\n").unwrap();
        let found = find("0::/run\n", mount.path(), "memory", counts_kills);
        let mut pressure = Pressure::of(found);
        assert_eq!(pressure.explain_kill(), None);
        count(4);
        let death = pressure.explain_kill().unwrap();
        assert_eq!(
            death.to_string(),
            "was killed by the kernel, since memory ran out (limit 512 MiB of its cgroup)"
        );
        assert_eq!(pressure.explain_kill(), None);
        std::fs::remove_file(&events).unwrap();
        assert_eq!(pressure.explain_kill(), None);
    }

    #[test]
    fn without_a_limit_it_was_the_machine() {
        assert_eq!(
            OutOfMemory { limit: None }.to_string(),
            "was killed by the kernel, since memory ran out"
        );
    }
}
