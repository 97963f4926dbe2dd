//! What became slower or faster, and since when.

use std::collections::{HashMap, HashSet};

use hasten_history::trends::{Change, Series, calls, changes};
use hasten_history::{Details, Past, Run, TestTiming};
use serde::Serialize;

use super::Options;
use super::seconds::microseconds;

/// A run, as it is named when something changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct When {
    /// When it began, in seconds since the epoch.
    #[serde(serialize_with = "microseconds")]
    pub started_at: f64,
    /// The commit that was checked out.
    pub commit: Option<String>,
}

/// Something that takes another time since a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// `test`: the call phase of a test. `fixture`: one setup of a fixture, on average.
    pub kind: &'static str,
    /// Its node id, or the fixture.
    pub name: String,
    /// The median before, in seconds.
    #[serde(serialize_with = "microseconds")]
    pub before: f64,
    /// The median since then, in seconds.
    #[serde(serialize_with = "microseconds")]
    pub after: f64,
    /// The first run with the new time.
    pub first: When,
    /// The last run with the old time.
    pub last_before: When,
    /// Number of runs with the old time that it is compared with.
    pub runs_before: usize,
    /// Number of runs with the new time.
    pub runs_after: usize,
}

/// All tests take so many times as long as before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// By how much: 1.5 is one and a half times as long.
    #[serde(serialize_with = "microseconds")]
    pub ratio: f64,
    /// The first run with the new pace.
    pub first: When,
    /// The last run with the old one.
    pub last_before: When,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Trends {
    pub(super) slower: Vec<Changed>,
    pub(super) faster: Vec<Changed>,
    pub(super) pace: Option<Pace>,
    /// Number of runs that were compared.
    pub(super) runs: usize,
}

/// Compares the runs that were made where the newest one was.
pub(super) fn trends(
    past: &Past,
    details: &[(i64, Details)],
    timings: &[TestTiming],
    options: &Options,
) -> Trends {
    let Some(newest) = past.runs.last() else {
        return Trends::default();
    };
    let runs: Vec<&Run> = past
        .runs
        .iter()
        .filter(|run| is_like(run, newest))
        .collect();
    let mut places = vec![None; past.runs.len()];
    let alike = past.runs.iter().enumerate();
    for (place, (at, _)) in alike.filter(|(_, run)| is_like(run, newest)).enumerate() {
        places[at] = Some(place);
    }
    let found = changes(runs.len(), &calls(past, &places));
    let shown: HashSet<&str> = timings.iter().map(|one| one.nodeid.as_str()).collect();
    let mut each: Vec<Changed> = found
        .each
        .iter()
        .filter(|change| shown.contains(change.name.as_str()))
        .map(|change| changed("test", change, &runs))
        .collect();
    if options.paths.is_empty() {
        let of_fixtures = of_fixtures(details, &runs);
        let fixtures = changes(runs.len(), &of_fixtures).each;
        each.extend(
            fixtures
                .iter()
                .map(|change| changed("fixture", change, &runs)),
        );
    }
    each.sort_by(|a, b| {
        let difference = |one: &Changed| (one.after - one.before).abs();
        difference(b).total_cmp(&difference(a))
    });
    let (mut slower, mut faster): (Vec<Changed>, Vec<Changed>) =
        each.into_iter().partition(|one| one.after > one.before);
    slower.truncate(options.others);
    faster.truncate(options.others);
    let pace = found.pace.filter(|_| options.paths.is_empty());
    Trends {
        slower,
        faster,
        pace: pace.map(|pace| Pace {
            ratio: pace.after / pace.before,
            first: when(runs[pace.first]),
            last_before: when(runs[pace.last]),
        }),
        runs: runs.len(),
    }
}

/// Durations can be compared: the same machine and the same Python.
fn is_like(run: &Run, other: &Run) -> bool {
    let of = |run: &Run| {
        let record = &run.record;
        (
            record.machine.clone(),
            record.platform.clone(),
            record.python.clone(),
        )
    };
    of(run) == of(other)
}

/// One setup of each fixture, on average, in the runs whose details are kept.
fn of_fixtures<'a>(details: &'a [(i64, Details)], runs: &[&Run]) -> Vec<Series<'a>> {
    let mut found: HashMap<&str, Vec<(usize, f64)>> = HashMap::new();
    for (place, run) in runs.iter().enumerate() {
        let Some((_, details)) = details.iter().find(|(id, _)| *id == run.id) else {
            continue;
        };
        for fixture in details.fixtures.iter().filter(|fixture| fixture.setups > 0) {
            let points = found.entry(&fixture.fixture).or_default();
            if points.last().is_none_or(|last| last.0 < place) {
                points.push((place, fixture.setup / fixture.setups as f64));
            }
        }
    }
    let mut series: Vec<Series<'a>> = found
        .into_iter()
        .map(|(name, points)| Series { name, points })
        .collect();
    series.sort_by_key(|series| series.name);
    series
}

fn changed(kind: &'static str, change: &Change, runs: &[&Run]) -> Changed {
    Changed {
        kind,
        name: change.name.clone(),
        before: change.before,
        after: change.after,
        first: when(runs[change.first]),
        last_before: when(runs[change.last]),
        runs_before: change.runs_before,
        runs_after: change.runs_after,
    }
}

fn when(run: &Run) -> When {
    When {
        started_at: run.record.started_at,
        commit: run.record.commit.clone(),
    }
}
