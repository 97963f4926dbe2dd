//! `hasten verify`.

use crate::project::Project;

#[test]
fn equal_runs_are_said_to_be_equal() {
    let project = Project::with(
        "test_a.py",
        "import pytest, warnings\ndef test_a(): print('x')\ndef test_b(): assert 0\ndef test_c(): warnings.warn('w')\n",
    );
    project
        .hasten(&["verify"])
        .check(0, &["hasten: 3 tests, no differences"]);
}

#[test]
fn a_difference_is_shown() {
    let project = Project::with(
        "test_a.py",
        "def test_a(request):\n    assert not hasattr(request.config, 'workerinput')\n",
    );
    project.hasten(&["verify"]).check(
        1,
        &[
            "test_a.py::test_a (call): outcome",
            "pytest: passed",
            "hasten: failed",
            "exit status: pytest 0, hasten 1",
        ],
    );
}

#[test]
fn runs_that_do_not_begin_are_not_the_same() {
    let project = Project::with("test_a.py", "def test_a(): pass\n");
    let output = project.hasten(&["verify", "--no-such-option"]);
    output.check(4, &[]);
    assert!(
        output.stderr.contains("nothing to compare"),
        "{}",
        output.stderr
    );
}
