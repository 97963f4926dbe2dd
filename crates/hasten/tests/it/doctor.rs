//! `hasten doctor`: what keeps tests from the fast path.

use crate::project::{Output, Project};

const TESTS: &str = "def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n";

fn project() -> Project {
    Project::with("test_a.py", TESTS)
}

/// Runs it; what it says after the run.
#[track_caller]
fn report(project: &Project, args: &[&str]) -> String {
    let output = run(project, args);
    output.check(0, &["The run: "]);
    let (_, report) = output.stdout.split_once("=\n\n").unwrap_or_default();
    report.to_owned()
}

fn run(project: &Project, args: &[&str]) -> Output {
    project.hasten(&[&["doctor", "--protocol"], args].concat())
}

#[track_caller]
fn assert_has(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
}

#[test]
fn plain_tests_take_the_fast_path() {
    let report = report(&project(), &["-n", "2"]);
    assert!(
        report.starts_with("All 3 tests took the fast path\n"),
        "{report}"
    );
    assert_has(&report, &["3 tests ran; pytest's exit status 0"]);
    assert!(!report.contains("Why"), "{report}");
}

#[test]
fn a_hook_of_a_conftest_is_named_and_counted() {
    let project = project()
        .and("below/conftest.py", "def pytest_runtest_setup(): pass\n")
        .and(
            "below/test_below.py",
            "def test_d(): pass\ndef test_e(): pass\n",
        );
    // Both ways to have workers: conftest files loaded once, and by each worker.
    for args in [&[][..], &["--start-method", "spawn", "-n", "2"]] {
        assert_has(
            &report(&project, args),
            &[
                "3 of 5 tests took the fast path (60.0%)",
                "Why 2 tests took the full path",
                "  2  pytest_runtest_setup of below/conftest.py\n",
                "     > It counts for the tests below its folder",
            ],
        );
    }
}

#[test]
fn a_setting_counts_for_every_test() {
    assert_has(
        &report(&project(), &["-o", "faulthandler_timeout=5"]),
        &[
            "None of 3 tests took the fast path",
            "  3  setting faulthandler_timeout\n",
            "--timeout",
        ],
    );
}

#[test]
fn a_plugin_with_a_protocol_of_its_own_is_named() {
    let project = project().and(
        "own_protocol.py",
        "def pytest_runtest_protocol(item, nextitem): pass\n",
    );
    let mut command = project.command(&["doctor", "-p", "own_protocol"]);
    let output = Output::of(command.env("PYTHONPATH", project.path()).spawn().unwrap());
    output.check(
        0,
        &[
            "None of 3 tests took the fast path",
            "  3  pytest_runtest_protocol of module own_protocol (own_protocol.py)\n",
            "-p no:own_protocol",
        ],
    );
}

#[test]
fn an_installed_plugin_is_named_by_its_distribution() {
    let project = project()
        .and(
            "site/pytest_foo.py",
            "class Watch:\n    def pytest_runtest_teardown(self): pass\n\
             def pytest_configure(config): config.pluginmanager.register(Watch(), 'watch')\n",
        )
        .and(
            "site/pytest_foo-1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: pytest-foo\nVersion: 1.2\n",
        )
        .and(
            "site/pytest_foo-1.2.dist-info/entry_points.txt",
            "[pytest11]\nfoo = pytest_foo\n",
        );
    let mut command = project.command(&["doctor"]);
    let command = command.env("PYTHONPATH", project.path().join("site"));
    Output::of(command.spawn().unwrap()).check(
        0,
        &[
            "  3  pytest_runtest_teardown of pytest-foo 1.2 (module pytest_foo)\n",
            "-p no:foo runs without it",
        ],
    );
}

#[test]
fn who_listens_to_reports_is_named() {
    let project = project().and(
        "conftest.py",
        "def pytest_runtest_logreport(report): pass\n",
    );
    assert_has(
        &report(&project, &[]),
        &["  3  pytest_runtest_logreport of conftest.py\n"],
    );
    assert_has(&report(&project, &["-rA"]), &["  3  option -rA\n"]);
}

#[test]
fn marks_and_failures_are_counted() {
    let project = Project::with(
        "test_a.py",
        "import pytest\n\
         @pytest.mark.skipif(False, reason='x')\ndef test_a(): pass\n\
         @pytest.mark.xfail\ndef test_b(): assert 0\n\
         def test_c(): assert 0, 'its text'\n",
    );
    let output = run(&project, &[]);
    output.check(
        0,
        &[
            "FAILED test_a.py::test_c",
            "1 of 3 tests took the fast path (33.3%)",
            "  1  mark skipif\n",
            "  1  mark xfail\n",
            "The run: 3 tests ran, 1 failed; pytest's exit status 1",
        ],
    );
    assert!(!output.stdout.contains("Traceback"), "{}", output.stdout);
}

#[test]
fn tests_of_a_worker_that_died_are_not_counted() {
    let project = project().and("test_b.py", "import os\ndef test_dies(): os._exit(3)\n");
    assert_has(
        &report(&project, &["-n", "1"]),
        &["is not known: the worker died", "4 tests ran, 1 failed"],
    );
}

#[test]
fn plain_pytest_is_said_to_have_run() {
    for (args, option) in [(&["-n", "0"][..], "-n 0"), (&["--pdb"], "--pdb")] {
        assert_has(
            &report(&project(), args),
            &[
                "No test took the fast path",
                &format!("Plain pytest ran in one process, because of {option}"),
                "The run: 3 tests ran",
            ],
        );
    }
}

#[test]
fn a_run_that_did_not_take_place_is_no_report() {
    run(&project(), &["--no-such-option"]).check(4, &["No test ran", "exit status 4"]);
    run(&project(), &["-k", "nothing"]).check(5, &["No test ran", "exit status 5"]);
}

#[test]
fn json_is_alone_on_stdout() {
    let output = run(&project(), &["--json"]);
    output.check(0, &[r#""fast":3"#, r#""reasons":[]"#]);
    assert!(output.stdout.starts_with('{'), "{}", output.stdout);
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.stdout);
    assert!(output.stderr.contains("3 passed"), "{}", output.stderr);
}

#[test]
fn what_keeps_workers_from_being_forked_is_said() {
    let project = project();
    let text = report(&project, &["-n", "2"]);
    assert!(!text.contains("not forked"), "{text}");

    let project = project
        .and("pipes.py", "import os\nclass Pipe:\n    def __init__(self): self.ends = [open(end, mode) for end, mode in zip(os.pipe(), 'rw')]\npipe = Pipe()\n")
        .and("test_b.py", "import pipes\ndef test_d(): pass\n");
    let named = [
        "Why workers were not forked\n\n  pipes.py: pipe holds a pipe, which forked workers would share\n",
        "  > Open it in a fixture, not while files are loaded.\n",
        "--start-method fork",
    ];
    let text = report(&project, &["-n", "2"]);
    assert_has(&text, &named);
    assert!(!text.contains("earlier run"), "{text}");
    let text = report(&project, &["-n", "2"]);
    assert_has(&text, &named);
    assert_has(&text, &["from the start:"]);
    let output = run(&project, &["-n", "2", "--json"]);
    output.check(
        0,
        &[r#""start":{"method":"load","remembered":true,"hazards":[{"kind":"files","what":"pipes.py: pipe holds a pipe, which forked workers would share""#],
    );

    let project = project.and("pipes.py", "");
    let text = report(&project, &["-n", "2"]);
    assert_has(&text, &["It is gone:"]);
    assert!(!text.contains("pipes.py"), "{text}");
    run(&project, &["-n", "2", "--json"]).check(0, &[r#""start":{"method":"fork""#]);
}
