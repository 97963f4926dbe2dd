//! pytest-benchmark in workers, with a plugin that looks like it; `tests/plugins` has the real one.

use crate::project::Project;

const PLUGIN: &str = r#"
import os, pytest
from pytest_benchmark.stats import Metadata

class BenchmarkSession:
    def __init__(self, config):
        self.skip = config.getoption("skip_benchmarks")
        self.disabled = config.getoption("dist", "no") != "no" or "PYTEST_XDIST_WORKER" in os.environ
        self.benchmarks = []
        self.save = self.autosave = self.json = self.compare = None

def pytest_addoption(parser):
    parser.addoption("--skip-benchmarks", action="store_true")

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config._benchmarksession = BenchmarkSession(config)

@pytest.fixture
def benchmark(request):
    session = request.config._benchmarksession
    yield None if session.disabled else lambda **found: session.benchmarks.append(Metadata(request.node, found))

def pytest_terminal_summary(terminalreporter):
    for each in terminalreporter.config._benchmarksession.benchmarks:
        extra = sorted(each.extra_info.items())
        terminalreporter.write_line(f"measured {each.name} {each.stats.data} {extra} {each.fixture.has_error}")
"#;

const STATS: &str = "
class Stats:
    def __init__(self): self.data = []

class Metadata:
    def __init__(self, node, found):
        self.name, self.extra_info, self.options = node.name, found, {'timer': len}
        self.stats, self.cprofile_stats = Stats(), None
        self.stats.data.append(0.5)
        self.fixture = self
        self.has_error = False
";

const TESTS: &str = "
import os, pathlib, pytest
HERE = pathlib.Path(__file__).parent

class Own:
    def __repr__(self): return 'Own()'

def others(): return [path.name for path in HERE.glob('running-*') if path.name != f'running-{os.getpid()}']

@pytest.fixture(autouse=True)
def running():
    path = HERE / f'running-{os.getpid()}'
    path.touch()
    yield
    path.unlink()

def test_one(benchmark):
    assert not others()
    benchmark(value=Own(), more={'a': (1, [Own()])})
@pytest.mark.parametrize('n', range(30))
def test_other(n): pass
def test_two(benchmark):
    assert not others()
    benchmark(n=float('inf'))
    assert not 'failed'
";

fn project(tests: &str) -> Project {
    Project::with("test_a.py", tests)
        .and("pytest_benchmark/__init__.py", "")
        .and("pytest_benchmark/plugin.py", PLUGIN)
        .and("pytest_benchmark/stats.py", STATS)
        .and(
            "pytest.ini",
            "[pytest]\naddopts = -p pytest_benchmark.plugin -p no:benchmark\n",
        )
}

fn run(project: &Project, args: &[&str]) -> crate::project::Output {
    let mut command = project.command(args);
    crate::project::Output::of(command.env("PYTHONPATH", project.path()).spawn().unwrap())
}

#[test]
fn they_run_alone_and_what_they_measure_is_shown() {
    let project = project(TESTS);
    let expected = [
        "measured test_one [0.5] [('more', {'a': (1, [Own()])}), ('value', Own())] False",
        "measured test_two [0.5] [('n', inf)] False",
        "1 failed, 31 passed",
    ];
    for args in [
        &["-n", "0"][..],
        &["-n", "2"],
        &["-n", "2", "--start-method", "spawn"],
        &["-n", "2", "--isolate", "test"],
    ] {
        let output = run(&project, args);
        output.check(1, &expected);
        let measured = |line: &&str| line.starts_with("measured ");
        let lines: Vec<_> = output.stdout.lines().filter(measured).collect();
        assert_eq!(lines, expected[..2], "{args:?}: in the order of the tests");
    }
}

#[test]
fn who_gets_the_fixture_in_passing_is_told_that_it_is_not_measured() {
    let project = project(
        "def test_a(request): assert request.getfixturevalue('benchmark') is None\ndef test_b(): pass\n",
    );
    run(&project, &["-n", "2"]).check(
        0,
        &[
            "this benchmark is not measured, since other tests may run beside it",
            "2 passed, 1 warning",
        ],
    );
    run(&project, &["-n", "0"]).check(1, &["1 failed, 1 passed"]);
}
