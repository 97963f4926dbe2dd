//! What the command line and the settings files say.

use serde::Deserialize;

use crate::reruns::RerunOptions;

/// What `-n` says.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Workers {
    /// A number.
    Exactly(usize),
    /// `auto` or `logical`.
    Named(String),
}

/// What the command line and the settings files say, before any conftest is imported.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// `-n`.
    pub numprocesses: Option<Workers>,
    /// `--dist`.
    #[serde(default)]
    pub dist: Option<String>,
    /// `--maxprocesses`.
    #[serde(default)]
    pub maxprocesses: Option<usize>,
    /// `--start-method`.
    #[serde(default)]
    pub start_method: Option<String>,
    /// `--pdb`.
    #[serde(default)]
    pub usepdb: bool,
    /// `--capture`; `-s` is `no`.
    #[serde(default)]
    pub capture: Option<String>,
    /// `--trace`.
    #[serde(default)]
    pub trace: bool,
    /// A debugger is attached.
    #[serde(default)]
    pub debugger: bool,
    /// Why the run has to be in one process.
    #[serde(default)]
    pub in_process: Option<String>,
    /// Limits that pytest's own settings name.
    #[serde(default)]
    pub limits: GivenLimits,
    /// pytest's rootdir.
    #[serde(default)]
    pub rootdir: String,
    /// The interpreter, its packages, and the options that say what of the suite is loaded.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Options for limits and retries.
    #[serde(default)]
    pub rules: RuleOptions,
    /// Those of pytest-rerunfailures.
    #[serde(default)]
    pub reruns: RerunOptions,
    /// What puts tests into an order of its own: options of pytest, and `pytest-randomly`.
    #[serde(default)]
    pub sorted_by: Vec<String>,
    /// `--events`.
    #[serde(default)]
    pub events: Option<String>,
}

/// Limits as pytest-timeout has them. Seconds; what was not given is absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
pub struct GivenLimits {
    /// `--timeout`, else `PYTEST_TIMEOUT`.
    pub timeout: Option<f64>,
    /// Setting `timeout`.
    pub ini_timeout: Option<f64>,
    /// Setting `timeout_func_only`.
    pub ini_func_only: Option<bool>,
    /// `--session-timeout`.
    pub session_timeout: Option<f64>,
    /// Setting `session_timeout`.
    pub ini_session_timeout: Option<f64>,
}

/// Options for limits and retries, as far as the command line has them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
pub struct RuleOptions {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--setup-timeout`, seconds.
    pub setup_timeout: Option<f64>,
    /// `--call-timeout`, seconds.
    pub call_timeout: Option<f64>,
    /// `--teardown-timeout`, seconds.
    pub teardown_timeout: Option<f64>,
    /// `--fixture-timeout`, seconds.
    pub fixture_timeout: Option<f64>,
    /// `--collect-timeout`, seconds.
    pub collect_timeout: Option<f64>,
    /// `--timeout-grace`, seconds.
    pub timeout_grace: Option<f64>,
    /// `--slow-after`, seconds.
    pub slow_after: Option<f64>,
    /// `--durations-regress`.
    pub durations_regress: Option<f64>,
    /// `--retries`.
    pub retries: Option<u32>,
    /// `--retry-delay`, seconds.
    pub retry_delay: Option<f64>,
    /// `--retry-backoff`.
    pub retry_backoff: Option<f64>,
    /// `--flaky-result`: `pass` or `fail`.
    pub flaky_result: Option<String>,
    /// `--quarantine`.
    pub quarantine: Option<String>,
    /// `--diagnose-flaky`.
    pub diagnose_flaky: bool,
    /// `--hold-failed`.
    pub hold_failed: bool,
    /// `--hold-max`.
    pub hold_max: Option<u32>,
    /// `--hold-for`, seconds.
    pub hold_for: Option<f64>,
    /// `--github`, `--no-github`.
    pub github: Option<bool>,
    /// `--shard`.
    pub shard: Option<String>,
    /// `--shard-by`.
    pub shard_by: Option<String>,
    /// `--order`.
    pub order: Option<String>,
    /// `--isolate`.
    pub isolate: Option<String>,
}
