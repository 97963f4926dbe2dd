//! `--stepwise` in workers: each run stops where plain pytest does, shows the same and keeps the same.

use crate::basics::without_times;
use crate::project::{Output, Project};

/// Tests that fail until a file says that they are mended. The first one is over when the last one has run: what comes
/// later has results before it does.
const TESTS: &str = "
import os, pathlib, pytest, time
HERE = pathlib.Path(__file__).parent

def mended(name):
    if not (HERE / name).exists():
        pytest.fail('broken: ' + name, pytrace=False)

def test_first():
    end = time.monotonic() + 60
    while 'PYTEST_XDIST_WORKER' in os.environ and not (HERE / 'last').exists():
        assert time.monotonic() < end
        time.sleep(0.01)

def test_one(): pass
def test_two(): mended('two')
@pytest.mark.skip
def test_skipped(): pass
";

const MORE: &str = "
import test_a
def test_three(): test_a.mended('three')
def test_four(): pass
def test_last(): (test_a.HERE / 'last').touch()
";

fn project() -> Project {
    Project::with("test_a.py", TESTS).and("test_b.py", MORE)
}

/// A run's output without what differs from run to run and from folder to folder, and what `--stepwise` keeps.
fn seen(project: &Project, output: &Output) -> (i32, String, String) {
    let folder = project.path().display().to_string();
    let text = without_times(&output.stdout.replace(&folder, "FOLDER"));
    let text = text
        .lines()
        .map(|line| line.split(" (cache from ").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let kept = project.read(".pytest_cache/v/cache/stepwise");
    let kept = kept
        .lines()
        .filter(|line| !line.contains("last_cache_date_str"))
        .map(|line| line.trim_end_matches(','))
        .collect::<Vec<_>>()
        .join("\n");
    (output.status, text, kept)
}

#[test]
fn each_run_stops_where_plain_pytest_does() {
    let (plain, ours) = (project(), project());
    let steps: [(&str, &[&str]); 8] = [
        ("", &["--sw"]),
        ("", &["--stepwise", "-v"]),
        ("", &["--sw-skip"]),
        ("", &["--sw"]),
        ("two", &["--sw-reset"]),
        ("", &["--sw", "-x"]),
        ("three", &["--sw", "--maxfail", "2"]),
        ("", &["--sw"]),
    ];
    for (mended, args) in steps {
        let _ = std::fs::remove_file(ours.path().join("last"));
        for project in [&plain, &ours] {
            if !mended.is_empty() {
                std::fs::write(project.path().join(mended), "").unwrap();
            }
        }
        let expected = seen(&plain, &plain.pytest(args));
        let found = ours.hasten(&[&["-n", "2"], args].concat());
        assert_eq!(seen(&ours, &found), expected, "{args:?}");
    }
}

#[test]
fn a_crash_is_a_failure_to_go_on_from() {
    let project = Project::with(
        "test_a.py",
        "import os\ndef test_a(): pass\ndef test_b(): os._exit(3)\ndef test_c(): pass\n",
    );
    for _ in 0..2 {
        project
            .hasten(&["-n", "2", "--sw"])
            .check(2, &["continuing from this test next run", "1 failed"]);
        assert!(
            project
                .read(".pytest_cache/v/cache/stepwise")
                .contains("test_a.py::test_b"),
        );
    }
}
