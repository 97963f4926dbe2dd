//! What a history knows after some runs.

use std::collections::HashMap;

use hasten_history::{
    Attempt, Details, History, KEEP_RUNS, Outcome, PhaseTimes, RECENT, RunRecord, SortBy,
};
use proptest::prelude::*;

use crate::{Project, attempt, passed, run};

/// Expected seconds of the call, by node id.
fn calls(history: &History) -> HashMap<String, f64> {
    history
        .estimates()
        .unwrap()
        .into_iter()
        .map(|(nodeid, expected)| (nodeid, expected.call))
        .collect()
}

#[test]
fn nothing_is_made_before_the_first_run_is_recorded() {
    let project = Project::new();
    let history = project.open();
    assert!(history.estimates().unwrap().is_empty());
    assert!(history.timings().unwrap().is_empty());
    assert_eq!(history.last_run().unwrap(), None);
    assert!(!project.folder.exists());
}

#[test]
fn the_folder_is_ignored_by_git_and_backups() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    assert_eq!(
        project.files(),
        [".gitignore", "CACHEDIR.TAG", "history.sqlite"]
    );
    let ignored = fs_err::read_to_string(project.folder.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "*"));
    let tag = fs_err::read_to_string(project.folder.join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
}

#[test]
fn a_gitignore_that_was_removed_stays_away() {
    let project = Project::new();
    project.record("a", &[]);
    fs_err::remove_file(project.folder.join(".gitignore")).unwrap();
    project.record("b", &[]);
    assert_eq!(project.files(), ["CACHEDIR.TAG", "history.sqlite"]);
}

#[test]
fn a_run_is_read_back_as_it_was_recorded() {
    let project = Project::new();
    let first = attempt("test.py::test_a", Outcome::Failed, 0.1);
    let rerun = Attempt {
        attempt: 1,
        worker: None,
        outcome: Outcome::Passed,
        started: 1_700_000_009.0,
        ..first.clone()
    };
    let other = Attempt {
        started: 1_700_000_000.5,
        ..passed("test.py::test_b", 1e-6)
    };
    project.record("a", &[rerun.clone(), first.clone(), other.clone()]);
    project.record("b", &[]);

    let history = project.open();
    let runs = history.runs().unwrap();
    assert_eq!(
        runs.iter()
            .map(|run| run.record.uid.as_str())
            .collect::<Vec<_>>(),
        ["b", "a"]
    );
    assert_eq!(history.last_run().unwrap().as_ref(), runs.first());
    assert_eq!((&runs[1].record, runs[1].attempts), (&run("a"), 3));
    assert_eq!(history.attempts(runs[1].id).unwrap(), [other, first, rerun]);
    assert!(history.attempts(runs[0].id).unwrap().is_empty());
}

#[test]
fn a_run_is_recorded_once() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    let error = project
        .open()
        .record_run(
            &run("a"),
            &[passed("test.py::test", 9.0)],
            &Details::default(),
        )
        .unwrap_err();
    assert_eq!(
        project.relative(error),
        "history .hasten/history.sqlite has the run a already: it is not recorded again"
    );
    assert_eq!(calls(&project.open())["test.py::test"], 1.0);
}

#[test]
fn strange_node_ids_are_kept_as_they_are() {
    let project = Project::new();
    let long = format!("test.py::test[{}]", "long".repeat(2_500));
    let nodeids = [
        "tests/tëst_ünï.py::test[雪-🙂]",
        "test.py::test[a\nb]",
        "test.py::test[\0]",
        "test.py::test[]",
        "",
        &long,
    ];
    for uid in ["a", "b"] {
        let attempts: Vec<_> = nodeids.iter().map(|nodeid| passed(nodeid, 1.0)).collect();
        project.record(uid, &attempts);
    }
    let history = project.open();
    let timings = history.timings().unwrap();
    assert!(timings.iter().all(|timing| timing.runs == 2));
    let mut known: Vec<_> = timings
        .iter()
        .map(|timing| timing.nodeid.as_str())
        .collect();
    known.sort_unstable();
    let mut expected = nodeids.to_vec();
    expected.sort_unstable();
    assert_eq!(known, expected);
}

#[test]
fn impossible_numbers_are_recorded_as_zero() {
    let project = Project::new();
    let strange = Attempt {
        setup: f64::NAN,
        teardown: -1.0,
        started: f64::INFINITY,
        ..passed("test.py::test", 2.0)
    };
    let record = RunRecord {
        wall: f64::NAN,
        ..run("a")
    };
    project
        .open()
        .record_run(&record, &[strange], &Details::default())
        .unwrap();
    let expected = project.open().estimates().unwrap()["test.py::test"];
    assert_eq!(
        expected,
        PhaseTimes {
            setup: 0.0,
            call: 2.0,
            teardown: 0.0
        }
    );
    assert_eq!(project.open().last_run().unwrap().unwrap().record.wall, 0.0);
}

#[test]
fn a_run_of_one_test_pushes_nothing_out() {
    let project = Project::new();
    project.record(
        "whole",
        &[
            passed("test.py::test_a", 1.0),
            passed("test.py::test_b", 7.0),
        ],
    );
    for number in 0..KEEP_RUNS + 3 {
        project.record(&number.to_string(), &[passed("test.py::test_a", 2.0)]);
    }
    let history = project.open();
    let runs = history.runs().unwrap();
    assert_eq!((runs.len(), runs[0].record.uid.as_str()), (KEEP_RUNS, "52"));
    assert_eq!(history.attempts(runs[KEEP_RUNS - 1].id).unwrap().len(), 1);
    assert!(
        history
            .attempts(runs[KEEP_RUNS - 1].id - 1)
            .unwrap()
            .is_empty()
    );
    assert_eq!(calls(&history)["test.py::test_b"], 7.0);
    let seen = |nodeid| {
        history
            .timings()
            .unwrap()
            .into_iter()
            .find(|timing| timing.nodeid == nodeid)
            .unwrap()
            .runs
    };
    assert_eq!((seen("test.py::test_a"), seen("test.py::test_b")), (54, 1));
}

#[test]
fn a_test_that_a_whole_run_does_not_have_is_gone_but_remembered() {
    let project = Project::new();
    let whole = |uid: &str, attempts: &[Attempt<'_>]| {
        project
            .open()
            .record_run(
                &RunRecord {
                    whole_suite: true,
                    ..run(uid)
                },
                attempts,
                &Details::default(),
            )
            .unwrap();
    };
    let nodeids = || {
        let timings = project.open().slowest(9, SortBy::Total).unwrap();
        timings
            .into_iter()
            .map(|timing| timing.nodeid)
            .collect::<Vec<_>>()
    };
    whole("a", &[passed("old", 3.0), passed("kept", 2.0)]);
    whole("b", &[passed("kept", 2.0)]);
    project.record("part", &[passed("new", 1.0)]);
    assert_eq!(nodeids(), ["kept", "new"]);
    assert_eq!(calls(&project.open())["old"], 3.0);
    project.record("branch", &[passed("old", 3.0)]);
    assert_eq!(nodeids(), ["old", "kept", "new"]);
}

#[test]
fn the_slowest_by_each_phase() {
    let project = Project::new();
    let phases = |nodeid: &'static str, setup, call, teardown| Attempt {
        setup,
        call,
        teardown,
        ..passed(nodeid, 0.0)
    };
    project.record(
        "a",
        &[
            phases("setup", 3.0, 0.0, 1.0),
            phases("call", 1.0, 4.0, 0.0),
            phases("teardown", 0.0, 1.0, 2.0),
        ],
    );
    let slowest = |limit, by| {
        let timings = project.open().slowest(limit, by).unwrap();
        timings
            .into_iter()
            .map(|timing| timing.nodeid)
            .collect::<Vec<_>>()
    };
    assert_eq!(slowest(9, SortBy::Total), ["call", "setup", "teardown"]);
    assert_eq!(slowest(1, SortBy::Setup), ["setup"]);
    assert_eq!(slowest(1, SortBy::Call), ["call"]);
    assert_eq!(slowest(1, SortBy::Teardown), ["teardown"]);
}

#[test]
fn skipped_ones_count_until_the_test_has_completed() {
    let project = Project::new();
    let expected = |uid: &str, outcome, call| {
        project.record(uid, &[attempt("test", outcome, call)]);
        calls(&project.open()).get("test").copied()
    };
    assert_eq!(expected("a", Outcome::Crashed, 50.0), None);
    assert_eq!(expected("b", Outcome::Skipped, 0.5), Some(0.5));
    assert_eq!(expected("c", Outcome::TimedOut, 60.0), Some(0.5));
    assert_eq!(expected("d", Outcome::Error, 0.25), Some(0.25));
    assert_eq!(expected("q", Outcome::Quarantined, 0.75), Some(0.75));
    assert_eq!(expected("e", Outcome::Passed, 8.0), Some(8.0));
    assert_eq!(expected("f", Outcome::Skipped, 0.5), Some(8.0));
    assert_eq!(expected("r", Outcome::Quarantined, 0.5), Some(8.0));
    assert!(project.open().failed().unwrap().is_empty());
    assert_eq!(expected("g", Outcome::Failed, 4.0), Some(6.0));
    assert_eq!(
        project.open().timings().unwrap()[0].last_outcome,
        Outcome::Failed
    );
    assert_eq!(project.open().failed().unwrap().len(), 1);
}

/// What is expected of a test, said as simply as possible.
fn model(attempts: &[(Outcome, f64)]) -> Option<f64> {
    let mut completed: Vec<f64> = attempts
        .iter()
        .filter(|(outcome, _)| outcome.is_completed())
        .map(|(_, call)| *call)
        .collect();
    if completed.is_empty() {
        let provisional = |outcome: &Outcome| {
            matches!(
                outcome,
                Outcome::Skipped | Outcome::Error | Outcome::Quarantined
            )
        };
        return attempts
            .iter()
            .rev()
            .find(|(outcome, _)| provisional(outcome))
            .map(|(_, call)| *call);
    }
    completed.reverse();
    completed.truncate(RECENT);
    completed.sort_by(f64::total_cmp);
    Some(f64::midpoint(
        completed[(completed.len() - 1) / 2],
        completed[completed.len() / 2],
    ))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expects_what_the_model_expects(
        runs in prop::collection::vec(prop::collection::vec((0..4u8, 0..Outcome::ALL.len(), 0..100u8), 0..12), 1..8)
    ) {
        let project = Project::new();
        let mut all: HashMap<String, Vec<(Outcome, f64)>> = HashMap::new();
        for (number, tests) in runs.iter().enumerate() {
            let mut attempts = Vec::new();
            // Of several attempts in a run, those before the last failed, and say nothing.
            let mut last = HashMap::new();
            for (order, &(test, outcome, call)) in (0..).zip(tests) {
                let (nodeid, outcome, call) = (format!("test_{test}"), Outcome::ALL[outcome], f64::from(call));
                last.insert(nodeid.clone(), (outcome, call));
                attempts.push(Attempt { nodeid: nodeid.into(), attempt: order, ..attempt("", outcome, call) });
            }
            project.record(&number.to_string(), &attempts);
            for (nodeid, attempt) in last {
                all.entry(nodeid).or_default().push(attempt);
            }
        }
        let expected: HashMap<String, f64> =
            all.into_iter().filter_map(|(nodeid, attempts)| Some((nodeid, model(&attempts)?))).collect();
        prop_assert_eq!(calls(&project.open()), expected);
    }
}

#[test]
fn outcomes_of_runs_count_the_last_attempt_of_each_test() {
    let project = Project::new();
    let failed = attempt("test.py::test_a", Outcome::Failed, 0.1);
    let rerun = Attempt {
        attempt: 1,
        outcome: Outcome::Passed,
        ..failed.clone()
    };
    let skipped = attempt("test.py::test_b", Outcome::Skipped, 0.0);
    project.record("a", &[rerun, failed.clone(), skipped]);
    project.record("b", &[failed]);
    let history = project.open();
    let outcomes = history.outcomes().unwrap();
    let counts = |run: i64| {
        let of = |outcome| outcomes[&run].of(outcome);
        [
            of(Outcome::Passed),
            of(Outcome::Failed),
            of(Outcome::Skipped),
            outcomes[&run].total(),
        ]
    };
    assert_eq!(counts(1), [1, 0, 1, 2]);
    assert_eq!(counts(2), [0, 1, 0, 1]);
    assert_eq!(outcomes.len(), 2);
}
