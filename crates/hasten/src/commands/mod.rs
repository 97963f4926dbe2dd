//! One file a command.

pub(crate) mod attach;
pub(crate) mod doctor;
pub(crate) mod history;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod slow;
pub(crate) mod verify;

use std::io::{ErrorKind, Write};

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::History;
use hasten_runner::{HISTORY_FOLDER, RunError};

/// The history of the project that the folder is in: the nearest one, going up.
fn history_folder(folder: &Utf8Path) -> Utf8PathBuf {
    folder
        .ancestors()
        .map(|folder| folder.join(HISTORY_FOLDER))
        .find(|history| history.is_dir())
        .unwrap_or_else(|| folder.join(HISTORY_FOLDER))
}

/// Opens the history in a folder; says what is wrong with it.
fn open_history(folder: &Utf8Path) -> History {
    let (history, warning) = History::open(folder);
    if let Some(warning) = warning {
        crate::complain(&warning.to_string());
    }
    history
}

/// Writes a file to stdout. A reader that went away is no error. A full disk is: what was cut off must not look like success.
fn write_to_stdout(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The run could not take place.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] hasten_history::Error),
    /// A file of a history cannot be read or written.
    #[error(transparent)]
    HistoryFile(#[from] hasten_history::FileError),
    /// A file cannot be written.
    #[error("{path} cannot be written ({detail}): make its folder writable, or give another name")]
    Unwritable {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        detail: String,
    },
    /// A page cannot be made.
    #[error(transparent)]
    Page(#[from] hasten_report::html::PageError),
    /// Wrong use.
    #[error("{0}")]
    Usage(String),
    /// The system refused something.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl Failure {
    /// pytest's exit status for it.
    pub(crate) fn exit_status(&self) -> i32 {
        match self {
            Self::Run(error) => error.exit_status(),
            Self::Usage(_) => 4,
            Self::HistoryFile(error) if error.is_wrong_use() => 4,
            Self::History(_)
            | Self::HistoryFile(_)
            | Self::Unwritable { .. }
            | Self::Page(_)
            | Self::System(_) => 3,
        }
    }
}
