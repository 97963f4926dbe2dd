//! The history as its users see it: through its API, and through what lies in the folder.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod broken;
mod details;
mod known;
mod not_forked;
#[cfg(unix)]
mod permissions;
mod portable;
mod shards;
mod together;

use camino::Utf8PathBuf;
use hasten_history::{Attempt, Details, History, Outcome, RunRecord};

/// A project with a history.
struct Project {
    _guard: tempfile::TempDir,
    folder: Utf8PathBuf,
}

impl Project {
    fn new() -> Self {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(guard.path().to_owned()).unwrap();
        Self {
            folder: root.join(".hasten"),
            _guard: guard,
        }
    }

    /// Opens without a warning.
    fn open(&self) -> History {
        let (history, warning) = History::open(&self.folder);
        assert!(warning.is_none(), "{}", warning.unwrap());
        history
    }

    /// Opens, records a run and closes, without a warning.
    fn record(&self, uid: &str, attempts: &[Attempt<'_>]) {
        assert!(
            self.open()
                .record_run(&run(uid), attempts, &Details::default())
                .unwrap()
                .is_none()
        );
    }

    fn database(&self) -> Utf8PathBuf {
        self.folder.join("history.sqlite")
    }

    /// A connection of somebody else.
    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).unwrap()
    }

    /// Names of what is in the folder, sorted.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs_err::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A text without what differs between two projects.
    fn relative(&self, text: impl ToString) -> String {
        text.to_string().replace(self.folder.as_str(), ".hasten")
    }
}

fn run(uid: &str) -> RunRecord {
    RunRecord {
        uid: uid.to_owned(),
        started_at: 1_700_000_000.25,
        wall: 12.5,
        workers: 2,
        python: "3.11.7".to_owned(),
        pytest: "9.2.0".to_owned(),
        platform: "linux".to_owned(),
        machine: "host x86_64".to_owned(),
        args: vec![
            "-n".to_owned(),
            "2".to_owned(),
            "-k".to_owned(),
            "a \"b\"\nc".to_owned(),
        ],
        commit: Some("12a7613d1c0ffee0000000000000000000000001".to_owned()),
        exit_status: 1,
        whole_suite: false,
        shard: None,
        core_wait: None,
    }
}

/// A first attempt that took `call` seconds.
fn attempt(nodeid: &str, outcome: Outcome, call: f64) -> Attempt<'_> {
    Attempt {
        nodeid: nodeid.into(),
        attempt: 0,
        worker: Some(1),
        outcome,
        setup: 0.25,
        call,
        teardown: 0.125,
        started: 1_700_000_001.5,
        cpu: None,
        peak_memory: None,
    }
}

fn passed(nodeid: &str, call: f64) -> Attempt<'_> {
    attempt(nodeid, Outcome::Passed, call)
}
