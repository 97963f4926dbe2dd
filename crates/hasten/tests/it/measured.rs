//! What a run leaves in the history beside how long its tests took.

use hasten_history::{Attempt, Details, History};

use crate::project::{Output, Project};

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

fn details(project: &Project) -> Details {
    let history = history(project);
    let run = history.runs().unwrap().iter().map(|run| run.id).max();
    history.details(run.unwrap()).unwrap()
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
#[cfg(target_os = "linux")]
fn a_test_that_had_no_core_is_not_taken_for_one_that_waits() {
    if !std::path::Path::new("/proc/self/schedstat").exists() {
        return;
    }
    let tests = r#"
import os, pytest, time
# Three workers, one core.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
@pytest.mark.parametrize("n", range(3))
def test_computes(n):
    end = time.process_time() + 0.4
    while time.process_time() < end: pass
"#;
    let project = Project::with("test_a.py", tests);
    project.hasten(&["-n", "3"]).check(0, &["3 passed"]);
    let run = history(&project).last_run().unwrap().unwrap();
    assert!(run.record.core_wait.unwrap() > 0.0, "{run:?}");
    let output = project.hasten(&["slow"]);
    let tests = output
        .stdout
        .lines()
        .filter(|line| line.contains("::test_computes["));
    let waiting: Vec<&str> = tests.filter(|line| line.contains("waiting")).collect();
    assert!(waiting.is_empty(), "{}", output.stdout);
}

const FIXTURES: &str = r#"
import pytest, time

@pytest.fixture(scope="session")
def wide():
    time.sleep(0.02)
    yield
    time.sleep(0.03)

@pytest.fixture
def narrow(wide): time.sleep(0.01)

def test_a(narrow): pass
def test_b(narrow): pass
"#;

#[test]
fn what_fixtures_take_is_kept() {
    let project = Project::with("test_a.py", FIXTURES);
    for (args, workers, worker) in [
        (&["-n", "1"][..], 1, Some(0)),
        (&["-n", "2"], 2, None),
        (&["-n", "0"], 1, None),
        (&["-n", "1", "--start-method", "spawn"], 1, Some(0)),
    ] {
        project.hasten(args).check(0, &["2 passed"]);
        let details = details(&project);
        let total = |name: &str| {
            let mut found = details.fixtures.iter().filter(|one| one.fixture == name);
            let total = found.next().unwrap();
            assert!(found.next().is_none());
            total
        };
        let narrow = total("test_a.py::narrow");
        assert_eq!((narrow.scope.as_str(), narrow.setups), ("function", 2));
        assert!(
            narrow.setup >= 0.02 && narrow.longest < narrow.setup,
            "{narrow:?}"
        );
        let wide = total("test_a.py::wide");
        assert_eq!(wide.scope, "session");
        assert!((1..=workers).contains(&wide.setups), "{wide:?}");
        assert!(wide.setup >= 0.02 && wide.teardown >= 0.03, "{wide:?}");
        let spans: Vec<_> = details
            .spans
            .iter()
            .filter(|span| span.fixture == "test_a.py::wide")
            .collect();
        assert_eq!(spans.len() as u64, 2 * wide.setups);
        for span in spans {
            assert!(span.nodeid.starts_with("test_a.py::test_"), "{span:?}");
            assert!(span.seconds >= 0.02 && span.started > 1e9, "{span:?}");
            if workers == 1 {
                assert_eq!(span.worker, worker);
            }
        }
    }
}

#[test]
fn what_collection_takes_is_kept() {
    let test = "import slow\ndef test_a(): pass\ndef test_b(): pass\n";
    let project = Project::with("tests/test_a.py", test)
        .and("tests/test_none.py", "")
        .and("conftest.py", "import early\n")
        .and("early.py", "import time; time.sleep(0.02)\n")
        .and("slow.py", "import time; time.sleep(0.03)\n");
    for args in [
        &["-n", "2"][..],
        &["-n", "0"],
        &["-n", "2", "--start-method", "spawn"],
    ] {
        let mut command = project.command(args);
        command.env("PYTHONPATH", project.path());
        Output::of(command.spawn().unwrap()).check(0, &["2 passed"]);
        let details = details(&project);
        let files = details.files.iter();
        let files: Vec<_> = files.map(|one| (one.file.as_str(), one.items)).collect();
        assert_eq!(files, [("tests/test_a.py", 2), ("tests/test_none.py", 0)]);
        let slow = &details.files[0];
        assert!(slow.import >= 0.03 && slow.collection >= slow.import);
        let import = |name: &str| details.imports.iter().find(|one| one.module == name);
        assert_eq!(import("slow").unwrap().file, "tests/test_a.py");
        assert_eq!(import("early").unwrap().file, "conftest.py");
        assert!(import("early").unwrap().own >= 0.02);

        let stages: Vec<_> = details.stages.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(stages, ["start", "conftest", "collection", "tests", "end"]);
        for pair in details.stages.windows(2) {
            assert!(
                pair[0].started + pair[0].seconds <= pair[1].started + 1e-3,
                "{pair:?}"
            );
        }
        let conftest = &details.stages[1];
        assert!(conftest.seconds >= 0.02, "{:?}", details.stages);
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
