//! What fixtures cost.

use hasten_history::FixtureTotal;
use serde::Serialize;

use super::Options;
use super::measured::Measured;
use super::seconds::{microseconds, share};

/// A fixture, all its uses in a run together: medians of the last runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fixture {
    /// Where it is defined and its name: `tests/conftest.py::database`.
    pub fixture: String,
    /// pytest's word for its scope.
    pub scope: String,
    /// Number of its setups in a run.
    pub setups: u64,
    /// Seconds of all setups and teardowns, without those of fixtures that it uses.
    #[serde(serialize_with = "microseconds")]
    pub total: f64,
    /// Seconds of all setups.
    #[serde(serialize_with = "microseconds")]
    pub setup: f64,
    /// Seconds of all teardowns.
    #[serde(serialize_with = "microseconds")]
    pub teardown: f64,
    /// Seconds of the longest setup.
    #[serde(serialize_with = "microseconds")]
    pub longest: f64,
    /// What it takes of the time of all tests, of which it is a part.
    #[serde(serialize_with = "microseconds")]
    pub share: f64,
}

impl Fixture {
    /// Whether it is worth a thought that its scope is no wider: set up often, for much of the time, and hardly more
    /// by a first time than by others, as a cache would show.
    pub(super) fn is_set_up_for_each_test(&self) -> bool {
        let each = self.setup / self.setups.max(1) as f64;
        self.scope == "function"
            && self.setups >= 10
            && self.share >= 0.1
            && self.setup >= 0.5
            && self.longest <= 10.0 * each
    }
}

impl From<FixtureTotal> for Fixture {
    fn from(total: FixtureTotal) -> Self {
        Self {
            fixture: total.fixture,
            scope: total.scope,
            setups: total.setups,
            total: total.setup + total.teardown,
            setup: total.setup,
            teardown: total.teardown,
            longest: total.longest,
            share: 0.0,
        }
    }
}

/// The costliest, the costliest first. `whole` is the time of all tests.
pub(super) fn fixtures(measured: &Measured<'_>, whole: f64, options: &Options) -> Vec<Fixture> {
    // Which tests use a fixture is not known.
    if !options.paths.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Fixture> = measured.fixtures().into_iter().map(Fixture::from).collect();
    found.retain(|fixture| fixture.total >= options.min_seconds);
    found.sort_by(|a, b| {
        b.total
            .total_cmp(&a.total)
            .then_with(|| a.fixture.cmp(&b.fixture))
    });
    found.truncate(options.others);
    for fixture in &mut found {
        fixture.share = share(fixture.total, whole);
    }
    found
}
