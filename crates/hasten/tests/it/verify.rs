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

#[test]
fn what_plain_pytest_does_not_repeat_is_left_out() {
    // Passes in every other process.
    let project = Project::with(
        "test_a.py",
        "import pathlib\n\
         def test_a():\n\
         \x20   path = pathlib.Path(__file__).with_name('runs')\n\
         \x20   runs = len(path.read_text()) if path.exists() else 0\n\
         \x20   path.write_text('x' * (runs + 1))\n\
         \x20   assert runs % 2 == 0\n",
    );
    project.hasten(&["verify", "-n", "2"]).check(
        0,
        &[
            "plain pytest again",
            "hasten: 1 tests, no differences",
            "2 differences were left out, since two runs of plain pytest differ there, too",
        ],
    );
}

#[test]
fn json_says_what_differs_and_what_depends_on_the_order() {
    // A test with the mark `serial` runs last.
    let project = Project::with(
        "test_a.py",
        "import pytest\n\
         ran = []\n\
         @pytest.mark.serial\n\
         def test_serial(): ran.append(1)\n\
         def test_after(): assert not ran\n\
         def test_worker(request): assert not hasattr(request.config, 'workerinput')\n",
    );
    let output = project.hasten(&["verify", "--json", "-n", "2"]);
    output.check(1, &[]);
    assert!(output.stderr.contains("in the order of gw"), "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["same"], false);
    assert_eq!(report["plain"]["tests"], 3);
    assert_eq!(report["plain"]["exit_status"], 1);
    let first = &report["hasten"][0];
    let nodeids = |kind: &str| -> Vec<String> {
        let found = first[kind].as_array().unwrap().iter();
        found
            .filter(|one| one["aspect"] == "outcome")
            .map(|one| one["nodeid"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(nodeids("differences"), ["test_a.py::test_worker"]);
    assert_eq!(nodeids("depends_on_order"), ["test_a.py::test_after"]);
    assert!(nodeids("unstable").is_empty());
}
