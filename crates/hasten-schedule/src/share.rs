//! The groups that workers work on, and how several share one.

use std::ops::Range;

use crate::estimate::Estimates;
use crate::layout::Layout;

/// How much of its share of what is left a worker takes at once when durations are known. The rest is for whoever
/// is done first.
const KNOWN_PART: f64 = 0.5;
/// The same when durations are guesses.
const UNKNOWN_PART: f64 = 0.25;
/// A piece is no smaller than this part of a worker's share of the whole run, unless the group ends:
/// each piece may cost a setup, and the end of a run is even enough with it.
const LEAST_PART: f64 = 0.05;

/// A group that at least one worker works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// What was not given out.
    pub(crate) places: Range<u32>,
    /// Number of workers on it.
    pub(crate) workers: usize,
    /// The one that took the items before these, batch after batch, and may be inside a scope.
    pub(crate) walker: Option<usize>,
    /// Long items wait until it is finished.
    pub(crate) whole: bool,
}

/// The groups that workers work on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    slots: Vec<Group>,
}

/// The sizes that a piece depends on, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// A worker's share of the whole run.
    pub(crate) share: f64,
    /// Seconds of a batch.
    pub(crate) batch: f64,
    /// Number of workers.
    pub(crate) workers: f64,
}

impl Sizes {
    fn least_piece(&self) -> f64 {
        self.batch.max(LEAST_PART * self.share)
    }
}

impl Groups {
    /// Lets a worker begin a group.
    pub(crate) fn begin(&mut self, places: Range<u32>, whole: bool) -> usize {
        let group = Group {
            places,
            workers: 1,
            walker: None,
            whole,
        };
        if let Some(free) = self.slots.iter().position(|slot| slot.workers == 0) {
            self.slots[free] = group;
            return free;
        }
        self.slots.push(group);
        self.slots.len() - 1
    }

    pub(crate) fn get(&self, group: usize) -> &Group {
        &self.slots[group]
    }

    /// True when none has anything to give out.
    pub(crate) fn is_empty(&self) -> bool {
        self.with_work().next().is_none()
    }

    /// Number of items of each group that were not given out.
    pub(crate) fn left(&self) -> impl Iterator<Item = usize> + '_ {
        self.slots.iter().map(|slot| slot.places.len())
    }

    fn with_work(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| !slot.places.is_empty())
    }

    /// Expected seconds of all that was not given out.
    fn seconds(&self, layout: &Layout, estimates: &Estimates) -> f64 {
        self.with_work()
            .map(|(_, slot)| layout.seconds(&slot.places, estimates))
            .sum()
    }

    /// Seconds that a piece of known items would have now.
    pub(crate) fn fair_piece(&self, layout: &Layout, estimates: &Estimates, sizes: Sizes) -> f64 {
        let left = self.seconds(layout, estimates);
        (KNOWN_PART * left / sizes.workers).max(sizes.least_piece())
    }

    /// Lets one more worker join.
    pub(crate) fn join(&mut self, group: usize) {
        self.slots[group].workers += 1;
    }

    /// A worker leaves; returns what nobody works on any more.
    pub(crate) fn leave(&mut self, group: usize, worker: usize) -> Range<u32> {
        let slot = &mut self.slots[group];
        slot.workers = slot.workers.saturating_sub(1);
        if slot.walker == Some(worker) {
            slot.walker = None;
        }
        if slot.workers > 0 {
            return 0..0;
        }
        std::mem::take(&mut slot.places)
    }

    /// Gives the next place to the only worker of a group.
    pub(crate) fn walk(&mut self, group: usize, worker: usize) {
        let slot = &mut self.slots[group];
        slot.places.start += 1;
        slot.walker = Some(worker);
    }

    /// The group with the most work whose next item `suits`.
    pub(crate) fn longest(
        &self,
        layout: &Layout,
        estimates: &Estimates,
        suits: impl Fn(u32) -> bool,
    ) -> Option<usize> {
        self.with_work()
            .filter(|(_, slot)| suits(slot.places.start))
            .map(|(number, slot)| (number, layout.seconds(&slot.places, estimates)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best })
            .map(|(number, _)| number)
    }

    /// Cuts a piece for one of several workers off a group that has work. The second range is the rest of the scope
    /// that another worker is in: it is that worker's.
    pub(crate) fn piece(
        &mut self,
        group: usize,
        worker: usize,
        layout: &Layout,
        estimates: &Estimates,
        sizes: Sizes,
    ) -> (Range<u32>, Option<(usize, Range<u32>)>) {
        let left = self.seconds(layout, estimates);
        let slot = &mut self.slots[group];
        let unknown = f64::from(layout.unknown(&slot.places)) / slot.places.len().max(1) as f64;
        let part = KNOWN_PART + (UNKNOWN_PART - KNOWN_PART) * unknown;
        let seconds = (part * left / sizes.workers).max(sizes.least_piece());

        let mut kept = None;
        if let Some(walker) = slot.walker.filter(|walker| *walker != worker) {
            let scope = layout.scope(slot.places.start, &slot.places);
            let is_cut = layout.is_inside_scope(slot.places.start);
            if is_cut && scope.end < slot.places.end && layout.seconds(&scope, estimates) <= seconds
            {
                slot.places.start = scope.end;
                kept = Some((walker, scope));
            }
        }
        slot.walker = None;
        let half = layout.seconds(&slot.places, estimates) / 2.0;
        let end = layout.cut(&slot.places, seconds.min(half), estimates);
        let piece = slot.places.start..end;
        slot.places.start = end;
        (piece, kept)
    }
}
