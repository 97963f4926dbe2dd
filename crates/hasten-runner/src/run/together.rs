//! Which items stay together on one worker (`--dist`), and which use what there is not enough of.

use std::collections::{BTreeMap, HashMap};

use hasten_history::BoundTest;
use hasten_protocol::message::{Collected, Settings, Workers};
use hasten_schedule::{Item, Resources};

use super::dependent;
use crate::error::RunError;

/// What stays together. The names are those of pytest-xdist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dist {
    /// `load`, `worksteal`, `no`: nothing has to.
    #[default]
    Free,
    /// `loadfile`: the tests of a file.
    File,
    /// `loadscope`: those of a class, and a module's that are in none.
    Scope,
    /// `loadgroup`: those whose `xdist_group` marks name one group.
    Group,
}

/// What items use, and how many of them may at a time.
pub(crate) fn resources(collected: &Collected, limits: &BTreeMap<String, u32>) -> Resources {
    let mut resources = Resources::default();
    for (name, users) in &collected.resources {
        let limit = limits.get(name).copied().unwrap_or(1);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        resources.add(limit, users.iter().copied());
    }
    resources
}

impl Dist {
    /// What the command line and the settings files say.
    pub(crate) fn of(settings: &Settings) -> Result<Self, RunError> {
        let one_process = settings.numprocesses == Some(Workers::Exactly(0));
        match settings.dist.as_deref() {
            Some("each") if !one_process => Err(RunError::DistEach),
            Some("loadfile") => Ok(Self::File),
            Some("loadscope") => Ok(Self::Scope),
            Some("loadgroup") => Ok(Self::Group),
            _ => Ok(Self::Free),
        }
    }

    /// Binds what stays together, and lets serial items run alone.
    pub(crate) fn bind(self, collected: &Collected, planned: &mut [Item]) {
        for (item, bound) in planned.iter_mut().zip(self.bindings(collected)) {
            item.bound = bound;
        }
        for index in &collected.serial {
            if let Some(item) = planned.get_mut(*index as usize) {
                item.alone = true;
            }
        }
    }

    /// Tests that cannot run beside any other one, as the history keeps them: groups of several, and those that run alone.
    /// Where files or classes stay together that is nearly all of them, and nothing is kept.
    pub(crate) fn bound(self, collected: &Collected) -> Vec<BoundTest> {
        if matches!(self, Self::File | Self::Scope) {
            return Vec::new();
        }
        let mut groups = self.bindings(collected);
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        for index in &collected.serial {
            if let Some(group) = groups.get_mut(*index as usize) {
                *group = None;
            }
        }
        for group in groups.iter().flatten() {
            *sizes.entry(*group).or_default() += 1;
        }
        let test = |nodeid: &String, group| BoundTest {
            nodeid: nodeid.clone(),
            group,
        };
        let together = collected.items.iter().zip(&groups);
        let together = together
            .filter(|(_, group)| group.is_some_and(|group| sizes[&group] > 1))
            .map(|(item, group)| test(&item.0, *group));
        let alone = collected.serial.iter();
        let alone = alone.filter_map(|index| collected.items.get(*index as usize));
        together
            .chain(alone.map(|item| test(&item.0, None)))
            .collect()
    }

    /// The group of each item that stays together with others.
    pub(crate) fn bindings(self, collected: &Collected) -> Vec<Option<u32>> {
        let mut bound = vec![None; collected.items.len()];
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut number = |name| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(name).or_insert(next)
        };
        let nodeids = collected.items.iter().map(|item| item.0.as_str());
        match self {
            Self::Free => {}
            Self::File | Self::Scope => {
                for (bound, nodeid) in bound.iter_mut().zip(nodeids) {
                    *bound = Some(number(self.name(nodeid)));
                }
            }
            Self::Group => {
                for (name, indexes) in &collected.groups {
                    let group = number(name);
                    for index in indexes {
                        if let Some(bound) = bound.get_mut(*index as usize) {
                            *bound = Some(group);
                        }
                    }
                }
            }
        }
        if matches!(self, Self::Free | Self::Group) {
            let mut next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            for group in dependent::groups(collected) {
                for index in group {
                    if let Some(bound @ None) = bound.get_mut(index as usize) {
                        *bound = Some(next);
                    }
                }
                next = next.saturating_add(1);
            }
        }
        bound
    }

    /// The part of a node id that names what it stays together with, as pytest-xdist finds it.
    fn name(self, nodeid: &str) -> &str {
        let parts = if self == Self::File {
            nodeid.split_once("::")
        } else {
            nodeid.rsplit_once("::")
        };
        parts.map_or(nodeid, |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Settings {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn modes_have_the_names_of_xdist() {
        for (json, dist) in [
            (r#"{"dist": "no"}"#, Dist::Free),
            (r#"{"dist": "load"}"#, Dist::Free),
            (r#"{"dist": "worksteal"}"#, Dist::Free),
            (r#"{"dist": "loadfile"}"#, Dist::File),
            (r#"{"dist": "loadscope"}"#, Dist::Scope),
            (r#"{"dist": "loadgroup"}"#, Dist::Group),
            (r#"{"dist": "each", "numprocesses": 0}"#, Dist::Free),
        ] {
            assert_eq!(Dist::of(&settings(json)).unwrap(), dist, "{json}");
        }
        let each = Dist::of(&settings(r#"{"dist": "each", "numprocesses": 2}"#));
        assert_eq!(
            each.unwrap_err().to_string(),
            "--dist each is not supported: hasten runs each test once. Leave it out, or choose one of load, \
             worksteal, loadscope, loadfile and loadgroup"
        );
    }

    #[test]
    fn items_are_bound_by_file_by_parent_or_by_mark() {
        let json = r#"{"items": [["a.py::A::t[x::y]", 7], ["a.py::A::t", 7], ["a.py::t", 4], ["b.py::t", 4], ["b.py::u", 4]],
                       "groups": {"one": [1, 3]}, "serial": [3]}"#;
        let collected: Collected = serde_json::from_str(json).unwrap();
        let free = Item {
            file: 0,
            scope: 0,
            expected: None,
            bound: None,
            alone: false,
            unit: None,
        };
        for (dist, bound) in [
            (Dist::Free, [None, None, None, None, None]),
            (Dist::File, [Some(0), Some(0), Some(0), Some(1), Some(1)]),
            // pytest-xdist takes a parameter with colons for a part of the name, too.
            (Dist::Scope, [Some(0), Some(1), Some(2), Some(3), Some(3)]),
            (Dist::Group, [None, Some(0), None, Some(0), None]),
        ] {
            let mut planned = [free; 5];
            dist.bind(&collected, &mut planned);
            assert_eq!(planned.map(|item| item.bound), bound, "{dist:?}");
            let alone = planned.map(|item| item.alone);
            assert_eq!(alone, [false, false, false, true, false]);
        }
    }

    #[test]
    fn the_history_keeps_groups_of_several_and_what_runs_alone() {
        let json = r#"{"items": [["a", 1], ["b", 1], ["c", 1], ["d", 1], ["e", 1]],
                       "groups": {"one": [0, 1], "two": [2, 3]}, "serial": [3]}"#;
        let collected: Collected = serde_json::from_str(json).unwrap();
        let kept = |dist: Dist| -> Vec<(String, bool)> {
            let bound = dist.bound(&collected).into_iter();
            bound
                .map(|test| (test.nodeid, test.group.is_some()))
                .collect()
        };
        let test = |name: &str, together| (name.to_owned(), together);
        assert_eq!(
            kept(Dist::Group),
            [test("a", true), test("b", true), test("d", false)]
        );
        assert_eq!(kept(Dist::Free), [test("d", false)]);
        assert_eq!(kept(Dist::File), []);
    }
}
