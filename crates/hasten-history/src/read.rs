//! What a history knows.

use std::collections::{HashMap, HashSet};

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::{Attempt, Outcome, Outcomes, PhaseTimes, Run, RunLoad, RunRecord, TestTiming};
use crate::recent::Recent;
use crate::shard::RunShard;

pub(crate) fn estimates(connection: &Connection) -> rusqlite::Result<HashMap<String, PhaseTimes>> {
    let count: usize =
        connection.query_row("SELECT count(*) FROM timings", [], |row| row.get(0))?;
    let mut estimates = HashMap::with_capacity(count);
    let mut statement = connection
        .prepare_cached("SELECT nodeid, recent FROM tests JOIN timings ON test_id = id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(expected) = recent(row, 1)?.expected() {
            estimates.insert(row.get(0)?, expected);
        }
    }
    Ok(estimates)
}

pub(crate) fn timings(connection: &Connection) -> rusqlite::Result<Vec<TestTiming>> {
    let mut statement = connection.prepare_cached(
        "SELECT nodeid, recent, runs, last_outcome, last_run FROM tests JOIN timings ON test_id = id
         WHERE last_run >= coalesce((SELECT max(id) FROM runs WHERE whole_suite), 0)",
    )?;
    let mut rows = statement.query([])?;
    let mut timings = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(expected) = recent(row, 1)?.expected() {
            timings.push(TestTiming {
                nodeid: row.get(0)?,
                expected,
                runs: row.get(2)?,
                last_outcome: outcome(row, 3)?,
                last_run: row.get(4)?,
            });
        }
    }
    Ok(timings)
}

/// The tests whose last attempt failed.
pub(crate) fn failed(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection
        .prepare_cached("SELECT nodeid, last_outcome FROM tests JOIN timings ON test_id = id")?;
    let mut rows = statement.query([])?;
    let mut failed = HashSet::new();
    while let Some(row) = rows.next()? {
        if outcome(row, 1)?.is_failure() {
            failed.insert(row.get(0)?);
        }
    }
    Ok(failed)
}

/// Runs, the newest first.
pub(crate) fn runs(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<Run>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, attempts, uid, started_at, wall, workers, python, pytest, platform, machine, args,
                git_commit, exit_status, whole_suite, shard, core_wait
         FROM runs ORDER BY id DESC LIMIT ?1",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map([limit], run)?.collect()
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let args = row.get_ref(10)?.as_bytes()?;
    let args = serde_json::from_slice(args).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(10, Type::Text, Box::new(error))
    })?;
    let shard: Option<String> = row.get(14)?;
    Ok(Run {
        id: row.get(0)?,
        attempts: row.get(1)?,
        record: RunRecord {
            uid: row.get(2)?,
            started_at: row.get(3)?,
            wall: row.get(4)?,
            workers: row.get(5)?,
            python: row.get(6)?,
            pytest: row.get(7)?,
            platform: row.get(8)?,
            machine: row.get(9)?,
            args,
            commit: row.get(11)?,
            exit_status: row.get(12)?,
            whole_suite: row.get(13)?,
            shard: shard.as_deref().and_then(RunShard::parse),
            core_wait: row.get(15)?,
        },
    })
}

/// What the newest run says of processor time, if it had more than so many workers.
pub(crate) fn last_load(
    connection: &Connection,
    workers: usize,
) -> rusqlite::Result<Option<RunLoad>> {
    let mut statement = connection.prepare_cached(
        "SELECT workers, count(*), sum(setup + call + teardown), sum(setup_cpu + call_cpu + teardown_cpu)
         FROM runs JOIN attempts ON run_id = id
         WHERE id = (SELECT max(id) FROM runs) AND workers > ?1 AND setup_cpu + call_cpu + teardown_cpu IS NOT NULL
         GROUP BY id",
    )?;
    statement
        .query_row([workers], |row| {
            Ok(RunLoad {
                workers: row.get(0)?,
                attempts: row.get(1)?,
                wall: row.get(2)?,
                cpu: row.get::<_, i64>(3)? as f64 / 1e6,
            })
        })
        .optional()
}

/// The attempts of a run, in the order in which they began.
pub(crate) fn attempts(
    connection: &Connection,
    run_id: i64,
) -> rusqlite::Result<Vec<Attempt<'static>>> {
    let mut statement = connection.prepare_cached(
        "SELECT nodeid, attempt, worker, outcome, setup, call, teardown, started,
                setup_cpu, call_cpu, teardown_cpu, peak
         FROM attempts JOIN tests ON id = test_id WHERE run_id = ?1 ORDER BY started, test_id, attempt",
    )?;
    let attempts = statement.query_map([run_id], |row| {
        Ok(Attempt {
            nodeid: row.get::<_, String>(0)?.into(),
            attempt: row.get(1)?,
            worker: row.get(2)?,
            outcome: outcome(row, 3)?,
            setup: row.get(4)?,
            call: row.get(5)?,
            teardown: row.get(6)?,
            started: row.get(7)?,
            cpu: cpu(row, 8)?,
            peak_memory: row.get::<_, Option<u64>>(11)?.map(|kib| kib * 1024),
        })
    })?;
    attempts.collect()
}

/// How many tests of each run ended in which way; of several attempts the last one counts.
pub(crate) fn outcomes(connection: &Connection) -> rusqlite::Result<HashMap<i64, Outcomes>> {
    // SQLite takes `outcome` from the row that has the greatest number.
    let mut statement = connection.prepare_cached(
        "SELECT run_id, outcome, count(*) FROM
            (SELECT run_id, outcome, max(attempt) FROM attempts GROUP BY run_id, test_id)
         GROUP BY run_id, outcome",
    )?;
    let mut rows = statement.query([])?;
    let mut runs = HashMap::new();
    while let Some(row) = rows.next()? {
        let counts: &mut Outcomes = runs.entry(row.get(0)?).or_default();
        counts.add(outcome(row, 1)?, row.get(2)?);
    }
    Ok(runs)
}

/// Processor time of the three phases, in columns from this one on.
pub(crate) fn cpu(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<PhaseTimes>> {
    let seconds = |column| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(|us| us as f64 / 1e6))
    };
    Ok(
        match (seconds(first)?, seconds(first + 1)?, seconds(first + 2)?) {
            (Some(setup), Some(call), Some(teardown)) => Some(PhaseTimes {
                setup,
                call,
                teardown,
            }),
            _ => None,
        },
    )
}

pub(crate) fn recent(row: &Row<'_>, column: usize) -> rusqlite::Result<Recent> {
    Recent::read(row.get_ref(column)?.as_blob()?).ok_or_else(|| {
        broken(
            column,
            Type::Blob,
            "durations of another length than any hasten writes",
        )
    })
}

pub(crate) fn outcome(row: &Row<'_>, column: usize) -> rusqlite::Result<Outcome> {
    Outcome::from_code(row.get(column)?)
        .ok_or_else(|| broken(column, Type::Integer, "an unknown outcome"))
}

fn broken(column: usize, kind: Type, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        kind,
        Box::new(FromSqlError::Other(what.into())),
    )
}
