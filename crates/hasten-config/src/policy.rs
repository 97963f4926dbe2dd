//! What holds for a run: the settings file, the profile and the command line, joined.

/// A time limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Seconds; 0 is no limit.
    Seconds(f64),
    /// A multiple of the time that history has for the test (`"5x"`).
    Times(f64),
}

/// Limits and retries of a test. What is absent is decided by whoever comes next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Of the whole test.
    pub timeout: Option<Span>,
    /// The limit counts the call phase only.
    pub timeout_func_only: Option<bool>,
    /// Of the setup.
    pub setup_timeout: Option<Span>,
    /// Of the call.
    pub call_timeout: Option<Span>,
    /// Of the teardown.
    pub teardown_timeout: Option<Span>,
    /// How often a failed test is run again.
    pub retries: Option<u32>,
    /// Seconds before it is.
    pub retry_delay: Option<f64>,
    /// What the delay is multiplied by after each attempt.
    pub retry_backoff: Option<f64>,
    /// Only failures whose message matches one of these are retried.
    pub only_rerun: Option<Vec<String>>,
    /// Failures whose message matches one of these are not.
    pub rerun_except: Option<Vec<String>>,
}
