//! [`Details`] in the database.

use rusqlite::{Connection, Row, ToSql};

use crate::details::{
    Details, FailureText, FileTimes, FixtureSpan, FixtureTotal, ImportTimes, Stage, Wait,
};
use crate::recent::sane;
use crate::rows;

/// Runs whose details are kept: enough for the page about the last run and for the comparison with some before it.
pub const KEEP_DETAILS: i64 = 10;

/// Seconds that SQLite can keep.
struct Seconds(f64);

impl ToSql for Seconds {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(sane(self.0).into())
    }
}

/// Adds the details of a run.
pub(crate) fn insert(
    connection: &Connection,
    run_id: i64,
    details: &Details,
) -> rusqlite::Result<()> {
    let columns = "stages (run_id, name, started, seconds)";
    rows::insert(connection, columns, &details.stages, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.name)?;
        row.bind(Seconds(of.started))?;
        row.bind(Seconds(of.seconds))
    })?;
    let columns = "fixtures (run_id, fixture, scope, setups, setup, teardown, longest)";
    rows::insert(connection, columns, &details.fixtures, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.fixture)?;
        row.bind(&of.scope)?;
        row.bind(of.setups)?;
        row.bind(Seconds(of.setup))?;
        row.bind(Seconds(of.teardown))?;
        row.bind(Seconds(of.longest))
    })?;
    let columns = "spans (run_id, fixture, scope, teardown, worker, nodeid, started, seconds)";
    rows::insert(connection, columns, &details.spans, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.fixture)?;
        row.bind(&of.scope)?;
        row.bind(of.teardown)?;
        row.bind(of.worker)?;
        row.bind(&of.nodeid)?;
        row.bind(Seconds(of.started))?;
        row.bind(Seconds(of.seconds))
    })?;
    let columns = "files (run_id, file, collection, import, items)";
    rows::insert(connection, columns, &details.files, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.file)?;
        row.bind(Seconds(of.collection))?;
        row.bind(Seconds(of.import))?;
        row.bind(of.items)
    })?;
    let columns = "imports (run_id, module, own, whole, file)";
    rows::insert(connection, columns, &details.imports, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.module)?;
        row.bind(Seconds(of.own))?;
        row.bind(Seconds(of.all))?;
        row.bind(&of.file)
    })?;
    let columns = "waits (run_id, nodeid, line, inside, seconds)";
    rows::insert(connection, columns, &details.waits, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.nodeid)?;
        row.bind(&of.line)?;
        row.bind(&of.inside)?;
        row.bind(Seconds(of.seconds))
    })?;
    let columns = "failures (run_id, nodeid, attempt, text)";
    rows::insert(connection, columns, &details.failures, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.nodeid)?;
        row.bind(of.attempt)?;
        row.bind(&of.text)
    })
}

/// The details of a run; empty if they are not kept.
pub(crate) fn read(connection: &Connection, run_id: i64) -> rusqlite::Result<Details> {
    Ok(Details {
        stages: rows_of(
            connection,
            "SELECT name, started, seconds FROM stages",
            run_id,
            |row| {
                Ok(Stage {
                    name: row.get(0)?,
                    started: row.get(1)?,
                    seconds: row.get(2)?,
                })
            },
        )?,
        fixtures: rows_of(
            connection,
            "SELECT fixture, scope, setups, setup, teardown, longest FROM fixtures",
            run_id,
            |row| {
                Ok(FixtureTotal {
                    fixture: row.get(0)?,
                    scope: row.get(1)?,
                    setups: row.get(2)?,
                    setup: row.get(3)?,
                    teardown: row.get(4)?,
                    longest: row.get(5)?,
                })
            },
        )?,
        spans: rows_of(
            connection,
            "SELECT fixture, scope, teardown, worker, nodeid, started, seconds FROM spans",
            run_id,
            |row| {
                Ok(FixtureSpan {
                    fixture: row.get(0)?,
                    scope: row.get(1)?,
                    teardown: row.get(2)?,
                    worker: row.get(3)?,
                    nodeid: row.get(4)?,
                    started: row.get(5)?,
                    seconds: row.get(6)?,
                })
            },
        )?,
        files: rows_of(
            connection,
            "SELECT file, collection, import, items FROM files",
            run_id,
            |row| {
                Ok(FileTimes {
                    file: row.get(0)?,
                    collection: row.get(1)?,
                    import: row.get(2)?,
                    items: row.get(3)?,
                })
            },
        )?,
        imports: rows_of(
            connection,
            "SELECT module, own, whole, file FROM imports",
            run_id,
            |row| {
                Ok(ImportTimes {
                    module: row.get(0)?,
                    own: row.get(1)?,
                    all: row.get(2)?,
                    file: row.get(3)?,
                })
            },
        )?,
        waits: rows_of(
            connection,
            "SELECT nodeid, line, inside, seconds FROM waits",
            run_id,
            |row| {
                Ok(Wait {
                    nodeid: row.get(0)?,
                    line: row.get(1)?,
                    inside: row.get(2)?,
                    seconds: row.get(3)?,
                })
            },
        )?,
        failures: rows_of(
            connection,
            "SELECT nodeid, attempt, text FROM failures",
            run_id,
            |row| {
                Ok(FailureText {
                    nodeid: row.get(0)?,
                    attempt: row.get(1)?,
                    text: row.get(2)?,
                })
            },
        )?,
    })
}

fn rows_of<T>(
    connection: &Connection,
    select: &str,
    run_id: i64,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement =
        connection.prepare_cached(&format!("{select} WHERE run_id = ?1 ORDER BY rowid"))?;
    statement.query_map([run_id], read)?.collect()
}

/// Forgets the details of all but the newest runs, and of runs that are forgotten. Those of the newest run of the whole suite stay: many runs of a few
/// tests must not push out what is known of the suite.
pub(crate) fn prune(connection: &Connection) -> rusqlite::Result<()> {
    for table in TABLES {
        // The numbers come from the index, so that what stays is not read.
        let sql = format!(
            "DELETE FROM {table} WHERE run_id IN (
                SELECT DISTINCT run_id FROM {table} WHERE run_id NOT IN (
                    SELECT id FROM (SELECT id FROM runs ORDER BY id DESC LIMIT ?1)
                    UNION SELECT id FROM runs WHERE id = (SELECT max(id) FROM runs WHERE whole_suite)))"
        );
        connection.prepare_cached(&sql)?.execute([KEEP_DETAILS])?;
    }
    Ok(())
}

/// Gives the details of a run to another number.
pub(crate) fn renumber(connection: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    for table in TABLES {
        let sql = format!("UPDATE {table} SET run_id = ?2 WHERE run_id = ?1");
        connection.prepare_cached(&sql)?.execute([from, to])?;
    }
    Ok(())
}

const TABLES: [&str; 7] = [
    "stages", "fixtures", "spans", "files", "imports", "waits", "failures",
];
