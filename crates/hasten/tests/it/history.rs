//! Run times: kept from the first run, shown between runs.

use camino::Utf8Path;
use hasten_history::{History, Outcome};

use crate::project::Project;

const TESTS: &str = r#"
import pytest, time
@pytest.fixture
def slow_fixture(): time.sleep(0.05)
def test_slow(slow_fixture): time.sleep(0.2)
def test_quick(): pass
"#;

#[test]
fn the_slowest_tests_are_known_after_one_run() {
    let project = Project::with("test_a.py", TESTS);
    let before = project.hasten(&["slow"]);
    assert_eq!(before.status, 0);
    assert!(
        before.stdout.contains("hasten"),
        "it says what to do: {}",
        before.stdout
    );
    for args in [&["-n", "2"][..], &["-n", "0"]] {
        project.hasten(args).check(0, &["2 passed in"]);
        let slow = project.hasten(&["slow"]);
        slow.check(0, &["test_a.py::test_slow"]);
        let json = project.hasten(&["slow", "--json"]);
        assert!(json.stdout.contains(r#""nodeid""#), "{}", json.stdout);
    }
    assert!(
        project
            .read(".hasten/.gitignore")
            .lines()
            .any(|line| line == "*")
    );
}

#[test]
fn durations_are_pytests_own_section() {
    let project = Project::with("test_a.py", TESTS);
    project.hasten(&["-n", "2", "--durations=2"]).check(
        0,
        &[
            "slowest 2 durations",
            "s call     test_a.py::test_slow",
            "s setup    test_a.py::test_slow",
        ],
    );
}

#[test]
fn a_damaged_history_is_set_aside_and_the_run_goes_on() {
    let project =
        Project::with("test_a.py", TESTS).and(".hasten/history.sqlite", "this is no database");
    let output = project.hasten(&["-n", "2"]);
    output.check(0, &["2 passed", "damaged"]);
    project
        .hasten(&["slow"])
        .check(0, &["test_a.py::test_slow"]);
}

#[test]
fn the_exit_status_that_is_kept_is_the_one_that_pytest_ended_with() {
    let project = Project::with(
        "conftest.py",
        "def pytest_sessionfinish(session): session.exitstatus = 77\n",
    )
    .and("test_a.py", "def test_a(): pass\n");
    for args in [&["-n", "2"][..], &["-n", "0"]] {
        project.hasten(args).check(77, &["1 passed in"]);
        let folder = project.path().join(".hasten");
        let folder = camino::Utf8Path::from_path(&folder).unwrap();
        let runs = hasten_history::History::open(folder).0.runs().unwrap();
        assert!(runs.iter().all(|run| run.record.exit_status == 77));
    }
}

#[test]
fn a_failure_in_quarantine_is_none_afterwards() {
    let text = "def test_bad(): assert 0, 'as ever'\ndef test_good(): pass\n";
    let project = Project::with("test_a.py", text).and("bad.txt", "test_a.py::test_bad\n");
    project
        .hasten(&["--quarantine=bad.txt", "--retries=1"])
        .check(0, &["1 passed, 1 quarantined, 1 rerun in"]);
    let folder = project.path().join(".hasten");
    let history = History::open(Utf8Path::from_path(&folder).unwrap()).0;
    assert!(history.failed().unwrap().is_empty());
    let run = history.last_run().unwrap().unwrap();
    let attempts = history.attempts(run.id).unwrap().into_iter();
    let bad = attempts.filter(|attempt| attempt.nodeid.ends_with("test_bad"));
    let outcomes: Vec<Outcome> = bad.map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Quarantined]);

    project
        .hasten(&["report"])
        .check(0, &["hasten-report.html"]);
    let page = project.read("hasten-report.html");
    assert!(page.contains("None of 2 tests failed, but 1 in quarantine"));
    let (_, listed) = page.split_once("<h3>Failed in quarantine").unwrap();
    assert!(listed.contains("as ever"));

    project
        .hasten(&["-n", "2"])
        .check(1, &["1 failed, 1 passed"]);
    assert_eq!(history.failed().unwrap().len(), 1);
}
