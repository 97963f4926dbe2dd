//! `--pdb` where tests are distributed.

use super::in_terminal;
use crate::project::Project;

const TESTS: &str = r#"
import pytest, unittest

@pytest.mark.parametrize("n", range(6))
def test_others(n):
    pass

@pytest.fixture
def broken():
    wanted = "a fixture"
    raise LookupError(wanted)

def test_setup(broken):
    pass

@pytest.mark.xfail
def test_expected():
    assert False

def test_skipped():
    pytest.skip("not now")

class TestCase(unittest.TestCase):
    def setUp(self):
        self.state = "open"

    def tearDown(self):
        self.state = "closed"

    def test_fails(self):
        print("printed before")
        self.assertEqual(1, 2)
"#;

#[test]
fn each_failure_opens_the_debugger_in_turn() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_a.py", TESTS);
        let in_either_order = [
            ("(Pdb)", "p locals().get('wanted') or self.state\\n"),
            ("(Pdb)", "c\\n"),
        ]
        .repeat(2);
        let args = ["--pdb", "-n", "2", "--start-method", method];
        let output = in_terminal(&project, &args, &in_either_order);
        output.check(
            0,
            &[
                "entering PDB",
                "PDB post_mortem (IO-capturing turned off)",
                "LookupError: a fixture",
                "printed before",
                "'a fixture'",
                "'open'",
                "1 failed, 6 passed, 1 skipped, 1 xfailed, 1 error in",
                "short test summary info",
                "unanswered: []\nstatus 1\n",
            ],
        );
        // What was shown at the prompt is not shown again.
        assert!(!output.stdout.contains("= FAILURES ="), "{}", output.stdout);
    }
}

#[test]
fn quit_ends_the_run_with_the_failure() {
    let project = Project::with("test_a.py", "def test_fails():\n    assert 1 == 2\n");
    let output = in_terminal(&project, &["--pdb", "-n", "2"], &[("(Pdb)", "q\\n")]);
    output.check(
        0,
        &[
            "Exit: Quitting debugger",
            "1 failed in",
            "unanswered: []\nstatus 2\n",
        ],
    );
}

#[test]
fn a_file_that_cannot_be_collected_opens_it_too() {
    for method in ["fork", "spawn"] {
        let project = Project::with("test_a.py", "def test(): pass\n")
            .and("test_b.py", "cause = 7\nassert cause == 8\n");
        let output = in_terminal(
            &project,
            &["--pdb", "-n", "2", "--start-method", method],
            &[("(Pdb)", "p cause * 6\\n"), ("42\\n(Pdb)", "c\\n")],
        );
        output.check(
            0,
            &[
                "entering PDB",
                "Interrupted: 1 error during collection",
                "unanswered: []\nstatus 2\n",
            ],
        );
    }
}

#[test]
fn ctrl_c_shows_where_a_test_is_and_the_run_goes_on() {
    // What is raised while an object goes, as a file that writes what it has buffered, is lost in Python.
    let project = Project::with(
        "test_a.py",
        "import os, time\nTERMINAL = os.open('/dev/tty', os.O_WRONLY)\n\n\
         def test_hangs():\n    where = 'here'\n    os.write(TERMINAL, b'asleep\\n')\n    time.sleep(600)\n\n\
         def test_next():\n    pass\n",
    );
    let output = in_terminal(
        &project,
        &["--pdb", "-n", "1"],
        &[
            ("asleep", "\\x03"),
            ("KeyboardInterrupt", ""),
            ("(Pdb)", "p where * 2\\n"),
            ("'herehere'\\n(Pdb)", "c\\n"),
        ],
    );
    output.check(0, &["1 failed, 1 passed in", "unanswered: []\nstatus 1\n"]);
}

#[test]
fn without_a_terminal_pytests_own_process_runs_the_tests() {
    let project = Project::with("test_a.py", TESTS);
    let args = ["--pdb", "-k", "case or others"];
    let plain = project.pytest(&args);
    let ours = project.hasten(&[&args[..], &["-n", "2"]].concat());
    for output in [plain, ours] {
        output.check(2, &["Exit: Quitting debugger", "1 failed, 6 passed"]);
    }
}
