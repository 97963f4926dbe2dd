//! What `--durations` with `-v` shows beside pytest's own section: files, classes, fixtures, collection, imports.

use std::collections::HashMap;

use hasten_history::{FileTimes, FixtureTotal, ImportTimes, file_of};

use crate::words::counted;

/// A section of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its title, without the line around it.
    pub title: String,
    /// Its lines.
    pub text: String,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// `--durations`: the most lines of a section; 0 is all.
    pub number: usize,
    /// `--durations-min`, seconds.
    pub min: f64,
    /// `-vv` would show more.
    pub more: bool,
}

/// What a run measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured<'a> {
    /// Each test that ran: its node id, the node id of its parent (a class or a file), seconds of all its phases.
    pub tests: Vec<(&'a str, &'a str, f64)>,
    /// Each fixture, all its uses together.
    pub fixtures: &'a [FixtureTotal],
    /// Each file that was collected.
    pub files: &'a [FileTimes],
    /// The imports that took longest.
    pub imports: &'a [ImportTimes],
}

/// The sections, in their order; one that would have no line is left out.
#[must_use]
pub fn sections(measured: &Measured<'_>, amount: Amount) -> Vec<Section> {
    let in_files = measured.tests.iter();
    let files = summed(in_files.map(|(nodeid, _, seconds)| (file_of(nodeid), *seconds)));
    let in_classes = measured.tests.iter();
    let classes = summed(
        in_classes
            .filter(|(_, parent, _)| parent.contains("::"))
            .map(|(_, parent, seconds)| (*parent, *seconds)),
    );
    let fixtures = measured.fixtures.iter().map(|one| {
        let setups = counted(one.setups, "setup");
        (
            one.setup + one.teardown,
            format!("{} ({}, {setups})", one.fixture, one.scope),
        )
    });
    let collected = measured.files.iter().map(|one| {
        let import = one.import.min(one.collection);
        (
            one.collection,
            format!("{} (import {import:.2}s)", one.file),
        )
    });
    let imports = measured
        .imports
        .iter()
        .map(|one| (one.own, format!("{} (for {})", one.module, one.file)));
    [
        section("files", files, amount),
        section("classes", classes, amount),
        section("fixtures", fixtures.collect(), amount),
        section("files to collect", collected.collect(), amount),
        section("imports", imports.collect(), amount),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What all tests of a file or class took, and a line for it.
fn summed<'a>(parts: impl Iterator<Item = (&'a str, f64)>) -> Vec<(f64, String)> {
    let mut sums: HashMap<&str, (f64, u64)> = HashMap::new();
    for (name, seconds) in parts {
        let sum = sums.entry(name).or_default();
        sum.0 += seconds;
        sum.1 += 1;
    }
    sums.into_iter()
        .map(|(name, (seconds, tests))| (seconds, format!("{name} ({})", counted(tests, "test"))))
        .collect()
}

/// A section in the form of pytest's own one.
fn section(what: &str, mut lines: Vec<(f64, String)>, amount: Amount) -> Option<Section> {
    if lines.is_empty() {
        return None;
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let title = if amount.number == 0 {
        format!("slowest {what}")
    } else {
        lines.truncate(amount.number);
        format!("slowest {} {what}", amount.number)
    };
    let shown = lines.iter().take_while(|line| line.0 >= amount.min);
    let mut text: Vec<String> = shown
        .map(|(seconds, words)| format!("{seconds:.2}s {words}"))
        .collect();
    let hidden = lines.len() - text.len();
    if hidden > 0 {
        let more = if amount.more {
            "  Use -vv to show these durations."
        } else {
            ""
        };
        text.push(String::new());
        text.push(format!(
            "({hidden} durations < {}s hidden.{more})",
            amount.min
        ));
    }
    Some(Section {
        title,
        text: text.join("\n"),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn shown(amount: Amount) -> String {
        let fixture = |name: &str, scope: &str, setups, setup| FixtureTotal {
            fixture: name.to_owned(),
            scope: scope.to_owned(),
            setups,
            setup,
            teardown: 0.25,
            longest: setup,
        };
        let measured = Measured {
            tests: vec![
                ("tests/a.py::test_x", "tests/a.py", 0.5),
                ("tests/a.py::T::test_y[a::b]", "tests/a.py::T", 1.25),
                ("tests/b.py::test_z", "tests/b.py", 0.001),
            ],
            fixtures: &[
                fixture("tests/conftest.py::db", "session", 1, 2.0),
                fixture("tests/conftest.py::row", "function", 30, 3.0),
            ],
            files: &[FileTimes {
                file: "tests/a.py".to_owned(),
                collection: 0.75,
                import: 0.7,
                items: 2,
            }],
            imports: &[ImportTimes {
                module: "numpy".to_owned(),
                own: 0.5,
                all: 0.6,
                file: "tests/a.py".to_owned(),
            }],
        };
        sections(&measured, amount)
            .iter()
            .map(|section| format!("= {} =\n{}\n", section.title, section.text))
            .collect()
    }

    #[test]
    fn all_of_them() {
        let amount = Amount {
            number: 0,
            min: 0.005,
            more: true,
        };
        assert_snapshot!(shown(amount), @"
        = slowest files =
        1.75s tests/a.py (2 tests)

        (1 durations < 0.005s hidden.  Use -vv to show these durations.)
        = slowest classes =
        1.25s tests/a.py::T (1 test)
        = slowest fixtures =
        3.25s tests/conftest.py::row (function, 30 setups)
        2.25s tests/conftest.py::db (session, 1 setup)
        = slowest files to collect =
        0.75s tests/a.py (import 0.70s)
        = slowest imports =
        0.50s numpy (for tests/a.py)
        ");
    }

    #[test]
    fn few_and_long_ones() {
        let amount = Amount {
            number: 1,
            min: 1.0,
            more: false,
        };
        assert_snapshot!(shown(amount), @"
        = slowest 1 files =
        1.75s tests/a.py (2 tests)
        = slowest 1 classes =
        1.25s tests/a.py::T (1 test)
        = slowest 1 fixtures =
        3.25s tests/conftest.py::row (function, 30 setups)
        = slowest 1 files to collect =

        (1 durations < 1s hidden.)
        = slowest 1 imports =

        (1 durations < 1s hidden.)
        ");
    }

    #[test]
    fn nothing_that_was_not_measured() {
        let amount = Amount {
            number: 0,
            min: 0.0,
            more: false,
        };
        assert_eq!(sections(&Measured::default(), amount), []);
    }
}
