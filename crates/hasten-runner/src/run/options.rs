//! What a run is told.

use camino::Utf8PathBuf;

/// What a run is about.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The interpreter.
    pub python: Utf8PathBuf,
    /// The unpacked Python package.
    pub package: Utf8PathBuf,
    /// pytest's command line.
    pub args: Vec<String>,
    /// Names the run; unique.
    pub run_id: String,
    /// Where the run shows itself.
    pub output: Output,
    /// Nothing is run: say what a run would do.
    pub forecast: bool,
    /// What GitHub Actions says of itself.
    pub github: Github,
}

/// What GitHub Actions says of itself.
#[derive(Clone, Debug, Default)]
pub struct Github {
    /// The run is there (`GITHUB_ACTIONS`).
    pub active: bool,
    /// The folder of the repository (`GITHUB_WORKSPACE`).
    pub workspace: Option<Utf8PathBuf>,
    /// The file of the job summary (`GITHUB_STEP_SUMMARY`).
    pub summary: Option<Utf8PathBuf>,
}

/// Where a run shows itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// On stdout, as pytest does.
    #[default]
    Stdout,
    /// On stderr: stdout is for something else.
    Stderr,
    /// On stderr, when it is over and has failed.
    Held,
}
