//! Which state each collected item is in. Every item ends in exactly one.

use hasten_protocol::record::{self, Outcome, Record, RecordKind};

/// The state of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// No result yet, or none at all.
    #[default]
    NotRun,
    /// Every phase passed.
    Passed,
    /// The call failed.
    Failed,
    /// Skipped.
    Skipped,
    /// Failed as expected.
    Xfailed,
    /// Passed though a failure was expected.
    Xpassed,
    /// Setup or teardown failed.
    Error,
    /// It exceeded its limit.
    TimedOut,
    /// Its worker died.
    Crashed,
}

/// What is known of one item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// Its state so far.
    pub(crate) state: State,
    /// No report follows.
    pub(crate) finished: bool,
    /// Seconds since the epoch.
    pub(crate) start: f64,
    /// Seconds.
    pub(crate) setup: f64,
    /// Seconds.
    pub(crate) call: f64,
    /// Seconds.
    pub(crate) teardown: f64,
    /// Seconds of processor time of each phase, where its process lived to say so.
    pub(crate) processor: Option<[f32; 3]>,
    /// The most memory that its process had held when it was over, in KiB; 0: not known.
    pub(crate) peak_memory: u32,
    /// Number of the worker that ran it.
    pub(crate) worker: usize,
    /// It exceeded its limit.
    timed_out: bool,
    /// Attempts at it before this one.
    pub(crate) reruns: u32,
    /// What its end means is decided by somebody else.
    held: bool,
    /// It ended, and nobody has decided yet.
    undecided: bool,
    /// It is to be run again, and was given to nobody yet.
    waiting: bool,
    /// Failed reports that count only when this attempt is the last.
    uncounted: usize,
}

/// What the end of a held item means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// What its reports say.
    AsReported,
    /// A failure of it does not count.
    Forgiven,
    /// It passed, and counts as a failure.
    Failed,
}

/// Numbers of items by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Items with a final state.
    pub(crate) finished: usize,
    /// Failed, error, timed out and crashed ones among them.
    pub(crate) failed: usize,
}

/// The states of all items of a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    counts: Counts,
    failures: usize,
    /// Attempts that were not the last.
    past: Vec<(u32, Entry)>,
}

impl Ledger {
    /// A ledger for so many items.
    pub(crate) fn new(items: usize) -> Self {
        Self {
            entries: vec![Entry::default(); items],
            ..Self::default()
        }
    }

    /// The entries in the order of collection.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Numbers so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Failed reports so far, as pytest counts them for `--maxfail`: each failed phase is one.
    pub(crate) fn failures(&self) -> usize {
        self.failures
    }

    /// True when every item has its final state.
    pub(crate) fn is_complete(&self) -> bool {
        self.counts.finished == self.entries.len()
    }

    /// Items without a final state.
    pub(crate) fn missing(&self) -> usize {
        self.entries.len() - self.counts.finished
    }

    /// True when no record of the item is awaited: it has its final state, or waits for a decision or for its next
    /// attempt (or does not exist).
    pub(crate) fn is_finished(&self, index: u32) -> bool {
        self.entries
            .get(index as usize)
            .is_none_or(|entry| entry.finished || entry.undecided || entry.waiting)
    }

    /// Takes a record in. Returns false when it is to be ignored: the item is final already.
    pub(crate) fn record(&mut self, worker: usize, record: &Record<'_>) -> bool {
        let Some(index) = record.index else {
            return true;
        };
        if self.is_finished(index) {
            return false;
        }
        let entry = &mut self.entries[index as usize];
        entry.worker = worker;
        if entry.start == 0.0 {
            entry.start = record.start;
        }
        match record.kind {
            RecordKind::Report => {
                if record.has_failed() {
                    if entry.held {
                        entry.uncounted += 1;
                    } else {
                        self.failures += 1;
                    }
                }
                entry.state = entry.state.after(record);
            }
            RecordKind::Passed => {
                entry.set_seconds(record);
                entry.state = State::Passed;
                self.finish(index);
            }
            RecordKind::Finished => {
                entry.set_seconds(record);
                self.finish(index);
            }
            RecordKind::Warning
            | RecordKind::Verdict
            | RecordKind::Attempt
            | RecordKind::Fixtures
            | RecordKind::Late => {}
        }
        true
    }

    /// Gives an item the state that its worker's death means. Counts as a failed report.
    /// `start` is when the item began, if it has not said so itself.
    pub(crate) fn verdict(
        &mut self,
        worker: usize,
        index: u32,
        state: State,
        start: f64,
        seconds: f64,
    ) {
        if self.is_finished(index) {
            return;
        }
        let entry = &mut self.entries[index as usize];
        if entry.held {
            entry.uncounted += 1;
        } else {
            self.failures += 1;
        }
        entry.worker = worker;
        entry.state = state;
        if entry.start == 0.0 {
            entry.start = start;
        }
        entry.call = seconds;
        self.finish(index);
    }

    /// Forgets what an item reported before it was cut short: it will run again.
    pub(crate) fn forget(&mut self, index: u32) {
        if !self.is_finished(index) {
            let entry = &mut self.entries[index as usize];
            entry.state = State::NotRun;
            entry.start = 0.0;
            entry.timed_out = false;
            entry.uncounted = 0;
        }
    }

    /// Says that an item exceeded its limit: if it fails, that is why.
    pub(crate) fn times_out(&mut self, index: u32) {
        if let Some(entry) = self.entries.get_mut(index as usize) {
            entry.timed_out = true;
        }
    }

    fn finish(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        if entry.timed_out && entry.state.is_failure() {
            entry.state = State::TimedOut;
        }
        if entry.held {
            entry.undecided = true;
            return;
        }
        entry.finished = true;
        self.counts.finished += 1;
        if entry.state.is_failure() {
            self.counts.failed += 1;
        }
    }

    /// Lets somebody else decide what the end of an item means. Its failures count only when that is done.
    pub(crate) fn hold(&mut self, index: u32) {
        if let Some(entry) = self.entries.get_mut(index as usize) {
            entry.held = true;
        }
    }

    /// True when the item has ended and somebody must [settle](Self::settle) it or run it [again](Self::again).
    pub(crate) fn is_undecided(&self, index: u32) -> bool {
        self.entries
            .get(index as usize)
            .is_some_and(|entry| entry.undecided)
    }

    /// The attempt was the last: the item has its final state.
    pub(crate) fn settle(&mut self, index: u32, settled: Settled) {
        if !self.is_undecided(index) {
            return;
        }
        let entry = &mut self.entries[index as usize];
        entry.undecided = false;
        entry.finished = true;
        self.counts.finished += 1;
        match settled {
            Settled::Forgiven => {}
            Settled::AsReported => {
                self.failures += entry.uncounted;
                self.counts.failed += usize::from(entry.state.is_failure());
            }
            Settled::Failed => {
                self.failures += entry.uncounted.max(1);
                self.counts.failed += 1;
            }
        }
    }

    /// The attempt was not the last: the item is to be run again.
    pub(crate) fn again(&mut self, index: u32) {
        if !self.is_undecided(index) {
            return;
        }
        let next = Entry {
            held: true,
            waiting: true,
            reruns: self.entries[index as usize].reruns + 1,
            ..Entry::default()
        };
        let past = std::mem::replace(&mut self.entries[index as usize], next);
        self.past.push((index, past));
    }

    /// The item was given to a worker.
    pub(crate) fn given_out(&mut self, index: u32) {
        if let Some(entry) = self.entries.get_mut(index as usize) {
            entry.waiting = false;
        }
    }

    /// There will be no further attempt: the one before is to be settled.
    pub(crate) fn revert(&mut self, index: u32) {
        let last = self.past.iter().rposition(|(item, _)| *item == index);
        if let Some(last) = last
            && !self.entries[index as usize].finished
        {
            self.entries[index as usize] = self.past.remove(last).1;
        }
    }

    /// Attempts that were not the last, each with its item.
    pub(crate) fn past(&self) -> &[(u32, Entry)] {
        &self.past
    }
}

impl Entry {
    fn set_seconds(&mut self, record: &Record<'_>) {
        self.setup = record.setup;
        self.call = record.call;
        self.teardown = record.teardown;
        self.processor = Some(record.processor);
        self.peak_memory = record.peak_memory;
    }

    /// The most memory that its worker had held, in bytes, if that was measured.
    pub(crate) fn peak_bytes(&self) -> Option<u64> {
        (self.peak_memory > 0).then(|| u64::from(self.peak_memory) << 10)
    }
}

impl State {
    /// The word that others have for it; none without a result.
    pub(crate) fn outcome(self) -> Option<hasten_history::Outcome> {
        use hasten_history::Outcome;
        Some(match self {
            Self::NotRun => return None,
            Self::Passed => Outcome::Passed,
            Self::Failed => Outcome::Failed,
            Self::Skipped => Outcome::Skipped,
            Self::Xfailed => Outcome::Xfailed,
            Self::Xpassed => Outcome::Xpassed,
            Self::Error => Outcome::Error,
            Self::TimedOut => Outcome::TimedOut,
            Self::Crashed => Outcome::Crashed,
        })
    }

    /// True when the run fails because of it.
    pub(crate) fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Error | Self::TimedOut | Self::Crashed
        )
    }

    /// True when it ran to its end without a failure that was not expected.
    pub(crate) fn is_as_expected(self) -> bool {
        matches!(self, Self::Passed | Self::Xfailed | Self::Xpassed)
    }

    /// The state after one more report of the item.
    pub(crate) fn after(self, report: &Record<'_>) -> Self {
        let xfail = report.flags & record::XFAIL != 0;
        let call = report.flags & record::CALL != 0;
        let next = match (report.outcome, xfail) {
            (Outcome::Failed, _) if call => Self::Failed,
            (Outcome::Failed, _) => Self::Error,
            (Outcome::Skipped, true) => Self::Xfailed,
            (Outcome::Skipped, false) => Self::Skipped,
            (Outcome::Passed, true) if call => Self::Xpassed,
            (Outcome::Passed, _) => Self::Passed,
        };
        match (self, next) {
            (Self::Failed | Self::Error, _) | (_, Self::Passed) if self != Self::NotRun => self,
            _ => next,
        }
    }
}

#[cfg(test)]
mod tests;
