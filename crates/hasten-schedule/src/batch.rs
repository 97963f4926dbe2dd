//! How much is sent at once.

use crate::estimate::{Estimates, Expected};

/// The most items without history that are sent at once. Nobody can take them back, if one of them turns
/// out to be long.
const MOST_UNKNOWN: u32 = 64;
/// The most items that are sent at once, however short they are.
const MOST_ITEMS: usize = 1024;

/// A batch that is being filled.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) items: Vec<u32>,
    seconds: f64,
    /// Seconds that it should have.
    budget: f64,
    /// Seconds from which on an item goes alone.
    alone: f64,
    /// Items that it must have if there are any.
    least: usize,
    /// Items without history of files of which none ran, that it may have.
    unproven: u32,
    unknown: u32,
    /// Those at the end of the batch that are of one file.
    unknown_of_file: u32,
    file: u32,
}

impl Batch {
    pub(crate) const fn new(budget: f64, alone: f64, least: usize, unproven: u32) -> Self {
        Self {
            items: Vec::new(),
            seconds: 0.0,
            budget,
            alone,
            least,
            unproven,
            unknown: 0,
            unknown_of_file: 0,
            file: u32::MAX,
        }
    }

    /// True when the worker can begin with what is in it.
    pub(crate) fn suffices(&self) -> bool {
        self.items.len() >= self.least
    }

    /// True when history knows all that is in it.
    pub(crate) const fn is_known(&self) -> bool {
        self.unknown == 0
    }

    /// Adds an item unless the batch is full.
    pub(crate) fn add(&mut self, item: u32, expected: Expected, estimates: &Estimates) -> bool {
        if !self.has_room(item, expected, estimates) {
            return false;
        }
        let unknown = u32::from(estimates.history(item).is_none());
        let file = estimates.file_of(item);
        if file != self.file {
            self.file = file;
            self.unknown_of_file = 0;
        }
        self.items.push(item);
        self.seconds += expected.seconds;
        self.unknown += unknown;
        self.unknown_of_file += unknown;
        true
    }

    /// True when an item can be added.
    pub(crate) fn has_room(&self, item: u32, expected: Expected, estimates: &Estimates) -> bool {
        if !self.suffices() {
            return true;
        }
        if self.seconds >= self.budget
            || expected.seconds >= self.alone
            || self.items.len() >= MOST_ITEMS
        {
            return false;
        }
        if estimates.history(item).is_some() {
            return true;
        }
        // As many as are known to be short: 1, 2, 4, 8, …
        let proven = estimates.proven_in_file_of(item);
        let of_file = if estimates.file_of(item) == self.file {
            self.unknown_of_file
        } else {
            0
        };
        self.unknown < MOST_UNKNOWN
            && of_file < proven.max(1)
            && (proven > 0 || self.unknown < self.unproven)
    }
}
