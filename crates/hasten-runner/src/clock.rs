//! What time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::poll::PollTimeout;
use nix::time::{ClockId, clock_gettime};

/// `CLOCK_MONOTONIC` now, in nanoseconds, as Python's `time.monotonic_ns`.
pub(crate) fn monotonic() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec().cast_unsigned() * 1_000_000_000 + time.tv_nsec().cast_unsigned()
    })
}

/// How long ago a moment of that clock was.
pub(crate) fn since(moment: u64) -> Duration {
    Duration::from_nanos(monotonic().saturating_sub(moment))
}

/// Seconds from the epoch on, as Python's `time.time`; 0 for what was before.
pub(crate) fn epoch_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}

/// A time to wait, rounded up, so that the moment has come when the wait ends.
pub(crate) fn poll_timeout(wait: Duration) -> PollTimeout {
    PollTimeout::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(PollTimeout::MAX)
}
