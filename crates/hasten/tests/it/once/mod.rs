//! Session fixtures that are set up once for the whole run.

mod ending;

use crate::project::{Output, Project};

/// What the conftest files begin with. `met` waits until so many workers are there: each test uses it before the fixture.
const BEGIN: &str = r#"
import hasten, os, pathlib, pytest, time
HERE = pathlib.Path(__file__).parent

def note(*words):
    with open(HERE / "log", "a") as file:
        file.write(" ".join(map(str, words)) + "\n")

def wait_for(text, times=1):
    for _ in range(6000):
        if (HERE / "log").exists() and (HERE / "log").read_text().count(text) >= times:
            return
        time.sleep(0.01)
    raise AssertionError(text + " never came")

@pytest.fixture(scope="session")
def here(worker_id):
    note("here", worker_id)
"#;

const DATABASE: &str = r#"
@pytest.fixture(scope="session")
@hasten.once
def database(worker_id):
    note("up", worker_id)
    wait_for("here", int(os.environ.get("WORKERS", 2)))
    yield {"url": "db of " + worker_id}
    note("down", worker_id)
"#;

const TESTS: &str = r#"
import pytest
from conftest import note
@pytest.mark.parametrize("n", range(6))
def test_it(here, database, n, worker_id):
    note("test", worker_id, database["url"])
"#;

fn project(more: &str, tests: &str) -> Project {
    Project::with("conftest.py", &[BEGIN, more].concat()).and("test_a.py", tests)
}

/// The lines of the log that begin with a word.
fn noted(project: &Project, word: &str) -> Vec<String> {
    let log = project.read("log");
    let lines = log.lines().filter_map(|line| line.strip_prefix(word));
    lines.map(|rest| rest.trim().to_owned()).collect()
}

fn last_line(project: &Project) -> String {
    project.read("log").lines().last().unwrap_or("").to_owned()
}

fn run(project: &Project, args: &[&str]) -> Output {
    let mut command = project.command(args);
    if args.contains(&"0") || args.contains(&"1") {
        command.env("WORKERS", "1");
    }
    Output::of(command.spawn().unwrap())
}

#[test]
fn one_worker_sets_it_up_for_all_and_tears_it_down_last() {
    for method in ["fork", "spawn"] {
        let project = project(DATABASE, TESTS);
        let args = ["-n", "2", "--start-method", method];
        run(&project, &args).check(0, &["6 passed in"]);
        let owner = noted(&project, "up");
        assert_eq!(owner.len(), 1, "{method}: {}", project.read("log"));
        assert_eq!(noted(&project, "down"), owner);
        assert_eq!(last_line(&project), format!("down {}", owner[0]));
        let tests = noted(&project, "test");
        assert_eq!(tests.len(), 6);
        let url = format!("db of {}", owner[0]);
        assert!(tests.iter().all(|test| test.ends_with(&url)), "{tests:?}");
    }
}

#[test]
fn with_one_process_nothing_is_different() {
    for workers in ["0", "1"] {
        let project = project(DATABASE, TESTS);
        run(&project, &["-n", workers]).check(0, &["6 passed in"]);
        assert_eq!(noted(&project, "up").len(), 1);
        assert_eq!(noted(&project, "down").len(), 1);
    }
}

#[test]
fn a_setting_names_fixtures() {
    let more = DATABASE.replace("@hasten.once\n", "");
    let project = project(&more, TESTS).and(
        "pyproject.toml",
        "[tool.hasten]\nonce-per-run = [\"database\"]\n",
    );
    run(&project, &["-n", "2"]).check(0, &["6 passed in"]);
    assert_eq!(noted(&project, "up").len(), 1);
}

#[test]
fn a_failure_is_that_of_all_tests() {
    let more = r#"
@pytest.fixture(scope="session")
@hasten.once
def database():
    note("up")
    wait_for("here", 2)
    raise ConnectionError("nobody listens")
"#;
    let project = project(more, TESTS);
    let output = run(&project, &["-n", "2"]);
    output.check(1, &["6 errors in"]);
    assert_eq!(noted(&project, "up").len(), 1);
    let shown = output
        .stdout
        .matches("E       ConnectionError: nobody listens")
        .count();
    assert_eq!(shown, 6, "{}", output.stdout);
    assert!(
        !output.stdout.contains("hasten_worker"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_skip_is_that_of_all_tests() {
    let more = r#"
@pytest.fixture(scope="session")
@hasten.once
def database():
    note("up")
    wait_for("here", 2)
    pytest.skip("no database here")
"#;
    let project = project(more, TESTS);
    let output = run(&project, &["-n", "2", "-rs"]);
    output.check(
        0,
        &["SKIPPED [6] test_a.py:4: no database here", "6 skipped in"],
    );
    assert_eq!(noted(&project, "up").len(), 1);
}

#[test]
fn a_test_that_is_run_again_lets_a_failed_one_be_set_up_again() {
    let more = r#"
@pytest.fixture(scope="session")
@hasten.once
def database(worker_id):
    note("up", worker_id)
    wait_for("here", 2)
    if (HERE / "log").read_text().count("up") == 1:
        raise ConnectionError("not yet")
    yield {"url": worker_id}
    note("down", worker_id)
"#;
    let project = project(more, TESTS);
    run(&project, &["-n", "2", "--retries", "1"]).check(0, &[" passed"]);
    assert_eq!(noted(&project, "up").len(), 2, "{}", project.read("log"));
    assert_eq!(noted(&project, "down").len(), 1);
}

#[test]
fn what_cannot_be_pickled_is_set_up_by_each_worker() {
    let more = DATABASE.replace(
        "yield {",
        "yield {\"lock\": __import__('threading').Lock(), ",
    );
    let project = project(&more, TESTS);
    let output = run(&project, &["-n", "2"]);
    let line = "the fixture conftest.py::database is not set up once for the whole run, but by each worker: its value cannot be \
                pickled (";
    output.check(0, &[line, "_thread.lock", "6 passed in"]);
    assert_eq!(output.stdout.matches("is not set up once").count(), 1);
    // A worker that got nothing for a while has torn down, and sets up again when it gets more.
    let up = noted(&project, "up").len();
    assert!(up >= 2, "{}", project.read("log"));
    assert_eq!(noted(&project, "down").len(), up);
}

#[test]
fn a_fixture_of_another_scope_is_named() {
    let more = DATABASE
        .replace("session", "module")
        .replace("wait_for(\"here\"", "0 and wait_for(\"\"");
    let project = project(&more, &TESTS.replace("here, ", ""));
    let line = "the fixture conftest.py::database is not set up once for the whole run, but by each worker: its scope is \
                \"module\", and has to be \"session\"";
    let output = project.hasten(&["-n", "2"]);
    output.check(0, &[line, "6 passed in"]);
}

#[test]
fn who_waits_for_it_does_not_reach_a_limit() {
    let more = DATABASE.replace("    yield", "    time.sleep(4)\n    yield");
    let project = project(&more, TESTS).and(
        "pyproject.toml",
        "[tool.hasten]\ntimeout = 3\nfixture-timeout = 60\n",
    );
    let output = run(&project, &["-n", "2", "--slow-after", "1"]);
    output.check(
        0,
        &[
            "6 passed in",
            "(waits for the fixture conftest.py::database, which gw",
        ],
    );
    assert_eq!(noted(&project, "up").len(), 1);
}

#[test]
fn a_limit_that_is_reached_in_it_is_the_failure_of_all() {
    let more = DATABASE.replace("    yield", "    time.sleep(600)\n    yield");
    let project = project(&more, TESTS);
    let output = run(&project, &["-n", "2", "--timeout", "2"]);
    output.check(1, &["6 errors in", "Failed: Timeout (>2.0s)"]);
    assert_eq!(noted(&project, "up").len(), 1);
}

/// The recipe of pytest-xdist's documentation, with a lock of the standard library.
const RECIPE: &str = r#"
import fcntl, json

class FileLock:
    def __init__(self, path): self.path = path
    def __enter__(self):
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)
    def __exit__(self, *_): self.file.close()

@pytest.fixture(scope="session")
def database(tmp_path_factory, worker_id):
    def produce():
        note("up", worker_id)
        return {"url": "db"}
    if worker_id == "master":
        return produce()
    root_tmp_dir = tmp_path_factory.getbasetemp().parent
    fn = root_tmp_dir / "data.json"
    with FileLock(str(fn) + ".lock"):
        if fn.is_file():
            data = json.loads(fn.read_text())
        else:
            data = produce()
            fn.write_text(json.dumps(data))
    return data
"#;

#[test]
fn the_recipe_with_a_lock_works_as_under_xdist() {
    for args in [
        &["-n", "2"][..],
        &["-n", "2", "--start-method", "spawn"],
        &["-n", "0"],
    ] {
        let project = project(RECIPE, TESTS);
        run(&project, args).check(0, &["6 passed in"]);
        assert_eq!(noted(&project, "up").len(), 1, "{}", project.read("log"));
        assert_eq!(noted(&project, "test").len(), 6);
    }
}

#[test]
fn serial_tests_and_resources_use_it_like_others() {
    let tests = r#"
import pytest
from conftest import note
@pytest.mark.resource("database")
@pytest.mark.parametrize("n", range(4))
def test_writes(here, database, n):
    note("writes", database["url"])

@pytest.mark.parametrize("n", range(4))
def test_reads(here, database, n):
    note("reads", database["url"])

@pytest.mark.serial
def test_drops_everything(database):
    note("drops", database["url"])
"#;
    let project = project(DATABASE, tests);
    run(&project, &["-n", "2"]).check(0, &["9 passed in"]);
    assert_eq!(noted(&project, "up").len(), 1);
    let urls = ["writes", "reads", "drops"].map(|word| noted(&project, word).len());
    assert_eq!(urls, [4, 4, 1]);
    let log = project.read("log");
    let last: Vec<&str> = log.lines().rev().take(2).collect();
    assert!(
        last[0].starts_with("down") && last[1].starts_with("drops"),
        "{log}"
    );
}

#[test]
fn a_diagnosis_uses_what_is_there() {
    let tests = r#"
from conftest import note
def test_ok(here, database): pass
def test_bad(here, database): assert not database
def test_too(here, database): assert database
"#;
    let project = project(&DATABASE.replace("2))", "1))"), tests);
    let output = project.hasten(&["-n", "2", "--diagnose-flaky"]);
    output.check(
        1,
        &["test_a.py::test_bad fails always", "1 failed, 2 passed in"],
    );
    assert_eq!(noted(&project, "up").len(), 1, "{}", project.read("log"));
    assert_eq!(noted(&project, "down").len(), 1);
}

#[test]
fn a_run_is_the_same_as_that_of_plain_pytest() {
    let conftest = r#"
import hasten, pytest

@hasten.once
@pytest.fixture(scope="session", params=["a", "b"])
def letter(request):
    yield request.param

@pytest.fixture(scope="session")
@hasten.once
def broken(letter):
    print("from", letter)
    raise ConnectionError(letter)
"#;
    let tests = r#"
import pytest

@pytest.mark.parametrize("n", range(3))
def test_letter(letter, n): assert letter in "ab"

def test_broken(broken): pass
"#;
    let project = Project::with("conftest.py", conftest).and("test_a.py", tests);
    let output = project.hasten(&["verify", "-n", "2"]);
    output.check(0, &["8 tests, no differences"]);
}

#[test]
fn isolated_tests_set_it_up_for_themselves() {
    let project = project(DATABASE, TESTS);
    let mut command = project.command(&["-n", "2", "--isolate", "test"]);
    command.env("WORKERS", "1");
    Output::of(command.spawn().unwrap()).check(
        0,
        &[
            "the fixture conftest.py::database is not set up once for the whole run, but by each worker: tests are isolated\n",
            "6 passed in",
        ],
    );
    assert_eq!(noted(&project, "up").len(), 6);
    assert_eq!(noted(&project, "down").len(), 6);
}
