//! Annotations and the job summary, where GitHub Actions runs the tests.

use crate::project::{Output, Project};

const TESTS: &str = r#"
import os, pytest

def helper(value):
    raise ValueError(f"100%: {value}\nsecond line")

def test_fail():
    print("out")
    helper("a, b")

@pytest.mark.flaky(reruns=1)
def test_flaky():
    if not os.path.exists("flag"):
        open("flag", "w").close()
        assert 0

def test_crash(): os._exit(3)
def test_ok(): pass
"#;

/// Runs hasten as a step of a workflow whose repository is the folder above the project.
fn step(project: &Project, args: &[&str]) -> Output {
    let mut command = project.command(args);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", project.path().parent().unwrap())
        .env("GITHUB_STEP_SUMMARY", project.path().join("summary.md"));
    Output::of(command.spawn().unwrap())
}

fn annotations(output: &Output) -> Vec<&str> {
    let lines = output.stdout.lines();
    lines.filter(|line| line.starts_with("::")).collect()
}

#[test]
fn failures_and_flaky_tests_are_annotated_and_summed_up() {
    for workers in ["1", "2"] {
        let project = Project::with("sub/test_a.py", TESTS).and("summary.md", "before\n\n");
        let output = step(&project, &["-n", workers]);
        output.check(1, &["2 failed, 1 passed, 1 flaky, 1 rerun in"]);
        let folder = project.path().file_name().unwrap().to_string_lossy();
        let found = annotations(&output);
        assert_eq!(found.len(), 3, "{found:?}");
        for line in [
            format!(
                "::error file={folder}/sub/test_a.py,line=5,title=sub/test_a.py%3A%3Atest_fail::ValueError: \
                 100%25: a, b%0Asecond line"
            ),
            format!(
                "::warning file={folder}/sub/test_a.py,line=15,title=sub/test_a.py%3A%3Atest_flaky is flaky::passed at \
                 attempt 2: assert 0"
            ),
        ] {
            assert!(found.contains(&line.as_str()), "{line}\n{found:?}");
        }
        assert!(
            output.stdout.ends_with(&format!("{}\n", found[2])),
            "they come last"
        );
        let summary = project.read("summary.md");
        assert!(
            summary.starts_with("before\n\n### 1 failed, 1 crashed, 2 passed, 1 flaky in "),
            "{summary}"
        );
        for part in [
            "<code>sub/test_a.py::test_fail</code>: ValueError: 100%: a, b",
            "--- Captured stdout call ---\nout\n",
            "left with exit status 3 while it ran this test",
            "- `sub/test_a.py::test_flaky` passed at attempt 2; attempt 1: `assert 0`",
            "| `sub/test_a.py::test_ok` |",
        ] {
            assert!(summary.contains(part), "{part} is not in {summary}");
        }
    }
}

#[test]
fn plain_pytest_is_annotated_too_and_collection_errors_are() {
    let project = Project::with("test_a.py", "def test_x(): assert 0\n")
        .and("test_broken.py", "import nothing_like_it\n");
    for workers in ["0", "2"] {
        let output = step(
            &project,
            &["-n", workers, "--continue-on-collection-errors"],
        );
        output.check(1, &["1 failed, 1 error in"]);
        let found = annotations(&output);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with(
            "could not be collected::ModuleNotFoundError: No module named 'nothing_like_it'"
        ));
        assert!(found[1].contains("test_a.py,line=1,title="));
    }
    let output = step(&project, &["-n", "2"]);
    output.check(2, &[]);
    assert_eq!(annotations(&output).len(), 1);
}

#[test]
fn what_fails_after_the_last_test_is_in_the_summary() {
    let project = Project::with(
        "test_a.py",
        "import hasten, pytest\n\n@hasten.once\n@pytest.fixture(scope='session')\ndef server():\n    yield 1\n    assert 0\n\n\
         def test_x(server): pass\n",
    );
    step(&project, &["-n", "2"]).check(1, &["1 passed, 1 error in"]);
    let summary = project.read("summary.md");
    assert!(summary.contains("#### Notes\n\n- "), "{summary}");
    assert!(summary.contains("test_a.py::test_x"), "{summary}");
}

#[test]
fn elsewhere_and_where_it_is_switched_off_nothing_is_said() {
    let project = Project::with("test_a.py", "def test_x(): assert 0\n");
    let output = project.hasten(&[]);
    output.check(1, &[]);
    assert_eq!(annotations(&output).len(), 0);
    let output = step(&project, &["--no-github"]);
    output.check(1, &[]);
    assert_eq!(annotations(&output).len(), 0);
    step(&project, &["--collect-only"]).check(0, &[]);
    assert_eq!(project.read("summary.md"), "");
    let project = project.and("pyproject.toml", "[tool.hasten]\ngithub = false\n");
    let output = step(&project, &[]);
    output.check(1, &[]);
    assert_eq!(annotations(&output).len(), 0);
    let output = project.hasten(&["--github"]);
    output.check(1, &[]);
    assert_eq!(annotations(&output).len(), 1);
}

#[test]
fn errors_are_left_to_the_plugin_that_writes_them() {
    let project = Project::with("test_a.py", "def test_x(): assert 0\n").and(
        "conftest.py",
        "def pytest_configure(config):\n    config.pluginmanager.register(object(), \
         'pytest_github_actions_annotate_failures')\n",
    );
    let output = step(&project, &["-n", "1"]);
    output.check(1, &[]);
    assert_eq!(annotations(&output).len(), 0);
    assert!(project.read("summary.md").contains("1 failed"));
}

#[test]
fn a_summary_that_cannot_be_written_is_said() {
    let project = Project::with("test_a.py", "def test_x(): pass\n").and("summary.md/file", "");
    let output = step(&project, &[]);
    output.check(0, &["1 passed"]);
    assert!(
        output.stderr.contains("the job summary cannot be written"),
        "{}",
        output.stderr
    );
}
