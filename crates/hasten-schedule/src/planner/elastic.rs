//! A number of workers that changes: for how many more there is something to do, and what is taken back from some.

use std::ops::Range;

use super::Planner;

impl Planner {
    /// Takes back what a worker has for itself and was not sent, since it is to have nothing more for now; false when
    /// it has to go on with what it holds.
    pub fn rest(&mut self, worker: usize) -> bool {
        let is_solo = self.solo.is_some_and(|(solo, _)| solo == worker);
        if is_solo || self.bound_of(worker).is_some() {
            return false;
        }
        let Some(state) = self.worker_mut(worker) else {
            return true;
        };
        state.told_last = true;
        let piece = std::mem::take(&mut state.piece);
        self.leave_group(worker);
        let items = self.layout.items(&piece).to_vec();
        self.give_back(&items);
        true
    }

    /// Takes back items that a worker was sent and has not begun. Those of a bound group it keeps, and those that run
    /// alone or use resources.
    pub fn take_back(&mut self, worker: usize, items: &[u32]) {
        if !self.may_take_back(items) {
            return;
        }
        let Some(Some(state)) = self.workers.get_mut(worker) else {
            return;
        };
        let mut back = items.to_vec();
        back.retain(|item| state.finish(*item));
        self.unsend(&back);
        self.give_back(&back);
    }

    /// True when a worker has to know its next item before it starts one.
    #[must_use]
    pub const fn looks_ahead(&self) -> bool {
        self.options.lookahead
    }

    /// True when a worker may be asked for these items back.
    #[must_use]
    pub fn may_take_back(&self, items: &[u32]) -> bool {
        let loose = |item: &u32| {
            self.bound.of(*item).is_none()
                && !self.runs_alone[*item as usize]
                && !self.held.has(*item)
        };
        !items.is_empty() && items.iter().all(loose)
    }

    /// Number of workers beside those that are there which would find something to do now, counted up to `most`.
    #[must_use]
    pub fn room(&self, most: usize) -> usize {
        if self.is_barred(None) {
            return 0;
        }
        let seconds = |piece: &Range<u32>| self.layout.seconds(piece, &self.estimates);
        let pieces = (self.workers.iter().flatten())
            .filter(|worker| seconds(&worker.piece) >= self.options.batch)
            .map(|worker| worker.piece.len());
        let units = (self.pool.units()).map(|places| {
            let first = places.clone().next().map(|place| self.layout.item(place));
            match first.and_then(|item| self.bound.of(item)) {
                Some(_) => 1,
                None => places.len(),
            }
        });
        let held = usize::from(self.held.has_for(None));
        let mut room = 0;
        for items in [held]
            .into_iter()
            .chain(units)
            .chain(self.groups.left())
            .chain(pieces)
        {
            room += items;
            if room >= most {
                return most;
            }
        }
        room
    }

    /// Expected seconds of what was not given out. An item of which nothing is known counts for at least
    /// `least` seconds.
    #[must_use]
    pub fn waiting_seconds(&self, least: f64) -> f64 {
        self.waiting.seconds_at_least(&self.estimates, least)
    }
}
