//! Time limits: which ones hold for an item, and when the first of them is reached.

use std::time::Duration;

use hasten_protocol::journal::{Activity, Phase};

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole item, or its call where only that counts.
    Item,
    Setup,
    Call,
    Teardown,
    /// A fixture of a wider scope than the test.
    Fixture,
    /// The import and the collection of one file.
    Collect,
    /// The end of a worker's pytest session.
    SessionFinish,
    /// The whole run.
    Run,
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// Seconds.
    pub(crate) seconds: f64,
    pub(crate) kind: Kind,
}

impl Limit {
    /// What is raised in the test. The words are those of `pytest-timeout 2.4`, so that filters on them still match.
    pub(crate) fn message(self) -> String {
        let seconds = as_python(self.seconds);
        let place = match self.kind {
            Kind::Run => return format!("session-timeout: {seconds} sec exceeded"),
            Kind::Item | Kind::Call => "",
            Kind::Setup => " in setup",
            Kind::Teardown => " in teardown",
            Kind::Fixture => " in a fixture of a wider scope",
            Kind::Collect => " in collection",
            Kind::SessionFinish => " at the end of the session",
        };
        format!("Timeout (>{seconds}s){place}")
    }
}

/// A number as Python prints it: 50.0, 0.25.
pub(crate) fn as_python(seconds: f64) -> String {
    if seconds.fract() == 0.0 {
        format!("{seconds:.1}")
    } else {
        format!("{seconds}")
    }
}

/// The limits of one item, in seconds; 0 or less is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ItemLimits {
    /// Of the item.
    pub(crate) whole: f64,
    /// That one counts the call phase only.
    pub(crate) func_only: bool,
    pub(crate) setup: f64,
    pub(crate) call: f64,
    pub(crate) teardown: f64,
}

/// Limits of all items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// Empty when there are none.
    items: Vec<ItemLimits>,
    /// Seconds that a fixture of a wider scope may take: it is not charged to the item then.
    fixture: Option<f64>,
    shortest: Option<Duration>,
}

impl Limits {
    /// The limits of items in the order of collection, and that of fixtures of a wider scope, in seconds.
    pub(crate) fn new(items: Vec<ItemLimits>, fixture: Option<f64>) -> Self {
        let fixture = fixture.filter(|seconds| *seconds > 0.0);
        let shortest = items
            .iter()
            .flat_map(|item| [item.whole, item.setup, item.call, item.teardown])
            .chain(fixture)
            .filter(|seconds| *seconds > 0.0)
            .min_by(f64::total_cmp)
            .map(duration);
        Self {
            items: if shortest.is_some() {
                items
            } else {
                Vec::new()
            },
            fixture,
            shortest,
        }
    }

    pub(crate) fn of(&self, index: u32) -> ItemLimits {
        self.items.get(index as usize).copied().unwrap_or_default()
    }

    /// The shortest limit: whatever starts now does not reach its own before.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.shortest
    }

    /// How long the worker may go on, from `now` (`CLOCK_MONOTONIC` nanoseconds), and the limit that it reaches then;
    /// zero when it is passed, none when nothing limits what it does.
    pub(crate) fn left(&self, activity: &Activity, now: u64) -> Option<(Limit, Duration)> {
        let item = self.of(activity.item?);
        if let (Some(seconds), Some(start)) = (self.fixture, activity.fixture_start) {
            return remaining(seconds, Kind::Fixture, start, now);
        }
        let (phase, kind) = match activity.phase {
            Phase::Setup => (item.setup, Kind::Setup),
            Phase::Call => (item.call, Kind::Call),
            Phase::Teardown => (item.teardown, Kind::Teardown),
            // Between two phases it waits for us.
            Phase::None | Phase::SessionFinish | Phase::Collect => return None,
        };
        let whole = match (item.func_only, activity.phase) {
            (true, Phase::Call) => remaining(item.whole, Kind::Item, activity.phase_start, now),
            (true, _) => None,
            (false, _) => remaining(item.whole, Kind::Item, activity.item_start, now),
        };
        let phase = remaining(phase, kind, activity.phase_start, now);
        whole.into_iter().chain(phase).min_by_key(|(_, left)| *left)
    }
}

/// What is left of a limit; none when it is no limit.
pub(crate) fn remaining(
    seconds: f64,
    kind: Kind,
    start: u64,
    now: u64,
) -> Option<(Limit, Duration)> {
    let spent = Duration::from_nanos(now.saturating_sub(start));
    (seconds > 0.0).then(|| {
        let left = duration(seconds).saturating_sub(spent);
        (Limit { seconds, kind }, left)
    })
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 60_000_000_000;

    fn limits(item: ItemLimits) -> Limits {
        Limits::new(vec![item], None)
    }

    fn activity(phase: Phase) -> Activity {
        Activity {
            item: Some(0),
            phase,
            item_start: NOW - 9_000_000_000,
            phase_start: NOW - 5_000_000_000,
            started: 1,
            fixture_start: None,
            own_timer: false,
        }
    }

    fn left(item: ItemLimits, phase: Phase) -> Option<(Kind, f64)> {
        let (limit, left) = limits(item).left(&activity(phase), NOW)?;
        Some((limit.kind, left.as_secs_f64()))
    }

    #[test]
    fn the_whole_item_counts_or_the_call_only() {
        let whole = ItemLimits {
            whole: 10.0,
            ..ItemLimits::default()
        };
        assert_eq!(left(whole, Phase::Setup), Some((Kind::Item, 1.0)));
        assert_eq!(left(whole, Phase::Teardown), Some((Kind::Item, 1.0)));
        assert_eq!(
            left(whole, Phase::None),
            None,
            "it waits for the supervisor"
        );
        let call = ItemLimits {
            func_only: true,
            ..whole
        };
        assert_eq!(left(call, Phase::Call), Some((Kind::Item, 5.0)));
        assert_eq!(left(call, Phase::Setup), None);
        assert_eq!(left(ItemLimits::default(), Phase::Call), None);
    }

    #[test]
    fn the_first_limit_that_is_reached_counts() {
        let item = ItemLimits {
            whole: 10.0,
            setup: 20.0,
            teardown: 5.0,
            ..ItemLimits::default()
        };
        assert_eq!(left(item, Phase::Setup), Some((Kind::Item, 1.0)));
        assert_eq!(left(item, Phase::Teardown), Some((Kind::Teardown, 0.0)));
    }

    #[test]
    fn a_wide_fixture_has_a_limit_of_its_own() {
        let item = ItemLimits {
            whole: 1.0,
            ..ItemLimits::default()
        };
        let limits = Limits::new(vec![item], Some(8.0));
        let mut activity = activity(Phase::Setup);
        activity.fixture_start = Some(NOW - 2_000_000_000);
        let (limit, left) = limits.left(&activity, NOW).unwrap();
        assert_eq!((limit.kind, left.as_secs()), (Kind::Fixture, 6));
    }

    #[test]
    fn the_shortest_is_known() {
        let item = ItemLimits {
            whole: 10.0,
            call: 0.5,
            setup: -1.0,
            ..ItemLimits::default()
        };
        assert_eq!(limits(item).shortest(), Some(Duration::from_millis(500)));
        assert_eq!(limits(ItemLimits::default()).shortest(), None);
    }

    #[test]
    fn the_message_is_that_of_pytest_timeout() {
        let text = |seconds, kind| Limit { seconds, kind }.message();
        assert_eq!(text(50.0, Kind::Item), "Timeout (>50.0s)");
        assert_eq!(text(0.25, Kind::Setup), "Timeout (>0.25s) in setup");
        assert_eq!(text(2.0, Kind::Run), "session-timeout: 2.0 sec exceeded");
    }
}
