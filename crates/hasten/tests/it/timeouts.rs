//! What happens at a time limit, whatever the test is doing.

use std::process::{Child, Command};

use crate::project::{Output, Project, assert_nothing_left};

const MODES: [&[&str]; 3] = [
    &["-n", "2"],
    &["-n", "2", "--start-method", "spawn"],
    &["-n", "0"],
];

/// Tests that hang, each in its own way.
const HANGING: &str = r#"
import asyncio, ctypes, os, pytest, signal, subprocess, sys, threading, time

def test_sleep():
    print("so far")
    try:
        time.sleep(600)
    finally:
        print("the end of the test was reached")

def test_busy():
    while True:
        pass

def test_c_without_the_gil():
    ctypes.CDLL(None).pthread_mutex_lock(locked())

def test_c_with_the_gil():
    ctypes.PyDLL(None).pthread_mutex_lock(locked())

def locked():
    mutex = ctypes.create_string_buffer(64)
    ctypes.CDLL(None).pthread_mutex_lock(mutex)
    return mutex

def test_lock_of_a_dead_thread():
    lock = threading.Lock()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    lock.acquire()

def test_asyncio():
    async def waits_for_nothing():
        await asyncio.Event().wait()
    asyncio.run(waits_for_nothing())

def test_swallows():
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

def test_swallows_and_passes():
    with pytest.raises(BaseException):
        time.sleep(600)

def test_blocks_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    time.sleep(600)

def test_uses_alarm():
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        time.sleep(600)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

def test_waits_for_a_subprocess():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", os.getcwd()])

def test_waits_for_a_fork():
    child = os.fork()
    if child == 0:
        while True:
            time.sleep(600)
    os.waitpid(child, 0)

def test_stops_itself():
    os.kill(os.getpid(), signal.SIGSTOP)

@pytest.fixture
def teardown_that_hangs():
    yield
    time.sleep(600)

def test_stuck_teardown(teardown_that_hangs):
    pass

@pytest.fixture(scope="session")
def database():
    time.sleep(600)

def test_stuck_session_fixture(database):
    pass

def test_ok():
    pass
"#;

#[test]
fn whatever_hangs_fails_alone() {
    for mode in MODES {
        let project = Project::with("test_hang.py", HANGING);
        let mut args = vec!["--timeout=0.4", "--timeout-grace=0.4"];
        args.extend(mode);
        let output = project.hasten(&args);
        output.check(
            1,
            &[
                "so far\nthe end of the test was reached",
                "ctypes.PyDLL(None).pthread_mutex_lock(locked())",
                "It did not end in the 0.4s after that, and its process was killed",
                "The test caught that, and went on",
                "in waits_for_nothing",
                "13 failed, 2 passed, 2 errors in",
            ],
        );
        for name in [
            "sleep",
            "busy",
            "c_without_the_gil",
            "c_with_the_gil",
            "lock_of_a_dead_thread",
            "asyncio",
            "swallows",
            "swallows_and_passes",
            "blocks_signals",
            "uses_alarm",
            "waits_for_a_subprocess",
            "waits_for_a_fork",
            "stops_itself",
        ] {
            let line = format!("FAILED test_hang.py::test_{name} - Failed: Timeout (>0.4s)");
            assert!(output.stdout.contains(&line), "{line}\n{}", output.stdout);
        }
        for name in ["stuck_teardown", "stuck_session_fixture"] {
            let line = format!("ERROR test_hang.py::test_{name} - Failed: Timeout (>0.4s)");
            assert!(output.stdout.contains(&line), "{line}\n{}", output.stdout);
        }
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn a_limit_by_mark_holds_without_workers_too() {
    let project = Project::with(
        "test_a.py",
        "import pytest, time\n@pytest.mark.timeout(0.3)\ndef test_slow():\n    time.sleep(600)\n\
         def test_ok(): pass\n",
    );
    project
        .hasten(&["-n", "0"])
        .check(1, &["Failed: Timeout (>0.3s)", "1 failed, 1 passed in"]);
    let stubborn = Project::with(
        "test_a.py",
        "import pytest, time\n@pytest.mark.timeout(0.3)\ndef test_slow():\n    while True:\n        \
         try: time.sleep(600)\n        except BaseException: pass\ndef test_other(): pass\n",
    );
    let output = stubborn.hasten(&["-n", "0"]);
    assert_eq!(output.status, 1, "{output:?}");
    for part in [
        "test_a.py::test_slow: Timeout (>0.3s)",
        "1 test was not run",
    ] {
        assert!(output.stderr.contains(part), "{output:?}");
    }
    assert_nothing_left(&stubborn.path().to_string_lossy());
}

#[test]
fn phases_have_limits_of_their_own() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest, time
@pytest.fixture
def slow_setup(): time.sleep(600)
@pytest.fixture
def slow_teardown():
    yield
    time.sleep(600)
def test_setup(slow_setup): pass
def test_call(): time.sleep(600)
def test_teardown(slow_teardown): pass
"#,
    );
    project
        .hasten(&[
            "--setup-timeout=0.3",
            "--call-timeout=0.4",
            "--teardown-timeout=0.5",
            "--timeout-grace=0.2",
        ])
        .check(
            1,
            &[
                "ERROR test_a.py::test_setup - Failed: Timeout (>0.3s) in setup",
                "FAILED test_a.py::test_call - Failed: Timeout (>0.4s)",
                "ERROR test_a.py::test_teardown - Failed: Timeout (>0.5s) in teardown",
                "1 failed, 1 passed, 2 errors in",
            ],
        );
}

#[test]
fn a_fixture_of_a_wider_scope_is_not_charged_to_a_test() {
    let project = Project::with(
        "test_a.py",
        r#"
import pytest, time
@pytest.fixture(scope="session")
def database():
    time.sleep(0.7)
    yield
    time.sleep(0.7)
@pytest.fixture(scope="module")
def table(database):
    time.sleep(0.7)
    yield
    time.sleep(0.7)
def test_first(table): pass
def test_last(table): pass
"#,
    );
    project
        .hasten(&["--timeout=0.6", "--timeout-grace=0.2"])
        .check(1, &["Timeout (>0.6s)"]);
    project
        .hasten(&["--timeout=0.6", "--fixture-timeout=60"])
        .check(0, &["2 passed in"]);
    project
        .hasten(&["--fixture-timeout=0.3", "--timeout-grace=0.2"])
        .check(1, &["Timeout (>0.3s) in a fixture of a wider scope"]);
}

#[test]
fn a_file_that_takes_too_long_is_an_error_of_its_own() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_slow.py", "import time\ntime.sleep(600)\n")
            .and("test_ok.py", "def test_ok(): pass\n");
        let output = project.hasten(&[
            "--collect-timeout=0.5",
            "--continue-on-collection-errors",
            "--start-method",
            method,
        ]);
        output.check(
            1,
            &[
                "ERROR collecting test_slow.py",
                "Failed: Timeout (>0.5s) in collection",
                "1 passed, 1 error in",
            ],
        );
    }
}

#[test]
fn a_file_that_does_not_end_ends_the_run() {
    for method in ["fork", "spawn"] {
        let project = Project::with(
            "test_slow.py",
            "import time\nwhile True:\n    try: time.sleep(600)\n    except BaseException: pass\n",
        );
        let output = project.hasten(&[
            "--collect-timeout=0.4",
            "--timeout-grace=0.3",
            "--start-method",
            method,
        ]);
        output.check(
            2,
            &[
                "Timeout (>0.4s) in collection: test_slow.py went on",
                "in <module>",
            ],
        );
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn a_conftest_that_does_not_end_is_named() {
    let project = Project::with("conftest.py", "import time\ntime.sleep(600)\n");
    let output = project.hasten(&["--collect-timeout=0.4"]);
    assert_eq!(output.status, 4, "{output:?}");
    for part in ["longer than 0.4 s", "conftest.py\", line 2, in <module>"] {
        assert!(output.stderr.contains(part), "{output:?}");
    }
    assert_nothing_left(&project.path().to_string_lossy());
}

#[test]
fn a_session_that_does_not_end_is_ended() {
    let project = Project::with(
        "conftest.py",
        "import time\ndef pytest_sessionfinish(session):\n    \
         if hasattr(session.config, 'workerinput'): time.sleep(600)\n",
    )
    .and("test_a.py", "def test_a(): pass\n");
    let output = project.hasten(&["--fixture-timeout=0.5", "--timeout-grace=0.3"]);
    output.check(
        1,
        &[
            "1 passed in",
            "gw0 did not end its session within 0.5 s, and was killed",
            "in pytest_sessionfinish",
        ],
    );
    assert_nothing_left(&project.path().to_string_lossy());
}

#[test]
fn the_limit_of_the_run_interrupts_what_runs() {
    for mode in [&["-n", "2"][..], &["-n", "2", "--start-method", "spawn"]] {
        let project = Project::with(
            "test_a.py",
            "import pytest, time\n@pytest.mark.parametrize('n', range(5))\ndef test_a(n):\n    time.sleep(600)\n",
        );
        let mut args = vec!["--session-timeout=4", "--timeout-grace=1"];
        args.extend(mode);
        let output = project.hasten(&args);
        output.check(
            1,
            &[
                "Failed: session-timeout: 4.0 sec exceeded",
                "!!! session-timeout: 4.0 sec exceeded !!!",
                "3 tests were not run",
                "2 failed in",
            ],
        );
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[test]
fn what_runs_for_long_is_said() {
    let project = Project::with("test_a.py", "import time\ndef test_a(): time.sleep(1.2)\n");
    project.hasten(&["--slow-after=0.5"]).check(
        0,
        &[
            "gw0: test_a.py::test_a (call) has been running for 0.5 s",
            "gw0: test_a.py::test_a (call) has been running for 1 s",
            "1 passed in",
        ],
    );
}

#[test]
fn a_dump_says_what_runs() {
    for mode in MODES {
        let project = Project::with(
            "test_a.py",
            r#"
import time
def test_a(request):
    (request.config.rootpath / "started").touch()
    end = request.config.rootpath / "end"
    while not end.exists():
        time.sleep(0.01)
"#,
        );
        let child: Child = project.start(mode);
        project.wait_for("started");
        let sent = Command::new("kill")
            .args(["-USR1", &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        std::thread::sleep(std::time::Duration::from_millis(700));
        std::fs::write(project.path().join("end"), "").unwrap();
        let output = Output::of(child);
        output.check(0, &["1 passed in"]);
        let all = format!("{}{}", output.stdout, output.stderr);
        for part in ["hasten: what runs", "in test_a\n"] {
            assert!(all.contains(part), "{mode:?}: {all}");
        }
    }
}

#[test]
fn a_suite_may_set_timers_of_its_own() {
    let project = Project::with(
        "conftest.py",
        r#"
import pytest
def pytest_timeout_set_timer(item, settings):
    (item.config.rootpath / f"set-{item.name}-{settings.timeout}").touch()
    return True if "own" in item.name else None
def pytest_timeout_cancel_timer(item):
    (item.config.rootpath / f"cancelled-{item.name}").touch()
"#,
    )
    .and(
        "test_a.py",
        "import time\ndef test_own(): time.sleep(0.9)\ndef test_other(): time.sleep(600)\n",
    );
    project.hasten(&["--timeout=0.5"]).check(
        1,
        &[
            "FAILED test_a.py::test_other - Failed: Timeout (>0.5s)",
            "1 failed, 1 passed in",
        ],
    );
    for name in [
        "set-test_own-0.5",
        "cancelled-test_own",
        "cancelled-test_other",
    ] {
        assert!(project.path().join(name).exists(), "{name}");
    }
}

#[test]
fn under_a_debugger_no_limit_holds() {
    let project = Project::with(
        "test_a.py",
        r#"
import sys, time
def trace(*_): return trace
trace.__module__ = "pydevd"
def test_debugged():
    sys.settrace(trace)
    try:
        time.sleep(1.2)
    finally:
        sys.settrace(None)
def test_after():
    time.sleep(600)
"#,
    );
    project.hasten(&["-n", "1", "--timeout=0.4"]).check(
        1,
        &[
            "FAILED test_a.py::test_after - Failed: Timeout (>0.4s)",
            "1 failed, 1 passed in",
        ],
    );
    for switch in [
        "--timeout-disable-debugger-detection",
        "--override-ini=timeout_disable_debugger_detection=true",
    ] {
        project
            .hasten(&["-n", "1", "--timeout=0.4", switch])
            .check(1, &["2 failed in"]);
    }
}
