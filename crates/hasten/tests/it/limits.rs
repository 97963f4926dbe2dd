//! Time limits.

use crate::project::{Project, assert_nothing_left};

/// The article's sample, a hundred times as fast.
const SAMPLE: &str = r#"
import time

class Test:
    def test_fastest(self):
        time.sleep(0.05)

    def test_slow(self):
        time.sleep(0.4)

    def test_slowest(self):
        print("about to sleep")
        time.sleep(60)
"#;

#[test]
fn the_articles_sample() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_sample.py", SAMPLE);
        let output = project.hasten(&["--timeout", "2", "--start-method", method]);
        output.check(
            1,
            &[
                "Timeout (>2.0s)",
                ">       time.sleep(60)\nE       Failed: Timeout (>2.0s)",
                "about to sleep",
                "FAILED test_sample.py::Test::test_slowest - Failed: Timeout (>2.0s)",
                "1 failed, 2 passed in",
            ],
        );
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn the_limit_comes_from_wherever_it_can_be_written() {
    let text = |mark: &str| {
        format!(
            "import pytest, time\n{mark}\ndef test_slow(): time.sleep(60)\ndef test_ok(): pass\n"
        )
    };
    let failed = &["Timeout (>0.5s)", "1 failed, 1 passed in"];
    let unmarked = Project::with("test_a.py", &text(""));
    unmarked.hasten(&["--timeout=0.5"]).check(1, failed);
    crate::project::Output::of(
        unmarked
            .command(&[])
            .env("PYTEST_TIMEOUT", "0.5")
            .spawn()
            .unwrap(),
    )
    .check(1, failed);
    unmarked.hasten(&["-o", "timeout=0.5"]).check(1, failed);
    unmarked
        .hasten(&["-o", "timeout=0.5", "-n", "0"])
        .check(1, failed);
    let marked = Project::with("test_a.py", &text("@pytest.mark.timeout(0.5)"));
    marked.hasten(&["--timeout=100"]).check(1, failed);
}

#[test]
fn a_mark_of_zero_is_no_limit() {
    let project = Project::with(
        "test_a.py",
        "import pytest, time\n@pytest.mark.timeout(0)\ndef test_slow(): time.sleep(1)\n",
    );
    project
        .hasten(&["--timeout=0.2"])
        .check(0, &["1 passed in"]);
}

#[test]
fn nothing_can_dodge_it() {
    let project = Project::with(
        "test_a.py",
        r#"
import ctypes, os, pytest, signal, subprocess, sys, threading, time

def test_holds_the_gil():
    ctypes.PyDLL(None).sleep(60)

def test_swallows_everything():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def test_busy():
    while True:
        pass

def test_blocks_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    time.sleep(60)

def test_waits_for_a_child():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", os.getcwd()])

def test_stops_itself():
    os.kill(os.getpid(), signal.SIGSTOP)

@pytest.fixture
def stuck():
    yield
    time.sleep(60)

def test_stuck_teardown(stuck):
    pass

def test_ok():
    pass
"#,
    );
    let output = project.hasten(&["--timeout=1", "--timeout-grace=1", "-n", "2"]);
    output.check(
        1,
        &[
            "ctypes.PyDLL(None).sleep(60)",
            "FAILED test_a.py::test_holds_the_gil - Failed: Timeout (>1.0s)",
            "FAILED test_a.py::test_swallows_everything - Failed: Timeout (>1.0s)",
            "FAILED test_a.py::test_busy - Failed: Timeout (>1.0s)",
            "FAILED test_a.py::test_blocks_signals - Failed: Timeout (>1.0s)",
            "FAILED test_a.py::test_waits_for_a_child - Failed: Timeout (>1.0s)",
            "FAILED test_a.py::test_stops_itself - Failed: Timeout (>1.0s)",
            "test_stuck_teardown - Failed: Timeout (>1.0s)",
            "6 failed, 2 passed, 1 error",
        ],
    );
    assert_nothing_left(&project.path().to_string_lossy());
}
