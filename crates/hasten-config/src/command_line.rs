//! What the command line says about limits and retries.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::distribution::{ORDER, SHARD, SHARD_BY};
use crate::file::Run;
use crate::isolate::{ISOLATE, Isolate};
use crate::span;
use crate::{ConfigError, OrderBy, Patterns, Place, Rules, Shard, ShardBy, Span};

/// Options for limits and retries, as far as the command line has them. Seconds; 0 is no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandLine {
    /// `--timeout`, else `PYTEST_TIMEOUT`. Less than 0 is no limit, too, as for pytest-timeout.
    pub timeout: Option<f64>,
    /// Limits count the call phase only.
    pub timeout_func_only: Option<bool>,
    /// `--setup-timeout`.
    pub setup_timeout: Option<f64>,
    /// `--call-timeout`.
    pub call_timeout: Option<f64>,
    /// `--teardown-timeout`.
    pub teardown_timeout: Option<f64>,
    /// `--fixture-timeout`.
    pub fixture_timeout: Option<f64>,
    /// `--collect-timeout`.
    pub collect_timeout: Option<f64>,
    /// `--session-timeout`. Less than 0 is no limit, too.
    pub session_timeout: Option<f64>,
    /// `--timeout-grace`.
    pub timeout_grace: Option<f64>,
    /// `--slow-after`.
    pub slow_after: Option<f64>,
    /// `--durations-regress`: above 1, or 0 for no comparison.
    pub durations_regress: Option<f64>,
    /// `--retries`.
    pub retries: Option<u32>,
    /// `--reruns`: the same, when `--retries` is absent.
    pub reruns: Option<u32>,
    /// `--retry-delay`.
    pub retry_delay: Option<f64>,
    /// `--reruns-delay`: the same, when `--retry-delay` is absent.
    pub reruns_delay: Option<f64>,
    /// `--retry-backoff`.
    pub retry_backoff: Option<f64>,
    /// Each `--only-rerun`; none is absent.
    pub only_rerun: Vec<String>,
    /// Each `--rerun-except`; none is absent.
    pub rerun_except: Vec<String>,
    /// `--flaky-result`: `pass` or `fail`.
    pub flaky_result: Option<String>,
    /// `--quarantine`: a file, relative to the current folder.
    pub quarantine: Option<String>,
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
    /// Settings of pytest's plugins.
    pub ini: Ini,
}

/// Settings in pytest's own file: weaker than all of hasten's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ini {
    /// `timeout`. Less than 0 is no limit, too.
    pub timeout: Option<f64>,
    /// `timeout_func_only`.
    pub timeout_func_only: Option<bool>,
    /// `session_timeout`. Less than 0 is no limit, too.
    pub session_timeout: Option<f64>,
    /// `reruns`.
    pub reruns: Option<u32>,
    /// `reruns_delay`.
    pub reruns_delay: Option<f64>,
}

impl CommandLine {
    pub(crate) fn rules(&self) -> Result<Rules, ConfigError> {
        let limit =
            |option, seconds| Ok::<_, ConfigError>(checked(option, seconds)?.map(Span::Seconds));
        Ok(Rules {
            timeout: self.timeout.map(lenient).map(Span::Seconds),
            timeout_func_only: self.timeout_func_only,
            setup_timeout: limit("--setup-timeout", self.setup_timeout)?,
            call_timeout: limit("--call-timeout", self.call_timeout)?,
            teardown_timeout: limit("--teardown-timeout", self.teardown_timeout)?,
            retries: self.retries.or(self.reruns),
            retry_delay: checked("--retry-delay", self.retry_delay)?
                .or(checked("--reruns-delay", self.reruns_delay)?),
            retry_backoff: checked("--retry-backoff", self.retry_backoff)?,
            only_rerun: patterns("--only-rerun", &self.only_rerun)?,
            rerun_except: patterns("--rerun-except", &self.rerun_except)?,
        })
    }

    pub(crate) fn run(&self) -> Result<Run, ConfigError> {
        let flaky_fails = match self.flaky_result.as_deref() {
            None => None,
            Some("pass") => Some(false),
            Some("fail") => Some(true),
            Some(other) => {
                return Err(ConfigError::WrongOption {
                    option: "--flaky-result",
                    found: format!("\"{other}\""),
                    advice: "Give pass or fail.",
                });
            }
        };
        let quarantine = self
            .quarantine
            .clone()
            .map(|path| (Place::Option("--quarantine"), path));
        Ok(Run {
            timeout_floor: None,
            fixture_timeout: checked("--fixture-timeout", self.fixture_timeout)?,
            collect_timeout: checked("--collect-timeout", self.collect_timeout)?,
            session_timeout: self.session_timeout.map(lenient),
            timeout_grace: checked("--timeout-grace", self.timeout_grace)?,
            slow_after: checked("--slow-after", self.slow_after)?,
            durations_regress: ratio("--durations-regress", self.durations_regress)?,
            flaky_fails,
            quarantine,
            max_workers: None,
            once_per_run: None,
            github: self.github,
            shard: read("--shard", self.shard.as_deref(), Shard::parse, SHARD)?,
            shard_by: read(
                "--shard-by",
                self.shard_by.as_deref(),
                ShardBy::parse,
                SHARD_BY,
            )?,
            order: read("--order", self.order.as_deref(), OrderBy::parse, ORDER)?,
            isolate: read(
                "--isolate",
                self.isolate.as_deref(),
                Isolate::parse,
                ISOLATE,
            )?,
            resources: BTreeMap::new(),
        })
    }
}

impl Ini {
    pub(crate) fn rules(&self) -> Result<Rules, ConfigError> {
        Ok(Rules {
            timeout: self.timeout.map(lenient).map(Span::Seconds),
            timeout_func_only: self.timeout_func_only,
            retries: self.reruns,
            retry_delay: checked("reruns_delay", self.reruns_delay)?,
            ..Rules::default()
        })
    }

    pub(crate) fn run(&self) -> Run {
        Run {
            session_timeout: self.session_timeout.map(lenient),
            ..Run::default()
        }
    }
}

/// What pytest-timeout takes for no limit is none here, and no error.
fn lenient(seconds: f64) -> f64 {
    if seconds > 0.0 && seconds.is_finite() {
        seconds
    } else {
        0.0
    }
}

fn checked(option: &'static str, number: Option<f64>) -> Result<Option<f64>, ConfigError> {
    match number {
        Some(number) if !span::in_range(number) => Err(ConfigError::WrongOption {
            option,
            found: number.to_string(),
            advice: "Give a number from 0 to 1e9.",
        }),
        number => Ok(number),
    }
}

fn ratio(option: &'static str, number: Option<f64>) -> Result<Option<f64>, ConfigError> {
    match number {
        Some(number) if !span::is_ratio(number) => Err(ConfigError::WrongOption {
            option,
            found: number.to_string(),
            advice: "Give a number above 1, or 0 for no comparison.",
        }),
        number => Ok(number),
    }
}

fn read<T>(
    option: &'static str,
    text: Option<&str>,
    parse: fn(&str) -> Option<T>,
    advice: &'static str,
) -> Result<Option<T>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    match parse(text) {
        Some(value) => Ok(Some(value)),
        None => Err(ConfigError::WrongOption {
            option,
            found: format!("\"{}\"", text.escape_debug()),
            advice,
        }),
    }
}

fn patterns(
    option: &'static str,
    sources: &[String],
) -> Result<Option<Arc<Patterns>>, ConfigError> {
    if sources.is_empty() {
        return Ok(None);
    }
    let patterns = Patterns::new(sources).map_err(|bad| bad.at(Place::Option(option)))?;
    Ok(Some(Arc::new(patterns)))
}
