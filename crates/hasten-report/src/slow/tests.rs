mod measured;

use hasten_history::{Outcome, PhaseTimes, RunRecord};
use insta::assert_snapshot;

use super::*;

const PLAIN: Style = Style {
    colour: false,
    width: 120,
};

fn timing(nodeid: &str, phases: [f64; 3], runs: u32, last_outcome: Outcome) -> TestTiming {
    let [setup, call, teardown] = phases;
    TestTiming {
        nodeid: nodeid.to_owned(),
        expected: PhaseTimes {
            setup,
            call,
            teardown,
        },
        runs,
        last_outcome,
        last_run: 9,
    }
}

fn timings() -> Vec<TestTiming> {
    vec![
        timing(
            "tests/test_fast.py::test_a",
            [0.0001, 0.0002, 0.0001],
            17,
            Outcome::Passed,
        ),
        timing(
            "tests/test_fast.py::test_b",
            [0.001, 0.25, 0.0],
            17,
            Outcome::Skipped,
        ),
        timing(
            "tests/test_db.py::TestQuery::test_join[postgres-16]",
            [4.5, 1.25, 0.75],
            3,
            Outcome::TimedOut,
        ),
        timing(
            "tests/test_db.py::TestQuery::test_select",
            [0.01, 100.0, 0.02],
            120,
            Outcome::Failed,
        ),
        timing(
            "tests/test_api.py::test_get[a\nb\x1b[31m]",
            [0.1, 2.0, 0.1],
            17,
            Outcome::Xfailed,
        ),
    ]
}

fn run(workers: u32, whole_suite: bool) -> Run {
    Run {
        id: 9,
        attempts: 5,
        record: RunRecord {
            uid: "a".to_owned(),
            started_at: 1_700_000_000.25,
            wall: 103.5,
            workers,
            python: "3.11.7".to_owned(),
            pytest: "9.2.0".to_owned(),
            platform: "linux".to_owned(),
            machine: "host".to_owned(),
            args: Vec::new(),
            commit: None,
            exit_status: 0,
            whole_suite,
            shard: None,
            core_wait: None,
        },
    }
}

fn known(timings: Vec<TestTiming>, last_run: Option<Run>) -> Known {
    Known {
        timings,
        past: Past {
            runs: last_run.into_iter().collect(),
            tests: Vec::new(),
        },
        cores: 2,
        now: 1_700_000_000.0,
        ..Known::default()
    }
}

fn report(options: &Options) -> Report {
    Report::new(known(timings(), Some(run(2, true))), options)
}

/// These sections only.
fn only(shown: fn(&mut Sections)) -> Sections {
    let mut sections = Sections::NONE;
    shown(&mut sections);
    sections
}

#[test]
fn a_wide_terminal() {
    assert_snapshot!(report(&Options::default()).render(PLAIN), @r"
    Slowest 4 of 5 tests
      total  setup     call  teardown  share  mostly     runs  last       test
    100.03s  0.01s  100.00s     0.02s  91.8%  -           120  failed     tests/test_db.py::TestQuery::test_select
      6.50s  4.50s    1.25s     0.75s   6.0%  setup 69%     3  timed out  tests/test_db.py::TestQuery::test_join[postgres-16]
      2.20s  0.10s    2.00s     0.10s   2.0%  -            17  xfailed    tests/test_api.py::test_get[a\nb\x1b[31m]
      0.25s  0.00s    0.25s     0.00s   0.2%  -            17  skipped    tests/test_fast.py::test_b

    Slowest files
      total  setup     call  teardown  share  tests  file
    106.53s  4.51s  101.25s     0.77s  97.8%      2  tests/test_db.py
      2.20s  0.10s    2.00s     0.10s   2.0%      1  tests/test_api.py
      0.25s  0.00s    0.25s     0.00s   0.2%      2  tests/test_fast.py

    Suite: 5 tests in 3 files, 108.98s (0:01:48) one after the other
    setup       4.61s    4.2%
    call      103.50s   95.0%
    teardown    0.87s    0.8%

    Lower limit: a run of all tests takes no less than about 100.03s (0:01:40) on any number of workers; the last one took 103.50s (0:01:43)
    * 100.03s  the longest test, tests/test_db.py::TestQuery::test_select; split it or make it faster: without it the limit is 6.50s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn a_narrow_terminal() {
    assert_snapshot!(report(&Options::default()).render(Style { width: 80, ..PLAIN }), @r"
    Slowest 4 of 5 tests
      total  share  mostly     last       test
    100.03s  91.8%  -          failed     tests/test_db.py::TestQuery::test_select
      6.50s   6.0%  setup 69%  timed out  tests/test_db.py::TestQuery::test_join[postgres-16]
      2.20s   2.0%  -          xfailed    tests/test_api.py::test_get[a\nb\x1b[31m]
      0.25s   0.2%  -          skipped    tests/test_fast.py::test_b

    Slowest files
      total  share  tests  file
    106.53s  97.8%      2  tests/test_db.py
      2.20s   2.0%      1  tests/test_api.py
      0.25s   0.2%      2  tests/test_fast.py

    Suite: 5 tests in 3 files, 108.98s (0:01:48) one after the other
    setup       4.61s    4.2%
    call      103.50s   95.0%
    teardown    0.87s    0.8%

    Lower limit: a run of all tests takes no less than about 100.03s (0:01:40) on any number of workers; the last one took 103.50s (0:01:43)
    * 100.03s  the longest test, tests/test_db.py::TestQuery::test_select; split it or make it faster: without it the limit is 6.50s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn by_setup_on_a_narrow_terminal() {
    let options = Options {
        by: SortBy::Setup,
        others: 1,
        ..Options::default()
    };
    assert_snapshot!(report(&options).render(Style { width: 80, ..PLAIN }), @r"
    Slowest 3 of 5 tests by setup
      total  setup  share  mostly     last       test
      6.50s  4.50s   4.1%  setup 69%  timed out  tests/test_db.py::TestQuery::test_join[postgres-16]
      2.20s  0.10s   0.1%  -          xfailed    tests/test_api.py::test_get[a\nb\x1b[31m]
    100.03s  0.01s   0.0%  -          failed     tests/test_db.py::TestQuery::test_select

    Slowest 1 of 3 files by setup
      total  setup  share  tests  file
    106.53s  4.51s   4.1%      2  tests/test_db.py

    Suite: 5 tests in 3 files, 108.98s (0:01:48) one after the other
    setup       4.61s    4.2%
    call      103.50s   95.0%
    teardown    0.87s    0.8%

    Lower limit: a run of all tests takes no less than about 100.03s (0:01:40) on any number of workers; the last one took 103.50s (0:01:43)
    * 100.03s  the longest test, tests/test_db.py::TestQuery::test_select; split it or make it faster: without it the limit is 6.50s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn tests_only() {
    let options = Options {
        sections: only(|sections| sections.tests = true),
        tests: 1,
        ..Options::default()
    };
    assert_snapshot!(report(&options).render(PLAIN), @"
    Slowest 1 of 5 tests
      total  setup     call  teardown  share  runs  last    test
    100.03s  0.01s  100.00s     0.02s  91.8%   120  failed  tests/test_db.py::TestQuery::test_select
    ");
}

#[test]
fn with_colours() {
    let options = Options {
        sections: Sections {
            files: false,
            ..Sections::ALL
        },
        ..Options::default()
    };
    let text = report(&options).render(Style {
        colour: true,
        ..PLAIN
    });
    assert_snapshot!(text.replace('\x1b', "ESC"), @r"
    ESC[1mSlowest 4 of 5 testsESC[0m
      ESC[2mtotalESC[0m  ESC[2msetupESC[0m     ESC[2mcallESC[0m  ESC[2mteardownESC[0m  ESC[2mshareESC[0m  ESC[2mmostlyESC[0m     ESC[2mrunsESC[0m  ESC[2mlastESC[0m       ESC[2mtestESC[0m
    100.03s  0.01s  100.00s     0.02s  91.8%  -           120  ESC[31mfailedESC[0m     tests/test_db.py::TestQuery::test_select
      6.50s  4.50s    1.25s     0.75s   6.0%  setup 69%     3  ESC[31mtimed outESC[0m  tests/test_db.py::TestQuery::test_join[postgres-16]
      2.20s  0.10s    2.00s     0.10s   2.0%  -            17  ESC[33mxfailedESC[0m    tests/test_api.py::test_get[a\nb\x1b[31m]
      0.25s  0.00s    0.25s     0.00s   0.2%  -            17  ESC[33mskippedESC[0m    tests/test_fast.py::test_b

    ESC[1mNo fixture is measured yet: run the tests once, then ask againESC[0m

    ESC[1mNo import is measured yet: run the tests once, then ask againESC[0m

    ESC[1mTrends need at least 6 runs on one machine with one version of Python: 1 run so farESC[0m

    ESC[1mSuite: 5 tests in 3 files, 108.98s (0:01:48) one after the otherESC[0m
    setup       4.61s    4.2%
    call      103.50s   95.0%
    teardown    0.87s    0.8%

    ESC[1mLower limit: a run of all tests takes no less than about 100.03s (0:01:40) on any number of workers; the last one took 103.50s (0:01:43)ESC[0m
    * 100.03s  the longest test, tests/test_db.py::TestQuery::test_select; split it or make it faster: without it the limit is 6.50s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn colours_do_not_move_columns() {
    let text = report(&Options::default());
    let coloured = text.render(Style {
        colour: true,
        ..PLAIN
    });
    let mut plain = String::new();
    for part in coloured.split('\x1b') {
        let part = if plain.is_empty() && !coloured.starts_with('\x1b') {
            part
        } else {
            part.split_once('m').map_or("", |part| part.1)
        };
        plain.push_str(part);
    }
    assert_eq!(plain, text.render(PLAIN));
}

#[test]
fn a_fast_suite() {
    let fast = vec![timing(
        "test.py::test",
        [0.0, 0.001, 0.0],
        1,
        Outcome::Passed,
    )];
    let report = Report::new(known(fast, None), &Options::default());
    assert_snapshot!(report.render(PLAIN), @"
    No test takes 0.005s or more

    No file takes 0.005s or more

    Suite: 1 test in 1 file, 0.00s one after the other
    setup     0.00s    0.0%
    call      0.00s  100.0%
    teardown  0.00s    0.0%

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn tests_that_take_no_time_at_all() {
    let report = Report::new(
        known(
            vec![timing("test.py::test", [0.0; 3], 1, Outcome::Passed)],
            None,
        ),
        &Options {
            min_seconds: 0.0,
            ..Options::default()
        },
    );
    assert_snapshot!(report.render(PLAIN), @"
    Slowest tests
    total  setup   call  teardown  share  runs  last    test
    0.00s  0.00s  0.00s     0.00s   0.0%     1  passed  test.py::test

    Slowest files
    total  setup   call  teardown  share  tests  file
    0.00s  0.00s  0.00s     0.00s   0.0%      1  test.py

    Suite: 1 test in 1 file, 0.00s one after the other
    setup     0.00s    0.0%
    call      0.00s    0.0%
    teardown  0.00s    0.0%

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn nothing_known_yet() {
    let report = |run| Report::new(known(Vec::new(), run), &Options::default()).render(PLAIN);
    assert_snapshot!(report(None), @"No run of this project is recorded yet: run its tests once with hasten, then ask again.");
    assert_snapshot!(report(Some(run(2, true))), @"No test of this project has completed in a run yet: run hasten again when some pass or fail.");
}

#[test]
fn the_lower_limit() {
    let options = Options {
        sections: only(|sections| sections.suite = true),
        ..Options::default()
    };
    let last = |workers, whole| {
        let timings = vec![
            timing("test.py::a", [0.0, 6.0, 0.0], 1, Outcome::Passed),
            timing("test.py::b", [0.0, 3.0, 0.0], 1, Outcome::Passed),
            timing("test.py::c", [0.0, 5.0, 0.0], 1, Outcome::Passed),
        ];
        let report = Report::new(known(timings, Some(run(workers, whole))), &options).render(PLAIN);
        report
            .split_once("\n\n")
            .map(|parts| parts.1.to_owned())
            .unwrap_or_default()
    };
    assert_snapshot!(last(0, false), @"
    Lower limit: a run of all tests takes no less than about 6.00s on any number of workers
    * 6.00s  the longest test, test.py::a; split it or make it faster: without it the limit is 5.00s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
    assert_snapshot!(last(2, true), @"
    Lower limit: a run of all tests takes no less than about 7.00s on 2 workers, 6.00s on any number; the last one took 103.50s (0:01:43)
      6.00s  the longest test, test.py::a
    * 7.00s  all tests one after the other on 2 workers

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
    assert_snapshot!(last(8, false), @"
    Lower limit: a run of all tests takes no less than about 6.00s on any number of workers
    * 6.00s  the longest test, test.py::a; split it or make it faster: without it the limit is 5.00s

    Fixtures, imports and processor time are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn json() {
    let options = Options {
        tests: 2,
        others: 1,
        ..Options::default()
    };
    let json: serde_json::Value = serde_json::from_str(&report(&options).to_json()).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "by": "total",
      "faster": [],
      "files": [
        {
          "call": 101.25,
          "collection": null,
          "file": "tests/test_db.py",
          "import": null,
          "setup": 4.51,
          "share": 0.977506,
          "teardown": 0.77,
          "tests": 2,
          "total": 106.53
        }
      ],
      "fixtures": [],
      "imports": [],
      "last_run": {
        "started_at": 1700000000.25,
        "wall": 103.5,
        "whole_suite": true,
        "workers": 2
      },
      "limit": {
        "binds": "longest",
        "computing": null,
        "cores": 2,
        "last": 103.5,
        "longest": {
          "fixtures": 0.0,
          "nodeid": "tests/test_db.py::TestQuery::test_select",
          "seconds": 100.03,
          "tests": 1,
          "without": 6.5
        },
        "on_any_number": 100.03,
        "outside": null,
        "seconds": 100.03,
        "serial": 0.0,
        "serial_tests": 0,
        "stages": [],
        "useful_workers": null,
        "workers": 2
      },
      "measured": false,
      "pace": null,
      "runs_compared": 1,
      "slower": [],
      "suite": {
        "call": 103.5002,
        "cpu": null,
        "files": 3,
        "no_core": null,
        "setup": 4.6111,
        "slowest": 100.03,
        "teardown": 0.8701,
        "tests": 5,
        "total": 108.9814
      },
      "tests": [
        {
          "call": 100.0,
          "cpu": null,
          "last_outcome": "failed",
          "mostly": null,
          "nodeid": "tests/test_db.py::TestQuery::test_select",
          "runs": 120,
          "setup": 0.01,
          "share": 0.917863,
          "teardown": 0.02,
          "total": 100.03,
          "waits": []
        },
        {
          "call": 1.25,
          "cpu": null,
          "last_outcome": "timed out",
          "mostly": {
            "share": 0.692308,
            "what": "setup"
          },
          "nodeid": "tests/test_db.py::TestQuery::test_join[postgres-16]",
          "runs": 3,
          "setup": 4.5,
          "share": 0.059643,
          "teardown": 0.75,
          "total": 6.5,
          "waits": []
        }
      ]
    }
    "#);
    assert_eq!(report(&options).to_json().lines().count(), 1);
}

#[test]
fn node_ids_are_whole() {
    let nodeid = format!("test.py::test[{}]", "長い".repeat(2_000));
    let report = Report::new(
        known(vec![timing(&nodeid, [1.0; 3], 1, Outcome::Passed)], None),
        &Options::default(),
    );
    assert!(
        report
            .render(Style { width: 40, ..PLAIN })
            .contains(&nodeid)
    );
}
