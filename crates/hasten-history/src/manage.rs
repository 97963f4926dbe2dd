//! Looking after a history by hand: what it has, and making it smaller.

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, TransactionBehavior};

use crate::connect::connect;
use crate::error::{Doing, explain};
use crate::files::DATABASE;
use crate::model::Run;
use crate::{Error, prune, read};

/// What a history has.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The database.
    pub path: Utf8PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The runs that are kept, the newest first.
    pub runs: Vec<Run>,
    /// Number of tests that are known.
    pub tests: usize,
}

/// Says what the history in `folder` has; none if there is no history.
///
/// # Errors
/// It cannot be read. A damaged one is left where it is.
pub fn overview(folder: &Utf8Path) -> Result<Option<Overview>, Error> {
    let path = folder.join(DATABASE);
    let Some(connection) = connect(folder, Doing::Reading)? else {
        return Ok(None);
    };
    let explain = |error| explain(&path, Doing::Reading, &error);
    let runs = read::runs(&connection, usize::MAX).map_err(explain)?;
    let tests = tests(&connection).map_err(explain)?;
    let size = fs_err::metadata(&path).map_err(|error| Error::Unreadable {
        path: path.clone(),
        detail: error.to_string(),
    })?;
    Ok(Some(Overview {
        bytes: size.len(),
        path,
        runs,
        tests,
    }))
}

fn tests(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("SELECT count(*) FROM timings", [], |row| row.get(0))
}

/// Forgets all runs of the history in `folder` but the newest `keep`, and gives the room back to the
/// disk. What is expected of tests stays. The number of runs that were forgotten; none if there is
/// no history.
///
/// # Errors
/// The history is as it was. A damaged one is left where it is.
pub fn prune_runs(folder: &Utf8Path, keep: usize) -> Result<Option<usize>, Error> {
    // Nothing is made only to be made smaller.
    if connect(folder, Doing::Reading)?.is_none() {
        return Ok(None);
    }
    let Some(mut connection) = connect(folder, Doing::Writing)? else {
        return Ok(None);
    };
    let forgotten = forget(&mut connection, keep)
        .map_err(|error| explain(&folder.join(DATABASE), Doing::Writing, &error))?;
    // What is forgotten is so already. Where the disk has no room for the copy that this makes, or
    // a run reads meanwhile, the file stays as large as it is and is filled again.
    let _ = connection.execute_batch("VACUUM");
    Ok(Some(forgotten))
}

fn forget(connection: &mut Connection, keep: usize) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let runs = || -> rusqlite::Result<usize> {
        transaction.query_row("SELECT count(*) FROM runs", [], |row| row.get(0))
    };
    let before = runs()?;
    prune::prune_to(&transaction, prune::Budget::of(keep))?;
    let after = runs()?;
    transaction.commit()?;
    Ok(before - after)
}
