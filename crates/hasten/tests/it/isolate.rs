//! `--isolate` and the mark `isolate`: what a test leaves in its process is not seen by another one.

use regex::Regex;

use crate::project::{Project, assert_nothing_left};

/// Leaves something in the process, of each kind that a process has.
const POLLUTING: &str = r#"
import json, logging, os, sys, threading
import pytest

STATE = []

def found():
    return [
        list(STATE), os.getcwd() == "/", "POLLUTED" in os.environ, "poison" in sys.modules,
        logging.getLogger("polluted").level, json.dumps is None, sys.getrecursionlimit() == 4321,
    ]

CLEAN = [[], False, False, False, 0, False, False]

@pytest.mark.parametrize("n", range(6))
def test_clean(n):
    before = found()
    STATE.append(n)
    os.chdir("/")
    os.environ["POLLUTED"] = "1"
    sys.modules["poison"] = sys
    logging.getLogger("polluted").setLevel(17)
    sys.setrecursionlimit(4321)
    json.dumps = None
    assert before == CLEAN
"#;

/// Notes which worker runs what, and in which process.
const NOTED: &str = r#"
import os, pytest

def note(config, *words):
    with open(str(config.rootpath / "log"), "a") as file:
        file.write(" ".join(map(str, words)) + "\n")

@pytest.fixture(scope="session", autouse=True)
def database(request, worker_id):
    note(request.config, "up", worker_id, os.getpid())
    yield
    note(request.config, "down", worker_id, os.getpid())

@pytest.fixture(autouse=True)
def noted(request, worker_id, database):
    note(request.config, "test", worker_id, os.getpid(), request.node.name)

def pytest_sessionstart(session):
    (session.config.rootpath / "server").mkdir(exist_ok=True)

def pytest_sessionfinish(session):
    note(session.config, "finish", getattr(session.config, "workerinput", {}).get("workerid", "main"))
    server = session.config.rootpath / "server"
    if server.exists():
        server.rmdir()
"#;

const PASSING: &str = r#"
import pathlib, pytest
@pytest.mark.parametrize("n", range(6))
def test_pass(n, tmp_path_factory):
    # Of the first process of its folder, as far as it can tell.
    tmp_path_factory.mktemp("data", numbered=False)
    assert (pathlib.Path(__file__).parent / "server").is_dir()
"#;

/// Runs hasten, and returns what it printed to stderr.
fn check(project: &Project, args: &[&str], status: i32, parts: &[&str]) -> String {
    let output = project.hasten(args);
    output.check(status, parts);
    assert_nothing_left(&project.path().to_string_lossy());
    output.stderr
}

/// The lines of the log that begin with a word, without it.
fn noted(project: &Project, word: &str) -> Vec<Vec<String>> {
    let log = project.read("log");
    let words = log.lines().map(|line| {
        let words = line.split(' ').map(str::to_owned);
        words.collect::<Vec<_>>()
    });
    words
        .filter(|words| words[0] == word)
        .map(|words| words[1..].to_vec())
        .collect()
}

fn distinct(lines: &[Vec<String>], column: usize) -> usize {
    let all: std::collections::HashSet<&String> = lines.iter().map(|line| &line[column]).collect();
    all.len()
}

#[test]
fn no_test_sees_what_another_has_left() {
    let project = Project::with("test_a.py", POLLUTING);
    assert_eq!(project.pytest(&[]).status, 1, "it pollutes");
    check(&project, &["-n", "1"], 1, &["5 failed, 1 passed in"]);
    for workers in ["1", "4", "auto"] {
        let args = ["-n", workers, "--isolate", "test"];
        let output = check(&project, &args, 0, &["6 passed in"]);
        assert_eq!(output, "");
    }
    let project = project.and(
        "pyproject.toml",
        "[tool.hasten.profiles.ci]\nisolate = \"test\"\n",
    );
    check(&project, &["--profile", "ci"], 0, &["6 passed in"]);
    let off = ["--profile", "ci", "--isolate=none", "-n1"];
    check(&project, &off, 1, &["5 failed, 1 passed in"]);
}

#[test]
fn pollution_stays_in_a_file() {
    let counted = "import shared\ndef test_1(): assert shared.count() == 1\ndef test_2(): assert shared.count() == 2\nclass TestMore:\n    def test_3(self): assert shared.count() == 3\n";
    let project = Project::with(
        "shared.py",
        "COUNT = [0]\ndef count():\n    COUNT[0] += 1\n    return COUNT[0]\n",
    )
    .and("conftest.py", "")
    .and("test_a.py", counted)
    .and("test_b.py", counted)
    .and("test_c.py", counted);
    for args in [
        &["-n", "1"][..],
        &["-n", "4"],
        &["-n", "2", "--dist", "loadscope"],
        &["-n", "2", "--order", "random:3"],
    ] {
        let args = [args, &["--isolate", "file"]].concat();
        let ordered = args.contains(&"--order");
        let output = project.hasten(&args);
        if ordered {
            // In another order other tests fail, but no file sees another.
            assert!(output.stdout.contains("9 "), "{output:?}");
            assert!(!output.stdout.contains("assert 4 =="), "{output:?}");
        } else {
            output.check(0, &["9 passed in"]);
        }
    }
}

#[test]
fn marks_choose_single_tests() {
    let project = Project::with("conftest.py", NOTED).and(
        "test_a.py",
        r#"
import pytest
def test_1(): pass
@pytest.mark.isolate
def test_2(): pass
def test_3(): pass
@pytest.mark.isolate(True)
class TestOwn:
    def test_4(self): pass
    @pytest.mark.isolate(False)
    def test_5(self): pass
    def test_6(self): pass
"#,
    );
    check(&project, &["-n1", "--strict-markers"], 0, &["6 passed in"]);
    let process = |name: &str| {
        let tests = noted(&project, "test");
        let found = tests.iter().find(|line| line[2] == name).unwrap();
        found[1].clone()
    };
    assert_eq!(process("test_1"), process("test_3"));
    assert_eq!(process("test_1"), process("test_5"));
    let own = ["test_1", "test_2", "test_4", "test_6"].map(process);
    let all: std::collections::HashSet<&String> = own.iter().collect();
    assert_eq!(all.len(), 4, "{own:?}");
    assert_eq!(distinct(&noted(&project, "test"), 0), 1);

    std::fs::remove_file(project.path().join("log")).unwrap();
    check(&project, &["-n1", "--isolate=test"], 0, &["6 passed in"]);
    assert_eq!(distinct(&noted(&project, "test"), 1), 6);
}

#[test]
fn each_unit_has_session_fixtures_and_each_worker_one_session() {
    for workers in ["1", "2"] {
        let project = Project::with("conftest.py", NOTED).and("test_a.py", PASSING);
        check(
            &project,
            &["-n", workers, "--isolate", "test"],
            0,
            &["6 passed in"],
        );
        let (up, down) = (noted(&project, "up"), noted(&project, "down"));
        assert_eq!((up.len(), distinct(&up, 1)), (6, 6));
        assert_eq!((down.len(), distinct(&down, 1)), (6, 6));
        let workers: usize = workers.parse().unwrap();
        assert!(distinct(&up, 0) <= workers, "{up:?}");
        assert!(!up.iter().any(|line| line[0] == format!("gw{workers}")));
        // Workers end their session when all is over, main ends its own.
        let finished = noted(&project, "finish");
        assert_eq!(finished.len(), workers + 1, "{finished:?}");
        assert_eq!(distinct(&finished, 0), workers + 1);
        let log = project.read("log");
        assert!(
            log.rfind("test ").unwrap() < log.find("finish ").unwrap(),
            "{log}"
        );
    }
}

#[test]
fn tests_that_are_not_isolated_share_a_lasting_worker() {
    let project = Project::with("conftest.py", NOTED).and(
        "test_a.py",
        r#"
import pytest
@pytest.mark.parametrize("n", range(12))
def test_any(n): pass
@pytest.mark.isolate
@pytest.mark.parametrize("n", range(5))
def test_own(n): pass
@pytest.mark.parametrize("n", range(12))
def test_more(n): pass
"#,
    );
    for _ in 0..2 {
        check(&project, &["-n", "2"], 0, &["29 passed in"]);
        let tests = noted(&project, "test");
        let of = |own: bool| {
            let some = tests.iter().filter(|line| line[2].contains("_own") == own);
            some.cloned().collect::<Vec<_>>()
        };
        assert_eq!(distinct(&of(true), 1), 5);
        assert!(distinct(&of(false), 1) <= 2, "{tests:?}");
        assert!(distinct(&tests, 0) <= 2);
        std::fs::remove_file(project.path().join("log")).unwrap();
    }
}

/// Without what differs from run to run.
fn plain(xml: &str) -> Vec<String> {
    let times = Regex::new(r#" (time|timestamp|hostname)="[^"]*""#).unwrap();
    let text = times.replace_all(xml, "").replace('>', ">\n");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

const OUTCOMES: &str = r#"
import sys, warnings, pytest
def test_pass(record_property):
    record_property("size", 3)
    print("out")
def test_fail():
    print("so far")
    assert [1, 2] == [1, 3]
def test_skip(): pytest.skip("why")
@pytest.mark.xfail(strict=True)
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
@pytest.fixture
def bad(): raise OSError("no database")
def test_error(bad): pass
@pytest.fixture
def torn():
    yield
    raise ValueError("teardown")
def test_teardown(torn): pass
def test_warns(): warnings.warn("old")
@pytest.mark.parametrize("word", ["é", "b::c", ""])
def test_words(word): pass
class TestClass:
    def setup_class(cls): cls.ready = True
    def test_in(self): assert self.ready
"#;

#[test]
fn results_are_those_of_pytest() {
    let project = Project::with("test_a.py", OUTCOMES);
    let own = project.pytest(&["--junitxml=own.xml", "-q"]);
    let line = Regex::new(r"\d+ failed, [^\n]* in ").unwrap();
    let closing = line.find(&own.stdout).unwrap().as_str();
    for args in [
        &["--isolate=test", "-n1"][..],
        &["--isolate=test", "-n4", "-rA"],
        &["--isolate=file", "-n2"],
        &["--isolate=test", "-n2", "--start-method=spawn"],
    ] {
        let args = [args, &["--junitxml=ours.xml"]].concat();
        check(&project, &args, own.status, &[closing]);
        assert_eq!(
            plain(&project.read("ours.xml")),
            plain(&project.read("own.xml")),
            "{args:?}"
        );
    }
}

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
        assert!(late <= early + 4, "{early} descriptors, then {late}");
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
