//! The one door to a project's history.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, TransactionBehavior};

use crate::connect::{connect, set_aside};
use crate::error::{Doing, explain};
use crate::files::DATABASE;
use crate::model::{Attempt, Outcomes, PhaseTimes, Run, RunLoad, RunRecord, SortBy, TestTiming};
use crate::{Details, Error, Past, Warning, detail_rows, past, prune, read, record, settled};

/// The history of one project.
///
/// Nothing is created before the first [`History::record_run`].
#[derive(Debug)]
pub struct History {
    folder: Utf8PathBuf,
    /// False if it cannot be used, which the user was told when it was opened.
    usable: bool,
    /// What was found broken while reading; the next write sets the file aside.
    damage: RefCell<Option<Damage>>,
}

#[derive(Debug)]
struct Damage {
    detail: String,
    /// When the file was written last. If it was since, another run may have begun a new one.
    written: Option<SystemTime>,
}

impl History {
    /// Opens the history in `folder`, the `.hasten` of a project's rootdir. Whatever is wrong with
    /// it, the result can be used: a history that cannot be read knows nothing, and one that can be
    /// neither read nor set aside records nothing. The warning is for the user.
    #[must_use]
    pub fn open(folder: &Utf8Path) -> (Self, Option<Warning>) {
        let mut history = Self {
            folder: folder.to_owned(),
            usable: true,
            damage: RefCell::new(None),
        };
        let opened = match connect(folder, Doing::Reading) {
            Err(Error::Damaged { detail, .. }) => set_aside(folder, detail),
            other => other.map(|_| None),
        };
        match opened {
            Ok(warning) => (history, warning),
            Err(error) => {
                // One that is only locked may be free at the end of the run.
                history.usable = matches!(error, Error::Locked { .. });
                (history, Some(Warning::WithoutHistory(error)))
            }
        }
    }

    /// Where the database of a `.hasten` folder is, whether it exists or not.
    #[must_use]
    pub fn database(folder: &Utf8Path) -> Utf8PathBuf {
        folder.join(DATABASE)
    }

    /// The database file, whether it exists or not.
    #[must_use]
    pub fn path(&self) -> Utf8PathBuf {
        Self::database(&self.folder)
    }

    /// Records a run that is over, with all its attempts, in one transaction; forgets what is too
    /// old. The warning tells that a damaged database was set aside. Does nothing if
    /// [`History::open`] warned that there is no usable history.
    ///
    /// # Errors
    /// The run is not recorded, and what was in the history is as before.
    pub fn record_run(
        &mut self,
        run: &RunRecord,
        attempts: &[Attempt<'_>],
        details: &Details,
    ) -> Result<Option<Warning>, Error> {
        if !self.usable {
            return Ok(None);
        }
        let result = match self.damage.take() {
            Some(damage) if damage.written == self.written() => Err(Error::Damaged {
                path: self.path(),
                detail: damage.detail,
            }),
            _ => self.try_record(run, attempts, details),
        };
        match result {
            Err(Error::Damaged { detail, .. }) => {
                let warning = set_aside(&self.folder, detail)?;
                self.try_record(run, attempts, details)?;
                Ok(warning)
            }
            other => other.map(|()| None),
        }
    }

    /// Corrects the exit status of a run that was recorded before pytest ended.
    ///
    /// # Errors
    /// It stays what it was.
    pub fn correct_exit_status(&self, uid: &str, status: i32) -> Result<(), Error> {
        let text = "UPDATE runs SET exit_status = ?2 WHERE uid = ?1";
        self.change(|connection| connection.execute(text, rusqlite::params![uid, status]))
    }

    /// Changes rows, outside of the transaction of a run.
    pub(crate) fn change(
        &self,
        what: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), Error> {
        if !self.usable {
            return Ok(());
        }
        let Some(connection) = connect(&self.folder, Doing::Writing)? else {
            return Ok(());
        };
        what(&connection)
            .map(drop)
            .map_err(|error| explain(&self.path(), Doing::Writing, &error))
    }

    fn try_record(
        &self,
        run: &RunRecord,
        attempts: &[Attempt<'_>],
        details: &Details,
    ) -> Result<(), Error> {
        let path = self.path();
        let Some(mut connection) = connect(&self.folder, Doing::Writing)? else {
            return Ok(());
        };
        match write(&mut connection, run, attempts, details) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::RecordedAlready {
                path,
                uid: run.uid.clone(),
            }),
            Err(error) => Err(explain(&path, Doing::Writing, &error)),
        }
    }

    /// What to expect of each test that is known, by node id. A test that never completed, was
    /// never skipped and never had an error in setup or teardown is not among them.
    ///
    /// # Errors
    /// The history could not be read: plan without.
    pub fn estimates(&self) -> Result<HashMap<String, PhaseTimes>, Error> {
        self.read(read::estimates)
    }

    /// What to expect of each test, for a split into shards: without runs of shards whose plan is not complete, so that
    /// all shards split by the same.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn estimates_for_shards(&self) -> Result<HashMap<String, PhaseTimes>, Error> {
        self.read(settled::estimates)
    }

    /// The node ids of the tests whose last attempt failed.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn failed(&self) -> Result<HashSet<String>, Error> {
        self.read(read::failed)
    }

    /// What is known about each test that still is in the suite, in no order. A test is gone when
    /// the last run of the whole suite ([`RunRecord::whole_suite`]) did not have it, nor any run
    /// since.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn timings(&self) -> Result<Vec<TestTiming>, Error> {
        self.read(read::timings)
    }

    /// The slowest of [`History::timings`], the slowest first.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn slowest(&self, limit: usize, by: SortBy) -> Result<Vec<TestTiming>, Error> {
        let mut timings = self.timings()?;
        by.sort(&mut timings);
        timings.truncate(limit);
        Ok(timings)
    }

    /// How much of its time the newest run computed, if it had more than so many workers; none if it did not say.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn last_load(&self, workers: usize) -> Result<Option<RunLoad>, Error> {
        self.read(|connection| read::last_load(connection, workers))
    }

    /// The runs that are kept, the newest first.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn runs(&self) -> Result<Vec<Run>, Error> {
        self.read(|connection| read::runs(connection, usize::MAX))
    }

    /// The newest run.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn last_run(&self) -> Result<Option<Run>, Error> {
        Ok(self.read(|connection| read::runs(connection, 1))?.pop())
    }

    /// The attempts of a run ([`Run::id`]), in the order in which they began; none if the run is
    /// not kept.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn attempts(&self, run: i64) -> Result<Vec<Attempt<'static>>, Error> {
        self.read(|connection| read::attempts(connection, run))
    }

    /// What tests took in all runs that are kept.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn past(&self) -> Result<Past, Error> {
        self.read(past::read)
    }

    /// How many tests of each run that is kept ended in which way, by [`Run::id`]; of several attempts the last one
    /// counts.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn outcomes(&self) -> Result<HashMap<i64, Outcomes>, Error> {
        self.read(read::outcomes)
    }

    /// What a run ([`Run::id`]) measured beside its tests; nothing if that is not kept.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn details(&self, run: i64) -> Result<Details, Error> {
        let mut found = self.read(|connection| detail_rows::read(connection, run..=run))?;
        Ok(found.remove(&run).unwrap_or_default())
    }

    /// What runs measured beside their tests, the newest first; those of which nothing is kept are left out.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn all_details(&self) -> Result<Vec<(i64, Details)>, Error> {
        let found = self.read(|connection| detail_rows::read(connection, i64::MIN..=i64::MAX))?;
        Ok(found.into_iter().rev().collect())
    }

    pub(crate) fn read<T: Default>(
        &self,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        if !self.usable {
            return Ok(T::default());
        }
        let result = match connect(&self.folder, Doing::Reading) {
            Ok(Some(connection)) => {
                what(&connection).map_err(|error| explain(&self.path(), Doing::Reading, &error))
            }
            other => other.map(|_| T::default()),
        };
        if let Err(Error::Damaged { detail, .. }) = &result {
            self.damage.replace(Some(Damage {
                detail: detail.clone(),
                written: self.written(),
            }));
        }
        result
    }

    fn written(&self) -> Option<SystemTime> {
        fs_err::metadata(self.path()).ok()?.modified().ok()
    }
}

/// Whether the run was recorded; it is not if it was before.
fn write(
    connection: &mut Connection,
    run: &RunRecord,
    attempts: &[Attempt<'_>],
    details: &Details,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(id) = record::insert_run(&transaction, run, attempts.len())? else {
        return Ok(false);
    };
    record::insert_attempts(&transaction, id, attempts)?;
    detail_rows::insert(&transaction, id, details)?;
    prune::prune(&transaction)?;
    transaction.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    #[test]
    fn a_full_disk_leaves_what_was_there() {
        let guard = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(guard.path()).unwrap();
        let run = |uid: &str| RunRecord {
            uid: uid.to_owned(),
            workers: 2,
            whole_suite: true,
            ..RunRecord::default()
        };
        let attempts: Vec<Attempt<'_>> = (0..500)
            .map(|number| Attempt {
                nodeid: format!("test.py::test_{number}").into(),
                attempt: 0,
                worker: None,
                outcome: Outcome::Passed,
                setup: 0.0,
                call: 1.0,
                teardown: 0.0,
                started: 0.0,
                cpu: None,
                peak_memory: None,
            })
            .collect();
        let mut history = History::open(folder).0;
        history
            .record_run(&run("a"), &attempts[..1], &Details::default())
            .unwrap();
        history.correct_exit_status("a", 5).unwrap();
        assert_eq!(history.runs().unwrap()[0].record.exit_status, 5);

        let mut connection = connect(folder, Doing::Writing).unwrap().unwrap();
        let pages: i64 = connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        connection
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
        let error = write(&mut connection, &run("b"), &attempts, &Details::default()).unwrap_err();
        let error = explain(&history.path(), Doing::Writing, &error);
        assert!(matches!(error, Error::Full { .. }), "{error:?}");
        drop(connection);
        assert_eq!(history.runs().unwrap().len(), 1);
        assert_eq!(history.estimates().unwrap().len(), 1);
    }
}
