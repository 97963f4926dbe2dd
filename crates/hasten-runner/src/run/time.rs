//! Time limits, and what happens when one is reached.

use std::time::{Duration, Instant};

use hasten_protocol::journal;
use nix::sys::signal::Signal;

use super::Run;
use crate::limits::Limit;

/// A worker has this long to write its stacks after it was asked to. faulthandler needs about
/// a millisecond; a worker that blocks the signal writes none.
const STACKS_WAIT: Duration = Duration::from_millis(500);
/// Stacks count as written when they have not grown for this long.
const STACKS_SETTLE: Duration = Duration::from_millis(20);

/// Where a worker stands with its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Watch {
    /// Nothing is due.
    #[default]
    Quiet,
    /// It was asked for its stacks.
    Asked {
        item: u32,
        limit: Limit,
        at: Instant,
        seen: u64,
        seen_at: Instant,
    },
    /// It was killed for its limit.
    Killed { item: u32, limit: Limit },
}

impl Watch {
    /// The item that has exceeded its limit, whatever the worker says of it from now on.
    pub(crate) fn expired(self) -> Option<(u32, Limit)> {
        match self {
            Self::Quiet => None,
            Self::Asked { item, limit, .. } | Self::Killed { item, limit } => Some((item, limit)),
        }
    }
}

/// `CLOCK_MONOTONIC` now, in nanoseconds, as Python's `time.monotonic_ns`.
pub(crate) fn monotonic() -> u64 {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec().cast_unsigned() * 1_000_000_000 + time.tv_nsec().cast_unsigned()
    })
}

/// The signal on which a worker writes its stacks: a real-time one, which tests do not use.
fn stacks_signal() -> i32 {
    libc::SIGRTMIN() + 7
}

impl Run {
    /// How long nothing is due.
    pub(super) fn next_moment(&self) -> Option<Duration> {
        let limits = self
            .living()
            .filter_map(|number| self.worker_moment(number));
        limits
            .chain(self.screen.next_moment())
            .chain(self.ending_moment())
            .min()
    }

    fn worker_moment(&self, number: usize) -> Option<Duration> {
        let worker = &self.workers[number];
        match worker.watch {
            Watch::Asked { .. } => Some(STACKS_SETTLE),
            Watch::Killed { .. } => None,
            Watch::Quiet => {
                let activity = journal::activity(worker.memory.journal());
                let limits = &self.suite.as_ref()?.limits;
                match limits.left(&activity, self.now_for(&activity)) {
                    Some((_, left)) => Some(left),
                    // The limit of whatever it starts next is not known yet.
                    None => limits.shortest(),
                }
            }
        }
    }

    /// Now, less the time that the run was suspended while this item ran.
    fn now_for(&self, activity: &journal::Activity) -> u64 {
        let paused: u64 = self
            .pauses
            .iter()
            .filter(|(begin, _)| *begin >= activity.item_start)
            .map(|(begin, end)| end - begin)
            .sum();
        monotonic() - paused
    }

    /// Looks at every worker's limit.
    pub(super) fn check_limits(&mut self) {
        let numbers: Vec<usize> = self.living().collect();
        for number in numbers {
            self.check_limit(number);
        }
    }

    fn check_limit(&mut self, number: usize) {
        let Some(suite) = &self.suite else { return };
        let process = self.worker_process(number);
        let worker = &self.workers[number];
        let activity = journal::activity(worker.memory.journal());
        let now = Instant::now();
        let next = match worker.watch {
            Watch::Killed { .. } => return,
            Watch::Quiet => {
                let (Some(item), Some((limit, Duration::ZERO))) = (
                    activity.item,
                    suite.limits.left(&activity, self.now_for(&activity)),
                ) else {
                    return;
                };
                process.signal_number(stacks_signal());
                Watch::Asked {
                    item,
                    limit,
                    at: now,
                    seen: 0,
                    seen_at: now,
                }
            }
            Watch::Asked {
                item,
                limit,
                at,
                seen,
                seen_at,
            } => {
                let length = worker.memory.stacks_length();
                let settled = length > 0 && length == seen && now - seen_at >= STACKS_SETTLE;
                // The signal ends a system call early, so the test may go on or even be over.
                // It took too long all the same.
                let moved_on = activity.item != Some(item);
                if settled || moved_on || now - at >= STACKS_WAIT {
                    process.signal(Signal::SIGKILL);
                    Watch::Killed { item, limit }
                } else if length == seen {
                    worker.watch
                } else {
                    Watch::Asked {
                        item,
                        limit,
                        at,
                        seen: length,
                        seen_at: now,
                    }
                }
            }
        };
        self.workers[number].watch = next;
    }
}
