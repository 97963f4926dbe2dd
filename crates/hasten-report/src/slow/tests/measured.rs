//! Reports from runs that measured everything.

use hasten_history::{
    BoundTest, Details, FileTimes, FixtureSpan, FixtureTotal, ImportTimes, PastAttempt, PastTest,
    Stage, Wait,
};

use super::*;

const COMPUTES: &str = "tests/test_a.py::test_computes";
const WAITS: &str = "tests/test_a.py::test_waits";
const SETS_UP: &str = "tests/test_b.py::TestDb::test_query";

/// Twelve runs, an hour apart, each of another commit but the last five.
fn runs() -> Vec<Run> {
    (0..12)
        .map(|number| {
            let mut run = run(2, true);
            run.id = number + 1;
            run.record.started_at = 1_700_000_000.0 + 3600.0 * number as f64;
            run.record.wall = 9.5;
            run.record.commit = Some(format!("{}{:039x}", number.min(7), 0xabc));
            run
        })
        .collect()
}

fn times(setup: f64, call: f64) -> PhaseTimes {
    PhaseTimes {
        setup,
        call,
        teardown: 0.001,
    }
}

/// A test that took this long in each run, and computed this part of it.
fn past(nodeid: &str, seconds: &[(f64, f64)], computing: f64) -> PastTest {
    let attempts = seconds
        .iter()
        .enumerate()
        .map(|(run, (setup, call))| PastAttempt {
            run,
            outcome: Outcome::Passed,
            wall: times(*setup, *call),
            cpu: Some(times(setup * computing, call * computing)),
        });
    PastTest {
        nodeid: nodeid.to_owned(),
        attempts: attempts.collect(),
    }
}

fn details(with_waits: bool) -> Details {
    let stage = |name: &str, seconds| Stage {
        name: name.to_owned(),
        started: 0.0,
        seconds,
    };
    let fixture = |fixture: &str, scope: &str, setups, setup, longest| FixtureTotal {
        fixture: fixture.to_owned(),
        scope: scope.to_owned(),
        setups,
        setup,
        teardown: 0.02,
        longest,
    };
    let wait = |line: &str, inside: Option<&str>, seconds| Wait {
        nodeid: WAITS.to_owned(),
        line: line.to_owned(),
        inside: inside.map(str::to_owned),
        seconds,
    };
    Details {
        stages: vec![
            stage("start", 0.2),
            stage("conftest", 0.5),
            stage("collection", 1.5),
            stage("tests", 6.5),
            stage("end", 0.0),
        ],
        fixtures: vec![
            fixture("tests/conftest.py::database", "session", 2, 3.0, 1.6),
            fixture("tests/conftest.py::rows", "function", 40, 2.0, 0.06),
            fixture("pytest_mock.plugin::mocker", "function", 90, 0.001, 0.0001),
        ],
        spans: vec![FixtureSpan {
            fixture: "tests/conftest.py::database".to_owned(),
            scope: "session".to_owned(),
            teardown: false,
            worker: Some(0),
            nodeid: SETS_UP.to_owned(),
            started: 0.0,
            seconds: 4.5,
        }],
        files: vec![FileTimes {
            file: "tests/test_a.py".to_owned(),
            collection: 1.25,
            import: 1.1,
            items: 2,
        }],
        imports: vec![
            ImportTimes {
                module: "app".to_owned(),
                own: 0.01,
                all: 1.05,
                file: "tests/test_a.py".to_owned(),
            },
            ImportTimes {
                module: "numpy.linalg".to_owned(),
                own: 0.75,
                all: 0.9,
                file: "tests/conftest.py".to_owned(),
            },
        ],
        waits: if with_waits {
            vec![
                wait("tests/test_a.py:30 in retry", None, 0.1),
                wait("tests/test_a.py:12 in test_waits", Some("time.sleep"), 2.9),
            ]
        } else {
            Vec::new()
        },
        failures: Vec::new(),
        bound: Vec::new(),
    }
}

fn measured() -> Known {
    let slower = |run| if run < 6 { 0.21 } else { 0.55 };
    let faster = |run| if run < 5 { 0.4 } else { 0.1 };
    let waits: Vec<(f64, f64)> = (0..12).map(|_| (0.0, 3.0)).collect();
    let computes: Vec<(f64, f64)> = (0..12).map(|run| (0.0, slower(run))).collect();
    let sets_up: Vec<(f64, f64)> = (0..12).map(|run| (1.4, faster(run))).collect();
    let same = |run: usize| if run < 8 { 0.02 } else { 0.05 };
    let touched: Vec<(f64, f64)> = (0..12).map(|run| (0.0, same(run))).collect();
    let mut tests = vec![
        past(COMPUTES, &computes, 0.99),
        past(WAITS, &waits, 0.01),
        past(SETS_UP, &sets_up, 0.5),
        past("tests/test_b.py::test_touched", &touched, 1.0),
    ];
    let mut timings = vec![
        timing(COMPUTES, [0.0, 0.55, 0.0], 12, Outcome::Passed),
        timing(WAITS, [0.0, 3.0, 0.0], 12, Outcome::Passed),
        timing(SETS_UP, [1.4, 0.4, 0.0], 12, Outcome::Failed),
        timing(
            "tests/test_b.py::test_touched",
            [0.0, 0.05, 0.0],
            12,
            Outcome::Passed,
        ),
    ];
    for number in 0..8 {
        let nodeid = format!("tests/test_c.py::test_{number}");
        tests.push(past(&nodeid, &[(0.0, 0.5); 12], 1.0));
        timings.push(timing(&nodeid, [0.0, 0.5, 0.0], 12, Outcome::Passed));
    }
    let runs = runs();
    Known {
        past: Past { runs, tests },
        details: vec![
            (12, details(false)),
            (11, details(true)),
            (10, details(false)),
        ],
        now: 1_700_000_000.0 + 3600.0 * 14.0,
        ..known(timings, None)
    }
}

fn text(options: &Options, width: usize) -> String {
    Report::new(measured(), options).render(Style { width, ..PLAIN })
}

#[test]
fn everything_on_a_wide_terminal() {
    assert_snapshot!(text(&Options::default(), 120), @"
    Slowest tests
    total  setup   call  teardown  share  mostly          runs  last    test
    3.00s  0.00s  3.00s     0.00s  31.9%  waiting 99%       12  passed  tests/test_a.py::test_waits
                                                                        waits at tests/test_a.py:12 in test_waits (time.sleep), 2.90 of 3.00s, and 1 other line
    1.80s  1.40s  0.40s     0.00s  19.1%  setup 78%         12  failed  tests/test_b.py::TestDb::test_query
    0.55s  0.00s  0.55s     0.00s   5.9%  computing 99%     12  passed  tests/test_a.py::test_computes
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_0
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_1
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_2
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_3
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_4
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_5
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_6
    0.50s  0.00s  0.50s     0.00s   5.3%  computing 100%    12  passed  tests/test_c.py::test_7
    0.05s  0.00s  0.05s     0.00s   0.5%  computing 100%    12  passed  tests/test_b.py::test_touched

    Slowest files
    total  setup   call  teardown  share  tests  collection  import  file
    4.00s  0.00s  4.00s     0.00s  42.6%      8           -       -  tests/test_c.py
    3.55s  0.00s  3.55s     0.00s  37.8%      2       1.25s   1.10s  tests/test_a.py
    1.85s  1.40s  0.45s     0.00s  19.7%      2           -       -  tests/test_b.py

    Costliest fixtures
    total  share  setups    each  longest  teardown  scope     fixture
    3.02s  32.1%       2   1.50s    1.60s     0.02s  session   tests/conftest.py::database
    2.02s  21.5%      40  0.050s   0.060s     0.02s  function  tests/conftest.py::rows
                                                               set up anew for each test: where tests leave what it gives them as it was, a wider scope sets it up once
    0.02s   0.2%      90  0.000s   0.000s     0.02s  function  pytest_mock.plugin::mocker

    Slowest imports
      own    all  imported for       module
    0.75s  0.90s  tests/conftest.py  numpy.linalg
    0.01s  1.05s  tests/test_a.py    app

    Slower since
    before     now  times  since                              what
     0.21s   0.55s   2.62  6000000, 8 hours ago               tests/test_a.py::test_computes
    0.020s  0.050s   2.50  6 hours ago, at 7000000 as before  tests/test_b.py::test_touched

    Faster since
    before    now  times  since                 what
     0.40s  0.10s   0.25  5000000, 9 hours ago  tests/test_b.py::TestDb::test_query

    Suite: 12 tests in 3 files, 9.40s one after the other
    setup      1.40s   14.9%
    call       8.00s   85.1%
    teardown   0.00s    0.0%
    computing  5.39s   57.3%
    waiting    4.01s   42.7%

    Lower limit: a run of all tests takes no less than about 9.25s on 2 workers, 7.90s on any number; the last one took 9.50s
    * 3.00s  before and after the tests: start 0.20s, conftest 0.50s, collection 1.50s
      4.90s  the longest test, tests/test_b.py::TestDb::test_query, with 4.50s of fixtures of a wider scope
      2.69s  5.39s of computing on 2 cores
    * 6.25s  all tests one after the other on 2 workers, which wait meanwhile: up to -n 3 helps
    ");
}

#[test]
fn everything_on_a_narrow_terminal() {
    let options = Options {
        tests: 3,
        ..Options::default()
    };
    assert_snapshot!(text(&options, 80), @"
    Slowest 3 of 12 tests
    total  share  mostly         last    test
    3.00s  31.9%  waiting 99%    passed  tests/test_a.py::test_waits
      waits at tests/test_a.py:12 in test_waits (time.sleep), 2.90 of 3.00s, and 1 other line
    1.80s  19.1%  setup 78%      failed  tests/test_b.py::TestDb::test_query
    0.55s   5.9%  computing 99%  passed  tests/test_a.py::test_computes

    Slowest files
    total  share  tests  collection  file
    4.00s  42.6%      8           -  tests/test_c.py
    3.55s  37.8%      2       1.25s  tests/test_a.py
    1.85s  19.7%      2           -  tests/test_b.py

    Costliest fixtures
    total  share  setups    each  longest  scope     fixture
    3.02s  32.1%       2   1.50s    1.60s  session   tests/conftest.py::database
    2.02s  21.5%      40  0.050s   0.060s  function  tests/conftest.py::rows
      set up anew for each test: where tests leave what it gives them as it was, a wider scope sets it up once
    0.02s   0.2%      90  0.000s   0.000s  function  pytest_mock.plugin::mocker

    Slowest imports
      own    all  imported for       module
    0.75s  0.90s  tests/conftest.py  numpy.linalg
    0.01s  1.05s  tests/test_a.py    app

    Slower since
    before     now  times  since                              what
     0.21s   0.55s   2.62  6000000, 8 hours ago               tests/test_a.py::test_computes
    0.020s  0.050s   2.50  6 hours ago, at 7000000 as before  tests/test_b.py::test_touched

    Faster since
    before    now  times  since                 what
     0.40s  0.10s   0.25  5000000, 9 hours ago  tests/test_b.py::TestDb::test_query

    Suite: 12 tests in 3 files, 9.40s one after the other
    setup      1.40s   14.9%
    call       8.00s   85.1%
    teardown   0.00s    0.0%
    computing  5.39s   57.3%
    waiting    4.01s   42.7%

    Lower limit: a run of all tests takes no less than about 9.25s on 2 workers, 7.90s on any number; the last one took 9.50s
    * 3.00s  before and after the tests: start 0.20s, conftest 0.50s, collection 1.50s
      4.90s  the longest test, tests/test_b.py::TestDb::test_query, with 4.50s of fixtures of a wider scope
      2.69s  5.39s of computing on 2 cores
    * 6.25s  all tests one after the other on 2 workers, which wait meanwhile: up to -n 3 helps
    ");
}

#[test]
fn the_time_without_a_core_is_told_from_waiting() {
    let mut known = measured();
    for run in &mut known.past.runs {
        run.record.core_wait = Some(2.0);
    }
    let options = Options {
        sections: only(|shown| shown.suite = true),
        ..Options::default()
    };
    let text = Report::new(known, &options).render(PLAIN);
    let rows: Vec<&str> = text.lines().skip(4).take(3).collect();
    assert_snapshot!(rows.join("\n"), @"
    computing  5.39s   57.3%
    no core    0.82s    8.7%
    waiting    3.20s   34.0%
    ");
}

#[test]
fn what_stays_together_or_runs_alone_makes_runs_longer() {
    let mut known = measured();
    let bound = |nodeid: &str, group| BoundTest {
        nodeid: nodeid.to_owned(),
        group,
    };
    for (_, details) in &mut known.details {
        details.bound = vec![
            bound(WAITS, Some(1)),
            bound(SETS_UP, Some(1)),
            bound(COMPUTES, None),
            bound("tests/test_c.py::test_0", None),
        ];
    }
    let options = Options {
        sections: only(|shown| shown.suite = true),
        ..Options::default()
    };
    let text = Report::new(known, &options).render(PLAIN);
    let (_, limit) = text.split_once("\n\n").unwrap();
    assert_snapshot!(limit, @"
    Lower limit: a run of all tests takes no less than about 11.95s on any number of workers; the last one took 9.50s
    * 3.00s  before and after the tests: start 0.20s, conftest 0.50s, collection 1.50s
    * 1.05s  2 serial tests, one after the other and alone
    * 7.90s  2 tests that stay together, one of them tests/test_a.py::test_waits, with 4.50s of fixtures of a wider scope; make these faster: without it the limit is 5.83s
      2.17s  4.34s of computing on 2 cores
    ");
}

#[test]
fn below_a_path() {
    let options = Options {
        paths: vec!["tests/test_b.py".to_owned()],
        ..Options::default()
    };
    assert_snapshot!(text(&options, 120), @"
    Slowest tests
    total  setup   call  teardown  share  mostly          runs  last    test
    1.80s  1.40s  0.40s     0.00s  97.3%  setup 78%         12  failed  tests/test_b.py::TestDb::test_query
    0.05s  0.00s  0.05s     0.00s   2.7%  computing 100%    12  passed  tests/test_b.py::test_touched

    Slowest files
    total  setup   call  teardown   share  tests  file
    1.85s  1.40s  0.45s     0.00s  100.0%      2  tests/test_b.py

    Slower since
    before     now  times  since                              what
    0.020s  0.050s   2.50  6 hours ago, at 7000000 as before  tests/test_b.py::test_touched

    Faster since
    before    now  times  since                 what
     0.40s  0.10s   0.25  5000000, 9 hours ago  tests/test_b.py::TestDb::test_query

    tests/test_b.py: 2 tests in 1 file, 1.85s one after the other
    setup      1.40s   75.7%
    call       0.45s   24.3%
    teardown   0.00s    0.0%
    computing  0.80s   43.4%
    waiting    1.05s   56.6%
    ");
    let options = Options {
        paths: vec!["tests/test_b".to_owned()],
        ..Options::default()
    };
    assert_snapshot!(text(&options, 120), @"No recorded test is below tests/test_b: give paths and node ids as pytest prints them.");
}

#[test]
fn what_was_asked_for_and_is_not_known() {
    let options = Options {
        sections: Sections {
            tests: false,
            files: false,
            suite: false,
            ..Sections::ALL
        },
        ..Options::default()
    };
    assert_snapshot!(report(&options).render(PLAIN), @"
    No fixture is measured yet: run the tests once, then ask again

    No import is measured yet: run the tests once, then ask again

    Trends need at least 6 runs on one machine with one version of Python: 1 run so far
    ");
    let mut known = measured();
    known.past.tests.clear();
    known.details.truncate(1);
    known.details[0].1.imports.clear();
    known.details[0].1.fixtures.clear();
    assert_snapshot!(Report::new(known, &options).render(PLAIN), @"
    No fixture takes 0.005s or more

    No import takes 0.005s or more

    Nothing became slower or faster for good in the last 12 runs on this machine
    ");
}

#[test]
fn a_suite_that_waits_is_helped_by_more_workers() {
    let options = Options {
        sections: only(|sections| sections.suite = true),
        ..Options::default()
    };
    let nodeids: Vec<String> = (0..20)
        .map(|number| format!("test.py::test_{number}"))
        .collect();
    let known = Known {
        past: Past {
            runs: runs(),
            tests: nodeids
                .iter()
                .map(|nodeid| past(nodeid, &[(0.0, 1.0); 12], 0.1))
                .collect(),
        },
        ..known(
            nodeids
                .iter()
                .map(|nodeid| timing(nodeid, [0.0, 1.0, 0.0], 12, Outcome::Passed))
                .collect(),
            Some(run(2, true)),
        )
    };
    assert_snapshot!(Report::new(known, &options).render(PLAIN), @"
    Suite: 20 tests in 1 file, 20.00s one after the other
    setup       0.00s    0.0%
    call       20.00s  100.0%
    teardown    0.00s    0.0%
    computing   2.02s   10.1%
    waiting    17.98s   89.9%

    Lower limit: a run of all tests takes no less than about 10.00s on 2 workers, 1.01s on any number; the last one took 9.50s
       1.00s  the longest test, test.py::test_0
       1.01s  2.02s of computing on 2 cores
    * 10.00s  all tests one after the other on 2 workers, which wait meanwhile: up to -n 20 helps

    Fixtures and imports are not measured yet: run the tests once, then ask again.
    ");
}

#[test]
fn as_json() {
    let options = Options {
        tests: 2,
        others: 1,
        ..Options::default()
    };
    let json: serde_json::Value =
        serde_json::from_str(&Report::new(measured(), &options).to_json()).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "by": "total",
      "faster": [
        {
          "after": 0.1,
          "before": 0.4,
          "first": {
            "commit": "5000000000000000000000000000000000000abc",
            "started_at": 1700018000.0
          },
          "kind": "test",
          "last_before": {
            "commit": "4000000000000000000000000000000000000abc",
            "started_at": 1700014400.0
          },
          "name": "tests/test_b.py::TestDb::test_query",
          "runs_after": 7,
          "runs_before": 5
        }
      ],
      "files": [
        {
          "call": 4.0,
          "collection": null,
          "file": "tests/test_c.py",
          "import": null,
          "setup": 0.0,
          "share": 0.425532,
          "teardown": 0.0,
          "tests": 8,
          "total": 4.0
        }
      ],
      "fixtures": [
        {
          "fixture": "tests/conftest.py::database",
          "longest": 1.6,
          "scope": "session",
          "setup": 3.0,
          "setups": 2,
          "share": 0.321277,
          "teardown": 0.02,
          "total": 3.02
        }
      ],
      "imports": [
        {
          "all": 0.9,
          "file": "tests/conftest.py",
          "module": "numpy.linalg",
          "own": 0.75
        }
      ],
      "last_run": {
        "started_at": 1700039600.0,
        "wall": 9.5,
        "whole_suite": true,
        "workers": 2
      },
      "limit": {
        "binds": "workers",
        "computing": 5.3865,
        "cores": 2,
        "last": 9.5,
        "longest": {
          "fixtures": 4.5,
          "nodeid": "tests/test_b.py::TestDb::test_query",
          "seconds": 4.9,
          "tests": 1,
          "without": 6.8
        },
        "on_any_number": 7.9,
        "outside": 3.0,
        "seconds": 9.25,
        "serial": 0.0,
        "serial_tests": 0,
        "stages": [
          {
            "name": "start",
            "seconds": 0.2
          },
          {
            "name": "conftest",
            "seconds": 0.5
          },
          {
            "name": "collection",
            "seconds": 1.5
          },
          {
            "name": "end",
            "seconds": 0.0
          }
        ],
        "useful_workers": 3,
        "workers": 2
      },
      "measured": true,
      "pace": null,
      "runs_compared": 12,
      "slower": [
        {
          "after": 0.55,
          "before": 0.21,
          "first": {
            "commit": "6000000000000000000000000000000000000abc",
            "started_at": 1700021600.0
          },
          "kind": "test",
          "last_before": {
            "commit": "5000000000000000000000000000000000000abc",
            "started_at": 1700018000.0
          },
          "name": "tests/test_a.py::test_computes",
          "runs_after": 6,
          "runs_before": 6
        }
      ],
      "suite": {
        "call": 8.0,
        "cpu": {
          "call": 4.6745,
          "setup": 0.7,
          "teardown": 0.012,
          "total": 5.3865
        },
        "files": 3,
        "no_core": null,
        "setup": 1.4,
        "slowest": 3.0,
        "teardown": 0.0,
        "tests": 12,
        "total": 9.4
      },
      "tests": [
        {
          "call": 3.0,
          "cpu": {
            "call": 0.03,
            "setup": 0.0,
            "teardown": 0.001,
            "total": 0.031
          },
          "last_outcome": "passed",
          "mostly": {
            "share": 0.98967,
            "what": "waiting"
          },
          "nodeid": "tests/test_a.py::test_waits",
          "runs": 12,
          "setup": 0.0,
          "share": 0.319149,
          "teardown": 0.0,
          "total": 3.0,
          "waits": [
            {
              "inside": "time.sleep",
              "line": "tests/test_a.py:12 in test_waits",
              "seconds": 2.9
            },
            {
              "inside": null,
              "line": "tests/test_a.py:30 in retry",
              "seconds": 0.1
            }
          ]
        },
        {
          "call": 0.4,
          "cpu": {
            "call": 0.05,
            "setup": 0.7,
            "teardown": 0.001,
            "total": 0.751
          },
          "last_outcome": "failed",
          "mostly": {
            "share": 0.777778,
            "what": "setup"
          },
          "nodeid": "tests/test_b.py::TestDb::test_query",
          "runs": 12,
          "setup": 1.4,
          "share": 0.191489,
          "teardown": 0.0,
          "total": 1.8,
          "waits": []
        }
      ]
    }
    "#);
}
