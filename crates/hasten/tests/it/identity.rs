//! Who a worker is, and what must not be forked.

use crate::project::{Output, Project};

#[test]
fn workers_are_who_xdist_says_they_are() {
    let project = Project::with(
        "test_a.py",
        r#"
import os
def test_identity(request, worker_id, testrun_uid):
    config = request.config
    assert worker_id in ("gw0", "gw1")
    assert os.environ["PYTEST_XDIST_WORKER"] == worker_id
    assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "2"
    assert os.environ["PYTEST_XDIST_TESTRUNUID"] == testrun_uid
    assert config.workerinput["workerid"] == worker_id
    assert config.workerinput["workercount"] == 2
    assert config.workerinput["testrunuid"] == testrun_uid
def test_again(request, worker_id, testrun_uid):
    test_identity(request, worker_id, testrun_uid)
"#,
    );
    project.hasten(&["-n", "2"]).check(0, &["2 passed in"]);
    project
        .hasten(&["-n", "2", "--start-method", "spawn"])
        .check(0, &["2 passed in"]);
}

#[test]
fn in_one_process_there_is_no_worker() {
    let project = Project::with(
        "test_a.py",
        r#"
import os
def test_identity(request, worker_id):
    assert worker_id == "master"
    assert not hasattr(request.config, "workerinput")
    assert not [name for name in os.environ if name.startswith("PYTEST_XDIST")]
"#,
    );
    project.hasten(&["-n", "0"]).check(0, &["1 passed in"]);
}

#[test]
fn a_conftest_that_asks_for_the_worker_gets_its_own() {
    let project = Project::with(
        "conftest.py",
        "import os\nDATABASE = 'db-' + os.environ.get('PYTEST_XDIST_WORKER', 'master')\n",
    )
    .and(
        "test_a.py",
        r#"
import conftest, pytest
@pytest.mark.parametrize("n", range(10))
def test_database(worker_id, n):
    assert conftest.DATABASE == "db-" + worker_id
"#,
    );
    project.hasten(&["-n", "2"]).check(
        0,
        &[
            "10 passed in",
            "each worker loads and collects for itself: conftest.py:2 reads",
        ],
    );
}

#[test]
fn a_plugin_that_takes_part_in_loading_conftests_does_so_as_a_worker() {
    let project = Project::with(
        "early.py",
        r#"
import os, pytest
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    early_config.early = hasattr(early_config, "workerinput")
"#,
    )
    .and(
        "test_a.py",
        "def test_a(request): assert request.config.early
def test_b(request): test_a(request)
",
    );
    project
        .hasten(&["-n", "2", "-o", "pythonpath=.", "-p", "early"])
        .check(0, &["2 passed in"]);
}

#[test]
fn a_conftest_is_loaded_once() {
    let project = Project::with(
        "conftest.py",
        "with open('loaded.txt', 'a') as file: file.write('once\\n')\nprint('from the conftest')\n",
    )
    .and("test_a.py", "def test_a(): pass\ndef test_b(): pass\n");
    let output = project.hasten(&["-n", "2"]);
    output.check(0, &["2 passed in"]);
    assert!(!output.stdout.contains("from the conftest"));
    assert_eq!(project.read("loaded.txt"), "once\n");
}

#[test]
fn a_thread_that_lives_at_the_fork_is_named() {
    let project = Project::with(
        "conftest.py",
        "import threading\nSTOP = threading.Event()\nthreading.Thread(target=STOP.wait, name='watcher', daemon=True).start()\n",
    )
    .and(
        "test_a.py",
        "import threading\ndef test_a():\n    assert 'watcher' in [t.name for t in threading.enumerate()]\ndef test_b(): test_a()\n",
    );
    project
        .hasten(&["-n", "2"])
        .check(0, &["2 passed in", "watcher"]);
}

#[test]
fn different_tests_in_different_workers_are_an_error() {
    let project = Project::with(
        "test_a.py",
        "import os, pytest\n@pytest.mark.parametrize('n', [os.getpid()])\ndef test_a(n): pass\n",
    );
    let output = project.hasten(&["-n", "2", "--start-method", "spawn"]);
    output.check(
        2,
        &[
            "collected other tests than the first worker",
            "at position 1",
        ],
    );
    project.hasten(&["-n", "2"]).check(0, &["1 passed in"]);
}

/// Its tests count who loads them, and start a thread that a fork would lose.
fn project_with_a_thread() -> Project {
    Project::with(
        "test_a.py",
        "import helper
with open('loaded.txt', 'a') as file: file.write('+')
def test_a(): assert helper.is_alive()
def test_b(): assert helper.is_alive()
",
    )
    .and("helper.py", WITH_THREAD)
    .and("test_other.py", "def test_c(): pass\n")
}

const WITH_THREAD: &str = "import threading
stop = threading.Event()
poller = threading.Thread(target=stop.wait, name='poller', daemon=True)
poller.start()
is_alive = poller.is_alive
";

/// What a run said of its workers, and how many processes loaded the tests.
fn loads(project: &Project, args: &[&str]) -> (Output, usize) {
    let file = project.path().join("loaded.txt");
    let _ = std::fs::remove_file(&file);
    let output = project.hasten(&[&["-n", "2"], args].concat());
    (output, project.read("loaded.txt").len())
}

const LOADS: &str = "each worker loads and collects for itself: a fork would lose thread 'poller' of helper.py: poller";

#[test]
fn that_workers_must_not_be_forked_is_remembered_until_the_reason_is_gone() {
    let project = project_with_a_thread();
    // The session, and each worker.
    let (output, number) = loads(&project, &[]);
    output.check(0, &["3 passed in", LOADS]);
    assert!(!output.stdout.contains("earlier run"), "{}", output.stdout);
    assert_eq!(number, 3);
    for _ in 0..2 {
        let (output, number) = loads(&project, &[]);
        output.check(0, &["3 passed in", LOADS, "(as in an earlier run)"]);
        assert_eq!(number, 2);
    }
    let project = project.and("helper.py", "def is_alive(): return True\n");
    let (output, number) = loads(&project, &[]);
    output.check(
        0,
        &[
            "3 passed in",
            "each worker loads and collects for itself: an earlier run had to; its reason is gone, and the next run forks workers",
        ],
    );
    assert!(!output.stdout.contains("poller"), "{}", output.stdout);
    assert_eq!(number, 2);
    let (output, number) = loads(&project, &[]);
    output.check(0, &["3 passed in"]);
    assert!(!output.stdout.contains("for itself"), "{}", output.stdout);
    assert_eq!(number, 1);
}

#[test]
fn it_is_remembered_for_what_was_loaded_and_by_whom() {
    let project = project_with_a_thread();
    loads(&project, &[]).0.check(0, &[LOADS]);
    // Other tests.
    let (output, _) = loads(&project, &["test_other.py"]);
    output.check(0, &["1 passed in"]);
    assert!(!output.stdout.contains("for itself"), "{}", output.stdout);
    // Who asks by name.
    for (method, number) in [("fork", 1), ("spawn", 2)] {
        let (output, loaded) = loads(&project, &["--start-method", method, "-k", "test_c"]);
        output.check(0, &["1 passed"]);
        assert!(!output.stdout.contains("for itself"), "{}", output.stdout);
        assert!(loaded <= number, "{loaded} with {method}");
    }
    // Another package.
    let project = project.and("site/foo-1.0.dist-info/METADATA", "Name: foo\n");
    let with_package = |project: &Project| {
        let mut command = project.command(&["-n", "2"]);
        command.env("PYTHONPATH", project.path().join("site"));
        Output::of(command.spawn().unwrap())
    };
    let output = with_package(&project);
    output.check(0, &[LOADS]);
    assert!(!output.stdout.contains("earlier run"), "{}", output.stdout);
    with_package(&project).check(0, &[LOADS, "(as in an earlier run)"]);
    loads(&project, &[])
        .0
        .check(0, &[LOADS, "(as in an earlier run)"]);
}

#[test]
fn what_conftest_files_leave_behind_costs_no_collection() {
    let project = project_with_a_thread().and("conftest.py", WITH_THREAD);
    for _ in 0..2 {
        let (output, number) = loads(&project, &[]);
        output.check(
            0,
            &["a fork would lose thread 'poller' of conftest.py: poller"],
        );
        assert!(!output.stdout.contains("earlier run"), "{}", output.stdout);
        assert_eq!(number, 2);
    }
}
