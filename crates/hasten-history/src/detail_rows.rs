//! [`Details`] in the database.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rusqlite::{Connection, Row, ToSql};

use crate::details::{
    BoundTest, Details, FailureText, FileTimes, FixtureSpan, FixtureTotal, ImportTimes, Stage, Wait,
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
    })?;
    let columns = "bound (run_id, nodeid, part)";
    rows::insert(connection, columns, &details.bound, |row, of| {
        row.bind(run_id)?;
        row.bind(&of.nodeid)?;
        row.bind(of.group)
    })
}

/// The details of the runs with these numbers, as far as they are kept.
pub(crate) fn read(
    connection: &Connection,
    runs: RangeInclusive<i64>,
) -> rusqlite::Result<BTreeMap<i64, Details>> {
    let mut found = Found {
        connection,
        runs,
        details: BTreeMap::new(),
    };
    found.add(
        "stages",
        "name, started, seconds",
        |of| &mut of.stages,
        |row| {
            Ok(Stage {
                name: row.get(1)?,
                started: row.get(2)?,
                seconds: row.get(3)?,
            })
        },
    )?;
    found.add(
        "fixtures",
        "fixture, scope, setups, setup, teardown, longest",
        |of| &mut of.fixtures,
        |row| {
            Ok(FixtureTotal {
                fixture: row.get(1)?,
                scope: row.get(2)?,
                setups: row.get(3)?,
                setup: row.get(4)?,
                teardown: row.get(5)?,
                longest: row.get(6)?,
            })
        },
    )?;
    found.add(
        "spans",
        "fixture, scope, teardown, worker, nodeid, started, seconds",
        |of| &mut of.spans,
        |row| {
            Ok(FixtureSpan {
                fixture: row.get(1)?,
                scope: row.get(2)?,
                teardown: row.get(3)?,
                worker: row.get(4)?,
                nodeid: row.get(5)?,
                started: row.get(6)?,
                seconds: row.get(7)?,
            })
        },
    )?;
    found.add(
        "files",
        "file, collection, import, items",
        |of| &mut of.files,
        |row| {
            Ok(FileTimes {
                file: row.get(1)?,
                collection: row.get(2)?,
                import: row.get(3)?,
                items: row.get(4)?,
            })
        },
    )?;
    found.add(
        "imports",
        "module, own, whole, file",
        |of| &mut of.imports,
        |row| {
            Ok(ImportTimes {
                module: row.get(1)?,
                own: row.get(2)?,
                all: row.get(3)?,
                file: row.get(4)?,
            })
        },
    )?;
    found.add(
        "waits",
        "nodeid, line, inside, seconds",
        |of| &mut of.waits,
        |row| {
            Ok(Wait {
                nodeid: row.get(1)?,
                line: row.get(2)?,
                inside: row.get(3)?,
                seconds: row.get(4)?,
            })
        },
    )?;
    found.add(
        "failures",
        "nodeid, attempt, text",
        |of| &mut of.failures,
        |row| {
            Ok(FailureText {
                nodeid: row.get(1)?,
                attempt: row.get(2)?,
                text: row.get(3)?,
            })
        },
    )?;
    found.add(
        "bound",
        "nodeid, part",
        |of| &mut of.bound,
        |row| {
            Ok(BoundTest {
                nodeid: row.get(1)?,
                group: row.get(2)?,
            })
        },
    )?;
    Ok(found.details)
}

/// Details that are read table by table.
struct Found<'c> {
    connection: &'c Connection,
    runs: RangeInclusive<i64>,
    details: BTreeMap<i64, Details>,
}

impl Found<'_> {
    /// Adds the rows of a table. The first column that `read` gets is the number of the run.
    fn add<T>(
        &mut self,
        table: &str,
        columns: &str,
        place: fn(&mut Details) -> &mut Vec<T>,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT run_id, {columns} FROM {table} WHERE run_id BETWEEN ?1 AND ?2 ORDER BY run_id, rowid"
        ))?;
        let mut rows = statement.query([self.runs.start(), self.runs.end()])?;
        while let Some(row) = rows.next()? {
            let of_run = self.details.entry(row.get(0)?).or_default();
            place(of_run).push(read(row)?);
        }
        Ok(())
    }
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

const TABLES: [&str; 8] = [
    "stages", "fixtures", "spans", "files", "imports", "waits", "failures", "bound",
];
