//! What a test's own fixtures took to set up, apart from what its setup pays for others.
//!
//! The setup of a test has the fixtures of a wider scope in it that nobody had set up before it, which is another test in
//! each run. Likewise what a fixture of one test prepares once in a process (a cache, an import). Neither may look like a
//! test that became slower, so this run is measured by less than what a setup took, and earlier ones by more:
//!
//! - this time: the fixtures of the test's own scope that took some milliseconds, without those in which such a time is a
//!   first one;
//! - before: the whole setup without fixtures of a wider scope.

use std::collections::HashMap;

use super::Series;
use super::regress::{LEAST_VALUES, NEAR, NEAR_FROM};
use crate::{Details, FixtureSpan, FixtureTotal, Past};

/// pytest's word for the scope of one test.
const OWN: &str = "function";
/// So many setups and teardowns of a worker are kept one by one; what is beyond is not known.
const MOST_SPANS: usize = 10_000;

/// Setups of each test that passed, in the earlier runs whose fixtures are known: the most that its own fixtures can have
/// taken.
#[must_use]
pub fn earlier_setups<'a>(past: &'a Past, details: &[(i64, Details)]) -> Vec<Series<'a>> {
    let wide: Vec<Option<HashMap<&str, f64>>> = past
        .runs
        .iter()
        .map(|run| {
            let details = details.iter().find(|(id, _)| *id == run.id);
            let details = details.map(|(_, details)| details);
            let known = details.filter(|details| !details.fixtures.is_empty() && !is_cut(details));
            known.map(|details| summed(details.spans.iter().filter(|span| span.scope != OWN)))
        })
        .collect();
    let series = past.tests.iter().map(|test| Series {
        name: &test.nodeid,
        points: test
            .attempts
            .iter()
            .filter(|attempt| attempt.outcome.is_as_expected())
            .filter_map(|attempt| {
                let wide = wide[attempt.run].as_ref()?.get(test.nodeid.as_str());
                let own = attempt.wall.setup - wide.unwrap_or(&0.0);
                Some((attempt.run, own.max(0.0)))
            })
            .collect(),
    });
    series.collect()
}

/// Seconds that a test's own fixtures took to set up in this run, at least: of each test that has some.
#[must_use]
pub fn setups<'a>(now: &'a Details, earlier: &[(i64, Details)]) -> HashMap<&'a str, f64> {
    let mut longest: HashMap<&str, Vec<f64>> = HashMap::new();
    for fixture in earlier.iter().flat_map(|(_, details)| &details.fixtures) {
        let of_fixture = longest.entry(&fixture.fixture).or_default();
        of_fixture.push(fixture.longest);
    }
    let totals: HashMap<&str, &FixtureTotal> = now
        .fixtures
        .iter()
        .filter(|total| total.scope == OWN)
        .map(|total| (total.fixture.as_str(), total))
        .collect();
    let counts = |span: &&FixtureSpan| {
        let before = longest.get(span.fixture.as_str());
        let near = span.seconds * NEAR_FROM;
        match before.filter(|before| before.len() >= LEAST_VALUES) {
            // In each run somebody pays so much: this time it was this test.
            Some(before) => {
                let as_long = before.iter().filter(|longest| **longest >= near).count();
                as_long as f64 <= NEAR * before.len() as f64
            }
            // A new fixture: it takes as long each time.
            None => totals
                .get(span.fixture.as_str())
                .is_some_and(|total| near * total.setups as f64 <= total.setup),
        }
    };
    summed(
        now.spans
            .iter()
            .filter(|span| span.scope == OWN)
            .filter(counts),
    )
}

/// Seconds of the setups among these, by test.
fn summed<'a>(spans: impl Iterator<Item = &'a FixtureSpan>) -> HashMap<&'a str, f64> {
    let mut sums = HashMap::new();
    for span in spans.filter(|span| !span.teardown) {
        *sums.entry(span.nodeid.as_str()).or_insert(0.0) += span.seconds;
    }
    sums
}

/// Whether there were more setups and teardowns than are kept.
fn is_cut(details: &Details) -> bool {
    let mut workers: HashMap<Option<u32>, usize> = HashMap::new();
    for span in &details.spans {
        *workers.entry(span.worker).or_default() += 1;
    }
    workers.values().any(|number| *number >= MOST_SPANS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;
    use crate::{PastAttempt, PastTest, PhaseTimes, Run, RunRecord};

    const TEST: &str = "t.py::test_a";

    fn span(nodeid: &str, fixture: &str, scope: &str, seconds: f64) -> FixtureSpan {
        FixtureSpan {
            fixture: fixture.to_owned(),
            scope: scope.to_owned(),
            teardown: false,
            worker: Some(0),
            nodeid: nodeid.to_owned(),
            started: 0.0,
            seconds,
        }
    }

    fn total(fixture: &str, scope: &str, setups: u64, setup: f64, longest: f64) -> FixtureTotal {
        FixtureTotal {
            fixture: fixture.to_owned(),
            scope: scope.to_owned(),
            setups,
            setup,
            teardown: 0.0,
            longest,
        }
    }

    /// A run in which a fixture of one test was set up so often, for so long altogether, once for `longest`.
    fn details(setups: u64, setup: f64, longest: f64) -> Details {
        Details {
            fixtures: vec![total("rows", OWN, setups, setup, longest)],
            ..Details::default()
        }
    }

    /// What is said of a test whose fixture took half a second, after such runs.
    fn said(earlier: &[Details], setups_now: u64, setup_now: f64) -> Option<f64> {
        let now = Details {
            spans: vec![
                span(TEST, "rows", OWN, 0.5),
                span(TEST, "database", "session", 3.0),
                FixtureSpan {
                    teardown: true,
                    ..span(TEST, "rows", OWN, 7.0)
                },
            ],
            ..details(setups_now, setup_now, 0.5)
        };
        let earlier: Vec<(i64, Details)> = (1..).zip(earlier.iter().cloned()).collect();
        setups(&now, &earlier).get(TEST).copied()
    }

    #[test]
    fn a_fixture_that_took_longer_than_ever_counts() {
        let usual = details(20, 0.2, 0.02);
        assert_eq!(said(&vec![usual.clone(); 4], 20, 0.7), Some(0.5));
        let once = [vec![usual.clone(); 10], vec![details(20, 0.7, 0.5)]].concat();
        assert_eq!(said(&once, 20, 0.7), Some(0.5), "hardly ever so long");
    }

    #[test]
    fn what_somebody_pays_in_each_run_does_not() {
        // The first setup fills a cache.
        let cached = details(20, 0.5, 0.45);
        assert_eq!(said(&vec![cached; 4], 20, 0.5), None);
    }

    #[test]
    fn a_new_fixture_counts_if_it_always_takes_so_long() {
        assert_eq!(said(&[], 4, 2.0), Some(0.5));
        assert_eq!(said(&[], 4, 0.6), None, "the first time");
        assert_eq!(said(&vec![details(4, 2.0, 0.5); 2], 4, 2.0), Some(0.5));
    }

    #[test]
    fn earlier_setups_are_those_without_wider_fixtures() {
        let run = |id| Run {
            id,
            attempts: 1,
            record: RunRecord {
                uid: id.to_string(),
                workers: 1,
                whole_suite: true,
                ..RunRecord::default()
            },
        };
        let attempt = |run, outcome, setup| PastAttempt {
            run,
            outcome,
            wall: PhaseTimes {
                setup,
                ..PhaseTimes::default()
            },
            cpu: None,
        };
        let past = Past {
            runs: (1..=5).map(run).collect(),
            tests: vec![PastTest {
                nodeid: TEST.to_owned(),
                attempts: vec![
                    attempt(0, Outcome::Passed, 0.25),
                    attempt(1, Outcome::Passed, 3.5),
                    attempt(2, Outcome::Failed, 1.0),
                    attempt(3, Outcome::Passed, 1.0),
                    attempt(4, Outcome::Passed, 2.0),
                ],
            }],
        };
        let with = |spans| Details {
            spans,
            ..details(1, 0.5, 0.5)
        };
        let wide = span(TEST, "database", "session", 3.0);
        let all = [
            (5, with(vec![wide.clone(); MOST_SPANS])),
            (3, with(Vec::new())),
            (2, with(vec![wide, span(TEST, "rows", OWN, 0.5)])),
            (1, with(Vec::new())),
        ];
        let series = earlier_setups(&past, &all);
        assert_eq!(series[0].points, [(0, 0.25), (1, 0.5)]);
    }
}
