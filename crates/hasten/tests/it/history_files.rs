//! `hasten history`: run times as files, with real runs.

use crate::project::{Output, Project};

const TESTS: &str = r#"
import pytest, time
class TestX:
    @pytest.mark.parametrize("param", ["a.b", "c::d", "e<&\"/f"])
    def test_slow(self, param): time.sleep(0.05)
def test_quick(): pass
def test_fails(): assert 0
@pytest.mark.skip
def test_skipped(): pass
"#;

const OTHER: &str = "import time\ndef test_other(): time.sleep(0.05)\n";

fn project() -> Project {
    Project::with("tests/unit/test_a.py", TESTS).and("test_b.py", OTHER)
}

fn history(project: &Project, args: &[&str]) -> Output {
    project.hasten(&[&["history"], args].concat())
}

fn forget(project: &Project) {
    std::fs::remove_dir_all(project.path().join(".hasten")).unwrap();
}

/// Node ids that `hasten slow` knows, sorted.
fn known(project: &Project) -> Vec<String> {
    let output = project.hasten(&["slow", "--json", "--limit", "99"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let folder = project.path().join(".hasten");
    let folder = camino::Utf8Path::from_path(&folder).unwrap();
    let estimates = hasten_history::History::open(folder).0.estimates().unwrap();
    let mut known: Vec<String> = estimates.into_keys().collect();
    known.sort();
    known
}

/// Node ids as pytest prints them.
fn collected(project: &Project) -> Vec<String> {
    let output = project.pytest(&["--collect-only", "-q"]);
    let lines = output.stdout.lines().filter(|line| line.contains("::"));
    let mut nodeids: Vec<String> = lines.map(str::to_owned).collect();
    nodeids.sort();
    assert_eq!(nodeids.len(), 7);
    nodeids
}

/// What `hasten slow` says of each test: node id, last outcome, number of runs, tens of microseconds. A file holds whole
/// microseconds.
fn times(project: &Project) -> Vec<(String, String, u64, f64)> {
    let json = project.hasten(&["slow", "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let tests = report["tests"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let tests: Vec<_> = tests
        .map(|test| {
            let runs = test["runs"].as_u64().unwrap();
            let tens = (test["total"].as_f64().unwrap() * 1e5).round();
            (
                text(&test["nodeid"]),
                text(&test["last_outcome"]),
                runs,
                tens,
            )
        })
        .collect();
    assert!(!tests.is_empty());
    tests
}

#[test]
fn what_was_exported_is_there_again_after_an_import() {
    let project = project();
    for args in [&["-n", "2"][..], &["-n", "0"]] {
        project.hasten(args).check(1, &["5 passed"]);
    }
    let written = "hasten-history.json: 2 runs and 7 tests written\n";
    history(&project, &["export"]).check(0, &[written]);
    let exported = project.read("hasten-history.json");
    let (slow, nodeids) = (times(&project), known(&project));
    assert_eq!(nodeids, collected(&project));

    forget(&project);
    for news in [
        "2 runs (2 new), 7 tests (7 with news)",
        "2 runs (0 new), 7 tests (0 with news)",
    ] {
        let imported = history(&project, &["import", "hasten-history.json"]);
        assert_eq!(imported.stdout, format!("hasten-history.json: {news}\n"));
        for (mut now, mut before) in times(&project).into_iter().zip(slow.clone()) {
            assert!((now.3 - before.3).abs() <= 1.0, "{now:?} {before:?}");
            (now.3, before.3) = (0.0, 0.0);
            assert_eq!(now, before);
        }
        assert_eq!(known(&project), nodeids);
        let again = history(&project, &["export", "-"]);
        again.check(0, &[]);
        assert_eq!(again.stdout, exported, "the same facts, the same bytes");
    }
    // A run goes on from there.
    project.hasten(&["-n", "2"]).check(1, &["5 passed"]);
    history(&project, &["show"]).check(0, &["runs       3\n", "tests      7\n"]);
}

#[test]
fn two_jobs_are_merged_into_one_file() {
    let project = project();
    let shard = |path: &str, name: &str| {
        project
            .hasten(&["-n", "2", path])
            .check(i32::from(path == "tests"), &[]);
        history(&project, &["export", name]).check(0, &[]);
        forget(&project);
    };
    shard("tests", "a.json");
    shard("test_b.py", "b.json");
    let merged = history(&project, &["merge", "a.json", "b.json", "-o", "c.json"]);
    merged.check(0, &["c.json: 2 runs and 7 tests written\n"]);
    let other_way = history(&project, &["merge", "b.json", "a.json", "c.json"]);
    assert_eq!(other_way.stdout, project.read("c.json"));
    history(&project, &["import", "a.json", "b.json"]).check(
        0,
        &["a.json, b.json: 2 runs (2 new), 7 tests (7 with news)\n"],
    );
    assert_eq!(
        history(&project, &["export", "-"]).stdout,
        project.read("c.json")
    );
    assert_eq!(known(&project), collected(&project));
}

#[test]
fn durations_of_pytest_split_are_taken_in() {
    let new = r#"{"test_b.py::test_other": 0.25, "tests/unit/test_a.py::TestX::test_slow[a.b]": 1.5,
                  "tests/gone.py::test": 3.0}"#;
    let old = r#"[["test_b.py::test_other", 0.25], ["tests/unit/test_a.py::TestX::test_slow[a.b]", 1.5],
                  ["tests/gone.py::test", 3.0]]"#;
    for text in [new, old] {
        let project = project().and(".test_durations", text);
        let output = history(&project, &["import", ".test_durations"]);
        let expected =
            ".test_durations: durations, 2 tests taken in, 1 left out, without a file below ";
        output.check(0, &[expected, "(tests/gone.py::test)\n"]);
        let known = [
            "test_b.py::test_other",
            "tests/unit/test_a.py::TestX::test_slow[a.b]",
        ];
        assert_eq!(self::known(&project), known);
        project
            .hasten(&["slow"])
            .check(0, &["1.50s", "test_slow[a.b]"]);
        // What hasten measures is not replaced.
        project.hasten(&["-n", "2", "test_b.py"]).check(0, &[]);
        let again = history(&project, &["import", ".test_durations"]);
        again.check(0, &["0 tests taken in, 2 known already"]);
    }
}

#[test]
fn junit_xml_of_both_families_is_taken_in() {
    for family in ["xunit1", "xunit2"] {
        let project = project().and("gone/test_c.py", "def test_gone(): pass\n");
        let setting = format!("junit_family={family}");
        let _ = project.pytest(&["--junitxml=report.xml", "-o", &setting]);
        assert_eq!(
            project.read("report.xml").contains("file="),
            family == "xunit1"
        );
        std::fs::remove_dir_all(project.path().join("gone")).unwrap();
        let output = history(&project, &["import", "report.xml"]);
        let expected = "report.xml: JUnit XML, 7 tests taken in, 1 left out, without a file below ";
        output.check(0, &[expected, "(gone.test_c::test_gone)\n"]);
        assert_eq!(known(&project), collected(&project), "{family}");
        history(&project, &["import", "report.xml"])
            .check(0, &["0 tests taken in, 7 known already"]);
    }
}

#[test]
fn an_import_during_a_run_loses_nothing() {
    let project = Project::with(
        "test_a.py",
        "import os, time\ndef test_a():\n    open('started', 'w').close()\n    \
         while not os.path.exists('imported'): time.sleep(0.01)\n",
    )
    .and("test_b.py", OTHER);
    project.hasten(&["-n", "2", "test_b.py"]).check(0, &[]);
    history(&project, &["export"]).check(0, &[]);
    forget(&project);
    let run = project.start(&["-n", "2", "test_a.py"]);
    project.wait_for("started");
    history(&project, &["import", "hasten-history.json"]).check(0, &["1 run (1 new)"]);
    std::fs::write(project.path().join("imported"), "").unwrap();
    Output::of(run).check(0, &["1 passed"]);
    history(&project, &["show"]).check(0, &["runs       2\n"]);
    assert_eq!(
        known(&project),
        ["test_a.py::test_a", "test_b.py::test_other"]
    );
}

#[test]
fn two_imports_at_once_are_one_after_the_other() {
    let project = project();
    project.hasten(&["-n", "2"]).check(1, &[]);
    history(&project, &["export"]).check(0, &[]);
    forget(&project);
    let imports = [0; 4].map(|_| project.start(&["history", "import", "hasten-history.json"]));
    let outputs = imports.map(Output::of);
    let new = outputs
        .iter()
        .filter(|output| output.stdout.contains("1 run (1 new)"));
    assert_eq!(new.count(), 1, "{outputs:?}");
    assert!(
        outputs.iter().all(|output| output.status == 0),
        "{outputs:?}"
    );
    assert_eq!(
        history(&project, &["export", "-"]).stdout,
        project.read("hasten-history.json")
    );
}

#[test]
fn runs_are_forgotten_and_the_file_is_shown() {
    let project = Project::with("test_b.py", OTHER).and("below/keep", "");
    let database = project
        .path()
        .canonicalize()
        .unwrap()
        .join(".hasten/history.sqlite");
    let nothing = format!(
        "there is no history {} yet: run hasten once, or hasten history import FILE\n",
        database.display()
    );
    assert_eq!(history(&project, &["show"]).stdout, nothing);
    for args in [&["export"][..], &["prune"]] {
        let refused = history(&project, args);
        assert_eq!(
            (refused.status, refused.stderr),
            (4, format!("hasten: {nothing}"))
        );
    }
    assert!(!project.path().join("hasten-history.json").exists());
    for _ in 0..3 {
        project.hasten(&["-n", "0"]).check(0, &[]);
    }
    history(&project, &["prune"]).check(0, &["0 runs forgotten"]);
    history(&project, &["prune", "--runs", "1"])
        .check(0, &["2 runs forgotten; what is expected of tests stays\n"]);
    history(&project, &["show"]).check(0, &["runs       1\n", "tests      1\n", "last run   20"]);
    let mut from_below = project.command(&["history", "path"]);
    from_below.current_dir(project.path().join("below"));
    let path = Output::of(from_below.spawn().unwrap());
    assert_eq!(path.stdout, format!("{}\n", database.display()));
}

#[test]
fn what_is_wrong_gets_one_sentence_and_changes_nothing() {
    let project = Project::with("test_b.py", OTHER)
        .and("notes.txt", "not a history\n")
        .and("cut.xml", "<testsuites><testsuite><testcase")
        .and(
            "cut.json",
            "{\"hasten-history\":1,\"runs\":1,\"tests\":0}\n",
        )
        .and("newer.json", "{\"hasten-history\":9}\n")
        .and(".test_durations", "{}");
    project.hasten(&["-n", "0"]).check(0, &[]);
    history(&project, &["export"]).check(0, &[]);
    let good = "hasten-history.json";
    let before = project.read(good);
    for (args, status, sentence) in [
        (
            &["import", good, "none.json"][..],
            4,
            "none.json cannot be read (No such file or directory (os error 2)): check the name and its permissions",
        ),
        (
            &["import", "notes.txt"],
            4,
            "notes.txt is neither a history that hasten exported, nor pytest-split's .test_durations, nor JUnit XML: check the name, or make it anew",
        ),
        (&["import", "cut.xml"], 4, "cut.xml is damaged (byte 23: "),
        (
            &["import", good, "cut.json"],
            4,
            "cut.json is damaged (line 2: a run should follow; the file was cut off): nothing was taken in; make the file anew, or leave it out",
        ),
        (
            &["merge", good, "newer.json", "-o", good],
            4,
            "newer.json is of a newer hasten (format 9, this one knows 1) and is left alone: update hasten",
        ),
        (
            &["merge", good, ".test_durations", "-o", good],
            4,
            ".test_durations is no history that hasten exported: take it in with hasten history import, and export that",
        ),
        (
            &["export", "notes.txt"],
            4,
            "notes.txt exists and is no history that hasten exported, so it is not overwritten: give another name, or remove it",
        ),
        (
            &["export", "none/out.json"],
            3,
            "none/out.json cannot be written (No such file or directory (os error 2)): make its folder writable, or give another name",
        ),
        (
            &["export", "--gzip"],
            4,
            "hasten history export does not know --gzip. It is one of: ",
        ),
    ] {
        let output = history(&project, args);
        assert_eq!(output.status, status, "{args:?}: {output:?}");
        let stderr = &output.stderr;
        assert!(
            stderr.starts_with(&format!("hasten: {sentence}")),
            "{args:?}: {stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_eq!(output.stdout, "");
    }
    assert_eq!(project.read(good), before);
    assert_eq!(project.read("notes.txt"), "not a history\n");
    assert_eq!(history(&project, &["export", "-"]).stdout, before);
}

#[test]
fn a_database_that_cannot_be_used_is_left_alone_and_so_is_the_last_export() {
    let project = Project::with("test_b.py", OTHER);
    project.hasten(&["-n", "0"]).check(0, &[]);
    history(&project, &["export"]).check(0, &[]);
    let good = project.read("hasten-history.json");
    let database = project.path().join(".hasten/history.sqlite");
    std::fs::write(&database, "this is no database").unwrap();
    for args in [
        &["export"][..],
        &["import", "hasten-history.json"],
        &["show"],
        &["prune"],
    ] {
        let output = history(&project, args);
        assert_eq!(output.status, 3, "{output:?}");
        let sentence = "is damaged (file is not a database): a run sets it aside when it ends, and begins a new one\n";
        assert!(output.stderr.ends_with(sentence), "{}", output.stderr);
    }
    assert_eq!(
        project.read(".hasten/history.sqlite"),
        "this is no database"
    );
    assert_eq!(project.read("hasten-history.json"), good);
}

#[test]
fn a_lock_is_waited_for_and_named() {
    let project = Project::with("test_b.py", OTHER);
    project.hasten(&["-n", "0"]).check(0, &[]);
    history(&project, &["export"]).check(0, &[]);
    let database = project.path().join(".hasten/history.sqlite");
    let mut holder = std::process::Command::new(crate::project::python())
        .args([
            "-c",
            "import sqlite3, sys, time\n\
             c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
             c.execute('BEGIN IMMEDIATE')\n\
             open('locked', 'w').close()\n\
             time.sleep(600)",
        ])
        .arg(&database)
        .current_dir(project.path())
        .spawn()
        .unwrap();
    project.wait_for("locked");
    let output = history(&project, &["import", "hasten-history.json"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output
            .stderr
            .contains("was locked by another process for 5 s"),
        "{output:?}"
    );
    history(&project, &["import", "hasten-history.json"]).check(0, &["1 run (0 new)"]);
}
