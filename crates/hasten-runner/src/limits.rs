//! Time limits: which one holds for an item, and when it is reached.

use std::time::Duration;

use hasten_protocol::journal::{Activity, Phase};
use hasten_protocol::message::{CollectedItem, Configured};

/// Limits of all items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    default: Option<f64>,
    default_func_only: bool,
    marked: Vec<(Option<f64>, Option<bool>)>,
    shortest: Option<Duration>,
}

/// The limit of one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// Seconds.
    pub(crate) seconds: f64,
    /// Only the call phase counts.
    pub(crate) func_only: bool,
}

impl Limits {
    pub(crate) fn new(configured: &Configured, items: &[CollectedItem]) -> Self {
        let marked: Vec<_> = items.iter().map(|item| (item.2, item.3)).collect();
        let shortest = marked
            .iter()
            .map(|(seconds, _)| *seconds)
            .chain([configured.timeout])
            .flatten()
            .filter(|seconds| *seconds > 0.0)
            .filter_map(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .min();
        Self {
            default: configured.timeout,
            default_func_only: configured.timeout_func_only,
            marked,
            shortest,
        }
    }

    /// The limit of an item: its marker, else the default; 0 or less is none
    /// (`pytest-timeout 2.4`).
    pub(crate) fn of(&self, index: u32) -> Option<Limit> {
        let (marked, func_only) = self.marked.get(index as usize).copied().unwrap_or_default();
        let seconds = marked.or(self.default)?;
        (seconds > 0.0).then_some(Limit {
            seconds,
            func_only: func_only.unwrap_or(self.default_func_only),
        })
    }

    /// The shortest limit: whatever starts now does not reach its own before.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.shortest
    }

    /// How long the worker may go on, from `now` (`CLOCK_MONOTONIC` nanoseconds); zero when
    /// the limit is passed, none when nothing limits what it does.
    pub(crate) fn left(&self, activity: &Activity, now: u64) -> Option<(Limit, Duration)> {
        let limit = self.of(activity.item?)?;
        let start = match (limit.func_only, activity.phase) {
            (true, Phase::Call) => activity.phase_start,
            (true, _) => return None,
            (false, _) => activity.item_start,
        };
        let spent = Duration::from_nanos(now.saturating_sub(start));
        let whole = Duration::try_from_secs_f64(limit.seconds).unwrap_or(Duration::MAX);
        Some((limit, whole.saturating_sub(spent)))
    }
}

/// The words that pytest-timeout uses, so that filters on them still match.
pub(crate) fn message(limit: Limit) -> String {
    // pytest-timeout prints the number as Python does: 50.0, 0.25
    let seconds = limit.seconds;
    if seconds.fract() == 0.0 {
        format!("Timeout (>{seconds:.1}s)")
    } else {
        format!("Timeout (>{seconds}s)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(default: Option<f64>, marked: Option<f64>, func_only: Option<bool>) -> Limits {
        Limits {
            default,
            marked: vec![(marked, func_only)],
            ..Limits::default()
        }
    }

    fn activity(phase: Phase) -> Activity {
        Activity {
            item: Some(0),
            phase,
            item_start: 1_000_000_000,
            phase_start: 4_000_000_000,
            started: 1,
        }
    }

    #[test]
    fn the_marker_wins_and_zero_is_off() {
        assert_eq!(
            limits(Some(5.0), Some(2.0), None).of(0).unwrap().seconds,
            2.0
        );
        assert_eq!(limits(Some(5.0), Some(0.0), None).of(0), None);
        assert_eq!(limits(Some(5.0), None, None).of(0).unwrap().seconds, 5.0);
        assert_eq!(limits(None, None, None).of(0), None);
    }

    #[test]
    fn func_only_counts_from_the_call() {
        let limits = limits(Some(3.0), None, Some(true));
        assert!(
            limits
                .left(&activity(Phase::Setup), 60_000_000_000)
                .is_none()
        );
        let (_, left) = limits.left(&activity(Phase::Call), 5_000_000_000).unwrap();
        assert_eq!(left, Duration::from_secs(2));
    }

    #[test]
    fn the_whole_item_counts_otherwise() {
        let limits = limits(Some(3.0), None, None);
        let (_, left) = limits
            .left(&activity(Phase::Teardown), 9_000_000_000)
            .unwrap();
        assert_eq!(left, Duration::ZERO);
    }

    #[test]
    fn the_message_is_that_of_pytest_timeout() {
        let text = |seconds| {
            message(Limit {
                seconds,
                func_only: false,
            })
        };
        assert_eq!(text(50.0), "Timeout (>50.0s)");
        assert_eq!(text(0.25), "Timeout (>0.25s)");
    }
}
