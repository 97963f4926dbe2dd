//! What the page's script reads: columns, not objects, so that 50,000 tests take some megabytes and open at once.
//!
//! `assets/js/data.js` is the other side. Times are whole microseconds since the run began.

use std::collections::HashMap;

use hasten_history::{Attempt, Outcome, PhaseTimes};
use serde::Serialize;

use super::micros;
use super::trend::{Trend, TrendData};
use crate::recorded::{Recorded, Tests, name_of_lane};

#[derive(Debug, Serialize)]
pub(super) struct Data<'a> {
    outcomes: Vec<&'static str>,
    wall: u64,
    lanes: Vec<String>,
    tests: TestColumns<'a>,
    attempts: AttemptColumns,
    /// Name, start, length.
    stages: Vec<(&'a str, i64, u64)>,
    spans: SpanColumns<'a>,
    /// Attempts whose text is in the page.
    texts: Vec<usize>,
    trend: TrendData<'a>,
}

/// One entry a test.
#[derive(Debug, Serialize)]
struct TestColumns<'a> {
    files: Vec<&'a str>,
    /// The place of its file.
    file: Vec<usize>,
    /// What follows the file in its node id.
    name: Vec<&'a str>,
    last: Vec<usize>,
    usual: Vec<u64>,
}

/// One entry an attempt.
#[derive(Debug, Default, Serialize)]
struct AttemptColumns {
    test: Vec<usize>,
    lane: Vec<usize>,
    /// One digit each.
    outcome: String,
    /// Null where it is not known: in runs that were imported.
    start: Vec<Option<i64>>,
    setup: Vec<u64>,
    call: Vec<u64>,
    teardown: Vec<u64>,
    /// An attempt and its number, for each that was not the first.
    reruns: Vec<(usize, u32)>,
    /// Processor time of the three phases; nothing where it was not measured.
    cpu: Option<[Vec<u64>; 3]>,
    /// KiB; nothing where it was not measured.
    memory: Option<Vec<u64>>,
}

#[derive(Debug, Default, Serialize)]
struct SpanColumns<'a> {
    fixtures: Vec<&'a str>,
    fixture: Vec<usize>,
    /// The test that was being set up or torn down.
    test: Vec<Option<usize>>,
    lane: Vec<usize>,
    start: Vec<i64>,
    seconds: Vec<u64>,
    /// `1` for a teardown.
    teardown: String,
}

impl<'a> Data<'a> {
    pub(super) fn of(recorded: &'a Recorded, trend: &'a Trend<'a>, texts: Vec<usize>) -> Self {
        let lanes = recorded.lanes();
        let places: HashMap<Option<u32>, usize> = lanes
            .iter()
            .enumerate()
            .map(|(place, lane)| (*lane, place))
            .collect();
        let place = |worker: &Option<u32>| places.get(worker).copied().unwrap_or_default();
        let tests = trend.tests();
        Self {
            outcomes: Outcome::ALL.map(Outcome::as_str).to_vec(),
            wall: micros(recorded.run.record.wall),
            lanes: lanes.iter().copied().map(name_of_lane).collect(),
            tests: TestColumns::of(tests, trend.usual()),
            attempts: AttemptColumns::of(recorded, tests, place),
            stages: recorded
                .details
                .stages
                .iter()
                .map(|stage| {
                    (
                        stage.name.as_str(),
                        offset(recorded, stage.started),
                        micros(stage.seconds),
                    )
                })
                .collect(),
            spans: SpanColumns::of(recorded, tests, place),
            texts,
            trend: trend.data(),
        }
    }
}

impl<'a> TestColumns<'a> {
    fn of(tests: &Tests<'a>, usual: Vec<u64>) -> Self {
        let mut columns = Self {
            files: Vec::new(),
            file: Vec::new(),
            name: Vec::new(),
            last: tests.last.clone(),
            usual,
        };
        let mut places = HashMap::new();
        for nodeid in &tests.nodeids {
            let (file, name) = nodeid.split_once("::").unwrap_or((nodeid, ""));
            let next = columns.files.len();
            let place = *places.entry(file).or_insert(next);
            if place == next {
                columns.files.push(file);
            }
            columns.file.push(place);
            columns.name.push(name);
        }
        columns
    }
}

impl AttemptColumns {
    fn of(recorded: &Recorded, tests: &Tests<'_>, place: impl Fn(&Option<u32>) -> usize) -> Self {
        let attempts = &recorded.attempts;
        let column =
            |of: &dyn Fn(&Attempt<'_>) -> u64| attempts.iter().map(of).collect::<Vec<u64>>();
        let cpu = |of: fn(&PhaseTimes) -> f64| {
            column(&|attempt| attempt.cpu.as_ref().map_or(0, |times| micros(of(times))))
        };
        let has_cpu = attempts.iter().any(|attempt| attempt.cpu.is_some());
        let has_memory = attempts.iter().any(|attempt| attempt.peak_memory.is_some());
        Self {
            test: tests.of_attempt.clone(),
            lane: attempts
                .iter()
                .map(|attempt| place(&attempt.worker))
                .collect(),
            outcome: attempts
                .iter()
                .map(|attempt| char::from(b'0' + attempt.outcome as u8))
                .collect(),
            start: attempts
                .iter()
                .map(|attempt| {
                    recorded
                        .is_known(attempt.started)
                        .then(|| offset(recorded, attempt.started))
                })
                .collect(),
            setup: column(&|attempt| micros(attempt.setup)),
            call: column(&|attempt| micros(attempt.call)),
            teardown: column(&|attempt| micros(attempt.teardown)),
            reruns: attempts
                .iter()
                .enumerate()
                .filter(|(_, attempt)| attempt.attempt > 0)
                .map(|(number, attempt)| (number, attempt.attempt))
                .collect(),
            cpu: has_cpu.then(|| {
                [
                    cpu(|times| times.setup),
                    cpu(|times| times.call),
                    cpu(|times| times.teardown),
                ]
            }),
            memory: has_memory.then(|| column(&|attempt| attempt.peak_memory.unwrap_or(0) / 1024)),
        }
    }
}

impl<'a> SpanColumns<'a> {
    fn of(
        recorded: &'a Recorded,
        tests: &Tests<'_>,
        place: impl Fn(&Option<u32>) -> usize,
    ) -> Self {
        let mut columns = Self::default();
        let mut places = HashMap::new();
        for span in &recorded.details.spans {
            let next = columns.fixtures.len();
            let fixture = *places.entry(span.fixture.as_str()).or_insert(next);
            if fixture == next {
                columns.fixtures.push(&span.fixture);
            }
            columns.fixture.push(fixture);
            columns.test.push(tests.number(&span.nodeid));
            columns.lane.push(place(&span.worker));
            columns.start.push(offset(recorded, span.started));
            columns.seconds.push(micros(span.seconds));
            columns.teardown.push(if span.teardown { '1' } else { '0' });
        }
        columns
    }
}

/// Microseconds from the beginning of the run until a moment.
fn offset(recorded: &Recorded, moment: f64) -> i64 {
    (recorded.since_start(moment) * 1e6).round() as i64
}
