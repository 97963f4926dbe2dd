//! Failed tests that are run again, and failures that are forgiven.

use crate::project::{Output, Project, assert_nothing_left};

/// `tries(name)` counts its calls, over all processes.
const HELPER: &str = r#"
import os, pathlib, pytest, time
HERE = pathlib.Path(__file__).parent
def tries(name):
    with open(HERE / (name + ".tries"), "a") as file:
        file.write("x")
    return len((HERE / (name + ".tries")).read_text())
"#;

fn project(text: &str) -> Project {
    Project::with("test_a.py", &format!("{HELPER}{text}"))
}

/// Passes when it is tried for the second time.
const SECOND: &str = "def test_second():\n    assert tries('second') == 2\n";

/// Runs a project that is made anew under both start methods.
fn check(text: &str, args: &[&str], status: i32, parts: &[&str]) {
    for method in ["fork", "spawn"] {
        let project = project(text);
        let mut all = vec!["--start-method", method];
        all.extend(args);
        project.hasten(&all).check(status, parts);
        assert_nothing_left(&project.path().to_string_lossy());
    }
}

#[track_caller]
fn check_absent(output: &Output, parts: &[&str]) {
    for part in parts {
        assert!(
            !output.stdout.contains(part),
            "{part:?} in\n{}",
            output.stdout
        );
    }
}

#[test]
fn a_test_that_passes_at_its_second_attempt_is_flaky() {
    for option in ["--retries=2", "--reruns=2"] {
        check(
            &format!("{SECOND}def test_ok(): pass\n"),
            &[option, "-n", "2"],
            0,
            &[
                "test_a.py R..",
                "= FLAKY =",
                "_ test_second (attempt 1) _",
                "E       AssertionError: assert 1 == 2",
                "FLAKY test_a.py::test_second - passed at attempt 2 of 3; attempt 1: AssertionError: assert 1 == 2",
                "1 passed, 1 flaky, 1 rerun in",
            ],
        );
    }
}

#[test]
fn a_test_that_never_passes_fails_once() {
    let text = "def test_never():\n    tries('never')\n    assert 0\ndef test_ok(): pass\n";
    check(
        text,
        &["--retries=2", "-n", "2"],
        1,
        &["RRF.", "1 failed, 1 passed, 2 rerun in"],
    );
    let project = project(text);
    let output = project.hasten(&["--retries=2", "-v", "-rR"]);
    output.check(
        1,
        &[
            "test_a.py::test_never RERUN",
            "test_a.py::test_never FAILED",
            "= rerun test summary info =",
            "RERUN test_a.py::test_never\nRERUN test_a.py::test_never\nFAILED test_a.py::test_never\n",
            "1 failed, 1 passed, 2 rerun in",
        ],
    );
    check_absent(&output, &["= FLAKY ="]);
    assert_eq!(project.read("never.tries").len(), 3);
}

#[test]
fn marks_win_over_options_and_options_over_settings() {
    let text = r#"
@pytest.mark.flaky(reruns=2, reruns_delay=0.01)
def test_marked():
    assert tries("marked") == 3
@pytest.mark.flaky(reruns=0)
def test_never_again():
    assert tries("never_again") == 2
@pytest.mark.flaky(reruns=5, condition=False)
def test_false(): assert tries("false") == 2
@pytest.mark.flaky(reruns=5, condition="sys.platform == 'none'")
class TestText:
    def test_text(self): assert tries("text") == 2
@pytest.mark.flaky(max_runs=5)
def test_not_ours(): assert tries("not_ours") == 2
@pytest.mark.flaky("a reason")
def test_not_ours_either(): assert tries("not_ours_either") == 2
"#;
    check(
        text,
        &[],
        1,
        &["5 failed, 1 flaky, 2 rerun in", "passed at attempt 3 of 3"],
    );
    let project = project(text);
    project
        .hasten(&["--retries=1", "--strict-markers"])
        .check(1, &["3 failed, 3 flaky, 4 rerun in"]);

    let project =
        self::project(SECOND).and("pytest.ini", "[pytest]\nreruns = 1\nreruns_delay = 0.01\n");
    project.hasten(&[]).check(0, &["1 flaky, 1 rerun in"]);
    let project = self::project(SECOND).and("pytest.ini", "[pytest]\nreruns = 1\n");
    project.hasten(&["--retries=0"]).check(1, &["1 failed in"]);
}

#[test]
fn a_mark_that_cannot_be_read_is_named() {
    let text = format!("@pytest.mark.flaky(reruns=1, condition='1 +')\n{SECOND}");
    project(&text).hasten(&[]).check(
        1,
        &[
            "1 failed in",
            "test_a.py::test_second: its mark flaky cannot be read: SyntaxError",
            "It is not retried",
        ],
    );
}

#[test]
fn the_error_decides() {
    let text = r#"
def test_assert(): assert tries("assert") == 2
def test_value():
    if tries("value") < 2: raise ValueError("busy")
class Own(Exception): pass
def test_own():
    if tries("own") < 2: raise Own("busy")
"#;
    for (args, parts) in [
        (
            &["--only-rerun=AssertionError"][..],
            "2 failed, 1 flaky, 1 rerun in",
        ),
        (
            &["--only-rerun=^Own: b", "--only-rerun=Value"],
            "1 failed, 2 flaky, 2 rerun in",
        ),
        (
            &["--rerun-except", "busy$"],
            "2 failed, 1 flaky, 1 rerun in",
        ),
        (
            &["--only-rerun=busy", "--rerun-except=^Own"],
            "2 failed, 1 flaky, 1 rerun in",
        ),
        (
            &["-o", "rerun_except=Value\n  Assert"],
            "2 failed, 1 flaky, 1 rerun in",
        ),
    ] {
        let mut all = vec!["--retries=1"];
        all.extend(args);
        project(text).hasten(&all).check(1, &[parts]);
    }
    let marked = text.replace(
        "def test_own",
        "@pytest.mark.flaky(reruns=1, only_rerun=[Exception, 'x'], rerun_except=ValueError)\ndef test_own",
    );
    project(&marked)
        .hasten(&[])
        .check(1, &["2 failed, 1 flaky, 1 rerun in"]);
}

#[test]
fn a_pattern_that_is_none_is_wrong_use() {
    let project = project(SECOND);
    let output = project.hasten(&["--reruns=1", "--only-rerun=(x"]);
    assert_eq!(output.status, 4, "{output:?}");
    assert!(
        output
            .stderr
            .contains("only-rerun: \"(x\" is not a regular expression: "),
        "{output:?}"
    );
    let marked = format!("@pytest.mark.flaky(reruns=1, rerun_except='*')\n{SECOND}");
    let output = self::project(&marked).hasten(&[]);
    assert_eq!(output.status, 4, "{output:?}");
    assert!(
        output
            .stderr
            .contains("test_a.py::test_second: \"*\" is not"),
        "{output:?}"
    );
}

#[test]
fn fixtures_of_any_scope_are_set_up_again() {
    check(
        r#"
@pytest.fixture(scope="module")
def base():
    yield tries("base")
    tries("base_end")
@pytest.fixture(scope="module")
def unsteady(base):
    if tries("unsteady") == 1: raise OSError("not there yet")
    yield
    tries("unsteady_end")
def test_uses(unsteady): pass
def test_uses_too(unsteady, base): pass
def test_ok(): pass
"#,
        &["--retries=1", "-n", "1"],
        0,
        &[
            "R.R.",
            "2 flaky, 2 rerun in",
            "attempt 1: OSError: not there yet",
        ],
    );
    check(
        r#"
def setup_module(): assert tries("module") > 2
class TestX:
    @classmethod
    def setup_class(cls): assert tries("class") > 1
    def test_x(self): pass
    def test_y(self): pass
"#,
        &["--retries=3", "-n", "1"],
        0,
        &["2 flaky,"],
    );
}

#[test]
fn nothing_of_an_attempt_is_left_in_the_next() {
    check(
        r#"
def test_x(record_property, request, tmp_path, caplog, capsys):
    number = tries("x")
    print("this is", number)
    assert request.node.user_properties == []
    assert len(request.node.own_markers) == 0
    assert not hasattr(test_x, "seen")
    record_property("number", number)
    request.node.add_marker(pytest.mark.usefixtures())
    assert number == 3
    assert capsys.readouterr().out == "this is 3\n"
class TestX:
    def test_own_object(self):
        assert not hasattr(self, "old")
        self.old = 1
        assert tries("object") == 2
"#,
        &["--retries=2", "-n", "1"],
        0,
        &["2 flaky, 3 rerun in"],
    );
}

#[test]
fn teardown_errors_are_tried_again_too() {
    check(
        "@pytest.fixture\ndef end():\n    yield\n    assert tries('end') == 2\ndef test_x(end): pass\ndef test_ok(): pass\n",
        &["--retries=1"],
        0,
        &["test_a.py R..", "1 passed, 1 flaky, 1 rerun in"],
    );
}

#[test]
fn a_crash_is_a_failure_like_any_other() {
    check(
        "def test_crash():\n    print('so far', flush=True)\n    if tries('crash') == 1: os._exit(3)\ndef test_ok(): pass\n",
        &["--retries=1", "-n", "2"],
        0,
        &[
            "left with exit status 3 while it ran this test",
            "so far",
            "passed at attempt 2 of 2",
            "1 passed, 1 flaky, 1 rerun in",
        ],
    );
    check(
        "def test_crash(): os._exit(3)\ndef test_ok(): pass\n",
        &["--retries=2", "-n", "1"],
        1,
        &["1 failed, 1 passed, 2 rerun in"],
    );
}

#[test]
fn a_time_limit_is_a_failure_like_any_other() {
    check(
        "def test_slow():\n    if tries('slow') == 1: time.sleep(60)\n",
        &["--retries=1", "--timeout=0.5"],
        0,
        &["Timeout (>0.5s)", "1 flaky, 1 rerun in"],
    );
    check(
        "import signal\ndef test_slow():\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))\n    if tries('slow') == 1: time.sleep(60)\n",
        &["--retries=1", "--timeout=0.5", "--timeout-grace=0.5"],
        0,
        &["Timeout (>0.5s)", "1 flaky, 1 rerun in"],
    );
}

#[test]
fn only_the_last_attempt_counts_as_a_failure() {
    let text = format!("{SECOND}def test_never(): assert 0\ndef test_later(): pass\n");
    let project = project(&text);
    let output = project.hasten(&["-x", "--retries=1", "-n", "1"]);
    output.check(
        1,
        &[
            "1 failed, ",
            "1 flaky, 2 rerun in",
            "stopping after 1 failures",
        ],
    );
    let many = "@pytest.mark.parametrize('n', range(6))\ndef test_never(n): assert 0\n";
    let output = self::project(many).hasten(&["--maxfail=2", "--retries=1", "-n", "1"]);
    // Those that wait for their second attempt then have failed, too.
    output.check(1, &["6 failed, 2 rerun in"]);
    let output = self::project(&many.replace("assert 0", "assert tries(f't{n}') == 2")).hasten(&[
        "-x",
        "--retries=1",
        "-n",
        "2",
    ]);
    output.check(0, &["6 flaky, 6 rerun in"]);
}

#[test]
fn what_waits_for_its_next_attempt_at_the_end_has_failed() {
    let text = "def test_waits(): assert 0\ndef test_stops():\n    time.sleep(0.3)\n    assert 0\n";
    let marked = format!("@pytest.mark.flaky(reruns=1, reruns_delay=600)\n{text}");
    let output = project(&marked).hasten(&["-x", "-n", "1"]);
    output.check(1, &["FAILED test_a.py::test_waits", "2 failed in"]);
    check_absent(&output, &["rerun in", "not run"]);
}

#[test]
fn an_interrupt_does_not_lose_the_failure() {
    let text =
        "def test_waits(): assert 0\ndef test_long():\n    tries('long')\n    time.sleep(60)\n";
    let project = project(text);
    let child = project.start(&["--retries=2", "--retry-delay=600", "-n", "1"]);
    project.wait_for("long.tries");
    nix_kill(child.id());
    let output = Output::of(child);
    output.check(2, &["FAILED test_a.py::test_waits", "1 failed in"]);
}

/// Ctrl-C, sent to the supervisor alone.
fn nix_kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

#[test]
fn delays_are_waited_for_by_nobody_in_particular() {
    let text =
        format!("{SECOND}@pytest.mark.parametrize('n', range(20))\ndef test_other(n): pass\n");
    for args in [
        &["--retries=3", "--retry-delay=0.1", "--retry-backoff=2"][..],
        &[
            "--reruns=3",
            "--reruns-delay=0.1",
            "--reruns-delay-backoff-factor=2",
            "-n",
            "1",
        ],
    ] {
        project(&text)
            .hasten(args)
            .check(0, &["20 passed, 1 flaky, 1 rerun in"]);
    }
}

#[test]
fn flaky_tests_may_fail_the_run() {
    for option in ["--flaky-result=fail", "--fail-on-flaky"] {
        check(
            &format!("{SECOND}def test_ok(): pass\n"),
            &["--retries=1", option, "-n", "1"],
            1,
            &[
                "test_a.py RF.",
                "AssertionError: assert 1 == 2",
                "The test passed at attempt 2 of 2, and --flaky-result is fail.",
                "FLAKY test_a.py::test_second - AssertionError: assert 1 == 2",
                "1 failed, 1 passed, 1 rerun in",
            ],
        );
    }
    let output = project(SECOND).hasten(&["--retries=1", "--flaky-result=fail", "-v"]);
    output.check(1, &["test_a.py::test_second FLAKY"]);
    let output = project(SECOND).hasten(&["--retries=1", "--fail-on-flaky", "--flaky-result=pass"]);
    output.check(0, &["1 flaky, 1 rerun in"]);
}

#[test]
fn without_tracebacks_there_is_no_section() {
    let output = project(SECOND).hasten(&["--retries=1", "--tb=no"]);
    output.check(0, &["1 flaky, 1 rerun in"]);
    check_absent(&output, &["= FLAKY =", "assert 1 == 2"]);
    let output = project(SECOND).hasten(&["--retries=1", "--tb=line"]);
    output.check(0, &["test_a.py:9: AssertionError: assert 1 == 2"]);
}

#[test]
fn junit_has_one_case_for_a_test() {
    let text = format!(
        "{SECOND}def test_never(): assert 0\n@pytest.fixture\ndef end():\n    yield\n    assert tries('end') == 2\ndef test_end(end): assert tries('call') == 2\n"
    );
    let project = project(&text);
    let output = project.hasten(&["--retries=1", "--junitxml=report.xml"]);
    output.check(1, &["1 failed, 2 flaky, 4 rerun in"]);
    let xml = project.read("report.xml");
    assert_eq!(xml.matches("<testcase ").count(), 3, "{xml}");
    assert!(
        xml.contains(r#"errors="0" failures="1" skipped="0" tests="3""#),
        "{xml}"
    );
    let property = r#"<property name="flaky" value="passed at attempt 2 of 2" />"#;
    assert_eq!(xml.matches(property).count(), 2, "{xml}");
    assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
}

#[test]
fn without_workers_one_is_used() {
    for option in ["--retries=1", "--reruns=1"] {
        project(SECOND).hasten(&[option, "-n", "0"]).check(
            0,
            &[
                "1 flaky, 1 rerun in",
                "one worker process is used instead of none, since --re",
            ],
        );
    }
}

#[test]
fn every_attempt_is_in_the_history() {
    let project = project(SECOND);
    project.hasten(&["--retries=1"]).check(0, &["1 flaky"]);
    let folder = camino::Utf8PathBuf::from_path_buf(project.path().join(".hasten")).unwrap();
    let (history, _) = hasten_history::History::open(&folder);
    let run = history.runs().unwrap().remove(0);
    assert_eq!(run.attempts, 2);
    let attempts = history.attempts(run.id).unwrap();
    let found: Vec<_> = attempts
        .iter()
        .map(|one| (one.attempt, one.outcome))
        .collect();
    use hasten_history::Outcome::{Failed, Passed};
    assert_eq!(found, [(0, Failed), (1, Passed)]);
    assert_eq!(run.record.exit_status, 0);
}

#[test]
fn failures_in_quarantine_are_forgiven() {
    let text = r#"
def test_bad():
    print("so it is")
    assert 0
def test_good(): pass
class TestMany:
    def test_error(self, unknown): pass
@pytest.mark.parametrize("n", [1, 2])
def test_param(n): assert n == 1
"#;
    let lines = "# known to be bad\n\ntest_a.py::test_bad\ntest_a.py::TestMany\n*::test_param[2]\ntest_a.py::test_good\n";
    for method in ["fork", "spawn"] {
        let project = project(text).and("bad.txt", lines);
        let args = [
            "--quarantine=bad.txt",
            "-x",
            "-n",
            "1",
            "--start-method",
            method,
        ];
        project.hasten(&args).check(
            0,
            &[
                "test_a.py q.q.q",
                "= QUARANTINED =",
                "_ test_bad _",
                "so it is",
                "fixture 'unknown' not found",
                "QUARANTINED test_a.py::test_bad - assert 0",
                "2 passed, 3 quarantined in",
            ],
        );
    }
    let project = project(text).and("bad.txt", lines);
    project
        .hasten(&[
            "--quarantine=bad.txt",
            "-v",
            "--retries=1",
            "--junitxml=x.xml",
        ])
        .check(
            0,
            &[
                "test_a.py::test_bad RERUN",
                "test_a.py::test_bad QUARANTINED",
                "2 passed, 3 quarantined, 3 rerun in",
            ],
        );
    let xml = project.read("x.xml");
    assert_eq!(xml.matches("<testcase ").count(), 5, "{xml}");
    assert!(
        xml.contains(r#"errors="0" failures="0" skipped="3" tests="5""#),
        "{xml}"
    );
    assert!(
        xml.contains(r#"<skipped message="quarantined: assert 0">"#),
        "{xml}"
    );
    project
        .hasten(&["--quarantine=bad.txt", "-n", "0", "--tb=no"])
        .check(0, &["3 quarantined in", "since --quarantine is decided"]);
    let crash = self::project("def test_crash(): os._exit(1)\n").and("bad.txt", "test_a.py\n");
    crash
        .hasten(&["--quarantine=bad.txt"])
        .check(0, &["1 quarantined in"]);
    let output = project.hasten(&["--quarantine=none.txt"]);
    assert_eq!(output.status, 4, "{output:?}");
    assert!(
        output
            .stderr
            .starts_with("hasten: the quarantine list none.txt cannot be read"),
        "{output:?}"
    );
}

#[test]
fn a_run_has_so_many_retries_and_no_more() {
    let text = "@pytest.mark.parametrize('n', range(5))\ndef test_never(n): assert 0\n";
    project(text)
        .hasten(&["--reruns=2", "--max-suite-reruns=3"])
        .check(1, &["5 failed, 3 rerun in"]);
}

#[test]
fn subtests_that_fail_are_tried_again() {
    let text = "def test_sub(subtests):\n    number = tries('sub')\n    with subtests.test('one'): assert number == 2\n    with subtests.test('two'): pass\n";
    let output = project(text).hasten(&["--retries=1"]);
    if !output.stdout.contains("fixture 'subtests' not found") {
        output.check(0, &["1 flaky, 1 rerun in", "attempt 1: assert 1 == 2"]);
    }
}

#[test]
fn settings_of_the_project_say_so_too() {
    let project = Project::with(
        "pyproject.toml",
        r#"
[tool.hasten]
retries = 1
[[tool.hasten.overrides]]
filter = { nodeid = "test_a.py::test_net" }
retries = 3
[tool.hasten.profiles.strict]
flaky-result = "fail"
quarantine = "quarantine.txt"
"#,
    )
    .and("quarantine.txt", "test_a.py::test_bad\n")
    .and(
        "test_a.py",
        r#"
import pathlib
def attempt(name):
    path = pathlib.Path(__file__).with_name(name)
    number = int(path.read_text()) if path.exists() else 0
    path.write_text(str(number + 1))
    return number
def test_net(): assert attempt("net") >= 3
def test_once(): assert attempt("once") >= 1
def test_bad(): assert 0
"#,
    );
    std::fs::remove_file(project.path().join("pytest.ini")).unwrap();
    project
        .hasten(&[])
        .check(1, &["1 failed, 2 flaky, 5 rerun in"]);
    for name in ["net", "once"] {
        std::fs::remove_file(project.path().join(name)).unwrap();
    }
    project
        .hasten(&["--profile", "strict"])
        .check(1, &["2 failed, 1 quarantined, 5 rerun in"]);
    for name in ["net", "once"] {
        std::fs::remove_file(project.path().join(name)).unwrap();
    }
    project
        .hasten(&["--retries", "0"])
        .check(1, &["3 failed in"]);
}
