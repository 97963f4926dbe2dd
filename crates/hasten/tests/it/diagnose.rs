//! `--diagnose-flaky`.

use std::process::{Child, Command};

use crate::project::{Output, Project, assert_nothing_left};

const POLLUTED: &str = r#"
import os, pytest
@pytest.mark.parametrize("n", range(20))
def test_harmless(n): pass
def test_sets_locale(): os.environ["POLLUTED"] = "1"
@pytest.mark.parametrize("n", range(10))
def test_later(n): pass
"#;
const VICTIM: &str = r#"
import os
def test_total(): assert "POLLUTED" not in os.environ
"#;

fn check(project: &Project, args: &[&str], parts: &[&str]) -> String {
    let args = [args, &["--diagnose-flaky"]].concat();
    let output = project.hasten(&args);
    output.check(1, parts);
    assert_nothing_left(&project.path().to_string_lossy());
    output.stdout
}

#[test]
fn the_polluting_test_is_named() {
    let project = Project::with("test_a.py", POLLUTED).and("test_b.py", VICTIM);
    let output = check(
        &project,
        &["-n", "1"],
        &[
            "diagnosing 1 failed test …",
            "test_b.py::test_total depends on the order: it fails after test_a.py::test_sets_locale, and passes alone (",
            "1 failed, 31 passed in",
        ],
    );
    assert_eq!(output.matches("FAILED test_b.py").count(), 1, "{output}");
}

#[test]
fn two_that_act_together_are_both_named() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pytest
@pytest.mark.parametrize("n", range(12))
def test_step(n): os.environ[f"STEP_{n}"] = "1"
def test_victim(): assert not ("STEP_1" in os.environ and "STEP_9" in os.environ)
"#,
    );
    check(
        &project,
        &["-n", "1"],
        &[
            "test_a.py::test_victim depends on the order: it fails after test_a.py::test_step[1] and test_a.py::test_step[9] together, and passes alone",
        ],
    );
}

#[test]
fn a_bug_fails_always() {
    for workers in ["1", "2"] {
        let project = Project::with(
            "test_y.py",
            "def test_first(): pass\ndef test_bug(): assert 0\n",
        );
        let part = if workers == "1" {
            "test_y.py::test_bug fails always (alone and after the tests before it)"
        } else {
            "test_y.py::test_bug fails always (alone"
        };
        check(&project, &["-n", workers], &[part, "1 failed, 1 passed in"]);
    }
}

#[test]
fn chance_is_called_so() {
    // It fails each second time.
    let project = Project::with(
        "test_x.py",
        r#"
import pathlib
COUNT = pathlib.Path(__file__).parent / "count"
def test_net():
    count = len(COUNT.read_text()) if COUNT.exists() else 0
    COUNT.write_text("x" * (count + 1))
    assert count % 2
"#,
    );
    for workers in ["1", "2"] {
        let _ = std::fs::remove_file(project.path().join("count"));
        check(
            &project,
            &["-n", workers],
            &["test_x.py::test_net is flaky by itself: it failed in 2 of 4 runs alone"],
        );
    }
}

#[test]
fn one_that_passes_now_is_flaky() {
    let project = Project::with(
        "test_x.py",
        r#"
import pathlib
def test_before(): pass
def test_once(request):
    mark = request.config.rootpath / "failed"
    if not mark.exists():
        mark.touch()
        assert 0
"#,
    );
    check(
        &project,
        &["-n", "1"],
        &[
            "test_x.py::test_once is flaky by itself: it failed in 0 of 4 runs alone and in 0 of 1 after",
        ],
    );
}

#[test]
fn a_test_that_it_needs_is_named() {
    // The two files go to two workers, which wait for one another.
    let project = Project::with(
        "test_a.py",
        r#"
import pathlib, time
HERE = pathlib.Path(__file__).parent
def test_other(): pass
def test_setup():
    import sys
    sys.prepared = True
    if not (HERE / "apart").exists():
        while not (HERE / "ran").exists():
            time.sleep(0.01)
        (HERE / "apart").touch()
"#,
    )
    .and(
        "test_b.py",
        r#"
import pathlib, sys
def test_needs():
    (pathlib.Path(__file__).parent / "ran").touch()
    assert sys.prepared
"#,
    );
    check(
        &project,
        &["-n", "2"],
        &[
            "test_b.py::test_needs depends on the order: it needs test_a.py::test_setup to run before it, and fails alone",
        ],
    );
}

#[test]
fn crashes_and_limits_count_as_failures() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, time
def test_crash(): os.abort()
def test_slow(): time.sleep(60)
def test_error(no_such_fixture): pass
"#,
    );
    for workers in ["1", "2"] {
        check(
            &project,
            &["-n", workers, "--timeout", "1"],
            &[
                "diagnosing 3 failed tests …",
                "test_a.py::test_crash fails always (alone",
                "test_a.py::test_slow fails always (alone",
                "test_a.py::test_error fails always (alone",
                "2 failed, 1 error in",
            ],
        );
    }
}

#[test]
fn after_the_first_failure_it_works_too() {
    let project = Project::with("test_a.py", POLLUTED).and("test_b.py", VICTIM);
    check(
        &project,
        &["-n", "1", "-x"],
        &["it fails after test_a.py::test_sets_locale, and passes alone"],
    );
    // Others that fail do not keep the test from being reached.
    let project = Project::with(
        "test_a.py",
        "import os\ndef test_sets(): os.environ['SET'] = '1'\ndef test_needs(): assert 'SET' in os.environ\ndef test_victim(): assert 'SET' not in os.environ\n",
    );
    check(
        &project,
        &["-n", "1", "-x"],
        &["test_a.py::test_victim depends on the order: it fails after test_a.py::test_sets, and"],
    );
}

#[test]
fn scopes_are_pytests() {
    // The module fixture is torn down between the files, as in the run.
    let project = Project::with(
        "test_a.py",
        r#"
import sys, pytest
@pytest.fixture(scope="module")
def patched():
    sys.patched = True
    yield
    sys.left = True
def test_uses(patched): assert not hasattr(sys, "left")
def test_uses_too(patched): assert not hasattr(sys, "left")
"#,
    )
    .and(
        "test_b.py",
        "import sys\ndef test_victim(): assert not hasattr(sys, 'left')\n",
    );
    let output = check(
        &project,
        &["-n", "1"],
        &["test_b.py::test_victim depends on the order: it fails after test_a.py::test_uses"],
    );
    assert!(!output.contains("together"), "{output}");
}

#[test]
fn a_green_run_says_nothing() {
    let project = Project::with("test_a.py", "def test_a(): pass\n");
    let output = project.hasten(&["-n", "2", "--diagnose-flaky"]);
    output.check(0, &["1 passed in"]);
    assert!(!output.stdout.contains("diagnos"), "{}", output.stdout);
}

#[test]
fn it_needs_forked_workers() {
    let project = Project::with("test_a.py", "def test_a(): assert 0\n");
    let line = "--diagnose-flaky needs forked workers, so no test was diagnosed";
    check(&project, &["-n", "1", "--start-method", "spawn"], &[line]);
    check(&project, &["-n", "0"], &[line]);
}

#[test]
fn no_more_than_twenty() {
    let project = Project::with(
        "test_a.py",
        "import pytest\n@pytest.mark.parametrize('n', range(23))\ndef test_a(n): assert 0\n",
    );
    let output = check(
        &project,
        &["-n", "2"],
        &[
            "diagnosing 20 failed tests …",
            "3 more failed tests were not diagnosed: 20 are at a time",
        ],
    );
    assert_eq!(output.matches(" fails always (").count(), 20);
}

#[test]
fn nothing_of_it_reaches_the_history() {
    let project = Project::with(
        "test_a.py",
        "import time\ndef test_a(): time.sleep(0.2)\ndef test_b(): assert 0\n",
    );
    check(&project, &["-n", "1"], &["fails always"]);
    let slow = project.hasten(&["slow", "--json"]);
    slow.check(
        0,
        &[
            "\"tests\":2,",
            "\"nodeid\":\"test_a.py::test_a\"",
            "\"runs\":1,",
            "\"workers\":1,",
        ],
    );
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn an_interrupt_ends_it_with_what_is_known() {
    let project = Project::with(
        "test_a.py",
        r#"
import pathlib, time
HERE = pathlib.Path(__file__).parent
def test_hangs_then():
    if (HERE / "first").exists():
        (HERE / "again").touch()
        time.sleep(600)
    (HERE / "first").touch()
    assert 0
"#,
    );
    let child = project.start(&["-n", "2", "--diagnose-flaky"]);
    project.wait_for("again");
    interrupt(&child);
    Output::of(child).check(
        1,
        &[
            "the diagnosis was cut short: 1 of 1 failed tests have no verdict",
            "1 failed in",
        ],
    );
    assert_nothing_left(&project.path().to_string_lossy());

    // An interrupted run is not diagnosed at all.
    let project = Project::with(
        "test_a.py",
        "import time\ndef test_a(): assert 0\ndef test_b(request):\n    (request.config.rootpath / 'started').touch()\n    time.sleep(600)\n",
    );
    let child = project.start(&["-n", "1", "--diagnose-flaky"]);
    project.wait_for("started");
    interrupt(&child);
    let output = Output::of(child);
    output.check(2, &["KeyboardInterrupt", "1 failed"]);
    assert!(!output.stdout.contains("diagnos"), "{}", output.stdout);
}
