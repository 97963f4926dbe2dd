//! `--shard`, and what `hasten history merge` says of several.

use std::collections::BTreeMap;

use crate::project::{Output, Project};

const CONFTEST: &str = r#"
import os, pytest

@pytest.fixture(autouse=True)
def noted(request):
    with open(str(request.config.rootpath / "log"), "a") as file:
        file.write(request.node.nodeid + "\n")

def pytest_deselected(items):
    with open(str(items[0].config.rootpath / "deselected"), "a") as file:
        file.write("%d\n" % len(items))
"#;

/// 25 tests, and 3 that -m leaves out.
const FILES: [(&str, &str); 3] = [
    (
        "test_a.py",
        r#"
import pytest
@pytest.mark.parametrize("n", range(6))
class TestA:
    def test_one(self, n): pass
    def test_two(self, n): pass
"#,
    ),
    (
        "sub/test_b.py",
        "import pytest\n@pytest.mark.parametrize('n', range(12))\ndef test_b(n): pass\ndef test_c(): pass\n",
    ),
    (
        "test_z.py",
        "import pytest\n@pytest.mark.slow\n@pytest.mark.parametrize('n', range(3))\ndef test_z(n): pass\n",
    ),
];

fn project() -> Project {
    let ini = "[pytest]\naddopts = -m 'not slow'\nmarkers = slow\n";
    let project = Project::with("conftest.py", CONFTEST).and("pytest.ini", ini);
    FILES
        .iter()
        .fold(project, |project, (name, text)| project.and(name, text))
}

/// The plan that a run prints.
fn plan(output: &Output) -> String {
    let line = output
        .stdout
        .lines()
        .find(|line| line.starts_with("shard "));
    line.and_then(|line| line.split_once("; plan "))
        .map(|(_, plan)| plan.to_owned())
        .unwrap_or_default()
}

/// How often each test ran.
fn ran(project: &Project) -> BTreeMap<String, usize> {
    let mut ran = BTreeMap::new();
    for nodeid in project.read("log").lines() {
        *ran.entry(nodeid.to_owned()).or_default() += 1;
    }
    ran
}

#[test]
fn shards_are_disjoint_and_complete_however_they_run() {
    let ways: [&[&str]; 4] = [
        &["-n", "2"],
        &["-n", "1"],
        &["-n", "0"],
        &["-n", "2", "--start-method", "spawn"],
    ];
    for way in ways {
        let project = project();
        // The second round splits by what the first one took.
        for round in 1..=2 {
            let mut plans = Vec::new();
            for shard in ["1/3", "2/3", "3/3"] {
                let output = project.hasten(&[way, &["--shard", shard]].concat());
                output.check(0, &["collected 28 items / ", &format!("shard {shard}: ")]);
                plans.push(plan(&output));
            }
            assert!(
                plans[0].len() == 12 && plans.iter().all(|plan| *plan == plans[0]),
                "{plans:?}"
            );
            let ran = ran(&project);
            assert_eq!(ran.len(), 25, "{way:?}: {ran:?}");
            assert!(
                ran.values().all(|times| *times == round),
                "{way:?}: {ran:?}"
            );
        }
    }
}

#[test]
fn tests_of_other_shards_are_deselected() {
    for way in [&["-n", "2"][..], &["-n", "0"]] {
        let project = project();
        let args = [
            way,
            &["--shard=1/5", "--shard-by", "test", "--junitxml=out.xml"],
        ]
        .concat();
        project.hasten(&args).check(
            0,
            &[
                "collected 28 items / 23 deselected / 5 selected",
                "shard 1/5: 5 of 25 tests; split by number, since no run times are known; plan ",
                "5 passed, 23 deselected in",
            ],
        );
        assert_eq!(
            project.read("deselected"),
            "3\n20\n",
            "by -m, and by the shard"
        );
        let report = project.read("out.xml");
        assert_eq!(report.matches("<testcase ").count(), 5);
    }
}

#[test]
fn shard_by_says_what_stays_together() {
    for (by, whole) in [("file", true), ("scope", true), ("test", false)] {
        let project = project();
        let args = ["--shard", "1/2", "--shard-by", by];
        project.hasten(&args).check(0, &[]);
        let ran = ran(&project);
        let of_a = ran
            .keys()
            .filter(|nodeid| nodeid.starts_with("test_a.py"))
            .count();
        assert_eq!([0, 12].contains(&of_a), whole, "{by}: {ran:?}");
        assert!([12, 13].contains(&ran.len()), "{by}: {ran:?}");
    }
}

#[test]
fn a_shard_without_tests_is_a_success() {
    for way in [
        &["-n", "2"][..],
        &["-n", "0"],
        &["-n", "2", "--start-method", "spawn"],
    ] {
        let project = Project::with("test_a.py", "def test_a(): pass\ndef test_b(): pass\n");
        project.hasten(&[way, &["--shard", "3/3"]].concat()).check(
            0,
            &[
                "collected 2 items / 2 deselected / 0 selected",
                "shard 3/3: no tests: all 2 are in other shards; ",
            ],
        );
        let nothing = project.hasten(&[way, &["--shard", "3/3", "-k", "nothing"]].concat());
        nothing.check(5, &["2 deselected"]);
        assert!(!nothing.stdout.contains("shard 3/3"), "{}", nothing.stdout);
    }
}

#[test]
fn groups_and_tests_that_depend_on_others_are_in_one_shard() {
    let text = r#"
import pytest
@pytest.mark.xdist_group("db")
@pytest.mark.parametrize("n", range(6))
def test_group(n): pass
@pytest.mark.dependency()
def test_first(): pass
@pytest.mark.dependency(depends=["test_first"])
def test_second(): pass
@pytest.mark.parametrize("n", range(20))
def test_free(n): pass
"#;
    let ini = "[pytest]\nmarkers =\n    xdist_group\n    dependency\n";
    let project = Project::with("test_a.py", text)
        .and("conftest.py", CONFTEST)
        .and("pytest.ini", ini);
    let mut shards = Vec::new();
    for shard in 1..=4 {
        let _ = std::fs::remove_file(project.path().join("log"));
        let args = ["--shard", &format!("{shard}/4"), "--shard-by", "test"];
        project.hasten(&args).check(0, &[]);
        shards.push(ran(&project));
    }
    for name in ["test_group", "test_first", "test_second"] {
        let with = |ran: &&BTreeMap<String, usize>| ran.keys().any(|nodeid| nodeid.contains(name));
        assert_eq!(shards.iter().filter(with).count(), 1, "{shards:?}");
    }
    let both = |ran: &&BTreeMap<String, usize>| {
        let has = |name: &str| ran.contains_key(&format!("test_a.py::{name}"));
        has("test_first") && has("test_second")
    };
    assert_eq!(shards.iter().filter(both).count(), 1);
    assert_eq!(shards.iter().map(BTreeMap::len).sum::<usize>(), 28);
}

#[test]
fn wrong_words_are_wrong_use() {
    let project = Project::with("test_a.py", "def test_a(): pass\n");
    for shard in ["0/4", "5/4", "a/b"] {
        let output = project.hasten(&["--shard", shard]);
        output.check(4, &[]);
        assert_eq!(
            output.stderr,
            format!(
                "hasten: --shard cannot be \"{shard}\". Give a shard and how many there are, as in 1/4: for four shards \
                 from 1/4 to 4/4.\n"
            )
        );
    }
    let output = project.hasten(&["--shard", "1/2", "--shard-by", "class"]);
    output.check(4, &[]);
    assert!(output.stderr.contains("Give auto, file, scope or test."));
}

#[test]
fn files_that_fail_to_collect_fail_in_each_shard() {
    let project = Project::with("test_a.py", "def test_a(): pass\n").and("test_b.py", "1 / 0\n");
    for shard in ["1/2", "2/2"] {
        let output = project.hasten(&["--shard", shard]);
        output.check(2, &["collected 1 item / 1 error", "1 error in"]);
    }
}

/// Runs a shard as on a machine of its own, and exports what it knows.
fn export(name: &str, args: &[&str]) -> (Project, String) {
    let project = project();
    project.hasten(args).check(0, &[]);
    let file = format!("{name}.json");
    project.hasten(&["history", "export", &file]).check(0, &[]);
    let path = project.path().join(file).to_str().unwrap().to_owned();
    (project, path)
}

#[test]
fn merge_says_which_shards_are_missing_or_of_another_plan() {
    let jobs: Vec<(Project, String)> = (1..=3)
        .map(|shard| export("shard", &["--shard", &format!("{shard}/3")]))
        .collect();
    let here = Project::with("test_x.py", "");
    let file = |job: usize| jobs[job].1.as_str();
    here.hasten(&[
        "history",
        "merge",
        file(0),
        file(1),
        file(2),
        "-o",
        "all.json",
    ])
    .check(0, &["all.json: 3 runs and 25 tests written"]);
    let gap = here.hasten(&["history", "merge", file(0), file(1), "-o", "two.json"]);
    gap.check(1, &["two.json: 2 runs and "]);
    assert!(
        gap.stderr
            .starts_with("hasten: shard 3 of 3 is missing (plan "),
        "{}",
        gap.stderr
    );
    let other = export("other", &["--shard", "3/3", "-k", "test_b"]);
    let gap = here.hasten(&["history", "merge", file(0), file(1), &other.1, "-o", "-"]);
    gap.check(1, &["hasten-history"]);
    assert!(
        gap.stderr
            .contains("did not split the same tests in the same way"),
        "{}",
        gap.stderr
    );
    // What was merged is what each machine splits by the next time.
    let merged = here.path().join("all.json").to_str().unwrap().to_owned();
    let mut plans = Vec::new();
    for (number, (project, _)) in (1..).zip(&jobs) {
        project
            .hasten(&["history", "import", &merged])
            .check(0, &[]);
        let output = project.hasten(&["--shard", &format!("{number}/3")]);
        output.check(0, &["s expected; plan "]);
        plans.push(plan(&output));
    }
    assert!(plans.iter().all(|plan| *plan == plans[0]), "{plans:?}");
}
