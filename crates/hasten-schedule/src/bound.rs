//! Groups whose items run on one worker, one after another.

use std::collections::{BTreeSet, HashMap};

use crate::Item;

/// In place of a number: the item is free.
const FREE: u32 = u32::MAX;

/// A group that nobody else takes from while one worker has it.
#[derive(Clone, Debug, Default)]
struct BoundGroup {
    /// Items that are to be sent, in the order of collection, but for isolated units, which come one after another:
    /// each with its rank.
    waiting: BTreeSet<(u32, u32)>,
    /// Number of items that were sent and are not finished.
    sent: usize,
    /// The worker that has it: as long as there is something to send or to finish.
    holder: Option<usize>,
}

/// The bound groups of a run. Those without a holder and with items to send are in the pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct BoundGroups {
    /// The group of each item; empty when all are free.
    of: Vec<u32>,
    groups: Vec<BoundGroup>,
    /// The rank of items of isolated units: the first item of the unit.
    ranks: HashMap<u32, u32>,
}

impl BoundGroups {
    /// The groups of these items, none of which was sent. An item that runs alone is in no group.
    pub(crate) fn new(items: &[Item]) -> Self {
        let number = |item: &Item| item.bound.filter(|_| !item.alone);
        if items.iter().all(|item| number(item).is_none()) {
            return Self::default();
        }
        let mut seen = HashMap::new();
        let mut groups: Vec<BoundGroup> = Vec::new();
        let mut of = Vec::with_capacity(items.len());
        let mut units = HashMap::new();
        let mut ranks = HashMap::new();
        for (at, item) in (0..).zip(items) {
            let Some(number) = number(item) else {
                of.push(FREE);
                continue;
            };
            let group = *seen.entry(number).or_insert(groups.len());
            if group == groups.len() {
                groups.push(BoundGroup::default());
            }
            let rank = item.unit.map(|unit| *units.entry(unit).or_insert(at));
            if let Some(rank) = rank {
                ranks.insert(at, rank);
            }
            groups[group].waiting.insert((rank.unwrap_or(at), at));
            of.push(u32::try_from(group).unwrap_or(FREE));
        }
        Self { of, groups, ranks }
    }

    /// An item is in a unit of its own from now on, which comes after all others of its group.
    pub(crate) fn set_rank(&mut self, item: u32, rank: u32) {
        self.ranks.insert(item, rank);
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The group of an item.
    pub(crate) fn of(&self, item: u32) -> Option<usize> {
        let group = *self.of.get(item as usize)?;
        (group != FREE).then_some(group as usize)
    }

    /// The items of a group that are to be sent.
    pub(crate) fn waiting(&self, group: usize) -> impl Iterator<Item = u32> + '_ {
        self.groups[group].waiting.iter().map(|(_, item)| *item)
    }

    /// Lets a worker have a group.
    pub(crate) fn hold(&mut self, group: usize, worker: usize) {
        self.groups[group].holder = Some(worker);
    }

    /// The next item of a group.
    pub(crate) fn first(&self, group: usize) -> Option<u32> {
        self.groups[group].waiting.first().map(|(_, item)| *item)
    }

    /// The next item of a group is sent to its worker.
    pub(crate) fn send(&mut self, group: usize) {
        let group = &mut self.groups[group];
        if group.waiting.pop_first().is_some() {
            group.sent += 1;
        }
    }

    /// An item that was sent is finished; returns true when its worker has nothing of the group any more.
    pub(crate) fn finish(&mut self, group: usize) -> bool {
        let group = &mut self.groups[group];
        group.sent = group.sent.saturating_sub(1);
        let done = group.sent == 0 && group.waiting.is_empty();
        if done {
            group.holder = None;
        }
        done
    }

    /// The worker of a group is gone; returns true when the group has items to send.
    pub(crate) fn release(&mut self, group: usize) -> bool {
        let group = &mut self.groups[group];
        group.holder = None;
        group.sent = 0;
        !group.waiting.is_empty()
    }

    /// An item is to be sent again; returns true when the group has to be offered for that.
    pub(crate) fn again(&mut self, group: usize, item: u32) -> bool {
        let rank = self.ranks.get(&item).copied().unwrap_or(item);
        let group = &mut self.groups[group];
        let offered = !group.waiting.is_empty();
        group.waiting.insert((rank, item));
        group.holder.is_none() && !offered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(bound: Option<u32>, alone: bool) -> Item {
        Item {
            bound,
            alone,
            ..Item::default()
        }
    }

    #[test]
    fn groups_have_numbers_of_their_own() {
        let numbers = [Some(70), None, Some(4), Some(70)];
        let mut items = numbers.map(|number| item(number, false)).to_vec();
        items.push(item(Some(4), true));
        let groups = BoundGroups::new(&items);
        assert_eq!(groups.len(), 2);
        let of: Vec<_> = (0..5).map(|item| groups.of(item)).collect();
        assert_eq!(of, [Some(0), None, Some(1), Some(0), None]);
        assert_eq!(groups.waiting(0).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(BoundGroups::new(&[item(None, false)]).of(0), None);
    }

    #[test]
    fn what_runs_again_stays_with_the_worker_that_has_the_group() {
        let mut groups = BoundGroups::new(&[item(Some(0), false), item(Some(0), false)]);
        groups.hold(0, 5);
        groups.send(0);
        groups.send(0);
        assert!(!groups.finish(0));
        assert!(!groups.again(0, 0), "worker 5 takes it");
        assert!(!groups.finish(0));
        groups.send(0);
        assert!(groups.finish(0));
        assert!(groups.again(0, 1), "anybody takes it");
        assert!(!groups.again(0, 0), "it was offered");
    }
}
