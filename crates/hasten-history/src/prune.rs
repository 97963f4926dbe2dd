//! What is forgotten, so that a history stays small.

use rusqlite::Connection;

use crate::detail_rows;

/// Runs that are kept: enough to see a test become slower or flaky over some days of work, or some
/// weeks of CI.
pub const KEEP_RUNS: usize = 50;

/// Attempts that are kept in all runs together: of a large suite fewer than [`KEEP_RUNS`] runs are
/// kept. An attempt takes 54 bytes, so these are 27 MB, and a suite of up to 10,000 tests keeps all
/// its runs.
pub const KEEP_ATTEMPTS: u64 = 500_000;

/// Runs that are kept however large they are.
pub const KEEP_RUNS_AT_LEAST: usize = 5;

/// Tests that are remembered although no kept run has them: those that runs of a part of the suite
/// left out, and those that are gone. The limit is for suites whose node ids change in each run. A
/// test takes about 300 bytes.
pub const KEEP_TESTS: usize = 100_000;

/// Room for runs, taken by the newest first.
#[derive(Debug)]
pub(crate) struct Budget {
    most: usize,
    runs: usize,
    attempts: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(KEEP_RUNS)
    }
}

impl Budget {
    /// Room for at most so many runs.
    pub(crate) const fn of(most: usize) -> Self {
        Self {
            most,
            runs: 0,
            attempts: 0,
        }
    }

    /// Takes room for a run with so many attempts, if there is.
    pub(crate) const fn has_room_for(&mut self, attempts: u64) -> bool {
        self.runs += 1;
        self.attempts = self.attempts.saturating_add(attempts);
        let huge = self.attempts > KEEP_ATTEMPTS && self.runs > KEEP_RUNS_AT_LEAST;
        self.runs <= self.most && !huge
    }
}

/// Forgets the oldest runs, then tests that were not seen for longest.
pub(crate) fn prune(connection: &Connection) -> rusqlite::Result<()> {
    prune_to(connection, Budget::default())
}

/// Forgets the runs for which there is no room, then tests that were not seen for longest.
pub(crate) fn prune_to(connection: &Connection, budget: Budget) -> rusqlite::Result<()> {
    if let Some(last) = last_to_forget(connection, budget)? {
        connection.execute("DELETE FROM attempts WHERE run_id <= ?1", [last])?;
        connection.execute("DELETE FROM runs WHERE id <= ?1", [last])?;
        forget_tests(connection, last, KEEP_TESTS)?;
    }
    detail_rows::prune(connection)
}

/// The newest run that is too much, if any.
fn last_to_forget(connection: &Connection, mut budget: Budget) -> rusqlite::Result<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id, attempts FROM runs ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !budget.has_room_for(row.get(1)?) {
            return row.get(0).map(Some);
        }
    }
    Ok(None)
}

/// Of tests that no run after `last` has, keeps the `keep` that were seen last.
fn forget_tests(connection: &Connection, last: i64, keep: usize) -> rusqlite::Result<()> {
    let all: usize = connection.query_row("SELECT count(*) FROM timings", [], |row| row.get(0))?;
    if all <= keep {
        return Ok(());
    }
    connection.execute(
        "DELETE FROM tests WHERE id IN (
             SELECT test_id FROM timings WHERE last_run <= ?1
             ORDER BY last_run DESC, test_id DESC LIMIT -1 OFFSET ?2)",
        (last, keep),
    )?;
    connection.execute(
        "DELETE FROM timings WHERE test_id NOT IN (SELECT id FROM tests)",
        [],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    /// A history with runs of so many attempts (which are not there).
    fn with_runs(attempts: &[u64]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for (number, attempts) in attempts.iter().enumerate() {
            connection
                .execute(
                    "INSERT INTO runs VALUES (NULL, ?1, 0, 0, 2, '', '', '', '', '[]', NULL, 0, 0, ?2, NULL, NULL)",
                    (number.to_string(), attempts),
                )
                .unwrap();
        }
        connection
    }

    fn ids(connection: &Connection, sql: &str) -> Vec<i64> {
        let mut statement = connection.prepare(sql).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    fn kept(attempts: &[u64]) -> Vec<i64> {
        let connection = with_runs(attempts);
        prune(&connection).unwrap();
        ids(&connection, "SELECT id FROM runs ORDER BY id")
    }

    #[test]
    fn the_last_runs_are_kept() {
        assert_eq!(kept(&[3; KEEP_RUNS + 2]), (3..=52).collect::<Vec<_>>());
    }

    #[test]
    fn of_a_large_suite_fewer() {
        assert_eq!(
            kept(&[KEEP_ATTEMPTS / 8; 20]),
            (13..=20).collect::<Vec<_>>()
        );
    }

    #[test]
    fn of_a_huge_suite_a_few() {
        assert_eq!(kept(&[KEEP_ATTEMPTS; 9]), [5, 6, 7, 8, 9]);
    }

    #[test]
    fn the_details_of_a_forgotten_run_are_forgotten_with_it() {
        let kept = |keep| {
            let connection = with_runs(&[3; 4]);
            for run in 1..=4 {
                let add = "INSERT INTO failures (run_id, nodeid, attempt, text) VALUES (?1, 'test', 1, '')";
                connection.execute(add, [run]).unwrap();
            }
            prune_to(&connection, Budget::of(keep)).unwrap();
            ids(&connection, "SELECT run_id FROM failures ORDER BY 1")
        };
        assert_eq!(kept(9), [1, 2, 3, 4]);
        assert_eq!(kept(2), [3, 4]);
        assert!(kept(0).is_empty());
    }

    #[test]
    fn tests_that_no_kept_run_has_are_forgotten_when_there_are_too_many() {
        let connection = with_runs(&[]);
        for (test, last_run) in [(1, 1), (2, 3), (3, 2), (4, 9), (5, 3)] {
            let add = "INSERT INTO tests VALUES (?1, 'test ' || ?1)";
            connection.execute(add, [test]).unwrap();
            let add = "INSERT INTO timings VALUES (?1, ?2, 0, 1, 1, x'')";
            connection.execute(add, [test, last_run]).unwrap();
        }
        forget_tests(&connection, 3, 2).unwrap();
        assert_eq!(
            ids(&connection, "SELECT id FROM tests ORDER BY id"),
            [2, 4, 5]
        );
        assert_eq!(
            ids(&connection, "SELECT test_id FROM timings ORDER BY 1"),
            [2, 4, 5]
        );
    }
}
