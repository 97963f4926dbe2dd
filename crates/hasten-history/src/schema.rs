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
///
/// Version 2. Processor time in whole microseconds, memory in KiB: both are null where nothing was measured, and small
/// numbers take few bytes. The tables of details hold the last runs only, so they need no ids of names.
///
/// Version 3. Which shard a run was.
///
/// Version 4. How long workers waited for a core, and which tests could not run beside any other; and the outcome of failures
/// in quarantine, which no earlier hasten knows.
///
/// Version 5. Where workers must not be forked.
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
", "
    ALTER TABLE attempts ADD COLUMN setup_cpu INTEGER;
    ALTER TABLE attempts ADD COLUMN call_cpu INTEGER;
    ALTER TABLE attempts ADD COLUMN teardown_cpu INTEGER;
    ALTER TABLE attempts ADD COLUMN peak INTEGER;
    CREATE TABLE stages (run_id INTEGER NOT NULL, name TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL);
    CREATE TABLE fixtures (run_id INTEGER NOT NULL, fixture TEXT NOT NULL, scope TEXT NOT NULL, setups INTEGER NOT NULL,
        setup REAL NOT NULL, teardown REAL NOT NULL, longest REAL NOT NULL);
    CREATE TABLE spans (run_id INTEGER NOT NULL, fixture TEXT NOT NULL, scope TEXT NOT NULL, teardown INTEGER NOT NULL,
        worker INTEGER, nodeid TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL);
    CREATE TABLE files (run_id INTEGER NOT NULL, file TEXT NOT NULL, collection REAL NOT NULL, import REAL NOT NULL,
        items INTEGER NOT NULL);
    CREATE TABLE imports (run_id INTEGER NOT NULL, module TEXT NOT NULL, own REAL NOT NULL, whole REAL NOT NULL,
        file TEXT NOT NULL);
    CREATE TABLE waits (run_id INTEGER NOT NULL, nodeid TEXT NOT NULL, line TEXT NOT NULL, inside TEXT, seconds REAL NOT NULL);
    CREATE TABLE failures (run_id INTEGER NOT NULL, nodeid TEXT NOT NULL, attempt INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE INDEX stages_of_run ON stages (run_id);
    CREATE INDEX fixtures_of_run ON fixtures (run_id);
    CREATE INDEX spans_of_run ON spans (run_id);
    CREATE INDEX files_of_run ON files (run_id);
    CREATE INDEX imports_of_run ON imports (run_id);
    CREATE INDEX waits_of_run ON waits (run_id);
    CREATE INDEX failures_of_run ON failures (run_id);
", "
    ALTER TABLE runs ADD COLUMN shard TEXT;     -- `1/4 PLAN`; null: not one of several shards
", "
    ALTER TABLE runs ADD COLUMN core_wait REAL; -- seconds of waiting for a core, for each of computing; null: not known
    CREATE TABLE bound (run_id INTEGER NOT NULL, nodeid TEXT NOT NULL, part INTEGER); -- part: a group; null: ran alone
    CREATE INDEX bound_of_run ON bound (run_id);
", "
    CREATE TABLE not_forked (
        environment TEXT PRIMARY KEY,    -- names the interpreter, its packages and what of the suite is loaded
        causes TEXT NOT NULL,            -- a JSON list of pairs: kind and cause
        workers INTEGER NOT NULL,
        found_at REAL NOT NULL
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
    fn what_an_older_one_has_stays() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .execute_batch(
                "PRAGMA application_id = 0x68617374; PRAGMA user_version = 1;
                 INSERT INTO attempts VALUES (1, 2, 0, 3, 0, 0.5, 1.5, 0.25, 100.0)",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let row: (f64, Option<i64>) = connection
            .query_row("SELECT call, call_cpu FROM attempts", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(row, (1.5, None));
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
