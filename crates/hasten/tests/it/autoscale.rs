//! `-n auto`: how many workers there are.

use std::collections::BTreeSet;

use crate::project::{Output, Project};

/// Each test says which worker it is on, and waits until all of them run.
const WAIT_FOR_EACH_OTHER: &str = r#"
import os, pathlib, time, pytest

CORES = int(pathlib.Path(__file__).with_name("cores").read_text())

@pytest.mark.parametrize("n", range(CORES + 1))
def test_meet(n, request, worker_id):
    here = request.config.rootpath
    (here / ("met-" + worker_id)).touch()
    end = time.monotonic() + 120
    while len(list(here.glob("met-*"))) <= CORES:
        assert time.monotonic() < end, sorted(here.glob("met-*"))
        time.sleep(0.02)
    assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == str(CORES)
    assert request.config.workerinput["workercount"] == CORES
    assert n < CORES or not os.environ.get("FAIL")
"#;

/// 40 tests that wait, and say which worker they are on.
const WAIT: &str = r#"
import time, pytest

@pytest.mark.parametrize("n", range(40))
def test_wait(n, request, worker_id):
    (request.config.rootpath / ("seen-" + worker_id)).touch()
    time.sleep(0.1)
"#;

/// The workers that left a file with these first letters, by their numbers.
fn workers(project: &Project, prefix: &str) -> BTreeSet<usize> {
    let names = std::fs::read_dir(project.path()).unwrap().flatten();
    names
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix(prefix)?.strip_prefix("gw")?.parse().ok()
        })
        .collect()
}

fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

/// One test more than there are cores, and each waits for the others.
fn meeting() -> Project {
    Project::with("test_meet.py", WAIT_FOR_EACH_OTHER).and("cores", &cores().to_string())
}

/// Panics unless there were exactly the first workers, at least so many.
#[track_caller]
fn assert_dense(workers: &BTreeSet<usize>, least: usize) {
    assert!(workers.len() >= least, "{workers:?}");
    assert!(workers.iter().copied().eq(0..workers.len()), "{workers:?}");
}

#[test]
fn tests_that_wait_run_at_the_same_time_without_a_core_for_each() {
    for method in ["fork", "spawn"] {
        let project = meeting();
        let output = project.hasten(&["--start-method", method]);
        let passed = format!("{} passed in", cores() + 1);
        output.check(0, &[&passed]);
        assert_dense(&workers(&project, "met-"), cores() + 1);
    }
}

#[test]
fn failures_on_more_workers_than_cores_are_put_beside_their_number() {
    let project = meeting();
    let child = project.command(&[]).env("FAIL", "1").spawn();
    let output = Output::of(child.unwrap());
    let cores = cores();
    let line = format!(
        "the tests ran on {} workers, since they left cores idle; should the failures come from that, -n {cores} \
         keeps to {cores}",
        cores + 1
    );
    output.check(1, &["1 failed", &line]);
}

#[test]
fn with_history_too() {
    let project = Project::with("test_wait.py", WAIT);
    for _ in 0..2 {
        project.hasten(&["-n", "auto"]).check(0, &["40 passed in"]);
    }
    assert_dense(&workers(&project, "seen-"), 1);
}

#[test]
fn tests_that_compute_have_as_many_workers_as_cores() {
    let project = Project::with(
        "test_compute.py",
        r#"
import time, pytest

@pytest.mark.parametrize("n", range(30))
def test_compute(n, request, worker_id):
    (request.config.rootpath / ("seen-" + worker_id)).touch()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
"#,
    );
    project.hasten(&[]).check(0, &["30 passed in"]);
    let seen = workers(&project, "seen-");
    assert!(seen.iter().all(|worker| *worker < cores()), "{seen:?}");
}

#[test]
fn processes_that_tests_start_count_as_well() {
    let project = Project::with(
        "test_compute.py",
        r#"
import subprocess, sys, pytest

BURN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"

@pytest.mark.parametrize("n", range(12))
def test_compute(n, request, worker_id):
    (request.config.rootpath / ("seen-" + worker_id)).touch()
    subprocess.run([sys.executable, "-S", "-E", "-c", BURN], check=True)
"#,
    );
    project.hasten(&[]).check(0, &["12 passed in"]);
    let seen = workers(&project, "seen-");
    assert!(seen.iter().all(|worker| *worker < cores()), "{seen:?}");
}

#[test]
fn a_number_is_exact_wherever_it_comes_from() {
    let check = |project: &Project, args: &[&str], most: usize| {
        project.hasten(args).check(0, &["40 passed in"]);
        assert_dense(&workers(project, "seen-"), 1);
        let seen = workers(project, "seen-");
        assert!(
            seen.iter().all(|worker| *worker < most),
            "{args:?} {seen:?}"
        );
    };
    let project = || Project::with("test_wait.py", WAIT);
    check(&project(), &["-n", "2"], 2);
    check(&project(), &["--maxprocesses", "3"], 3);
    check(&project(), &["-n", "1"], 1);
    let settings = "[tool.hasten]\nmax-workers = 3\n";
    check(&project().and("pyproject.toml", settings), &[], 3);
    let hook = "def pytest_xdist_auto_num_workers(config): return 2\n";
    check(&project().and("conftest.py", hook), &["-n", "auto"], 2);

    let project = project();
    let child = project
        .command(&["-n", "logical"])
        .env("PYTEST_XDIST_AUTO_NUM_WORKERS", "2")
        .spawn();
    Output::of(child.unwrap()).check(0, &["40 passed in"]);
    assert!(workers(&project, "seen-").iter().all(|worker| *worker < 2));
}

#[test]
fn a_suite_that_counts_its_workers_gets_no_more() {
    let conftest = "import os\nCOUNT = os.environ.get('PYTEST_XDIST_WORKER_COUNT')\n";
    let project = Project::with("test_wait.py", WAIT).and("conftest.py", conftest);
    project
        .hasten(&[])
        .check(0, &["40 passed in", "reads PYTEST_XDIST_WORKER_COUNT"]);
    let seen = workers(&project, "seen-");
    assert!(seen.iter().all(|worker| *worker < cores()), "{seen:?}");
}

#[test]
fn a_serial_test_is_alone_and_crashes_are_made_up_for_in_a_pool_that_grew() {
    let project = Project::with(
        "test_all.py",
        r#"
import os, time, pytest

@pytest.fixture(autouse=True)
def running(request):
    file = request.config.rootpath / ("running-%s" % request.node.name)
    file.touch()
    yield
    file.unlink()

@pytest.mark.serial
def test_serial(request):
    assert [file.name for file in request.config.rootpath.glob("running-*")] == ["running-test_serial"]

@pytest.mark.parametrize("n", range(60))
def test_wait(n, request):
    time.sleep(0.1)
    if n % 20 == 10:
        (request.config.rootpath / ("running-%s" % request.node.name)).unlink()
        os._exit(3)
"#,
    );
    project.hasten(&[]).check(1, &["3 failed, 58 passed in"]);
}

#[test]
fn max_workers_is_a_number_of_workers() {
    let project = Project::with("test_a.py", "def test_a(): pass\n")
        .and("pyproject.toml", "[tool.hasten]\nmax-workers = 0\n");
    let output = project.hasten(&[]);
    assert_eq!(output.status, 4, "{}", output.stderr);
    insta::assert_snapshot!(output.stderr.trim(), @r#"hasten: pyproject.toml:2:15: "max-workers" cannot be 0. Give a whole number, at least 1."#);
}
