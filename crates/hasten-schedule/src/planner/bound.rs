//! Groups that one worker has for itself.

use super::{Planner, State};
use crate::batch::Batch;
use crate::layout::{Rank, Unit};

impl Planner {
    /// The bound group that a worker has to go on with.
    pub(super) fn bound_of(&self, worker: usize) -> Option<usize> {
        let held = &self.worker(worker)?.bound;
        let has_items = |group: &&usize| self.bound.first(**group).is_some();
        held.iter().rev().find(has_items).copied()
    }

    /// Gives a group to a worker.
    pub(super) fn hold(&mut self, worker: usize, group: usize) {
        self.bound.hold(group, worker);
        if let Some(state) = self.worker_mut(worker) {
            state.bound.push(group);
        }
    }

    /// Moves items of a bound group to the batch; false when the batch is full.
    pub(super) fn fill_bound(&mut self, worker: usize, group: usize, batch: &mut Batch) -> bool {
        while let Some(item) = self.bound.first(group) {
            if !self.suits(worker, item)
                || !batch.add(item, self.estimates.of(item), &self.estimates)
            {
                return false;
            }
            self.bound.send(group);
            self.send(worker, item);
        }
        true
    }

    /// Counts an item as sent.
    pub(super) fn send(&mut self, worker: usize, item: u32) {
        let expected = self.estimates.of(item);
        let file = self.estimates.file_of(item);
        self.was_given(worker, item);
        if let Some(state) = self.worker_mut(worker) {
            state.send(item, file, expected);
        }
        self.states[item as usize] = State::Sent;
        self.waiting.remove(self.estimates.history(item));
    }

    /// An item of a worker finished, perhaps the last of a group.
    pub(super) fn finish_bound(&mut self, worker: usize, item: u32) {
        if let Some(group) = self.bound.of(item)
            && self.bound.finish(group)
        {
            self.held.finish_group(group, worker);
            if let Some(state) = self.worker_mut(worker) {
                state.bound.retain(|held| *held != group);
            }
        }
    }

    /// Offers what a worker that is gone has left of its groups.
    pub(super) fn release_bound(&mut self, groups: &[usize]) {
        for group in groups {
            if self.bound.release(*group) {
                self.offer_bound(*group);
            }
        }
    }

    /// An item of a bound group is to be sent again; false when it is free.
    pub(super) fn give_back_bound(&mut self, item: u32) -> bool {
        let Some(group) = self.bound.of(item) else {
            return false;
        };
        if self.bound.again(group, item) {
            self.offer_bound(group);
        }
        true
    }

    /// The place of a group's first item stands for all of the group.
    fn offer_bound(&mut self, group: usize) {
        if self.held.has_group(group) {
            self.offer_held(group);
            return;
        }
        let Some(first) = self.bound.first(group) else {
            return;
        };
        let place = self.layout.place(first);
        self.offer(Unit {
            rank: Rank::Returned,
            whole: true,
            places: place..place + 1,
        });
    }
}
