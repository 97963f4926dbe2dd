//! Failed tests that are kept as they are (`--hold-failed`), and `hasten attach`.

mod ends;
mod which;

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::debugging::in_terminal;
use crate::project::{Output, Project, assert_nothing_left, processes_with};

/// No process is kept for longer, should a test fail.
const FOR: [&str; 3] = ["--hold-failed", "--hold-for", "300"];

const CONFTEST: &str = r#"
import pathlib, pytest
HERE = pathlib.Path(__file__).parent

def note(*words):
    with open(HERE / "log", "a") as file:
        file.write(" ".join(map(str, words)) + "\n")

@pytest.fixture(scope="session")
def server(worker_id):
    yield "server of " + worker_id
    note("down", worker_id)

@pytest.fixture
def row(server, request):
    yield {"name": request.node.name}
    note("deleted", request.node.name)

def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        note("finished", session.config.workerinput["workerid"])
"#;

const TESTS: &str = r#"
import os, pathlib, pytest, time

@pytest.mark.parametrize("n", range(4))
def test_before(n, server):
    pass

def test_breaks(row, server, record_property):
    record_property("kept", "value")
    value = 40 + 2
    print("heard")
    assert row["name"] == value

@pytest.mark.parametrize("n", range(4))
def test_after(n, server):
    # The one above is kept, whichever worker is faster.
    patience = 1000 if n == 2 and "PYTEST_XDIST_WORKER" in os.environ else 0
    while patience and not list(pathlib.Path(".hasten/held").glob("*.json")):
        time.sleep(0.01)
        patience -= 1
    assert n != 2
"#;

fn project() -> Project {
    Project::with("conftest.py", CONFTEST).and("test_a.py", TESTS)
}

/// Runs hasten with its output to a pipe: it ends only when nobody holds that any more.
fn hold(project: &Project, args: &[&str]) -> Output {
    let args: Vec<&str> = FOR.iter().chain(args).copied().collect();
    project.hasten(&args)
}

/// `hasten attach` without a terminal.
fn attach(project: &Project, args: &[&str], typed: &str) -> Output {
    let args: Vec<&str> = ["attach"].iter().chain(args).copied().collect();
    let mut child = project
        .command(&args)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    Output::of(child)
}

/// What is said of a process that is kept.
fn entry(project: &Project) -> serde_json::Value {
    let folder = std::fs::read_dir(project.path().join(".hasten/held")).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    let is_entry = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let file = files.filter(is_entry).min().unwrap();
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The id of the run, by which its processes are found.
fn run_id(project: &Project) -> String {
    entry(project)["run"].as_str().unwrap().to_owned()
}

/// Nothing is left of what was kept.
#[track_caller]
fn assert_released(project: &Project, run: &str) {
    assert_nothing_left(run);
    wait_until(|| !project.path().join(".hasten/held").exists());
}

/// Lets all end that is kept.
#[track_caller]
fn release_all(project: &Project) {
    let run = run_id(project);
    attach(project, &["--release-all"], "").check(0, &[]);
    assert_released(project, &run);
}

#[track_caller]
fn wait_until(holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "it never came to that"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn pdb_opens_in_the_frame_that_failed() {
    for method in ["fork", "spawn"] {
        let project = project();
        let args = ["-n", "2", "--start-method", method];
        hold(&project, &args).check(
            1,
            &[
                "= kept after a failure =",
                "test_a.py::test_breaks: process ",
                "stays where it failed, 5 minutes at most\n  hasten attach test_a.py::test_breaks\n",
                "2 failed, 7 passed in",
            ],
        );
        let log = project.read("log");
        assert!(!log.contains("deleted"), "{log}");
        let worker = entry(&project)["worker"].as_str().unwrap().to_owned();
        assert!(!log.contains(&format!("{worker}\n")), "{log}");
        let run = run_id(&project);
        let typed = "p value, row, server[:6]\np request\nn\nq\n";
        let output = attach(&project, &["test_a.py::test_breaks"], typed);
        output.check(
            0,
            &[
                "captured stdout >",
                "heard\n",
                ">       assert row[\"name\"] == value",
                "(42, {'name': 'test_breaks'}, 'server')",
                "*** NameError: name 'request' is not defined",
                "The test is over: c lets it go on",
            ],
        );
        assert!(
            output
                .stderr
                .contains("test_a.py::test_breaks stays as it is for another "),
            "{}",
            output.stderr
        );
        let output = attach(&project, &[], "p value + 1\nc\np 'never'\n");
        output.check(0, &["43\n"]);
        assert!(
            output
                .stderr
                .contains("was torn down, and its process has ended")
        );
        assert!(!output.stdout.contains("never\n"), "{}", output.stdout);
        let log = project.read("log");
        let end = format!("deleted test_breaks\ndown {worker}\nfinished {worker}\n");
        assert!(log.contains(&end), "{log}");
        assert_released(&project, &run);
    }
}

#[test]
fn a_terminal_is_carried_to_it() {
    let project = project();
    hold(&project, &["-n", "2"]).check(1, &["2 failed, 7 passed in"]);
    let run = run_id(&project);
    let output = in_terminal(
        &project,
        &["attach"],
        &[
            ("(Pdb)", "import os, sys\\n"),
            ("(Pdb)", "p 'tty', os.isatty(0), sys.stdin.isatty()\\n"),
            ("('tty', True, True)\\n(Pdb)", "p value + 1\\n"),
            // Up: the line before.
            ("43\\n(Pdb)", "\\x10 + 1\\n"),
            ("44\\n(Pdb)", "import time; time.sleep(600)\\n"),
            ("time.sleep(600)", "\\x03"),
            ("KeyboardInterrupt", "p 6 * 7000\\n"),
            ("42000\\n(Pdb)", "\\x04"),
            ("stays as it is", ""),
        ],
    );
    output.check(0, &["unanswered: []\nstatus 0\n"]);
    let output = in_terminal(&project, &["attach"], &[("(Pdb)", "c\\n")]);
    output.check(0, &["its process has ended", "unanswered: []\nstatus 0\n"]);
    assert_released(&project, &run);
}

#[test]
fn the_run_is_the_same_without() {
    let suite = || {
        let plain = CONFTEST.replace("server(worker_id)", "server(worker_id='any')");
        Project::with("conftest.py", &plain)
            .and("test_a.py", TESTS)
            .and(
                "test_b.py",
                r#"
import pytest, sys, unittest
@pytest.fixture
def broken(row):
    raise OSError("no setup")
@pytest.fixture
def late():
    yield
    raise OSError("no teardown")
def test_setup(broken): pass
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail(strict=True)
def test_xpass(): pass
def test_skip(): pytest.skip("no")
class TestUnit(unittest.TestCase):
    def setUp(self): self.value = 3
    def tearDown(self): del self.value
    def test_fails(self): self.assertEqual(self.value, 4)
    def test_passes(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.skip("no")
    def test_skipped(self): pass
def test_late(late): pass
def test_warns(recwarn):
    import warnings
    warnings.warn("not reported")
    assert not recwarn.list
"#,
            )
    };
    let results = |project: &Project| {
        let report = project.read("report.xml");
        let cases = report.split("<testcase").skip(1);
        let word = |case: &str, name: &str| {
            let rest = case.split_once(&format!(" {name}=\"")).unwrap().1;
            rest.split_once('"').unwrap().0.to_owned()
        };
        let kinds = ["<failure", "<error", "<skipped"];
        cases
            .map(|case| {
                let kind: Vec<&str> = kinds
                    .into_iter()
                    .filter(|kind| case.contains(kind))
                    .collect();
                let recorded = case.contains("<property name=\"kept\" value=\"value\"");
                (word(case, "classname"), word(case, "name"), kind, recorded)
            })
            .collect::<Vec<_>>()
    };
    let plain = suite();
    let args = ["--junitxml=report.xml", "-p", "no:cacheprovider"];
    let counts = "5 failed, 9 passed, 2 skipped, 2 xfailed, 1 warning, 2 errors in";
    plain.pytest(&args).check(1, &[counts]);
    for (workers, most) in [("1", "9"), ("1", "1"), ("2", "2")] {
        let held = suite();
        hold(
            &held,
            &[&args[..], &["-n", workers, "--hold-max", most]].concat(),
        )
        .check(1, &[counts, "kept after a failure"]);
        let (mut found, mut expected) = (results(&held), results(&plain));
        if workers == "2" {
            // Files come in the order of their completion.
            found.sort();
            expected.sort();
        }
        assert_eq!(found, expected);
        release_all(&held);
    }
}

#[test]
fn a_released_test_shows_what_fails_in_its_teardown() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest
@pytest.fixture
def thing():
    yield
    raise OSError("it is stuck")
def test_breaks(thing):
    assert 0
"#,
    );
    hold(&project, &[]).check(1, &["1 failed in"]);
    let output = attach(&project, &[], "c\n");
    output.check(
        0,
        &[
            "test_a.py::test_breaks has failed in teardown",
            "OSError: it is stuck",
        ],
    );
}

#[test]
fn a_process_ends_when_its_time_is_over() {
    let project = project();
    let args = [
        "--hold-failed",
        "--hold-for",
        "1",
        "-n",
        "2",
        "-k",
        "breaks",
    ];
    project
        .hasten(&args)
        .check(1, &["1 failed, 8 deselected in"]);
    wait_until(|| project.read("log").contains("deleted test_breaks\ndown gw"));
    wait_until(|| !project.path().join(".hasten/held").exists());
    let output = attach(&project, &[], "");
    assert_eq!(output.status, 4);
    assert!(
        output.stderr.contains("no test is kept"),
        "{}",
        output.stderr
    );
    attach(&project, &["--list"], "").check(0, &["no test is kept\n"]);
}

#[test]
fn what_a_kept_test_has_started_lives_as_long_as_it() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pathlib, subprocess, sys
def test_breaks():
    code = "import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); time.sleep(600)"
    subprocess.run([sys.executable, "-c", code, "kept-daemon"], check=True)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "kept-child"])
    assert 0
def test_other(): pass
"#,
    );
    hold(&project, &["-n", "2"]).check(1, &["1 failed, 1 passed in"]);
    let run = run_id(&project);
    let lives = |name: &str| {
        let ours = processes_with(&run);
        processes_with(name).iter().any(|pid| ours.contains(pid))
    };
    assert!(lives("kept-daemon") && lives("kept-child"));
    attach(&project, &["--release"], "").check(0, &[]);
    assert_released(&project, &run);
}

#[test]
fn names_are_told_apart() {
    let project = project();
    hold(&project, &["-n", "2", "--hold-max", "5"]).check(
        1,
        &[
            "test_a.py::test_breaks: process",
            "test_a.py::test_after[2]: process",
            "hasten attach 'test_a.py::test_after[2]'",
            "2 failed, 7 passed in",
        ],
    );
    let run = run_id(&project);
    let output = attach(&project, &[], "");
    assert_eq!(output.status, 4);
    assert!(
        output
            .stderr
            .contains("several tests are kept: name one of")
    );
    let output = attach(&project, &["test_a.py::test_breks"], "");
    assert_eq!(output.status, 4);
    let nearest = "test_a.py::test_breks is not kept, but:\n  test_a.py::test_breaks\n  test_a.py::test_after[2]";
    assert!(output.stderr.contains(nearest), "{}", output.stderr);
    attach(&project, &["--list"], "").check(
        0,
        &["test_a.py::test_after[2]\n  call: assert 2 != 2\n  process "],
    );
    attach(&project, &["test_a.py::test_after[2]"], "p n\nc\n").check(0, &["2\n"]);
    attach(&project, &[], "p value\nc\n").check(0, &["42\n"]);
    assert_released(&project, &run);
}

#[test]
fn a_killed_process_leaves_nothing() {
    let project = project();
    hold(&project, &["-n", "2", "-k", "breaks"]).check(1, &["1 failed, 8 deselected in"]);
    let run = run_id(&project);
    let typed = "import os; os.kill(os.getpid(), 9)\n";
    let output = attach(&project, &[], typed);
    assert_eq!(output.status, 1, "{}", output.stdout);
    assert!(
        output.stderr.contains("has ended without its teardown"),
        "{}",
        output.stderr
    );
    assert_released(&project, &run);
}
