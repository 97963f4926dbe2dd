//! The settings of a project, all profiles of them.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::overrides::Override;
use crate::policy::{self, Policy};
use crate::words;
use crate::{CommandLine, ConfigError, Isolate, OrderBy, Place, Rules, Shard, ShardBy};

/// `[tool.hasten]` of a project's `pyproject.toml`, without mistakes.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub(crate) rootdir: Utf8PathBuf,
    /// The profile that holds when none is named.
    pub(crate) profile: Option<(Place, String)>,
    pub(crate) base: Section,
    pub(crate) profiles: BTreeMap<String, Section>,
}

/// A table of settings: `[tool.hasten]` itself, or a profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub(crate) run: Run,
    pub(crate) rules: Rules,
    pub(crate) overrides: Vec<Override>,
}

/// What holds for the whole run. Seconds; 0 is no limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) timeout_floor: Option<f64>,
    pub(crate) fixture_timeout: Option<f64>,
    pub(crate) collect_timeout: Option<f64>,
    pub(crate) session_timeout: Option<f64>,
    pub(crate) timeout_grace: Option<f64>,
    pub(crate) slow_after: Option<f64>,
    pub(crate) durations_regress: Option<f64>,
    pub(crate) flaky_fails: Option<bool>,
    pub(crate) quarantine: Option<(Place, String)>,
    pub(crate) max_workers: Option<u32>,
    pub(crate) once_per_run: Option<Vec<String>>,
    pub(crate) github: Option<bool>,
    pub(crate) shard: Option<Shard>,
    pub(crate) shard_by: Option<ShardBy>,
    pub(crate) order: Option<OrderBy>,
    pub(crate) isolate: Option<Isolate>,
    /// How many tests may use each resource at a time.
    pub(crate) resources: BTreeMap<String, u32>,
}

impl Run {
    /// These, and what they leave open from `weaker`.
    pub(crate) fn or(self, weaker: Self) -> Self {
        let mut resources = weaker.resources;
        resources.extend(self.resources);
        Self {
            timeout_floor: self.timeout_floor.or(weaker.timeout_floor),
            fixture_timeout: self.fixture_timeout.or(weaker.fixture_timeout),
            collect_timeout: self.collect_timeout.or(weaker.collect_timeout),
            session_timeout: self.session_timeout.or(weaker.session_timeout),
            timeout_grace: self.timeout_grace.or(weaker.timeout_grace),
            slow_after: self.slow_after.or(weaker.slow_after),
            durations_regress: self.durations_regress.or(weaker.durations_regress),
            flaky_fails: self.flaky_fails.or(weaker.flaky_fails),
            quarantine: self.quarantine.or(weaker.quarantine),
            max_workers: self.max_workers.or(weaker.max_workers),
            once_per_run: self.once_per_run.or(weaker.once_per_run),
            github: self.github.or(weaker.github),
            shard: self.shard.or(weaker.shard),
            shard_by: self.shard_by.or(weaker.shard_by),
            order: self.order.or(weaker.order),
            isolate: self.isolate.or(weaker.isolate),
            resources,
        }
    }
}

impl File {
    /// The names of the profiles, in order.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// What holds for a run with this profile (`--profile`; else the one that the file names) and this command line.
    pub fn policy(
        &self,
        profile: Option<&str>,
        command_line: &CommandLine,
    ) -> Result<Policy, ConfigError> {
        let profile = match (profile, &self.profile) {
            (Some(name), _) => Some(self.section(&Place::Option("--profile"), name)?),
            (None, Some((place, name))) => Some(self.section(place, name)?),
            (None, None) => None,
        };
        policy::join(self, profile, command_line)
    }

    /// The profile that is named there.
    pub(crate) fn section(&self, place: &Place, name: &str) -> Result<&Section, ConfigError> {
        self.profiles.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.profiles().collect();
            let advice = match words::nearest(name, &known) {
                _ if known.is_empty() => format!("Add a table [tool.hasten.profiles.{name}]."),
                Some(near) if known.len() > 1 => {
                    format!("Did you mean \"{near}\"? There are: {}.", known.join(", "))
                }
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("There are: {}.", known.join(", ")),
            };
            ConfigError::UnknownProfile {
                place: place.clone(),
                name: name.to_owned(),
                advice,
            }
        })
    }
}
