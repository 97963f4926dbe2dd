//! What one worker has, and what it had.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use crate::estimate::Expected;

/// The most items of files of which nothing ran yet, that are sent at once.
const MOST_UNPROVEN: u32 = 8;

#[derive(Clone, Copy, Debug)]
struct Sent {
    item: u32,
    expected: Expected,
}

/// What the process of a worker has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Nothing,
    /// Items that are in no isolated unit.
    Shared,
    /// This isolated unit.
    Unit(u32),
}

/// A worker that lives.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    /// Sent to it and not finished.
    queue: VecDeque<Sent>,
    /// Expected seconds of the queue.
    seconds: f64,
    /// Items of the queue whose durations are guesses.
    uncertain: usize,
    /// Places of a piece that is its own, and was not sent yet.
    pub(crate) piece: Range<u32>,
    /// The group that it works on.
    pub(crate) group: Option<usize>,
    /// The bound groups that it has something of, in the order in which it took them.
    pub(crate) bound: Vec<usize>,
    /// The last item of each file that it was sent.
    latest: HashMap<u32, u32>,
    /// How many items of which nothing is known it may get at once.
    pub(crate) unproven: u32,
    /// It was told that nothing follows.
    pub(crate) told_last: bool,
    pub(crate) ran: Ran,
    /// It held nothing, was told to renew its process, and has not asked since.
    pub(crate) renews: bool,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            seconds: 0.0,
            uncertain: 0,
            piece: 0..0,
            group: None,
            bound: Vec::new(),
            latest: HashMap::new(),
            unproven: 1,
            told_last: false,
            ran: Ran::Nothing,
            renews: false,
        }
    }

    /// Number of items that were sent and are not finished.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Expected seconds of what was sent and is not finished.
    pub(crate) const fn seconds(&self) -> f64 {
        self.seconds
    }

    /// True when every duration in the queue is more than a guess.
    pub(crate) const fn is_certain(&self) -> bool {
        self.uncertain == 0
    }

    /// Expected seconds of the last item in the queue.
    pub(crate) fn last_queued(&self) -> Option<f64> {
        self.queue.back().map(|sent| sent.expected.seconds)
    }

    pub(crate) fn send(&mut self, item: u32, file: u32, expected: Expected) {
        self.queue.push_back(Sent { item, expected });
        self.seconds += expected.seconds;
        self.uncertain += usize::from(!expected.certain);
        let latest = self.latest.entry(file).or_insert(item);
        *latest = item.max(*latest);
    }

    /// Takes a finished item out of the queue; false when it is not there.
    pub(crate) fn finish(&mut self, item: u32) -> bool {
        let Some(at) = self.queue.iter().position(|sent| sent.item == item) else {
            return false;
        };
        if let Some(sent) = self.queue.remove(at) {
            self.seconds = (self.seconds - sent.expected.seconds).max(0.0);
            self.uncertain -= usize::from(!sent.expected.certain);
        }
        if self.queue.is_empty() {
            self.seconds = 0.0;
        }
        true
    }

    /// It ran an item in so many seconds, of which a tiny one takes no more than `tiny`.
    pub(crate) fn pace(&mut self, seconds: f64, tiny: f64) {
        let more = (self.unproven * 2).min(MOST_UNPROVEN);
        self.unproven = if seconds <= tiny { more } else { 1 };
    }

    /// True when an item comes after everything of its file that this worker was sent.
    pub(crate) fn is_in_order(&self, item: u32, file: u32) -> bool {
        self.latest.get(&file).is_none_or(|latest| *latest < item)
    }

    /// The items that were sent and are not finished.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = u32> + '_ {
        self.queue.iter().map(|sent| sent.item)
    }
}
