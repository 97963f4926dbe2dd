//! Where tests wait: workers whose test takes long and uses little processor time are looked at now and then.

use std::collections::HashMap;
use std::time::Duration;

use hasten_history::Wait;
use hasten_protocol::journal;

use super::Run;
use crate::clock::monotonic;
use crate::descendants;
use crate::sampler::{Request, Sample, Sampler};
use crate::waiting::{Place, place};
use crate::worker_load::{delayed, processor_time};

/// What is known of waiting tests.
#[derive(Default)]
pub(crate) struct Waits {
    /// Started when the first test waits.
    sampler: Option<Sampler>,
    /// Seconds, by test and place.
    found: HashMap<(u32, Place), f64>,
}

/// Processor time of a process so far, and the time that it waited for a processor, in nanoseconds.
fn busy_time(pid: i32) -> Option<u64> {
    let busy = processor_time(pid)? + delayed(pid).unwrap_or_default();
    u64::try_from(busy.as_nanos()).ok()
}

impl Run {
    /// When a worker has to be looked at.
    pub(super) fn waits_moment(&self) -> Option<Duration> {
        let moments = self.living().filter_map(|number| {
            let worker = &self.workers[number];
            let activity = journal::activity(worker.memory.journal());
            worker
                .looks
                .next(&activity)
                .filter(|_| worker.trial.is_none())
        });
        let next = moments.min()?;
        Some(Duration::from_nanos(next.saturating_sub(monotonic())))
    }

    /// Looks at the workers for which it is time.
    pub(super) fn look_at_waiting(&mut self) {
        let now = monotonic();
        for number in self.living().collect::<Vec<_>>() {
            let pid = self.worker_process(number).pid;
            let worker = &mut self.workers[number];
            let activity = journal::activity(worker.memory.journal());
            let next = worker.looks.next(&activity);
            if worker.trial.is_some() || next.is_none_or(|next| next > now) {
                continue;
            }
            let busy = pid.and_then(busy_time);
            let waited = worker.looks.look(&activity, now, busy);
            let (Some(pid), Some(item), Some(waited)) = (pid, activity.item, waited) else {
                continue;
            };
            if descendants::stat(pid).is_none_or(|process| process.runnable) {
                continue;
            }
            let request = Request {
                worker: number,
                pid,
                item,
                started: activity.started,
                phase_start: activity.phase_start,
                waited,
            };
            let sampler = self.waits.sampler.get_or_insert_with(Sampler::start);
            sampler.ask(request);
        }
        self.take_samples();
    }

    /// Takes in what was found.
    fn take_samples(&mut self) {
        let Some(sampler) = &self.waits.sampler else {
            return;
        };
        let samples: Vec<Sample> = sampler.samples().collect();
        if samples.is_empty() {
            return;
        }
        let folders = self.folders();
        for sample in samples {
            if self.is_of_its_test(&sample)
                && let Some(place) = place(&sample.frames, &folders)
            {
                let seconds = Duration::from_nanos(sample.request.waited).as_secs_f64();
                let found = &mut self.waits.found;
                *found.entry((sample.request.item, place)).or_default() += seconds;
            }
        }
    }

    /// False when the worker had begun with something else before the stack was read.
    fn is_of_its_test(&self, sample: &Sample) -> bool {
        let request = &sample.request;
        let Some(worker) = self.workers.get(request.worker) else {
            return false;
        };
        let now = journal::activity(worker.memory.journal());
        let same = now.started == request.started && now.phase_start == request.phase_start;
        same || now.phase_start > sample.at
    }

    /// What was found, for the history: of each test the longest first.
    pub(super) fn waits(&self) -> Vec<Wait> {
        let Some(suite) = &self.suite else {
            return Vec::new();
        };
        let named = self
            .waits
            .found
            .iter()
            .filter_map(|((item, place), seconds)| {
                Some(Wait {
                    nodeid: suite.nodeids.get(*item as usize)?.clone(),
                    line: place.line.clone(),
                    inside: place.inside.clone(),
                    seconds: *seconds,
                })
            });
        let mut waits: Vec<Wait> = named.collect();
        waits.sort_by(|a, b| {
            let by_seconds = b.seconds.total_cmp(&a.seconds);
            a.nodeid
                .cmp(&b.nodeid)
                .then(by_seconds)
                .then_with(|| a.line.cmp(&b.line))
        });
        waits
    }
}
