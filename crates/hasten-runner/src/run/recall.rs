//! Items that wait in a worker behind one that takes long are taken back when others could run them.
//!
//! A batch is small where nothing is known of its items, but nobody knows which of them is the first long one. The worker
//! may be anywhere in a test and cannot be asked, so this goes through its journal (`docs/design/protocol.md`).

use std::time::{Duration, Instant};

use hasten_protocol::journal;

use super::Run;
use super::attempts::item_of;
use crate::clock::since;

/// A test that runs for so long makes others wait. Batches are for 15 ms.
const LONG: Duration = Duration::from_millis(100);
/// After so long the worker has seen that its items were taken back, or has taken the next one before. What is written to
/// shared memory is seen within microseconds.
const SETTLED: Duration = Duration::from_millis(5);
/// How often it is looked for such a worker while there may be one.
const LOOK: Duration = Duration::from_millis(50);

/// What a worker was sent, and what of it is taken back.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// All items, in their order.
    items: Vec<u32>,
    recall: Recall,
}

#[derive(Debug, Default)]
enum Recall {
    #[default]
    None,
    /// It was told to take no more than so many.
    Asked { most: u32, at: Instant },
    /// It has none any more, and does not know it yet.
    Emptied,
}

impl Sent {
    pub(super) fn add(&mut self, words: &[u32]) {
        self.items.extend(words.iter().map(|word| item_of(*word)));
    }

    /// True when nothing is to be sent before it asks.
    pub(super) fn is_recalled(&self) -> bool {
        !matches!(self.recall, Recall::None)
    }

    /// The items after those that it has taken.
    fn held(&self, claimed: u32) -> &[u32] {
        self.items.get(claimed as usize..).unwrap_or_default()
    }
}

impl Run {
    /// When it has to be looked for items that wait.
    pub(super) fn recall_moment(&self) -> Option<Duration> {
        let asked = |number: usize| self.workers[number].sent.is_recalled();
        let holds = |number: usize| !self.held(number).is_empty();
        if self.living().any(|number| asked(number) && holds(number)) {
            return Some(SETTLED);
        }
        (self.somebody_could_take_more() && self.living().any(holds)).then_some(LOOK)
    }

    /// Takes back what waits behind long tests.
    pub(super) fn recall_items(&mut self) {
        let numbers: Vec<usize> = self.living().collect();
        for number in &numbers {
            self.settle_recall(*number);
        }
        if self.somebody_could_take_more() {
            for number in &numbers {
                if self.is_stuck(*number) {
                    self.ask_back(*number);
                }
            }
        }
        for number in numbers {
            let worker = &self.workers[number];
            if worker.is_idle() && !worker.last && !self.others_may_leave_items(number) {
                self.feed(number);
            }
        }
    }

    /// True while another worker holds items that may be taken back from it. A worker that was told that nothing follows
    /// tears its session fixtures down, and would have to set them up again for such items.
    pub(super) fn others_may_leave_items(&self, number: usize) -> bool {
        let Some(suite) = self.suite.as_ref().filter(|_| self.stop.is_none()) else {
            return false;
        };
        // One that has to know the next item before it starts one would hold an item back.
        if suite.planner.looks_ahead() || self.is_crowded(None) {
            return false;
        }
        self.living().any(|other| {
            let held = self.held(other);
            other != number
                && self.workers[other].trial.is_none()
                && !held.is_empty()
                && suite.planner.may_take_back(held)
        })
    }

    fn held(&self, number: usize) -> &[u32] {
        let worker = &self.workers[number];
        worker.sent.held(journal::claimed(worker.memory.journal()))
    }

    /// True when nothing else is left to give out, and a worker that is there or could come would have use for more.
    fn somebody_could_take_more(&self) -> bool {
        let Some(suite) = self.suite.as_ref().filter(|_| self.stop.is_none()) else {
            return false;
        };
        let idle = |number: usize| self.workers[number].is_idle();
        suite.planner.room(1) == 0
            && !self.is_crowded(None)
            && (self.scaling.is_some() || self.living().any(idle))
    }

    fn is_stuck(&self, number: usize) -> bool {
        let worker = &self.workers[number];
        let activity = journal::activity(worker.memory.journal());
        let held = self.held(number);
        let loose = (self.suite.as_ref()).is_some_and(|suite| suite.planner.may_take_back(held));
        worker.trial.is_none()
            && !worker.sent.is_recalled()
            && activity.item.is_some()
            && since(activity.item_start) >= LONG
            && loose
    }

    fn ask_back(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        let most = journal::claimed(worker.memory.journal());
        worker.memory.recall(Some(most));
        worker.sent.recall = Recall::Asked {
            most,
            at: Instant::now(),
        };
    }

    /// Takes the items that a worker was told to leave, once it is sure that it has not begun one.
    fn settle_recall(&mut self, number: usize) {
        let Recall::Asked { most, at } = self.workers[number].sent.recall else {
            return;
        };
        if at.elapsed() < SETTLED {
            return;
        }
        if journal::claimed(self.workers[number].memory.journal()) > most {
            // It was faster by one. It runs that, and asks then.
            self.ask_back(number);
            return;
        }
        self.take_back(number);
        self.workers[number].sent.recall = Recall::Emptied;
    }

    /// A worker asks: it has nothing left, whatever it was sent.
    pub(super) fn end_recall(&mut self, number: usize) {
        if self.workers[number].sent.is_recalled() {
            self.take_back(number);
            let worker = &mut self.workers[number];
            worker.memory.recall(None);
            worker.sent.recall = Recall::None;
            worker.last = false;
        }
    }

    fn take_back(&mut self, number: usize) {
        let held = self.held(number).to_vec();
        let worker = &mut self.workers[number];
        let left = worker.sent.items.len() - held.len();
        worker.sent.items.truncate(left);
        if let Some(suite) = &mut self.suite {
            suite.planner.take_back(number, &held);
        }
    }
}
