//! The hooks of pytest-xdist on the controller's side, and `import xdist`.

use crate::project::{Output, Project};

/// Notes what is called where, one line a call.
const CONFTEST: &str = r#"
import os, pytest

def note(config, *words):
    with open(str(config.rootpath / "log"), "a") as file:
        file.write(" ".join(map(str, words)) + "\n")

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.token = config.workerinput["token"]
        assert "nothing" not in config.workerinput
        assert config.workerinput.get("nothing", 7) == 7

def pytest_xdist_setupnodes(config, specs):
    note(config, "setupnodes", *[spec.id for spec in specs])

def pytest_configure_node(node):
    note(node.config, "configure", node.gateway.id, node.workerinput["workercount"])
    node.workerinput["token"] = "one for all"
    node.workerinput["database"] = ("db", node.gateway.id)

def pytest_testnodeready(node):
    note(node.config, "ready", node.gateway.id, node.workerinfo["id"])

def pytest_xdist_node_collection_finished(node, ids):
    note(node.config, "collected", node.gateway.id, len(ids))

def pytest_testnodedown(node, error):
    output = getattr(node, "workeroutput", None)
    note(node.config, "down", node.gateway.id, error, output and output["left"])

def pytest_runtest_logreport(report):
    if hasattr(report, "node") and report.when == "teardown":
        note(report.node.config, "report", report.node.gateway.id, report.nodeid)

def pytest_sessionfinish(session):
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left"] = {"by": {session.config.workerinput["workerid"]}}
        output["odd"] = lambda: None
    else:
        note(session.config, "finish")

@pytest.fixture(scope="session")
def database(request):
    return request.config.workerinput["database"]
"#;

const TESTS: &str = r#"
import os, pytest
@pytest.mark.parametrize("n", range(8))
def test_input(request, database, worker_id, n):
    assert request.config.token == "one for all"
    assert database == ("db", worker_id)
"#;

fn each_way(project: impl Fn() -> Project, args: &[&str], check: impl Fn(&Project, &Output)) {
    for method in ["fork", "spawn"] {
        let project = project();
        let output = project.hasten(&[args, &["--start-method", method]].concat());
        check(&project, &output);
    }
}

/// The lines of the log that begin with a word.
fn noted(project: &Project, word: &str) -> Vec<String> {
    let mut lines: Vec<String> = project
        .read("log")
        .lines()
        .filter_map(|line| line.strip_prefix(word))
        .map(|rest| rest.trim().to_owned())
        .collect();
    lines.sort();
    lines
}

#[test]
fn plugins_of_the_controller_see_each_worker() {
    let project = || Project::with("conftest.py", CONFTEST).and("test_a.py", TESTS);
    each_way(project, &["-n", "2"], |project, output| {
        output.check(0, &["8 passed in"]);
        assert_eq!(noted(project, "setupnodes"), ["gw0 gw1"]);
        assert_eq!(noted(project, "configure"), ["gw0 2", "gw1 2"]);
        assert_eq!(noted(project, "ready"), ["gw0 gw0", "gw1 gw1"]);
        assert_eq!(noted(project, "collected"), ["gw0 8", "gw1 8"]);
        assert_eq!(
            noted(project, "down"),
            ["gw0 None {'by': {'gw0'}}", "gw1 None {'by': {'gw1'}}"]
        );
        assert_eq!(noted(project, "report").len(), 8);
        // What a worker left is there when all it reported was seen, and before the session ends.
        let log = project.read("log");
        let words: Vec<&str> = log
            .lines()
            .rev()
            .filter_map(|line| line.split(' ').next())
            .take(4)
            .collect();
        assert_eq!(words, ["finish", "down", "down", "report"]);
    });
}

#[test]
fn a_worker_that_takes_the_place_of_another_is_seen_before_it_starts() {
    let tests = format!("import os\ndef test_crash(): os.abort()\n{TESTS}");
    let project = || Project::with("conftest.py", CONFTEST).and("test_a.py", &tests);
    each_way(project, &["-n", "1"], |project, output| {
        output.check(1, &["1 failed, 8 passed in"]);
        assert_eq!(noted(project, "configure"), ["gw0 1", "gw1 1"]);
        assert_eq!(
            noted(project, "down"),
            [
                "gw0 Not properly terminated None",
                "gw1 None {'by': {'gw1'}}"
            ]
        );
    });
}

#[test]
fn what_differs_between_workers_is_not_shared_by_a_fork() {
    let conftest = format!(
        "{CONFTEST}\ndef pytest_collection_modifyitems(config):\n    config.own = config.workerinput['database']\n"
    );
    let tests = format!("{TESTS}    assert request.config.own == ('db', worker_id)\n");
    let project = Project::with("conftest.py", &conftest).and("test_a.py", &tests);
    project.hasten(&["-n", "2"]).check(
        0,
        &[
            "each worker loads and collects for itself: ",
            "reads workerinput[\"database\"]",
            "8 passed in",
        ],
    );
}

#[test]
fn a_hook_that_raises_ends_the_run_as_it_does_under_xdist() {
    let project = Project::with(
        "conftest.py",
        "def pytest_configure_node(node):\n    raise ValueError('no database')\n",
    )
    .and("test_a.py", "def test(): pass\n");
    let output = project.hasten(&["-n", "2"]);
    assert_eq!(output.status, 3);
    let text = output.stdout.clone() + &output.stderr;
    assert!(text.contains("ValueError: no database"), "{text}");
}

#[test]
fn a_hook_for_crashed_tests_may_change_the_report() {
    let project = Project::with(
        "conftest.py",
        r#"
def pytest_handlecrashitem(crashitem, report, sched):
    report.sections.append(("seen by a plugin", crashitem))
    sched.mark_test_pending(crashitem)
"#,
    )
    .and("test_a.py", "import os\ndef test(): os.abort()\n");
    project.hasten(&["-n", "1"]).check(
        1,
        &[
            "- seen by a plugin -",
            "test_a.py::test does not run again for pytest_handlecrashitem: --retries is for crashes, too",
            "1 failed in",
        ],
    );
}

const SCHEDULER: &str = r#"
import xdist
from xdist.scheduler.loadscope import LoadScopeScheduling

class ByLetter(LoadScopeScheduling):
    def _split_scope(self, nodeid):
        return nodeid.split("[")[1][0]

def pytest_xdist_make_scheduler(config, log):
    return ByLetter(config, log)

def pytest_report_header(config):
    manager = config.pluginmanager
    return f"xdist: {manager.hasplugin('xdist')}, {manager.hasplugin('dsession')}, {config.getoption('tx')}"
"#;

#[test]
fn a_scheduler_of_the_suite_says_what_stays_together() {
    let tests = r#"
import pytest, time, xdist
@pytest.mark.parametrize("name", [letter + str(n) for n in range(5) for letter in "xyz"])
def test_together(name, request):
    time.sleep(0.01)
    assert xdist.is_xdist_worker(request) and not xdist.is_xdist_controller(request)
    with open(str(request.config.rootpath / "log"), "a") as file:
        file.write(name[0] + " " + xdist.get_xdist_worker_id(request) + "\n")
"#;
    let project = || Project::with("conftest.py", SCHEDULER).and("test_a.py", tests);
    each_way(project, &["-n", "2"], |project, output| {
        output.check(
            0,
            &["xdist: True, True, ['popen', 'popen']", "15 passed in"],
        );
        for letter in ["x", "y", "z"] {
            let mut workers = noted(project, letter);
            assert_eq!(workers.len(), 5);
            workers.dedup();
            assert_eq!(workers.len(), 1, "{letter}: {workers:?}");
        }
    });
}

#[test]
fn whether_xdist_is_installed_is_told_truly() {
    let project = Project::with(
        "test_a.py",
        r#"
import importlib.util, pytest
def test_question():
    assert importlib.util.find_spec("xdist") is None
def test_skip():
    pytest.importorskip("xdist")
def test_import():
    import xdist.newhooks, xdist.workermanage, xdist.dsession
    from xdist.scheduler import LoadScheduling
    assert xdist.__version__
"#,
    );
    let args = ["-n", "2", "-rs", "--start-method", "fork"];
    project.hasten(&args).check(
        0,
        &[
            "could not import 'xdist': No module named 'xdist'",
            "2 passed, 1 skipped in",
        ],
    );
    let plugin =
        "def pytest_report_header(config): return f\"{config.pluginmanager.hasplugin('xdist')}\"\n";
    let project = Project::with("conftest.py", plugin).and("test_a.py", "def test(): pass\n");
    project.hasten(&["-n", "0"]).check(0, &["\nFalse\n"]);
}
