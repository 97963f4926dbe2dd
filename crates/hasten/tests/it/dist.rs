//! `--dist`: what stays together, and the mark `serial`.

use crate::project::{Output, Project};

const CONFTEST: &str = r#"
import os, time, pytest

def note(request, worker_id, start):
    with open(str(request.config.rootpath / "log"), "a") as file:
        file.write(f"{worker_id} {request.node.nodeid} {start!r} {time.monotonic()!r}\n")

@pytest.fixture(autouse=True)
def noted(request, worker_id):
    start = time.monotonic()
    if "crash" in request.node.name:
        note(request, worker_id, start)
    time.sleep(0.01)
    yield
    if "crash" not in request.node.name:
        note(request, worker_id, start)
"#;

/// 24 tests: two classes and a function.
const CLASSES: &str = r#"
import pytest
@pytest.mark.parametrize("n", range(4))
class TestA:
    def test_one(self, n): pass
    def test_two(self, n): pass
@pytest.mark.parametrize("n", range(8))
class TestB:
    def test_one(self, n): pass
@pytest.mark.parametrize("n", range(8))
def test_function(n): pass
"#;

const GROUPS: &str = r#"
import pytest
from pytest import mark
GROUPS = [
    (),
    (mark.xdist_group("db"),),
    (mark.xdist_group(name="web"),),
    (mark.xdist_group,),
    (mark.xdist_group("two"), mark.xdist_group("one")),
]
@pytest.mark.parametrize("group", [
    pytest.param("%d-%d" % (number, round), marks=marks)
    for round in range(6) for number, marks in enumerate(GROUPS)
])
def test_group(group): pass
"#;

/// What a test has noted of itself.
#[derive(Clone, Debug)]
struct Ran {
    worker: String,
    nodeid: String,
    start: f64,
    end: f64,
}

/// What ran, by its start.
fn ran(project: &Project) -> Vec<Ran> {
    let read = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        Ran {
            worker: words[0].to_owned(),
            nodeid: words[1].to_owned(),
            start: words[2].parse().unwrap(),
            end: words[3].parse().unwrap(),
        }
    };
    let mut all: Vec<Ran> = project.read("log").lines().map(read).collect();
    all.sort_by(|a, b| a.start.total_cmp(&b.start));
    all
}

/// Runs hasten both ways with 2 and with 3 workers, and hands over each run.
fn each_way(project: impl Fn() -> Project, args: &[&str], check: impl Fn(&Output, &[Ran])) {
    for method in ["fork", "spawn"] {
        for workers in ["2", "3"] {
            let project = project();
            let args = [args, &["-n", workers, "--start-method", method]].concat();
            let output = project.hasten(&args);
            check(&output, &ran(&project));
        }
    }
}

/// Panics unless these tests ran on one worker, in this order, and nothing else there meanwhile.
#[track_caller]
fn assert_together(all: &[Ran], nodeids: &[String]) {
    let worker = &all
        .iter()
        .find(|ran| ran.nodeid == nodeids[0])
        .unwrap()
        .worker;
    let there: Vec<&String> = all
        .iter()
        .filter(|ran| ran.worker == *worker)
        .map(|ran| &ran.nodeid)
        .collect();
    let from = there.iter().position(|nodeid| **nodeid == nodeids[0]);
    let part = &there[from.unwrap()..];
    assert!(
        part.len() >= nodeids.len() && part.iter().zip(nodeids).all(|(a, b)| *a == b),
        "{nodeids:?} in {all:#?}"
    );
}

/// Panics if something ran beside one of these tests.
#[track_caller]
fn assert_alone(all: &[Ran], name: &str) {
    let chosen: Vec<&Ran> = all.iter().filter(|ran| ran.nodeid.contains(name)).collect();
    assert!(!chosen.is_empty());
    for alone in chosen {
        for other in all.iter().filter(|other| other.nodeid != alone.nodeid) {
            let apart = other.end <= alone.start || alone.end <= other.start;
            assert!(apart, "{other:?} beside {alone:?}");
        }
    }
}

fn nodeids(prefix: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    names
        .into_iter()
        .map(|name| format!("{prefix}{name}"))
        .collect()
}

fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{name}[{n}]")).collect()
}

fn of_class_a() -> Vec<String> {
    // pytest does not reorder for direct parameters.
    [numbered("test_one", 4), numbered("test_two", 4)].concat()
}

fn classes() -> Project {
    Project::with("conftest.py", CONFTEST)
        .and("test_a.py", CLASSES)
        .and("sub/test_b.py", CLASSES)
}

#[test]
fn files_stay_together() {
    each_way(classes, &["--dist", "loadfile"], |output, all| {
        output.check(0, &["48 passed in"]);
        for file in ["test_a.py::", "sub/test_b.py::"] {
            let names = [
                nodeids("TestA::", of_class_a()),
                nodeids("TestB::", numbered("test_one", 8)),
                numbered("test_function", 8),
            ];
            assert_together(all, &nodeids(file, names.concat()));
        }
    });
}

#[test]
fn classes_stay_together_and_so_do_the_functions_of_a_module() {
    each_way(classes, &["--dist=loadscope"], |output, all| {
        output.check(0, &["48 passed in"]);
        for file in ["test_a.py::", "sub/test_b.py::"] {
            for names in [
                nodeids("TestA::", of_class_a()),
                nodeids("TestB::", numbered("test_one", 8)),
                numbered("test_function", 8),
            ] {
                assert_together(all, &nodeids(file, names));
            }
        }
    });
}

fn groups() -> Project {
    Project::with("conftest.py", CONFTEST)
        .and("test_a.py", GROUPS)
        .and("test_b.py", GROUPS)
        .and("pytest.ini", "[pytest]\naddopts = --dist loadgroup\n")
}

#[test]
fn marked_groups_stay_together() {
    each_way(groups, &["--strict-markers"], |output, all| {
        output.check(0, &["60 passed in"]);
        for group in 1..5 {
            let names = (0..6).map(|round| format!("test_group[{group}-{round}]"));
            let names: Vec<String> = names.collect();
            let both = [
                nodeids("test_a.py::", names.clone()),
                nodeids("test_b.py::", names),
            ];
            assert_together(all, &both.concat());
        }
    });
}

#[test]
fn the_rest_of_a_group_goes_on_elsewhere_after_a_crash() {
    let crash = r#"
import os, pytest
@pytest.mark.xdist_group("db")
@pytest.mark.parametrize("n", range(9))
class TestGroup:
    def test_crash(self, n):
        if n in (2, 5): os._exit(3)
@pytest.mark.parametrize("n", range(20))
def test_free(n): pass
"#;
    let project = || Project::with("conftest.py", CONFTEST).and("test_a.py", crash);
    each_way(project, &["--dist", "loadgroup"], |output, all| {
        output.check(
            1,
            &[
                "2 failed, 27 passed in",
                "left with exit status 3 while it ran this test",
            ],
        );
        let ids = nodeids("test_a.py::TestGroup::", numbered("test_crash", 9));
        let mut workers = Vec::new();
        for part in [&ids[..3], &ids[3..6], &ids[6..]] {
            assert_together(all, part);
            let first = all.iter().find(|ran| ran.nodeid == part[0]).unwrap();
            workers.push(&first.worker);
        }
        workers.dedup();
        assert_eq!(workers.len(), 3, "a worker that died cannot go on");
    });
}

const SERIAL: &str = r#"
import os, pytest
@pytest.mark.parametrize("n", range(3))
@pytest.mark.serial
def test_serial(n): pass
@pytest.mark.serial
class TestSerial:
    def test_one(self): pass
    def test_two(self): pass
@pytest.mark.parametrize("n", range(20))
def test_free(n): pass
"#;

#[test]
fn nothing_runs_beside_a_serial_test() {
    let module = "import pytest\npytestmark = pytest.mark.serial\ndef test_serial_too(): pass\n";
    let project = || {
        Project::with("conftest.py", CONFTEST)
            .and("test_a.py", SERIAL)
            .and("test_b.py", CLASSES)
            .and("test_c.py", module)
    };
    for args in [
        &["--strict-markers"][..],
        &["--dist", "loadscope"],
        &["--dist", "loadgroup"],
    ] {
        each_way(project, args, |output, all| {
            output.check(0, &["50 passed in"]);
            assert_eq!(all.len(), 50);
            assert_alone(all, "erial");
        });
    }
}

#[test]
fn a_serial_test_that_crashes_does_not_keep_the_others_from_running() {
    let crash = "import os, pytest\n@pytest.mark.serial\n@pytest.mark.parametrize('n', range(4))\n\
                 def test_crash_serial(n): os._exit(3)\n";
    let project = || {
        Project::with("conftest.py", CONFTEST)
            .and("test_0.py", crash)
            .and("test_a.py", SERIAL)
    };
    each_way(project, &[], |output, all| {
        output.check(1, &["4 failed, 25 passed in"]);
        assert_alone(all, "erial");
    });
}

#[test]
fn serial_tests_keep_the_fixtures_of_their_session_where_they_can() {
    let text = r#"
import pytest
@pytest.fixture(scope="session")
def wide(request, worker_id):
    yield
    with open(str(request.config.rootpath / "ended"), "a") as file:
        file.write(worker_id + "\n")
@pytest.mark.serial
@pytest.mark.parametrize("n", range(10))
def test_serial(n, wide): pass
"#;
    let project = Project::with("test_a.py", text);
    let output = project.hasten(&["-n", "2"]);
    output.check(0, &["10 passed in"]);
    assert_eq!(project.read("ended").lines().count(), 1);
}

#[test]
fn a_plugin_that_asks_for_the_next_test_early() {
    // It runs the tests itself, so that each worker has to know the next one before it starts one.
    let early = format!(
        "{CONFTEST}
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem)
    return True
"
    );
    let project = || {
        Project::with("conftest.py", &early)
            .and("test_a.py", SERIAL)
            .and("test_b.py", CLASSES)
    };
    each_way(project, &["--dist", "loadscope"], |output, all| {
        output.check(0, &["49 passed in"]);
        assert_alone(all, "erial");
        assert_together(all, &nodeids("test_b.py::TestB::", numbered("test_one", 8)));
    });
}

#[test]
fn a_single_worker_is_replaced_by_a_single_one() {
    let crash = "import os, pytest\n@pytest.mark.parametrize('n', range(12))\n\
                 def test_crash(n, noted):\n    if n in (2, 5): os._exit(3)\n";
    let quick = "import pytest\n@pytest.mark.serial\n@pytest.mark.parametrize('n', range(12))\n\
                 def test_quick(n): pass\n";
    let project = Project::with("conftest.py", CONFTEST)
        .and("test_a.py", crash)
        .and("test_b.py", quick);
    let output = project.hasten(&["-n", "1"]);
    output.check(1, &["2 failed, 22 passed in"]);
    let all = ran(&project);
    let mut workers: Vec<&String> = all.iter().map(|ran| &ran.worker).collect();
    workers.dedup();
    assert_eq!(workers, ["gw0", "gw1", "gw2"]);
    assert_alone(&all, "quick");
}

#[test]
fn each_is_not_supported() {
    let project = Project::with("test_a.py", "def test_a(): pass\n");
    let output = project.hasten(&["--dist", "each", "-n", "2"]);
    assert_eq!(output.status, 4);
    assert_eq!(
        output.stderr,
        "hasten: --dist each is not supported: hasten runs each test once. Leave it out, or choose one of \
         load, worksteal, loadscope, loadfile and loadgroup\n"
    );
    project
        .hasten(&["--dist", "each", "-n", "0"])
        .check(0, &["1 passed in"]);
}

const RESOURCES: &str = r#"
import os, pytest
@pytest.mark.parametrize("n", range(6))
@pytest.mark.resource("db")
def test_db(n): pass
@pytest.mark.parametrize("n", range(6))
@pytest.mark.resource("db", "port")
class TestBoth:
    def test_both(self, n):
        if "crash" in os.environ.get("WHAT", "") and n == 2: os._exit(3)
@pytest.mark.parametrize("n", range(6))
@pytest.mark.resource("port")
def test_port(n): pass
@pytest.mark.parametrize("n", range(12))
def test_free(n): pass
"#;

/// The most tests with one of these names that ran at a time.
fn at_a_time(all: &[Ran], names: &[&str]) -> usize {
    let uses = |ran: &&Ran| names.iter().any(|name| ran.nodeid.contains(name));
    let users: Vec<&Ran> = all.iter().filter(uses).collect();
    let beside = |one: &&Ran| {
        users
            .iter()
            .filter(|other| other.start <= one.start && one.start < other.end)
            .count()
    };
    users.iter().map(beside).max().unwrap_or(0)
}

#[test]
fn no_more_tests_use_a_resource_than_its_limit() {
    let settings = "[tool.hasten.resources]\nport = 2\n";
    let project = || {
        Project::with("conftest.py", CONFTEST)
            .and("test_a.py", RESOURCES)
            .and("sub/test_b.py", RESOURCES)
            .and("pyproject.toml", settings)
    };
    for args in [&["--strict-markers"][..], &["--dist", "loadscope"]] {
        each_way(project, args, |output, all| {
            output.check(0, &["60 passed in"]);
            assert_eq!(at_a_time(all, &["test_db", "test_both"]), 1, "{all:#?}");
            assert!(at_a_time(all, &["test_port", "test_both"]) <= 2, "{all:#?}");
        });
    }
    let output = project().hasten(&["-n", "0", "--strict-markers"]);
    output.check(0, &["60 passed in"]);
}

#[test]
fn a_worker_that_dies_gives_its_resources_back() {
    let text = format!("import os\nos.environ['WHAT'] = 'crash'\n{RESOURCES}");
    let project = || Project::with("conftest.py", CONFTEST).and("test_a.py", &text);
    each_way(project, &[], |output, all| {
        output.check(1, &["1 failed, 29 passed in"]);
        assert_eq!(at_a_time(all, &["test_db", "test_both"]), 1, "{all:#?}");
    });
}

/// As pytest-dependency does it.
const DEPENDENCY: &str = r#"
import pytest
done = set()
@pytest.fixture(autouse=True)
def depends(request):
    mark = request.node.get_closest_marker("dependency")
    for name in mark.kwargs.get("depends", ()) if mark else ():
        if name not in done:
            pytest.skip("depends on " + name)
    yield
    done.add(request.node.name)
"#;

#[test]
fn tests_that_depend_on_others_run_where_these_ran() {
    let test = |number: usize| {
        let depends = if number == 0 {
            String::new()
        } else {
            format!("depends=['test_{}']", number - 1)
        };
        format!("@pytest.mark.dependency({depends})\ndef test_{number}(): time.sleep(0.02)\n")
    };
    let text = format!(
        "import pytest, time\n{}",
        (0..12).map(test).collect::<String>()
    );
    let project = || {
        Project::with("conftest.py", DEPENDENCY)
            .and("test_a.py", &text)
            .and("test_b.py", &text.replace("test_", "test_b"))
            .and("pytest.ini", "[pytest]\nmarkers = dependency\n")
    };
    each_way(project, &[], |output, _| output.check(0, &["24 passed in"]));
}
