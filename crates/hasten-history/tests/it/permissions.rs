//! A project that this user may not write. Root may write everything, so as root these tests are
//! run by a child that is nobody.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::{Details, Error, History, Warning, export, import, prune_runs};

use crate::{Project, passed, run};

const FOLDER: &str = "HASTEN_TEST_FOLDER";
const NOBODY: u32 = 65_534;

fn chmod(path: &Utf8Path, mode: u32) {
    fs_err::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Runs a test of the module `as_nobody` on the project, with its folder and file in these modes.
fn as_nobody(test: &str, folder: u32, database: u32) {
    let project = Project::new();
    project.record("a", &[passed("test.py::test", 1.0)]);
    chmod(project.folder.parent().unwrap(), 0o755);
    // Where this program lies, nobody may not come.
    let program = project.folder.parent().unwrap().join("tests");
    fs_err::copy(std::env::current_exe().unwrap(), &program).unwrap();
    chmod(&project.database(), database);
    chmod(&project.folder, folder);
    let mut command = Command::new(program);
    command
        .args(["--ignored", "--exact", &format!("permissions::{test}")])
        .env(FOLDER, &project.folder);
    // Only root can be somebody else; the others are not root anyway.
    let output = match command.uid(NOBODY).gid(NOBODY).output() {
        Ok(output) => output,
        Err(_) => Command::new(command.get_program())
            .args(command.get_args())
            .env(FOLDER, &project.folder)
            .output()
            .unwrap(),
    };
    chmod(&project.folder, 0o755);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    chmod(&project.database(), 0o644);
    assert_eq!(project.open().runs().unwrap().len(), 1);
}

/// What the child opens; none if nobody started this program as one.
fn opened() -> Option<(History, Option<Warning>)> {
    let folder = std::env::var(FOLDER).ok()?;
    Some(History::open(&Utf8PathBuf::from(folder)))
}

#[test]
fn a_folder_that_is_read_only() {
    as_nobody("child_reads_but_does_not_write", 0o555, 0o444);
    as_nobody("child_reads_but_does_not_write", 0o555, 0o666);
    as_nobody("child_reads_but_does_not_write", 0o777, 0o444);
}

#[test]
fn a_file_that_may_not_be_read() {
    as_nobody("child_goes_without", 0o555, 0o600);
    as_nobody("child_goes_without", 0o700, 0o666);
}

#[test]
#[ignore = "run by a_folder_that_is_read_only"]
fn child_reads_but_does_not_write() {
    let Some((mut history, warning)) = opened() else {
        return;
    };
    assert!(warning.is_none(), "{warning:?}");
    assert_eq!(history.estimates().unwrap().len(), 1);
    let error = history
        .record_run(
            &run("b"),
            &[passed("test.py::test", 1.0)],
            &Details::default(),
        )
        .unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");

    let folder = history.path().parent().unwrap().to_owned();
    let portable = export(&folder).unwrap().unwrap();
    assert_eq!((portable.runs(), portable.tests()), (1, 1));
    let elsewhere = Project::new();
    elsewhere.record("c", &[passed("test.py::test", 1.0)]);
    let news = export(&elsewhere.folder).unwrap().unwrap();
    for error in [
        import(&folder, &news, &[]).unwrap_err(),
        prune_runs(&folder, 0).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
    }
}

#[test]
#[ignore = "run by a_file_that_may_not_be_read"]
fn child_goes_without() {
    let Some((mut history, warning)) = opened() else {
        return;
    };
    assert!(
        matches!(
            warning,
            Some(Warning::WithoutHistory(Error::Unreadable { .. }))
        ),
        "{warning:?}"
    );
    assert!(history.estimates().unwrap().is_empty());
    assert!(
        history
            .record_run(&run("b"), &[], &Details::default())
            .unwrap()
            .is_none()
    );
}
