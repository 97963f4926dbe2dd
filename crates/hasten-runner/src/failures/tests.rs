use hasten_protocol::record::{CALL, Outcome, Record, SETUP, TEARDOWN};
use serde_json::{Value, json};

use super::*;

fn record(flags: u16, outcome: Outcome, report: &Value, bytes: &mut Vec<u8>) {
    let record = Record {
        index: Some(0),
        kind: RecordKind::Report,
        outcome,
        flags,
        start: 0.0,
        setup: 0.0,
        call: 0.0,
        teardown: 0.0,
        processor: [0.0; 3],
        peak_memory: 0,
        payload: b"",
        bytes: b"",
    };
    record.write(report.to_string().as_bytes(), bytes);
}

fn failed(longrepr: &str, sections: &Value) -> Value {
    json!({"longrepr": longrepr, "sections": sections})
}

#[test]
fn a_phase_is_named_unless_it_is_the_call() {
    let mut records = Vec::new();
    record(
        SETUP,
        Outcome::Passed,
        &json!({"sections": [["Captured stdout setup", "s"]]}),
        &mut records,
    );
    record(
        CALL,
        Outcome::Failed,
        &failed("E  assert 0", &json!([["Captured stdout call", "one\n"]])),
        &mut records,
    );
    record(
        TEARDOWN,
        Outcome::Failed,
        &failed("E  closed", &json!([])),
        &mut records,
    );
    let text = text_of(&records);
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_matches(['-', '_']))
        .collect();
    assert_eq!(
        lines,
        [
            "E  assert 0",
            " Captured stdout call ",
            "one",
            " ERROR at teardown ",
            "E  closed"
        ]
    );
}

#[test]
fn a_teardown_that_passed_shows_what_it_printed_itself() {
    let mut records = Vec::new();
    let sections = json!([
        ["Captured stdout call", "one"],
        ["Captured stdout teardown", "two"]
    ]);
    record(
        CALL,
        Outcome::Failed,
        &failed("E", &json!([["Captured stdout call", "one"]])),
        &mut records,
    );
    record(
        TEARDOWN,
        Outcome::Passed,
        &json!({"longrepr": null, "sections": sections}),
        &mut records,
    );
    let text = text_of(&records);
    assert_eq!(text.matches("one").count(), 1, "{text}");
    assert!(
        text.ends_with("Captured stdout teardown ---------------------------\ntwo"),
        "{text}"
    );
}

#[test]
fn nothing_is_said_of_an_attempt_without_failure() {
    let mut records = Vec::new();
    record(
        SETUP,
        Outcome::Passed,
        &json!({"sections": [["Captured stdout setup", "s"]]}),
        &mut records,
    );
    record(
        TEARDOWN,
        Outcome::Passed,
        &json!({"sections": [["Captured stdout teardown", "s"]]}),
        &mut records,
    );
    assert_eq!(text_of(&records), "");
}

#[test]
fn a_subtest_is_named() {
    let mut records = Vec::new();
    let mut report = failed("E", &json!([]));
    report["_subtest.context"] = json!({"msg": "even", "kwargs": {"i": 1}});
    record(CALL, Outcome::Failed, &report, &mut records);
    assert!(text_of(&records).contains(" subtest [even] (i=1) "));
}

#[test]
fn a_long_text_loses_its_middle_and_says_so() {
    let text: String = (0..20_000)
        .map(|number| format!("line {number} é\n"))
        .collect();
    let short = cut(&text, MOST);
    assert!(short.len() <= MOST + 60, "{}", short.len());
    assert!(short.starts_with("line 0 é\n") && short.ends_with("line 19999 é\n"));
    let note = short
        .lines()
        .find(|line| line.starts_with("[hasten"))
        .unwrap();
    let number: usize = note.split(' ').nth(1).unwrap().parse().unwrap();
    let kept = short.replace(&format!("\n{note}\n\n"), "");
    assert_eq!(kept.len() + number, text.len());
    assert!(
        kept.lines()
            .all(|line| line.starts_with("line ") && line.ends_with(" é"))
    );
    assert_eq!(cut(&"é".repeat(100), 11).matches('é').count(), 4);
}

#[test]
fn a_run_keeps_so_much_and_no_more() {
    let mut records = Vec::new();
    record(
        CALL,
        Outcome::Failed,
        &failed(&"x\n".repeat(40_000), &json!([])),
        &mut records,
    );
    let mut failures = Failures::default();
    for index in 0..200 {
        failures.add(index, 0, &records);
    }
    let nodeids: Vec<String> = (0..200).map(|index| format!("t.py::t{index}")).collect();
    let kept = failures.named(&nodeids);
    let bytes: usize = kept.iter().map(|each| each.text.len()).sum();
    assert!(
        kept.len() > 60 && bytes < MOST_OF_RUN + MOST,
        "{} {bytes}",
        kept.len()
    );
    assert_eq!(kept[3].nodeid, "t.py::t3");
}

#[test]
fn what_is_no_report_says_nothing() {
    for payload in [
        &b"no JSON"[..],
        b"null",
        b"[]",
        br#"{"longrepr": {"chain": 3}, "sections": 4}"#,
    ] {
        let mut bytes = Vec::new();
        let record = Record {
            index: Some(0),
            kind: RecordKind::Report,
            outcome: Outcome::Failed,
            flags: CALL,
            start: 0.0,
            setup: 0.0,
            call: 0.0,
            teardown: 0.0,
            processor: [0.0; 3],
            peak_memory: 0,
            payload: b"",
            bytes: b"",
        };
        record.write(payload, &mut bytes);
        assert_eq!(text_of(&bytes), "");
    }
}
