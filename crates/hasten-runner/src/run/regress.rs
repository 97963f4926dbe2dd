//! `--durations-regress`: tests that took more than so many times their usual time fail the run.

use std::collections::HashMap;

use hasten_history::trends::{LEAST_VALUES, Series, calls, regressions};
use hasten_report::regressed::section;

use super::Run;
use super::suite::Suite;

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
        let past = match history.past() {
            Ok(past) => past,
            Err(error) => {
                self.note_summary(&format!("no duration was compared: {error}"));
                return 0;
            }
        };
        let now = durations(suite);
        let places: Vec<Option<usize>> = (0..past.runs.len()).map(Some).collect();
        let series = calls(&past, &places);
        let slower = regressions(past.runs.len(), &series, &now, ratio);
        let number = slower.len();
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

/// Seconds of the call of each test whose time counts: it passed, and a failure of it would not be forgiven.
fn durations(suite: &Suite) -> HashMap<&str, f64> {
    let entries = (0..).zip(suite.nodeids.iter().zip(suite.ledger.entries()));
    entries
        .filter(|(index, (_, entry))| {
            entry.finished && entry.state.is_as_expected() && !suite.attempts.forgives(*index)
        })
        .map(|(_, (nodeid, entry))| (nodeid.as_str(), entry.call))
        .collect()
}

/// Number of tests of which too little is known.
fn without_history(now: &HashMap<&str, f64>, series: &[Series<'_>]) -> usize {
    let known = series
        .iter()
        .filter(|series| series.points.len() >= LEAST_VALUES && now.contains_key(series.name));
    now.len() - known.count()
}
