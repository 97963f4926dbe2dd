//! Writing a run: one transaction.

use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};

use crate::model::{Attempt, Outcome, RunRecord};
use crate::recent::{Recent, room, sane, whole_micros};
use crate::rows;

/// Adds a run; its number, or none if it is there already.
pub(crate) fn insert_run(
    transaction: &Transaction<'_>,
    run: &RunRecord,
    attempts: usize,
) -> rusqlite::Result<Option<i64>> {
    let args = serde_json::Value::from(run.args.as_slice()).to_string();
    transaction
        .query_row(
            "INSERT INTO runs (uid, started_at, wall, workers, python, pytest, platform, machine, args,
                               git_commit, exit_status, whole_suite, attempts, shard, core_wait)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (uid) DO NOTHING RETURNING id",
            params![
                run.uid,
                sane(run.started_at),
                sane(run.wall),
                run.workers,
                run.python,
                run.pytest,
                run.platform,
                run.machine,
                args,
                run.commit,
                run.exit_status,
                run.whole_suite,
                attempts,
                run.shard.as_ref().map(ToString::to_string),
                run.core_wait.map(sane),
            ],
            |row| row.get(0),
        )
        .optional()
}

/// Adds the attempts of a run, and brings what is known about their tests up to date.
pub(crate) fn insert_attempts(
    transaction: &Transaction<'_>,
    run_id: i64,
    attempts: &[Attempt<'_>],
) -> rusqlite::Result<()> {
    // In the order of the index on node ids: neighbours are on the same page, and new tests get
    // ascending numbers.
    let mut sorted: Vec<&Attempt<'_>> = attempts.iter().collect();
    sorted.sort_by(|a, b| (&a.nodeid, a.attempt).cmp(&(&b.nodeid, b.attempt)));
    let mut tests = Tests::prepare(transaction)?;
    let mut known = Vec::with_capacity(sorted.len());
    let mut numbered = Vec::with_capacity(sorted.len());
    for of_one_test in sorted.chunk_by(|a, b| a.nodeid == b.nodeid) {
        let mut test = tests.find_or_add(&of_one_test[0].nodeid)?;
        test.runs = test.runs.saturating_add(1);
        numbered.extend(of_one_test.iter().map(|attempt| (test.id, *attempt)));
        // What came before failed, and was tried again for that reason: how long it took is no measure.
        if let Some(last) = of_one_test.last() {
            test.learn(last);
        }
        known.push(test);
    }
    write_attempts(transaction, run_id, &numbered)?;
    write_timings(transaction, run_id, &known)
}

fn write_attempts(
    transaction: &Transaction<'_>,
    run_id: i64,
    attempts: &[(i64, &Attempt<'_>)],
) -> rusqlite::Result<()> {
    let columns =
        "attempts (run_id, test_id, attempt, worker, outcome, setup, call, teardown, started,
                   setup_cpu, call_cpu, teardown_cpu, peak)";
    rows::insert(transaction, columns, attempts, |row, (test_id, attempt)| {
        row.bind(run_id)?;
        row.bind(test_id)?;
        row.bind(attempt.attempt)?;
        row.bind(attempt.worker)?;
        row.bind(attempt.outcome.code())?;
        row.bind(whole_micros(attempt.setup))?;
        row.bind(whole_micros(attempt.call))?;
        row.bind(whole_micros(attempt.teardown))?;
        row.bind(sane(attempt.started))?;
        let cpu = attempt.cpu.as_ref();
        row.bind(cpu.map(|cpu| microseconds(cpu.setup)))?;
        row.bind(cpu.map(|cpu| microseconds(cpu.call)))?;
        row.bind(cpu.map(|cpu| microseconds(cpu.teardown)))?;
        row.bind(attempt.peak_memory.map(|bytes| bytes / 1024))
    })
}

/// Whole microseconds.
fn microseconds(seconds: f64) -> i64 {
    (sane(seconds) * 1e6).round() as i64
}

fn write_timings(
    transaction: &Transaction<'_>,
    run_id: i64,
    tests: &[Known],
) -> rusqlite::Result<()> {
    let columns = "timings (test_id, last_run, last_outcome, runs, completed, recent)";
    rows::insert(transaction, columns, tests, |row, test| {
        row.bind(test.id)?;
        row.bind(run_id)?;
        row.bind(test.last_outcome.code())?;
        row.bind(test.runs)?;
        row.bind(test.completed)?;
        row.bind(test.recent.write(&mut room()))
    })
}

/// What is known about a test.
struct Known {
    id: i64,
    runs: u32,
    completed: u32,
    last_outcome: Outcome,
    recent: Recent,
}

impl Known {
    /// A test that no run had.
    const fn new(id: i64) -> Self {
        Self {
            id,
            runs: 0,
            completed: 0,
            last_outcome: Outcome::Passed,
            recent: Recent::NOTHING,
        }
    }

    fn learn(&mut self, attempt: &Attempt<'_>) {
        self.last_outcome = attempt.outcome;
        if attempt.outcome.is_completed() {
            if self.completed == 0 {
                self.recent = Recent::NOTHING;
            }
            self.completed = self.completed.saturating_add(1);
            self.recent.push(attempt);
        } else if attempt.outcome.is_provisional() && self.completed == 0 {
            self.recent = Recent::NOTHING;
            self.recent.push(attempt);
        }
    }
}

/// Node ids and what is known about them.
struct Tests<'t> {
    transaction: &'t Transaction<'t>,
    find: CachedStatement<'t>,
    add: CachedStatement<'t>,
}

impl<'t> Tests<'t> {
    fn prepare(transaction: &'t Transaction<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            transaction,
            find: transaction.prepare_cached(
                "SELECT id, runs, completed, recent FROM tests JOIN timings ON test_id = id WHERE nodeid = ?1",
            )?,
            add: transaction.prepare_cached("INSERT INTO tests (nodeid) VALUES (?1)")?,
        })
    }

    fn find_or_add(&mut self, nodeid: &str) -> rusqlite::Result<Known> {
        let found = self.find.query_row([nodeid], |row| {
            Ok(Known {
                runs: row.get(1)?,
                completed: row.get(2)?,
                recent: Recent::read(row.get_ref(3)?.as_blob()?).unwrap_or(Recent::NOTHING),
                ..Known::new(row.get(0)?)
            })
        });
        match found.optional()? {
            Some(known) => Ok(known),
            None => {
                // Not RETURNING: it doubles the time of this statement.
                self.add.execute([nodeid])?;
                Ok(Known::new(self.transaction.last_insert_rowid()))
            }
        }
    }
}
