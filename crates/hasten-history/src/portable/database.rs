//! From a database to a [`Portable`], and back into one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::file::Start;
use super::read::{Row, State, state};
use super::{
    Portable, PortableRun, Sample, Test, count, exact_micros, micros, number_of_runs, seconds,
};
use crate::connect::connect;
use crate::error::{Doing, explain};
use crate::files::DATABASE;
use crate::model::{Outcome, RunRecord};
use crate::recent::{Recent, room};
use crate::{Error, detail_rows, prune, record};

/// What an import took in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Runs that the database did not have.
    pub new_runs: usize,
    /// Tests about which it knows more now.
    pub changed_tests: usize,
    /// For each file of another tool, the tests that are known from it now. What is known
    /// otherwise is never replaced by it.
    pub started: Vec<usize>,
}

/// Reads all that the history in `folder` can hand on; none if there is no history.
///
/// # Errors
/// It cannot be read. A damaged one is left where it is.
pub fn export(folder: &Utf8Path) -> Result<Option<Portable>, Error> {
    let Some(mut connection) = connect(folder, Doing::Reading)? else {
        return Ok(None);
    };
    let read = |connection: &mut Connection| {
        // One transaction: a run that ends meanwhile is in it as a whole, or not at all.
        let transaction = connection.transaction()?;
        Ok(state(&transaction)?.portable)
    };
    read(&mut connection)
        .map(Some)
        .map_err(|error| explain(&folder.join(DATABASE), Doing::Reading, &error))
}

/// Joins what was exported with the history in `folder`, in one transaction, and begins one if there
/// is none. Tests of `starts` are taken in if nothing else is known about them.
///
/// # Errors
/// The history is as it was. A damaged one is left where it is.
pub fn import(folder: &Utf8Path, portable: &Portable, starts: &[Start]) -> Result<Taken, Error> {
    let Some(mut connection) = connect(folder, Doing::Writing)? else {
        return Ok(Taken::default());
    };
    take_in(&mut connection, portable, starts)
        .map_err(|error| explain(&folder.join(DATABASE), Doing::Writing, &error))
}

fn take_in(
    connection: &mut Connection,
    portable: &Portable,
    starts: &[Start],
) -> rusqlite::Result<Taken> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let new_runs = add_runs(&transaction, portable)?;
    if new_runs > 0 {
        prune::prune(&transaction)?;
    }
    let mut target = Target {
        transaction: &transaction,
        state: state(&transaction)?,
    };
    let mut taken = Taken {
        new_runs,
        changed_tests: 0,
        started: vec![0; starts.len()],
    };
    for (nodeid, test) in &portable.tests {
        taken.changed_tests += usize::from(target.join(nodeid, test)?);
    }
    for (nodeid, entries) in by_test(starts) {
        if !target.knows(nodeid) && target.join(nodeid, &start(&entries))? {
            for entry in entries {
                taken.started[entry.file] += 1;
            }
        }
    }
    transaction.commit()?;
    Ok(taken)
}

/// Adds the runs that the database does not have, and that are not older than what it keeps.
fn add_runs(transaction: &Transaction<'_>, portable: &Portable) -> rusqlite::Result<usize> {
    let mut known: BTreeMap<(u64, String), u64> = BTreeMap::new();
    let mut statement = transaction.prepare("SELECT started_at, uid, attempts FROM runs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        known.insert((exact_micros(row.get(0)?), row.get(1)?), row.get(2)?);
    }
    let mut uids: BTreeSet<String> = known.keys().map(|(_, uid)| uid.clone()).collect();
    let mut new: BTreeMap<(u64, String), &PortableRun> = BTreeMap::new();
    for run in portable.runs.iter().rev() {
        if uids.insert(run.uid.clone()) {
            known.insert((run.started, run.uid.clone()), run.attempts);
            new.insert((run.started, run.uid.clone()), run);
        }
    }
    let mut budget = prune::Budget::default();
    let kept: BTreeSet<_> = known
        .into_iter()
        .rev()
        .take_while(|(_, attempts)| budget.has_room_for(*attempts))
        .map(|(key, _)| key)
        .collect();
    new.retain(|key, _| kept.contains(key));
    for run in new.values() {
        let attempts = usize::try_from(run.attempts).unwrap_or(usize::MAX);
        record::insert_run(transaction, &run_record(run), attempts)?;
    }
    if !new.is_empty() {
        renumber(transaction)?;
    }
    Ok(new.len())
}

fn run_record(run: &PortableRun) -> RunRecord {
    RunRecord {
        uid: run.uid.clone(),
        started_at: seconds(run.started),
        wall: seconds(run.wall),
        workers: run.workers,
        python: run.python.clone(),
        pytest: run.pytest.clone(),
        platform: run.platform.clone(),
        machine: run.machine.clone(),
        args: run.args.clone(),
        commit: run.commit.clone(),
        exit_status: run.exit_status,
        whole_suite: run.whole_suite,
        shard: run.shard.clone(),
        // Files have no processor time.
        core_wait: None,
    }
}

/// Numbers the runs in the order of their beginnings, as everything else expects them. Numbers that
/// are in order stay; the others become greater than any that was ever used.
fn renumber(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let ids = |sql: &str| -> rusqlite::Result<Vec<i64>> {
        transaction
            .prepare(sql)?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    let numbers = ids("SELECT id FROM runs ORDER BY id")?;
    let in_time = ids("SELECT id FROM runs ORDER BY started_at, uid")?;
    let in_order = numbers
        .iter()
        .zip(&in_time)
        .take_while(|(a, b)| a == b)
        .count();
    let last: i64 = transaction.query_row(
        "SELECT max((SELECT coalesce(max(id), 0) FROM runs), (SELECT coalesce(max(last_run), 0) FROM timings))",
        [],
        |row| row.get(0),
    )?;
    for (old, new) in in_time[in_order..].iter().zip(last + 1..) {
        for sql in [
            "UPDATE runs SET id = ?2 WHERE id = ?1",
            "UPDATE attempts SET run_id = ?2 WHERE run_id = ?1",
            "UPDATE timings SET last_run = ?2 WHERE last_run = ?1",
        ] {
            transaction.prepare_cached(sql)?.execute([*old, new])?;
        }
        detail_rows::renumber(transaction, *old, new)?;
    }
    Ok(())
}

/// The database that is written to, and what is in it.
struct Target<'t> {
    transaction: &'t Transaction<'t>,
    state: State,
}

impl Target<'_> {
    /// Whether there is something to expect of a test.
    fn knows(&self, nodeid: &str) -> bool {
        let row = self.state.rows.get(nodeid);
        row.is_some_and(|row| row.recent.len() > 0)
    }

    /// Joins what is known about a test with what another history knows. Whether that was news.
    fn join(&mut self, nodeid: &str, other: &Test) -> rusqlite::Result<bool> {
        let old = self
            .state
            .portable
            .tests
            .get(nodeid)
            .cloned()
            .unwrap_or_default();
        let mut joined = old.clone();
        joined.join(self.in_own_runs(&old, other));
        let row = self.state.rows.get(nodeid);
        let new: Vec<Sample> = joined.attempts.difference(&old.attempts).cloned().collect();
        let completed = new
            .iter()
            .filter(|s| s.run.is_some() && s.outcome.is_completed());
        let new_row = Row {
            id: match row {
                Some(row) => row.id,
                None => self.add_test(nodeid)?,
            },
            runs: row
                .map_or(0, |row| row.runs)
                .saturating_add(number_of_runs(&new))
                .max(other.runs()),
            completed: row
                .map_or(0, |row| row.completed)
                .saturating_add(count(completed.count()))
                .max(other.completions()),
            // Durations are not rounded again without need.
            recent: match row {
                Some(row) if joined.recent() == old.recent() => row.recent.clone(),
                _ => Recent::of(joined.recent().iter().map(|s| s.phases.map(seconds))),
            },
            ..self.last(&joined, row)
        };
        if row == Some(&new_row) {
            return Ok(false);
        }
        self.write(&new_row, &new)?;
        self.state.rows.insert(nodeid.to_owned(), new_row);
        self.state.portable.tests.insert(nodeid.to_owned(), joined);
        Ok(true)
    }

    /// What another history knows, said with the runs of this one. Runs that this one does not keep
    /// are forgotten; where the two contradict each other, this one is right.
    fn in_own_runs(&self, old: &Test, other: &Test) -> Test {
        let mut test = Test {
            runs_before: other.runs_before,
            completed_before: other.completed_before,
            attempts: BTreeSet::new(),
        };
        let mut forgotten = Vec::new();
        for sample in other.attempts.iter().rev() {
            let run = sample.run.as_ref();
            let Some((_, run)) = run.and_then(|run| self.state.runs.get(&run.uid)) else {
                forgotten.push(sample.clone());
                continue;
            };
            let mut there = old.attempts.iter().chain(&test.attempts);
            if !there.any(|known| known.run.as_ref() == Some(run)) {
                test.attempts.insert(Sample {
                    run: Some(Arc::clone(run)),
                    ..sample.clone()
                });
            }
        }
        test.add_forgotten(forgotten.into_iter());
        test
    }

    /// A row with the last run and outcome of a test.
    fn last(&self, joined: &Test, row: Option<&Row>) -> Row {
        let newest = joined.attempts.last();
        let run = newest.and_then(|sample| self.state.runs.get(&sample.run.as_ref()?.uid));
        let newest_run = run.map_or(0, |(id, _)| *id);
        let outcome = newest.map_or(Outcome::Passed, |sample| sample.outcome);
        let (last_run, last_outcome) = match row {
            Some(row) if row.last_run > newest_run => (row.last_run, row.last_outcome),
            Some(row) if newest_run == 0 => (0, row.last_outcome),
            _ => (newest_run, outcome),
        };
        Row {
            id: 0,
            last_run,
            last_outcome,
            runs: 0,
            completed: 0,
            recent: Recent::NOTHING,
        }
    }

    fn add_test(&self, nodeid: &str) -> rusqlite::Result<i64> {
        // As when a run is recorded: that it is there without a row of timings would be damage.
        self.transaction
            .prepare_cached("INSERT INTO tests (nodeid) VALUES (?1)")?
            .insert([nodeid])
    }

    fn write(&self, row: &Row, new: &[Sample]) -> rusqlite::Result<()> {
        let mut add = self.transaction.prepare_cached(
            "INSERT OR IGNORE INTO attempts (run_id, test_id, attempt, worker, outcome, setup, call, teardown, started)
             VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for sample in new {
            let Some(run) = &sample.run else { continue };
            let Some((run_id, _)) = self.state.runs.get(&run.uid) else {
                continue;
            };
            let [setup, call, teardown] = sample.phases.map(seconds);
            add.execute(params![
                run_id,
                row.id,
                sample.attempt,
                sample.outcome.code(),
                setup,
                call,
                teardown,
                seconds(run.started),
            ])?;
        }
        self.transaction
            .prepare_cached(
                "REPLACE INTO timings (test_id, last_run, last_outcome, runs, completed, recent)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                row.id,
                row.last_run,
                row.last_outcome.code(),
                row.runs,
                row.completed,
                row.recent.write(&mut room()),
            ])
            .map(drop)
    }
}

/// What a file of another tool says about a test.
struct Entry {
    file: usize,
    outcome: Outcome,
    seconds: f64,
}

fn by_test(starts: &[Start]) -> BTreeMap<&str, Vec<Entry>> {
    let mut tests: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for (file, start) in starts.iter().enumerate() {
        for (nodeid, outcome, seconds) in &start.tests {
            tests.entry(nodeid).or_default().push(Entry {
                file,
                outcome: *outcome,
                seconds: *seconds,
            });
        }
    }
    tests
}

/// A test of which only its whole time is known, which then counts as that of the call.
fn start(entries: &[Entry]) -> Test {
    let completed = entries.iter().filter(|entry| entry.outcome.is_completed());
    let mut test = Test {
        runs_before: count(entries.len()),
        completed_before: count(completed.count()),
        attempts: BTreeSet::new(),
    };
    test.add_forgotten(entries.iter().map(|entry| Sample {
        run: None,
        attempt: 0,
        outcome: entry.outcome,
        phases: [0, micros(entry.seconds), 0],
        copy: 0,
    }));
    test.forget_old_attempts();
    test
}
