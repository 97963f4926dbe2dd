//! The units that nobody works on, in the order in which they are given out.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::layout::{Rank, Unit};

/// So many units are looked at for one that is suitable. More are unsuitable only where pytest has reordered
/// many items.
const MOST_LOOKED_AT: usize = 64;

/// A unit in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) rank: Rank,
    /// Expected microseconds. Smaller differences come from rounding.
    weight: Reverse<u64>,
    /// Its first place.
    pub(crate) start: u32,
}

/// The units that nobody works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    units: BTreeMap<Key, (u32, bool)>,
}

impl Pool {
    /// Adds a unit; of one rank, those of more seconds are given out first, then those of earlier places.
    pub(crate) fn add(&mut self, unit: Unit, seconds: f64) {
        let Range { start, end } = unit.places;
        if start < end {
            let weight = Reverse((seconds * 1e6).round() as u64);
            self.units.insert(
                Key {
                    rank: unit.rank,
                    weight,
                    start,
                },
                (end, unit.whole),
            );
        }
    }

    /// True when there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// True when long items wait.
    pub(crate) fn has_long(&self) -> bool {
        self.units
            .first_key_value()
            .is_some_and(|(key, _)| key.rank == Rank::Long)
    }

    /// Seconds of the longest unit of those with a long item.
    pub(crate) fn longest_of_long(&self) -> Option<f64> {
        let (key, _) = self.units.first_key_value()?;
        (key.rank == Rank::Long).then(|| key.weight.0 as f64 / 1e6)
    }

    /// The first place of the unit that comes next.
    pub(crate) fn first_place(&self) -> Option<u32> {
        Some(self.units.first_key_value()?.0.start)
    }

    /// Finds the first unit of a rank, or one after it, that is suitable.
    pub(crate) fn find(&self, from: Rank, suits: impl Fn(Key) -> bool) -> Option<Key> {
        let first = Key {
            rank: from,
            weight: Reverse(u64::MAX),
            start: 0,
        };
        let units = self.units.range(first..).take(MOST_LOOKED_AT);
        units.map(|(key, _)| *key).find(|key| suits(*key))
    }

    /// Takes a unit.
    pub(crate) fn take(&mut self, key: Key) -> Option<Unit> {
        let (end, whole) = self.units.remove(&key)?;
        Some(Unit {
            rank: key.rank,
            whole,
            places: key.start..end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_then_seconds_then_place() {
        let mut pool = Pool::default();
        let mut add = |rank, start, seconds| {
            pool.add(
                Unit {
                    rank,
                    whole: false,
                    places: start..start + 1,
                },
                seconds,
            );
        };
        add(Rank::Known, 0, 1.0);
        add(Rank::Known, 1, 1.0);
        add(Rank::Known, 2, 10.0);
        add(Rank::Unknown, 3, 0.0);
        add(Rank::Long, 4, 0.5);
        assert!(pool.has_long());
        let mut order = Vec::new();
        while let Some(unit) = pool
            .find(Rank::Long, |_| true)
            .and_then(|key| pool.take(key))
        {
            order.push(unit.places.start);
        }
        assert_eq!(order, [4, 3, 2, 0, 1]);
    }
}
