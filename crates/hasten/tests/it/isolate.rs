//! `--isolate` and the mark `isolate`: what a test leaves in its process is not seen by another one.

mod ends;

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
