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
    /// Of each worker that was given items: its times before.
    before: HashMap<usize, Times>,
    /// Of all workers that were told to finish: their times since then.
    spent: Times,
}

/// Times of a process so far.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// Processor time.
    used: Duration,
    /// The time that it was ready to run and had no processor.
    delayed: Duration,
}

impl Times {
    fn of(pid: i32) -> Option<Self> {
        Some(Self {
            used: processor_time(pid)?,
            delayed: delayed(pid).unwrap_or_default(),
        })
    }

    /// Nanoseconds of both.
    fn busy(self) -> u64 {
        u64::try_from((self.used + self.delayed).as_nanos()).unwrap_or(u64::MAX)
    }
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
            let busy = pid.and_then(Times::of).map(Times::busy);
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

    /// A worker is given items: what it used before, as for its own collection, is not the tests'.
    pub(super) fn begin_core_wait(&mut self, number: usize) {
        let pid = self.worker_process(number).pid;
        // One that was forked a moment ago has not said who it is, and has used nothing.
        let times = || pid.and_then(Times::of).unwrap_or_default();
        self.waits.before.entry(number).or_insert_with(times);
    }

    /// A worker has run its last item.
    pub(super) fn end_core_wait(&mut self, number: usize) {
        let now = self.worker_process(number).pid.and_then(Times::of);
        if let (Some(before), Some(now)) = (self.waits.before.remove(&number), now) {
            let spent = &mut self.waits.spent;
            spent.used += now.used.saturating_sub(before.used);
            spent.delayed += now.delayed.saturating_sub(before.delayed);
        }
    }

    /// Seconds for which workers were ready and had no core, for each second that they computed.
    pub(super) fn core_wait(&self) -> Option<f64> {
        let Times { used, delayed } = self.waits.spent;
        (!used.is_zero()).then(|| delayed.as_secs_f64() / used.as_secs_f64())
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
