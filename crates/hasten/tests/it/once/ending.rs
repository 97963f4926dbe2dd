//! How they end: in which order, after the death of a worker, when the run is interrupted.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{BEGIN, DATABASE, TESTS, noted, project, run};
use crate::project::{Output, Project};

/// Kills the worker that has set it up, in its first test.
const KILLED: &str = r#"
import os, pytest
from conftest import note, wait_for
@pytest.mark.parametrize("n", range(8))
def test_it(here, database, n, worker_id):
    note("test", worker_id)
    if database["url"] == "db of " + worker_id:
        DIE
    wait_for("here", 3)
"#;

#[test]
fn the_value_of_a_killed_worker_stays() {
    // Who was killed may be the victim of others, so the test is run again.
    for (die, status, outcome) in [
        ("os.kill(os.getpid(), 9)", 0, "8 passed in"),
        ("os._exit(7)", 1, "1 failed, 7 passed in"),
    ] {
        let project = project(DATABASE, &KILLED.replace("DIE", die));
        let output = project.hasten(&["-n", "2"]);
        output.check(status, &[outcome]);
        check_that_the_value_stayed(&project, &output);
    }
}

fn check_that_the_value_stayed(project: &Project, output: &Output) {
    let owner = noted(project, "up");
    assert_eq!(owner.len(), 1, "{}", project.read("log"));
    assert_eq!(noted(project, "down").len(), 0);
    // A worker that was started later has it, too.
    assert!(noted(project, "here").len() >= 3, "{}", project.read("log"));
    let line = format!(
        "{} died: the fixture conftest.py::database, which it had set up for all workers, was not torn down",
        owner[0]
    );
    assert!(output.stdout.contains(&line), "{}", output.stdout);
}

#[test]
fn another_worker_goes_on_where_one_dies_in_the_setup() {
    let more = r#"
@pytest.fixture(scope="session")
@hasten.once
def database(worker_id):
    note("up", worker_id)
    wait_for("here", 2)
    if (HERE / "log").read_text().count("up") == 1:
        os._exit(7)
    yield {"url": worker_id}
    note("down", worker_id)
"#;
    let project = project(more, TESTS);
    run(&project, &["-n", "2"]).check(1, &["5 passed, 1 error in"]);
    let up = noted(&project, "up");
    assert_eq!(up.len(), 2, "{}", project.read("log"));
    assert_eq!(noted(&project, "down"), [up[1].as_str()]);
}

#[test]
fn a_failed_teardown_is_an_error() {
    let more = DATABASE.replace(
        "    note(\"down\", worker_id)\n",
        "    print(\"dropping it\")\n    raise RuntimeError(\"in use\")\n",
    );
    let project = project(&more, TESTS);
    let output = run(&project, &["-n", "2", "--junitxml", "junit.xml"]);
    output.check(
        1,
        &[
            "ERROR at teardown of test_it[",
            "RuntimeError: in use",
            "dropping it",
            "is of fixtures that were set up once for the whole run: they were torn down after all tests",
            "6 passed, 1 error in",
        ],
    );
    assert!(project.read("junit.xml").contains("errors=\"1\""));
}

/// Two fixtures of this kind, one behind the other, that two workers set up; and one that only the second worker has.
const TWO: &str = r#"
@pytest.fixture(scope="session")
@hasten.once
def server(worker_id):
    note("server up", worker_id)
    yield worker_id
    note("server down", worker_id)

@pytest.fixture(scope="session")
def later():
    wait_for("server up")

@pytest.fixture(scope="session")
@hasten.once
def database(server, worker_id):
    note("database up", worker_id)
    yield server + worker_id
    note("database down", worker_id)

@pytest.fixture(scope="session")
def client(server):
    note("client up")
    yield
    note("client down")
"#;

#[test]
fn they_are_torn_down_in_reverse_whoever_has_set_them_up() {
    let project = project(TWO, "def test_a(server): pass\n").and(
        "test_b.py",
        "def test_b(later, database, client): assert len(database) == 6\n",
    );
    project
        .hasten(&["-n", "2", "--dist", "loadfile"])
        .check(0, &["2 passed in"]);
    let log = project.read("log");
    let lines: Vec<&str> = log.lines().collect();
    let words: Vec<String> = lines
        .iter()
        .map(|line| line.split(" gw").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        words,
        [
            "server up",
            "database up",
            "client up",
            "database down",
            "client down",
            "server down"
        ]
    );
    let who = |line: &str| line.split(' ').next_back().unwrap().to_owned();
    assert_ne!(who(lines[0]), who(lines[1]), "{log}");
    assert_eq!(who(lines[0]), who(lines[5]));
}

#[test]
fn a_worker_without_work_keeps_it_and_what_it_needs() {
    let more = r#"
@pytest.fixture(scope="session")
def server(worker_id):
    note("server up", worker_id)
    yield threading.Lock()
    note("server down", worker_id)

@pytest.fixture(scope="session")
@hasten.once
def database(server, worker_id):
    note("up", worker_id)
    yield worker_id
    note("down", worker_id)

@pytest.fixture(scope="module")
def quick():
    yield
    note("file is over")
"#;
    // The first worker has nothing more to do when the second one leaves it the rest of its file.
    let other = r#"
import os
from conftest import note, wait_for
def test_leaves():
    wait_for("file is over")
    os._exit(7)
def test_last(database): note("last", database)
"#;
    let project = Project::with("conftest.py", &[BEGIN, "import threading\n", more].concat())
        .and("test_a.py", "def test_a(quick, database): pass\n")
        .and("test_b.py", other);
    project
        .hasten(&["-n", "2", "--dist", "loadfile"])
        .check(1, &["1 failed, 2 passed in"]);
    let owner = noted(&project, "up");
    assert_eq!(owner.len(), 1, "{}", project.read("log"));
    assert_eq!(noted(&project, "last"), owner);
    let log = project.read("log");
    let end: Vec<&str> = log
        .lines()
        .skip_while(|line| !line.starts_with("last"))
        .collect();
    let down = [
        format!("down {}", owner[0]),
        format!("server down {}", owner[0]),
    ];
    assert_eq!(end[1..], down, "{log}");
    assert_eq!(noted(&project, "server up"), owner);
}

#[test]
fn an_interrupted_run_tears_it_down() {
    let tests = r#"
import pytest, time
from conftest import note
@pytest.mark.parametrize("n", range(2))
def test_it(here, database, n):
    note("runs")
    time.sleep(600)
"#;
    let project = project(DATABASE, tests);
    assert_eq!(interrupted(&project, "runs", 2).status, 2);
    assert_eq!(noted(&project, "down"), noted(&project, "up"));
}

#[test]
fn its_teardown_can_be_interrupted() {
    let more = DATABASE.replace(
        "note(\"down\", worker_id)",
        "note(\"down\"); time.sleep(600)",
    );
    let project = project(&more, TESTS);
    let output = interrupted(&project, "down", 1);
    output.check(2, &["KeyboardInterrupt", "6 passed in"]);
}

/// Starts a run, and interrupts it once so many lines with this text are in the log.
fn interrupted(project: &Project, text: &str, times: usize) -> Output {
    let child = project.start(&["-n", "2"]);
    let begin = Instant::now();
    while project.read("log").matches(text).count() < times {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{text} never came"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    Output::of(child)
}
