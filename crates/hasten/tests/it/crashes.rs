//! Workers that die: what is said of it, what runs again, and what is ended with them.

use crate::project::{Output, Project, assert_nothing_left};

const OTHERS: &str = r#"
import pytest
@pytest.mark.parametrize("n", range(6))
def test_other(n):
    pass
"#;

/// Ends its worker like the out-of-memory killer, the first time that it runs.
const KILLED_ONCE: &str = r#"
import os, signal
def test_hungry(request):
    print("hungry")
    mark = request.config.rootpath / "killed"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"#;

fn check(project: &Project, args: &[&str], status: i32, parts: &[&str]) -> String {
    let output = project.hasten(args);
    output.check(status, parts);
    assert_nothing_left(&project.path().to_string_lossy());
    output.stdout
}

#[track_caller]
fn assert_not_said(output: &str, part: &str) {
    assert!(!output.contains(part), "{output}");
}

#[test]
fn a_victim_of_memory_runs_again_alone() {
    for args in [
        &["-n", "1"][..],
        &["-n", "2"],
        &["-n", "2", "-v"],
        &["-n", "2", "--start-method", "spawn"],
    ] {
        let project = Project::with("test_a.py", KILLED_ONCE).and("test_b.py", OTHERS);
        let line = "1 test was run again alone, since its worker was killed (out of memory is the usual reason): test_a.py::test_hungry";
        let output = check(&project, args, 0, &["7 passed in", line]);
        assert_not_said(&output, "not run");
    }
}

#[test]
fn it_is_alone_indeed() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pathlib, pytest, signal, time
HERE = pathlib.Path(__file__).parent
@pytest.mark.parametrize("n", range(2))
def test_hungry(n):
    mark = HERE / f"killed-{n}"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    assert not list(HERE.glob("running-*"))
    (HERE / f"running-{n}").touch()
    time.sleep(0.2)
    (HERE / f"running-{n}").unlink()
@pytest.mark.parametrize("n", range(4))
def test_other(n):
    (HERE / f"running-other-{n}").touch()
    time.sleep(0.2)
    (HERE / f"running-other-{n}").unlink()
"#,
    );
    let line = "2 tests were run again alone, since their workers were killed";
    check(&project, &["-n", "3"], 0, &["6 passed in", line]);
}

#[test]
fn one_that_is_killed_again_has_crashed() {
    let project = Project::with(
        "test_a.py",
        "import os, signal\ndef test_fault():\n    with open('runs', 'a') as file: file.write('x')\n    print('so far', flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n",
    )
    .and("test_b.py", OTHERS);
    check(
        &project,
        &["-n", "2"],
        1,
        &[
            "was killed by SIGKILL, which hasten did not send (out of memory is the usual reason) while it ran this test once more, alone",
            "so far",
            "1 failed, 6 passed in",
            "1 test was run again alone",
        ],
    );
    assert_eq!(project.read("runs"), "xx");
}

#[test]
fn what_failed_before_the_kill_is_not_run_again() {
    let project = Project::with(
        "test_a.py",
        "import os, pytest, signal\n@pytest.fixture\ndef end():\n    yield\n    os.kill(os.getpid(), signal.SIGKILL)\ndef test_fault(end):\n    assert 0\n",
    );
    let output = check(&project, &["-n", "1"], 1, &["1 failed, 1 error in"]);
    assert_not_said(&output, "again alone");
}

#[test]
fn without_a_second_chance_it_has_crashed() {
    let slow = "import time\ndef test_slow(request):\n    (request.config.rootpath / 'started').touch()\n    time.sleep(600)\n";
    let project = Project::with("test_a.py", KILLED_ONCE).and("test_b.py", slow);
    let child = project.start(&["-n", "2"]);
    project.wait_for("started");
    project.wait_for("killed");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = Output::of(child);
    output.check(
        2,
        &[
            "FAILED test_a.py::test_hungry - Worker gw",
            "1 failed",
            "KeyboardInterrupt",
        ],
    );
    assert_not_said(&output.stdout, "again alone");

    let fails = "import time\ndef test_fails(request):\n    while not (request.config.rootpath / 'killed').exists():\n        time.sleep(0.01)\n    time.sleep(0.3)\n    assert 0\n";
    let project = Project::with("test_a.py", KILLED_ONCE).and("test_b.py", fails);
    let output = check(
        &project,
        &["-n", "2", "-x"],
        1,
        &["FAILED test_a.py::test_hungry - Worker gw", "2 failed in"],
    );
    assert_not_said(&output, "again alone");
    assert_not_said(&output, "not run");
}

#[test]
fn a_limit_of_cpu_time_is_named() {
    let project = Project::with(
        "test_a.py",
        "import resource\ndef test_fault():\n    resource.setrlimit(resource.RLIMIT_CPU, (1, 10))\n    while True: pass\n",
    );
    let words = "was killed by SIGXCPU (more CPU time than RLIMIT_CPU allows) while it ran";
    check(&project, &["-n", "1"], 1, &[words, "1 failed in"]);
}

#[test]
fn a_memory_error_is_an_ordinary_failure() {
    let project = Project::with(
        "test_a.py",
        "import resource\ndef test_fault():\n    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n    b'x' * (1 << 31)\n",
    );
    let output = check(&project, &["-n", "1"], 1, &["MemoryError", "1 failed in"]);
    assert_not_said(&output, "Worker");
}

#[test]
fn a_broken_channel_is_no_fault_of_the_test_alone() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, socket, stat
def test_fault():
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number >= 700 and stat.S_ISSOCK(os.stat(number).st_mode):
            os.write(number, b"\xff" * 64)
    import time
    time.sleep(600)
"#,
    );
    check(
        &project,
        &["-n", "1"],
        1,
        &["ended through a fault in hasten (", "1 failed in"],
    );
}

const WIDE: &str = r#"
import os, pytest
@pytest.fixture(scope="SCOPE")
def wide():
    yield 1
@pytest.fixture(scope="session")
def value():
    return 1
def test_first(wide): pass
def test_fault(): os.abort()
"#;

#[test]
fn fixtures_that_are_not_torn_down_are_named_once() {
    for scope in ["module", "session"] {
        let project = Project::with("test_a.py", &WIDE.replace("SCOPE", scope));
        let line = "gw0 was killed: fixtures of class, module, package or session scope that it had set up were not torn down";
        check(&project, &["-n", "1"], 1, &["1 failed, 1 passed", line]);
    }
    // Set up by the very test that dies, on a time limit.
    let project = Project::with(
        "test_a.py",
        "import pytest, time\n@pytest.fixture(scope='module')\ndef wide(request):\n    request.addfinalizer(print)\ndef test_fault(wide):\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass\n",
    );
    check(
        &project,
        &["-n", "1", "--timeout", "0.5", "--timeout-grace", "0.3"],
        1,
        &["Timeout (>0.5s)", "gw0 was killed: fixtures of class"],
    );
}

#[test]
fn fixtures_without_a_teardown_are_not_mentioned() {
    for text in [
        // Of the test itself; of pytest; only a value; torn down with the module before.
        "import os, pytest\n@pytest.fixture\ndef own():\n    yield\ndef test_fault(own, tmp_path): os.abort()\n",
        "import os, pytest\n@pytest.fixture(scope='session')\ndef value(): return 1\n@pytest.fixture(scope='session')\ndef other(value): return 1\ndef test_fault(value, other): os.abort()\n",
        "import os, pytest\nclass Test:\n    @pytest.fixture(scope='class')\n    def wide(self):\n        yield\n    def test_a(self, wide): pass\ndef test_fault(): os.abort()\n",
    ] {
        let project = Project::with("test_a.py", text);
        let output = check(&project, &["-n", "1"], 1, &["SIGABRT", "1 failed"]);
        assert_not_said(&output, "torn down");
    }
}

const CHILDREN: &str = r#"
import os, pathlib, subprocess, sys, time
PIDS = pathlib.Path(__file__).parent / "pids"
def test_fault(request):
    here = str(request.config.rootpath)
    command = [sys.executable, "-c", "import time; time.sleep(600)", here]
    PIDS.write_text(str(subprocess.Popen(command, start_new_session=True).pid))
    subprocess.Popen(command)
    FAULT
def test_after():
    for _ in range(500):
        try:
            os.kill(int(PIDS.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("it lives")
"#;

#[test]
fn what_left_the_group_of_a_dead_worker_is_ended() {
    for (fault, args) in [
        ("os.abort()", &["-n", "1"][..]),
        ("os._exit(3)", &["-n", "1", "--start-method", "spawn"]),
        // Killed, since it cannot end by itself.
        (
            "import signal; os.kill(os.getpid(), signal.SIGSTOP)",
            &["-n", "1", "--timeout", "1.5", "--timeout-grace", "0.3"],
        ),
    ] {
        let project = Project::with("test_a.py", &CHILDREN.replace("FAULT", fault));
        let line = "ended 1 process that test_a.py::test_fault left behind: ";
        check(&project, args, 1, &[line, "(pid ", "1 failed, 1 passed"]);
    }
}

#[test]
fn a_daemon_of_a_living_worker_stays() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pathlib, subprocess, sys, time
HERE = pathlib.Path(__file__).parent
def test_daemon():
    # Its parent leaves at once: it is an orphan of a worker that lives.
    code = "import os, sys, time\nif os.fork() == 0:\n    os.setsid()\n    with open(sys.argv[1], 'w') as file: file.write(str(os.getpid()))\n    time.sleep(600)\n"
    subprocess.run([sys.executable, "-c", code, str(HERE / "daemon")])
    while not (HERE / "after").exists():
        time.sleep(0.01)
    os.kill(int((HERE / "daemon").read_text()), 0)
"#,
    )
    .and(
        "test_b.py",
        r#"
import os, pathlib, time
HERE = pathlib.Path(__file__).parent
def test_fault():
    while not (HERE / "daemon").exists() or not (HERE / "daemon").read_text():
        time.sleep(0.01)
    os.abort()
def test_after():
    (HERE / "after").touch()
"#,
    );
    let output = check(&project, &["-n", "2"], 1, &["1 failed, 2 passed"]);
    assert_not_said(&output, "left behind");
}

#[test]
fn a_daemon_that_is_older_than_the_workers_stays() {
    let project = Project::with(
        "conftest.py",
        r#"
import subprocess, sys
CODE = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    with open(sys.argv[1], "a") as file: file.write(f"{os.getpid()}\\n")
    time.sleep(600)
"""
def pytest_configure(config):
    subprocess.run([sys.executable, "-c", CODE, str(config.rootpath / "daemons")])
"#,
    )
    .and(
        "test_a.py",
        r#"
import os, time
def test_fault(): os.abort()
def test_after(request):
    time.sleep(0.3)
    pids = (request.config.rootpath / "daemons").read_text().split()
    assert len(pids) == 2
    for pid in pids:
        os.kill(int(pid), 0)
"#,
    );
    let output = check(&project, &["-n", "1"], 1, &["1 failed, 1 passed"]);
    assert_not_said(&output, "left behind");
}

#[test]
fn one_worker_is_replaced_by_one() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pytest, time
@pytest.mark.parametrize("n", range(4))
def test_crash(n, worker_id, request):
    with open(request.config.rootpath / "log", "a") as log:
        log.write(f"begin {worker_id}\n")
        log.flush()
        time.sleep(0.1)
        log.write(f"end {worker_id}\n")
    os._exit(1)
"#,
    );
    project.hasten(&["-n", "1"]).check(1, &["4 failed in"]);
    let log = project.read("log");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 8, "{log}");
    for pair in lines.chunks(2) {
        let (begin, end) = (pair[0].split_once(' '), pair[1].split_once(' '));
        assert_eq!(begin.unwrap().1, end.unwrap().1, "two at a time: {log}");
    }
}

#[test]
fn the_stack_of_an_earlier_time_limit_is_not_that_of_a_crash() {
    let project = Project::with(
        "test_a.py",
        r#"
import os, pytest, time
@pytest.mark.timeout(0.3)
def test_slow(): time.sleep(60)
def test_crash(): os._exit(3)
"#,
    );
    let output = project.hasten(&["-n", "1"]);
    output.check(1, &["left with exit status 3", "2 failed in"]);
    assert_not_said(&output.stdout, "in test_slow");
}

/// A worker that dies at once, whose parent does this after the fork, before it leaves.
fn dies_early(at_import: &str, in_parent: &str) -> Project {
    let conftest = format!(
        r#"
import os, signal, time
{at_import}
def in_parent():
    {in_parent}
def pytest_collection_finish():
    os.register_at_fork(after_in_parent=in_parent)
"#
    );
    Project::with("conftest.py", &conftest).and(
        "test_a.py",
        "import os\ndef test_a(): os._exit(7)\ndef test_b(): pass\n",
    )
}

#[test]
fn the_system_takes_no_status_where_the_suite_ignores_children() {
    let project = dies_early(
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "time.sleep(0.5)",
    );
    let died = "left with exit status 7 while it ran this test";
    check(&project, &["-n", "2"], 1, &[died, "1 failed, 1 passed in"]);
}

#[test]
fn a_worker_whose_status_another_process_has_taken_is_missed() {
    let project = dies_early("", "os.waitpid(-1, 0)");
    let died = "ended (how is not known: another process has taken its exit status) while it ran this test";
    check(&project, &["-n", "2"], 1, &[died, "1 failed, 1 passed in"]);
}
