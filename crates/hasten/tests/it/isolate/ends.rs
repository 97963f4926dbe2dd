//! How isolated units end: by themselves, by a crash, at a limit, with the run; and where there is no fork.

use super::{NOTED, POLLUTING, check, distinct, noted};
use crate::project::{Project, assert_nothing_left};

#[test]
fn a_crash_is_that_of_its_unit() {
    let crash = "import os\ndef test_1(): pass\ndef test_2():\n    print('so far', flush=True)\n    os._exit(7)\ndef test_3(): pass\ndef test_4(): pass\n";
    let project = Project::with("conftest.py", NOTED).and("test_a.py", crash);
    for args in [
        &["-n1", "--isolate=test"][..],
        &["-n4", "--isolate=test"],
        &["-n1", "--isolate=file"],
        &["-n1", "--isolate=test", "--start-method=spawn"],
    ] {
        let parts = ["while it ran this test", "so far", "1 failed, 3 passed in"];
        check(&project, args, 1, &parts);
        // Its worker went on.
        let tests = noted(&project, "test");
        let ids = if args.contains(&"-n4") { 4 } else { 1 };
        assert!(distinct(&tests, 0) <= ids, "{tests:?}");
        std::fs::remove_file(project.path().join("log")).unwrap();
    }
}

#[test]
fn the_run_ends_when_no_process_can_start_any_more() {
    let conftest = r#"
import os
def pytest_collection_finish(session):
    mark = str(session.config.rootpath / "armed")
    os.register_at_fork(after_in_child=lambda: os.path.exists(mark) and os._exit(9))
"#;
    let tests = r#"
import pytest
@pytest.mark.parametrize("n", range(20))
def test_a(n, request): (request.config.rootpath / "armed").touch()
"#;
    let project = Project::with("conftest.py", conftest).and("test_a.py", tests);
    let output = project.hasten(&["-n1", "--isolate=test"]);
    let said = output.stdout + &output.stderr;
    assert!(
        said.contains("workers cannot start") || said.contains("cannot fork a process"),
        "{said}"
    );
    assert_ne!(output.status, 0, "{said}");
    assert_nothing_left(&project.path().to_string_lossy());
}

#[test]
fn a_limit_is_that_of_its_unit() {
    let slow = r#"
import time
def test_1(): pass
def test_2(): time.sleep(600)
def test_3():
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
def test_4(): pass
"#;
    let project = Project::with("test_a.py", slow);
    for workers in ["1", "3"] {
        let args = [
            "-n",
            workers,
            "--isolate=test",
            "--timeout=1",
            "--timeout-grace=0.2",
        ];
        check(
            &project,
            &args,
            1,
            &["Timeout (>1.0s)", "2 failed, 2 passed in"],
        );
    }
}

#[test]
fn the_run_stops_at_the_first_failure() {
    let project = Project::with("conftest.py", NOTED).and(
        "test_a.py",
        "def test_1(): pass\ndef test_2(): assert 0\ndef test_3(): pass\ndef test_4(): pass\n",
    );
    let args = ["-n1", "-x", "--isolate=test"];
    check(
        &project,
        &args,
        1,
        &["stopping after 1 failures", "1 failed, 1 passed in"],
    );
    assert_eq!(noted(&project, "test").len(), 2);
    assert_eq!(noted(&project, "finish").len(), 2, "gw0 and main");
}

#[test]
fn an_attempt_is_a_unit_of_its_own() {
    let flaky = r#"
import pathlib
SEEN = []
def test_flaky():
    mark = pathlib.Path(__file__).parent / "mark"
    first = not mark.exists()
    mark.touch()
    assert not SEEN
    SEEN.append(1)
    assert not first
def test_after(): assert not SEEN or True
"#;
    for args in [
        &["-n1", "--isolate=test"][..],
        &["-n2", "--isolate=test"],
        &["-n2", "--isolate=file"],
    ] {
        let project = Project::with("conftest.py", NOTED).and("test_a.py", flaky);
        let args = [args, &["--retries=2"]].concat();
        check(&project, &args, 0, &["1 passed, 1 flaky, 1 rerun"]);
        let tests = noted(&project, "test");
        assert_eq!(tests.len(), 3);
        let files = args.contains(&"--isolate=file");
        assert_eq!(distinct(&tests, 1), if files { 2 } else { 3 }, "{tests:?}");
        assert_eq!(distinct(&noted(&project, "up"), 0), distinct(&tests, 0));
    }
}

#[test]
fn what_may_not_run_at_the_same_time_does_not() {
    let held = r#"
import pathlib, pytest, time
HERE = pathlib.Path(__file__).parent
def hold(name):
    mark = HERE / name
    mark.touch(exist_ok=False)
    time.sleep(0.05)
    mark.unlink()
@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("n", range(4))
def test_group(n): hold("group")
@pytest.mark.resource("port")
@pytest.mark.parametrize("n", range(4))
def test_port(n): hold("port")
@pytest.mark.serial
def test_alone():
    assert not (HERE / "group").exists() and not (HERE / "port").exists()
"#;
    let project = Project::with("conftest.py", NOTED).and("test_a.py", held);
    let args = ["-n4", "--isolate=test", "--dist=loadgroup"];
    check(&project, &args, 0, &["9 passed in"]);
    assert_eq!(distinct(&noted(&project, "test"), 1), 9);
}

#[test]
fn shards_isolate_as_well() {
    let project = Project::with("test_a.py", POLLUTING);
    for shard in ["1/2", "2/2"] {
        let args = ["-n1", "--isolate=test", "--shard", shard, "--shard-by=test"];
        check(&project, &args, 0, &["3 passed"]);
    }
}

#[test]
fn without_forks_each_unit_is_a_new_interpreter() {
    let line = "what is isolated runs in new interpreters, each of which loads and collects: that is exact, but slow";
    let project = Project::with("conftest.py", NOTED).and("test_a.py", POLLUTING);
    let args = ["-n2", "--isolate=test", "--start-method=spawn"];
    check(&project, &args, 0, &["6 passed in", line]);
    let tests = noted(&project, "test");
    assert_eq!((distinct(&tests, 0), distinct(&tests, 1)), (2, 6));
    assert_eq!(noted(&project, "finish").len(), 6 + 1);

    let identity = "import os\nos.environ.get('PYTEST_XDIST_WORKER')\n";
    let project = Project::with("conftest.py", identity).and("test_a.py", POLLUTING);
    check(
        &project,
        &["-n2", "--isolate=test"],
        0,
        &["6 passed in", line],
    );
}

#[test]
fn one_process_cannot_isolate_and_says_so() {
    let project = Project::with("test_a.py", POLLUTING);
    let line = "one worker at a time is used instead of none, since --isolate runs tests in processes of their own";
    check(
        &project,
        &["-n0", "--isolate=test"],
        0,
        &["6 passed in", line],
    );
    let project = project.and("test_b.py", "def test_b(): pass\n");
    let pdb = ["--pdb", "--isolate=test", "test_b.py", "-n2"];
    let line = "--isolate had no effect: that needs a worker process";
    check(&project, &pdb, 0, &["1 passed", line]);

    let marked = "import pytest\n@pytest.mark.isolate\ndef test_a(): pass\n";
    let project = Project::with("test_a.py", marked);
    let output = check(&project, &["-n0"], 0, &["1 passed"]);
    let line = "1 test is marked isolate, and was not isolated: that needs a worker process (-n 1)";
    assert!(output.contains(line), "{output}");
}

#[test]
fn many_units_leave_nothing_behind() {
    let many = r#"
import os, subprocess, pytest

def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])

def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))

@pytest.mark.parametrize("n", range(300))
def test_many(n, request):
    above = os.getppid()
    names = [open(f"/proc/{pid}/comm").read().strip() for pid in (above, parent(above))]
    # Of this process, of the one that forks, and of the one that gives tests out.
    forks = descriptors(above) if names[1] == "hasten" else 0
    gives_out = descriptors(above if names[0] == "hasten" else parent(above))
    with open(str(request.config.rootpath / "log"), "a") as file:
        file.write(f"fds {n} {descriptors(os.getpid())} {forks} {gives_out}\n")
    if n % 100 == 0:
        subprocess.Popen(["sleep", "600"])
"#;
    let project = Project::with("test_a.py", many);
    check(&project, &["-n2", "--isolate=test"], 0, &["300 passed in"]);
    let lines = noted(&project, "fds");
    let numbers = |column: usize, lines: &[Vec<String>]| {
        let all = lines
            .iter()
            .map(|line| line[column].parse::<usize>().unwrap());
        all.max().unwrap()
    };
    assert_eq!(lines.len(), 300);
    for column in [1, 2, 3] {
        let (early, late) = (
            numbers(column, &lines[..50]),
            numbers(column, &lines[250..]),
        );
        // A process more or less may be there. One that leaves something each time has left 200 by then.
        assert!(late <= early + 20, "{early} descriptors, then {late}");
    }
}

#[test]
fn the_history_counts_workers_not_processes() {
    let project = Project::with("test_a.py", POLLUTING).and(
        "test_b.py",
        "import os\ndef test_crash(): os._exit(3)\ndef test_b(): pass\n",
    );
    for args in [&["-n2", "--isolate=test"][..], &["-n2", "test_b.py"]] {
        let _ = project.hasten(args);
        let folder = project.path().join(".hasten");
        let folder = camino::Utf8Path::from_path(&folder).unwrap();
        let runs = hasten_history::History::open(folder).0.runs().unwrap();
        let workers: Vec<u32> = runs.iter().map(|run| run.record.workers).collect();
        assert!(
            workers.iter().all(|number| *number == 2),
            "{args:?}: {workers:?}"
        );
    }
}

#[test]
fn the_diagnosis_mentions_it() {
    let project = Project::with(
        "test_a.py",
        "STATE = []\ndef test_1(): STATE.append(1)\ndef test_2(): assert not STATE\n",
    );
    let parts = [
        "it fails after test_a.py::test_1, and passes alone",
        "passes with @pytest.mark.isolate, or --isolate test, too",
    ];
    check(&project, &["-n1", "--diagnose-flaky"], 1, &parts);
    let args = ["-n1", "--diagnose-flaky", "--isolate=test"];
    check(&project, &args, 0, &["2 passed in"]);
}

#[test]
fn plugins_see_each_worker_end_once() {
    let conftest = r#"
def pytest_testnodedown(node, error):
    with open(str(node.config.rootpath / "log"), "a") as file:
        file.write(f"down {node.gateway.id} {error}\n")
"#;
    let project = Project::with("conftest.py", conftest).and("test_a.py", POLLUTING);
    check(&project, &["-n2", "--isolate=test"], 0, &["6 passed in"]);
    let mut down = noted(&project, "down");
    down.sort();
    assert_eq!(down, [["gw0", "None"], ["gw1", "None"]]);
}
