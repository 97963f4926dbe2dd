//! What each test took in each kept run: the data of trends.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::model::{Outcome, PhaseTimes, Run};
use crate::read;

/// What tests took in the runs that are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The runs, the oldest first.
    pub runs: Vec<Run>,
    /// Each test that completed in one of them, in no order.
    pub tests: Vec<PastTest>,
}

/// A test in the runs that are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct PastTest {
    /// pytest's node id of the test.
    pub nodeid: String,
    /// Its last completed attempt of each run that has one, in the order of runs.
    pub attempts: Vec<PastAttempt>,
}

/// A completed attempt at a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastAttempt {
    /// The place of its run in [`Past::runs`].
    pub run: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// Seconds of each phase.
    pub wall: PhaseTimes,
    /// Seconds of processor time of each phase, if that was measured.
    pub cpu: Option<PhaseTimes>,
}

/// Reads all of it with one walk over the table, which lies in the order of runs.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Past> {
    let mut runs = read::runs(connection, usize::MAX)?;
    runs.reverse();
    let places: HashMap<i64, usize> = runs.iter().zip(0..).map(|(run, at)| (run.id, at)).collect();
    let mut tests: HashMap<i64, Vec<PastAttempt>> = HashMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT test_id, run_id, outcome, setup, call, teardown, setup_cpu, call_cpu, teardown_cpu
         FROM attempts ORDER BY run_id, test_id, attempt",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let outcome = read::outcome(row, 2)?;
        let Some(&run) = places.get(&row.get(1)?) else {
            continue;
        };
        if !outcome.is_completed() {
            continue;
        }
        let attempt = PastAttempt {
            run,
            outcome,
            wall: PhaseTimes {
                setup: row.get(3)?,
                call: row.get(4)?,
                teardown: row.get(5)?,
            },
            cpu: read::cpu(row, 6)?,
        };
        let attempts = tests.entry(row.get(0)?).or_default();
        match attempts.last_mut() {
            Some(last) if last.run == run => *last = attempt,
            _ => attempts.push(attempt),
        }
    }
    let mut names = connection.prepare_cached("SELECT id, nodeid FROM tests")?;
    let mut rows = names.query([])?;
    let mut named = Vec::with_capacity(tests.len());
    while let Some(row) = rows.next()? {
        if let Some(attempts) = tests.remove(&row.get(0)?) {
            named.push(PastTest {
                nodeid: row.get(1)?,
                attempts,
            });
        }
    }
    Ok(Past { runs, tests: named })
}
