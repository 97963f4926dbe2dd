//! What `hasten plan` prints, as a whole.

use super::*;
use insta::assert_snapshot;

fn forecast() -> Forecast {
    Forecast {
        tests: 100,
        files: 1,
        known: 90,
        kin: 7,
        unknown: 3,
        expected: Some(Expected {
            seconds: 12.5,
            work: 20.0,
            limit: Limit {
                seconds: 10.0,
                because: Because::Workers,
                longest: 3.25,
                longest_test: "tests/test_a.py::test_x[\n]".to_owned(),
            },
        }),
        workers: vec![
            Load {
                tests: 40,
                work: 9.5,
                first: "tests/test_a.py::test_x".to_owned(),
            },
            Load {
                tests: 60,
                work: 10.5,
                first: "tests/test_b.py::test_y".to_owned(),
            },
        ],
        shards: Some(Shards {
            number: 2,
            plan: "0123456789ab".to_owned(),
            shards: vec![
                Shard {
                    tests: 101,
                    work: 20.5,
                },
                Shard {
                    tests: 100,
                    work: 20.0,
                },
            ],
        }),
        ..Forecast::default()
    }
}

#[test]
fn a_forecast_as_a_whole() {
    assert_snapshot!(forecast().render());
}

#[test]
fn nothing_is_known() {
    let forecast = Forecast {
        tests: 2,
        files: 2,
        unknown: 2,
        in_process: Some("-n 0".to_owned()),
        order: Some("random:3".to_owned()),
        workers: vec![Load {
            tests: 2,
            work: 0.0,
            first: "a.py::a".to_owned(),
        }],
        ..Forecast::default()
    };
    assert_snapshot!(forecast.render());
    assert_snapshot!(Forecast::default().render(), @"0 tests in 0 files: 0 known");
}

#[test]
fn runs_as_a_table() {
    let run = Replay {
        run: "0123456789abcdef".to_owned(),
        started: 0.0,
        tests: 340,
        workers: 2,
        took: 12.0,
        planned: 10.25,
        unplanned: 11.0,
        limit: Limit {
            seconds: 10.0,
            ..Limit::default()
        },
    };
    assert_snapshot!(Replays { runs: vec![run] }.render());
}
