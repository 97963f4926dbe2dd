//! A run to make pages and traces of, in tests.

use hasten_history::{
    Attempt, Details, FailureText, FixtureSpan, FixtureTotal, Outcome, PhaseTimes, Run, RunRecord,
    Stage, Wait,
};

use crate::Recorded;

/// When the run began, in seconds since the epoch.
pub(crate) const START: f64 = 1_764_109_503.0;

pub(crate) fn run(id: i64) -> Run {
    Run {
        id,
        attempts: 4,
        record: RunRecord {
            uid: format!("{id:032}"),
            started_at: START,
            wall: 1.5,
            workers: 2,
            python: "3.11.7".to_owned(),
            pytest: "9.2.0".to_owned(),
            platform: "linux".to_owned(),
            machine: "host x86_64".to_owned(),
            args: vec!["-k".to_owned(), "a b".to_owned()],
            commit: Some("12a7613d1c0ffee0000000000000000000000001".to_owned()),
            exit_status: 1,
            whole_suite: false,
            shard: None,
            core_wait: None,
        },
    }
}

pub(crate) fn attempt(
    nodeid: &str,
    worker: u32,
    start: f64,
    seconds: [f64; 3],
    outcome: Outcome,
) -> Attempt<'static> {
    Attempt {
        nodeid: nodeid.to_owned().into(),
        attempt: 0,
        worker: Some(worker),
        outcome,
        setup: seconds[0],
        call: seconds[1],
        teardown: seconds[2],
        started: START + start,
        cpu: None,
        peak_memory: None,
    }
}

/// Two workers; one test failed, another one only at first.
pub(crate) fn recorded() -> Recorded {
    let first = Attempt {
        cpu: Some(PhaseTimes {
            setup: 0.1,
            call: 0.05,
            teardown: 0.0,
        }),
        peak_memory: Some(64 << 20),
        ..attempt(
            "t.py::test_a[<b>]",
            0,
            0.5,
            [0.25, 0.125, 0.0],
            Outcome::Failed,
        )
    };
    let again = Attempt {
        attempt: 1,
        outcome: Outcome::Passed,
        started: START + 1.0,
        ..first.clone()
    };
    Recorded {
        project: "shop".to_owned(),
        run: run(7),
        attempts: vec![
            first,
            attempt(
                "t.py::TestX::test_b",
                1,
                0.5,
                [0.0, 0.25, 0.0625],
                Outcome::Failed,
            ),
            attempt("t.py::test_c", 1, 0.9, [0.0, 0.001, 0.0], Outcome::Passed),
            again,
        ],
        details: Details {
            stages: vec![Stage {
                name: "tests".to_owned(),
                started: START + 0.5,
                seconds: 0.75,
            }],
            fixtures: vec![FixtureTotal {
                fixture: "conftest.py::database".to_owned(),
                scope: "session".to_owned(),
                setups: 1,
                setup: 0.2,
                teardown: 0.0,
                longest: 0.2,
            }],
            spans: vec![FixtureSpan {
                fixture: "conftest.py::database".to_owned(),
                scope: "session".to_owned(),
                teardown: false,
                worker: Some(0),
                nodeid: "t.py::test_a[<b>]".to_owned(),
                started: START + 0.51,
                seconds: 0.2,
            }],
            failures: vec![
                FailureText {
                    nodeid: "t.py::test_a[<b>]".to_owned(),
                    attempt: 0,
                    text: "E   first\n</script><!-- & \u{1b}".to_owned(),
                },
                FailureText {
                    nodeid: "t.py::TestX::test_b".to_owned(),
                    attempt: 0,
                    text: "E   assert 1 == 2".to_owned(),
                },
            ],
            waits: vec![Wait {
                nodeid: "t.py::test_c".to_owned(),
                line: "t.py:9 in test_c".to_owned(),
                inside: Some("time.sleep".to_owned()),
                seconds: 0.5,
            }],
            ..Details::default()
        },
    }
}
