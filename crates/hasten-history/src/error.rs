//! What can go wrong with a history, in sentences that a user can act on.

use std::fmt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::ErrorCode;

/// Why a history could not be read or written. None of these is a reason for a run to fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is no database, not hasten's, or broken inside.
    #[error(
        "history {path} is damaged ({detail}): a run sets it aside when it ends, and begins a new one"
    )]
    Damaged {
        /// The database.
        path: Utf8PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer hasten wrote it.
    #[error(
        "history {path} is of a newer hasten (schema {found}, this one knows {known}) and is left alone: \
         update hasten, or move the file away to begin a new one"
    )]
    Newer {
        /// The database.
        path: Utf8PathBuf,
        /// Its schema version.
        found: i64,
        /// The schema version of this hasten.
        known: i64,
    },
    /// Another process held it for too long.
    #[error(
        "history {path} was locked by another process for {} s: it is used again when that one has ended", waited.as_secs()
    )]
    Locked {
        /// The database.
        path: Utf8PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
    /// The folder or the file does not let itself be written.
    #[error(
        "history {path} cannot be written ({detail}): make the folder writable to have durations recorded"
    )]
    Unwritable {
        /// The database, or its folder.
        path: Utf8PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file does not let itself be read.
    #[error(
        "history {path} cannot be read ({detail}): make it readable, or move it away to begin a new one"
    )]
    Unreadable {
        /// The database.
        path: Utf8PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The disk is full.
    #[error("history {path} has no space left on its disk: free some to have durations recorded")]
    Full {
        /// The database.
        path: Utf8PathBuf,
    },
    /// The same run was handed over twice.
    #[error("history {path} has the run {uid} already: it is not recorded again")]
    RecordedAlready {
        /// The database.
        path: Utf8PathBuf,
        /// The run's id.
        uid: String,
    },
}

/// Something to tell the user once, while the run goes on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// The database was damaged. It was renamed, and a new one is begun.
    SetAside {
        /// The database.
        path: Utf8PathBuf,
        /// Where the damaged one is now.
        kept_as: Utf8PathBuf,
        /// What was found.
        detail: String,
    },
    /// The run goes without history.
    WithoutHistory(Error),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside {
                path,
                kept_as,
                detail,
            } => write!(
                f,
                "history {path} was damaged ({detail}): a new one is begun, the old one is kept as {}",
                kept_as.file_name().unwrap_or(kept_as.as_str())
            ),
            Self::WithoutHistory(error) => write!(f, "{error}"),
        }
    }
}

/// What was being done when SQLite gave up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    Reading,
    Writing,
}

impl Doing {
    /// How long to wait for another process. A commit takes about as long as the largest suite
    /// needs to be written: 0.2 s. Reading delays the start of a run, so it gives up sooner;
    /// writing has to outlast several runs that end together.
    pub(crate) const fn patience(self) -> Duration {
        match self {
            Self::Reading => Duration::from_secs(1),
            Self::Writing => Duration::from_secs(5),
        }
    }
}

/// Says what an error of SQLite's means for the history at `path`.
pub(crate) fn explain(path: &Utf8Path, doing: Doing, error: &rusqlite::Error) -> Error {
    let path = path.to_owned();
    let detail = error.to_string();
    match (error.sqlite_error_code(), doing) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => Error::Locked {
            path,
            waited: doing.patience(),
        },
        (Some(ErrorCode::DiskFull), _) => Error::Full { path },
        // Not SQLite's: a value of another type than the schema says. Unknown is SQLITE_ERROR, for
        // fixed statements a table or column that is missing. A constraint fails only if an index
        // and its table disagree.
        (
            None
            | Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::Unknown
                | ErrorCode::TypeMismatch
                | ErrorCode::ConstraintViolation,
            ),
            _,
        ) => Error::Damaged { path, detail },
        (Some(_), Doing::Writing) => Error::Unwritable { path, detail },
        (Some(_), Doing::Reading) => Error::Unreadable { path, detail },
    }
}
