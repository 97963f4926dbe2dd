//! What no run of the suite can be shorter than, and what would lower that.

use std::collections::HashMap;

use hasten_history::trends::median;
use hasten_history::{Run, TestTiming};
use hasten_schedule::{Limiting, LowerLimit, Work};
use serde::Serialize;

use super::measured::Measured;
use super::mostly::Processor;
use super::seconds::{maybe, microseconds};

/// What no run of all tests can be shorter than, from what the tests took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Seconds of a run with as many workers as the last one of the whole suite had (without such a run: the one with the
    /// most tests).
    #[serde(serialize_with = "microseconds")]
    pub seconds: f64,
    /// Number of these workers; none: it had none.
    pub workers: Option<u32>,
    /// Seconds of a run with any number of workers.
    #[serde(serialize_with = "microseconds")]
    pub on_any_number: f64,
    /// What it comes from, besides `outside`: `longest`, `computing`, `workers`.
    pub binds: &'static str,
    /// Seconds of the last runs before and after the tests, if that was measured.
    #[serde(serialize_with = "maybe")]
    pub outside: Option<f64>,
    /// The parts of `outside` by name, in their order; they may overlap.
    pub stages: Vec<StageTime>,
    /// The longest test, or the longest of the groups of tests that stay together, with the fixtures of a wider scope that
    /// were set up in it.
    pub longest: Longest,
    /// Number of tests that ran alone in the last run.
    pub serial_tests: usize,
    /// Seconds of these, which add to the rest.
    #[serde(serialize_with = "microseconds")]
    pub serial: f64,
    /// Seconds of processor time of all tests that do not run alone, if that was measured of nearly all.
    #[serde(serialize_with = "maybe")]
    pub computing: Option<f64>,
    /// Cores that it was divided by.
    pub cores: usize,
    /// Number of workers from which on more are of no use, if that is known.
    pub useful_workers: Option<u32>,
    /// Seconds that the last run of the whole suite took.
    #[serde(serialize_with = "maybe")]
    pub last: Option<f64>,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTime {
    /// `start`, `conftest`, `collection`, `end`.
    pub name: String,
    /// Seconds: the median of the last runs.
    #[serde(serialize_with = "microseconds")]
    pub seconds: f64,
}

/// The longest test, or group of tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Longest {
    /// Its node id; of a group that of its longest test.
    pub nodeid: String,
    /// Number of tests: more than one is a group.
    pub tests: usize,
    /// Seconds.
    #[serde(serialize_with = "microseconds")]
    pub seconds: f64,
    /// Seconds in it of fixtures of a wider scope that it set up in the last run.
    #[serde(serialize_with = "microseconds")]
    pub fixtures: f64,
    /// Seconds of a run, with as many workers as the last one had, if it took no time.
    #[serde(serialize_with = "microseconds")]
    pub without: f64,
}

/// The limit; none if there is no test. `computing` is the processor time of all tests, if it is known.
pub(super) fn limit(
    timings: &[TestTiming],
    processor: &Processor,
    computing: Option<f64>,
    measured: &Measured<'_>,
    fullest: Option<&Run>,
    cores: usize,
) -> Option<Limit> {
    let workers = fullest
        .map(|run| run.record.workers)
        .filter(|workers| *workers > 0);
    let (mut parts, alone) = parts(timings, processor, measured, workers != Some(1));
    let on = |parts: &[Part<'_>], workers: Option<u32>| {
        let workers = workers.map_or(usize::MAX, |workers| workers as usize);
        LowerLimit::new(parts.iter().map(|part| part.work), workers, cores)
    };
    let here = on(&parts, workers);
    let any = on(&parts, None);
    let (at, _) = parts.iter().enumerate().reduce(|most, other| {
        if other.1.work.seconds > most.1.work.seconds {
            other
        } else {
            most
        }
    })?;
    let longest = std::mem::take(&mut parts[at]);
    let without = on(&parts, workers);
    let outside = outside(measured);
    let spent = outside.unwrap_or(0.0) + alone.work.seconds;
    Some(Limit {
        seconds: spent + here.seconds,
        workers,
        on_any_number: spent + any.seconds,
        binds: word(here),
        outside,
        stages: stages(measured),
        longest: Longest {
            nodeid: longest.nodeid.to_owned(),
            tests: longest.tests,
            seconds: longest.work.seconds,
            fixtures: longest.fixtures,
            without: spent + without.seconds,
        },
        serial_tests: alone.tests,
        serial: alone.work.seconds,
        computing: computing.map(|cpu| (cpu - alone.work.cpu.unwrap_or(0.0)).max(0.0)),
        cores,
        useful_workers: computing.and(useful(&here, &any, workers)),
        last: fullest
            .filter(|run| run.record.whole_suite)
            .map(|run| run.record.wall),
    })
}

/// What one worker does as a whole: a test, or tests that stay together.
#[derive(Debug, Default)]
struct Part<'a> {
    /// The first test that was added.
    nodeid: &'a str,
    tests: usize,
    work: Work,
    /// Seconds of fixtures of a wider scope.
    fixtures: f64,
}

impl<'a> Part<'a> {
    fn add(&mut self, nodeid: &'a str, work: Work, fixtures: f64) {
        if self.tests == 0 {
            self.nodeid = nodeid;
        }
        self.tests += 1;
        self.work.seconds += work.seconds;
        if let Some(cpu) = work.cpu {
            *self.work.cpu.get_or_insert(0.0) += cpu;
        }
        self.fixtures += fixtures;
    }
}

/// The parts of a run, and what runs alone; with one worker each test is a part.
fn parts<'a>(
    timings: &'a [TestTiming],
    processor: &Processor,
    measured: &Measured<'_>,
    several_workers: bool,
) -> (Vec<Part<'a>>, Part<'a>) {
    let wide = wide_setups(measured);
    let bound = measured.runs().first().filter(|_| several_workers);
    let bound: HashMap<&str, Option<u32>> = bound
        .into_iter()
        .flat_map(|(_, details)| &details.bound)
        .map(|test| (test.nodeid.as_str(), test.group))
        .collect();
    let mut alone = Part::default();
    let mut parts: Vec<Part<'a>> = Vec::with_capacity(timings.len());
    let mut groups: HashMap<u32, usize> = HashMap::new();
    // Of a group, its longest test comes first.
    let mut sorted: Vec<&TestTiming> = timings.iter().collect();
    sorted.sort_by(|a, b| b.expected.total().total_cmp(&a.expected.total()));
    for timing in sorted {
        let nodeid = timing.nodeid.as_str();
        let fixtures = wide.get(nodeid).copied().unwrap_or(0.0);
        let expected = &timing.expected;
        let work = Work {
            seconds: expected.total().max(fixtures + expected.call),
            cpu: processor.of(nodeid).map(|used| used.cpu.total()),
        };
        let place = match bound.get(nodeid) {
            Some(None) => {
                alone.add(nodeid, work, fixtures);
                continue;
            }
            Some(Some(group)) => *groups.entry(*group).or_insert(parts.len()),
            None => parts.len(),
        };
        if place == parts.len() {
            parts.push(Part::default());
        }
        parts[place].add(nodeid, work, fixtures);
    }
    if parts.is_empty() && alone.tests > 0 {
        // Nothing is there that could run beside them.
        return (vec![alone], Part::default());
    }
    (parts, alone)
}

fn word(limit: LowerLimit) -> &'static str {
    match limit.limiting() {
        Limiting::Longest => "longest",
        Limiting::Cores => "computing",
        Limiting::Workers => "workers",
    }
}

/// Seconds of setups of wider fixtures in each test of the newest run.
fn wide_setups<'a>(measured: &Measured<'a>) -> HashMap<&'a str, f64> {
    let mut found = HashMap::new();
    let newest = measured.runs().first().map(|(_, details)| &details.spans);
    for span in newest.into_iter().flatten() {
        if !span.teardown && span.scope != "function" {
            *found.entry(span.nodeid.as_str()).or_insert(0.0) += span.seconds;
        }
    }
    found
}

/// How many workers reach the limit for any number of them.
fn useful(here: &LowerLimit, any: &LowerLimit, workers: Option<u32>) -> Option<u32> {
    let workers = workers.filter(|_| any.seconds > 0.0)?;
    let needed = (f64::from(workers) * here.share / any.seconds).ceil();
    (needed > f64::from(workers)).then_some(needed as u32)
}

/// What the last runs took before and after their tests.
fn outside(measured: &Measured<'_>) -> Option<f64> {
    let runs = measured.runs().iter();
    let outside: Vec<f64> = runs
        .filter_map(|(run, details)| {
            let tests = details.stages.iter().find(|stage| stage.name == "tests")?;
            Some((run.record.wall - tests.seconds).max(0.0))
        })
        .collect();
    median(&outside)
}

fn stages(measured: &Measured<'_>) -> Vec<StageTime> {
    let newest = measured.runs().first().map(|(_, details)| &details.stages);
    let others = newest
        .into_iter()
        .flatten()
        .filter(|stage| stage.name != "tests");
    others
        .filter_map(|stage| {
            let runs = measured.runs().iter();
            let all = runs.flat_map(|(_, details)| &details.stages);
            let seconds: Vec<f64> = all
                .filter(|other| other.name == stage.name)
                .map(|other| other.seconds)
                .collect();
            Some(StageTime {
                name: stage.name.clone(),
                seconds: median(&seconds)?,
            })
        })
        .collect()
}
