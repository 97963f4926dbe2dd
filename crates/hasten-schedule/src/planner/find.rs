//! Where the next item of a worker comes from.

use std::ops::Range;

use super::{Planner, State};
use crate::batch::Batch;
use crate::layout::Rank;
use crate::pool::Key;
use crate::share::Sizes;
use crate::worker::{Ran, Worker};

/// What to take of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// A unit with a long item; if there is one, of later items than this worker had of the file.
    Long,
    /// A unit of later items than this worker had of its file.
    InOrder,
    /// Whatever there is, a long item only if there is nothing else.
    Any,
}

impl Planner {
    /// Sees to it that the worker has a piece or a group to take items from; false when this batch is not
    /// to have more.
    pub(super) fn find_work(&mut self, worker: usize, batch: &Batch) -> bool {
        let Some(state) = self.worker(worker) else {
            return false;
        };
        if !state.piece.is_empty() || self.bound_of(worker).is_some() {
            return true;
        }
        if matches!(state.ran, Ran::Unit(_)) {
            return false;
        }
        let own = state
            .group
            .filter(|group| !self.groups.get(*group).places.is_empty());
        let alone = own.is_some_and(|group| self.groups.get(group).workers == 1);
        let stays = own.is_some_and(|group| self.groups.get(group).whole);
        let long = !stays && self.pool.has_long() && self.may_take_long(worker, batch);
        // What its process may not run does not keep a worker from what it is in the middle of.
        if long && (own.is_none() || self.has_suitable_long(worker)) {
            return !batch.suffices() && self.take(worker, batch, Choice::Long);
        }
        if alone {
            return true;
        }
        if own.is_none() && self.take(worker, batch, Choice::InOrder) {
            return true;
        }
        !batch.suffices()
            && (own.is_none() && self.take_piece_of_other(worker, self.fair_piece() * 2.0)
                || self.share(worker, own, true)
                || self.take(worker, batch, Choice::Any)
                || self.share(worker, None, false)
                || self.take_piece_of_other(worker, self.options.batch))
    }

    fn has_suitable_long(&self, worker: usize) -> bool {
        let suits = |key: Key| key.rank == Rank::Long && self.suits_at(worker, key);
        self.pool.find(Rank::Long, suits).is_some()
    }

    /// True when a unit may be sent to a worker, whatever its process has run.
    fn suits_at(&self, worker: usize, key: Key) -> bool {
        let item = self.layout.item(key.start);
        let first = self
            .bound
            .of(item)
            .and_then(|group| self.bound.first(group));
        self.suits(worker, first.unwrap_or(item))
    }

    /// With lookahead, a long item must not wait behind another.
    fn may_take_long(&self, worker: usize, batch: &Batch) -> bool {
        if !self.options.lookahead {
            return true;
        }
        let before = match batch.items.last() {
            Some(item) => Some(self.estimates.of(*item).seconds),
            None => self.worker(worker).and_then(Worker::last_queued),
        };
        before.is_none_or(|seconds| seconds < self.options.batch)
    }

    /// Begins a unit of the pool, unless the batch is too full for its first item.
    fn take(&mut self, worker: usize, batch: &Batch, choice: Choice) -> bool {
        let Some(state) = self.worker(worker) else {
            return false;
        };
        let bound = |key: Key| self.bound.of(self.layout.item(key.start));
        let suits = |key: Key| self.suits_at(worker, key);
        let in_order =
            |key: Key| suits(key) && (bound(key).is_some() || self.is_in_order(state, key.start));
        let after_long = if self.options.lookahead {
            Rank::Returned
        } else {
            Rank::Long
        };
        let found = match choice {
            Choice::Long => (self.pool)
                .find(Rank::Long, |key| key.rank == Rank::Long && in_order(key))
                .or_else(|| {
                    (self.pool).find(Rank::Long, |key| key.rank == Rank::Long && suits(key))
                }),
            Choice::InOrder => self.pool.find(after_long, in_order),
            Choice::Any => (self.pool)
                .find(Rank::Returned, suits)
                .or_else(|| self.pool.find(Rank::Long, suits)),
        };
        let fits = |key: &Key| {
            let group = bound(*key);
            let first = group.and_then(|group| self.bound.first(group));
            let item = first.unwrap_or_else(|| self.layout.item(key.start));
            // Nobody can take a group from behind an item that turns out to be long.
            (group.is_none() || !batch.suffices() || batch.is_known())
                && batch.has_room(item, self.estimates.of(item), &self.estimates)
        };
        let unit = found.filter(fits).and_then(|key| self.pool.take(key));
        let Some(unit) = unit else { return false };
        self.leave_group(worker);
        if let Some(group) = self.bound.of(self.layout.item(unit.places.start)) {
            self.hold(worker, group);
            return true;
        }
        let group = self.groups.begin(unit.places, unit.whole);
        if let Some(state) = self.worker_mut(worker) {
            state.group = Some(group);
        }
        true
    }

    /// True when the item at a place comes after all of its file that a worker had.
    fn is_in_order(&self, worker: &Worker, place: u32) -> bool {
        let item = self.layout.item(place);
        worker.is_in_order(item, self.estimates.file_of(item))
    }

    /// Cuts a piece off the worker's own group, which it shares, or the longest one.
    fn share(&mut self, worker: usize, own: Option<usize>, in_order: bool) -> bool {
        let Some(state) = self.worker(worker) else {
            return false;
        };
        let suits = |place| !in_order || self.is_in_order(state, place);
        let found = own.or_else(|| self.groups.longest(&self.layout, &self.estimates, suits));
        let Some(group) = found else { return false };
        if own.is_none() {
            self.leave_group(worker);
            self.groups.join(group);
        }
        let sizes = self.sizes();
        let (piece, kept) = self
            .groups
            .piece(group, worker, &self.layout, &self.estimates, sizes);
        if let Some((walker, kept)) = kept
            && let Some(walker) = self.worker_mut(walker)
        {
            walker.piece = kept;
        }
        if let Some(state) = self.worker_mut(worker) {
            state.group = Some(group);
            state.piece = piece;
        }
        true
    }

    fn sizes(&self) -> Sizes {
        let workers = self.expected_workers();
        let left = self.unfinished.seconds(&self.estimates);
        Sizes {
            share: (self.finished + left) / workers,
            batch: self.options.batch,
            workers,
        }
    }

    /// Seconds that a piece has about now. Those that were cut when there were fewer workers have more.
    fn fair_piece(&self) -> f64 {
        self.groups
            .fair_piece(&self.layout, &self.estimates, self.sizes())
    }

    /// Takes the second half of what another worker has for itself and was not sent, if that is at least so many seconds.
    fn take_piece_of_other(&mut self, worker: usize, least: f64) -> bool {
        let Some(state) = self.worker(worker) else {
            return false;
        };
        let seconds = |places: &Range<u32>| self.layout.seconds(places, &self.estimates);
        let longest = (self.workers.iter().enumerate())
            .filter_map(|(number, other)| Some((number, &other.as_ref()?.piece)))
            .filter(|(_, piece)| !piece.is_empty() && self.is_in_order(state, piece.start))
            .max_by(|a, b| seconds(a.1).total_cmp(&seconds(b.1)));
        let Some((other, piece)) = longest else {
            return false;
        };
        if seconds(piece) < least {
            return false;
        }
        let end = piece.end;
        let middle = if piece.len() == 1 {
            piece.start
        } else {
            self.layout
                .cut(piece, seconds(piece) / 2.0, &self.estimates)
                .min(end - 1)
        };
        self.leave_group(worker);
        if let Some(other) = self.worker_mut(other) {
            other.piece.end = middle;
        }
        if let Some(state) = self.worker_mut(worker) {
            state.piece = middle..end;
        }
        true
    }

    /// Moves items of the worker's bound group, piece or group to the batch; false when the batch is full.
    pub(super) fn fill(&mut self, worker: usize, batch: &mut Batch) -> bool {
        if let Some(group) = self.bound_of(worker) {
            return self.fill_bound(worker, group, batch);
        }
        let Some(Some(state)) = self.workers.get_mut(worker) else {
            return false;
        };
        let group = state.group.filter(|_| state.piece.is_empty());
        let places = group
            .map_or(&state.piece, |group| &self.groups.get(group).places)
            .clone();
        for place in places {
            let item = self.layout.item(place);
            let expected = self.estimates.of(item);
            if !batch.add(item, expected, &self.estimates) {
                return false;
            }
            match group {
                Some(group) => self.groups.walk(group, worker),
                None => state.piece.start = place + 1,
            }
            state.send(item, self.estimates.file_of(item), expected);
            state.ran = Ran::Shared;
            self.states[item as usize] = State::Sent;
            self.waiting.remove(self.estimates.history(item));
        }
        true
    }

    pub(super) fn leave_group(&mut self, worker: usize) {
        if let Some(group) = self.worker_mut(worker).and_then(|state| state.group.take()) {
            self.leave(group, worker);
        }
    }
}
