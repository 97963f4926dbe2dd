//! `hasten plan`, and `--order`.

use crate::project::Project;

const CONFTEST: &str = r#"
import os, time, pytest

@pytest.fixture(autouse=True)
def noted(request, worker_id):
    with open(str(request.config.rootpath / "log"), "a") as file:
        file.write(worker_id + " " + request.node.nodeid + "\n")
"#;

const TESTS: &str = r#"
import os, time, pytest
def test_first(): pass
def test_slow(): time.sleep(0.3)
class TestClass:
    def test_passes(self): pass
    def test_fails(self): assert "ok" in os.environ
def test_last(): pass
"#;

fn project() -> Project {
    Project::with("conftest.py", CONFTEST)
        .and("test_a.py", TESTS)
        .and("test_b.py", "def test_b(): pass\n")
}

/// The tests that ran since the last time, in their order.
fn ran(project: &Project) -> Vec<String> {
    let log = project.read("log");
    std::fs::remove_file(project.path().join("log")).unwrap();
    let name = |line: &str| line.rsplit("::").next().unwrap().to_owned();
    log.lines().map(name).collect()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn nothing_is_run_and_the_run_is_foretold() {
    let project = project();
    let before = project.hasten(&["plan", "-n", "2"]);
    before.check(
        0,
        &[
            "6 tests in 2 files: 0 known, 6 unknown\n",
            "How long it takes is not known",
        ],
    );
    assert_eq!(project.read("log"), "");
    assert_eq!(before.stderr, "");
    project.hasten(&[]).check(1, &["1 failed, 5 passed"]);
    ran(&project);
    let project = project.and(
        "sub/test_c.py",
        "import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_c(n): pass\n",
    );
    let plan = project.hasten(&["plan", "--json", "-n", "2"]);
    plan.check(0, &[]);
    let plan = json(&plan.stdout);
    let counts =
        ["tests", "files", "known", "kin", "unknown"].map(|name| plan[name].as_u64().unwrap());
    assert_eq!(counts, [9, 3, 6, 0, 3]);
    assert_eq!(
        plan["expected"]["limit"]["longest_test"],
        "test_a.py::test_slow"
    );
    assert_eq!(plan["workers"][0]["first"], "test_a.py::test_slow");
    assert!(plan["expected"]["seconds"].as_f64() >= plan["expected"]["limit"]["seconds"].as_f64());
    project
        .hasten(&["plan", "-k", "fails"])
        .check(0, &["1 test in 1 file: 1 known", "with 1 worker"]);
    assert_eq!(project.read("log"), "");
}

#[test]
fn as_many_workers_are_foretold_as_a_run_begins_with() {
    let answer = "\ndef pytest_xdist_auto_num_workers(config): return 3\n";
    let project = project().and("conftest.py", &format!("{CONFTEST}{answer}"));
    project
        .hasten(&["-k", "not slow"])
        .check(1, &["1 failed, 4 passed"]);
    // There is hardly anything to do, but three were asked for.
    project
        .hasten(&["plan", "-k", "not slow"])
        .check(0, &["5 tests in 2 files: 5 known", "with 3 workers,"]);
    let none = project.hasten(&["plan", "-n", "0"]);
    none.check(0, &["in one process, because of -n 0\n", "with 1 worker,"]);
    let limited = project.hasten(&["plan", "-n", "0", "--timeout", "60"]);
    limited.check(0, &["with 1 worker,"]);
    assert!(
        !limited.stdout.contains("in one process"),
        "{}",
        limited.stdout
    );
}

#[test]
fn tests_that_were_moved_or_have_other_parameters_are_recognised() {
    let text = "import pytest\n@pytest.mark.parametrize('n', ['a', 'b'])\ndef test_c(n): pass\ndef test_d(): pass\n";
    let project = Project::with("old/test_c.py", text);
    project.hasten(&[]).check(0, &["3 passed"]);
    std::fs::remove_dir_all(project.path().join("old")).unwrap();
    let project = project.and("new/test_c.py", text);
    project.hasten(&["plan"]).check(
        0,
        &["3 tests in 1 file: 0 known, 3 expected as others of their kind\n"],
    );
    project.hasten(&[]).check(0, &["3 passed"]);
    let project = project.and("new/test_c.py", &text.replace("'b'", "'c', 'd'"));
    project.hasten(&["plan"]).check(
        0,
        &["4 tests in 1 file: 2 known, 2 expected as others of their kind\n"],
    );
}

#[test]
fn a_plan_of_a_shard_shows_all_shards() {
    let project = project();
    let run = project.hasten(&["--shard", "1/2", "--shard-by", "test"]);
    let line = run
        .stdout
        .lines()
        .find(|line| line.starts_with("shard 1/2"))
        .unwrap();
    let plan = project.hasten(&["plan", "--shard", "2/2", "--shard-by=test"]);
    plan.check(
        0,
        &["3 tests in ", "shard   tests       work", "   this one\n"],
    );
    let name = line.rsplit(' ').next().unwrap();
    assert!(
        plan.stdout.contains(&format!("\nplan {name}\n")),
        "{line}\n{}",
        plan.stdout
    );
}

#[test]
fn what_cannot_be_collected_is_shown() {
    let project = project().and("test_c.py", "1 / 0\n");
    let plan = project.hasten(&["plan"]);
    assert_eq!((plan.status, plan.stdout.as_str()), (2, ""));
    assert!(plan.stderr.contains("ZeroDivisionError"), "{}", plan.stderr);
    let nothing = project.hasten(&["plan", "test_a.py", "-k", "nothing"]);
    nothing.check(5, &["0 tests in 0 files: 0 known\n"]);
    let wrong = project.hasten(&["plan", "--no-such-option"]);
    assert_eq!((wrong.status, wrong.stdout.as_str()), (4, ""));
    assert!(wrong.stderr.contains("--no-such-option"));
}

#[test]
fn recorded_runs_are_played_again() {
    let project = project();
    project.hasten(&["plan", "--replay"]).check(4, &[]);
    project.hasten(&[]).check(1, &[]);
    project.hasten(&["-n", "0", "test_b.py"]).check(0, &[]);
    project
        .hasten(&["plan", "--replay", "all"])
        .check(0, &["run       tests  workers", "\nlimit: "]);
    let all = project.hasten(&["plan", "--replay=all", "--json"]);
    let runs = json(&all.stdout)["runs"].clone();
    assert_eq!(
        (runs[0]["tests"].as_u64(), runs[1]["tests"].as_u64()),
        (Some(1), Some(6))
    );
    let (took, limit) = (&runs[1]["took"], &runs[1]["limit"]["seconds"]);
    assert!(
        took.as_f64() >= limit.as_f64() && limit.as_f64() >= Some(0.3),
        "{runs}"
    );
    let wrong = project.hasten(&["plan", "--replay", "nonsense"]);
    wrong.check(4, &[]);
    assert!(
        wrong
            .stderr
            .contains("no run whose id begins with \"nonsense\""),
        "{}",
        wrong.stderr
    );
}

#[test]
fn orders_are_kept_by_one_worker_and_begun_by_several() {
    for way in [
        &["-n", "0"][..],
        &["-n", "1"],
        &["-n", "1", "--start-method", "spawn"],
    ] {
        let project = project();
        let run = |order: &str| {
            let args = [way, &["--order", order]].concat();
            let output = project.hasten(&args);
            output.check(1, &["1 failed, 5 passed in"]);
            (ran(&project), output.stdout)
        };
        let plain = [
            "test_first",
            "test_slow",
            "test_passes",
            "test_fails",
            "test_last",
            "test_b",
        ];
        assert_eq!(run("file").0, plain);
        let (order, text) = run("failed-first");
        assert_eq!(
            order,
            [
                "test_fails",
                "test_first",
                "test_slow",
                "test_passes",
                "test_last",
                "test_b"
            ]
        );
        assert!(
            text.contains("\norder: 1 test that failed the last time comes first\n"),
            "{text}"
        );
        assert_eq!(run("slowest-first").0[0], "test_slow");
        let (order, text) = run("random");
        let line = text
            .lines()
            .find(|line| line.starts_with("order: random"))
            .unwrap();
        let again = line.rsplit(' ').next().unwrap();
        assert_eq!(run(again).0, order);
        let seeds: Vec<Vec<String>> = (0..3)
            .map(|seed| run(&format!("random:{seed}")).0)
            .collect();
        for order in seeds {
            let at = |name: &str| order.iter().position(|test| test == name).unwrap();
            assert_eq!(
                at("test_passes").abs_diff(at("test_fails")),
                1,
                "a class stays together"
            );
        }
    }
    let project = project();
    project.hasten(&["-n", "2"]).check(1, &[]);
    ran(&project);
    project
        .hasten(&["-n", "2", "--order=failed-first"])
        .check(1, &["order: 1 test that failed"]);
    let log = project.read("log");
    let failed = log
        .lines()
        .find(|line| line.ends_with("::test_fails"))
        .unwrap();
    let worker = failed.split(' ').next().unwrap();
    assert_eq!(
        log.lines().find(|line| line.starts_with(worker)),
        Some(failed),
        "{log}"
    );
    let two = project.hasten(&["--order", "random", "--ff"]);
    two.check(4, &[]);
    assert_eq!(
        two.stderr,
        "hasten: --order random and --failed-first are two orders for the same tests: leave one of them out\n"
    );
}
