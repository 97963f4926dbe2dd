//! Environments in which workers must not be forked: the next run there need not try.

use rusqlite::{OptionalExtension, params};

use crate::{Error, History};

/// Environments that are remembered: those of some interpreters, and some selections of tests in each.
pub const KEEP_ENVIRONMENTS: usize = 100;

/// That workers must not be forked, in one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotForked {
    /// Names the environment.
    pub environment: String,
    /// Why: the kind of each cause, and the words for it.
    pub causes: Vec<(String, String)>,
    /// Workers that the run which found it began with.
    pub workers: usize,
    /// When, in seconds since the epoch.
    pub found_at: f64,
}

impl History {
    /// What is remembered of an environment; none if workers can be forked there, as far as is known.
    ///
    /// # Errors
    /// The history could not be read.
    pub fn not_forked(&self, environment: &str) -> Result<Option<NotForked>, Error> {
        let text = "SELECT causes, workers, found_at FROM not_forked WHERE environment = ?1";
        self.read(|connection| {
            connection
                .query_row(text, [environment], |row| {
                    let causes: String = row.get(0)?;
                    Ok(NotForked {
                        environment: environment.to_owned(),
                        causes: serde_json::from_str(&causes).unwrap_or_default(),
                        workers: row.get(1)?,
                        found_at: row.get(2)?,
                    })
                })
                .optional()
        })
    }

    /// Remembers it, and forgets what is too old.
    ///
    /// # Errors
    /// It is not remembered.
    pub fn remember_not_forked(&self, found: &NotForked) -> Result<(), Error> {
        let causes = serde_json::to_string(&found.causes).unwrap_or_default();
        self.change(|connection| {
            connection.execute(
                "REPLACE INTO not_forked VALUES (?1, ?2, ?3, ?4)",
                params![found.environment, causes, found.workers, found.found_at],
            )?;
            connection.execute(
                "DELETE FROM not_forked WHERE environment NOT IN
                 (SELECT environment FROM not_forked ORDER BY found_at DESC LIMIT ?1)",
                [KEEP_ENVIRONMENTS],
            )
        })
    }

    /// Forgets an environment: workers can be forked there.
    ///
    /// # Errors
    /// It stays what it was.
    pub fn forget_not_forked(&self, environment: &str) -> Result<(), Error> {
        let text = "DELETE FROM not_forked WHERE environment = ?1";
        self.change(|connection| connection.execute(text, [environment]))
    }
}
