//! What became slower: `--durations-regress`, and what `--durations -v` and `hasten slow` say.

use hasten_history::{Attempt, Details, History, Outcome, RunRecord};

use crate::project::Project;

const TESTS: &str = r#"
import os, time
class TestX:
    def test_slow(self): time.sleep(float(os.environ.get("SECONDS", "0.02")))
    def test_quick(self): pass
def test_other(): pass
"#;

/// A project whose history has runs in which `test_slow` took these seconds.
fn with_history(project: Project, seconds: &[f64]) -> Project {
    let folder = project.path().join(".hasten");
    let folder = camino::Utf8Path::from_path(&folder).unwrap();
    let mut history = History::open(folder).0;
    for (number, &call) in seconds.iter().enumerate() {
        let run = RunRecord {
            uid: format!("run-{number}"),
            started_at: 1_700_000_000.0 + number as f64,
            wall: 1.0,
            workers: 2,
            python: "3.11.7".into(),
            pytest: "9.2.0".into(),
            platform: "linux".into(),
            machine: "host".into(),
            args: Vec::new(),
            commit: Some(format!("{number}{:039x}", 0)),
            exit_status: 0,
            whole_suite: true,
            shard: None,
            core_wait: None,
        };
        let attempt = |nodeid: &'static str, call| Attempt {
            nodeid: nodeid.into(),
            attempt: 0,
            worker: Some(0),
            outcome: Outcome::Passed,
            setup: 0.0,
            call,
            teardown: 0.0,
            started: run.started_at,
            cpu: None,
            peak_memory: None,
        };
        let attempts = [
            attempt("test_a.py::TestX::test_slow", call),
            attempt("test_a.py::TestX::test_quick", 0.0001),
        ];
        history
            .record_run(&run, &attempts, &Details::default())
            .unwrap();
    }
    project
}

#[test]
fn a_test_that_takes_longer_than_ever_fails_the_run() {
    let project = with_history(Project::with("test_a.py", TESTS), &[0.01, 0.011, 0.01]);
    let run = |args: &[&str], seconds: &str| {
        let mut command = project.command(args);
        command.env("SECONDS", seconds);
        crate::project::Output::of(command.spawn().unwrap())
    };
    let output = run(&["-n", "2", "--durations-regress", "5"], "0.4");
    output.check(
        1,
        &[
            "more than 5 times slower than before",
            "call     test_a.py::TestX::test_slow (",
            "its usual 0.010s, the median of 3 runs",
            "1 test was not compared with earlier runs: fewer than 3 are known",
            "3 passed in",
        ],
    );
    run(&["-n", "2"], "0.4").check(0, &["3 passed in"]);
    let lenient = run(&["-n", "0", "--durations-regress=1000"], "0.02");
    lenient.check(0, &["3 passed in", "since --durations-regress is decided"]);
    assert!(!lenient.stdout.contains("slower than before"));
}

#[test]
fn the_setting_holds_unless_the_command_line_or_a_quarantine_says_otherwise() {
    let settings = "[tool.hasten]\ndurations-regress = 5\n";
    let project = Project::with("test_a.py", &TESTS.replace("\"0.02\"", "\"0.4\""))
        .and("pyproject.toml", settings)
        .and("quarantine.txt", "test_a.py::TestX\n");
    let project = with_history(project, &[0.01, 0.011, 0.01]);
    project
        .hasten(&["-n", "2"])
        .check(1, &["slower than before", "3 passed in"]);
    project
        .hasten(&["--durations-regress=0"])
        .check(0, &["3 passed in"]);
    project
        .hasten(&["--quarantine", "quarantine.txt"])
        .check(0, &["3 passed in"]);
}

#[test]
fn a_ratio_that_says_nothing_is_refused() {
    let project = Project::with("test_a.py", TESTS);
    for wrong in ["1", "0.5", "-3", "twice", "nan"] {
        let output = project.hasten(&[&format!("--durations-regress={wrong}")]);
        assert_eq!(output.status, 4, "{wrong}");
        assert!(output.stderr.contains("--durations-regress"), "{wrong}");
    }
    let project = project.and("pyproject.toml", "[tool.hasten]\ndurations-regress = 0.5\n");
    let output = project.hasten(&[]);
    assert_eq!(output.status, 4);
    assert!(output.stderr.contains("Give a number above 1"));
}

/// The lines from pytest's section of durations on, without the numbers.
fn durations(stdout: &str) -> Vec<String> {
    let from = stdout.find("slowest").unwrap_or(stdout.len());
    let lines = stdout[from..].lines().skip(1);
    lines
        .map(|line| line.replace(|c: char| c.is_ascii_digit() || c == '=', ""))
        .collect()
}

#[test]
fn durations_with_v_are_pytests_and_then_hastens() {
    let project = Project::with("test_a.py", &TESTS.replace("\"0.02\"", "\"0.5\""));
    for workers in ["0", "2"] {
        let plain = project.hasten(&["-n", workers, "--durations=1"]);
        plain.check(0, &["slowest 1 durations"]);
        assert!(!plain.stdout.contains("slowest 1 files"));
        let output = project.hasten(&["-n", workers, "--durations=1", "--durations-min=0.3", "-v"]);
        output.check(
            0,
            &[
                "slowest 1 durations",
                "slowest 1 files",
                "s test_a.py (3 tests)",
                "slowest 1 classes",
                "s test_a.py::TestX (2 tests)",
            ],
        );
        let pytest = project.pytest(&["--durations=1", "--durations-min=0.3", "-v"]);
        let (ours, theirs) = (durations(&output.stdout), durations(&pytest.stdout));
        let own = ours.iter().position(|line| line.contains("slowest"));
        assert_eq!(ours[..own.unwrap()], theirs[..theirs.len() - 1]);
        let only_v = project.hasten(&["-n", workers, "-v"]);
        assert!(!only_v.stdout.contains("slowest"));
    }
}

#[test]
fn what_became_slower_is_named_with_its_commit() {
    let seconds = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3];
    let project = with_history(Project::with("test_a.py", TESTS), &seconds);
    let output = project.hasten(&["slow", "--trends"]);
    output.check(0, &["Slower since", "0.10s  0.30s   3.00  6000000, "]);
    project
        .hasten(&["slow", "test_a.py::TestX::test_quick"])
        .check(0, &["1 test in 1 file"]);
    project
        .hasten(&["slow", "nowhere"])
        .check(0, &["No recorded test is below nowhere"]);
    let json = project.hasten(&["slow", "--json"]).stdout;
    assert!(json.contains(r#""slower":[{"kind":"test""#), "{json}");
}

#[test]
fn what_cannot_run_beside_others_counts_in_the_lower_limit() {
    let tests = r#"
import pytest, time
@pytest.mark.xdist_group("db")
def test_a(): time.sleep(0.2)
@pytest.mark.xdist_group("db")
def test_b(): time.sleep(0.3)
@pytest.mark.serial
def test_c(): time.sleep(0.1)
def test_d(): pass
"#;
    let project = Project::with("test_a.py", tests)
        .and("pytest.ini", "[pytest]\naddopts = --dist loadgroup -n 2\n");
    project.hasten(&[]).check(0, &["4 passed in"]);
    project.hasten(&["slow"]).check(
        0,
        &[
            "s  1 serial test, one after the other and alone",
            "s  2 tests that stay together, one of them test_a.py::test_b",
        ],
    );
}

#[test]
fn what_was_measured_is_shown() {
    let tests = r#"
import pytest, time
@pytest.fixture(scope="module")
def wide(): time.sleep(0.3)
def test_waits(wide): time.sleep(1.5)
def test_other(): pass
"#;
    let project = Project::with("test_a.py", tests);
    for workers in ["0", "2"] {
        let output = project.hasten(&["-n", workers, "--durations=0", "-v"]);
        output.check(
            0,
            &["slowest fixtures", "s test_a.py::wide (module, 1 setup)"],
        );
        output.check(0, &["slowest files to collect"]);
    }
    let slow = project.hasten(&["slow", "--limit", "1"]);
    slow.check(
        0,
        &[
            "waiting ",
            "Costliest fixtures",
            "module  test_a.py::wide",
            "before and after the tests: start ",
            "the longest test, test_a.py::test_waits, with ",
        ],
    );
    assert!(!slow.stdout.contains("not measured yet"));
}

#[test]
fn a_test_whose_fixture_takes_longer_than_ever_fails_the_run() {
    let tests = r#"
import os, pytest, time
@pytest.fixture(scope="module")
def wide(): time.sleep(0.3)
@pytest.fixture
def rows(): time.sleep(float(os.environ.get("SECONDS", "0.01")))
def test_a(wide, rows): pass
def test_b(wide, rows): pass
"#;
    let project = Project::with("test_a.py", tests);
    for _ in 0..3 {
        project.hasten(&["-n", "1"]).check(0, &["2 passed in"]);
    }
    let mut command = project.command(&["-n", "1", "--durations-regress", "4", "-k", "test_b"]);
    command.env("SECONDS", "0.8");
    let output = crate::project::Output::of(command.spawn().unwrap());
    output.check(
        1,
        &["s setup    test_a.py::test_b (", "the median of 3 runs)"],
    );
    let setup = output.stdout.lines().find(|line| line.contains("s setup"));
    assert!(
        setup.unwrap().starts_with("0.8"),
        "without the fixture of the module: {setup:?}"
    );
}
