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
