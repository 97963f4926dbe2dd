//! Isolated units: items that run in a process which runs nothing else.

use std::collections::HashMap;

use crate::Item;

/// Puts all items of a unit into one bound group, since one worker has to run them; groups that share a unit become one.
///
/// An item that runs alone comes at another time than the others of its unit, so it is a unit by itself. Items without
/// a unit stay as they are.
pub fn bind(items: &mut [Item]) {
    let mut next = match items.iter().filter_map(|item| item.unit).max() {
        None => return,
        Some(most) => most.saturating_add(1),
    };
    for item in items.iter_mut().filter(|item| item.alone) {
        item.bound = None;
        if item.unit.is_some() {
            item.unit = Some(next);
            next = next.saturating_add(1);
        }
    }
    let mut sets = Sets::default();
    for item in items.iter().filter(|item| !item.alone) {
        if let (Some(unit), Some(bound)) = (item.unit, item.bound) {
            sets.join(Name::Unit(unit), Name::Bound(bound));
        }
    }
    for item in items.iter_mut().filter(|item| !item.alone) {
        let name = item.unit.map(Name::Unit).or(item.bound.map(Name::Bound));
        item.bound = name.map(|name| sets.set_of(name));
    }
}

/// What a set is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    Unit(u32),
    Bound(u32),
}

/// Sets of names, as trees: each leads to another of its set, or is the root.
#[derive(Debug, Default)]
struct Sets {
    numbers: HashMap<Name, usize>,
    leads_to: Vec<usize>,
}

impl Sets {
    fn root(&mut self, name: Name) -> usize {
        let next = self.leads_to.len();
        let mut at = *self.numbers.entry(name).or_insert(next);
        if at == next {
            self.leads_to.push(next);
        }
        while self.leads_to[at] != at {
            self.leads_to[at] = self.leads_to[self.leads_to[at]];
            at = self.leads_to[at];
        }
        at
    }

    fn join(&mut self, one: Name, other: Name) {
        let (one, other) = (self.root(one), self.root(other));
        self.leads_to[other] = one;
    }

    fn set_of(&mut self, name: Name) -> u32 {
        u32::try_from(self.root(name)).unwrap_or(u32::MAX)
    }
}

/// The unit of each item, as far as the run has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    /// Empty when nothing is isolated.
    of: Vec<Option<u32>>,
    next: u32,
}

impl Units {
    pub(crate) fn new(items: &[Item]) -> Self {
        let Some(most) = items.iter().filter_map(|item| item.unit).max() else {
            return Self::default();
        };
        Self {
            of: items.iter().map(|item| item.unit).collect(),
            next: most
                .saturating_add(1)
                .max(u32::try_from(items.len()).unwrap_or(u32::MAX)),
        }
    }

    pub(crate) fn of(&self, item: u32) -> Option<u32> {
        self.of.get(item as usize).copied().flatten()
    }

    /// An item is to run once more: that is a unit of its own. Returns its number, which is above that of any item; none
    /// when it is not isolated.
    pub(crate) fn again(&mut self, item: u32) -> Option<u32> {
        let unit = self.of.get_mut(item as usize)?.as_mut()?;
        *unit = self.next;
        self.next = self.next.saturating_add(1);
        Some(*unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(unit: Option<u32>, bound: Option<u32>, alone: bool) -> Item {
        Item {
            bound,
            alone,
            unit,
            ..Item::default()
        }
    }

    fn bound(items: &[Item]) -> Vec<Option<u32>> {
        items.iter().map(|item| item.bound).collect()
    }

    #[test]
    fn without_units_nothing_changes() {
        let before = [item(None, Some(7), false), item(None, None, true)];
        let mut items = before;
        bind(&mut items);
        assert_eq!(items, before);
    }

    #[test]
    fn a_unit_is_bound_and_joins_the_groups_of_its_items() {
        let mut items = [
            item(Some(0), None, false),
            item(None, None, false),
            item(Some(1), Some(5), false),
            item(None, Some(5), false),
            item(Some(1), Some(6), false),
            item(Some(2), Some(6), false),
            item(None, Some(9), false),
            item(Some(0), None, false),
        ];
        bind(&mut items);
        let bound = bound(&items);
        assert_eq!(bound[1], None);
        assert_eq!(bound[0], bound[7]);
        assert!(bound[2..6].iter().all(|group| *group == bound[2]));
        let distinct: std::collections::HashSet<_> =
            [bound[0], bound[2], bound[6]].into_iter().collect();
        assert_eq!(distinct.len(), 3);
        assert!(!distinct.contains(&None));
    }

    #[test]
    fn what_runs_alone_is_a_unit_by_itself() {
        let mut items = [
            item(Some(3), None, false),
            item(Some(3), Some(1), true),
            item(Some(3), None, true),
            item(None, None, true),
        ];
        bind(&mut items);
        assert_eq!(items[0].unit, Some(3));
        assert_eq!(items[3].unit, None);
        assert!(items[1..].iter().all(|item| item.bound.is_none()));
        let units = [items[0].unit, items[1].unit, items[2].unit];
        assert!(units[0] != units[1] && units[1] != units[2]);
    }

    #[test]
    fn each_attempt_is_another_unit() {
        let mut units = Units::new(&[item(Some(3), None, false), item(None, None, false)]);
        assert_eq!(units.again(0), Some(4));
        assert_eq!(units.again(0), Some(5));
        assert_eq!(units.of(0), Some(5));
        assert_eq!(units.again(1), None);
        assert_eq!(units.of(1), None);
        assert_eq!(Units::new(&[item(None, None, false)]).again(0), None);
    }
}
