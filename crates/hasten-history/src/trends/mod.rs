//! What became slower or faster, and since when. Pure: from durations to changes.

mod change;
mod pace;
mod regress;
mod robust;
mod setups;
#[cfg(test)]
mod tests;

pub use regress::{Compared, LEAST_VALUES, Regression, regressions};
pub use robust::median;
pub use setups::{earlier_setups, setups};

use change::Field;

use crate::{Past, PastAttempt};

/// Durations of one thing, run by run.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<'a> {
    /// What it is of.
    pub name: &'a str,
    /// The number of the run, and seconds; the runs in their order, each at most once.
    pub points: Vec<(usize, f64)>,
}

impl Series<'_> {
    fn seconds(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.1).collect()
    }

    /// The seconds with the paces of their runs divided out.
    fn even(&self, paces: &[f64]) -> Vec<f64> {
        let points = self.points.iter();
        points.map(|(run, seconds)| seconds / paces[*run]).collect()
    }
}

/// The call of each test that passed, in the runs that have a place: which test sets up a fixture that several use
/// differs from run to run, and a test that fails ends early.
#[must_use]
pub fn calls<'a>(past: &'a Past, places: &[Option<usize>]) -> Vec<Series<'a>> {
    let passed = |attempt: &&PastAttempt| attempt.outcome.is_as_expected();
    let series = past.tests.iter().map(|test| Series {
        name: &test.nodeid,
        points: test
            .attempts
            .iter()
            .filter(passed)
            .filter_map(|attempt| Some((places[attempt.run]?, attempt.wall.call)))
            .collect(),
    });
    series.collect()
}

/// Something takes another time since a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What.
    pub name: String,
    /// The median before, in seconds.
    pub before: f64,
    /// The median since then, in seconds.
    pub after: f64,
    /// The first run with the new time.
    pub first: usize,
    /// The last run with the old one.
    pub last: usize,
    /// Number of runs with the old time that it is compared with.
    pub runs_before: usize,
    /// Number of runs with the new time.
    pub runs_after: usize,
}

/// What [`changes`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The last change of each series that has one, the greatest difference first.
    pub each: Vec<Change>,
    /// The pace of all together: `before` and `after` are ratios to what is usual, no seconds.
    pub pace: Option<Change>,
}

/// Finds what changed for good. `runs` is the number of runs, from 0 on.
#[must_use]
pub fn changes(runs: usize, series: &[Series<'_>]) -> Changes {
    let paces = pace::paces(runs, series);
    let field = Field::new(runs, series, &paces);
    let mut each: Vec<Change> = series
        .iter()
        .enumerate()
        .filter_map(|(number, series)| {
            let boundary = field.last_change(number, series, &paces)?;
            change(series, boundary)
        })
        .collect();
    each.sort_by(|a, b| {
        let difference = |change: &Change| (change.after - change.before).abs();
        difference(b)
            .total_cmp(&difference(a))
            .then_with(|| a.name.cmp(&b.name))
    });
    Changes {
        each,
        pace: pace_change(&paces),
    }
}

fn change(series: &Series<'_>, boundary: change::Boundary) -> Option<Change> {
    let seconds = series.seconds();
    let change::Boundary { begin, first } = boundary;
    Some(Change {
        name: series.name.to_owned(),
        before: median(&seconds[begin..first])?,
        after: median(&seconds[first..])?,
        first: series.points[first].0,
        last: series.points[first - 1].0,
        runs_before: first - begin,
        runs_after: seconds.len() - first,
    })
}

/// A change of the pace itself. There is one series only, which has to prove it alone.
fn pace_change(paces: &[f64]) -> Option<Change> {
    let all = Series {
        name: "",
        points: paces.iter().copied().enumerate().collect(),
    };
    let even = vec![1.0; paces.len()];
    let field = Field::new(paces.len(), std::slice::from_ref(&all), &even);
    let boundary = field.last_change(0, &all, &even)?;
    change(&all, boundary)
}
