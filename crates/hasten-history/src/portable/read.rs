//! What a database has to hand on.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::{Portable, PortableRun, Sample, Test, exact_micros, micros};
use crate::model::{Outcome, Run};
use crate::read;
use crate::recent::{RECENT, Recent};

/// Attempts of a test that are collected before older ones are forgotten again.
const ENOUGH: usize = 4 * RECENT;

/// A database, read.
pub(super) struct State {
    pub(super) portable: Portable,
    /// Its runs, by uid, with their numbers.
    pub(super) runs: HashMap<String, (i64, Arc<PortableRun>)>,
    /// What it has of each test, by node id.
    pub(super) rows: HashMap<String, Row>,
}

/// A row of `timings`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) last_run: i64,
    pub(super) last_outcome: Outcome,
    pub(super) runs: u32,
    pub(super) completed: u32,
    pub(super) recent: Recent,
}

/// Reads all of it.
pub(super) fn state(connection: &Connection) -> rusqlite::Result<State> {
    let runs: Vec<(i64, Arc<PortableRun>)> = read::runs(connection, usize::MAX)?
        .into_iter()
        .map(|run| (run.id, Arc::new(portable(run))))
        .collect();
    let mut of_tests = attempts(connection, &runs.iter().cloned().collect())?;
    let mut state = State {
        portable: Portable::default(),
        rows: HashMap::new(),
        runs: HashMap::new(),
    };
    let mut statement = connection.prepare_cached(
        "SELECT nodeid, id, last_run, last_outcome, runs, completed, recent FROM tests JOIN timings ON test_id = id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let nodeid: String = row.get(0)?;
        let row = Row {
            id: row.get(1)?,
            last_run: row.get(2)?,
            last_outcome: read::outcome(row, 3)?,
            runs: row.get(4)?,
            completed: row.get(5)?,
            recent: read::recent(row, 6)?,
        };
        let test = complete(of_tests.remove(&row.id).unwrap_or_default(), &row);
        state.portable.tests.insert(nodeid.clone(), test);
        state.rows.insert(nodeid, row);
    }
    state.portable.runs = runs.iter().map(|(_, run)| Arc::clone(run)).collect();
    state.runs = runs
        .into_iter()
        .map(|(id, run)| (run.uid.clone(), (id, run)))
        .collect();
    Ok(state)
}

fn portable(run: Run) -> PortableRun {
    let record = run.record;
    PortableRun {
        started: exact_micros(record.started_at),
        uid: record.uid,
        wall: exact_micros(record.wall),
        workers: record.workers,
        python: record.python,
        pytest: record.pytest,
        platform: record.platform,
        machine: record.machine,
        args: record.args,
        commit: record.commit,
        exit_status: record.exit_status,
        whole_suite: record.whole_suite,
        attempts: run.attempts,
        shard: record.shard,
    }
}

/// The newest attempts of each test, by its number. Of several in one run, the last one: it is what
/// estimates are made of.
fn attempts(
    connection: &Connection,
    runs: &HashMap<i64, Arc<PortableRun>>,
) -> rusqlite::Result<HashMap<i64, Test>> {
    let mut tests: HashMap<i64, Test> = HashMap::new();
    // SQLite's rule: beside max(), the other columns are of the row that has it.
    let mut statement = connection.prepare_cached(
        "SELECT test_id, run_id, max(attempt), outcome, setup, call, teardown FROM attempts
         GROUP BY run_id, test_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(run) = runs.get(&row.get(1)?) else {
            continue;
        };
        let test = tests.entry(row.get(0)?).or_default();
        test.attempts.insert(Sample {
            run: Some(Arc::clone(run)),
            attempt: row.get(2)?,
            outcome: read::outcome(row, 3)?,
            phases: [
                micros(row.get(4)?),
                micros(row.get(5)?),
                micros(row.get(6)?),
            ],
            copy: 0,
        });
        if test.attempts.len() >= ENOUGH {
            test.forget_old_attempts();
        }
    }
    Ok(tests)
}

/// Adds to the attempts of kept runs what is known of forgotten ones.
fn complete(mut test: Test, row: &Row) -> Test {
    test.forget_old_attempts();
    let known = test.recent().len();
    let completed = test.completed().next().is_some();
    let forgotten = match (row.completed > 0, completed, known) {
        // The newest ones of `recent` are those of kept runs.
        (true, true, known) => row.recent.len().saturating_sub(known),
        (true, false, _) | (false, _, 0) => row.recent.len(),
        (false, _, _) => 0,
    };
    let outcome = if row.completed > 0 {
        Outcome::Passed
    } else {
        Outcome::Skipped
    };
    let phases = row.recent.seconds().take(forgotten);
    test.add_forgotten(phases.map(|phases| Sample {
        run: None,
        attempt: 0,
        outcome,
        phases: phases.map(micros),
        copy: 0,
    }));
    test.forget_old_attempts();
    test.runs_before = row.runs.saturating_sub(test.runs());
    test.completed_before = row.completed.saturating_sub(test.completions());
    test
}
