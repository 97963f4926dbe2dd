//! A number of workers that follows the load, as the supervisor does it.

use super::{Doing, Run, Scenario};
use crate::autoscale::{Autoscaler, Bounds, Sample};

/// In place of a worker: the supervisor looks at the load.
pub(super) const LOOK: usize = usize::MAX;
/// How often it does.
const EVERY: f64 = 0.05;
/// An item that runs for so many seconds makes others wait.
const LONG: f64 = 0.1;

/// The pool, and what was counted at the last look.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    autoscaler: Autoscaler,
    looked_at: f64,
    used: f64,
    wanted: f64,
    begun: bool,
}

impl Pool {
    pub(super) fn of(scenario: &Scenario) -> Option<Self> {
        let bounds = Bounds {
            cores: scenario.cores?,
            start: scenario.workers,
            most: scenario.most?,
        };
        Some(Self {
            autoscaler: Autoscaler::new(bounds),
            looked_at: 0.0,
            used: 0.0,
            wanted: 0.0,
            begun: false,
        })
    }
}

impl Run<'_> {
    pub(super) fn begin_looking(&mut self) {
        if self.pool.is_some() {
            self.at(EVERY, LOOK);
        }
    }

    fn is_active(&self, worker: usize) -> bool {
        !matches!(self.processes[worker].doing, Doing::Nothing | Doing::Dead)
    }

    fn active(&self, except: usize) -> usize {
        (0..self.processes.len())
            .filter(|worker| *worker != except && self.is_active(*worker))
            .count()
    }

    /// True when there are as many active workers as there should be, without this one.
    pub(super) fn is_crowded(&self, worker: usize) -> bool {
        (self.pool.as_ref()).is_some_and(|pool| self.active(worker) >= pool.autoscaler.target())
    }

    pub(super) fn look(&mut self, time: f64) {
        if self.planner.room(1) == 0 && !self.is_crowded(LOOK) {
            self.recall(time);
        }
        let active = self.active(LOOK);
        let starting = (self.processes.iter())
            .filter(|process| process.doing == Doing::Starting)
            .count();
        let running_for = self.running_for(time);
        let (Some(pool), Some(cores)) = (&mut self.pool, &self.cores) else {
            return;
        };
        pool.begun |= starting < active;
        let seconds = time - pool.looked_at;
        let used = (cores.used - pool.used) / seconds;
        let sample = Sample {
            seconds,
            idle: cores.count() - used,
            wanted: Some((cores.wanted - pool.wanted) / seconds),
            runnable: 0,
            active,
            starting,
            room: self.planner.room(64),
            work: self.planner.waiting_seconds(running_for),
            start_up: pool.begun.then_some(self.scenario.start),
            memory_is_short: false,
        };
        pool.looked_at = time;
        pool.used = cores.used;
        pool.wanted = cores.wanted;
        let target = pool.autoscaler.look(&sample, || usize::MAX);
        self.outcome.most_active = self.outcome.most_active.max(active);
        self.fill_up(target.saturating_sub(active), time);
        if self.planner.remaining() > 0 && self.active(LOOK) > 0 {
            self.at(time + EVERY, LOOK);
        }
    }

    /// Mean seconds that items run so far which are not finished.
    fn running_for(&self, time: f64) -> f64 {
        let running: Vec<f64> = (self.processes.iter().zip(&self.outcome.times))
            .filter(|(process, _)| matches!(process.doing, Doing::Running(_) | Doing::Computing(_)))
            .filter_map(|(_, times)| Some(time - times.last()?.0))
            .collect();
        running.iter().sum::<f64>() / running.len().max(1) as f64
    }

    /// Takes back what waits behind items that take long.
    fn recall(&mut self, time: f64) {
        for worker in 0..self.processes.len() {
            let runs_for =
                (self.outcome.times[worker].last()).map_or(0.0, |(start, _)| time - start);
            let process = &mut self.processes[worker];
            let runs = matches!(process.doing, Doing::Running(_) | Doing::Computing(_));
            let held: Vec<u32> = process.queue.iter().copied().collect();
            if runs && runs_for >= LONG && self.planner.may_take_back(&held) {
                process.queue.clear();
                process.last = false;
                self.outcome.recalled += held.len();
                self.planner.take_back(worker, &held);
            }
        }
    }

    fn fill_up(&mut self, more: usize, time: f64) {
        let waiting: Vec<usize> = (0..self.processes.len())
            .filter(|worker| self.processes[*worker].doing == Doing::Nothing)
            .collect();
        for place in 0..more {
            if self.planner.room(1) == 0 {
                break;
            }
            match waiting.get(place) {
                Some(worker) => self.wake(*worker, time),
                None => self.start_worker(time + self.scenario.start),
            }
        }
    }
}
