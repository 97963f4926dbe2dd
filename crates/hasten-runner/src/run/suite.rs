//! What was collected, and how far it is.

use std::collections::HashMap;

use hasten_history::PhaseTimes;
use hasten_protocol::message::{Collected, CollectedItem, Configured};
use hasten_schedule::{Item, Planner, PlannerOptions, isolation};

use super::attempts::Attempts;
use super::rules::Rules;
use crate::failures::Failures;
use crate::file_order::FileOrder;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::test_event::{Decided, Ended};

/// The collected items and everything that is known of them.
pub(crate) struct Suite {
    pub(crate) nodeids: Vec<String>,
    pub(crate) ledger: Ledger,
    pub(crate) planner: Planner,
    pub(crate) order: FileOrder,
    pub(crate) limits: Limits,
    pub(crate) attempts: Attempts,
    /// Attempts that are over and that nobody was told of yet; none when nobody listens.
    pub(crate) ended: Option<Vec<Ended>>,
    pub(crate) failures: Failures,
    /// Something runs in a process of its own.
    pub(crate) isolates: bool,
}

impl Suite {
    pub(crate) fn new(
        collected: &Collected,
        configured: &Configured,
        estimates: &HashMap<String, PhaseTimes>,
        options: PlannerOptions,
        rules: &Rules,
    ) -> Self {
        let items = &collected.items;
        let planned = planned(collected, estimates, rules);
        Self {
            isolates: planned.iter().any(|item| item.unit.is_some()),
            nodeids: items.iter().map(|item| item.0.clone()).collect(),
            ledger: Ledger::new(items.len()),
            planner: Planner::with_resources(planned, options, &rules.resources(collected)),
            order: if configured.in_order {
                FileOrder::strict(items.len())
            } else {
                FileOrder::new(items.iter().map(file_of), configured.live_line)
            },
            limits: rules.limits(collected, estimates),
            attempts: Attempts::default(),
            failures: Failures::default(),
            ended: None,
        }
    }

    /// Notes that an attempt that reported this is over, if somebody wants to know.
    pub(super) fn tell(&mut self, index: u32, records: &[u8], decided: Decided) {
        if let (Some(ended), Some(entry)) =
            (&mut self.ended, self.ledger.entries().get(index as usize))
        {
            ended.push(Ended {
                index,
                entry: entry.clone(),
                records: records.to_vec(),
                decided,
            });
        }
    }

    /// An attempt at an item is over, and what it reported is still held: keeps what it says of its failure.
    pub(super) fn keep_failure(&mut self, index: u32) {
        let Some(entry) = self.ledger.entries().get(index as usize) else {
            return;
        };
        if entry.state.is_failure() {
            let records = self.order.held(index);
            self.failures.add(index, entry.reruns, records);
        }
    }
}

/// The items as the planner takes them.
pub(super) fn planned(
    collected: &Collected,
    estimates: &HashMap<String, PhaseTimes>,
    rules: &Rules,
) -> Vec<Item> {
    let mut files = Interner::default();
    let mut scopes = Interner::default();
    let items = collected.items.iter();
    let mut planned: Vec<Item> = items
        .map(|item| Item {
            file: files.number(file_of(item)),
            scope: scopes.number(scope_of(item)),
            expected: estimates.get(&item.0).map(PhaseTimes::total),
            bound: None,
            alone: false,
            unit: None,
        })
        .collect();
    rules.dist.bind(collected, &mut planned);
    for (item, unit) in planned.iter_mut().zip(rules.units(collected)) {
        item.unit = unit;
    }
    isolation::bind(&mut planned);
    planned
}

/// The file of an item.
pub(super) fn file_of(item: &CollectedItem) -> &str {
    hasten_history::file_of(&item.0)
}

/// The node id of its class or module.
pub(super) fn scope_of(item: &CollectedItem) -> &str {
    let end = item
        .0
        .char_indices()
        .nth(item.1)
        .map_or(item.0.len(), |(at, _)| at);
    &item.0[..end]
}

#[derive(Default)]
struct Interner<'a> {
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Interner<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(name).or_insert(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_scope_are_parts_of_the_node_id() {
        let item = CollectedItem("tests/tést.py::A::b[x::y]".into(), 16, None, None, None);
        assert_eq!(file_of(&item), "tests/tést.py");
        assert_eq!(scope_of(&item), "tests/tést.py::A");
        let odd = CollectedItem("whole".into(), 99, None, None, None);
        assert_eq!(scope_of(&odd), "whole");
    }
}
