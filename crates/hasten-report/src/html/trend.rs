//! How the suite and each of its tests did in the runs that are kept.

use std::collections::HashMap;

use hasten_history::{Attempt, Outcome, Outcomes, Run};
use serde::Serialize;

use super::codes;
use crate::recorded::{Recorded, Tests};

/// Tests times runs that a page has at most; each takes two characters.
const MOST: usize = 1_000_000;
/// Runs whose times a page has of each test, however many tests there are.
const LEAST_RUNS: usize = 2;

/// The runs that are kept, and what each test of one of them took in the newest.
#[derive(Debug)]
pub struct Trend<'a> {
    tests: Tests<'a>,
    /// The oldest first.
    runs: Vec<(Run, Outcomes)>,
    /// The run that the page is about.
    own: i64,
    series: Vec<Series>,
}

/// What the tests took in a run.
#[derive(Debug)]
struct Series {
    run: i64,
    /// Of each test.
    known: Vec<Option<(f32, Outcome)>>,
}

impl<'a> Trend<'a> {
    /// A trend that knows the runs, the newest first, and what became of their tests.
    #[must_use]
    pub fn new(recorded: &'a Recorded, runs: Vec<Run>, outcomes: &HashMap<i64, Outcomes>) -> Self {
        let with_outcomes = |run: Run| {
            let counts = outcomes.get(&run.id).copied().unwrap_or_default();
            (run, counts)
        };
        Self {
            tests: Tests::of(recorded),
            runs: runs.into_iter().rev().map(with_outcomes).collect(),
            own: recorded.run.id,
            series: Vec::new(),
        }
    }

    /// Numbers of the runs whose attempts are to be added, the oldest first: as many of the newest as have room.
    #[must_use]
    pub fn wanted(&self) -> Vec<i64> {
        let most = (MOST / self.tests.nodeids.len().max(1)).max(LEAST_RUNS);
        let ids = self.runs.iter().map(|(run, _)| run.id);
        ids.skip(self.runs.len().saturating_sub(most)).collect()
    }

    /// Adds the attempts of a run.
    pub fn add(&mut self, run: i64, attempts: &[Attempt<'_>]) {
        let mut known: Vec<Option<(u32, f32, Outcome)>> = vec![None; self.tests.nodeids.len()];
        for attempt in attempts {
            let Some(test) = self.tests.number(&attempt.nodeid) else {
                continue;
            };
            let entry = &mut known[test];
            if entry.is_none_or(|(number, ..)| number <= attempt.attempt) {
                *entry = Some((attempt.attempt, attempt.total() as f32, attempt.outcome));
            }
        }
        self.series.push(Series {
            run,
            known: known
                .into_iter()
                .map(|entry| entry.map(|(_, seconds, outcome)| (seconds, outcome)))
                .collect(),
        });
    }

    pub(super) const fn tests(&self) -> &Tests<'a> {
        &self.tests
    }

    /// What each test took in earlier runs, in the middle: whole microseconds, 0 where nothing is known.
    pub(super) fn usual(&self) -> Vec<u64> {
        let earlier: Vec<&Series> = self
            .series
            .iter()
            .filter(|series| series.run < self.own)
            .collect();
        let mut seconds = Vec::with_capacity(earlier.len());
        let of_test = |test: usize| {
            seconds.clear();
            let completed = earlier.iter().filter_map(|series| series.known[test]);
            seconds.extend(
                completed
                    .filter(|(_, outcome)| outcome.is_completed())
                    .map(|(seconds, _)| seconds),
            );
            seconds.sort_unstable_by(f32::total_cmp);
            let middle = seconds.get(seconds.len() / 2).copied();
            middle.map_or(0, |middle| super::micros(middle.into()).max(1))
        };
        (0..self.tests.nodeids.len()).map(of_test).collect()
    }

    /// What the page's script reads.
    pub(super) fn data(&self) -> TrendData<'_> {
        TrendData {
            runs: self
                .runs
                .iter()
                .map(|(run, counts)| RunData::of(run, counts))
                .collect(),
            own: self.runs.iter().position(|(run, _)| run.id == self.own),
            tests: self
                .series
                .iter()
                .filter_map(|series| self.series_data(series))
                .collect(),
        }
    }

    fn series_data(&self, series: &Series) -> Option<SeriesData> {
        let mut data = SeriesData {
            run: self.runs.iter().position(|(run, _)| run.id == series.run)?,
            seconds: String::with_capacity(2 * series.known.len()),
            odd: Vec::new(),
        };
        for (test, entry) in series.known.iter().enumerate() {
            codes::add(&mut data.seconds, entry.map(|(seconds, _)| seconds.into()));
            if let Some((_, outcome)) = entry
                && *outcome != Outcome::Passed
            {
                data.odd.extend([test, *outcome as usize]);
            }
        }
        Some(data)
    }

    /// What is left out, in a sentence.
    pub(super) fn left_out(&self) -> Option<String> {
        let (all, shown) = (self.runs.len(), self.series.len());
        (shown < all).then(|| {
            format!(
                "Of each test, the last {shown} of {all} runs are shown: with all of them this file would be too big."
            )
        })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TrendData<'a> {
    runs: Vec<RunData<'a>>,
    /// The place of this run among them.
    own: Option<usize>,
    tests: Vec<SeriesData>,
}

#[derive(Debug, Serialize)]
struct RunData<'a> {
    id: i64,
    /// Milliseconds since the epoch.
    when: u64,
    wall: f64,
    /// In the order of [`Outcome::ALL`].
    outcomes: Vec<u64>,
    whole: bool,
    workers: u32,
    exit: i32,
    commit: Option<&'a str>,
}

impl<'a> RunData<'a> {
    fn of(run: &'a Run, counts: &Outcomes) -> Self {
        let record = &run.record;
        Self {
            id: run.id,
            when: (record.started_at * 1e3) as u64,
            wall: (record.wall * 1e3).round() / 1e3,
            outcomes: Outcome::ALL.map(|outcome| counts.of(outcome)).to_vec(),
            whole: record.whole_suite,
            workers: record.workers,
            exit: record.exit_status,
            commit: record.commit.as_deref(),
        }
    }
}

#[derive(Debug, Serialize)]
struct SeriesData {
    /// The place of the run.
    run: usize,
    /// [`codes`] of each test.
    seconds: String,
    /// A test and its outcome, for each that did not pass.
    odd: Vec<usize>,
}
