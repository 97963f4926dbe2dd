//! What holds for a run: the settings file, the profile and the command line, joined.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::file::{File, Run, Section};
use crate::overrides::Selected;
use crate::{
    CommandLine, ConfigError, Expression, Isolate, OrderBy, Place, Quarantine, Rules, Shard,
    ShardBy,
};

/// Seconds that a test has to end after its limit, unless something else is said.
pub const DEFAULT_GRACE: f64 = 5.0;

/// Seconds that a multiple of the recorded time comes to at least, unless something else is said.
pub const DEFAULT_TIMEOUT_FLOOR: f64 = 1.0;

/// What holds for a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// Seconds that a fixture of a wider scope may take.
    pub fixture_timeout: Option<f64>,
    /// Seconds that a file may take to be imported and collected.
    pub collect_timeout: Option<f64>,
    /// Seconds that the whole run may take.
    pub session_timeout: Option<f64>,
    /// Seconds that a test has to end after its limit, before its process is killed; 0 is at once.
    pub timeout_grace: f64,
    /// Seconds that a multiple of the recorded time comes to at least ([`crate::Span::seconds`]).
    pub timeout_floor: f64,
    /// Seconds after which the run says what is still running.
    pub slow_after: Option<f64>,
    /// A test that takes more than so many times its usual time fails the run.
    pub durations_regress: Option<f64>,
    /// A test that passes after a failure fails.
    pub flaky_fails: bool,
    /// Tests whose failures do not fail the run.
    pub quarantine: Quarantine,
    /// The most workers that `-n auto` may come to.
    pub max_workers: Option<u32>,
    /// Names of session fixtures that are set up once for the whole run.
    pub once_per_run: Vec<String>,
    /// GitHub shows annotations and a summary; none: when the run is there.
    pub github: Option<bool>,
    /// Which of several machines' parts is run.
    pub shard: Option<Shard>,
    /// What stays in one of them.
    pub shard_by: ShardBy,
    /// The order that the user asks for.
    pub order: Option<OrderBy>,
    /// What has a process of its own, unless a mark says otherwise.
    pub isolate: Isolate,
    /// How many tests may use a resource at a time, where it is not one.
    pub resources: BTreeMap<String, u32>,
    /// For tests that no override is for.
    pub rules: Rules,
    /// The part of `rules` that overrides do not change.
    command_line: Rules,
    /// The strongest first.
    overrides: Vec<Selected>,
    expressions: Vec<Expression>,
}

/// Joins what all say. The settings file has been checked; the command line is here.
pub(crate) fn join(
    file: &File,
    profile: Option<&Section>,
    given: &CommandLine,
) -> Result<Policy, ConfigError> {
    let none = Section::default();
    let profile = profile.unwrap_or(&none);
    let run = given
        .run()?
        .or(profile.run.clone())
        .or(file.base.run.clone())
        .or(given.ini.run());
    let command_line = given.rules()?;
    let rules = command_line
        .or(&profile.rules)
        .or(&file.base.rules)
        .or(&given.ini.rules()?);
    let mut expressions = Vec::new();
    let weakest_first = file.base.overrides.iter().chain(&profile.overrides);
    let mut overrides: Vec<Selected> = weakest_first
        .map(|given| Selected::new(given, &mut expressions))
        .collect();
    overrides.reverse();
    Ok(Policy {
        fixture_timeout: limit(run.fixture_timeout),
        collect_timeout: limit(run.collect_timeout),
        session_timeout: limit(run.session_timeout),
        timeout_grace: run.timeout_grace.unwrap_or(DEFAULT_GRACE),
        timeout_floor: run.timeout_floor.unwrap_or(DEFAULT_TIMEOUT_FLOOR),
        slow_after: limit(run.slow_after),
        durations_regress: limit(run.durations_regress),
        flaky_fails: run.flaky_fails.unwrap_or(false),
        max_workers: run.max_workers,
        once_per_run: run.once_per_run.clone().unwrap_or_default(),
        github: run.github,
        shard: run.shard,
        shard_by: run.shard_by.unwrap_or_default(),
        order: run.order,
        isolate: run.isolate.unwrap_or_default(),
        resources: run.resources.clone(),
        quarantine: quarantine(file, run)?,
        rules,
        command_line,
        overrides,
        expressions,
    })
}

impl Policy {
    /// Expressions that somebody has to evaluate for each test; their place here is their number.
    pub fn filters(&self) -> &[Expression] {
        &self.expressions
    }

    /// Whether no test has rules of its own: [`Self::rules`] hold for all.
    pub fn is_uniform(&self) -> bool {
        self.overrides.is_empty()
    }

    /// The rules for a test. `matches` says whether the expression with this number selects it.
    pub fn rules_for(&self, nodeid: &str, matches: impl Fn(usize) -> bool) -> Cow<'_, Rules> {
        let found = self
            .overrides
            .iter()
            .filter(|given| given.holds(nodeid, &matches));
        let joined = found.fold(None, |stronger: Option<Rules>, given| {
            Some(
                stronger
                    .as_ref()
                    .unwrap_or(&self.command_line)
                    .or(&given.rules),
            )
        });
        match joined {
            Some(stronger) => Cow::Owned(stronger.or(&self.rules)),
            None => Cow::Borrowed(&self.rules),
        }
    }

    /// The error to show when the expression with this number cannot be evaluated.
    pub fn bad_expression(&self, number: usize, detail: &str) -> Option<ConfigError> {
        let expression = self.expressions.get(number)?;
        Some(ConfigError::BadExpression {
            place: expression.place.clone(),
            text: expression.text.clone(),
            letter: expression.kind.letter(),
            detail: detail.trim().trim_end_matches('.').to_owned(),
        })
    }
}

fn limit(seconds: Option<f64>) -> Option<f64> {
    seconds.filter(|seconds| *seconds > 0.0)
}

/// Reads the list: relative to the rootdir when a setting names it, to the current folder when an option does.
fn quarantine(file: &File, run: Run) -> Result<Quarantine, ConfigError> {
    let Some((place, path)) = run.quarantine else {
        return Ok(Quarantine::default());
    };
    let path = match place {
        Place::File { .. } => file.rootdir.join(path),
        Place::Option(_) => path.into(),
    };
    Quarantine::named(path, &place)
}
