//! Items beside which nothing else runs.

use super::{Planner, State};
use crate::batch::Batch;

impl Planner {
    /// True when an item that runs alone can go to a worker, or to a new one: nothing else is left, and nobody
    /// else has anything unfinished.
    pub(super) fn has_alone_for(&self, worker: Option<usize>) -> bool {
        if self.alone.is_empty() {
            return false;
        }
        let sent = |item: &u32| self.states[*item as usize] == State::Sent;
        let own = worker
            .and_then(|worker| self.worker(worker))
            .map_or(0, |state| state.unfinished().filter(sent).count());
        self.unfinished.items == self.alone.len() + own
    }

    /// True when an item runs alone on another worker. Nothing is given out then, also not what runs again.
    pub(super) fn is_barred(&self, worker: Option<usize>) -> bool {
        self.solo.is_some_and(|(solo, _)| Some(solo) != worker)
    }

    /// An item finished, perhaps one that ran alone.
    pub(super) fn finish_alone(&mut self, item: u32) {
        if self.runs_alone[item as usize] {
            self.solo = self
                .solo
                .filter(|(_, items)| *items > 1)
                .map(|(worker, items)| (worker, items - 1));
        }
    }

    /// Takes an item that runs alone, for a batch that would be empty without it.
    pub(super) fn take_alone(&mut self, worker: usize, batch: &Batch) -> Option<u32> {
        if !batch.items.is_empty() || !self.has_alone_for(Some(worker)) {
            return None;
        }
        let item = self
            .alone
            .iter()
            .copied()
            .find(|item| self.suits(worker, *item))?;
        self.alone.remove(&item);
        self.send(worker, item);
        let before = self.solo.map_or(0, |(_, items)| items);
        self.solo = Some((worker, before + 1));
        Some(item)
    }

    /// An item is to be sent again; false when it does not run alone.
    pub(super) fn give_back_alone(&mut self, item: u32) -> bool {
        let alone = self.runs_alone[item as usize];
        if alone {
            self.alone.insert(item);
        }
        alone
    }
}
