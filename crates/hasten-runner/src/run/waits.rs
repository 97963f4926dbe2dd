//! Where tests wait: workers whose test takes long and uses little processor time are looked at now and then.

use std::collections::HashMap;
use std::time::Duration;

use hasten_history::Wait;
use hasten_protocol::journal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use super::Run;
use super::time::monotonic;
use crate::descendants;
use crate::sampler::{Request, Sample, Sampler};
use crate::test_event::Folders;
use crate::waiting::{Looks, Place, place};

/// What is known of waiting tests.
#[derive(Default)]
pub(crate) struct Waits {
    /// Of each worker.
    looks: HashMap<usize, Looks>,
    /// Started when the first test waits.
    sampler: Option<Sampler>,
    /// Seconds, by test and place.
    found: HashMap<(u32, Place), f64>,
}

/// Processor time of a process so far, and the time that it waited for a processor, in nanoseconds.
fn busy_time(pid: i32) -> Option<u64> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).ok()?;
    let time = clock_gettime(clock).ok()?;
    let seconds = u64::try_from(time.tv_sec()).ok()?;
    let used = seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).ok()?;
    Some(used + descendants::delayed(pid))
}

impl Waits {
    /// A worker has another process.
    pub(crate) fn forget(&mut self, worker: usize) {
        self.looks.remove(&worker);
    }
}

impl Run {
    /// When a worker has to be looked at.
    pub(super) fn waits_moment(&mut self) -> Option<Duration> {
        let now = monotonic();
        let living: Vec<usize> = self.living().collect();
        let moments = living.into_iter().filter_map(|number| {
            let worker = &self.workers[number];
            if worker.trial.is_some() {
                return None;
            }
            let activity = journal::activity(worker.memory.journal());
            let looks = self.waits.looks.entry(number).or_default();
            looks.next(&activity)
        });
        let next = moments.min()?;
        Some(Duration::from_nanos(next.saturating_sub(now)))
    }

    /// Looks at the workers for which it is time.
    pub(super) fn look_at_waiting(&mut self) {
        let now = monotonic();
        for number in self.living().collect::<Vec<_>>() {
            let worker = &self.workers[number];
            let activity = journal::activity(worker.memory.journal());
            let (Some(item), Some(pid)) = (activity.item, self.worker_process(number).pid) else {
                continue;
            };
            let looks = self.waits.looks.entry(number).or_default();
            let due = looks.next(&activity).is_some_and(|next| next <= now);
            if worker.trial.is_some() || !due {
                continue;
            }
            let Some(waited) = busy_time(pid).and_then(|used| looks.look(now, used)) else {
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

    fn folders(&self) -> Folders {
        let configured = self.configured.as_ref();
        Folders {
            rootdir: configured.map_or_else(Default::default, |main| main.rootdir.clone().into()),
            current: configured
                .map_or_else(Default::default, |main| main.invocation_dir.clone().into()),
        }
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
