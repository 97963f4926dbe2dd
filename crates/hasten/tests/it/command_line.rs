//! The command line: what is hasten's, what is pytest's.

use std::process::Command;

use crate::project::{Output, Project};

fn project() -> Project {
    Project::with(
        "test_a.py",
        "def test_a(worker_id): print(worker_id); assert 0\n",
    )
}

#[test]
fn the_version_and_the_help_need_no_python() {
    let project = project();
    let version = project.hasten(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("hasten {}\n", env!("CARGO_PKG_VERSION"))
    );
    project
        .hasten(&["--help"])
        .check(0, &["Usage: hasten [options] [paths and node ids]"]);
    project.hasten(&["run", "--version"]).check(0, &["pytest "]);
}

#[test]
fn a_number_of_workers_in_the_settings_is_understood() {
    let project = project().and("pytest.ini", "[pytest]\naddopts = -n 1 --dist=loadfile\n");
    project.hasten(&[]).check(1, &["gw0"]);
    project.hasten(&["-n0"]).check(1, &["master"]);
    project.hasten(&["--numprocesses=0"]).check(1, &["master"]);
    project.hasten(&["-nauto"]).check(1, &["gw0"]);
    let wrong = project.hasten(&["-n", "many"]);
    wrong.check(4, &[]);
    assert!(wrong.stderr.contains("-n"), "{}", wrong.stderr);
}

#[test]
fn a_folder_named_like_a_command_can_be_run() {
    let project = Project::with("slow/test_a.py", "def test_a(): pass\n");
    project.hasten(&["run", "slow"]).check(0, &["1 passed in"]);
}

#[test]
fn pytests_own_listings_are_plain() {
    let project = project();
    for args in [&["--co", "-q"][..], &["--markers"], &["--fixtures"]] {
        let plain = project.pytest(args);
        let hasten = project.hasten(args);
        assert_eq!(hasten.status, plain.status);
        if args[0] == "--co" {
            assert_eq!(
                hasten.stdout.lines().next(),
                plain.stdout.lines().next(),
                "{args:?}"
            );
        }
    }
}

#[test]
fn an_interpreter_without_pytest_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let environment = folder.path().join("bare");
    let made = Command::new(crate::project::python())
        .args(["-m", "venv", "--without-pip"])
        .arg(&environment)
        .status()
        .unwrap();
    assert!(made.success());
    let output = Command::new(env!("CARGO_BIN_EXE_hasten"))
        .arg("--python")
        .arg(environment.join("bin/python"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("pytest is not installed"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn a_missing_interpreter_gets_one_sentence() {
    let output = Command::new(env!("CARGO_BIN_EXE_hasten"))
        .args(["--python", "./nothing/python"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        stderr.trim_end(),
        "hasten: --python ./nothing/python: there is no interpreter at this path"
    );
}

#[test]
fn first_failure_stops_with_pytests_status() {
    let mut text = String::from("import time, pytest\ndef test_0(): assert 0\n");
    for number in 1..40 {
        text.push_str(&format!("def test_{number}(): time.sleep(0.05)\n"));
    }
    let project = Project::with("test_a.py", &text);
    project.hasten(&["-x", "-n", "2"]).check(
        1,
        &[
            "stopping after 1 failures",
            "1 failed",
            "tests were not run",
        ],
    );
}

#[test]
fn last_failed_runs_what_failed() {
    let project = Project::with(
        "test_a.py",
        "def test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pass\n",
    );
    project.hasten(&[]).check(1, &["1 failed, 2 passed in"]);
    project
        .hasten(&["--lf"])
        .check(1, &["rerun previous 1 failure", "1 failed in"]);
    project.pytest(&["--lf"]).check(1, &["1 failed in"]);
    project
        .hasten(&["--ff", "-v"])
        .check(1, &["1 failed, 2 passed in"]);
}

#[test]
fn a_junit_file_has_every_test() {
    let project = project().and(
        "test_b.py",
        "def test_b(record_property): record_property('k', 'v')\n",
    );
    project
        .hasten(&["--junitxml=report.xml"])
        .check(1, &["report.xml"]);
    let xml = project.read("report.xml");
    assert!(
        xml.contains(r#"tests="2""#) && xml.contains(r#"failures="1""#),
        "{xml}"
    );
    assert!(xml.contains(r#"<property name="k" value="v""#), "{xml}");
}

#[test]
fn a_fall_back_to_one_process_is_said() {
    let project = project().and(
        "reporter.py",
        "def pytest_addoption(parser): parser.addoption('--gherkin-terminal-reporter', action='store_true')\n",
    );
    let option = ["-p", "reporter", "--gherkin-terminal-reporter"];
    let run = |args: &[&str]| {
        let mut command = project.command(&[&option, args].concat());
        Output::of(command.env("PYTHONPATH", project.path()).spawn().unwrap())
    };
    run(&[]).check(
        1,
        &[
            "master",
            "the tests ran in one process, because of --gherkin-terminal-reporter",
        ],
    );
    let asked = run(&["-n", "0"]);
    assert!(!asked.stdout.contains("in one process"), "{}", asked.stdout);
}
