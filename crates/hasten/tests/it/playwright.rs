//! What is special about pytest-playwright, with a plugin that looks like it; `tests/plugins` has the real one.

use crate::project::{Output, Project};

const PLUGIN: &str = "
import pathlib, pytest
HERE = pathlib.Path(__file__).parent.parent

@pytest.fixture(scope='session', autouse=True)
def delete_output_dir(pytestconfig):
    with open(HERE / 'log', 'a') as log: log.write('emptied ')
    for path in HERE.glob('picture-*'): path.unlink()
";

// Each waits for the other, so they run in two workers, or one after another.
const TESTS: &str = "
import os, pathlib, pytest, time
HERE = pathlib.Path(__file__).parent

@pytest.mark.parametrize('n', range(2))
def test_pictures(n):
    (HERE / f'picture-{n}').touch()
    end = time.monotonic() + 60
    while os.environ.get('MEET') and len(list(HERE.glob('picture-*'))) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
";

#[test]
fn the_folder_of_results_is_emptied_once_in_a_run() {
    let project = Project::with("test_a.py", TESTS)
        .and("pytest_playwright/__init__.py", "")
        .and("pytest_playwright/pytest_playwright.py", PLUGIN)
        .and(
            "pytest.ini",
            "[pytest]\naddopts = -p pytest_playwright.pytest_playwright\n",
        );
    for (args, meet) in [
        (&["-n", "2"][..], "1"),
        (&["-n", "2", "--start-method", "spawn"], "1"),
        (&["-n", "1", "--isolate", "test"], ""),
        (&["-n", "0"], ""),
    ] {
        let _ = std::fs::remove_file(project.path().join("log"));
        let mut command = project.command(args);
        command.env("PYTHONPATH", project.path()).env("MEET", meet);
        Output::of(command.spawn().unwrap()).check(0, &["2 passed"]);
        assert_eq!(project.read("log"), "emptied ", "{args:?}");
        for n in 0..2 {
            assert!(project.path().join(format!("picture-{n}")).exists());
        }
    }
}
