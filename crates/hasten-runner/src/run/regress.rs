//! `--durations-regress`: tests that took more than so many times their usual time fail the run.

use std::collections::{HashMap, HashSet};

use hasten_history::trends::{
    Compared, LEAST_VALUES, Series, calls, earlier_setups, regressions, setups,
};
use hasten_history::{Details, Error, History, Past};
use hasten_report::regressed::section;

use super::Run;
use super::suite::Suite;
use crate::ledger::Entry;

impl Run {
    /// Compares this run with the history, says what is slower, and returns how many tests are.
    pub(super) fn find_regressions(&mut self) -> usize {
        let ratio = self.rules.durations_regress;
        if ratio <= 0.0 {
            return 0;
        }
        let (Some(suite), Some(history)) = (&self.suite, &self.history) else {
            return 0;
        };
        let (past, details) = match earlier(history) {
            Ok(earlier) => earlier,
            Err(error) => {
                self.note_summary(&format!("no duration was compared: {error}"));
                return 0;
            }
        };
        let tests = compared(suite);
        let now: HashMap<&str, f64> = tests
            .iter()
            .map(|(nodeid, entry)| (*nodeid, entry.call))
            .collect();
        let places: Vec<Option<usize>> = (0..past.runs.len()).map(Some).collect();
        let series = calls(&past, &places);
        let measured = self
            .measured
            .details(&suite.nodeids, self.distribute, self.started);
        let measured = of_first_attempts(measured, &tests);
        let slower = regressions(
            past.runs.len(),
            Compared {
                phase: "call",
                past: &series,
                now: &now,
            },
            &[Compared {
                phase: "setup",
                past: &earlier_setups(&past, &details),
                now: &setups(&measured, &details),
            }],
            ratio,
        );
        let number = slower
            .iter()
            .map(|one| one.name)
            .collect::<HashSet<_>>()
            .len();
        let section = (number > 0).then(|| section(&slower, ratio));
        let new = without_history(&now, &series);
        if let Some(section) = section {
            self.tell_note(&format!("{}:\n{}", section.title, section.text));
            self.note_section(section);
        }
        if new > 0 {
            let tests = if new == 1 { "test was" } else { "tests were" };
            self.note_summary(&format!(
                "{new} {tests} not compared with earlier runs: fewer than {LEAST_VALUES} are known"
            ));
        }
        number
    }
}

fn earlier(history: &History) -> Result<(Past, Vec<(i64, Details)>), Error> {
    Ok((history.past()?, history.all_details()?))
}

/// Each test whose time counts: it passed, and a failure of it would not be forgiven.
fn compared(suite: &Suite) -> HashMap<&str, &Entry> {
    let entries = (0..).zip(suite.nodeids.iter().zip(suite.ledger.entries()));
    entries
        .filter(|(index, (_, entry))| {
            entry.finished && entry.state.is_as_expected() && !suite.attempts.forgives(*index)
        })
        .map(|(_, (nodeid, entry))| (nodeid.as_str(), entry))
        .collect()
}

/// The fixtures in the setups of these tests. Which attempt a fixture was set up for is not known, so tests with several
/// are left out.
fn of_first_attempts(details: Details, tests: &HashMap<&str, &Entry>) -> Details {
    let mut details = details;
    details.spans.retain(|span| {
        let entry = tests.get(span.nodeid.as_str());
        entry.is_some_and(|entry| entry.reruns == 0 && span.started < entry.start + entry.setup)
    });
    details
}

/// Number of tests of which too little is known.
fn without_history(now: &HashMap<&str, f64>, series: &[Series<'_>]) -> usize {
    let known = series
        .iter()
        .filter(|series| series.points.len() >= LEAST_VALUES && now.contains_key(series.name));
    now.len() - known.count()
}
