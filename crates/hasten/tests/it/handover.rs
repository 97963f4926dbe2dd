//! `pytest -p hasten`, and what editors do with pytest.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::{Output, Project, python};

const TESTS: &str = r#"
import os, pytest

def note(worker_id):
    with open("log", "a") as file:
        file.write(worker_id + "\n")

@pytest.mark.parametrize("n", range(4))
def test_passes(n, request):
    note(request.getfixturevalue("worker_id") if "gw" in os.environ.get("PYTEST_XDIST_WORKER", "") else "none")

def test_fails():
    assert 1 == 2
"#;

const ADDED: &str = "[pytest]\naddopts = -p hasten -n 2\n";

/// Python with the package, and the program on PATH.
fn program(project: &Project, args: &[&str]) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_hasten")).parent().unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(python());
    command
        .args(args)
        .current_dir(project.path())
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("PYTHONPATH", package)
        .env(
            "HASTEN_CACHE_DIR",
            std::env::temp_dir().join("hasten-test-cache"),
        )
        .env("COLUMNS", "80")
        .env_remove("PYTEST_ADDOPTS")
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(project: &Project, args: &[&str]) -> Output {
    Output::of(program(project, args).spawn().unwrap())
}

/// Whose tests ran, sorted.
fn workers(project: &Project) -> Vec<String> {
    let mut workers: Vec<String> = project.read("log").lines().map(str::to_owned).collect();
    workers.sort();
    workers.dedup();
    let _ = std::fs::remove_file(project.path().join("log"));
    workers
}

#[test]
fn pytest_hands_the_run_over() {
    let project = Project::with("test_a.py", TESTS);
    let plain = run(&project, &["-m", "pytest"]);
    plain.check(1, &["1 failed, 4 passed in"]);
    assert_eq!(workers(&project), ["none"]);
    let handed = run(&project, &["-m", "pytest", "-p", "hasten", "-n", "1"]);
    handed.check(
        1,
        &["test_a.py ....F", "assert 1 == 2", "1 failed, 4 passed in"],
    );
    assert_eq!(workers(&project), ["gw0"]);
    assert_eq!(handed.stderr, "");
    assert_eq!(handed.stdout.matches("test session starts").count(), 1);
    let nothing = run(&project, &["-m", "pytest", "-p", "hasten", "-k", "nothing"]);
    nothing.check(5, &["5 deselected in"]);
}

#[test]
fn a_program_that_calls_pytest_gets_the_status_and_goes_on() {
    let conftest = "def pytest_addoption(parser): parser.addoption('--own')\n\
                    def pytest_configure(config): assert config.option.own == 'x'\n";
    let program = "import pytest, signal\nbefore = signal.getsignal(signal.SIGINT)\n\
                   print('status', int(pytest.main(['--own', 'x', 'test_a.py'])))\n\
                   assert signal.getsignal(signal.SIGINT) is before\n";
    let project = Project::with("test_a.py", TESTS)
        .and("pytest.ini", ADDED)
        .and("conftest.py", conftest)
        .and("run.py", program);
    let output = run(&project, &["run.py"]);
    output.check(0, &["1 failed, 4 passed in", "\nstatus 1\n"]);
    assert_eq!(output.stderr, "");
    assert!(
        workers(&project)
            .iter()
            .all(|worker| worker.starts_with("gw"))
    );
}

#[test]
fn what_pytest_answers_by_itself_it_answers() {
    let project =
        Project::with("test_a.py", TESTS).and("pytest.ini", "[pytest]\naddopts = -p hasten\n");
    run(&project, &["-m", "pytest", "--collect-only", "-q"]).check(0, &["test_a.py::test_fails\n"]);
    run(&project, &["-m", "pytest", "--fixtures"]).check(0, &["tmp_path"]);
    run(&project, &["-m", "pytest", "--help"]).check(0, &["usage: "]);
    assert!(!project.path().join(".hasten").exists());
}

#[test]
fn a_plugin_that_is_an_object_and_a_tracer_keep_the_tests_here() {
    let program =
        "import pytest\nclass Plugin: pass\npytest.main(['test_a.py'], plugins=[Plugin()])\n";
    let project = Project::with("test_a.py", TESTS)
        .and("pytest.ini", "[pytest]\naddopts = -p hasten\n")
        .and("run.py", program)
        .and(
            "trace.py",
            "import pytest, sys\nsys.settrace(lambda *_: None)\npytest.main(['test_a.py'])\n",
        )
        .and(
            "module.py",
            "import own, pytest\npytest.main(['test_a.py'], plugins=[own])\n",
        )
        .and(
            "own.py",
            "def pytest_report_header(): return 'own header'\n",
        );
    let object = run(&project, &["run.py"]);
    object.check(
        0,
        &[
            "hasten: pytest.main() was given a plugin that has no name",
            "1 failed, 4 passed in",
        ],
    );
    assert_eq!(workers(&project), ["none"]);
    run(&project, &["trace.py"]).check(
        0,
        &["hasten: a debugger or a tracer is attached, so the tests run"],
    );
    assert_eq!(workers(&project), ["none"]);
    run(&project, &["module.py"]).check(0, &["own header", "1 failed, 4 passed in"]);
    assert!(workers(&project)[0].starts_with("gw"));
}

#[test]
fn hasten_and_what_its_tests_start_go_their_own_way() {
    let tests = "import subprocess, sys\ndef test_inner():\n    \
                 text = subprocess.run([sys.executable, '-m', 'pytest', 'inner.py'], capture_output=True, text=True).stdout\n    \
                 assert '1 passed' in text and 'gw' not in text, text\n";
    let project = Project::with("test_a.py", tests)
        .and("pytest.ini", "[pytest]\naddopts = -p hasten\n")
        .and("inner.py", "import os\ndef test_a(): pass\n");
    run(&project, &["-m", "pytest"]).check(0, &["1 passed in"]);
    let mut hasten = project.command(&["-n", "2"]);
    hasten.env(
        "PYTHONPATH",
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python"),
    );
    Output::of(hasten.spawn().unwrap()).check(0, &["1 passed in"]);
}

#[test]
fn without_the_program_there_is_a_sentence() {
    let project = Project::with("test_a.py", TESTS);
    let mut command = program(&project, &["-m", "pytest", "-p", "hasten"]);
    command.env("PATH", "/nowhere");
    let output = Output::of(command.spawn().unwrap());
    assert_eq!((output.status, output.stdout.as_str()), (4, ""));
    assert_eq!(
        output.stderr,
        "ERROR: -p hasten: the program hasten is neither beside this Python nor on PATH. \
         Install it (pip install hasten), or leave out -p hasten\n\n"
    );
}

#[test]
fn a_signal_to_pytest_alone_ends_the_run() {
    let project = Project::with(
        "test_a.py",
        "import time\ndef test_a():\n    open('begun', 'w').close()\n    time.sleep(60)\n",
    );
    for signal in ["INT", "TERM"] {
        let child = program(&project, &["-m", "pytest", "-p", "hasten"])
            .spawn()
            .unwrap();
        project.wait_for("begun");
        std::fs::remove_file(project.path().join("begun")).unwrap();
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let output = Output::of(child);
        output.check(2, &["KeyboardInterrupt", "1 test was not run"]);
    }
}

/// What VS Code's plugin does with what it is told: it is a process of its own, which looks up paths by node id.
const EDITOR: &str = r#"
import json, os, pathlib, pytest
map_id_to_path = {}
collected_tests_so_far = set()
paths = {}
def get_node_path(node): return paths.setdefault(id(node), node.path)
def get_absolute_test_id(nodeid, path): return "::".join([str(path), *nodeid.split("::")[1:]])
def send_message(data):
    with open("pipe", "a") as file:
        for word in (json.dumps(data), "\n"):
            file.write(word)
            file.flush()
def tell(nodeid, path, outcome):
    name = get_absolute_test_id(nodeid, path)
    if name not in collected_tests_so_far:
        collected_tests_so_far.add(name)
        send_message({"test": name, "outcome": outcome, "text": "x" * 5000})
def pytest_load_initial_conftests(): pass
def pytest_exception_interact(node, call):
    tell(node.nodeid, node.path, call.excinfo.typename)
@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_report_teststatus(report):
    if report.when == "call" or report.skipped:
        try:
            path = map_id_to_path[report.nodeid]
        except KeyError:
            path = pathlib.Path.cwd()
        tell(report.nodeid, path, report.outcome)
    yield
@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_protocol(item):
    map_id_to_path[item.nodeid] = get_node_path(item)
    if check_skipped_wrapper(item):
        tell(item.nodeid, get_node_path(item), "skipped")
    yield
def check_skipped_wrapper(item): return any(mark.name == "skip" for mark in item.own_markers)
"#;

#[test]
fn vs_code_is_told_of_each_test_once() {
    let tests = "import os, pytest\n\
                 @pytest.mark.parametrize('n', range(40))\ndef test_n(n): assert n % 2\n\
                 def test_dies(): os.abort()\n\
                 @pytest.mark.skip\ndef test_skipped(): pass\n\
                 @pytest.fixture\ndef broken(): raise KeyError\ndef test_broken(broken): pass\n";
    let project = Project::with("sub/test_a.py", tests).and("vscode_pytest.py", EDITOR);
    let mut told = Vec::new();
    for workers in ["2", "0"] {
        let mut command = project.command(&["-p", "vscode_pytest", "-n", workers]);
        command.env("PYTHONPATH", project.path());
        if workers == "0" {
            command.args(["-k", "not dies"]);
        }
        Output::of(command.spawn().unwrap()).check(1, &["1 error"]);
        let mut lines: Vec<(String, String)> = project
            .read("pipe")
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| (line["test"].to_string(), line["outcome"].to_string()))
            .collect();
        std::fs::remove_file(project.path().join("pipe")).unwrap();
        lines.sort();
        if workers == "2" {
            let died = lines
                .iter()
                .position(|(test, _)| test.contains("dies"))
                .unwrap();
            assert_eq!(lines.remove(died).1, "\"failed\"");
        }
        told.push(lines);
    }
    assert_eq!(told[0].len(), 42);
    assert_eq!(told[0], told[1]);
}
