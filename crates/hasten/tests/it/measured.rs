//! What a run leaves in the history beside how long its tests took.

use hasten_history::{Attempt, History};

use crate::project::Project;

const TESTS: &str = r#"
import time

def test_sleeps(): time.sleep(0.2)

def test_computes():
    end = time.process_time() + 0.1
    while time.process_time() < end: pass

def test_fails(): assert 0
"#;

fn history(project: &Project) -> History {
    let folder = project.path().join(".hasten");
    History::open(camino::Utf8Path::from_path(&folder).unwrap()).0
}

fn last_attempts(project: &Project) -> Vec<Attempt<'static>> {
    let history = history(project);
    let run = history.runs().unwrap().iter().map(|run| run.id).max();
    history.attempts(run.unwrap()).unwrap()
}

#[test]
fn processor_time_and_memory_of_tests_are_kept() {
    let project = Project::with("test_a.py", TESTS);
    for args in [
        &["-n", "2"][..],
        &["-n", "0"],
        &["-n", "1", "--start-method", "spawn"],
    ] {
        project.hasten(args).check(1, &["1 failed, 2 passed"]);
        let attempts = last_attempts(&project);
        assert_eq!(attempts.len(), 3);
        for attempt in &attempts {
            let cpu = attempt.cpu.unwrap();
            assert!(attempt.peak_memory.unwrap() > 1 << 20, "{attempt:?}");
            match &*attempt.nodeid {
                "test_a.py::test_sleeps" => {
                    assert!(
                        attempt.call >= 0.199 && cpu.call < attempt.call,
                        "{attempt:?}"
                    );
                }
                "test_a.py::test_computes" => assert!(cpu.call >= 0.099, "{attempt:?}"),
                _ => assert!(cpu.total() > 0.0, "{attempt:?}"),
            }
        }
    }
}

#[test]
fn nothing_is_said_of_a_test_whose_worker_died() {
    let project = Project::with(
        "test_a.py",
        "import os, time\ndef test_dies(): os._exit(1)\ndef test_stays(): pass\n",
    );
    project.hasten(&["-n", "1"]).check(1, &["1 failed"]);
    for attempt in last_attempts(&project) {
        let dies = attempt.nodeid.ends_with("test_dies");
        assert_eq!(attempt.cpu.is_none(), dies, "{attempt:?}");
        assert_eq!(attempt.peak_memory.is_none(), dies, "{attempt:?}");
    }
}
