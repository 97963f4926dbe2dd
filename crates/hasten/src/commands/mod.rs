//! One file a command.

pub(crate) mod doctor;
pub(crate) mod history;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod slow;
pub(crate) mod verify;

use hasten_runner::RunError;

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
        path: camino::Utf8PathBuf,
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
