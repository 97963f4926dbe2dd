//! Items that use a resource of which there is not enough for all workers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Item;
use crate::bound::BoundGroups;
use crate::estimate::Estimates;

/// What items use, and how many workers may have it at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Of each resource.
    limits: Vec<usize>,
    /// The resources of items that use any.
    needs: BTreeMap<u32, BTreeSet<usize>>,
}

impl Resources {
    /// Adds a resource that so many workers (0 counts as 1) may have at a time, and the items that use it.
    pub fn add(&mut self, limit: usize, items: impl IntoIterator<Item = u32>) {
        let number = self.limits.len();
        self.limits.push(limit.max(1));
        for item in items {
            self.needs.entry(item).or_default().insert(number);
        }
    }

    /// The items that use each resource, with its limit.
    pub fn users(&self) -> impl Iterator<Item = (usize, Vec<u32>)> + '_ {
        (0..).zip(&self.limits).map(|(number, limit)| {
            let uses = self
                .needs
                .iter()
                .filter(move |(_, needs)| needs.contains(&number));
            (*limit, uses.map(|(item, _)| *item).collect())
        })
    }
}

/// Items of one file that use the same, or a bound group with one that uses anything.
#[derive(Clone, Debug, Default)]
struct Unit {
    needs: Vec<usize>,
    /// Items to send; of a bound group the first of them.
    waiting: BTreeSet<u32>,
    /// Expected seconds of them.
    seconds: f64,
    group: Option<usize>,
}

/// The units, and who has what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    limits: Vec<usize>,
    units: Vec<Unit>,
    unit_of: HashMap<u32, usize>,
    unit_of_group: HashMap<usize, usize>,
    /// The workers that have each resource, and for how many items and groups.
    users: Vec<BTreeMap<usize, usize>>,
    /// The worker that each item was sent to and that has not finished it.
    sent: HashMap<u32, usize>,
    /// The unit that each worker had something of last.
    last: HashMap<usize, usize>,
    /// Number of units that have something to send.
    open: usize,
}

impl Held {
    /// The units of these items. One that runs alone needs nothing more.
    pub(crate) fn new(
        items: &[Item],
        resources: &Resources,
        bound: &BoundGroups,
        estimates: &Estimates,
    ) -> Self {
        let mut held = Self {
            limits: resources.limits.clone(),
            users: vec![BTreeMap::new(); resources.limits.len()],
            ..Self::default()
        };
        let mut numbers: HashMap<(u32, &BTreeSet<usize>), usize> = HashMap::new();
        for (item, needs) in &resources.needs {
            let Some(properties) = items.get(*item as usize).filter(|item| !item.alone) else {
                continue;
            };
            let next = held.units.len();
            if let Some(group) = bound.of(*item) {
                let unit = *held.unit_of_group.entry(group).or_insert(next);
                if unit == next {
                    held.units.push(Unit {
                        group: Some(group),
                        ..Unit::default()
                    });
                }
                let unit = &mut held.units[unit];
                let all: BTreeSet<usize> = unit.needs.iter().chain(needs).copied().collect();
                unit.needs = all.into_iter().collect();
                continue;
            }
            let unit = *numbers.entry((properties.file, needs)).or_insert(next);
            if unit == next {
                held.units.push(Unit {
                    needs: needs.iter().copied().collect(),
                    ..Unit::default()
                });
            }
            held.unit_of.insert(*item, unit);
            held.add(*item, estimates);
        }
        held
    }

    /// True when the item is in a unit of its own, not in those of others.
    pub(crate) fn has(&self, item: u32) -> bool {
        self.unit_of.contains_key(&item)
    }

    /// True when a bound group uses something.
    pub(crate) fn has_group(&self, group: usize) -> bool {
        self.unit_of_group.contains_key(&group)
    }

    /// Number of workers that can have something of it at a time, apart from bound groups.
    pub(crate) fn most_useful(&self) -> usize {
        self.unit_of.len().min(self.limits.iter().sum())
    }

    /// True when nothing is to be sent.
    pub(crate) const fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// An item is to be sent, perhaps again.
    pub(crate) fn add(&mut self, item: u32, estimates: &Estimates) {
        if let Some(unit) = self.unit_of.get(&item) {
            let unit = &mut self.units[*unit];
            self.open += usize::from(unit.waiting.is_empty());
            if unit.waiting.insert(item) {
                unit.seconds += estimates.of(item).seconds;
            }
        }
    }

    /// A bound group is to be given to somebody.
    pub(crate) fn add_group(&mut self, group: usize, first: u32, seconds: f64) {
        if let Some(unit) = self.unit_of_group.get(&group) {
            let unit = &mut self.units[*unit];
            self.open += usize::from(unit.waiting.is_empty());
            unit.waiting = BTreeSet::from([first]);
            unit.seconds = seconds;
        }
    }

    /// True when a worker, or a new one, may have what a unit needs.
    fn is_free(&self, unit: &Unit, worker: Option<usize>) -> bool {
        unit.needs.iter().all(|resource| {
            let users = &self.users[*resource];
            users.len() < self.limits[*resource]
                || worker.is_some_and(|worker| users.contains_key(&worker))
        })
    }

    /// True when there is something for a worker, or a new one.
    pub(crate) fn has_for(&self, worker: Option<usize>) -> bool {
        self.open > 0
            && self
                .units
                .iter()
                .any(|unit| !unit.waiting.is_empty() && self.is_free(unit, worker))
    }

    /// The unit that a worker should have: the one that it had last, else one of what takes longest, which nobody has
    /// begun if there is one. `in_order`: the one with the first item. Only one whose first item `suits`.
    pub(crate) fn find(
        &self,
        worker: usize,
        in_order: bool,
        suits: impl Fn(u32) -> bool,
    ) -> Option<usize> {
        if self.open == 0 {
            return None;
        }
        let begun: BTreeSet<usize> = self.last.values().copied().collect();
        let own = self.last.get(&worker);
        let least = self.least_seconds();
        let rank = |number: &usize| {
            let unit = &self.units[*number];
            let first = unit.waiting.first().copied().unwrap_or(u32::MAX);
            let micros = |seconds: f64| (seconds * 1e6) as u64;
            let urgent = if in_order {
                (false, 0, false, 0)
            } else {
                (
                    own == Some(number),
                    micros(longest_of(unit, &least)),
                    !begun.contains(number),
                    micros(unit.seconds),
                )
            };
            (urgent, std::cmp::Reverse(first))
        };
        (0..self.units.len())
            .filter(|number| {
                let unit = &self.units[*number];
                unit.waiting.first().is_some_and(|item| suits(*item))
                    && self.is_free(unit, Some(worker))
            })
            .max_by_key(rank)
    }

    /// Seconds that all that waits for what a unit needs takes at least: no plan can do it faster.
    pub(crate) fn critical(&self, unit: usize) -> f64 {
        longest_of(&self.units[unit], &self.least_seconds())
    }

    /// Of each resource: seconds that all that waits for it takes at least.
    fn least_seconds(&self) -> Vec<f64> {
        let mut seconds = vec![0.0; self.limits.len()];
        for unit in &self.units {
            for resource in &unit.needs {
                seconds[*resource] += unit.seconds;
            }
        }
        for (seconds, limit) in seconds.iter_mut().zip(&self.limits) {
            *seconds /= *limit as f64;
        }
        seconds
    }

    /// The bound group that a unit is, if it is one.
    pub(crate) fn group(&self, unit: usize) -> Option<usize> {
        self.units[unit].group
    }

    /// The next item of a unit.
    pub(crate) fn first(&self, unit: usize) -> Option<u32> {
        self.units[unit].waiting.first().copied()
    }

    /// The next item of a unit, or the group that it is, goes to a worker, which has what it needs from now on.
    pub(crate) fn send(&mut self, unit: usize, worker: usize, estimates: &Estimates) {
        let place = &mut self.units[unit];
        let Some(item) = place.waiting.pop_first() else {
            return;
        };
        self.last.insert(worker, unit);
        if place.group.is_none() {
            place.seconds -= estimates.of(item).seconds;
            self.sent.insert(item, worker);
        }
        if place.waiting.is_empty() {
            place.seconds = 0.0;
            self.open -= 1;
        }
        for resource in &self.units[unit].needs {
            *self.users[*resource].entry(worker).or_default() += 1;
        }
    }

    /// An item finished.
    pub(crate) fn finish(&mut self, item: u32) {
        if let (Some(worker), Some(unit)) = (self.sent.remove(&item), self.unit_of.get(&item)) {
            self.release(*unit, worker);
        }
    }

    /// A worker has nothing of a bound group any more.
    pub(crate) fn finish_group(&mut self, group: usize, worker: usize) {
        if let Some(unit) = self.unit_of_group.get(&group) {
            self.release(*unit, worker);
        }
    }

    fn release(&mut self, unit: usize, worker: usize) {
        for resource in &self.units[unit].needs {
            let users = &mut self.users[*resource];
            if let Some(count) = users.get_mut(&worker) {
                *count -= 1;
                if *count == 0 {
                    users.remove(&worker);
                }
            }
        }
    }

    /// A worker is gone, and has nothing any more.
    pub(crate) fn worker_gone(&mut self, worker: usize) {
        self.last.remove(&worker);
        self.sent.retain(|_, other| *other != worker);
        for users in &mut self.users {
            users.remove(&worker);
        }
    }
}

/// The most of these seconds among the resources that a unit needs.
fn longest_of(unit: &Unit, seconds: &[f64]) -> f64 {
    let needs = unit.needs.iter();
    needs.map(|resource| seconds[*resource]).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcest_resource_of_a_unit_says_how_urgent_it_is() {
        let item = |file| Item {
            file,
            scope: file,
            expected: Some(1.0),
            ..Item::default()
        };
        let items = [0, 0, 1, 2, 3].map(item);
        let mut resources = Resources::default();
        resources.add(2, [0, 1, 2]);
        resources.add(1, [2, 3]);
        let bound = BoundGroups::new(&items);
        let estimates = Estimates::new(&items, 1.0);
        let mut held = Held::new(&items, &resources, &bound, &estimates);
        let critical = |held: &Held| [0, 1, 2].map(|unit| held.critical(unit));
        assert_eq!(critical(&held), [1.5, 2.0, 2.0]);
        let next = |held: &Held, in_order| {
            let unit = held.find(0, in_order, |_| true)?;
            held.first(unit)
        };
        assert_eq!(
            next(&held, false),
            Some(2),
            "the first of two that take 2 s"
        );
        assert_eq!(next(&held, true), Some(0));
        held.send(2, 1, &estimates);
        assert_eq!(critical(&held), [1.5, 1.5, 1.0]);
        assert_eq!(
            next(&held, false),
            Some(0),
            "item 2 has to wait for worker 1"
        );
    }
}
