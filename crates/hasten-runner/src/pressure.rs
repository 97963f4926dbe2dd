//! Whether memory ran out: what the kernel counts for the control group that the run is in.

use std::path::{Path, PathBuf};

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";
/// A limit above this is the kernel's way to say that there is none (cgroup v1).
const NO_LIMIT: u64 = 1 << 60;

/// The kills for lack of memory in the run's control group.
#[derive(Debug, Default)]
pub(crate) struct Pressure {
    group: Option<Group>,
    /// Kills that were there before the run, and those that a death was explained by.
    explained: u64,
}

/// A memory control group: its folder, and where the mount begins.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    folder: PathBuf,
    root: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
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
        let table = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let group = find(&table, Path::new(MOUNT), |path| path.is_file());
        Self::of(group)
    }

    fn of(group: Option<Group>) -> Self {
        let explained = group.as_ref().and_then(Group::kills).unwrap_or(0);
        Self { group, explained }
    }

    /// Whether a process that was killed just now is one that the kernel killed for lack of memory: its count
    /// has risen. Each kill explains one death.
    pub(crate) fn explain_kill(&mut self) -> Option<OutOfMemory> {
        let group = self.group.as_ref()?;
        if group.kills()? <= self.explained {
            return None;
        }
        self.explained += 1;
        Some(OutOfMemory {
            limit: group.limit(),
        })
    }
}

impl Group {
    fn events(&self) -> PathBuf {
        self.folder.join(match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        })
    }

    fn kills(&self) -> Option<u64> {
        let text = std::fs::read_to_string(self.events()).ok()?;
        text.lines()
            .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
    }

    /// The least of its own limit and those of the groups above it.
    fn limit(&self) -> Option<u64> {
        let name = match self.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        self.folder
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root))
            .filter_map(|folder| std::fs::read_to_string(folder.join(name)).ok())
            .filter_map(|text| text.trim().parse().ok())
            .filter(|limit| *limit < NO_LIMIT)
            .min()
    }
}

/// Finds the memory control group in the text of `/proc/self/cgroup` (`cgroups(7)`).
///
/// In a container the path is that of the host, and the group is what is mounted.
fn find(table: &str, mount: &Path, exists: impl Fn(&Path) -> bool) -> Option<Group> {
    let mut candidates = Vec::new();
    for line in table.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (version, roots) = if controllers.is_empty() {
            (Version::Two, vec![mount.to_owned(), mount.join("unified")])
        } else if controllers.split(',').any(|name| name == "memory") {
            (Version::One, vec![mount.join("memory")])
        } else {
            continue;
        };
        for root in roots {
            for folder in [root.join(path.trim_start_matches('/')), root.clone()] {
                let root = root.clone();
                candidates.push(Group {
                    folder,
                    root,
                    version,
                });
            }
        }
    }
    candidates.into_iter().find(|group| exists(&group.events()))
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

    const MIXED: &str = "5:cpu,cpuacct:/a\n4:memory:/box/one\n0::/\n";

    fn group(folder: &str, root: &str, version: Version) -> Option<Group> {
        Some(Group {
            folder: folder.into(),
            root: root.into(),
            version,
        })
    }

    #[test]
    fn the_group_is_found_in_every_layout() {
        let mount = Path::new("/m");
        let only = |there: &'static str| move |path: &Path| path == Path::new(there);
        assert_eq!(
            find("0::/user/x.scope\n", mount, |_| true),
            group("/m/user/x.scope", "/m", Version::Two)
        );
        assert_eq!(
            find(MIXED, mount, only("/m/memory/box/one/memory.oom_control")),
            group("/m/memory/box/one", "/m/memory", Version::One)
        );
        // A container: the path is the host's.
        assert_eq!(
            find(MIXED, mount, only("/m/memory/memory.oom_control")),
            group("/m/memory/", "/m/memory", Version::One)
        );
        assert_eq!(find(MIXED, mount, |_| false), None);
        assert_eq!(find("", mount, |_| true), None);
        assert_eq!(find("nonsense", mount, |_| true), None);
    }

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
        let found = find("0::/run\n", mount.path(), Path::is_file);
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
