use super::*;
use crate::event::{Captured, Outcome};

fn failure(phase: &str, message: &str, text: &str, file: &str) -> Failure {
    Failure {
        phase: phase.into(),
        message: message.into(),
        text: text.into(),
        file: Some(file.into()),
        line: Some(7),
    }
}

fn failing(nodeid: &str, outcome: Outcome, failure: Failure) -> TestFinished {
    TestFinished {
        nodeid: nodeid.into(),
        attempt: 1,
        outcome,
        fails: true,
        call: 0.5,
        failures: vec![failure],
        ..TestFinished::default()
    }
}

fn gathered(tests: Vec<TestFinished>) -> Gathered {
    let mut all = Gathered::default();
    let mut counts = Counts::default();
    for test in tests {
        counts.add(&test);
        all.take(&Event::TestFinished(Box::new(test)));
    }
    all.take(&Event::RunFinished {
        exit_status: 1,
        seconds: 12.34,
        stopped: None,
        counts,
    });
    all
}

fn places() -> Places<'static> {
    Places {
        rootdir: Utf8Path::new("/work/repo/project"),
        workspace: Some(Utf8Path::new("/work/repo")),
    }
}

fn mixed() -> Gathered {
    let mut error = failing(
        "tests/test_b.py::test_y",
        Outcome::Error,
        failure(
            "setup",
            "OSError: no\ndatabase",
            "E   OSError: no",
            "tests/conftest.py",
        ),
    );
    error.output = vec![Captured {
        title: "Captured stdout setup".into(),
        text: "\u{1b}[31mred\u{1b}[0m ``` fence\n".into(),
    }];
    let passed = |attempt, again, flaky| TestFinished {
        nodeid: "tests/test_c.py::test_z".into(),
        attempt,
        again,
        flaky,
        call: 2.0,
        failures: if again {
            vec![failure(
                "call",
                "ConnectionError: x\nmore",
                "E",
                "tests/test_c.py",
            )]
        } else {
            Vec::new()
        },
        ..TestFinished::default()
    };
    let mut all = gathered(vec![
        failing(
            "tests/test_a.py::test_x[a,b:50%]",
            Outcome::Failed,
            failure(
                "call",
                "AssertionError: 50%\r\nassert <1> == 2",
                ">       assert 1 == 2",
                "tests/test_a.py",
            ),
        ),
        error,
        passed(1, true, false),
        passed(2, false, true),
    ]);
    all.take(&Event::Note {
        text: "the teardown of the fixture <database> failed\nafter the last test".into(),
    });
    all.take(&Event::CollectionFinished {
        tests: 3,
        deselected: 0,
        seconds: 0.1,
        errors: vec![CollectionProblem {
            nodeid: "tests/test_broken.py".into(),
            text: "ImportError while importing\nE   ModuleNotFoundError: No module".into(),
        }],
        skipped: Vec::new(),
    });
    all
}

#[test]
fn annotations_point_at_files_of_the_repository() {
    insta::assert_snapshot!(mixed().annotations(places(), true));
}

#[test]
fn errors_of_another_tool_are_not_repeated() {
    let text = mixed().annotations(places(), false);
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("::warning "));
}

#[test]
fn outside_of_the_workspace_paths_stay_as_they_are() {
    let nowhere = Places {
        workspace: None,
        ..places()
    };
    assert!(
        mixed()
            .annotations(nowhere, true)
            .contains("file=tests/test_a.py,")
    );
}

#[test]
fn no_more_annotations_than_are_shown() {
    let many = |number: usize| {
        let tests = (0..number).map(|n| {
            let failure = failure("call", "x", "x", "test_a.py");
            failing(&format!("test_a.py::test_{n}"), Outcome::Failed, failure)
        });
        gathered(tests.collect()).annotations(places(), true)
    };
    assert_eq!(many(10).lines().count(), 10);
    assert!(!many(10).contains("more"));
    assert_eq!(many(700).lines().count(), 10);
    assert!(many(700).ends_with("::error title=hasten::691 more failed\n"));
}

#[test]
fn the_summary_has_failures_flaky_and_slow_tests() {
    insta::assert_snapshot!(mixed().summary(SUMMARY_LIMIT));
}

#[test]
fn the_summary_stays_within_its_limit_and_says_what_is_missing() {
    let text = "x".repeat(100_000);
    let tests = (0..600).map(|n| {
        let failure = failure("call", "message", &text, "test_a.py");
        failing(&format!("test_a.py::test_{n}"), Outcome::Failed, failure)
    });
    let all = gathered(tests.collect());
    for limit in [SUMMARY_LIMIT, 50_000, 100, 0] {
        let summary = all.summary(limit);
        assert!(summary.len() <= limit, "{} of {limit}", summary.len());
        assert_eq!(summary.contains(" more\n"), limit > 1000, "{limit}");
        assert_eq!(
            summary.matches("<details>").count(),
            summary.matches("</details>").count()
        );
    }
}

#[test]
fn a_run_without_tests_is_not_worth_a_summary() {
    assert!(!gathered(Vec::new()).is_worth_it());
    assert!(mixed().is_worth_it());
}
