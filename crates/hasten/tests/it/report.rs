//! `hasten report`: a page and a trace of a run that is kept.

use serde_json::Value;

use super::project::Project;

const TESTS: &str = "
import time
def test_passes(): time.sleep(0.01)
def test_fails():
    print('before')
    assert 1 == 2
";

fn events(trace: &str) -> Vec<Value> {
    let trace: Value = serde_json::from_str(trace).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

#[test]
fn a_page_of_the_last_run_is_written() {
    let project = Project::with("test_a.py", TESTS);
    for workers in ["0", "2"] {
        project.hasten(&["-n", workers]).check(1, &["1 failed"]);
        let output = project.hasten(&["report"]);
        output.check(0, &["hasten-report.html: run "]);
        assert_eq!(output.stdout.lines().count(), 1);
        let page = project.read("hasten-report.html");
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>"));
        assert!(page.contains("1 of 2 tests failed"), "-n {workers}");
        assert!(page.contains("E       assert 1 == 2") && page.contains("before"));
    }
    let left: Vec<_> = std::fs::read_dir(project.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_page_goes_where_it_is_told_and_about_the_run_that_is_named() {
    let project = Project::with("test_a.py", TESTS);
    project.hasten(&["-k", "passes"]).check(0, &["1 passed"]);
    project.hasten(&["-n", "2"]).check(1, &["1 failed"]);
    project
        .hasten(&["report", "--run", "1", "-o", "one.html"])
        .check(0, &["one.html: run 1"]);
    assert!(project.read("one.html").contains("The test passed"));
    let stdout = project.hasten(&["report", "-o", "-"]).stdout;
    assert!(stdout.starts_with("<!doctype html>") && stdout.ends_with("</html>"));
    std::fs::create_dir(project.path().join("below")).unwrap();
    let output = super::project::Output::of(
        project
            .command(&["report"])
            .current_dir(project.path().join("below"))
            .spawn()
            .unwrap(),
    );
    output.check(0, &["hasten-report.html: run 2"]);
    assert!(
        project
            .read("below/hasten-report.html")
            .contains("1 of 2 tests failed")
    );
}

#[test]
fn a_trace_has_the_tests_of_each_worker() {
    let project = Project::with("test_a.py", TESTS);
    project.hasten(&["-n", "2"]).check(1, &["1 failed"]);
    project
        .hasten(&["report", "--trace", "trace.json"])
        .check(0, &["trace.json: run 1"]);
    assert_eq!(project.read("hasten-report.html"), "");
    let events = self::events(&project.read("trace.json"));
    let test = |name: &str| events.iter().find(|event| event["name"] == name).unwrap();
    assert_eq!(test("test_a.py::test_fails")["args"]["outcome"], "failed");
    let passes = test("test_a.py::test_passes");
    assert_eq!(
        (&passes["ph"], &passes["cat"]),
        (&"X".into(), &"test".into())
    );
    let inside = events
        .iter()
        .filter(|event| event["cat"] == "phase" && event["tid"] == passes["tid"]);
    assert!(inside.count() >= 3);
    let output = project.hasten(&["report", "--trace=-", "-o", "both.html"]);
    output.check(0, &[]);
    assert!(self::events(&output.stdout).len() > 5);
    assert!(project.read("both.html").contains("</html>"));
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let project = Project::with("test_a.py", TESTS);
    let says = |args: &[&str], status: i32, text: &str| {
        let output = project.hasten(args);
        output.check(status, &[]);
        assert!(output.stderr.contains(text), "{}", output.stderr);
        assert_eq!(
            output.stderr.trim_end().lines().count(),
            1,
            "{}",
            output.stderr
        );
    };
    says(&["report"], 4, "there is no run in ");
    project.hasten(&["-n", "0"]).check(1, &["1 failed"]);
    says(
        &["report", "--run", "9"],
        4,
        "there is no run 9: kept are runs 1 to 1",
    );
    says(
        &["report", "-o", "no/such/folder.html"],
        3,
        "no/such/folder.html cannot be written",
    );
    says(&["report", "-o", "."], 3, ". cannot be written");
    says(
        &["report", "--json"],
        4,
        "hasten report does not know --json",
    );
}
