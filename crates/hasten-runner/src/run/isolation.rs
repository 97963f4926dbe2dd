//! Which tests run in processes of their own: `--isolate`, and the mark `isolate`.

use std::collections::HashMap;

use hasten_config::Isolate;
use hasten_protocol::message::Collected;

use super::Run;
use super::dependent;
use super::origin::Origin;
use super::suite::file_of;

/// The isolated unit of each item; none: it shares its process with others.
///
/// A mark wins over `--isolate`, and means the test by itself. Tests that pytest-dependency's mark ties to one another
/// are one unit, since what it knows of them is in the process.
pub(crate) fn units(isolate: Isolate, collected: &Collected) -> Vec<Option<u32>> {
    let mut units = vec![None; collected.items.len()];
    match isolate {
        Isolate::None => {}
        Isolate::Test => {
            for (unit, number) in units.iter_mut().zip(0_u32..) {
                *unit = Some(number);
            }
        }
        Isolate::File => {
            let mut first = HashMap::new();
            for ((unit, item), number) in units.iter_mut().zip(&collected.items).zip(0_u32..) {
                *unit = Some(*first.entry(file_of(item)).or_insert(number));
            }
        }
    }
    for index in &collected.not_isolated {
        if let Some(unit) = units.get_mut(*index as usize) {
            *unit = None;
        }
    }
    // The number of an item is not that of a file, which may have the same first item.
    let own = |index: u32| u32::try_from(collected.items.len()).unwrap_or(u32::MAX) + index;
    for index in &collected.isolated {
        if let Some(unit) = units.get_mut(*index as usize) {
            *unit = Some(own(*index));
        }
    }
    for group in dependent::groups(collected) {
        let mut tied = group.iter().map(|index| units[*index as usize]);
        let Some(unit) = tied.find_map(|unit| unit) else {
            continue;
        };
        for index in group {
            units[index as usize] = Some(unit);
        }
    }
    units
}

impl Run {
    /// Says so where each isolated unit needs a new interpreter.
    pub(super) fn announce_isolation(&mut self, origin: Origin) {
        let isolates = self.suite.as_ref().is_some_and(|suite| suite.isolates);
        if isolates && origin != Origin::Session {
            self.note_now(
                "what is isolated runs in new interpreters, each of which loads and collects: that is exact, but slow",
            );
        }
    }

    /// What is said when tests with the mark ran in one process with all others.
    pub(super) fn warn_of_marks(&self) -> Option<String> {
        let collected = self.collected.as_ref().filter(|_| !self.distribute)?;
        let runs = self.settings.as_ref()?.in_process.is_none();
        let number = collected.isolated.len();
        let tests = match number {
            1 => "1 test is marked isolate, and was not isolated".to_owned(),
            _ => format!("{number} tests are marked isolate, and were not isolated"),
        };
        (runs && number > 0).then(|| format!("{tests}: that needs a worker process (-n 1)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units_of(isolate: Isolate, marks: &str) -> Vec<Option<u32>> {
        let json = format!(
            r#"{{"items": [["a.py::A::t", 7], ["a.py::u", 4], ["b.py::t", 4], ["b.py::u", 4]] {marks}}}"#
        );
        units(isolate, &serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn by_test_by_file_or_not_at_all() {
        assert_eq!(units_of(Isolate::None, ""), [None; 4]);
        assert_eq!(
            units_of(Isolate::Test, ""),
            [Some(0), Some(1), Some(2), Some(3)]
        );
        assert_eq!(
            units_of(Isolate::File, ""),
            [Some(0), Some(0), Some(2), Some(2)]
        );
    }

    #[test]
    fn a_mark_wins() {
        let marks = r#", "isolated": [0, 1], "not_isolated": [3]"#;
        assert_eq!(
            units_of(Isolate::None, marks),
            [Some(4), Some(5), None, None]
        );
        assert_eq!(
            units_of(Isolate::File, marks),
            [Some(4), Some(5), Some(2), None]
        );
    }

    #[test]
    fn what_depends_on_another_test_runs_with_it() {
        let marks = r#", "dependent": [[2, "module", []], [3, "module", ["t"]]]"#;
        let found = units_of(Isolate::Test, marks);
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(2)]);
        assert_eq!(units_of(Isolate::None, marks), [None; 4]);
    }
}
