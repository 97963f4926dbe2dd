//! Runs of shards, and whether several are a run of the whole suite.

use hasten_history::{Attempt, Details, Portable, RunRecord, RunShard, export, import, shard_gap};

use crate::{Project, passed, run};

fn shard(number: u32, of: u32, plan: &str) -> RunShard {
    RunShard {
        number,
        of,
        plan: plan.to_owned(),
    }
}

fn record(project: &Project, uid: &str, started_at: f64, shard: Option<RunShard>) {
    let record = RunRecord {
        started_at,
        shard,
        ..run(uid)
    };
    let attempts: [Attempt<'_>; 1] = [passed("test.py::test", 1.0)];
    let warning = project
        .open()
        .record_run(&record, &attempts, &Details::default());
    assert!(warning.unwrap().is_none());
}

fn exported(project: &Project) -> Portable {
    export(&project.folder).unwrap().unwrap()
}

/// What a job exports that imported `base` and ran a shard.
fn job(base: Option<&Portable>, uid: &str, shard: RunShard) -> Portable {
    let project = Project::new();
    if let Some(base) = base {
        import(&project.folder, base, &[]).unwrap();
    }
    record(&project, uid, 2e9, Some(shard));
    exported(&project)
}

fn gap(histories: &[Portable]) -> String {
    shard_gap(histories).map_or_else(String::new, |gap| gap.to_string())
}

#[test]
fn the_shard_of_a_run_is_kept_and_handed_on() {
    let project = Project::new();
    record(&project, "a", 1e9, Some(shard(2, 3, "0a1b2c")));
    let text = exported(&project).to_text().unwrap();
    assert!(text.contains(r#""shard":"2/3 0a1b2c""#), "{text}");
    let other = Project::new();
    import(&other.folder, &exported(&project), &[]).unwrap();
    let runs = other.open().runs().unwrap();
    assert_eq!(runs[0].record.shard, Some(shard(2, 3, "0a1b2c")));
}

#[test]
fn all_shards_of_one_plan_are_a_run_of_the_suite() {
    let project = Project::new();
    record(&project, "old", 1e9, Some(shard(1, 7, "old")));
    let base = exported(&project);
    let jobs: Vec<Portable> = (1..=3)
        .map(|number| job(Some(&base), &number.to_string(), shard(number, 3, "p")))
        .collect();
    assert_eq!(gap(&jobs), "");
    let with_base = [jobs.clone(), vec![base]].concat();
    assert_eq!(gap(&with_base), "", "what they began with does not count");
    assert_eq!(
        gap(&jobs[..1]),
        "shards 2 and 3 of 3 are missing (plan p): the tests of no other file are theirs. Merge the files of all shards"
    );
    assert_eq!(
        gap(&[jobs[2].clone(), jobs[0].clone()]),
        "shard 2 of 3 is missing (plan p): the tests of no other file are theirs. Merge the files of all shards"
    );
}

#[test]
fn shards_of_different_plans_are_none() {
    let jobs = [
        job(None, "a", shard(1, 3, "p")),
        job(None, "b", shard(2, 3, "q")),
        job(None, "c", shard(3, 3, "p")),
    ];
    assert_eq!(
        gap(&jobs),
        "the shards did not split the same tests in the same way: plan p (shards 1 and 3), plan q (shard 2). Tests may \
         have run twice, or not at all. Import the same history file in each job before it runs"
    );
    let jobs = [
        job(None, "a", shard(1, 2, "p")),
        job(None, "b", shard(2, 3, "q")),
    ];
    assert!(gap(&jobs).starts_with("the shards are of different numbers of shards (2 and 3)"));
}

#[test]
fn runs_of_the_whole_suite_are_no_shards() {
    let project = Project::new();
    record(&project, "a", 1e9, None);
    assert_eq!(gap(&[exported(&project)]), "");
    assert_eq!(gap(&[]), "");
    record(&project, "b", 2e9, Some(shard(1, 2, "p")));
    record(&project, "c", 3e9, None);
    assert_eq!(gap(&[exported(&project)]), "", "the newest run counts");
}

#[test]
fn a_shard_does_not_count_for_the_split_before_all_have_run() {
    let project = Project::new();
    let ids = ["test.py::a", "test.py::b", "test.py::c"];
    let full = |uid: &str, started_at: f64, seconds: f64| {
        let record = RunRecord {
            started_at,
            ..run(uid)
        };
        let attempts = ids.map(|nodeid| passed(nodeid, seconds));
        let result = project
            .open()
            .record_run(&record, &attempts, &Details::default());
        assert!(result.unwrap().is_none());
    };
    // As many as are looked at, so that each further one pushes out the oldest.
    for number in 0..6 {
        full(
            &format!("base {number}"),
            1e9 + f64::from(number),
            f64::from(number),
        );
    }
    let part = |uid: &str, number: u32, seconds: f64| {
        let record = RunRecord {
            started_at: 2e9,
            shard: Some(shard(number, 2, "p")),
            ..run(uid)
        };
        let nodeid = if number == 1 {
            "test.py::a"
        } else {
            "test.py::new"
        };
        let attempts = [
            passed(nodeid, seconds),
            passed(ids[number as usize], seconds),
        ];
        let result = project
            .open()
            .record_run(&record, &attempts, &Details::default());
        assert!(result.unwrap().is_none());
    };
    let base = project.open().estimates().unwrap();
    let split_by = || project.open().estimates_for_shards().unwrap();
    assert_eq!(split_by(), base);
    for seconds in [50.0, 70.0] {
        let before = split_by();
        for round in 0..4 {
            // The first shard again and again: the second one never ran.
            part(
                &format!("first {round} {}", project.open().runs().unwrap().len()),
                1,
                seconds,
            );
            assert_eq!(split_by(), before);
        }
        for round in 0..4 {
            part(
                &format!("second {round} {}", project.open().runs().unwrap().len()),
                2,
                seconds,
            );
        }
        assert_eq!(split_by(), project.open().estimates().unwrap());
        assert_ne!(split_by(), before);
        full(&format!("again {seconds}"), 3e9, 1000.0);
    }
}

#[test]
fn what_is_known_of_forgotten_runs_counts() {
    let project = Project::new();
    record(&project, "a", 1e9, None);
    hasten_history::prune_runs(&project.folder, 0).unwrap();
    let base = project.open().estimates().unwrap();
    record(&project, "b", 2e9, Some(shard(1, 2, "p")));
    assert_eq!(project.open().estimates_for_shards().unwrap(), base);
    let other = Project::new();
    record(&other, "b", 2e9, Some(shard(1, 2, "p")));
    assert!(other.open().estimates_for_shards().unwrap().is_empty());
}
