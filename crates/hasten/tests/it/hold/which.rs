//! Which tests are kept, and in which runs.

use std::process::Command;

use super::{FOR, assert_released, attach, hold, project, release_all, run_id, wait_until};
use crate::debugging::in_terminal;
use crate::project::{Output, Project};

/// Attaches, and lets the test end.
#[track_caller]
fn look(project: &Project, typed: &str, parts: &[&str]) {
    let run = run_id(project);
    attach(project, &[], &format!("{typed}\nc\n")).check(0, parts);
    assert_released(project, &run);
}

#[test]
fn fixtures_that_fail() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest
@pytest.fixture(scope="module")
def first():
    yield "set up"
    open("torn-down", "w").close()
@pytest.fixture
def second(first):
    inner = first * 2
    raise OSError(inner)
def test_setup(second): pass
def test_other(): pass
"#,
    );
    hold(&project, &[]).check(
        1,
        &["stays where it failed in setup", "1 passed, 1 error in"],
    );
    assert!(!project.path().join("torn-down").exists());
    look(&project, "p inner", &["'set upset up'"]);
    assert!(project.path().join("torn-down").exists());

    let project = Project::with(
        "test_a.py",
        r#"
import pytest
@pytest.fixture
def thing():
    yield
    value = "half torn down"
    raise OSError
def test_teardown(thing): pass
def test_other(): pass
"#,
    );
    hold(&project, &[]).check(
        1,
        &["stays where it failed in teardown", "2 passed, 1 error in"],
    );
    look(&project, "p value", &["'half torn down'"]);
}

#[test]
fn tests_of_unittest_before_they_are_torn_down() {
    let project = Project::with(
        "test_a.py",
        r#"
import unittest
class Django(unittest.TestCase):
    def __call__(self, result=None):
        super().__call__(result)
        self._post_teardown()
    def _post_teardown(self):
        open("rolled-back", "w").close()
class TestIt(Django):
    def setUp(self):
        self.rows = ["one"]
        self.addCleanup(lambda: open("cleaned", "w").close())
    def tearDown(self):
        self.rows.clear()
        open("torn-down", "w").close()
    def test_breaks(self):
        self.assertEqual(self.rows, [])
    def test_passes(self):
        self.rows.append("two")
        open("passed", "w").close()
class TestLoop(unittest.IsolatedAsyncioTestCase):
    async def test_async(self):
        pass
"#,
    );
    hold(&project, &["-k", "breaks"]).check(1, &["1 failed, 2 deselected in"]);
    let done = |name: &&str| project.path().join(name).exists();
    let ends = ["torn-down", "cleaned", "rolled-back"];
    assert!(!ends.iter().any(done));
    look(&project, "p self.rows", &["['one']"]);
    assert!(ends.iter().all(done));
}

#[test]
fn tests_that_run_a_loop() {
    let project = Project::with(
        "test_a.py",
        r#"
import asyncio
async def work():
    await asyncio.sleep(0)
    value = "in a task"
    assert not value
def test_breaks():
    asyncio.run(work())
"#,
    );
    hold(&project, &[]).check(1, &["1 failed in"]);
    look(&project, "p value", &["'in a task'"]);
}

#[test]
fn the_last_attempt_only() {
    let project = Project::with(
        "test_a.py",
        r#"
import pathlib
def test_breaks():
    attempts = pathlib.Path("attempts")
    number = len(attempts.read_text()) if attempts.exists() else 0
    attempts.write_text("x" * (number + 1))
    assert 0, number
def test_flaky():
    once = pathlib.Path("once")
    if not once.exists():
        once.touch()
        assert 0
def test_other(): pass
"#,
    );
    hold(&project, &["-n", "2", "--retries", "2", "--hold-max", "5"])
        .check(1, &["1 failed, 1 passed, 1 flaky", "test_breaks: process"]);
    look(&project, "p number", &["2\n"]);
}

#[test]
fn one_that_ends_the_run() {
    for args in [
        &["-n", "1", "-x"][..],
        &["-n", "1", "--maxfail", "2", "--hold-max", "2"],
        &["-n", "0"],
    ] {
        let project = project();
        let output = hold(&project, args);
        output.check(1, &["test_a.py::test_breaks: process"]);
        let failed = if args.contains(&"-x") {
            "1 failed, "
        } else {
            "2 failed, "
        };
        output.check(1, &[failed]);
        release_all(&project);
    }
}

#[test]
fn one_that_exceeds_its_limit() {
    let project = Project::with(
        "test_a.py",
        r#"
import time
def test_hangs():
    value = "where it hung"
    time.sleep(600)
def test_other(): pass
"#,
    );
    hold(&project, &["--timeout", "1"]).check(1, &["1 failed, 1 passed in", "Timeout"]);
    look(&project, "p value", &["'where it hung'"]);
}

#[test]
fn isolated_ones() {
    let project = project();
    hold(&project, &["-n", "2", "--isolate", "test"]).check(1, &["2 failed, 7 passed in"]);
    look(&project, "p value", &["42\n"]);
    // The session is ended by the worker's next process, once.
    let log = project.read("log");
    for worker in ["gw0", "gw1"] {
        assert!(
            log.matches(&format!("finished {worker}")).count() <= 1,
            "{log}"
        );
    }
}

#[test]
fn not_what_others_cannot_do_without() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest
@pytest.mark.resource("port")
def test_breaks(): assert 0
@pytest.mark.resource("port")
def test_other(): pass
@pytest.mark.resource("port")
def test_last(): assert 0
"#,
    );
    hold(&project, &["-n", "2"]).check(
        1,
        &[
            "test_a.py::test_breaks failed and is not kept: it uses port, which other tests need",
            "test_a.py::test_last: process",
            "2 failed, 1 passed in",
        ],
    );
    let run = run_id(&project);
    attach(&project, &["--release"], "").check(0, &[]);
    assert_released(&project, &run);

    let tests = "def test_breaks(): assert 0\ndef test_other(): pass\n";
    let project = Project::with("test_a.py", tests);
    let output = hold(&project, &["-n", "2", "--dist", "loadfile"]);
    output.check(
        1,
        &[
            "is not kept: other tests have to run in the same process",
            "1 failed, 1 passed in",
        ],
    );
    let output = hold(&project, &["-n", "2", "--dist", "loadfile", "-x"]);
    output.check(1, &["test_a.py::test_breaks: process"]);
    look(&project, "p 1", &["1\n"]);
}

#[test]
fn not_one_whose_failure_is_no_failure() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest
@pytest.mark.xfail
def test_xfail(): assert 0
def test_skip(): pytest.skip("no")
def test_quarantined(): assert 0
"#,
    )
    .and("quarantine.txt", "test_a.py::test_quarantined\n");
    let output = hold(&project, &["--quarantine", "quarantine.txt"]);
    output.check(0, &["1 skipped", "1 xfailed"]);
    assert!(!output.stdout.contains("kept after"), "{}", output.stdout);
    assert!(!project.path().join(".hasten/held").exists());
}

#[test]
fn the_value_of_a_shared_fixture_stays() {
    let project = Project::with(
        "conftest.py",
        r#"
import hasten, pytest
@pytest.fixture(scope="session")
@hasten.once
def database(worker_id):
    yield "db of " + worker_id
    with open("down", "a") as file: file.write(worker_id)
"#,
    )
    .and(
        "test_a.py",
        r#"
import pytest
def test_breaks(database): assert 0, database
@pytest.mark.parametrize("n", range(5))
def test_others(database, n): assert database == "db of gw0"
"#,
    );
    hold(&project, &["-n", "1"]).check(1, &["1 failed, 5 passed in"]);
    assert_eq!(project.read("down"), "");
    look(&project, "p database", &["'db of gw0'"]);
    assert_eq!(project.read("down"), "gw0");
}

#[test]
fn while_a_run_goes_on_and_after_it_was_interrupted() {
    let project = Project::with(
        "test_a.py",
        r#"
import pathlib, time
def test_breaks():
    value = "early"
    assert 0
def test_waits():
    pathlib.Path("waits").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.01)
"#,
    );
    let args: Vec<&str> = FOR.iter().copied().chain(["-n", "2"]).collect();
    let child = project.start(&args);
    project.wait_for("waits");
    wait_until(|| project.path().join(".hasten/held").exists());
    wait_until(|| {
        attach(&project, &["--list"], "")
            .stdout
            .contains("test_breaks")
    });
    let run = run_id(&project);
    attach(&project, &[], "p value\nq\n").check(0, &["'early'"]);
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    Output::of(child).check(2, &["KeyboardInterrupt", "test_a.py::test_breaks: process"]);
    attach(&project, &[], "p value\nc\n").check(0, &["'early'"]);
    assert_released(&project, &run);

    let child = project.start(&args);
    wait_until(|| {
        attach(&project, &["--list"], "")
            .stdout
            .contains("test_breaks")
    });
    let run = run_id(&project);
    let output = attach(&project, &["--release"], "");
    assert!(
        output.stderr.contains("is torn down when its run is over"),
        "{}",
        output.stderr
    );
    std::fs::write(project.path().join("go"), "").unwrap();
    Output::of(child).check(1, &["1 failed, 1 passed in"]);
    assert_released(&project, &run);
}

#[test]
fn one_that_has_read_from_the_terminal() {
    let project = Project::with(
        "conftest.py",
        r#"
import pytest
@pytest.fixture(scope="session")
def server():
    yield
    open("down", "w").close()
"#,
    )
    .and(
        "test_a.py",
        "def test_asks(server):\n    value = input('which? ')\n    assert 0\n",
    );
    let args = [&FOR[..], &["-n", "2", "-s"]].concat();
    let output = in_terminal(&project, &args, &[("which? ", "seven\\n")]);
    output.check(
        0,
        &[
            "1 failed in",
            "test_a.py::test_asks: process",
            "unanswered: []\nstatus 1\n",
        ],
    );
    look(&project, "p value", &["'seven'"]);
    assert!(project.path().join("down").exists());

    let args = [&FOR[..], &["-n", "2", "--pdb"]].concat();
    let project = project.and("test_a.py", "def test_breaks(): assert 0\n");
    let output = in_terminal(&project, &args, &[("(Pdb)", "c\\n")]);
    output.check(
        0,
        &[
            "--hold-failed had no effect: under --pdb",
            "1 failed in",
            "unanswered: []\nstatus 1\n",
        ],
    );
    assert!(!project.path().join(".hasten/held").exists());
}
