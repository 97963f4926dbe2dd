//! Seconds of phases, shares, and how they become JSON.

use hasten_history::{PhaseTimes, SortBy};
use serde::{Serialize, Serializer};

/// Seconds of each phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// All phases.
    #[serde(serialize_with = "microseconds")]
    pub total: f64,
    /// Setup.
    #[serde(serialize_with = "microseconds")]
    pub setup: f64,
    /// The call.
    #[serde(serialize_with = "microseconds")]
    pub call: f64,
    /// Teardown.
    #[serde(serialize_with = "microseconds")]
    pub teardown: f64,
}

impl Seconds {
    pub(super) fn add(&mut self, expected: &PhaseTimes) {
        self.total += expected.total();
        self.setup += expected.setup;
        self.call += expected.call;
        self.teardown += expected.teardown;
    }

    pub(super) const fn by(&self, by: SortBy) -> f64 {
        match by {
            SortBy::Total => self.total,
            SortBy::Setup => self.setup,
            SortBy::Call => self.call,
            SortBy::Teardown => self.teardown,
        }
    }
}

impl From<&PhaseTimes> for Seconds {
    fn from(expected: &PhaseTimes) -> Self {
        let mut seconds = Self::default();
        seconds.add(expected);
        seconds
    }
}

/// The name of what is compared: also the head of its column.
pub(super) const fn phase(by: SortBy) -> &'static str {
    match by {
        SortBy::Total => "total",
        SortBy::Setup => "setup",
        SortBy::Call => "call",
        SortBy::Teardown => "teardown",
    }
}

/// A part of a whole that may be nothing.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
pub(super) fn microseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1e6).round() / 1e6)
}

/// Likewise, where there may be none.
#[expect(clippy::ref_option, reason = "the form that serde asks for")]
pub(super) fn maybe<S: Serializer>(
    seconds: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match seconds {
        Some(seconds) => microseconds(seconds, serializer),
        None => serializer.serialize_none(),
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
pub(super) fn sort_key<S: Serializer>(by: &SortBy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(phase(*by))
}
