//! Tests that read from the terminal.

use super::in_terminal;
use crate::project::Project;

#[test]
fn each_test_that_asks_gets_the_terminal_in_turn() {
    for method in ["fork", "spawn"] {
        let project = Project::with(
            "test_a.py",
            r#"
import pytest

@pytest.mark.parametrize("name", ["one", "two"])
def test_asks(name):
    answer = input(f"tell {name}: ")
    assert answer == name[::-1]

@pytest.mark.parametrize("n", range(4))
def test_others(n):
    pass
"#,
        );
        let output = in_terminal(
            &project,
            &[
                "-s",
                "-n",
                "2",
                "-k",
                "one or others",
                "--start-method",
                method,
            ],
            &[("to read from the terminal", "eno\\n")],
        );
        output.check(
            0,
            &[
                "tell one: ",
                "test_asks[one] has stopped in gw",
                "5 passed, 1 deselected in",
                "unanswered: []\nstatus 0\n",
            ],
        );
        let output = in_terminal(
            &project,
            &["-s", "-n", "2", "-k", "asks", "--start-method", method],
            &[
                ("to read from the terminal", "nobody\\n"),
                ("to read from the terminal", "nobody\\n"),
            ],
        );
        output.check(
            0,
            &["2 failed, 4 deselected in", "unanswered: []\nstatus 1\n"],
        );
    }
}

#[test]
fn what_opens_the_terminal_itself_gets_it_too() {
    let project = Project::with(
        "test_a.py",
        r#"
import getpass, subprocess

def test_password():
    assert getpass.getpass("secret: ") == "abc"

def test_program():
    with open("/dev/tty") as terminal:
        done = subprocess.run(["head", "-n1"], stdin=terminal, capture_output=True, text=True)
    assert done.stdout == "line\n"
"#,
    );
    let output = in_terminal(
        &project,
        &["-n", "1"],
        &[
            ("test_password has stopped", ""),
            ("secret: ", "abc\\n"),
            ("test_program has stopped", "line\\n"),
        ],
    );
    output.check(0, &["2 passed in", "unanswered: []\nstatus 0\n"]);
}

#[test]
fn a_file_may_ask_while_it_is_collected() {
    let project = Project::with(
        "test_a.py",
        "name = input('who? ')\n\ndef test_name():\n    assert name == 'me'\n",
    );
    let output = in_terminal(
        &project,
        &["-s", "-n", "2"],
        &[("collection has stopped to read", "me\\n")],
    );
    output.check(0, &["1 passed in", "unanswered: []\nstatus 0\n"]);
}

#[test]
fn no_time_limit_holds_for_who_waits_for_an_answer() {
    let project = Project::with(
        "test_a.py",
        "import time\n\ndef test_asks():\n    assert input() == 'late'\n\n\
         def test_slow():\n    time.sleep(60)\n",
    );
    // The answer comes when another test has exceeded the same limit.
    let output = in_terminal(
        &project,
        &["-s", "-n", "2", "--timeout", "1", "--events", "/dev/tty"],
        &[("to read from the terminal", ""), ("Timeout", "late\\n")],
    );
    output.check(0, &["1 failed, 1 passed in", "unanswered: []\nstatus 1\n"]);
}

#[test]
fn isolated_tests_may_ask() {
    let project = Project::with(
        "test_a.py",
        "import pytest\n\n@pytest.mark.parametrize('n', range(3))\ndef test_asks(n):\n    assert input() == 'yes'\n",
    );
    let output = in_terminal(
        &project,
        &["-s", "-n", "1", "--isolate", "test"],
        &[("to read from the terminal", "yes\\n")].repeat(3),
    );
    output.check(0, &["3 passed in", "unanswered: []\nstatus 0\n"]);
}

#[test]
fn without_a_terminal_stdin_is_empty() {
    let project = Project::with(
        "test_a.py",
        "import pytest\n\ndef test_asks():\n    with pytest.raises(EOFError):\n        input()\n",
    );
    project
        .hasten(&["-s", "-n", "1"])
        .check(0, &["1 passed in"]);
}
