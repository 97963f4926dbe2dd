//! Several runs of one project at once.

use std::process::{Command, Stdio};
use std::time::Instant;

use camino::Utf8PathBuf;
use hasten_history::{Details, Error, History, Portable, Warning, export, import};

use crate::{Project, passed, run};

const FOLDER: &str = "HASTEN_TEST_FOLDER";
const WRITER: &str = "HASTEN_TEST_WRITER";
const RUNS: usize = 5;
const TESTS: usize = 200;

/// Records some runs of all tests, reading before each, as a run does.
fn write(project: &Utf8PathBuf, writer: &str) {
    let nodeids: Vec<String> = (0..TESTS)
        .map(|number| format!("test.py::test_{number}"))
        .collect();
    let attempts: Vec<_> = nodeids.iter().map(|nodeid| passed(nodeid, 1.0)).collect();
    for number in 0..RUNS {
        let (mut history, warning) = History::open(project);
        assert!(warning.is_none(), "{}", warning.unwrap());
        history.estimates().unwrap();
        assert!(
            history
                .record_run(
                    &run(&format!("{writer}-{number}")),
                    &attempts,
                    &Details::default()
                )
                .unwrap()
                .is_none()
        );
    }
}

/// Nothing of what the writers recorded is lost.
fn check(project: &Project, writers: usize) {
    let history = project.open();
    let runs = history.runs().unwrap();
    assert_eq!(runs.len(), writers * RUNS);
    assert!(
        runs.iter()
            .all(|run| history.attempts(run.id).unwrap().len() == TESTS)
    );
    let timings = history.timings().unwrap();
    assert_eq!(timings.len(), TESTS);
    assert!(
        timings
            .iter()
            .all(|timing| timing.runs as usize == writers * RUNS)
    );
    let intact: String = project
        .sqlite()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(intact, "ok");
    assert_eq!(
        project.files(),
        [".gitignore", "CACHEDIR.TAG", "history.sqlite"]
    );
}

#[test]
fn threads_that_record_at_once() {
    let project = Project::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let folder = &project.folder;
            scope.spawn(move || write(folder, &writer.to_string()));
        }
    });
    check(&project, 4);
}

#[test]
fn processes_that_record_at_once() {
    let project = Project::new();
    let children: Vec<_> = (0..3)
        .map(|writer| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "together::child_that_records"])
                .envs([
                    (FOLDER, project.folder.as_str()),
                    (WRITER, &writer.to_string()),
                ])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    check(&project, 3);
}

#[test]
#[ignore = "run by processes_that_record_at_once"]
fn child_that_records() {
    if let (Ok(folder), Ok(writer)) = (std::env::var(FOLDER), std::env::var(WRITER)) {
        write(&Utf8PathBuf::from(folder), &writer);
    }
}

#[test]
fn a_process_that_holds_the_database_costs_a_second_and_no_history() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    let other = project.sqlite();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let start = Instant::now();
    let (mut history, warning) = History::open(&project.folder);
    assert!(start.elapsed().as_secs_f64() < 4.0);
    assert!(
        matches!(warning, Some(Warning::WithoutHistory(Error::Locked { .. }))),
        "{warning:?}"
    );
    assert_eq!(
        project.relative(warning.unwrap()),
        "history .hasten/history.sqlite was locked by another process for 1 s: it is used again when that one has ended"
    );
    other.execute_batch("COMMIT").unwrap();
    assert!(
        history
            .record_run(&run("b"), &[], &Details::default())
            .unwrap()
            .is_none()
    );
    assert_eq!(project.open().runs().unwrap().len(), 2);
}

#[test]
fn a_lock_that_stays_leaves_the_run_unrecorded() {
    let project = Project::new();
    project.record("a", &[]);
    let mut history = project.open();
    let other = project.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(history.estimates().unwrap().is_empty(), "reading goes on");
    let error = history
        .record_run(&run("b"), &[], &Details::default())
        .unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(project.open().runs().unwrap().len(), 1);
}

#[test]
fn runs_that_meet_a_damaged_database_at_once() {
    for _ in 0..10 {
        let project = Project::new();
        fs_err::create_dir_all(&project.folder).unwrap();
        fs_err::write(project.database(), "no database").unwrap();
        let warnings: usize = std::thread::scope(|scope| {
            let open = || scope.spawn(|| usize::from(History::open(&project.folder).1.is_some()));
            [open(), open(), open()]
                .map(|thread| thread.join().unwrap())
                .iter()
                .sum()
        });
        assert_eq!(warnings, 1);
        // The number may be a higher one: whoever comes too late had reserved the first.
        let files = project.files();
        assert_eq!(files.len(), 1, "{files:?}");
        assert!(files[0].starts_with("history.sqlite.damaged-"), "{files:?}");
    }
}

#[test]
fn of_two_runs_that_saw_the_same_damage_one_sets_it_aside() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    let damage = "UPDATE timings SET recent = 'text'";
    project.sqlite().execute_batch(damage).unwrap();
    let [mut first, mut second] = [project.open(), project.open()];
    assert!(first.estimates().is_err() && second.estimates().is_err());
    let warning = first
        .record_run(&run("b"), &[], &Details::default())
        .unwrap();
    assert!(
        matches!(warning, Some(Warning::SetAside { .. })),
        "{warning:?}"
    );
    assert!(
        second
            .record_run(&run("c"), &[], &Details::default())
            .unwrap()
            .is_none()
    );
    assert_eq!(project.open().runs().unwrap().len(), 2);
}

/// A history of several runs of some tests, to be imported.
fn exported() -> Portable {
    let project = Project::new();
    write(&project.folder, "imported");
    export(&project.folder).unwrap().unwrap()
}

#[test]
fn imports_and_runs_at_once() {
    let (project, portable) = (Project::new(), exported());
    let new_runs: usize = std::thread::scope(|scope| {
        for writer in 0..2 {
            let folder = &project.folder;
            scope.spawn(move || write(folder, &writer.to_string()));
        }
        let importing =
            || scope.spawn(|| import(&project.folder, &portable, &[]).unwrap().new_runs);
        [importing(), importing(), importing()]
            .map(|thread| thread.join().unwrap())
            .iter()
            .sum()
    });
    assert_eq!(new_runs, RUNS, "each run once, whoever was first");
    check(&project, 3);
}

#[test]
fn an_import_waits_for_a_run_that_ends_and_then_says_what_holds_it() {
    let (project, portable) = (Project::new(), exported());
    project.record("a", &[]);
    let other = project.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = import(&project.folder, &portable, &[]).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(project.open().runs().unwrap().len(), 1);
}
