//! Tests of attempts, without processes.

use std::collections::HashMap;

use hasten_protocol::message::Configured;
use hasten_protocol::record::{CALL, Records};
use hasten_schedule::PlannerOptions;
use serde_json::{Value, json};

use super::*;
use crate::run::rules::Rules;

fn suite(settings: &Value, marks: &[Value]) -> Suite {
    let items: Vec<Value> = (0..)
        .zip(marks)
        .map(|(number, mark)| json!([format!("a.py::t{number}"), 4, null, null, mark]))
        .collect();
    let mut settings: Settings = serde_json::from_value(settings.clone()).unwrap();
    settings.rootdir = "/nowhere".into();
    let collected: Collected = serde_json::from_value(json!({"items": items})).unwrap();
    let configured: Configured = serde_json::from_value(json!({"rootdir": "/"})).unwrap();
    let mut suite = Suite::new(
        &collected,
        &configured,
        &HashMap::new(),
        PlannerOptions::default(),
        &Rules::default(),
    );
    let rules = Rules::read(&settings).unwrap();
    let problems = suite.expect_retries(&rules, &settings, &collected);
    assert!(problems.unwrap().is_empty());
    suite.planner.add_worker(0);
    suite
}

/// Everything that the planner has for the worker.
fn give(suite: &mut Suite) -> Vec<u32> {
    let mut all = Vec::new();
    loop {
        let next = suite.planner.next(0);
        all.extend(suite.give_out(&next.items));
        if next.items.is_empty() {
            return all;
        }
    }
}

fn again(suite: &mut Suite) -> Vec<u32> {
    let due = suite.attempts.take_due(Instant::now());
    suite.planner.requeue(&due);
    give(suite)
}

fn end(suite: &mut Suite, index: u32, failure: Option<&str>) {
    let mut record = Record {
        index: Some(index),
        kind: RecordKind::Report,
        outcome: Outcome::Failed,
        flags: CALL,
        start: 1.0,
        setup: 0.0,
        call: 0.1,
        teardown: 0.0,
        processor: [0.0; 3],
        peak_memory: 0,
        payload: b"",
        bytes: b"",
    };
    let mut bytes = Vec::new();
    if let Some(message) = failure {
        let payload = json!({"longrepr": {"reprcrash": {"message": message}}}).to_string();
        record.write(payload.as_bytes(), &mut bytes);
        record.kind = RecordKind::Finished;
    } else {
        record.kind = RecordKind::Passed;
        record.outcome = Outcome::Passed;
    }
    record.write(b"", &mut bytes);
    for record in Records::new(&bytes).map(Result::unwrap) {
        assert!(suite.ledger.record(0, &record));
        suite.order.record(index, record.bytes);
    }
    suite.over(0, index, 0.1, false);
}

/// What main is sent: of each record its kind, and its payload where that is the supervisor's.
fn sent(suite: &mut Suite) -> Vec<Value> {
    let bytes = suite.order.take_ready();
    Records::new(&bytes)
        .map(Result::unwrap)
        .map(|record| match record.kind {
            RecordKind::Attempt => serde_json::from_slice(record.payload).unwrap(),
            kind => json!(format!("{kind:?}")),
        })
        .collect()
}

#[test]
fn attempts_come_together_and_say_what_they_are() {
    let mut suite = suite(&json!({"rules": {"retries": 1}}), &[json!(null)]);
    assert_eq!(give(&mut suite), [PROVISIONAL]);
    end(&mut suite, 0, Some("assert 0"));
    assert!(sent(&mut suite).is_empty());
    assert!(suite.attempts.are_waited_for());
    assert_eq!(again(&mut suite), [AGAIN], "its last attempt counts");
    end(&mut suite, 0, None);
    assert_eq!(
        sent(&mut suite),
        [
            json!({"rerun": 0, "again": true, "of": 2, "flaky": null, "quarantined": false}),
            json!("Report"),
            json!("Finished"),
            json!({"rerun": 1, "again": false, "of": 2, "flaky": "pass", "quarantined": false}),
            json!("Passed"),
        ]
    );
    assert!(suite.ledger.is_complete());
    assert_eq!(suite.ledger.counts().failed, 0);
}

#[test]
fn the_end_of_a_run_finds_the_failure_before() {
    let settings = json!({"rules": {"retries": 5, "retry-delay": 60.0}});
    let mut suite = suite(&settings, &[json!(null), json!(null)]);
    give(&mut suite);
    end(&mut suite, 0, Some("assert 0"));
    assert!(again(&mut suite).is_empty(), "it waits");
    end(&mut suite, 1, None);
    suite.end_waiting();
    let told = json!("Report");
    assert_eq!(sent(&mut suite), [told, json!("Finished"), json!("Passed")]);
    assert_eq!(suite.ledger.counts().failed, 1);
    assert!(suite.ledger.is_complete() && suite.ledger.past().is_empty());
}

#[test]
fn who_has_no_retries_is_left_alone() {
    let mark = json!({"reruns": 1});
    let mut suite = suite(&json!({}), &[json!(null), mark]);
    assert_eq!(give(&mut suite), [0, 1 | PROVISIONAL]);
    end(&mut suite, 0, Some("assert 0"));
    end(&mut suite, 1, None);
    assert_eq!(sent(&mut suite).len(), 3, "nothing is said of attempts");
    assert_eq!(suite.ledger.failures(), 1);
}
