use hasten_protocol::record::{CALL, OTHER, SETUP, TEARDOWN};
use serde_json::json;

use super::*;

fn report(kind: RecordKind, flags: u16, outcome: record::Outcome, payload: &Value) -> Vec<u8> {
    let seconds = |flag: u16| if flags & flag == 0 { 0.0 } else { 0.5 };
    let record = Record {
        index: Some(0),
        kind,
        outcome,
        flags,
        start: 10.0,
        setup: seconds(SETUP),
        call: seconds(CALL),
        teardown: seconds(TEARDOWN),
        processor: [0.0; 3],
        peak_memory: 0,
        payload: b"",
        bytes: b"",
    };
    let mut bytes = Vec::new();
    record.write(&serde_json::to_vec(payload).unwrap(), &mut bytes);
    bytes
}

fn passed(flag: u16, when: &str) -> Vec<u8> {
    let payload = json!({"nodeid": "test_a.py::test_x", "outcome": "passed", "when": when});
    report(RecordKind::Report, flag, record::Outcome::Passed, &payload)
}

fn folders() -> Folders {
    Folders {
        rootdir: "/project".into(),
        current: "/project/tests".into(),
    }
}

fn ended(records: &[Vec<u8>], state: State) -> Ended {
    let mut entry = Entry::default();
    entry.state = state;
    entry.call = 0.75;
    Ended {
        index: 0,
        entry,
        records: records.concat(),
        decided: Decided {
            fails: state.is_failure(),
            ..Decided::default()
        },
    }
}

fn tests(ended: &Ended) -> Vec<TestFinished> {
    let events = ended.events("tests/test_a.py::test_x", Some("gw1".into()), &folders());
    events
        .into_iter()
        .filter_map(|event| match event {
            Event::TestFinished(test) => Some(*test),
            _ => None,
        })
        .collect()
}

fn frame(path: &str, line: i64) -> Value {
    json!({"type": "ReprEntry", "data": {"lines": ["E   x"], "reprfuncargs": null, "reprlocals": null,
        "reprfileloc": {"path": path, "lineno": line, "message": ""}, "style": "long"}})
}

fn raised(frames: &[Value], crash: &str) -> LongRepr {
    serde_json::from_value(json!({
        "reprcrash": {"path": crash, "lineno": 9, "message": "ValueError: x\nmore"},
        "reprtraceback": {"reprentries": frames, "extraline": null, "style": "long"},
        "sections": [], "chain": null,
    }))
    .unwrap()
}

#[test]
fn the_place_is_in_the_test_else_in_the_project_else_where_it_was_raised() {
    let own = "tests/test_a.py::test_x";
    for (frames, place_of_it) in [
        (
            vec![
                frame("test_a.py", 4),
                frame("../lib.py", 7),
                frame("/env/lib/python3/site-packages/p.py", 8),
            ],
            ("tests/test_a.py", 4),
        ),
        (
            vec![
                frame("conftest.py", 3),
                frame("../lib.py", 7),
                frame("../.venv/lib/site-packages/p.py", 8),
            ],
            ("lib.py", 7),
        ),
        (
            vec![frame("/project/tests/test_a.py", 5)],
            ("tests/test_a.py", 5),
        ),
        (Vec::new(), ("/usr/lib/json.py", 9)),
    ] {
        let repr = raised(&frames, "/usr/lib/json.py");
        let (file, line) = place(&repr, own, &folders()).unwrap();
        assert_eq!((file.as_str(), line), place_of_it);
    }
}

#[test]
fn a_failure_has_message_text_and_output() {
    let payload = json!({
        "nodeid": "x", "outcome": "failed", "when": "call",
        "longrepr": {"reprcrash": {"path": "/project/tests/test_a.py", "lineno": 4, "message": "ValueError: x\nmore"},
            "reprtraceback": {"reprentries": [frame("test_a.py", 4)], "extraline": null, "style": "long"},
            "sections": [], "chain": null},
        "sections": [["Captured stdout call", "out\n"]],
        "user_properties": [["k", {"$tuple": [1, 2]}]],
    });
    let failed = report(RecordKind::Report, CALL, record::Outcome::Failed, &payload);
    let test = &tests(&ended(&[passed(SETUP, "setup"), failed], State::Failed))[0];
    assert_eq!(test.worker.as_deref(), Some("gw1"));
    assert_eq!((test.outcome, test.fails), (Outcome::Failed, true));
    assert!((test.call - 0.75).abs() < f64::EPSILON);
    assert_eq!(
        test.failures,
        [Failure {
            phase: "call".into(),
            message: "ValueError: x\nmore".into(),
            text: "E   x\n\ntest_a.py:4: ".into(),
            file: Some("tests/test_a.py".into()),
            line: Some(4),
        }]
    );
    assert_eq!(test.output[0].text, "out\n");
    assert_eq!(test.properties, [("k".to_owned(), json!([1, 2]))]);
}

#[test]
fn attempts_that_a_plugin_made_inside_a_worker_are_told_apart() {
    let rerun = json!({"nodeid": "x", "outcome": "rerun", "when": "call", "longrepr": "E   once"});
    let records = [
        passed(SETUP, "setup"),
        report(
            RecordKind::Report,
            CALL | OTHER,
            record::Outcome::Passed,
            &rerun,
        ),
        passed(SETUP, "setup"),
        passed(CALL, "call"),
        passed(TEARDOWN, "teardown"),
    ];
    let tests = tests(&ended(&records, State::Passed));
    assert_eq!(tests.len(), 2);
    assert_eq!((tests[0].attempt, tests[0].again), (1, true));
    assert_eq!(tests[0].outcome, Outcome::Failed);
    assert_eq!(tests[0].failures[0].message, "E   once");
    assert_eq!((tests[1].attempt, tests[1].again), (2, false));
    assert_eq!((tests[1].outcome, tests[1].flaky), (Outcome::Passed, true));
}

#[test]
fn warnings_follow_their_test() {
    let warned = json!({"message": "old", "category": "builtins.DeprecationWarning", "filename": "/project/lib.py",
        "lineno": 3, "when": "runtest", "nodeid": "tests/test_a.py::test_x", "line": null, "location": null});
    let records = [report(
        RecordKind::Warning,
        0,
        record::Outcome::Passed,
        &warned,
    )];
    let events = ended(&records, State::Passed).events("n", None, &folders());
    assert_eq!(
        events[1],
        Event::Warning {
            category: "DeprecationWarning".into(),
            message: "old".into(),
            file: "lib.py".into(),
            line: 3,
            when: "runtest".into(),
            nodeid: "tests/test_a.py::test_x".into(),
        }
    );
    assert_eq!(events.len(), 2);
}
