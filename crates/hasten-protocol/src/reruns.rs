//! Options and marks of pytest-rerunfailures, as they reach the supervisor.

use serde::Deserialize;

/// What the command line says; of some also what the settings file says where it does not. The names are those of pytest-rerunfailures 16.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct RerunOptions {
    /// `--reruns`.
    pub reruns: Option<u32>,
    /// `--reruns-delay`, seconds.
    pub reruns_delay: Option<f64>,
    /// Setting `reruns`.
    pub ini_reruns: Option<u32>,
    /// Setting `reruns_delay`, seconds.
    pub ini_reruns_delay: Option<f64>,
    /// `--reruns-delay-backoff-factor`.
    pub reruns_delay_backoff_factor: Option<f64>,
    /// `--force-reruns`: for every test, whatever its mark says.
    pub force_reruns: Option<u32>,
    /// `--only-rerun`: regular expressions.
    pub only_rerun: Vec<String>,
    /// `--rerun-except`: likewise.
    pub rerun_except: Vec<String>,
    /// `--rerun-exclude-path`: files and folders below the rootdir.
    pub rerun_exclude_path: Vec<String>,
    /// `--reruns-mode`: `strict`, or `append` when the number of a mark is added to that of the options.
    pub reruns_mode: Option<String>,
    /// `--fail-on-flaky`.
    pub fail_on_flaky: bool,
    /// pytest-rerunfailures is there, and does all this where main runs the tests itself.
    pub installed: bool,
    /// `--max-suite-reruns`.
    pub max_suite_reruns: Option<u32>,
}

/// The mark `flaky` of an item.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct RerunMark {
    /// How often it is run again; none when its condition does not hold.
    pub reruns: Option<u32>,
    /// Seconds before it is.
    pub reruns_delay: Option<f64>,
    /// What they are multiplied by after each attempt.
    pub reruns_delay_backoff_factor: Option<f64>,
    /// Regular expressions.
    pub only_rerun: Option<Vec<String>>,
    /// Likewise.
    pub rerun_except: Option<Vec<String>>,
    /// What is wrong with it: it is not heeded then.
    pub error: Option<String>,
}
