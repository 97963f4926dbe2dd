//! Whatever lies in the folder, a run goes on, and nothing is destroyed.

use hasten_history::{Details, Error, History, Warning};

use crate::{Project, passed, run};

/// Puts a file where the database belongs.
fn with_database(bytes: &[u8]) -> Project {
    let project = Project::new();
    fs_err::create_dir_all(&project.folder).unwrap();
    fs_err::write(project.database(), bytes).unwrap();
    project
}

/// The bytes of a good database with some thousand tests.
fn good() -> Vec<u8> {
    let project = Project::new();
    let nodeids: Vec<String> = (0..3_000)
        .map(|number| format!("test.py::test_{number}"))
        .collect();
    let attempts: Vec<_> = nodeids.iter().map(|nodeid| passed(nodeid, 1.0)).collect();
    project.record("good", &attempts);
    fs_err::read(project.database()).unwrap()
}

fn kept(project: &Project, number: u32) -> Vec<u8> {
    fs_err::read(
        project
            .folder
            .join(format!("history.sqlite.damaged-{number}")),
    )
    .unwrap()
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let cut = &good()[..1_000];
    for bytes in [b"no".as_slice(), b"{\"json\": true}", &[0; 8192], cut] {
        let project = with_database(bytes);
        let (mut history, warning) = History::open(&project.folder);
        assert!(
            matches!(warning, Some(Warning::SetAside { .. })),
            "{warning:?}"
        );
        assert!(history.estimates().unwrap().is_empty());
        assert!(
            history
                .record_run(
                    &run("a"),
                    &[passed("test.py::test", 1.0)],
                    &Details::default()
                )
                .unwrap()
                .is_none()
        );
        assert_eq!(kept(&project, 1), bytes);
        assert_eq!(project.open().estimates().unwrap().len(), 1);
    }
}

#[test]
fn the_warning_says_what_happened_and_where() {
    let project = with_database(b"no database");
    let warning = History::open(&project.folder).1.unwrap();
    assert_eq!(
        project.relative(warning),
        "history .hasten/history.sqlite was damaged (file is not a database): \
         a new one is begun, the old one is kept as history.sqlite.damaged-1"
    );
}

#[test]
fn an_empty_file_is_an_empty_history() {
    let project = with_database(b"");
    assert!(project.open().estimates().unwrap().is_empty());
    project.record("a", &[passed("test.py::test", 1.0)]);
    assert_eq!(project.open().runs().unwrap().len(), 1);
}

#[test]
fn the_database_of_another_program_is_set_aside() {
    let project = with_database(b"");
    project
        .sqlite()
        .execute_batch("CREATE TABLE cookies (name TEXT)")
        .unwrap();
    let warning = History::open(&project.folder).1.unwrap();
    assert!(
        warning
            .to_string()
            .contains("(it is a database, but not of hasten's)"),
        "{warning}"
    );
}

#[test]
fn damage_that_shows_while_reading_is_set_aside_at_the_end_of_the_run() {
    let good = good();
    let mut cases = vec![("cut off", good[..good.len() / 2].to_vec())];
    let mut overwritten = good.clone();
    overwritten[good.len() / 2..].fill(0x5a);
    cases.push(("overwritten", overwritten));
    for (case, bytes) in cases {
        let project = with_database(&bytes);
        let (mut history, warning) = History::open(&project.folder);
        if warning.is_none() {
            let error = history.estimates().unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{case}: {error}");
            assert!(
                error
                    .to_string()
                    .ends_with(": a run sets it aside when it ends, and begins a new one"),
                "{error}"
            );
            let warning = history
                .record_run(
                    &run("a"),
                    &[passed("test.py::test", 1.0)],
                    &Details::default(),
                )
                .unwrap();
            assert!(
                matches!(warning, Some(Warning::SetAside { .. })),
                "{case}: {warning:?}"
            );
        } else {
            history
                .record_run(
                    &run("a"),
                    &[passed("test.py::test", 1.0)],
                    &Details::default(),
                )
                .unwrap();
        }
        assert_eq!(kept(&project, 1), bytes, "{case}");
        assert_eq!(project.open().estimates().unwrap().len(), 1, "{case}");
    }
}

#[test]
fn damage_that_shows_only_while_writing_is_set_aside() {
    for damage in [
        "DROP TABLE attempts",
        "DELETE FROM timings",
        "ALTER TABLE runs RENAME COLUMN wall TO duration",
    ] {
        let project = Project::new();
        project.record("a", &[passed("test.py::test", 1.0)]);
        project.sqlite().execute_batch(damage).unwrap();
        let warning = project
            .open()
            .record_run(
                &run("b"),
                &[passed("test.py::test", 2.0)],
                &Details::default(),
            )
            .unwrap();
        assert!(
            matches!(warning, Some(Warning::SetAside { .. })),
            "{damage}: {warning:?}"
        );
        assert_eq!(project.open().runs().unwrap().len(), 1, "{damage}");
    }
}

#[test]
fn values_of_another_kind_are_damage() {
    for damage in [
        "UPDATE timings SET recent = zeroblob(13)",
        "UPDATE timings SET recent = 'text'",
        "UPDATE timings SET last_outcome = 99",
        "UPDATE timings SET runs = 'many'",
        "UPDATE tests SET nodeid = x'ff'",
    ] {
        let project = Project::new();
        project.record("a", &[passed("test.py::test", 1.0)]);
        project.sqlite().execute_batch(damage).unwrap();
        let error = project.open().timings().unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }),
            "{damage}: {error:?}"
        );
    }
}

#[test]
fn what_was_set_aside_is_never_replaced() {
    let project = with_database(b"second");
    fs_err::write(project.folder.join("history.sqlite.damaged-1"), "first").unwrap();
    assert!(History::open(&project.folder).1.is_some());
    assert_eq!(
        (kept(&project, 1), kept(&project, 2)),
        (b"first".to_vec(), b"second".to_vec())
    );
}

#[test]
fn a_newer_history_is_left_alone() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    project
        .sqlite()
        .pragma_update(None, "user_version", 7)
        .unwrap();
    let before = fs_err::read(project.database()).unwrap();

    let (mut history, warning) = History::open(&project.folder);
    assert_eq!(
        project.relative(warning.unwrap()),
        "history .hasten/history.sqlite is of a newer hasten (schema 7, this one knows 5) and is left alone: \
         update hasten, or move the file away to begin a new one"
    );
    assert!(history.estimates().unwrap().is_empty());
    assert!(
        history
            .record_run(&run("b"), &[], &Details::default())
            .unwrap()
            .is_none(),
        "the user was told already"
    );
    assert_eq!(fs_err::read(project.database()).unwrap(), before);
    assert_eq!(
        project.files(),
        [".gitignore", "CACHEDIR.TAG", "history.sqlite"]
    );
}

#[test]
fn other_things_in_the_place_of_the_folder_or_the_file_are_left_alone() {
    let a_file = Project::new();
    fs_err::write(&a_file.folder, "a file").unwrap();
    let a_folder = Project::new();
    fs_err::create_dir_all(a_folder.database()).unwrap();
    for project in [&a_file, &a_folder] {
        let (mut history, warning) = History::open(&project.folder);
        let warning = warning.unwrap();
        assert!(
            matches!(warning, Warning::WithoutHistory(Error::Unreadable { .. })),
            "{warning:?}"
        );
        assert!(
            warning.to_string().contains("cannot be read ("),
            "{warning}"
        );
        assert!(
            history
                .record_run(&run("a"), &[], &Details::default())
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(fs_err::read_to_string(&a_file.folder).unwrap(), "a file");
    assert!(a_folder.database().is_dir());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_says_so() {
    let mut history = History::open("/proc/hasten/.hasten".into()).0;
    let error = history
        .record_run(&run("a"), &[], &Details::default())
        .unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
    assert!(
        error.to_string().contains(": make the folder writable"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_removed_during_the_run_is_made_anew() {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    let mut history = project.open();
    assert_eq!(history.estimates().unwrap().len(), 1);
    fs_err::remove_dir_all(&project.folder).unwrap();
    assert!(history.estimates().unwrap().is_empty());
    assert!(
        history
            .record_run(
                &run("b"),
                &[passed("test.py::test", 1.0)],
                &Details::default()
            )
            .unwrap()
            .is_none()
    );
    assert_eq!(
        project.files(),
        [".gitignore", "CACHEDIR.TAG", "history.sqlite"]
    );
}
