//! Items that use resources.

use super::Planner;
use crate::batch::Batch;
use crate::worker::Worker;

impl Planner {
    /// Gives a worker something that uses resources, when that is more urgent than what it would have else, or when it is
    /// to have it `anyway`; true when the batch is to have nothing else.
    ///
    /// Whatever is in the batch has its resources from now on, so a batch has items of one unit only.
    pub(super) fn take_held(&mut self, worker: usize, batch: &mut Batch, anyway: bool) -> bool {
        if self.held.is_empty() || !batch.items.is_empty() || self.bound_of(worker).is_some() {
            return false;
        }
        let suits = |item| self.suits(worker, item);
        let Some(unit) = self.held.find(worker, self.options.in_order, suits) else {
            return false;
        };
        if !anyway && !self.is_urgent(worker, unit) {
            return false;
        }
        if let Some(group) = self.held.group(unit) {
            self.leave_group(worker);
            self.held.send(unit, worker, &self.estimates);
            self.hold(worker, group);
            return false;
        }
        while let Some(item) = self.held.first(unit) {
            if !batch.add(item, self.estimates.of(item), &self.estimates) {
                break;
            }
            self.held.send(unit, worker, &self.estimates);
            self.send(worker, item);
        }
        true
    }

    /// An item is to be sent again; false when it uses nothing.
    pub(super) fn give_back_held(&mut self, item: u32) -> bool {
        let held = self.held.has(item);
        if held {
            self.held.add(item, &self.estimates);
        }
        held
    }

    /// Offers a bound group that uses resources.
    pub(super) fn offer_held(&mut self, group: usize) {
        let waiting = self.bound.waiting(group);
        let seconds = waiting.map(|item| self.estimates.of(item).seconds).sum();
        if let Some(first) = self.bound.first(group) {
            self.held.add_group(group, first, seconds);
        }
    }

    fn is_urgent(&self, worker: usize, unit: usize) -> bool {
        let Some(first) = self.held.first(unit) else {
            return false;
        };
        let Some(state) = self.worker(worker) else {
            return false;
        };
        let own = self.own_place(state);
        if self.options.in_order {
            let in_pool = self.pool.first_place();
            let next = own
                .into_iter()
                .chain(in_pool)
                .map(|place| self.layout.item(place))
                .min();
            return next.is_none_or(|next| first < next);
        }
        let critical = self.held.critical(unit);
        if own.is_some() {
            // It is in the middle of something, whose fixtures would have to be set up again.
            return critical >= self.waiting.seconds(&self.estimates) / self.expected_workers();
        }
        let long = self.pool.longest_of_long();
        long.is_none_or(|seconds| seconds <= critical)
    }

    /// The place that a worker would go on with.
    fn own_place(&self, state: &Worker) -> Option<u32> {
        if !state.piece.is_empty() {
            return Some(state.piece.start);
        }
        let places = &self.groups.get(state.group?).places;
        (!places.is_empty()).then_some(places.start)
    }
}
