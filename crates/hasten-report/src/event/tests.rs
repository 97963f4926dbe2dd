use std::collections::BTreeSet;

use super::*;

/// One of each, with every field.
fn all() -> Vec<Event> {
    let text = || "x".to_owned();
    let problem = || {
        vec![CollectionProblem {
            nodeid: text(),
            text: text(),
        }]
    };
    vec![
        Event::RunStarted {
            version: VERSION,
            hasten: "0.1.0".into(),
            run: text(),
            python: "3.11.7".into(),
            pytest: "9.2.0".into(),
            platform: "linux".into(),
            rootdir: "/project".into(),
            args: vec![text()],
            workers: 2,
        },
        Event::CollectionFinished {
            tests: 2,
            deselected: 1,
            seconds: 0.25,
            errors: problem(),
            skipped: problem(),
        },
        Event::WorkerStarted {
            worker: "gw0".into(),
            pid: 7,
        },
        Event::WorkerEnded {
            worker: "gw0".into(),
            died: Some(text()),
        },
        Event::TimeLimit {
            message: text(),
            nodeid: Some(text()),
            worker: Some(text()),
        },
        Event::TestFinished(Box::new(TestFinished {
            nodeid: "test_a.py::test_x".into(),
            attempt: 1,
            again: true,
            worker: Some(text()),
            outcome: Outcome::TimedOut,
            fails: true,
            flaky: true,
            quarantined: true,
            start: 1.5,
            setup: 0.5,
            call: 0.25,
            teardown: 0.125,
            cpu: Some([0.5, 0.25, 0.125]),
            peak_memory: Some(1 << 24),
            reason: Some(text()),
            failures: vec![Failure {
                phase: "call".into(),
                message: text(),
                text: text(),
                file: Some(text()),
                line: Some(3),
            }],
            output: vec![Captured {
                title: text(),
                text: text(),
            }],
            properties: vec![("x".into(), Value::from(1))],
        })),
        Event::Warning {
            category: text(),
            message: text(),
            file: text(),
            line: 1,
            when: "runtest".into(),
            nodeid: text(),
        },
        Event::Note { text: text() },
        Event::RunFinished {
            exit_status: 1,
            seconds: 2.5,
            stopped: Some(text()),
            counts: Counts::default(),
        },
    ]
}

fn line(event: &Event) -> String {
    let mut out = Vec::new();
    Line { event, time: 2.0 }.write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn lines_are_as_described() {
    let lines: String = all().iter().map(line).collect();
    insta::assert_snapshot!(lines);
}

#[test]
fn what_is_written_can_be_read() {
    for event in all() {
        assert_eq!(Event::read(&line(&event)).unwrap(), (2.0, event));
    }
    let more = r#"{"event":"note","time":1,"text":"x","more":1}"#;
    assert!(Event::read(more).is_err());
    assert!(Event::read(r#"{"event":"note","text":"x"}"#).is_err());
}

#[test]
fn what_is_not_there_is_left_out() {
    let event = Event::TestFinished(Box::new(TestFinished {
        nodeid: "a".into(),
        attempt: 1,
        ..TestFinished::default()
    }));
    assert_eq!(
        line(&event),
        "{\"event\":\"test_finished\",\"nodeid\":\"a\",\"attempt\":1,\"outcome\":\"passed\",\"start\":0.0,\
         \"setup\":0.0,\"call\":0.0,\"teardown\":0.0,\"time\":2.0}\n"
    );
}

/// Collects the names of events and fields, and the words for outcomes.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                found.insert(key.clone());
                if let ("event" | "outcome", Some(word)) = (key.as_str(), part.as_str()) {
                    found.insert(word.to_owned());
                }
                names(part, found);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| names(part, found)),
        _ => {}
    }
}

#[test]
fn every_event_and_field_is_in_the_documentation() {
    let page = include_str!("../../../../docs/events.md");
    let mut found = BTreeSet::new();
    for event in all() {
        names(&serde_json::from_str(&line(&event)).unwrap(), &mut found);
    }
    assert!(found.len() > 40);
    for name in found {
        assert!(page.contains(&format!("`{name}`")), "{name} is missing");
    }
    assert!(page.contains(&format!("Version {VERSION}.")));
}
