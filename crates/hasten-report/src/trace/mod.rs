//! A run as a trace, to be opened in Perfetto or another reader of Chrome's trace events
//! (<https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>).
//!
//! One track has the parts of the run, one each worker: its tests, in them their phases, in those the fixtures that
//! were set up or torn down. All are complete events (`X`); those of a track are proper: one is inside of another or
//! apart from it.

mod slices;

use std::fmt::Write;

use hasten_history::{Attempt, FixtureSpan};
use serde_json::{Map, Value, json};

use crate::recorded::{Recorded, name_of_lane};
use slices::{Slice, settle};

/// All tracks belong to one process.
const PROCESS: u32 = 1;
/// The track of the parts of the run; those of the workers follow.
const RUN_TRACK: usize = 1;

/// The trace, as JSON.
#[must_use]
pub fn render(recorded: &Recorded) -> String {
    let mut tracks = vec![("run".to_owned(), stages(recorded))];
    for worker in recorded.lanes() {
        tracks.push((name_of_lane(worker), lane(recorded, worker)));
    }
    let all = || tracks.iter().flat_map(|(_, slices)| slices);
    let begin = all().map(|slice| slice.start).min().unwrap_or(0).min(0);
    let end = all().map(|slice| slice.end).max().unwrap_or(0);
    let mut events = vec![name_event(
        "process_name",
        RUN_TRACK,
        &format!("hasten: {}", recorded.project),
    )];
    for (track, (name, mut slices)) in (RUN_TRACK..).zip(tracks) {
        settle(&mut slices, begin, end);
        events.push(name_event("thread_name", track, &name));
        events.push(json!({"ph": "M", "name": "thread_sort_index", "pid": PROCESS, "tid": track, "args": {"sort_index": track}}));
        add_events(&mut events, slices, track, begin);
    }
    to_text(recorded, &events)
}

/// One event a line, so that the file can be looked at, too.
fn to_text(recorded: &Recorded, events: &[Value]) -> String {
    let record = &recorded.run.record;
    let about = json!({
        "project": recorded.project,
        "run": recorded.run.id,
        "uid": record.uid,
        "started": record.started_at,
        "commit": record.commit,
        "python": record.python,
        "pytest": record.pytest,
        "args": record.args,
    });
    let mut text = format!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":[");
    for (number, event) in events.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(text, "{}\n{event}", if number > 0 { "," } else { "" });
    }
    text.push_str("\n]}\n");
    text
}

fn name_event(what: &str, track: usize, name: &str) -> Value {
    json!({"ph": "M", "name": what, "pid": PROCESS, "tid": track, "args": {"name": name}})
}

fn add_events(events: &mut Vec<Value>, slices: Vec<Slice>, track: usize, begin: i64) {
    for slice in slices {
        let mut event = json!({
            "ph": "X",
            "name": slice.name,
            "cat": slice.category,
            "ts": slice.start - begin,
            "dur": slice.end - slice.start,
            "pid": PROCESS,
            "tid": track,
        });
        if !slice.args.is_empty() {
            event["args"] = Value::Object(slice.args);
        }
        events.push(event);
        add_events(events, slice.children, track, begin);
    }
}

/// Whole microseconds, which is what seconds since the epoch can tell in 64 bits.
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

fn to_the_microsecond(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

fn stages(recorded: &Recorded) -> Vec<Slice> {
    let stages = recorded.details.stages.iter().map(|stage| {
        let start = recorded.since_start(stage.started);
        Slice {
            name: stage.name.clone(),
            category: "stage",
            start: micros(start),
            end: micros(start + stage.seconds),
            ..Slice::default()
        }
    });
    stages.collect()
}

/// What a worker did.
fn lane(recorded: &Recorded, worker: Option<u32>) -> Vec<Slice> {
    let of_worker = recorded
        .attempts
        .iter()
        .filter(|attempt| attempt.worker == worker);
    let known = of_worker.filter(|attempt| recorded.is_known(attempt.started));
    let mut slices: Vec<Slice> = known.map(|attempt| test(recorded, attempt)).collect();
    slices.sort_by_key(|slice| slice.start);
    let mut apart = Vec::new();
    for span in recorded
        .details
        .spans
        .iter()
        .filter(|span| span.worker == worker)
    {
        let fixture = fixture(recorded, span);
        match phase_at(&mut slices, fixture.start) {
            Some(phase) => phase.children.push(fixture),
            None => apart.push(fixture),
        }
    }
    slices.extend(apart);
    slices
}

/// The phase of a test that goes on at a moment.
fn phase_at(tests: &mut [Slice], at: i64) -> Option<&mut Slice> {
    let after = tests.partition_point(|test| test.start <= at);
    let test = tests.get_mut(after.checked_sub(1)?)?;
    test.children
        .iter_mut()
        .find(|phase| phase.start <= at && at < phase.end)
}

fn test(recorded: &Recorded, attempt: &Attempt<'_>) -> Slice {
    let begin = micros(recorded.since_start(attempt.started));
    let mut children = Vec::new();
    let mut at = begin;
    let cpu = attempt
        .cpu
        .map(|times| [times.setup, times.call, times.teardown]);
    let phases = [
        ("setup", attempt.setup),
        ("call", attempt.call),
        ("teardown", attempt.teardown),
    ];
    for (number, (name, seconds)) in phases.into_iter().enumerate() {
        let start = at;
        at += micros(seconds);
        if at > start {
            let mut args = Map::new();
            if let Some(cpu) = cpu {
                args.insert(
                    "processor seconds".to_owned(),
                    json!(to_the_microsecond(cpu[number])),
                );
            }
            children.push(Slice {
                name: name.to_owned(),
                category: "phase",
                start,
                end: at,
                args,
                children: Vec::new(),
            });
        }
    }
    let mut args = Map::new();
    args.insert("outcome".to_owned(), json!(attempt.outcome.as_str()));
    if attempt.attempt > 0 {
        args.insert("attempt".to_owned(), json!(attempt.attempt + 1));
    }
    if let Some(peak) = attempt.peak_memory {
        args.insert("peak memory of the worker, bytes".to_owned(), json!(peak));
    }
    Slice {
        name: attempt.nodeid.to_string(),
        category: "test",
        start: begin,
        end: at,
        args,
        children,
    }
}

fn fixture(recorded: &Recorded, span: &FixtureSpan) -> Slice {
    let start = recorded.since_start(span.started);
    let what = if span.teardown { "teardown" } else { "setup" };
    let mut args = Map::new();
    args.insert("scope".to_owned(), json!(span.scope));
    args.insert(
        "seconds".to_owned(),
        json!(to_the_microsecond(span.seconds)),
    );
    Slice {
        name: format!("{what} of {}", span.fixture),
        category: "fixture",
        start: micros(start),
        end: micros(start + span.seconds),
        args,
        children: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
