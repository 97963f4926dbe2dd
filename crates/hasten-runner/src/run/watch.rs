//! Where a process stands with its time limits: pure, the clock and the signals are the caller's.

use std::time::Duration;

use hasten_protocol::journal::{Activity, Phase};

use crate::limits::Limit;

/// Stacks are waited for this long. faulthandler needs about a millisecond; a process that blocks the signal
/// writes none.
const STACKS_WAIT: Duration = Duration::from_millis(500);
/// Stacks count as written when they have not grown for this long.
const STACKS_SETTLE: Duration = Duration::from_millis(20);
/// How soon the process is asked again, at first and at most: code that must not be interrupted at one moment may be
/// at the next.
const ASK_AGAIN: Duration = Duration::from_millis(20);
const ASK_AGAIN_AT_MOST: Duration = Duration::from_millis(500);

/// Where a process stands with its limit.
#[derive(Debug, Default)]
pub(crate) enum Watch {
    /// Nothing is due.
    #[default]
    Quiet,
    /// A debugger is attached: no limit holds for what was started as this number.
    Exempt { started: u32 },
    /// A limit was reached.
    Expired(Expiry),
}

impl Watch {
    /// The limit that was reached.
    pub(crate) fn expired(&self) -> Option<&Expiry> {
        match self {
            Self::Expired(expiry) => Some(expiry),
            Self::Quiet | Self::Exempt { .. } => None,
        }
    }

    /// The limit that this item reached.
    pub(crate) fn expired_in(&mut self, item: Option<u32>) -> Option<&mut Expiry> {
        match self {
            Self::Expired(expiry) if item.is_some() && expiry.item == item => Some(expiry),
            _ => None,
        }
    }
}

/// A limit that was reached. All times are `CLOCK_MONOTONIC` nanoseconds.
#[derive(Debug)]
pub(crate) struct Expiry {
    /// The item that ran, if one did.
    pub(crate) item: Option<u32>,
    started: u32,
    pub(crate) limit: Limit,
    /// The phase it was in.
    pub(crate) phase: Phase,
    at: u64,
    /// Where in the file its stacks begin.
    pub(crate) stacks_from: u64,
    stacks_asked_at: u64,
    stacks_seen: u64,
    stacks_seen_at: u64,
    last_stacks: bool,
    asked: u32,
    ask_at: u64,
    pub(crate) killed: bool,
    /// What the item reported since.
    pub(crate) reports: Vec<u8>,
    /// One of them says that it failed.
    pub(crate) reported: bool,
}

/// What is known of a process at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) activity: Activity,
    /// The number of the start in which a limit was raised last.
    pub(crate) raised: u32,
    /// Likewise, that a debugger was attached to.
    pub(crate) debugged: u32,
    /// Bytes of stacks.
    pub(crate) stacks: u64,
    pub(crate) now: u64,
}

/// How long a test may go on after its limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grace {
    /// For the rest of the phase it is in.
    pub(crate) phase: Duration,
    /// For the teardown that follows.
    pub(crate) teardown: Duration,
    /// For a fixture of a wider scope in it, where those have a limit of their own.
    pub(crate) fixture: Option<Duration>,
}

/// What is to be done with a process whose limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    /// Ask it to raise the limit in the test.
    Ask,
    /// Ask it for its stacks once more: it is about to be killed, and somewhere else than at its limit.
    Stacks,
    Kill,
    /// It is under a debugger.
    Exempt,
}

impl Expiry {
    pub(crate) fn new(limit: Limit, seen: &Seen) -> Self {
        Self {
            item: seen.activity.item,
            started: seen.activity.started,
            limit,
            phase: seen.activity.phase,
            at: seen.now,
            stacks_from: seen.stacks,
            stacks_asked_at: seen.now,
            stacks_seen: seen.stacks,
            stacks_seen_at: seen.now,
            last_stacks: false,
            asked: 0,
            ask_at: seen.now,
            killed: false,
            reports: Vec::new(),
            reported: false,
        }
    }

    /// Says what to do now.
    pub(crate) fn step(&mut self, seen: &Seen, grace: Grace) -> Step {
        let raised = self.started > 0 && seen.raised == self.started;
        if self.killed {
            return Step::Wait;
        }
        if self.started > 0 && seen.debugged == self.started && !raised {
            return Step::Exempt;
        }
        if self.is_over(seen) {
            return Step::Wait;
        }
        if seen.stacks != self.stacks_seen {
            self.stacks_seen = seen.stacks;
            self.stacks_seen_at = seen.now;
        }
        if seen.now >= self.deadline(&seen.activity, raised, grace) {
            if raised && !self.last_stacks {
                self.last_stacks = true;
                self.stacks_from = seen.stacks;
                self.stacks_asked_at = seen.now;
                return Step::Stacks;
            }
            if self.has_stacks(seen.now) {
                self.killed = true;
                return Step::Kill;
            }
        }
        if !raised && seen.now >= self.ask_at {
            let pause = ASK_AGAIN * 2_u32.saturating_pow(self.asked.min(8));
            self.ask_at = seen.now + nanoseconds(pause.min(ASK_AGAIN_AT_MOST));
            self.asked += 1;
            return Step::Ask;
        }
        Step::Wait
    }

    /// True when the process does something else: reports of what exceeded its limit are under way.
    pub(crate) fn is_over(&self, seen: &Seen) -> bool {
        seen.activity.started != self.started
            || seen.activity.item != self.item
            || (self.item.is_none()
                && (seen.activity.phase != self.phase || seen.activity.phase_start > self.at))
    }

    fn deadline(&self, activity: &Activity, raised: bool, grace: Grace) -> u64 {
        let torn_down_since = activity.phase_start > self.at && activity.phase == Phase::Teardown;
        match (raised, activity.fixture_start, grace.fixture) {
            (true, Some(start), Some(limit)) if start > self.at => start + nanoseconds(limit),
            (true, ..) if torn_down_since => {
                activity.phase_start + nanoseconds(grace.teardown.max(grace.phase))
            }
            _ => self.at + nanoseconds(grace.phase),
        }
    }

    fn has_stacks(&self, now: u64) -> bool {
        let settled = now.saturating_sub(self.stacks_seen_at) >= nanoseconds(STACKS_SETTLE);
        (self.stacks_seen > self.stacks_from && settled)
            || now.saturating_sub(self.stacks_asked_at) >= nanoseconds(STACKS_WAIT)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Kind;

    const SECOND: u64 = 1_000_000_000;
    const GRACE: Grace = Grace {
        phase: Duration::from_secs(2),
        teardown: Duration::from_secs(10),
        fixture: None,
    };

    fn seen(now: u64) -> Seen {
        Seen {
            activity: Activity {
                item: Some(3),
                phase: Phase::Call,
                item_start: 0,
                phase_start: 0,
                started: 7,
                fixture_start: None,
                own_timer: false,
            },
            raised: 0,
            debugged: 0,
            stacks: 0,
            now,
        }
    }

    fn expiry() -> Expiry {
        let limit = Limit {
            seconds: 5.0,
            kind: Kind::Item,
        };
        Expiry::new(limit, &seen(5 * SECOND))
    }

    #[test]
    fn it_is_asked_until_it_raises_and_killed_when_it_does_not() {
        let mut expiry = expiry();
        assert_eq!(expiry.step(&seen(5 * SECOND), GRACE), Step::Ask);
        assert_eq!(expiry.step(&seen(5 * SECOND), GRACE), Step::Wait);
        assert_eq!(expiry.step(&seen(6 * SECOND), GRACE), Step::Ask);
        assert_eq!(expiry.step(&seen(7 * SECOND), GRACE), Step::Kill);
        assert_eq!(expiry.step(&seen(8 * SECOND), GRACE), Step::Wait);
    }

    #[test]
    fn a_teardown_that_follows_has_time_of_its_own() {
        let mut expiry = expiry();
        let mut torn_down = seen(8 * SECOND);
        torn_down.raised = 7;
        torn_down.activity.phase = Phase::Teardown;
        torn_down.activity.phase_start = 6 * SECOND;
        assert_eq!(expiry.step(&torn_down, GRACE), Step::Wait);
        torn_down.now = 16 * SECOND;
        assert_eq!(expiry.step(&torn_down, GRACE), Step::Stacks);
        torn_down.now += SECOND;
        assert_eq!(expiry.step(&torn_down, GRACE), Step::Kill);
    }

    #[test]
    fn a_wide_fixture_in_that_teardown_has_its_own() {
        let grace = Grace {
            fixture: Some(Duration::from_secs(60)),
            ..GRACE
        };
        let mut torn_down = seen(50 * SECOND);
        torn_down.raised = 7;
        torn_down.activity.phase = Phase::Teardown;
        torn_down.activity.phase_start = 6 * SECOND;
        torn_down.activity.fixture_start = Some(7 * SECOND);
        assert_eq!(expiry().step(&torn_down, grace), Step::Wait);
    }

    #[test]
    fn without_grace_the_stacks_are_waited_for() {
        let none = Grace {
            phase: Duration::ZERO,
            ..Grace::default()
        };
        let mut expiry = expiry();
        assert_eq!(expiry.step(&seen(5 * SECOND), none), Step::Ask);
        let mut written = seen(5 * SECOND + 10_000_000);
        written.stacks = 800;
        assert_eq!(expiry.step(&written, none), Step::Wait);
        written.now += 30_000_000;
        assert_eq!(expiry.step(&written, none), Step::Kill);
    }

    #[test]
    fn what_is_over_or_under_a_debugger_is_left_alone() {
        let mut over = seen(20 * SECOND);
        over.activity.started = 8;
        assert_eq!(expiry().step(&over, GRACE), Step::Wait);
        let mut ending = seen(5 * SECOND);
        ending.activity.item = None;
        ending.activity.phase = Phase::SessionFinish;
        let limit = expiry().limit;
        let mut first = Expiry::new(limit, &ending);
        ending.now = 20 * SECOND;
        assert!(!first.is_over(&ending));
        ending.activity.phase_start = 6 * SECOND;
        assert_eq!(first.step(&ending, GRACE), Step::Wait, "another teardown");
        let mut debugged = seen(20 * SECOND);
        debugged.debugged = 7;
        assert_eq!(expiry().step(&debugged, GRACE), Step::Exempt);
    }
}
