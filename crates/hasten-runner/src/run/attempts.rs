//! Items that are run again, and failures that are forgiven: what `crate::retries` decides is done here.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use hasten_protocol::message::{Collected, Settings};
use hasten_protocol::record::{Outcome, Record, RecordKind};
use serde::Serialize;

use super::Run;
use super::rules::{Rules, Selected};
use super::suite::Suite;
use crate::error::RunError;
use crate::ledger::{Settled, State};
use crate::retries::{Failure, Policy};
use crate::test_event::{Decided, Ended};

/// In RUN: the item was run before.
const AGAIN: u32 = 1 << 31;
/// In RUN: a failure of the item may not be its last word, so that the worker does not count it.
const PROVISIONAL: u32 = 1 << 30;

/// The item that a word of RUN names.
pub(super) const fn item_of(word: u32) -> u32 {
    word & !(AGAIN | PROVISIONAL)
}

/// The attempts at the items of a run.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    policy: Policy,
    flaky_fails: bool,
    quarantined: HashSet<u32>,
    /// Of items that have no final state: what each failed attempt reported.
    past: BTreeMap<u32, Vec<Vec<u8>>>,
    /// Items that are not given out before a moment.
    waiting: Vec<(Instant, u32)>,
    /// Attempts so far that were not the first at their item.
    reruns: u32,
}

impl Attempts {
    /// True when a failure of the item does not count.
    pub(super) fn forgives(&self, index: u32) -> bool {
        self.quarantined.contains(&index)
    }

    /// True when items may be run more than once.
    fn are_possible(&self) -> bool {
        self.policy.may_retry()
    }

    /// An item as RUN names it.
    fn word(&self, index: u32) -> u32 {
        let past = self.past.get(&index).map_or(0, Vec::len) as u32;
        let mut word = index;
        if past > 0 {
            word |= AGAIN;
        }
        if past < self.policy.of(index).retries || self.quarantined.contains(&index) {
            word |= PROVISIONAL;
        }
        word
    }

    /// Says after how long an item is run again, when it failed and is to be.
    fn wait(&self, index: u32, records: &[u8]) -> Option<Duration> {
        let attempt = self.past.get(&index).map_or(0, Vec::len) as u32;
        let rules = self.policy.of(index);
        if attempt >= rules.retries || self.reruns >= self.policy.most() {
            return None;
        }
        rules.wait(attempt, &Failure::all(records))
    }

    /// True when another attempt may follow one that reported this so far: of a test of unittest that is torn down
    /// before its report is made, nothing is known yet.
    pub(super) fn may_follow(&self, index: u32, records: &[u8]) -> bool {
        let attempt = self.past.get(&index).map_or(0, Vec::len) as u32;
        let rules = self.policy.of(index);
        if attempt >= rules.retries || self.reruns >= self.policy.most() {
            return false;
        }
        let failures = Failure::all(records);
        failures.is_empty() || rules.wait(attempt, &failures).is_some()
    }

    fn keep(&mut self, index: u32, records: Vec<u8>, wait: Duration) {
        self.reruns += 1;
        self.past.entry(index).or_default().push(records);
        self.waiting.push((Instant::now() + wait, index));
    }

    /// Items whose time has come.
    fn take_due(&mut self, now: Instant) -> Vec<u32> {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.waiting = later;
        due.into_iter().map(|(_, index)| index).collect()
    }

    /// True when an item waits for its next attempt, and nobody can have it yet.
    pub(super) fn are_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// The payload of a record of kind [`RecordKind::Attempt`].
#[derive(Serialize)]
struct Told {
    /// Attempts before this one.
    rerun: usize,
    /// Another attempt follows.
    again: bool,
    /// The most attempts.
    of: u32,
    /// `pass` or `fail`: it passed after a failure, and what that means.
    flaky: Option<&'static str>,
    /// A failure does not count.
    quarantined: bool,
}

impl Told {
    fn record(&self, index: u32) -> Vec<u8> {
        let record = Record {
            index: Some(index),
            kind: RecordKind::Attempt,
            outcome: Outcome::Passed,
            flags: 0,
            start: 0.0,
            setup: 0.0,
            call: 0.0,
            teardown: 0.0,
            processor: [0.0; 3],
            peak_memory: 0,
            payload: b"",
            bytes: b"",
        };
        let mut bytes = Vec::new();
        record.write(&serde_json::to_vec(self).unwrap_or_default(), &mut bytes);
        bytes
    }
}

impl Suite {
    /// Takes in what marks, options and settings say of retries. Returns what is wrong with marks.
    fn expect_retries(
        &mut self,
        rules: &Rules,
        settings: &Settings,
        collected: &Collected,
    ) -> Result<Vec<String>, RunError> {
        let Some(joined) = rules.policy() else {
            return Ok(Vec::new());
        };
        let selected = Selected::new(collected);
        let overrides = |index, nodeid: &str| {
            let own = || joined.rules_for(nodeid, |number| selected.has(number, index));
            (!joined.is_uniform()).then(|| own().into_owned())
        };
        let policy = Policy::new(&joined.rules, &settings.reruns)
            .with_items(
                &collected.items,
                &settings.rules,
                &settings.reruns,
                overrides,
            )
            .map_err(|error| RunError::Usage(error.to_string()))?;
        let mut problems = Vec::new();
        self.attempts = Attempts {
            flaky_fails: joined.flaky_fails,
            ..Attempts::default()
        };
        for (index, item) in (0..).zip(&collected.items) {
            let quarantined = joined.quarantine.contains(&item.0);
            if quarantined {
                self.attempts.quarantined.insert(index);
            }
            if quarantined || policy.of(index).retries > 0 {
                self.ledger.hold(index);
            }
            if let Some(error) = item.4.as_ref().and_then(|mark| mark.error.as_ref()) {
                problems.push(format!("{}: {error}. It is not retried", item.0));
            }
        }
        self.attempts.policy = policy;
        Ok(problems)
    }

    /// Items that a worker gets now, as RUN names them.
    pub(super) fn give_out(&mut self, items: &[u32]) -> Vec<u32> {
        for item in items {
            self.ledger.given_out(*item);
        }
        items.iter().map(|item| self.attempts.word(*item)).collect()
    }

    /// An attempt at an item is over: it is the last, or the item is to be run again.
    pub(super) fn over(&mut self, worker: usize, index: u32, seconds: f64, stopping: bool) {
        self.planner.observe(worker, index, seconds);
        self.keep_failure(index);
        if !self.ledger.is_undecided(index) {
            self.tell_held(index);
            self.order.finished(index);
            return;
        }
        let records = self.order.take(index);
        let failed = self.ledger.entries()[index as usize].state.is_failure();
        let wait = (failed && !stopping).then(|| self.attempts.wait(index, &records));
        match wait.flatten() {
            Some(wait) => {
                let decided = Decided {
                    again: true,
                    ..Decided::default()
                };
                self.tell(index, &records, decided);
                self.ledger.again(index);
                self.attempts.keep(index, records, wait);
            }
            None => self.settle(index, &records),
        }
    }

    /// An item is finished for which nothing had to be decided.
    pub(super) fn tell_held(&mut self, index: u32) {
        if let (Some(ended), Some(entry)) =
            (&mut self.ended, self.ledger.entries().get(index as usize))
        {
            let decided = Decided {
                fails: entry.state.is_failure(),
                ..Decided::default()
            };
            ended.push(Ended {
                index,
                entry: entry.clone(),
                records: self.order.held(index).to_vec(),
                decided,
            });
        }
    }

    /// The attempt that reported this was the last.
    fn settle(&mut self, index: u32, records: &[u8]) {
        let state = self.ledger.entries()[index as usize].state;
        let past = self.attempts.past.remove(&index).unwrap_or_default();
        let of = self.attempts.policy.of(index).retries + 1;
        for (rerun, attempt) in past.iter().enumerate() {
            let told = Told {
                rerun,
                again: true,
                of,
                flaky: None,
                quarantined: false,
            };
            self.order.record(index, &told.record(index));
            self.order.record(index, attempt);
        }
        let flaky = !past.is_empty() && state == State::Passed;
        let quarantined = self.attempts.quarantined.contains(&index);
        let fails = flaky && self.attempts.flaky_fails && !quarantined;
        let forgiven = quarantined && state.is_failure();
        if !past.is_empty() || forgiven {
            let told = Told {
                rerun: past.len(),
                again: false,
                of,
                flaky: flaky.then_some(if fails { "fail" } else { "pass" }),
                quarantined: forgiven,
            };
            self.order.record(index, &told.record(index));
        }
        self.order.record(index, records);
        let settled = if forgiven {
            Settled::Forgiven
        } else if fails {
            Settled::Failed
        } else {
            Settled::AsReported
        };
        let decided = Decided {
            again: false,
            fails: fails || (state.is_failure() && !forgiven),
            flaky,
            quarantined: forgiven,
        };
        self.tell(index, records, decided);
        self.ledger.settle(index, settled);
        self.order.finished(index);
    }

    /// The run ends: a test whose next attempt does not come, or was cut short, ends with the failure that it had.
    pub(super) fn end_waiting(&mut self) {
        self.attempts.waiting.clear();
        let unsettled: Vec<u32> = self.attempts.past.keys().copied().collect();
        for index in unsettled {
            let attempts = self.attempts.past.get_mut(&index);
            let Some(records) = attempts.and_then(Vec::pop) else {
                continue;
            };
            self.order.discard(index);
            self.ledger.revert(index);
            self.settle(index, &records);
        }
    }
}

impl Run {
    /// Takes in what marks and options say of retries, before anything runs.
    pub(super) fn expect_retries(&mut self) -> Result<(), RunError> {
        let (Some(suite), Some(settings), Some(collected)) =
            (&mut self.suite, &self.settings, &self.collected)
        else {
            return Ok(());
        };
        for problem in suite.expect_retries(&self.rules, settings, collected)? {
            self.note_summary(&problem);
        }
        Ok(())
    }

    /// Gives items out again whose time has come.
    pub(super) fn give_out_again(&mut self) {
        if self.stop.is_some() {
            return;
        }
        let Some(suite) = &mut self.suite else { return };
        let due = suite.attempts.take_due(Instant::now());
        if !due.is_empty() {
            suite.planner.requeue(&due);
        }
    }

    /// How long until an item is to be run again.
    pub(super) fn retry_moment(&self) -> Option<Duration> {
        if self.stop.is_some() {
            return None;
        }
        let waiting = &self.suite.as_ref()?.attempts.waiting;
        let next = waiting.iter().map(|(at, _)| *at).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// True when these records of a dead worker came as a frame already: it died before it could say so in its journal.
    /// Where items are run again, the record of an earlier attempt would pass for one of the next.
    pub(super) fn has_sent(&self, worker: usize, unsent: &[u8]) -> bool {
        let suite = self.suite.as_ref();
        suite.is_some_and(|suite| suite.attempts.are_possible())
            && self.workers[worker].last_sent == Some(fingerprint(unsent))
    }

    /// Notes what a worker sent last.
    pub(super) fn note_sent(&mut self, worker: usize, payload: &[u8]) {
        let suite = self.suite.as_ref();
        if suite.is_some_and(|suite| suite.attempts.are_possible()) {
            self.workers[worker].last_sent = Some(fingerprint(payload));
        }
    }
}

fn fingerprint(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests;
