//! Why a run could not take place, in words for the user.

use std::io;

use camino::Utf8PathBuf;

/// A run that cannot begin or go on. The verdict of tests is never one of these.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No interpreter was found.
    #[error(
        "no Python interpreter was found: looked for --python, VIRTUAL_ENV, .venv beside the \
         project and python3 on PATH. Activate the project's environment, or name its \
         interpreter with --python PATH"
    )]
    NoInterpreter,
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] hasten_config::ConfigError),
    /// `--dist each`.
    #[error(
        "--dist each is not supported: hasten runs each test once. Leave it out, or choose one of load, worksteal, \
         loadscope, loadfile and loadgroup"
    )]
    DistEach,
    /// A conftest file is imported for too long.
    #[error(
        "loading the conftest files took longer than {seconds} s (collect-timeout), and was ended. \
         Without them no test can run. This is where it was:\n\n{stack}"
    )]
    SlowConftest {
        /// The limit, as it is written.
        seconds: String,
        /// Where it was.
        stack: String,
    },
    /// The named interpreter does not start.
    #[error("{path} does not start: {source}. Name another interpreter with --python PATH")]
    InterpreterDoesNotStart {
        /// The interpreter.
        path: Utf8PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The interpreter said why it cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// An option or a mark cannot be heeded.
    #[error("{0}")]
    Usage(String),
    /// A process of ours ended before its work was done.
    #[error("{what} {how}. {advice}")]
    ProcessEnded {
        /// Which.
        what: String,
        /// Its exit status or signal.
        how: String,
        /// What to do.
        advice: &'static str,
    },
    /// A process did not speak the protocol.
    #[error("{who} sent what is not part of the protocol: {what}. This is a fault in hasten")]
    Protocol {
        /// Which process.
        who: String,
        /// What came.
        what: String,
    },
    /// The system refused something.
    #[error("{doing}: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The Python part could not be unpacked.
    #[error(
        "cannot unpack hasten's Python part into a cache folder: {0}. Set HASTEN_CACHE_DIR to a folder that can be written"
    )]
    Unpack(io::Error),
}

impl RunError {
    /// Wraps an error of the system.
    pub(crate) fn system(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }

    /// The exit status that says so: pytest's own for wrong use (4) or for an internal error (3).
    #[must_use]
    pub fn exit_status(&self) -> i32 {
        match self {
            Self::NoInterpreter
            | Self::InterpreterDoesNotStart { .. }
            | Self::Unusable(_)
            | Self::Usage(_)
            | Self::Settings(_)
            | Self::DistEach
            | Self::SlowConftest { .. }
            | Self::Unpack(_) => 4,
            Self::ProcessEnded { .. } | Self::Protocol { .. } | Self::System { .. } => 3,
        }
    }
}
