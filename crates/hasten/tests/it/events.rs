//! `--events`: every line of real runs is what `docs/events.md` says.

use std::io::Read;

use hasten_report::event::{Counts, Event, Outcome, TestFinished};

use crate::project::Project;

const MIXED: &str = r#"
import os, time, warnings, pytest

def test_ok(record_property):
    record_property("size", (1, {"a": 2}))
    print("hello")

def test_fail():
    assert {"a": 1} == {"a": 2}, "message"

@pytest.fixture
def bad():
    raise OSError("no database")

def test_error(bad): pass

def test_skip(): pytest.skip("not here")

@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0

@pytest.mark.xfail
def test_xpass(): pass

@pytest.mark.flaky(reruns=2)
def test_flaky():
    if not os.path.exists("flag"):
        open("flag", "w").close()
        assert 0

def test_warn(): warnings.warn("careful", DeprecationWarning)
"#;

const DEADLY: &str = r#"
import os, time, pytest

@pytest.mark.timeout(0.3)
def test_slow():
    print("so far")
    time.sleep(60)

def test_crash(): os._exit(3)
"#;

/// The events of a run with these options, each line read strictly.
fn events(project: &Project, args: &[&str], status: i32) -> Vec<Event> {
    let args = [args, &["--events", "out/events.jsonl"]].concat();
    project.hasten(&args).check(status, &[]);
    let text = project.read("out/events.jsonl");
    let mut last = 0.0;
    let events: Vec<Event> = text
        .lines()
        .map(|line| {
            let (time, event) = Event::read(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert!(time >= last || time > 1e9, "{line}");
            last = time;
            event
        })
        .collect();
    assert!(matches!(events.first(), Some(Event::RunStarted { .. })));
    assert!(
        matches!(events.last(), Some(Event::RunFinished { exit_status, .. }) if *exit_status == status)
    );
    events
}

fn tests(events: &[Event]) -> Vec<&TestFinished> {
    let tests = events.iter().filter_map(|event| match event {
        Event::TestFinished(test) => Some(test.as_ref()),
        _ => None,
    });
    tests.collect()
}

fn test<'a>(events: &'a [Event], name: &str) -> &'a TestFinished {
    let all = tests(events);
    all.into_iter()
        .rfind(|test| test.nodeid.ends_with(name))
        .unwrap()
}

fn counts(events: &[Event]) -> Counts {
    match events.last() {
        Some(Event::RunFinished { counts, .. }) => *counts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_way_to_end_is_told() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_mixed.py", MIXED).and("test_deadly.py", DEADLY);
        let events = events(&project, &["-n", "2", "--start-method", method], 1);
        for (name, outcome) in [
            ("::test_ok", Outcome::Passed),
            ("::test_fail", Outcome::Failed),
            ("::test_error", Outcome::Error),
            ("::test_skip", Outcome::Skipped),
            ("::test_xfail", Outcome::Xfailed),
            ("::test_xpass", Outcome::Xpassed),
            ("::test_flaky", Outcome::Passed),
            ("::test_slow", Outcome::TimedOut),
            ("::test_crash", Outcome::Crashed),
        ] {
            let test = test(&events, name);
            assert_eq!(test.outcome, outcome, "{name}");
            assert!(test.start > 1e9, "{name}");
            assert!(
                test.worker
                    .as_deref()
                    .is_some_and(|id| id.starts_with("gw"))
            );
            assert_eq!(
                test.fails,
                matches!(
                    outcome,
                    Outcome::Failed | Outcome::Error | Outcome::TimedOut | Outcome::Crashed
                )
            );
        }
        let ok = test(&events, "::test_ok");
        assert_eq!(
            serde_json::to_string(&ok.properties).unwrap(),
            r#"[["size",[1,{"a":2}]]]"#
        );
        assert_eq!(ok.output[0].title, "Captured stdout call");
        assert_eq!(ok.output[0].text, "hello\n");
        let fail = &test(&events, "::test_fail").failures[0];
        assert_eq!(
            (fail.file.as_deref(), fail.line),
            (Some("test_mixed.py"), Some(9))
        );
        assert!(fail.message.starts_with("AssertionError: message\n"));
        assert_eq!(test(&events, "::test_error").failures[0].phase, "setup");
        assert_eq!(
            test(&events, "::test_xfail").reason.as_deref(),
            Some("known")
        );
        let flaky = test(&events, "::test_flaky");
        assert_eq!((flaky.attempt, flaky.flaky, flaky.again), (2, true, false));
        let slow = test(&events, "::test_slow");
        assert_eq!(slow.failures[0].message, "Failed: Timeout (>0.3s)");
        let crash = test(&events, "::test_crash");
        assert!(crash.failures[0].message.contains("exit status 3"));
        let died = |event: &&Event| matches!(event, Event::WorkerEnded { died: Some(_), .. });
        assert_eq!(events.iter().filter(died).count(), 1);
        let limit = |event: &&Event| matches!(event, Event::TimeLimit { nodeid: Some(id), .. } if id.ends_with("::test_slow"));
        assert_eq!(events.iter().filter(limit).count(), 1);
        let warning = |event: &&Event| matches!(event, Event::Warning { category, line: 31, .. } if category == "DeprecationWarning");
        assert_eq!(events.iter().filter(warning).count(), 1);
        let counts = counts(&events);
        assert_eq!((counts.results(), counts.passed, counts.fail), (10, 3, 4));
        assert_eq!((counts.flaky, counts.not_run), (1, 0));
    }
}

#[test]
fn plain_pytest_tells_the_same() {
    let project = Project::with("test_mixed.py", MIXED).and("flag", "");
    let of_workers = events(&project, &["-n", "2"], 1);
    let of_main = events(&project, &["-n", "0"], 1);
    assert!(matches!(&of_main[0], Event::RunStarted { workers: 0, .. }));
    let plain = |events: &[Event]| {
        let mut all: Vec<TestFinished> = tests(events)
            .into_iter()
            .map(|test| TestFinished {
                worker: None,
                start: 0.0,
                setup: 0.0,
                call: 0.0,
                teardown: 0.0,
                cpu: None,
                peak_memory: None,
                ..test.clone()
            })
            .collect();
        all.sort_by(|a, b| a.nodeid.cmp(&b.nodeid));
        all
    };
    assert_eq!(plain(&of_main), plain(&of_workers));
    let warnings = |events: &[Event]| {
        let all = events
            .iter()
            .filter(|event| matches!(event, Event::Warning { .. }));
        all.cloned().collect::<Vec<_>>()
    };
    assert_eq!(warnings(&of_main), warnings(&of_workers));
}

#[test]
fn what_was_not_collected_is_told() {
    let project = Project::with("test_a.py", "def test_x(): pass\n")
        .and("test_broken.py", "import nothing_like_it\n")
        .and(
            "test_away.py",
            "import pytest\npytest.skip('only there', allow_module_level=True)\n",
        );
    for workers in ["0", "2"] {
        let events = events(&project, &["-n", workers], 2);
        let Some(Event::CollectionFinished {
            errors, skipped, ..
        }) = events
            .iter()
            .find(|event| matches!(event, Event::CollectionFinished { .. }))
        else {
            panic!("{events:?}");
        };
        assert_eq!(errors[0].nodeid, "test_broken.py");
        assert!(errors[0].text.contains("No module named 'nothing_like_it'"));
        assert_eq!(skipped[0].text, "only there");
        assert_eq!(counts(&events).not_run, 1);
    }
}

/// main knows later than the session who it is.
const LATE_MAIN: &str = r#"
import time

def pytest_configure(config):
    if config.pluginmanager.hasplugin("dsession"):
        time.sleep(1)
"#;

#[test]
fn warnings_of_the_collection_have_paths_below_the_rootdir() {
    let warns = "import warnings\nwarnings.warn('early')\ndef test_x(): pass\n";
    let project = Project::with("sub/test_a.py", warns).and("conftest.py", LATE_MAIN);
    for workers in ["0", "2"] {
        let events = events(&project, &["-n", workers], 0);
        let files: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                Event::Warning { file, .. } => Some(file.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(files, ["sub/test_a.py"], "-n {workers}");
    }
}

#[test]
fn a_run_that_stops_says_why_and_what_is_missing() {
    let text = "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_x(n): assert n\n";
    let project = Project::with("test_a.py", text);
    let stopped = events(&project, &["-n", "1", "-x"], 1);
    let Some(Event::RunFinished {
        stopped: Some(why), ..
    }) = stopped.last()
    else {
        panic!("{stopped:?}");
    };
    assert_eq!(why, "stopping after 1 failures");
    let missing = counts(&stopped).not_run;
    assert_eq!(missing + tests(&stopped).len(), 20);
    assert!(missing > 0);
    events(&Project::with("none.py", ""), &["-n", "2"], 5);
    events(&project, &["--collect-only"], 0);
    events(&project, &["--help"], 0);
    let broken = Project::with("conftest.py", "raise OSError('no')\n");
    events(&broken, &[], 4);
}

/// Two tests that wait for their retry, and one that follows the run and ends it.
const FOLLOWED: &str = r#"
import time, pytest

def test_a(): assert 0
def test_b(): assert 0

def test_end():
    for _ in range(3000):
        with open("out/events.jsonl") as file:
            if file.read().count('"again":true') == 2:
                pytest.exit("enough")
        time.sleep(0.01)
"#;

#[test]
fn a_run_can_be_followed_and_a_retry_that_does_not_come_is_told_again() {
    let project = Project::with("test_a.py", FOLLOWED);
    let args = ["-n", "2", "--retries", "3", "--retry-delay", "600"];
    let events = events(&project, &args, 2);
    for name in ["::test_a", "::test_b"] {
        let again: Vec<bool> = tests(&events)
            .iter()
            .filter(|test| test.nodeid.ends_with(name))
            .map(|test| test.again)
            .collect();
        assert_eq!(again, [true, false], "{name}");
    }
    assert_eq!(counts(&events).failed, 2);
}

#[test]
fn a_file_that_cannot_be_written_is_said() {
    let project = Project::with("test_a.py", "def test_x(): pass\n");
    for (file, words) in [
        ("-", "--events -: stdout has pytest's output"),
        (
            "/proc/no/such",
            "--events /proc/no/such: it cannot be written",
        ),
    ] {
        let output = project.hasten(&["--events", file]);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        output.check(4, &[]);
    }
    let output = project.hasten(&["--events", "/dev/full"]);
    assert!(
        output
            .stderr
            .contains("--events /dev/full: not all was written: No space left on device"),
        "{}",
        output.stderr
    );
    output.check(0, &["1 passed"]);
}

#[test]
fn a_pipe_can_be_followed() {
    let project = Project::with("test_a.py", "def test_x(): pass\n");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let path = format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        std::os::fd::AsRawFd::as_raw_fd(&writer)
    );
    let child = project.start(&["--events", &path]);
    let output = crate::project::Output::of(child);
    drop(writer);
    output.check(0, &["1 passed"]);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.lines().all(|line| Event::read(line).is_ok()));
    assert!(text.contains("\"event\":\"run_finished\""));
}
