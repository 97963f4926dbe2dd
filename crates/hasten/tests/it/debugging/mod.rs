//! Tests that stop in a debugger or read from the terminal, while others run.

mod input;
mod post_mortem;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::{Output, Project};

const TESTS: &str = r#"
import pytest, time

@pytest.mark.parametrize("n", range(6))
def test_others(n):
    time.sleep(0.05)

@pytest.mark.parametrize("name", ["one", "two"])
def test_stops(name):
    value = 40 + 2
    breakpoint()
    assert value == 42, value
"#;

/// Runs hasten in a terminal: each answer is what is waited for, and what is typed then.
pub(crate) fn in_terminal(project: &Project, args: &[&str], answers: &[(&str, &str)]) -> Output {
    let hasten = project.command(args);
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/terminal.py");
    let mut command = Command::new(crate::project::python());
    command
        .arg(driver)
        .arg(hasten.get_program())
        .args(hasten.get_args())
        .current_dir(project.path());
    for (name, value) in hasten.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command
        .env("TERM", "dumb")
        .env_remove("PYTHONBREAKPOINT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = answers
        .iter()
        .map(|(wait, typed)| format!("{wait}\\t{typed}\n"))
        .collect();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    Output::of(child)
}

#[test]
fn each_test_that_stops_gets_the_terminal_in_turn() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_a.py", TESTS);
        let output = in_terminal(
            &project,
            &["-n", "2", "--start-method", method],
            &[
                ("(Pdb)", "p 'value', value\\n"),
                ("('value', 42)\\n(Pdb)", "continue\\n"),
                ("has stopped", ""),
                ("(Pdb)", "p name * 3\\n"),
                ("(Pdb)", "value = 7\\n"),
                ("(Pdb)", "c\\n"),
            ],
        );
        output.check(
            0,
            &[
                "has stopped in gw",
                "1 failed, 7 passed in",
                "unanswered: []\nstatus 1\n",
                "assert 7 == 42",
            ],
        );
    }
}

#[test]
fn time_limits_wait_for_who_debugs() {
    let project = Project::with("test_a.py", TESTS);
    let output = in_terminal(
        &project,
        &["-n", "2", "--timeout", "1", "-k", "stops"],
        &[
            (
                "(Pdb)",
                "import time; time.sleep(1.5); print('sle' + 'pt')\\n",
            ),
            ("slept\\n(Pdb)", "c\\n"),
            ("has stopped", ""),
            ("(Pdb)", "c\\n"),
        ],
    );
    output.check(
        0,
        &["2 passed, 6 deselected in", "unanswered: []\nstatus 0\n"],
    );
}

#[test]
fn quit_and_death_give_the_terminal_back() {
    let project = Project::with("test_a.py", TESTS);
    let output = in_terminal(
        &project,
        &["-n", "2", "-k", "one or others"],
        &[("(Pdb)", "quit\\n")],
    );
    output.check(
        0,
        &["Exit: Quitting debugger", "unanswered: []\nstatus 2\n"],
    );
    let output = in_terminal(
        &project,
        &["-n", "2"],
        &[("(Pdb)", "import os; os.abort()\\n"), ("(Pdb)", "c\\n")],
    );
    output.check(0, &["1 failed, 7 passed in", "unanswered: []\nstatus 1\n"]);
}

#[test]
fn ctrl_c_at_the_prompt_is_the_debuggers() {
    let project = Project::with("test_a.py", TESTS);
    let output = in_terminal(
        &project,
        &["-n", "2"],
        &[
            ("(Pdb)", "\\x03"),
            ("--KeyboardInterrupt--\\n(Pdb)", "c\\n"),
            ("has stopped", ""),
            ("(Pdb)", "c\\n"),
        ],
    );
    output.check(0, &["8 passed in", "unanswered: []\nstatus 0\n"]);
}

#[test]
fn a_file_that_stops_while_it_is_collected_gets_the_terminal() {
    for (method, prompts) in [("fork", 1), ("spawn", 2)] {
        let project = Project::with("test_a.py", "value = 42\nbreakpoint()\ndef test(): pass\n");
        let answers = [("(Pdb)", "p value + 1\\n"), ("43\\n(Pdb)", "c\\n")].repeat(prompts);
        let output = in_terminal(&project, &["-n", "2", "--start-method", method], &answers);
        output.check(0, &["1 passed in", "unanswered: []\nstatus 0\n"]);
    }
}

#[test]
fn without_a_terminal_it_is_as_in_pytest() {
    let project = Project::with("test_a.py", TESTS);
    let plain = project.pytest(&["-k", "one"]);
    let ours = project.hasten(&["-n", "2", "-k", "one"]);
    // Python 3.15 ends the run at the end of the debugger's input.
    let (status, said) = if plain.stdout.contains("Quitting debugger") {
        (2, ["Exit: Quitting debugger", "7 deselected in"])
    } else {
        (1, ["BdbQuit", "1 failed"])
    };
    plain.check(status, &said);
    ours.check(status, &said);
}
