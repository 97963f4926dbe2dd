//! Lines that say what has been running for long.

use std::time::Duration;

use hasten_protocol::journal::{self, Activity, Phase};

use super::Run;
use crate::clock::monotonic;

/// What was said of the thing that a process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    started: u32,
    times: u32,
}

impl Said {
    /// How often it was said of what was started as this number.
    fn times(self, started: u32) -> u32 {
        if self.started == started {
            self.times
        } else {
            0
        }
    }
}

/// How long it is until something has to be said, in seconds; negative when it is due.
fn left(activity: &Activity, said: Said, every: f64, now: u64) -> Option<f64> {
    let start = match activity.phase {
        Phase::SessionFinish | Phase::Collect => activity.phase_start,
        _ => activity.item.map(|_| activity.item_start)?,
    };
    let spent = Duration::from_nanos(now.saturating_sub(start)).as_secs_f64();
    let times = said.times(activity.started);
    Some(every * f64::from(times + 1) - spent)
}

impl Run {
    pub(super) fn slow_moment(&self) -> Option<Duration> {
        let every = self.rules.slow_after;
        if every <= 0.0 || self.ended {
            return None;
        }
        let now = monotonic();
        let soonest = self
            .living()
            .filter_map(|number| {
                let worker = &self.workers[number];
                let activity = journal::activity(worker.memory.journal());
                left(&activity, worker.said, every, now)
            })
            .chain([every])
            .min_by(f64::total_cmp)?;
        Duration::try_from_secs_f64(soonest.max(0.0)).ok()
    }

    pub(super) fn say_what_is_slow(&mut self) {
        let every = self.rules.slow_after;
        if every <= 0.0 || self.ended {
            return;
        }
        let now = monotonic();
        for number in self.living().collect::<Vec<_>>() {
            let worker = &self.workers[number];
            let activity = journal::activity(worker.memory.journal());
            let said = worker.said;
            if left(&activity, said, every, now).is_none_or(|seconds| seconds > 0.0) {
                continue;
            }
            let times = said.times(activity.started) + 1;
            let what = self.doing(number, &activity);
            let seconds = every * f64::from(times);
            let text = format!("{}: {what} has been running for {seconds} s", worker.id);
            self.workers[number].said = Said {
                started: activity.started,
                times,
            };
            self.note_now(&text);
        }
    }

    /// What a worker does, in words.
    pub(super) fn doing(&self, number: usize, activity: &Activity) -> String {
        let nodeid = activity.item.and_then(|item| {
            let suite = self.suite.as_ref()?;
            suite.nodeids.get(item as usize)
        });
        match (nodeid, activity.phase) {
            (Some(nodeid), Phase::None) => match self.awaited_fixture(number) {
                Some(waits) => format!("{nodeid} ({waits})"),
                None => nodeid.clone(),
            },
            (Some(nodeid), phase) => format!("{nodeid} ({})", phase.when()),
            (None, Phase::Collect) => {
                let file = journal::collected_file(self.workers[number].memory.journal());
                format!("the collection of {file}")
            }
            (None, Phase::SessionFinish) => "the end of its session".to_owned(),
            (None, _) => "nothing".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_a_period() {
        let activity = Activity {
            item: Some(1),
            phase: Phase::Call,
            item_start: 0,
            phase_start: 0,
            started: 4,
            fixture_start: None,
            own_timer: false,
        };
        let due = |said| left(&activity, said, 10.0, 25_000_000_000).unwrap();
        assert_eq!(due(Said::default()), -15.0);
        let twice = Said {
            started: 4,
            times: 2,
        };
        assert_eq!(due(twice), 5.0);
        let other = Said {
            started: 3,
            times: 9,
        };
        assert_eq!(due(other), -15.0, "said of what ran before");
    }
}
