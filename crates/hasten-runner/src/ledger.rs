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
    /// Number of the worker that ran it.
    pub(crate) worker: u32,
    /// It exceeded its limit.
    timed_out: bool,
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

    /// True when the item has its final state (or does not exist).
    pub(crate) fn is_finished(&self, index: u32) -> bool {
        self.entries
            .get(index as usize)
            .is_none_or(|entry| entry.finished)
    }

    /// Takes a record in. Returns false when it is to be ignored: the item is final already.
    pub(crate) fn record(&mut self, worker: u32, record: &Record<'_>) -> bool {
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
                if record.outcome == Outcome::Failed && record.flags & record::XFAIL == 0 {
                    self.failures += 1;
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
            RecordKind::Warning | RecordKind::Verdict => {}
        }
        true
    }

    /// Gives an item the state that its worker's death means. Counts as a failed report.
    pub(crate) fn verdict(&mut self, worker: u32, index: u32, state: State, seconds: f64) {
        if self.is_finished(index) {
            return;
        }
        self.failures += 1;
        let entry = &mut self.entries[index as usize];
        entry.worker = worker;
        entry.state = state;
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
        entry.finished = true;
        self.counts.finished += 1;
        if entry.state.is_failure() {
            self.counts.failed += 1;
        }
    }
}

impl Entry {
    fn set_seconds(&mut self, record: &Record<'_>) {
        self.setup = record.setup;
        self.call = record.call;
        self.teardown = record.teardown;
    }
}

impl State {
    /// True when the run fails because of it.
    pub(crate) fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Error | Self::TimedOut | Self::Crashed
        )
    }

    /// The state after one more report of the item.
    fn after(self, report: &Record<'_>) -> Self {
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
mod tests {
    use hasten_protocol::record::{CALL, OTHER, SETUP, TEARDOWN, XFAIL};

    use super::*;

    fn report(outcome: Outcome, flags: u16) -> Record<'static> {
        Record {
            index: Some(0),
            kind: RecordKind::Report,
            outcome,
            flags,
            start: 1.0,
            setup: 0.0,
            call: 0.0,
            teardown: 0.0,
            payload: b"",
            bytes: b"",
        }
    }

    fn state_after(reports: &[(Outcome, u16)]) -> (State, usize) {
        let mut ledger = Ledger::new(1);
        for (outcome, flags) in reports {
            assert!(ledger.record(0, &report(*outcome, *flags)));
        }
        let mut end = report(Outcome::Passed, 0);
        end.kind = RecordKind::Finished;
        assert!(ledger.record(0, &end));
        assert!(ledger.is_complete());
        assert!(!ledger.record(0, &end), "a final state stays");
        (ledger.entries()[0].state, ledger.failures())
    }

    #[test]
    fn reports_make_the_state_that_pytest_shows() {
        use Outcome::{Failed, Passed, Skipped};
        let setup = (Passed, SETUP);
        let teardown = (Passed, TEARDOWN);
        for (reports, state, failures) in [
            (vec![setup, (Passed, CALL), teardown], State::Passed, 0),
            (vec![setup, (Failed, CALL), teardown], State::Failed, 1),
            (vec![(Failed, SETUP), teardown], State::Error, 1),
            (
                vec![setup, (Passed, CALL), (Failed, TEARDOWN)],
                State::Error,
                1,
            ),
            (
                vec![setup, (Failed, CALL), (Failed, TEARDOWN)],
                State::Failed,
                2,
            ),
            (vec![(Skipped, SETUP), teardown], State::Skipped, 0),
            (
                vec![setup, (Skipped, CALL | XFAIL), teardown],
                State::Xfailed,
                0,
            ),
            (vec![(Skipped, SETUP | XFAIL), teardown], State::Xfailed, 0),
            (
                vec![setup, (Passed, CALL | XFAIL), teardown],
                State::Xpassed,
                0,
            ),
            (
                vec![setup, (Failed, OTHER), (Passed, CALL), teardown],
                State::Error,
                1,
            ),
        ] {
            assert_eq!(state_after(&reports), (state, failures), "{reports:?}");
        }
    }

    #[test]
    fn what_is_forgotten_leaves_no_trace() {
        let mut ledger = Ledger::new(1);
        assert!(ledger.record(0, &report(Outcome::Skipped, SETUP)));
        ledger.times_out(0);
        ledger.forget(0);
        let entry = &ledger.entries()[0];
        assert_eq!(entry.state, State::NotRun);
        assert!(entry.start == 0.0 && !entry.timed_out && !entry.finished);
        ledger.verdict(0, 0, State::Crashed, 1.0);
        ledger.forget(0);
        assert_eq!(
            ledger.entries()[0].state,
            State::Crashed,
            "a final state stays"
        );
    }

    #[test]
    fn a_gap_is_seen() {
        let mut ledger = Ledger::new(2);
        ledger.verdict(1, 1, State::Crashed, 0.5);
        assert!(!ledger.is_complete());
        assert_eq!(ledger.missing(), 1);
        assert_eq!(
            ledger.counts(),
            Counts {
                finished: 1,
                failed: 1
            }
        );
        assert!(
            ledger.is_finished(77),
            "an index out of range is never awaited"
        );
    }
}
