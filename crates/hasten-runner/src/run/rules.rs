//! What the settings of the project and the command line say of limits, for this run.

use std::collections::{BTreeMap, HashMap, HashSet};

use camino::Utf8Path;
use hasten_config::{CommandLine, ConfigError, File, Ini, Isolate, Policy, Span};
use hasten_history::PhaseTimes;
use hasten_protocol::message::{Collected, GivenLimits, RuleOptions, Settings};
use hasten_protocol::reruns::RerunOptions;

use hasten_schedule::Resources;

use super::isolation;
use super::together::{self, Dist};
use crate::limits::{ItemLimits, Limits};

/// The end of a session is not a test: a limit that is meant for tests gives it so many seconds at least.
const LEAST_SESSION_FINISH: f64 = 60.0;

/// What holds in a run. Seconds; 0 is none.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    file: File,
    options: RuleOptions,
    reruns: RerunOptions,
    /// What `policy` was joined with.
    given: GivenLimits,
    policy: Option<Policy>,
    /// How long a test may go on after its limit.
    pub(crate) grace: f64,
    /// Of a fixture of a wider scope.
    pub(crate) fixture: f64,
    /// Of a file's import and collection, and of the conftest files'.
    pub(crate) collect: f64,
    /// Of the whole run.
    pub(crate) run: f64,
    /// Of the end of a worker's session.
    pub(crate) session_finish: f64,
    /// After so long a line says what is running.
    pub(crate) slow_after: f64,
    /// A test that takes more than so many times its usual time fails the run.
    pub(crate) durations_regress: f64,
    /// What stays together on one worker.
    pub(crate) dist: Dist,
}

impl Rules {
    /// Reads the settings of the project, before its conftest files are loaded.
    pub(crate) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut rules = Self {
            file: hasten_config::read(Utf8Path::new(&settings.rootdir))?,
            options: settings.rules.clone(),
            reruns: settings.reruns.clone(),
            ..Self::default()
        };
        rules.join(&settings.limits)?;
        Ok(rules)
    }

    /// Joins the settings with the limits that pytest's own settings name.
    pub(crate) fn join(&mut self, given: &GivenLimits) -> Result<(), ConfigError> {
        if self.policy.is_some() && self.given == *given {
            return Ok(());
        }
        let command_line = command_line(&self.options, &self.reruns, given);
        let policy = self
            .file
            .policy(self.options.profile.as_deref(), &command_line)?;
        let number = |value: Option<f64>| value.unwrap_or(0.0);
        self.grace = policy.timeout_grace;
        self.fixture = number(policy.fixture_timeout);
        self.collect = number(policy.collect_timeout);
        self.run = number(policy.session_timeout);
        self.slow_after = number(policy.slow_after);
        self.durations_regress = number(policy.durations_regress);
        let test = policy
            .rules
            .timeout
            .and_then(|span| span.seconds(None, 0.0));
        self.session_finish = number(
            policy
                .fixture_timeout
                .or(test.map(|test| test.max(LEAST_SESSION_FINISH))),
        );
        self.given = given.clone();
        self.policy = Some(policy);
        Ok(())
    }

    /// The settings of the project joined with the command line, once they are known.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// The most workers that `-n auto` may come to, where a setting says so.
    pub(crate) fn max_workers(&self) -> Option<usize> {
        let most = self.policy.as_ref()?.max_workers?;
        usize::try_from(most).ok()
    }

    /// The names of the fixtures that are set up once for the whole run.
    pub(crate) fn once_per_run(&self) -> Vec<String> {
        let names = self.policy.as_ref().map(|policy| &policy.once_per_run);
        names.cloned().unwrap_or_default()
    }

    /// Names what is decided on outside the process that runs a test: retries, a quarantine, a comparison of durations.
    pub(crate) fn decided_outside(&self) -> Option<&'static str> {
        let some = |number: Option<u32>| number.is_some_and(|number| number > 0);
        let policy = self.policy.as_ref()?;
        if some(self.reruns.force_reruns) || some(self.reruns.reruns) {
            Some("--reruns")
        } else if some(policy.rules.retries) {
            Some("--retries")
        } else if !policy.quarantine.is_empty() {
            Some("--quarantine")
        } else if policy.durations_regress.is_some() {
            Some("--durations-regress")
        } else if self.options.hold_failed {
            Some("--hold-failed")
        } else {
            None
        }
    }

    /// True when not everything that is collected is run, or not in that order.
    pub(crate) fn select(&self) -> bool {
        self.policy
            .as_ref()
            .is_some_and(|policy| policy.shard.is_some() || policy.order.is_some())
    }

    /// What items use, and how many of them may at a time.
    pub(crate) fn resources(&self, collected: &Collected) -> Resources {
        let none = BTreeMap::new();
        let limits = self.policy().map_or(&none, |policy| &policy.resources);
        together::resources(collected, limits)
    }

    /// Expressions that pytest has to evaluate.
    pub(crate) fn filters(&self) -> Vec<(char, String)> {
        let filters = self.policy.iter().flat_map(Policy::filters);
        filters
            .map(|filter| (filter.kind.letter(), filter.text.clone()))
            .collect()
    }

    /// What is wrong with one of them.
    pub(crate) fn bad_filter(&self, number: usize, detail: &str) -> Option<ConfigError> {
        self.policy.as_ref()?.bad_expression(number, detail)
    }

    /// Whether tests have limits, as far as is known without their marks.
    pub(crate) fn limit_tests(&self) -> bool {
        let limits = |rules: &hasten_config::Rules| {
            [
                rules.timeout,
                rules.setup_timeout,
                rules.call_timeout,
                rules.teardown_timeout,
            ]
            .iter()
            .flatten()
            .any(|span| *span != Span::Seconds(0.0))
        };
        self.fixture > 0.0
            || self
                .policy
                .as_ref()
                .is_some_and(|policy| limits(&policy.rules) || !policy.is_uniform())
    }

    /// What has a process of its own, unless a mark says otherwise.
    pub(crate) fn isolate(&self) -> Isolate {
        self.policy
            .as_ref()
            .map_or(Isolate::None, |policy| policy.isolate)
    }

    /// The isolated unit of each item.
    pub(crate) fn units(&self, collected: &Collected) -> Vec<Option<u32>> {
        isolation::units(self.isolate(), collected)
    }

    /// The limits of what was collected. A mark wins (`pytest-timeout 2.4`).
    pub(crate) fn limits(
        &self,
        collected: &Collected,
        estimates: &HashMap<String, PhaseTimes>,
    ) -> Limits {
        let Some(policy) = &self.policy else {
            return Limits::default();
        };
        let selected = Selected::new(collected);
        let floor = policy.timeout_floor;
        let items = (0..).zip(&collected.items).map(|(index, item)| {
            let rules = policy.rules_for(&item.0, |number| selected.has(number, index));
            let seconds = |span: Option<Span>, phase: fn(&PhaseTimes) -> f64| {
                let expected = || estimates.get(&item.0).map(phase);
                let seconds = span.and_then(|span| match span {
                    Span::Seconds(_) => span.seconds(None, floor),
                    Span::Times(_) => span.seconds(expected(), floor),
                });
                seconds.unwrap_or(0.0)
            };
            ItemLimits {
                whole: item
                    .2
                    .unwrap_or_else(|| seconds(rules.timeout, PhaseTimes::total)),
                func_only: item.3.or(rules.timeout_func_only).unwrap_or(false),
                setup: seconds(rules.setup_timeout, |expected| expected.setup),
                call: seconds(rules.call_timeout, |expected| expected.call),
                teardown: seconds(rules.teardown_timeout, |expected| expected.teardown),
            }
        });
        Limits::new(items.collect(), Some(self.fixture))
    }
}

/// Which items the filters of the settings select.
pub(crate) struct Selected(Vec<HashSet<u32>>);

impl Selected {
    pub(crate) fn new(collected: &Collected) -> Self {
        let sets = collected.selected.iter();
        Self(sets.map(|all| all.iter().copied().collect()).collect())
    }

    /// True when the filter with this number selects an item.
    pub(crate) fn has(&self, number: usize, index: u32) -> bool {
        self.0.get(number).is_some_and(|all| all.contains(&index))
    }
}

fn command_line(options: &RuleOptions, reruns: &RerunOptions, given: &GivenLimits) -> CommandLine {
    let fails = reruns.fail_on_flaky.then(|| "fail".to_owned());
    CommandLine {
        timeout: given.timeout,
        setup_timeout: options.setup_timeout,
        call_timeout: options.call_timeout,
        teardown_timeout: options.teardown_timeout,
        fixture_timeout: options.fixture_timeout,
        collect_timeout: options.collect_timeout,
        session_timeout: given.session_timeout,
        timeout_grace: options.timeout_grace,
        slow_after: options.slow_after,
        durations_regress: options.durations_regress,
        retries: options.retries,
        retry_delay: options.retry_delay,
        retry_backoff: options.retry_backoff.or(reruns.reruns_delay_backoff_factor),
        reruns: reruns.reruns,
        reruns_delay: reruns.reruns_delay,
        only_rerun: reruns.only_rerun.clone(),
        rerun_except: reruns.rerun_except.clone(),
        flaky_result: options.flaky_result.clone().or(fails),
        quarantine: options.quarantine.clone(),
        github: options.github,
        shard: options.shard.clone(),
        shard_by: options.shard_by.clone(),
        order: options.order.clone(),
        isolate: options.isolate.clone(),
        ini: Ini {
            reruns: reruns.ini_reruns,
            reruns_delay: reruns.ini_reruns_delay,
            timeout: given.ini_timeout,
            timeout_func_only: given.ini_func_only,
            session_timeout: given.ini_session_timeout,
        },
        timeout_func_only: None,
    }
}
