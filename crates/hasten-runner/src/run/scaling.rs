//! `-n auto`: how many workers there are, by what the system says of their load.
//!
//! [`hasten_schedule::autoscale`] decides; here it is told what it has to know, and what it says is done.

use std::time::{Duration, Instant};

use hasten_protocol::journal::{self, Phase};
use hasten_schedule::autoscale::{Autoscaler, Bounds, Sample};

use super::Run;
use super::costs::start_up;
use super::origin::Origin;
use crate::clock::monotonic;
use crate::death::Cause;
use crate::error::RunError;
use crate::machine::{Counters, Machine, Memory};
use crate::process::Role;
use crate::worker_load::{Load, private_memory, resident_memory};

/// How often the load is looked at: at first, and while nothing changes.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_SELDOM: Duration = Duration::from_millis(400);
/// A sample over more than this says nothing of what is now: there was no work, or the run was suspended.
const STALE: Duration = Duration::from_secs(2);
/// Room for work is counted up to this: a pool at most doubles, and 64 workers are the most that nobody asked for.
const MOST_ROOM: usize = 64;
/// Bytes that a worker takes at least.
const LEAST_MEMORY: u64 = 16 << 20;
/// Workers whose memory is looked at before another is added.
const ASKED_FOR_MEMORY: usize = 4;

/// The size of the pool.
pub(crate) struct Scaling {
    machine: Machine,
    autoscaler: Autoscaler,
    counted: Option<Counters>,
    looked_at: Instant,
    next_look: Duration,
}

impl Run {
    /// Begins to follow the load, with about `count` workers; returns with how many.
    pub(super) fn begin_scaling(&mut self, count: usize, origin: Origin) -> usize {
        let Some(most) = self.elastic_limit() else {
            return count;
        };
        let machine = Machine::of_this_process();
        // A plugin that was shown a worker waits for its end.
        let start = match self.nodes.expected() {
            Some(_) => count,
            None => self.that_fit(&machine, count, origin),
        };
        let bounds = Bounds {
            cores: machine.cores(),
            start,
            most,
        };
        self.scaling = Some(Scaling {
            counted: machine.counters(),
            machine,
            autoscaler: Autoscaler::new(bounds),
            looked_at: Instant::now(),
            next_look: LOOK,
        });
        start
    }

    /// As many of `count` workers as there is memory for. A forked one shares what it does not change, and nobody knows yet
    /// what that will be: half of it is taken for its own. Another one has all for itself, and the tests beside.
    fn that_fit(&mut self, machine: &Machine, count: usize, origin: Origin) -> usize {
        let forked = origin == Origin::Session;
        let role = if forked { Role::Session } else { Role::Main };
        let pid = self.process(role).and_then(|process| process.pid);
        let (Some(memory), Some(bytes)) = (machine.memory(), pid.and_then(resident_memory)) else {
            return count;
        };
        let bytes = if forked { bytes / 2 } else { bytes + bytes / 2 };
        let fit = memory.room_for(bytes.max(LEAST_MEMORY)).max(1);
        if fit < count {
            self.note_summary(&describe_little_memory(fit, count, &memory));
        }
        fit.min(count)
    }

    /// When the load has to be looked at.
    pub(super) fn scaling_moment(&self) -> Option<Duration> {
        let scaling = self.scaling.as_ref().filter(|_| self.stop.is_none())?;
        let room = self.suite.as_ref()?.planner.room(1);
        let useful = scaling.autoscaler.is_of_use(self.active(None), room);
        useful.then(|| {
            scaling
                .next_look
                .saturating_sub(scaling.looked_at.elapsed())
        })
    }

    /// Number of workers that have something to do, but for one.
    pub(super) fn active(&self, except: Option<usize>) -> usize {
        self.living()
            .filter(|number| Some(*number) != except && self.is_active(*number))
            .count()
    }

    fn is_active(&self, number: usize) -> bool {
        let worker = &self.workers[number];
        !worker.waiting && !worker.finishing && worker.trial.is_none()
    }

    /// True when as many workers as there should be have something to do, without this one.
    pub(super) fn is_crowded(&self, worker: Option<usize>) -> bool {
        (self.scaling.as_ref())
            .is_some_and(|scaling| self.active(worker) >= scaling.autoscaler.target())
    }

    /// Looks at the load when it is time, and adds workers when cores are idle.
    pub(super) fn scale(&mut self) -> Result<(), RunError> {
        if self.scaling_moment() != Some(Duration::ZERO) {
            return Ok(());
        }
        let Some(mut scaling) = self.scaling.take() else {
            return Ok(());
        };
        let stale = scaling.looked_at.elapsed() > STALE;
        let sample = self.sample(&mut scaling);
        if stale {
            self.scaling = Some(scaling);
            return Ok(());
        }
        let before = scaling.autoscaler.target();
        let target = scaling
            .autoscaler
            .look(&sample, || self.room_in_memory(&scaling.machine));
        let busy = sample.wanted.map_or(sample.idle < 0.5, |wanted| {
            wanted > 0.75 * scaling.machine.cores()
        });
        let quiet = target == before && busy && sample.starting == 0;
        scaling.next_look = if quiet {
            (scaling.next_look * 2).min(LOOK_SELDOM)
        } else {
            LOOK
        };
        self.scaling = Some(scaling);
        self.fill_up(target.saturating_sub(sample.active))
    }

    fn sample(&mut self, scaling: &mut Scaling) -> Sample {
        let seconds = scaling.looked_at.elapsed().as_secs_f64();
        scaling.looked_at = Instant::now();
        let now = monotonic();
        let active: Vec<usize> = self
            .living()
            .filter(|number| self.is_active(*number))
            .collect();
        let (mut used, mut wanted) = (0.0, Some(0.0));
        let (mut starting, mut runnable) = (0, 0);
        let (mut running, mut running_for) = (0_u32, 0.0);
        for number in &active {
            let pid = self.worker_process(*number).pid;
            let waits = self.waits_for_fixture(*number);
            let worker = &mut self.workers[*number];
            if let Some(load) = pid.and_then(Load::of) {
                let spent = load.since(&worker.costs.load);
                runnable += load.runnable();
                used += spent.used;
                wanted = wanted.zip(spent.wanted).map(|(sum, more)| sum + more);
                worker.costs.load = load;
            }
            let activity = journal::activity(worker.memory.journal());
            let age = |since: u64| seconds_of(now.saturating_sub(since));
            if worker.costs.until_first_call.is_none() {
                let called = matches!(activity.phase, Phase::Call | Phase::Teardown);
                if activity.item.is_some() && called || worker.costs.setups > 0 {
                    let since = activity.phase_start.min(now);
                    let until = worker.started.elapsed().as_secs_f64() - age(since);
                    let begun = until - worker.costs.waited;
                    worker.costs.until_first_call = Some(begun.max(0.0));
                } else {
                    starting += 1;
                }
            } else if waits {
                starting += 1;
            }
            if activity.item.is_some() {
                running += 1;
                running_for += age(activity.item_start);
            }
        }
        let counted = scaling.machine.counters();
        let idle = (scaling.counted.as_ref().zip(counted.as_ref()))
            .and_then(|(before, after)| scaling.machine.idle(before, after, seconds));
        scaling.counted = counted;
        let cores = scaling.machine.cores();
        let per_second = 1.0 / seconds.max(f64::EPSILON);
        let left = (cores - used * per_second).max(0.0);
        let costs = self.workers.iter().map(|worker| &worker.costs);
        let memory = scaling.machine.memory();
        let planner = self.suite.as_ref().map(|suite| &suite.planner);
        // What runs takes at least as long as it has run so far, and others of which nothing is known may, too.
        let least = if running > 0 {
            running_for / f64::from(running)
        } else {
            0.0
        };
        Sample {
            seconds,
            idle: idle.unwrap_or(cores).min(left),
            wanted: wanted.map(|sum| sum * per_second),
            runnable,
            active: active.len(),
            starting,
            room: planner.map_or(0, |planner| planner.room(MOST_ROOM)),
            work: planner.map_or(0.0, |planner| planner.waiting_seconds(least)),
            start_up: start_up(costs),
            memory_is_short: memory.is_some_and(|memory| memory.is_short()),
        }
    }

    /// For how many further workers there is memory, if they take as much as the largest one.
    fn room_in_memory(&self, machine: &Machine) -> usize {
        let pids = self
            .living()
            .filter_map(|number| self.worker_process(number).pid);
        let largest = pids.take(ASKED_FOR_MEMORY).filter_map(private_memory).max();
        match (machine.memory(), largest) {
            (Some(memory), Some(bytes)) => memory.room_for((bytes + bytes / 4).max(LEAST_MEMORY)),
            _ => usize::MAX,
        }
    }

    /// Gives work to so many more workers: those that are there and wait, then new ones.
    fn fill_up(&mut self, more: usize) -> Result<(), RunError> {
        let waiting: Vec<usize> = self
            .living()
            .filter(|number| self.workers[*number].is_idle())
            .collect();
        let room = |run: &Self| {
            let planner = run.suite.as_ref().map(|suite| &suite.planner);
            planner.map_or(0, |planner| planner.room(1)) > 0
        };
        for place in 0..more {
            if !room(self) {
                break;
            }
            if let Some(number) = waiting.get(place) {
                self.feed(*number);
            } else if self.may_add_worker() {
                let origin = self.origin();
                self.add_worker(origin)?;
            } else {
                // At the next look, when plugins have seen it.
                break;
            }
        }
        Ok(())
    }

    /// Fewer workers from now on, when the kernel has killed one for lack of memory.
    pub(super) fn note_lack_of_memory(&mut self, cause: &Cause) {
        let active = self.active(None) + 1;
        if let (Some(scaling), Cause::OutOfMemory(_)) = (&mut self.scaling, cause) {
            scaling.autoscaler.memory_ran_out(active);
        }
    }

    /// Says that there were more workers than cores, when tests have failed: they may not stand it.
    pub(super) fn note_growth(&mut self) {
        let (Some(scaling), Some(start), Some(suite)) = (&self.scaling, self.count, &self.suite)
        else {
            return;
        };
        let workers = self.regular_workers();
        let cores = scaling.machine.cores();
        if suite.ledger.counts().failed > 0 && workers > start && workers as f64 > cores.ceil() {
            self.note_summary(&describe_growth(start, workers));
        }
    }
}

fn seconds_of(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}

fn describe_growth(start: usize, workers: usize) -> String {
    format!(
        "the tests ran on {workers} workers, since they left cores idle; should the failures come from that, -n {start} \
         keeps to {start}"
    )
}

fn describe_little_memory(fit: usize, count: usize, memory: &Memory) -> String {
    let workers = if fit == 1 { "worker" } else { "workers" };
    format!(
        "{fit} {workers} instead of {count} at the start, since only {} MiB of memory were left",
        memory.available >> 20
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_users() {
        assert_eq!(
            describe_growth(2, 16),
            "the tests ran on 16 workers, since they left cores idle; should the failures come from that, -n 2 keeps to 2"
        );
        let memory = Memory {
            total: 512 << 20,
            available: 90 << 20,
        };
        assert_eq!(
            describe_little_memory(1, 4, &memory),
            "1 worker instead of 4 at the start, since only 90 MiB of memory were left"
        );
    }
}
