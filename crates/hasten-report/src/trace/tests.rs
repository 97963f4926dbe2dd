use std::collections::BTreeMap;

use hasten_history::{Details, Outcome};

use super::*;
use crate::samples::{START, attempt, recorded};

fn events(recorded: &Recorded) -> Vec<Value> {
    let trace: Value = serde_json::from_str(&render(recorded)).unwrap();
    assert_eq!(trace["displayTimeUnit"], "ms");
    trace["traceEvents"].as_array().unwrap().clone()
}

/// What a reader of complete events does: of those on a track that begin together, the longer one is the parent.
fn assert_that_events_nest(events: &[Value]) {
    let mut tracks: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    for event in events {
        assert_eq!(event["pid"], PROCESS, "{event}");
        match event["ph"].as_str().unwrap() {
            "M" => assert!(event["args"].is_object(), "{event}"),
            "X" => {
                let (start, length) = (
                    event["ts"].as_f64().unwrap(),
                    event["dur"].as_f64().unwrap(),
                );
                assert!(start >= 0.0 && length >= 0.0, "{event}");
                let track = tracks.entry(event["tid"].as_u64().unwrap()).or_default();
                assert!(
                    track.last().is_none_or(|last| last.0 <= start),
                    "not in order: {event}"
                );
                track.push((start, start + length));
            }
            other => panic!("{other}"),
        }
    }
    for track in tracks.values() {
        let mut open: Vec<(f64, f64)> = Vec::new();
        for (start, end) in track {
            while open.last().is_some_and(|last| last.1 <= *start + 1e-6) {
                open.pop();
            }
            if let Some(parent) = open.last() {
                assert!(*end <= parent.1 + 1e-6, "{start}..{end} leaves {parent:?}");
            }
            open.push((*start, *end));
        }
    }
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["name"] == name)
        .collect()
}

#[test]
fn each_worker_has_a_track_with_tests_phases_and_fixtures() {
    let events = events(&recorded());
    assert_that_events_nest(&events);
    let tracks: Vec<&str> = named(&events, "thread_name")
        .iter()
        .map(|event| event["args"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(tracks, ["run", "gw0", "gw1"]);
    let tests = named(&events, "t.py::test_a[<b>]");
    assert_eq!((tests.len(), &tests[1]["args"]["attempt"]), (2, &json!(2)));
    assert_eq!(
        (&tests[0]["ts"], &tests[0]["dur"]),
        (&json!(500_000), &json!(375_000))
    );
    assert_eq!(tests[0]["args"]["outcome"], "failed");
    assert_eq!(
        named(&events, "setup").len(),
        2,
        "phases that took no time are left out"
    );
    let fixture = named(&events, "setup of conftest.py::database")[0];
    assert_eq!(
        (&fixture["ts"], &fixture["tid"]),
        (&json!(510_000), &tests[0]["tid"])
    );
    assert_eq!(named(&events, "tests")[0]["cat"], "stage");
    assert_eq!(events[0]["args"]["name"], "hasten: shop");
}

#[test]
fn clocks_that_disagree_make_no_improper_trace() {
    let mut recorded = recorded();
    recorded.attempts = vec![
        attempt("a", 0, 0.1, [0.1, 0.5, 0.1], Outcome::Passed),
        attempt("b", 0, 0.3, [0.1, 0.1, 0.0], Outcome::Passed),
        attempt(
            "before the run began",
            0,
            -0.2,
            [0.0, 0.1, 0.0],
            Outcome::Passed,
        ),
        attempt(
            "imported: nobody knows when",
            0,
            -START,
            [0.0, 9.0, 0.0],
            Outcome::Passed,
        ),
    ];
    let span = recorded.details.spans[0].clone();
    for (start, seconds) in [(0.05, 1.0), (0.1, 0.05), (0.12, 5.0), (2.0, 1.0)] {
        recorded.details.spans.push(FixtureSpan {
            started: START + start,
            seconds,
            ..span.clone()
        });
    }
    let events = events(&recorded);
    assert_that_events_nest(&events);
    assert_eq!(named(&events, "imported: nobody knows when").len(), 0);
    assert_eq!(named(&events, "before the run began")[0]["ts"], 0);
}

#[test]
fn a_run_of_which_little_is_kept_has_a_trace() {
    let mut recorded = recorded();
    recorded.attempts.clear();
    recorded.details = Details::default();
    let events = events(&recorded);
    assert_that_events_nest(&events);
    assert_eq!(named(&events, "thread_name").len(), 1);
}
