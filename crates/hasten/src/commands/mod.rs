//! One file a command.

pub(crate) mod doctor;
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
            Self::History(_) | Self::System(_) => 3,
        }
    }
}
