//! Tables, and how an older database becomes a current one.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Says in the file's header that it is hasten's: `hast`, in ASCII.
const APPLICATION_ID: i64 = 0x6861_7374;

/// One step for each schema version: the statements that lead from the version before. Never change
/// one that was released.
///
/// Version 1. Rows of `attempts` lie in the order of runs, so that a run is appended and forgotten
/// as one piece; those of one test are found with one look-up in each run. `timings` is not part of
/// `tests`, because it is written in each run, and node ids never are.
/// `outcome` is the position in [`crate::Outcome::ALL`]; seconds are wall clock, times are since the epoch.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        started_at REAL NOT NULL,
        wall REAL NOT NULL,
        workers INTEGER NOT NULL,
        python TEXT NOT NULL,
        pytest TEXT NOT NULL,
        platform TEXT NOT NULL,
        machine TEXT NOT NULL,
        args TEXT NOT NULL,              -- a JSON list
        git_commit TEXT,
        exit_status INTEGER NOT NULL,
        whole_suite INTEGER NOT NULL,    -- 1: has an attempt of every test of the suite
        attempts INTEGER NOT NULL        -- number of its rows in attempts
    );
    CREATE TABLE tests (
        id INTEGER PRIMARY KEY,
        nodeid TEXT NOT NULL UNIQUE
    );
    CREATE TABLE timings (
        test_id INTEGER PRIMARY KEY,
        last_run INTEGER NOT NULL,       -- id of the last run that had it, also if that is forgotten
        last_outcome INTEGER NOT NULL,
        runs INTEGER NOT NULL,           -- number of runs that had it, also of forgotten ones
        completed INTEGER NOT NULL,      -- number of completed attempts; 0: recent is of a skipped or broken one
        recent BLOB NOT NULL             -- its last completed attempts: f32 setup, call, teardown each, newest last
    );
    CREATE TABLE attempts (
        run_id INTEGER NOT NULL,
        test_id INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        worker INTEGER,                  -- 3 is gw3; null: the process on the terminal
        outcome INTEGER NOT NULL,
        setup REAL NOT NULL,
        call REAL NOT NULL,
        teardown REAL NOT NULL,
        started REAL NOT NULL,
        PRIMARY KEY (run_id, test_id, attempt)
    ) WITHOUT ROWID;
"];

/// The schema version that this hasten reads and writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Empty,
    /// A history of this schema version, 1 or above.
    Version(i64),
    /// A database of something else.
    Foreign,
}

/// Looks what a database is.
pub(crate) fn look(connection: &Connection) -> rusqlite::Result<Found> {
    connection.query_row(
        "SELECT (SELECT user_version FROM pragma_user_version),
                (SELECT application_id FROM pragma_application_id),
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| {
            Ok(match (row.get(0)?, row.get(1)?, row.get(2)?) {
                (0, 0, 0) => Found::Empty,
                (version @ 1.., APPLICATION_ID, 1i64..) => Found::Version(version),
                _ => Found::Foreign,
            })
        },
    )
}

/// Brings an empty or older database to [`SCHEMA_VERSION`]. Of two processes that do it at once,
/// the second finds it done.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    apply(&transaction)?;
    transaction.commit()
}

fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for step in MIGRATIONS
        .iter()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        transaction.execute_batch(step)?;
    }
    if version < SCHEMA_VERSION {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_database_becomes_a_current_one() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(look(&connection).unwrap(), Found::Empty);
        migrate(&mut connection).unwrap();
        assert_eq!(look(&connection).unwrap(), Found::Version(SCHEMA_VERSION));
        migrate(&mut connection).unwrap();
        assert_eq!(look(&connection).unwrap(), Found::Version(SCHEMA_VERSION));
    }

    #[test]
    fn a_database_of_something_else_is_foreign() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE cookies (name TEXT)")
            .unwrap();
        assert_eq!(look(&connection).unwrap(), Found::Foreign);
    }
}
