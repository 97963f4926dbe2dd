//! Tests that depend on others, by pytest-dependency's mark: these have to run in one process, in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hasten_protocol::message::{Collected, Dependent};

use super::suite::{file_of, scope_of};

/// The groups of tests that depend on one another, each with two at least.
///
/// Those of a module with the mark are one group, with the tests that they name; where a name is looked up in more than a
/// module, all with the mark are.
pub(super) fn groups(collected: &Collected) -> Vec<BTreeSet<u32>> {
    if collected.dependent.is_empty() {
        return Vec::new();
    }
    let items = &collected.items;
    let numbers: HashMap<&str, u32> = (0..)
        .zip(items)
        .map(|(at, item)| (item.0.as_str(), at))
        .collect();
    let is_wide =
        |one: &Dependent| !one.2.is_empty() && !matches!(one.1.as_str(), "module" | "class");
    let one_group = collected.dependent.iter().any(is_wide);
    let mut groups: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for Dependent(index, scope, names) in &collected.dependent {
        let Some(item) = items.get(*index as usize) else {
            continue;
        };
        let file = file_of(item);
        let group = groups.entry(if one_group { "" } else { file }).or_default();
        group.insert(*index);
        let place = match scope.as_str() {
            "module" => format!("{file}::"),
            "class" => format!("{}::", scope_of(item)),
            _ => String::new(),
        };
        group.extend(
            names
                .iter()
                .filter_map(|name| numbers.get(format!("{place}{name}").as_str())),
        );
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(dependent: &str) -> Vec<Vec<u32>> {
        let json = format!(
            r#"{{"items": [["a.py::t", 4], ["a.py::A::t", 7], ["a.py::A::u", 7], ["b.py::t", 4], ["b.py::u", 4]],
                "dependent": {dependent}}}"#
        );
        let collected: Collected = serde_json::from_str(&json).unwrap();
        groups(&collected)
            .into_iter()
            .map(|group| group.into_iter().collect())
            .collect()
    }

    #[test]
    fn by_module_by_class_or_all() {
        assert_eq!(grouped("[]"), Vec::<Vec<u32>>::new());
        assert_eq!(
            grouped(r#"[[0, "module", []]]"#),
            Vec::<Vec<u32>>::new(),
            "nobody depends on it"
        );
        assert_eq!(
            grouped(r#"[[0, "module", []], [2, "module", ["t"]], [4, "module", ["t", "gone"]]]"#),
            [vec![0, 2], vec![3, 4]]
        );
        assert_eq!(grouped(r#"[[2, "class", ["t"]]]"#), [vec![1, 2]]);
        assert_eq!(
            grouped(r#"[[2, "session", ["b.py::u"]], [0, "module", []]]"#),
            [vec![0, 2, 4]]
        );
    }
}
