//! What a suite is split by: the part of a history that all shards of a plan have in common.
//!
//! A run of one shard makes the history of its machine another one than those of the other shards. If it counted when
//! the next shard splits the suite, tests would be run twice or not at all. So a run of a shard counts only once the
//! history has runs of all shards of its plan: after the files of all machines were joined, or after all shards ran on
//! this one.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use crate::model::PhaseTimes;
use crate::read;
use crate::recent::Recent;
use crate::shard::RunShard;

/// What to expect of each test, without runs of shards whose plan is not complete.
pub(crate) fn estimates(connection: &Connection) -> rusqlite::Result<HashMap<String, PhaseTimes>> {
    let mut estimates = read::estimates(connection)?;
    let unsettled = unsettled(connection)?;
    if unsettled.is_empty() {
        return Ok(estimates);
    }
    let ids: Vec<String> = unsettled.iter().map(i64::to_string).collect();
    let of_tests = format!(
        "test_id IN (SELECT test_id FROM attempts WHERE run_id IN ({}))",
        ids.join(",")
    );
    let mut samples = samples(connection, &unsettled, &of_tests)?;
    let mut statement = connection.prepare(&format!(
        "SELECT nodeid, test_id, recent FROM tests JOIN timings ON test_id = id WHERE {of_tests}"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let nodeid: String = row.get(0)?;
        let of_test = samples.remove(&row.get(1)?).unwrap_or_default();
        match of_test.expected(&read::recent(row, 2)?) {
            Some(expected) => estimates.insert(nodeid, expected),
            None => estimates.remove(&nodeid),
        };
    }
    Ok(estimates)
}

/// The numbers of the runs that do not count yet, in order.
fn unsettled(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        connection.prepare("SELECT id, shard FROM runs WHERE shard IS NOT NULL ORDER BY id")?;
    let mut rows = statement.query([])?;
    // By plan: the runs of each shard.
    let mut plans: BTreeMap<(String, u32), BTreeMap<u32, Vec<i64>>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        if let Some(RunShard { number, of, plan }) = RunShard::parse(&text) {
            let shards = plans.entry((plan, of)).or_default();
            shards.entry(number).or_default().push(row.get(0)?);
        }
    }
    let mut unsettled = Vec::new();
    for ((_, of), shards) in plans {
        // The second run of each shard belongs to the second time that the suite ran, and so on.
        let times = (1..=of)
            .map(|number| shards.get(&number).map_or(0, Vec::len))
            .min()
            .unwrap_or(0);
        unsettled.extend(
            shards
                .into_values()
                .flat_map(|runs| runs.into_iter().skip(times)),
        );
    }
    unsettled.sort_unstable();
    Ok(unsettled)
}

/// Attempts at a test, the oldest first.
#[derive(Debug, Default)]
struct Samples {
    /// Completed ones that count.
    completed: Vec<[f64; 3]>,
    /// The newest one that counts as long as none completed.
    provisional: Option<[f64; 3]>,
    /// Number of completed ones, with those that do not count.
    all: usize,
}

impl Samples {
    /// `known` has the newest completed ones, also those of runs that are forgotten.
    fn expected(self, known: &Recent) -> Option<PhaseTimes> {
        let forgotten = known.len().saturating_sub(self.all);
        let forgotten = known.seconds().take(forgotten);
        let recent = Recent::of(forgotten.chain(self.completed));
        recent
            .expected()
            .or_else(|| Recent::of(self.provisional.into_iter()).expected())
    }
}

fn samples(
    connection: &Connection,
    unsettled: &[i64],
    of_tests: &str,
) -> rusqlite::Result<HashMap<i64, Samples>> {
    // SQLite's rule: beside max(), the other columns are of the row that has it.
    let mut statement = connection.prepare(&format!(
        "SELECT test_id, run_id, max(attempt), outcome, setup, call, teardown FROM attempts
         WHERE {of_tests} GROUP BY run_id, test_id ORDER BY run_id"
    ))?;
    let mut rows = statement.query([])?;
    let mut samples: HashMap<i64, Samples> = HashMap::new();
    while let Some(row) = rows.next()? {
        let outcome = read::outcome(row, 3)?;
        let of_test = samples.entry(row.get(0)?).or_default();
        let counts = unsettled.binary_search(&row.get(1)?).is_err();
        let seconds = [row.get(4)?, row.get(5)?, row.get(6)?];
        of_test.all += usize::from(outcome.is_completed());
        if counts && outcome.is_completed() {
            of_test.completed.push(seconds);
        } else if counts && outcome.is_provisional() {
            of_test.provisional = Some(seconds);
        }
    }
    Ok(samples)
}
