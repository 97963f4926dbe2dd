//! Tests that do harm: the right verdict for them, no hang, none to others.

use crate::project::{Project, assert_nothing_left};

const OTHERS: &str = r#"
import pytest
@pytest.mark.parametrize("n", range(20))
def test_other(n):
    pass
"#;

/// Runs a fault beside ordinary tests, under both start methods.
fn check(fault: &str, status: i32, parts: &[&str]) {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_others.py", OTHERS).and("test_fault.py", fault);
        let output = project.hasten(&["-n", "2", "--start-method", method]);
        output.check(status, parts);
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn a_segmentation_fault() {
    check(
        "import ctypes\ndef test_fault():\n    print('so far', flush=True)\n    ctypes.string_at(0)\ndef test_after(): pass\n",
        1,
        &[
            "was killed by SIGSEGV (segmentation fault)",
            "so far",
            "ctypes.string_at(0)",
            "1 failed, 21 passed in",
        ],
    );
}

#[test]
fn an_exit_without_a_word() {
    check(
        "import os\ndef test_fault(): os._exit(0)\ndef test_after(): pass\n",
        1,
        &[
            "left with exit status 0 while it ran this test",
            "1 failed, 21 passed in",
        ],
    );
}

#[test]
fn an_abort() {
    check(
        "import os\ndef test_fault(): os.abort()\n",
        1,
        &["SIGABRT", "1 failed, 20 passed in"],
    );
}

#[test]
fn a_kill() {
    check(
        "import os, signal\ndef test_fault(): os.kill(os.getpid(), signal.SIGKILL)\n",
        1,
        &["was killed by SIGKILL", "1 failed, 20 passed in"],
    );
}

#[test]
fn many_crashes() {
    check(
        "import os, pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_fault(n): os._exit(n)\n",
        1,
        &["left with exit status 5", "6 failed, 20 passed in"],
    );
}

#[test]
fn a_crash_in_teardown() {
    check(
        "import os, pytest\n@pytest.fixture\ndef end():\n    yield\n    os._exit(4)\ndef test_fault(end): pass\n",
        1,
        &[
            "left with exit status 4",
            "It was in teardown",
            "21 passed, 1 error in",
        ],
    );
}

#[test]
fn closed_descriptors() {
    // Plain pytest loses its capture files by this; the others must not lose anything.
    check(
        "import os\ndef test_fault():\n    os.closerange(3, 256)\n",
        1,
        &["1 failed, 20 passed, 1 error in"],
    );
}

#[test]
fn a_closed_channel() {
    check(
        "import os\ndef test_fault():\n    os.closerange(256, 4096)\ndef test_after(): pass\n",
        0,
        &["22 passed in"],
    );
}

#[test]
fn children_left_behind() {
    check(
        r#"
import os, subprocess, sys
def test_fault(request):
    here = str(request.config.rootpath)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", here])
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", here], start_new_session=True)
    if os.fork() == 0:
        import time
        time.sleep(600)
"#,
        0,
        &["21 passed in"],
    );
}

#[test]
fn a_forked_child_that_returns() {
    check(
        "import os\ndef test_fault():\n    pid = os.fork()\n    if pid == 0:\n        os._exit(0)\n    os.waitpid(pid, 0)\n",
        0,
        &["21 passed in"],
    );
}

#[test]
fn a_forked_child_that_comes_back_into_pytest() {
    check(
        "import os, pytest\n@pytest.fixture\ndef guarded(request):\n    yield\n    with open(request.config.rootpath / 'ends', 'a') as ends: ends.write('x')\ndef test_fault(guarded):\n    pid = os.fork()\n    if pid == 0:\n        raise SystemExit(3)\n    os.waitpid(pid, 0)\n",
        0,
        &["21 passed in"],
    );
}

#[test]
fn much_and_invalid_output() {
    check(
        "import os, sys\ndef test_fault():\n    os.write(1, b'\\xff\\xfe' * 100)\n    sys.stdout.write('x' * 50_000_000)\n",
        0,
        &["21 passed in"],
    );
}

#[test]
fn changed_surroundings() {
    check(
        r#"
import os, signal, threading
def test_fault(tmp_path):
    os.chdir(tmp_path)
    os.environ.clear()
    os.umask(0o777)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    threading.Thread(target=__import__("time").sleep, args=(600,), daemon=True).start()
"#,
        0,
        &["21 passed in"],
    );
}

#[test]
fn a_system_exit() {
    check(
        "def test_fault(): raise SystemExit(3)\n",
        1,
        &["SystemExit: 3", "1 failed, 20 passed in"],
    );
}

#[test]
fn a_keyboard_interrupt() {
    check(
        "def test_fault(): raise KeyboardInterrupt\n",
        2,
        &["KeyboardInterrupt", "test_fault.py:1: KeyboardInterrupt"],
    );
}

#[test]
fn an_exit_of_pytest() {
    check(
        "import pytest\ndef test_fault(): pytest.exit('enough', returncode=7)\n",
        7,
        &["_pytest.outcomes.Exit: enough"],
    );
}

#[test]
fn odd_names() {
    check(
        r#"
import pytest
@pytest.mark.parametrize("n", [1, 2, 3, 4], ids=["a b", "x::y[z]", "ü\n☃", "l" * 10_000])
def test_fault(n): assert n != 3
"#,
        1,
        &["1 failed, 23 passed in"],
    );
}

#[test]
fn a_session_fixture_that_crashes_at_the_end() {
    let project = Project::with("test_others.py", OTHERS).and(
        "conftest.py",
        "import os\ndef pytest_unconfigure(config):\n    if hasattr(config, 'workerinput'):\n        os._exit(9)\n",
    );
    project.hasten(&["-n", "2"]).check(
        1,
        &[
            "20 passed",
            "left with exit status 9 while it ended its session",
        ],
    );
}

#[test]
fn a_crash_in_collection() {
    let project = Project::with("test_a.py", "import os\nos._exit(5)\n");
    for (method, message) in [
        (
            "fork",
            "the process that collects tests left with exit status 5",
        ),
        ("spawn", "the processes that collect tests have ended"),
    ] {
        let output = project.hasten(&["-n", "2", "--start-method", method]);
        output.check(3, &[message]);
    }
}

#[test]
fn a_hook_that_raises_is_an_internal_error() {
    let project = Project::with("test_others.py", OTHERS).and(
        "conftest.py",
        "def pytest_runtest_setup(item):\n    pass\ndef pytest_runtest_logreport(report):\n    if report.when == 'call':\n        raise RuntimeError('hook broke')\n",
    );
    let output = project.hasten(&["-n", "2"]);
    output.check(3, &["INTERNALERROR", "hook broke"]);
}

#[test]
fn a_log_handler_on_captured_output_is_no_error_at_the_end() {
    let project = Project::with(
        "test_log.py",
        r#"
import logging, sys
def test_log():
    logging.getLogger("server").addHandler(logging.StreamHandler(sys.stderr))
"#,
    );
    let output = project.hasten(&["-n", "1"]);
    output.check(0, &["1 passed in"]);
    assert!(
        !output.stdout.contains("at the end of its session"),
        "{}",
        output.stdout
    );
}
