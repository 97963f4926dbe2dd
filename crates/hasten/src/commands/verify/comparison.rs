//! How a run of hasten compares with plain pytest.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::compare::{self, Difference};
use super::recording::Recording;
use super::runs::{HastenRun, Runs};
use super::unstable::Unstable;

/// A run of hasten beside one of plain pytest.
pub(super) struct Comparison<'a> {
    pub(super) name: &'static str,
    expected: &'a Recording,
    pub(super) found: &'a HastenRun,
    /// What differs, and is not explained by one of the next two.
    pub(super) differences: Vec<Difference>,
    /// Where two runs of plain pytest differ, too.
    pub(super) unstable: Vec<Difference>,
    /// What plain pytest shows as well, in the order of the worker.
    pub(super) by_order: Vec<Difference>,
    unstable_exit_status: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(name: &'static str, expected: &'a Recording, found: &'a HastenRun) -> Self {
        Self {
            name,
            expected,
            found,
            differences: compare::differences(expected, &found.recording),
            unstable: Vec::new(),
            by_order: Vec::new(),
            unstable_exit_status: false,
        }
    }

    /// Leaves out what plain pytest does not repeat.
    pub(super) fn leave_out(&mut self, unstable: &Unstable) {
        self.unstable_exit_status = unstable.exit_status;
        (self.unstable, self.differences) = std::mem::take(&mut self.differences)
            .into_iter()
            .partition(|difference| unstable.covers(difference));
    }

    /// Leaves out what plain pytest has too when it runs what the worker ran.
    pub(super) fn try_in_the_same_order(&mut self, runs: &Runs) -> Result<(), Failure> {
        let mut by_worker: BTreeMap<u32, BTreeSet<_>> = BTreeMap::new();
        for difference in &self.differences {
            if let Some(worker) = self.found.worker_of(&difference.nodeid)
                && !difference.is_of_number()
            {
                by_worker
                    .entry(worker)
                    .or_default()
                    .insert(difference.place());
            }
        }
        let mut explained = BTreeSet::new();
        for (worker, places) in by_worker {
            let plain = runs.plain_in_order(worker, &self.found.order_of(worker))?;
            let still: BTreeSet<_> = compare::differences(&plain, &self.found.recording)
                .iter()
                .map(Difference::place)
                .collect();
            explained.extend(places.difference(&still).cloned());
        }
        (self.by_order, self.differences) = std::mem::take(&mut self.differences)
            .into_iter()
            .partition(|difference| explained.contains(&difference.place()));
        Ok(())
    }

    /// What the commands returned, where it differs and nothing above explains that.
    pub(super) fn exit_statuses(&self) -> Option<(i32, i32)> {
        let (expected, found) = (self.expected.exit_status, self.found.recording.exit_status);
        let explained = self.unstable_exit_status
            || self
                .by_order
                .iter()
                .chain(&self.unstable)
                .any(|difference| difference.aspect == "outcome");
        (expected != found && !explained).then_some((expected, found))
    }

    pub(super) fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.exit_statuses().is_none()
    }
}
