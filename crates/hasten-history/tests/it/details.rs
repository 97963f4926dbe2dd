//! What is kept beside the tests of a run.

use hasten_history::{
    BoundTest, Details, FailureText, FileTimes, FixtureSpan, FixtureTotal, ImportTimes,
    KEEP_DETAILS, PhaseTimes, RunLoad, RunRecord, Stage, Wait,
};

use crate::{Project, passed, run};

fn details(text: &str) -> Details {
    Details {
        stages: vec![Stage {
            name: "collection".into(),
            started: 100.5,
            seconds: 0.25,
        }],
        fixtures: vec![FixtureTotal {
            fixture: "tests/conftest.py::database".into(),
            scope: "session".into(),
            setups: 2,
            setup: 3.5,
            teardown: 0.5,
            longest: 2.0,
        }],
        spans: vec![FixtureSpan {
            fixture: "tests/conftest.py::database".into(),
            scope: "session".into(),
            teardown: true,
            worker: None,
            nodeid: "test.py::test".into(),
            started: 101.0,
            seconds: 0.5,
        }],
        files: vec![FileTimes {
            file: "test.py".into(),
            collection: 0.5,
            import: 0.375,
            items: 7,
        }],
        imports: vec![ImportTimes {
            module: "numpy".into(),
            own: 0.125,
            all: 0.25,
            file: "test.py".into(),
        }],
        waits: vec![Wait {
            nodeid: "test.py::test".into(),
            line: "test.py:12 in test".into(),
            inside: Some("time.sleep".into()),
            seconds: 1.5,
        }],
        failures: vec![FailureText {
            nodeid: "test.py::test".into(),
            attempt: 1,
            text: text.into(),
        }],
        bound: vec![
            BoundTest {
                nodeid: "test.py::test".into(),
                group: Some(3),
            },
            BoundTest {
                nodeid: "test.py::test_serial".into(),
                group: None,
            },
        ],
    }
}

#[test]
fn all_of_it_comes_back() {
    let project = Project::new();
    let mut history = project.open();
    let mut attempt = passed("test.py::test", 1.0);
    attempt.cpu = Some(PhaseTimes {
        setup: 0.25,
        call: 0.000_017,
        teardown: 0.0,
    });
    attempt.peak_memory = Some(300 << 20);
    let attempts = [attempt];
    let details = details("assert 1 == 2");
    let record = RunRecord {
        core_wait: Some(0.5),
        ..run("a")
    };
    history.record_run(&record, &attempts, &details).unwrap();
    let last = history.last_run().unwrap().unwrap();
    assert_eq!(last.record, record);
    let id = last.id;
    assert_eq!(history.details(id).unwrap(), details);
    assert_eq!(history.attempts(id).unwrap(), attempts);
    assert_eq!(history.details(id + 1).unwrap(), Details::default());
}

#[test]
fn the_newest_run_says_how_much_it_computed() {
    let project = Project::new();
    let mut history = project.open();
    assert_eq!(history.last_load(1).unwrap(), None);
    let computing = |nodeid, call| {
        let mut attempt = passed(nodeid, 2.0);
        attempt.setup = 0.0;
        attempt.teardown = 0.0;
        attempt.cpu = Some(PhaseTimes {
            setup: 0.0,
            call,
            teardown: 0.0,
        });
        attempt
    };
    let attempts = [
        computing("test.py::a", 0.5),
        computing("test.py::b", 0.25),
        // A crash: nobody has measured it.
        passed("test.py::c", 9.0),
    ];
    let none = Details::default();
    history.record_run(&run("a"), &attempts, &none).unwrap();
    let load = RunLoad {
        workers: 2,
        attempts: 2,
        wall: 4.0,
        cpu: 0.75,
    };
    assert_eq!(history.last_load(1).unwrap(), Some(load));
    assert_eq!(history.last_load(2).unwrap(), None, "it had two workers");
    history
        .record_run(&run("b"), &[passed("test.py::a", 1.0)], &none)
        .unwrap();
    assert_eq!(history.last_load(1).unwrap(), None, "not of an older one");
}

#[test]
fn it_is_kept_of_the_last_runs_and_of_the_last_whole_one() {
    let project = Project::new();
    let mut history = project.open();
    let runs = KEEP_DETAILS + 5;
    for number in 0..runs {
        let record = RunRecord {
            whole_suite: number == 2,
            ..run(&number.to_string())
        };
        history
            .record_run(&record, &[passed("test.py::test", 1.0)], &details(""))
            .unwrap();
    }
    let mut kept = Vec::new();
    let mut found = history.all_details().unwrap().into_iter();
    for run in history.runs().unwrap() {
        let details = history.details(run.id).unwrap();
        if details != Details::default() {
            assert_eq!(found.next(), Some((run.id, details)));
            kept.push(run.record.uid);
        }
    }
    assert_eq!(found.next(), None);
    let mut expected: Vec<String> = (5..runs).rev().map(|number| number.to_string()).collect();
    expected.push("2".to_owned());
    assert_eq!(kept, expected);
}
