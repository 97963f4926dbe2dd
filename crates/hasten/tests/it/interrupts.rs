//! Ctrl-C, SIGTERM, SIGKILL, and job control.

use std::process::{Child, Command};
use std::time::Duration;

use crate::project::{Output, Project, assert_nothing_left, processes_with};

const SLEEPERS: &str = r#"
import pathlib, pytest, time
@pytest.fixture
def noted(request):
    yield
    (request.config.rootpath / ("torn-down-" + request.node.name)).touch()
@pytest.mark.parametrize("n", range(4))
def test_sleep(n, noted, request):
    (request.config.rootpath / f"started-{n}").touch()
    time.sleep(600)
"#;

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn started(project: &Project, args: &[&str]) -> Child {
    let child = project.start(args);
    project.wait_for("started-0");
    child
}

#[test]
fn once_and_teardown_runs_and_the_summary_is_printed() {
    for (name, args) in [
        ("INT", &["-n", "2"][..]),
        ("TERM", &["-n", "2"]),
        ("INT", &["-n", "2", "--start-method", "spawn"]),
        ("INT", &["-n", "2", "--isolate", "test"]),
        ("INT", &["-n", "0"]),
    ] {
        let project = Project::with("test_sleep.py", SLEEPERS);
        let child = started(&project, args);
        signal(&child, name);
        let output = Output::of(child);
        output.check(2, &["KeyboardInterrupt", "no tests ran in"]);
        assert!(
            project.path().join("torn-down-test_sleep[0]").exists(),
            "{args:?}"
        );
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn twice_and_nobody_waits() {
    let project = Project::with(
        "test_stubborn.py",
        r#"
import time
def test_stubborn(request):
    (request.config.rootpath / "started-0").touch()
    while True:
        try:
            time.sleep(600)
        except BaseException:
            (request.config.rootpath / "ignored").touch()
"#,
    );
    let child = started(&project, &["-n", "2"]);
    signal(&child, "INT");
    project.wait_for("ignored");
    signal(&child, "INT");
    Output::of(child).check(2, &["1 test was not run"]);
    assert_nothing_left(&project.path().to_string_lossy());
}

#[test]
fn a_killed_supervisor_leaves_nothing() {
    let project = Project::with(
        "test_sleep.py",
        r#"
import subprocess, sys, time
def test_sleep(request):
    here = str(request.config.rootpath)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", here], start_new_session=True)
    (request.config.rootpath / "started-0").touch()
    time.sleep(600)
"#,
    );
    for args in [
        &["-n", "2"][..],
        &["-n", "2", "--start-method", "spawn"],
        &["-n", "2", "--isolate", "test"],
        &["-n", "0"],
    ] {
        let mut child = started(&project, args);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_nothing_left(&project.path().to_string_lossy());
        std::fs::remove_file(project.path().join("started-0")).unwrap();
    }
}

#[test]
fn stopped_and_continued_it_goes_on() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest, time
@pytest.mark.parametrize("n", range(6))
def test_a(n, request):
    (request.config.rootpath / f"started-{n}").touch()
    time.sleep(0.2)
"#,
    );
    for more in [&[][..], &["--isolate", "test"]] {
        let child = started(&project, &[&["-n", "2"], more].concat());
        signal(&child, "TSTP");
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, "CONT");
        Output::of(child).check(0, &["6 passed in"]);
        std::fs::remove_file(project.path().join("started-0")).unwrap();
    }
}

#[test]
fn an_interrupt_in_collection_ends_the_run() {
    let project = Project::with(
        "test_a.py",
        "import pathlib, time\n(pathlib.Path(__file__).parent / 'started-0').touch()\ntime.sleep(600)\n",
    );
    let child = started(&project, &["-n", "2"]);
    signal(&child, "INT");
    Output::of(child).check(2, &["KeyboardInterrupt"]);
    assert!(processes_with(&project.path().to_string_lossy()).is_empty());
}
