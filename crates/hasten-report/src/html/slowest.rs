//! What took longest: tests, fixtures, files, imports.

use hasten_history::{Details, Wait};
use serde::Serialize;

use super::words::{duration, grouped};
use crate::recorded::{Recorded, Tests};

/// Lines of each list.
const MOST: usize = 15;

#[derive(Debug, Serialize)]
pub(super) struct Slowest {
    lists: Vec<List>,
    /// What was not measured, in a sentence.
    nothing: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct List {
    title: String,
    /// Heads of the columns after the time.
    heads: Vec<&'static str>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// The number of its test, if it is one.
    test: Option<usize>,
    time: String,
    /// Of a hundred: how long it took, measured by the first.
    part: f64,
    cells: Vec<String>,
}

impl Slowest {
    pub(super) fn of(recorded: &Recorded, tests: &Tests<'_>) -> Self {
        let details = &recorded.details;
        let lists = [
            tests_list(recorded, tests),
            fixtures(details),
            files(details),
            imports(details),
            waits(details, tests),
        ];
        let nothing = details.fixtures.is_empty() && details.files.is_empty();
        Self {
            lists: lists.into_iter().flatten().collect(),
            nothing: nothing.then_some(
                "Of fixtures and of the collection of files nothing is kept for this run: it is for the last 10 runs, and the last one of the whole suite.",
            ),
        }
    }
}

/// The slowest of these, with what they are called.
fn list<T>(
    what: &str,
    heads: &[&'static str],
    mut all: Vec<(f64, T)>,
    row: impl Fn(T) -> (String, Option<usize>, Vec<String>),
) -> Option<List> {
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (number, longest) = (all.len(), all.first()?.0);
    let rows = all.into_iter().take(MOST).map(|(seconds, item)| {
        let (name, test, cells) = row(item);
        let part = if longest > 0.0 {
            seconds / longest * 1e2
        } else {
            0.0
        };
        Row {
            name,
            test,
            time: duration(seconds),
            part: (part * 1e2).round() / 1e2,
            cells,
        }
    });
    Some(List {
        title: if number > MOST {
            format!("Slowest {MOST} of {} {what}s", grouped(number as u64))
        } else {
            format!("Slowest {what}s")
        },
        heads: heads.to_vec(),
        rows: rows.collect(),
    })
}

fn tests_list(recorded: &Recorded, tests: &Tests<'_>) -> Option<List> {
    let attempt = |test: usize| &recorded.attempts[tests.last[test]];
    let all = (0..tests.last.len())
        .map(|test| (attempt(test).total(), test))
        .collect();
    list("test", &["setup", "call", "teardown"], all, |test| {
        let phases = [
            attempt(test).setup,
            attempt(test).call,
            attempt(test).teardown,
        ];
        (
            tests.nodeids[test].to_owned(),
            Some(test),
            phases.map(duration).to_vec(),
        )
    })
}

fn fixtures(details: &Details) -> Option<List> {
    let all = details
        .fixtures
        .iter()
        .map(|fixture| (fixture.setup + fixture.teardown, fixture))
        .collect();
    list(
        "fixture",
        &["scope", "setups", "setup", "teardown", "longest"],
        all,
        |fixture| {
            let cells = vec![
                fixture.scope.clone(),
                grouped(fixture.setups),
                duration(fixture.setup),
                duration(fixture.teardown),
                duration(fixture.longest),
            ];
            (fixture.fixture.clone(), None, cells)
        },
    )
}

fn files(details: &Details) -> Option<List> {
    let all = details
        .files
        .iter()
        .map(|file| (file.collection, file))
        .collect();
    list("file", &["import", "tests"], all, |file| {
        (
            file.file.clone(),
            None,
            vec![duration(file.import), grouped(file.items)],
        )
    })
    .map(|list| List {
        title: format!("{} to collect", list.title),
        ..list
    })
}

fn imports(details: &Details) -> Option<List> {
    let all = details
        .imports
        .iter()
        .map(|import| (import.own, import))
        .collect();
    list("import", &["with what it imports", "for"], all, |import| {
        (
            import.module.clone(),
            None,
            vec![duration(import.all), import.file.clone()],
        )
    })
}

fn waits(details: &Details, tests: &Tests<'_>) -> Option<List> {
    let all = details
        .waits
        .iter()
        .map(|wait| (wait.seconds, wait))
        .collect();
    let row = |wait: &Wait| {
        let inside = wait.inside.clone().unwrap_or_default();
        (
            wait.nodeid.clone(),
            tests.number(&wait.nodeid),
            vec![wait.line.clone(), inside],
        )
    };
    let list = list("wait", &["line", "inside"], all, row)?;
    Some(List {
        title: "Where tests waited longest".to_owned(),
        ..list
    })
}
