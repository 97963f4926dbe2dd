//! Where tests wait, as the history keeps it.

#![cfg(target_os = "linux")]

use camino::Utf8Path;
use hasten_history::{History, Wait};

use crate::project::Project;

const TESTS: &str = r#"
import socket, subprocess, sys, threading, time, pytest

def helper(): time.sleep(2)

def test_sleep(): helper()

def test_process():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(2)"])

def test_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=2)

def test_socket():
    a, b = socket.socketpair()
    a.settimeout(2)
    with pytest.raises(OSError):
        a.recv(1)

@pytest.fixture
def slow():
    time.sleep(2)

def test_fixture(slow): pass

def test_with_threads():
    other = threading.Thread(target=lambda: time.sleep(2))
    other.start()
    other.join()

def test_compute():
    end = time.process_time() + 1
    while time.process_time() < end: pass

def test_fast(): time.sleep(0.01)
"#;

fn waits(project: &Project) -> Vec<Wait> {
    let folder = project.path().join(".hasten");
    let (history, _) = History::open(Utf8Path::from_path(&folder).unwrap());
    let run = history.last_run().unwrap().unwrap();
    history.details(run.id).unwrap().waits
}

#[test]
fn lines_in_which_tests_wait_are_found() {
    for method in ["fork", "spawn"] {
        let project = Project::with("sub/test_a.py", TESTS);
        let output = project.hasten(&["-n", "4", "--start-method", method]);
        output.check(0, &["8 passed"]);
        assert_eq!(output.stderr, "");
        let waits = waits(&project);
        for (name, line, inside) in [
            ("test_sleep", "sub/test_a.py:4 in helper", ""),
            (
                "test_process",
                "sub/test_a.py:9 in test_process",
                "(subprocess.py:",
            ),
            ("test_lock", "sub/test_a.py:14 in test_lock", ""),
            ("test_socket", "sub/test_a.py:20 in test_socket", ""),
            ("test_fixture", "sub/test_a.py:24 in slow", ""),
            (
                "test_with_threads",
                "sub/test_a.py:31 in test_with_threads",
                "(threading.py:",
            ),
        ] {
            let found = waits
                .iter()
                .find(|wait| wait.nodeid.ends_with(name) && wait.line == line)
                .unwrap_or_else(|| panic!("{name} ({method}): {waits:#?}"));
            let words = found.inside.as_deref().unwrap_or_default();
            assert!(words.contains(inside), "{name}: {words}");
            assert_eq!(
                found.inside.is_some(),
                !inside.is_empty(),
                "{name}: {words}"
            );
            assert!(found.seconds > 0.0);
        }
        let others = |wait: &&Wait| {
            wait.nodeid.ends_with("test_compute") || wait.nodeid.ends_with("test_fast")
        };
        assert_eq!(waits.iter().find(others), None);
    }
}
