//! What becomes of kept processes that nobody comes to, and what they hold.

use std::process::Command;

use super::{FOR, assert_released, attach, hold, project, run_id, wait_until};
use crate::project::{Output, Project, assert_nothing_left};

#[test]
fn a_killed_supervisor_leaves_nothing() {
    let project = project().and(
        "test_b.py",
        "import pathlib, time\ndef test_waits():\n    pathlib.Path('waits').touch()\n    time.sleep(600)\n",
    );
    let args: Vec<&str> = FOR.iter().copied().chain(["-n", "2"]).collect();
    let child = project.start(&args);
    project.wait_for("waits");
    wait_until(|| {
        attach(&project, &["--list"], "")
            .stdout
            .contains("test_breaks")
    });
    let run = run_id(&project);
    let killed = Command::new("kill")
        .args(["-KILL", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(Output::of(child).status, -1);
    assert_nothing_left(&run);
    wait_until(|| attach(&project, &["--list"], "").stdout == "no test is kept\n");
}

#[test]
fn without_capture_the_output_is_let_go() {
    let project = project();
    // It ends when the pipe behind it does.
    hold(&project, &["-n", "2", "-s"]).check(1, &["heard", "2 failed, 7 passed in"]);
    let run = run_id(&project);
    attach(&project, &[], "print('said ' * 2)\nc\n").check(0, &["said said \n"]);
    assert_released(&project, &run);
}

#[test]
fn its_temporary_folder_outlives_other_runs() {
    let tests = "def test_breaks(tmp_path):\n    (tmp_path / 'file').touch()\n    assert 0\n";
    let project = Project::with("test_a.py", tests).and("temporary/here", "");
    let folder = project.path().join("temporary");
    let run = |args: &[&str]| {
        let command = &mut project.command(args);
        Output::of(
            command
                .env("PYTEST_DEBUG_TEMPROOT", &folder)
                .spawn()
                .unwrap(),
        )
    };
    run(&FOR).check(1, &["1 failed in"]);
    let id = run_id(&project);
    for _ in 0..5 {
        run(&["-n", "1"]).check(1, &["1 failed in"]);
    }
    attach(&project, &[], "p (tmp_path / 'file').exists()\nc\n").check(0, &["True\n"]);
    assert_released(&project, &id);
    run(&["-n", "1"]).check(1, &["1 failed in"]);
    let mut runs = std::fs::read_dir(&folder).unwrap().flatten();
    let runs = runs.find(|entry| entry.path().is_dir()).unwrap().path();
    assert!(!runs.join("pytest-0").exists());
}

#[test]
fn one_comes_at_a_time() {
    let project = project();
    hold(&project, &["-k", "breaks"]).check(1, &["1 failed, 8 deselected in"]);
    let run = run_id(&project);
    let folder = project.path().join("tests/deeper");
    std::fs::create_dir_all(&folder).unwrap();
    let mut first = project
        .command(&["attach"])
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = first.stdin.take().unwrap();
    let write = |typed: &mut std::process::ChildStdin, text: &str| {
        std::io::Write::write_all(typed, text.as_bytes()).unwrap();
    };
    write(&mut typed, "open('attached', 'w').close()\n");
    project.wait_for("attached");
    let second = attach(&project, &["--release-all"], "");
    assert_eq!(second.status, 4);
    assert!(
        second
            .stderr
            .contains("somebody else has attached to test_a.py::test_breaks"),
        "{}",
        second.stderr
    );
    write(&mut typed, "c\n");
    drop(typed);
    Output::of(first).check(0, &[]);
    assert_released(&project, &run);
}

#[test]
fn who_waits_is_told() {
    let project = project();
    hold(&project, &["-n", "2", "--hold-max", "2"]).check(1, &["2 failed, 7 passed in"]);
    let run = run_id(&project);
    let waits = project.command(&["attach", "--wait"]).spawn().unwrap();
    attach(&project, &["test_a.py::test_breaks"], "c\n").check(0, &[]);
    attach(&project, &["--release-all"], "").check(0, &[]);
    Output::of(waits).check(0, &[]);
    assert_released(&project, &run);
    let output = attach(&project, &["--release-all"], "");
    output.check(0, &["no test is kept\n"]);
}
