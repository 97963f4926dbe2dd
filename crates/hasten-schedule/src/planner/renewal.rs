//! Isolated units, and when a worker needs another process.

use super::Planner;
use crate::worker::Ran;

impl Planner {
    /// The process of a worker was replaced: the new one has run nothing. What the worker has for itself it keeps. Until it
    /// asks, it counts as one that is about to take something: it may have to load first.
    pub fn renewed(&mut self, worker: usize) {
        if let Some(state) = self.worker_mut(worker) {
            state.ran = Ran::Nothing;
        }
    }

    /// True when the process of a worker may run an item that it is given past the planner; a worker that is not known
    /// has run nothing.
    #[must_use]
    pub fn may_run(&self, worker: usize, item: u32) -> bool {
        match (self.ran(worker), self.units.of(item)) {
            (Ran::Nothing, _) => true,
            (Ran::Shared, unit) => unit.is_none(),
            (Ran::Unit(_), _) => false,
        }
    }

    /// A worker was given an item, perhaps past the planner.
    pub fn was_given(&mut self, worker: usize, item: u32) {
        let ran = self.units.of(item).map_or(Ran::Shared, Ran::Unit);
        if let Some(state) = self.worker_mut(worker) {
            state.ran = ran;
        }
    }

    /// True when the process of a worker runs an isolated unit.
    #[must_use]
    pub fn is_isolated(&self, worker: usize) -> bool {
        matches!(self.ran(worker), Ran::Unit(_))
    }

    /// True when a worker runs an isolated unit, and there is more for it to do then, in another process.
    #[must_use]
    pub fn will_renew(&self, worker: usize) -> bool {
        self.is_isolated(worker) && self.has_work_for(worker)
    }

    fn ran(&self, worker: usize) -> Ran {
        self.worker(worker).map_or(Ran::Nothing, |state| state.ran)
    }

    /// True when an item may be sent to a worker, whatever its process has run.
    pub(super) fn suits(&self, worker: usize, item: u32) -> bool {
        match (self.ran(worker), self.units.of(item)) {
            (Ran::Nothing, _) => true,
            (Ran::Shared, unit) => unit.is_none(),
            (Ran::Unit(own), unit) => unit == Some(own),
        }
    }

    /// True when more of the unit follows that a worker runs.
    pub(super) fn unit_goes_on(&self, worker: usize) -> bool {
        let next = self
            .bound_of(worker)
            .and_then(|group| self.bound.first(group));
        next.is_some_and(|item| self.suits(worker, item))
    }

    /// Says whether a worker that is sent nothing should have another process: there is something for it, and not more
    /// workers than there is work for are about to get one.
    pub(super) fn decide_renewal(&mut self, worker: usize) -> bool {
        if self.ran(worker) == Ran::Nothing || !self.has_work_for(worker) {
            return false;
        }
        if self.bound_of(worker).is_none() {
            let others = (self.workers.iter().enumerate())
                .filter(|(number, state)| {
                    *number != worker && state.as_ref().is_some_and(|state| state.renews)
                })
                .count();
            let room = self.room(others + 1) + usize::from(self.has_alone_for(Some(worker)));
            if room <= others {
                return false;
            }
        }
        if let Some(state) = self.worker_mut(worker) {
            state.renews = state.queued() == 0;
        }
        true
    }
}
