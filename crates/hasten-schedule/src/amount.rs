//! How much work there is.

use crate::estimate::Estimates;

/// An amount of work.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Amount {
    pub(crate) items: usize,
    pub(crate) unknown: usize,
    known_seconds: f64,
}

impl Amount {
    pub(crate) fn add(&mut self, history: Option<f64>) {
        self.items += 1;
        self.unknown += usize::from(history.is_none());
        self.known_seconds += history.unwrap_or(0.0);
    }

    pub(crate) fn remove(&mut self, history: Option<f64>) {
        self.items = self.items.saturating_sub(1);
        self.unknown = self.unknown.saturating_sub(usize::from(history.is_none()));
        self.known_seconds = (self.known_seconds - history.unwrap_or(0.0)).max(0.0);
    }

    pub(crate) fn seconds(&self, estimates: &Estimates) -> f64 {
        self.seconds_at_least(estimates, 0.0)
    }

    /// An unknown item counts for at least `least` seconds.
    pub(crate) fn seconds_at_least(&self, estimates: &Estimates, least: f64) -> f64 {
        self.known_seconds + self.unknown as f64 * estimates.unknown().max(least)
    }
}
