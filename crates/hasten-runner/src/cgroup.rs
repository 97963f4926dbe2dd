//! Control groups: where the one of this process is, in every layout (`cgroups(7)`).

use std::path::{Path, PathBuf};

/// Where control groups are mounted.
pub(crate) const MOUNT: &str = "/sys/fs/cgroup";

/// A control group: its folder, and where the mount begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) folder: PathBuf,
    root: PathBuf,
    pub(crate) version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

impl Group {
    /// The group of this process that the controller is for. `exists`: whether the group can be read.
    pub(crate) fn own(controller: &str, exists: impl Fn(&Self) -> bool) -> Option<Self> {
        let table = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        find(&table, Path::new(MOUNT), controller, exists)
    }

    /// A file of the group.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(name)).ok()
    }

    /// The group and those above it, whose limits hold for it too.
    pub(crate) fn and_above(&self) -> impl Iterator<Item = Self> + '_ {
        self.folder
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root))
            .map(|folder| Self {
                folder: folder.to_owned(),
                ..self.clone()
            })
    }
}

/// Finds a control group in the text of `/proc/self/cgroup`.
///
/// In a container the path is that of the host, and the group is what is mounted.
pub(crate) fn find(
    table: &str,
    mount: &Path,
    controller: &str,
    exists: impl Fn(&Group) -> bool,
) -> Option<Group> {
    let mut candidates = Vec::new();
    for line in table.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (version, roots) = if controllers.is_empty() {
            (Version::Two, vec![mount.to_owned(), mount.join("unified")])
        } else if controllers.split(',').any(|name| name == controller) {
            let mounted = [controller, controllers].map(|name| mount.join(name));
            (Version::One, mounted.to_vec())
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
    candidates.into_iter().find(exists)
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
        let only = |there: &'static str| move |group: &Group| group.folder == Path::new(there);
        assert_eq!(
            find("0::/user/x.scope\n", mount, "memory", |_| true),
            group("/m/user/x.scope", "/m", Version::Two)
        );
        assert_eq!(
            find(MIXED, mount, "memory", only("/m/memory/box/one")),
            group("/m/memory/box/one", "/m/memory", Version::One)
        );
        // A container: the path is the host's.
        assert_eq!(
            find(MIXED, mount, "memory", only("/m/memory")),
            group("/m/memory", "/m/memory", Version::One)
        );
        // Controllers that are mounted together have one folder, with the names of all.
        assert_eq!(
            find(MIXED, mount, "cpu", only("/m/cpu,cpuacct/a")),
            group("/m/cpu,cpuacct/a", "/m/cpu,cpuacct", Version::One)
        );
        assert_eq!(find(MIXED, mount, "memory", |_| false), None);
        assert_eq!(find("", mount, "memory", |_| true), None);
        assert_eq!(find("nonsense", mount, "memory", |_| true), None);
    }

    #[test]
    fn groups_above_end_where_the_mount_begins() {
        let found = group("/m/memory/box/one", "/m/memory", Version::One).unwrap();
        let folders: Vec<PathBuf> = found.and_above().map(|group| group.folder).collect();
        let expected = ["/m/memory/box/one", "/m/memory/box", "/m/memory"];
        assert_eq!(folders, expected.map(PathBuf::from));
    }
}
