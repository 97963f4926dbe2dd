//! What is said in the end, as text and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use super::compare::{self, Difference};
use super::comparison::Comparison;
use super::recording::Recording;

/// The answer of `hasten verify`.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    same: bool,
    plain: Run,
    hasten: Vec<Compared<'a>>,
}

/// One run.
#[derive(Serialize)]
struct Run {
    tests: usize,
    seconds: f64,
    exit_status: i32,
}

/// A run of hasten.
#[derive(Serialize)]
struct Compared<'a> {
    name: &'static str,
    #[serde(flatten)]
    run: Run,
    differences: &'a [Difference],
    unstable: &'a [Difference],
    depends_on_order: &'a [Difference],
    #[serde(skip)]
    exit_statuses: Option<(i32, i32)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(plain: &Recording, comparisons: &'a [Comparison<'_>]) -> Self {
        Self {
            same: comparisons.iter().all(Comparison::is_equal),
            plain: Run::of(plain),
            hasten: comparisons.iter().map(Compared::of).collect(),
        }
    }

    pub(super) fn is_same(&self) -> bool {
        self.same
    }

    pub(super) fn render(&self) -> String {
        self.hasten.iter().map(Compared::render).collect()
    }

    pub(super) fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

impl Run {
    fn of(recording: &Recording) -> Self {
        Self {
            tests: recording.items(),
            seconds: recording.seconds,
            exit_status: recording.exit_status,
        }
    }
}

impl<'a> Compared<'a> {
    fn of(comparison: &'a Comparison<'_>) -> Self {
        Self {
            name: comparison.name,
            run: Run::of(&comparison.found.recording),
            differences: &comparison.differences,
            unstable: &comparison.unstable,
            depends_on_order: &comparison.by_order,
            exit_statuses: comparison.exit_statuses(),
        }
    }

    fn render(&self) -> String {
        let mut text = compare::render(self.differences);
        if let Some((expected, found)) = self.exit_statuses {
            let _ = writeln!(text, "exit status: pytest {expected}, hasten {found}");
        }
        let (name, tests) = (self.name, self.run.tests);
        match self.differences.len() + usize::from(self.exit_statuses.is_some()) {
            0 => {
                let _ = writeln!(text, "{name}: {tests} tests, no differences");
            }
            number => {
                let _ = writeln!(text, "{name}: {tests} tests, {number} differences");
            }
        }
        if !self.unstable.is_empty() {
            let _ = writeln!(
                text,
                "  {} differences were left out, since two runs of plain pytest differ there, too",
                self.unstable.len()
            );
        }
        let by_order: BTreeSet<_> = self
            .depends_on_order
            .iter()
            .map(|one| &one.nodeid)
            .collect();
        if !by_order.is_empty() {
            let _ = writeln!(
                text,
                "  {} tests depend on the tests before them, under plain pytest too:",
                by_order.len()
            );
            for nodeid in by_order {
                let _ = writeln!(text, "    {nodeid}");
            }
        }
        text
    }
}
