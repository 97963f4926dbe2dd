//! The main job: the same verdicts as pytest.

use crate::project::Project;

const MIXED: &str = r#"
import pytest

@pytest.fixture(scope="module")
def module_fixture():
    yield 1

def test_passes(module_fixture):
    assert module_fixture == 1

def test_fails():
    print("said on stdout")
    assert 1 == 2

@pytest.mark.skip(reason="not now")
def test_skipped():
    pass

@pytest.mark.xfail
def test_xfails():
    assert False

@pytest.mark.parametrize("value", [object(), lambda: 1, b"\xff", "\udc80", float("nan")])
def test_odd_values(value):
    pass

@pytest.fixture
def broken():
    raise RuntimeError("setup broke")

def test_error(broken):
    pass
"#;

#[test]
fn the_summary_is_pytests() {
    let project = Project::with("test_mixed.py", MIXED);
    for args in [
        &["-n", "2"][..],
        &["-n", "2", "--start-method", "spawn"],
        &["-n", "0"],
        &[],
    ] {
        project.hasten(args).check(
            1,
            &[
                "def test_fails():",
                "said on stdout",
                "FAILED test_mixed.py::test_fails - assert 1 == 2",
                "ERROR test_mixed.py::test_error - RuntimeError: setup broke",
                "1 failed, 6 passed, 1 skipped, 1 xfailed, 1 error in",
            ],
        );
    }
}

#[test]
fn the_output_is_that_of_plain_pytest() {
    let project = Project::with("test_mixed.py", MIXED).and("test_more.py", "def test_a(): pass\n");
    for args in [
        &["-q", "test_mixed.py"][..],
        &["-v", "-ra"],
        &["--tb=short", "-rA"],
        &["-k", "passes or fails"],
    ] {
        let plain = without_times(&project.pytest(args).stdout);
        let mut with_workers = vec!["-n", "2"];
        with_workers.extend(args);
        let hasten = without_times(&project.hasten(&with_workers).stdout);
        assert_eq!(
            sorted(&hasten),
            sorted(&plain),
            "{args:?}\n{hasten}\n---\n{plain}"
        );
    }
}

/// Files are shown in the order of their completion, so progress differs.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(without_progress).collect();
    lines.sort();
    lines
}

fn without_progress(line: &str) -> String {
    match line.rfind(" [") {
        Some(at) if line.ends_with("%]") => line[..at].trim_end().to_owned(),
        _ => line.to_owned(),
    }
}

pub(crate) fn without_times(text: &str) -> String {
    text.lines()
        .map(|line| match line.find(" in ") {
            Some(at) if line.contains(" passed") || line.contains(" failed") => {
                line[..at].trim_matches(['=', ' ']).to_owned()
            }
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_a_plugin_raises_past_pytest_is_shown() {
    let project = Project::with("test_a.py", "def test_a(): pass\n").and(
        "conftest.py",
        "def pytest_terminal_summary(): raise ValueError('of the plugin')\n",
    );
    let shown = |stderr: &str| {
        let lines = stderr.lines();
        let end: Vec<_> = lines
            .skip_while(|line| !line.contains("conftest.py"))
            .collect();
        end.join("\n")
    };
    let plain = project.pytest(&[]);
    for count in ["0", "2"] {
        let output = project.hasten(&["-n", count]);
        output.check(plain.status, &[]);
        assert_eq!(shown(&output.stderr), shown(&plain.stderr));
    }
}

#[test]
fn programs_of_a_test_write_beside_each_other() {
    let project = Project::with(
        "test_a.py",
        r#"
import subprocess, sys
CODE = "import os\nfor i in range(60_000): os.write(1, b'123456789\\n')"

def test_programs(capfd):
    for program in [subprocess.Popen([sys.executable, "-c", CODE]) for _ in range(4)]:
        program.wait()
    assert len(capfd.readouterr().out) == 2_400_000
"#,
    );
    for count in ["0", "1"] {
        project.hasten(&["-n", count]).check(0, &["1 passed in"]);
    }
}

#[test]
fn statuses_are_pytests() {
    let project = Project::with("test_ok.py", "def test_a(): pass\n")
        .and("bad/test_bad.py", "import nothing_like_this\n")
        .and("empty/test_none.py", "x = 1\n");
    project.hasten(&["test_ok.py"]).check(0, &["1 passed in"]);
    project.hasten(&["bad"]).check(
        2,
        &[
            "ERROR bad/test_bad.py",
            "Interrupted: 1 error during collection",
        ],
    );
    project
        .hasten(&[".", "--continue-on-collection-errors"])
        .check(1, &["1 passed, 1 error in"]);
    project.hasten(&["empty"]).check(5, &["no tests ran"]);
    let wrong = project.hasten(&["--no-such-option"]);
    wrong.check(4, &[]);
    assert!(
        wrong
            .stderr
            .contains("unrecognized arguments: --no-such-option"),
        "{}",
        wrong.stderr
    );
    let missing = project.hasten(&["no_such_file.py"]);
    missing.check(4, &["no tests ran"]);
    assert!(
        missing
            .stderr
            .contains("file or directory not found: no_such_file.py"),
        "{}",
        missing.stderr
    );
}

#[test]
fn module_fixtures_are_set_up_about_as_often_as_in_one_process() {
    let text = r#"
import pathlib, pytest
@pytest.fixture(scope="module")
def counted(request):
    with open(request.config.rootpath / "setups.txt", "a") as log:
        log.write(request.module.__name__ + "\n")
@pytest.mark.parametrize("n", range(50))
def test_a(counted, n):
    pass
"#;
    let mut project = Project::with("test_0.py", text);
    for number in 1..8 {
        project = project.and(&format!("test_{number}.py"), text);
    }
    project.hasten(&["-n", "2"]).check(0, &["400 passed in"]);
    let setups = project.read("setups.txt").lines().count();
    assert!((8..=12).contains(&setups), "{setups} setups of 8 modules");
}

#[test]
fn temporary_folders_do_not_collide() {
    let text = r#"
def test_a(tmp_path):
    (tmp_path / "x").write_text("x")
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]
"#;
    let mut project = Project::with("test_0.py", text);
    for number in 1..6 {
        project = project.and(&format!("test_{number}.py"), text);
    }
    project
        .hasten(&["-n", "3", "--basetemp", "tmp"])
        .check(0, &["6 passed in"]);
    assert!(project.path().join("tmp/popen-gw0").is_dir());
    project
        .hasten(&["-n", "3", "--basetemp", "tmp", "--start-method", "spawn"])
        .check(0, &["6 passed in"]);
    assert!(!project.path().join("tmp/test_a0").exists());
    project.hasten(&["-n", "3"]).check(0, &["6 passed in"]);
}

#[test]
fn random_numbers_are_those_that_a_conftest_seeded() {
    let project = Project::with(
        "conftest.py",
        "import random\nrandom.seed(0)\nFIRST = random.random()\nrandom.seed(0)\n",
    )
    .and(
        "test_a.py",
        "import random, conftest\ndef test_first():\n    assert random.random() == conftest.FIRST\n",
    );
    project.hasten(&["-n", "1"]).check(0, &["1 passed in"]);
}
