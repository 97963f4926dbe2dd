//! The items in the order of their units, so that any part of a unit is a range of places.

use std::ops::Range;

use crate::Item;
use crate::bound::BoundGroups;
use crate::estimate::Estimates;
use crate::held::Held;

/// An item longer than this part of a worker's share of the run goes out early. What is not cut off is
/// so short that a late start of it adds no more than this to the run.
const LONG: f64 = 0.2;
/// A group or scope that takes no more than this part of a share is never cut for a long item in it.
const SMALL: f64 = 0.5;

/// Why a unit is given out when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It begins with a long item, or is short and has one.
    Long,
    /// It was sent to a worker that is gone.
    Returned,
    /// Durations of it are not known.
    Unknown,
    /// The rest.
    Known,
    /// What runs in a process of its own: processes that have run something else are not ended as long as there is more
    /// for them.
    Isolated,
}

/// A unit to give out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) rank: Rank,
    /// Whoever takes it stays with it to its end, though long items wait.
    pub(crate) whole: bool,
    pub(crate) places: Range<u32>,
}

/// The items in the order of their units.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The item at each place.
    items: Vec<u32>,
    /// The place of each item.
    places: Vec<u32>,
    /// Seconds that history expects of what is before each place.
    known: Vec<f64>,
    /// Number of unknown items before each place.
    unknown: Vec<u32>,
    /// Where the run of one scope that each place is in begins, and ends.
    scopes: Vec<(u32, u32)>,
    /// Some file's items do not follow one another: pytest has reordered for fixtures.
    pub(crate) interleaved: bool,
}

impl Layout {
    /// Lays items out for so many workers, and returns the units in the order of collection.
    ///
    /// Items that run alone, and those that are held, are in no unit. `in_order`: no unit is preferred to another.
    pub(crate) fn new(
        items: &[Item],
        estimates: &Estimates,
        bound: &BoundGroups,
        held: &Held,
        workers: usize,
        in_order: bool,
    ) -> (Self, Vec<Unit>) {
        let mut cutter = Cutter::new(items, estimates, workers);
        if in_order {
            cutter.long = f64::INFINITY;
        }
        let mut files = std::collections::HashSet::new();
        let mut interleaved = false;
        let (alone, all): (Vec<u32>, Vec<u32>) = (0..)
            .take(items.len())
            .partition(|item| items[*item as usize].alone || held.has(*item));
        let free: Vec<u32> = all
            .into_iter()
            .filter(|item| bound.of(*item).is_none())
            .collect();
        for group in free.chunk_by(|a, b| items[*a as usize].file == items[*b as usize].file) {
            interleaved |= !files.insert(items[group[0] as usize].file);
            cutter.group(group);
        }
        for group in 0..bound.len() {
            cutter.bound(bound.waiting(group).collect());
        }
        let Cutter {
            mut order,
            mut units,
            cut,
            ..
        } = cutter;
        for (rank, whole, part) in cut {
            let start = place(order.len());
            order.extend(part);
            units.push(Unit {
                rank,
                whole,
                places: start..place(order.len()),
            });
        }
        if in_order {
            for unit in &mut units {
                unit.rank = Rank::Known;
            }
            (order, units) = by_first_item(&order, units);
        }
        order.extend(alone);
        (Self::of(order, estimates, &units, interleaved), units)
    }

    fn of(items: Vec<u32>, estimates: &Estimates, units: &[Unit], interleaved: bool) -> Self {
        let mut places = vec![0; items.len()];
        let mut known = vec![0.0; items.len() + 1];
        let mut unknown = vec![0; items.len() + 1];
        for (at, item) in items.iter().enumerate() {
            places[*item as usize] = place(at);
            let history = estimates.history(*item);
            known[at + 1] = known[at] + history.unwrap_or(0.0);
            unknown[at + 1] = unknown[at] + u32::from(history.is_none());
        }
        let mut scopes = Vec::with_capacity(items.len());
        for unit in units {
            let part = &items[range(&unit.places)];
            for run in part.chunk_by(|a, b| estimates.scope_of(*a) == estimates.scope_of(*b)) {
                let start = place(scopes.len());
                let end = start + place(run.len());
                scopes.extend(run.iter().map(|_| (start, end)));
            }
        }
        Self {
            items,
            places,
            known,
            unknown,
            scopes,
            interleaved,
        }
    }

    /// The item at a place.
    pub(crate) fn item(&self, place: u32) -> u32 {
        self.items[place as usize]
    }

    /// The items at some places.
    pub(crate) fn items(&self, places: &Range<u32>) -> &[u32] {
        &self.items[range(places)]
    }

    /// The place of an item.
    pub(crate) fn place(&self, item: u32) -> u32 {
        self.places[item as usize]
    }

    /// Number of items without history at some places.
    pub(crate) fn unknown(&self, places: &Range<u32>) -> u32 {
        self.unknown[places.end as usize] - self.unknown[places.start as usize]
    }

    /// Expected seconds of places that belong to one file.
    pub(crate) fn seconds(&self, places: &Range<u32>, estimates: &Estimates) -> f64 {
        if places.is_empty() {
            return 0.0;
        }
        let known = self.known[places.end as usize] - self.known[places.start as usize];
        let unknown = f64::from(self.unknown(places));
        // A difference of sums may be a little less than nothing.
        known.max(0.0) + unknown * estimates.unknown_in_file_of(self.item(places.start))
    }

    /// The run of one scope that a place is in, as far as it is inside `places`.
    pub(crate) fn scope(&self, place: u32, places: &Range<u32>) -> Range<u32> {
        let (start, end) = self.scopes[place as usize];
        start.max(places.start)..end.min(places.end)
    }

    /// True when the item before a place belongs to the same scope and unit.
    pub(crate) fn is_inside_scope(&self, place: u32) -> bool {
        self.scopes[place as usize].0 < place
    }

    /// How far from the start of `places` it is about `seconds` of work: to the end of a scope if
    /// one is near. At least one item.
    pub(crate) fn cut(&self, places: &Range<u32>, seconds: f64, estimates: &Estimates) -> u32 {
        let (mut low, mut high) = (places.start + 1, places.end);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.seconds(&(places.start..middle), estimates) <= seconds {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if low >= places.end {
            return places.end;
        }
        let scope = self.scope(low, places);
        [scope.start, scope.end]
            .into_iter()
            .filter(|end| *end > places.start)
            .map(|end| {
                (
                    end,
                    (self.seconds(&(places.start..end), estimates) - seconds).abs(),
                )
            })
            .filter(|(_, away)| *away <= seconds / 2.0)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(low, |(end, _)| end)
    }
}

/// Cuts long items off their groups.
struct Cutter<'a> {
    items: &'a [Item],
    estimates: &'a Estimates,
    /// Seconds of a worker's share of the run.
    share: f64,
    /// Seconds from which on an item is long.
    long: f64,
    order: Vec<u32>,
    units: Vec<Unit>,
    cut: Vec<(Rank, bool, Vec<u32>)>,
}

impl<'a> Cutter<'a> {
    fn new(items: &'a [Item], estimates: &'a Estimates, workers: usize) -> Self {
        let all = (0..).take(items.len());
        let total: f64 = all.map(|item| estimates.of(item).seconds).sum();
        let share = total / workers.max(1) as f64;
        let long = if workers > 1 && share > 0.0 {
            share * LONG
        } else {
            f64::INFINITY
        };
        let cut = Vec::new();
        Self {
            items,
            estimates,
            share,
            long,
            order: Vec::new(),
            units: Vec::new(),
            cut,
        }
    }

    fn is_long(&self, item: u32) -> bool {
        self.estimates
            .history(item)
            .is_some_and(|seconds| seconds >= self.long)
    }

    fn is_small(&self, part: &[u32]) -> bool {
        let total: f64 = part
            .iter()
            .map(|item| self.estimates.of(*item).seconds)
            .sum();
        total <= self.share * SMALL
    }

    fn group(&mut self, group: &[u32]) {
        let start = place(self.order.len());
        let any_long = group.iter().any(|item| self.is_long(*item));
        let whole = any_long && self.is_small(group);
        if any_long && !whole {
            let items = self.items;
            for scope in group.chunk_by(|a, b| items[*a as usize].scope == items[*b as usize].scope)
            {
                self.scope(scope, scope[0] == group[0]);
            }
        } else {
            self.order.extend(group);
        }
        let rest = &self.order[start as usize..];
        let Some(first) = rest.first() else { return };
        let rank = if whole || self.is_long(*first) {
            Rank::Long
        } else if rest
            .iter()
            .any(|item| self.estimates.history(*item).is_none())
        {
            Rank::Unknown
        } else {
            Rank::Known
        };
        self.units.push(Unit {
            rank,
            whole,
            places: start..place(self.order.len()),
        });
    }

    /// A group that goes out as a whole, whatever it takes.
    fn bound(&mut self, group: Vec<u32>) {
        let seconds: f64 = group
            .iter()
            .map(|item| self.estimates.of(*item).seconds)
            .sum();
        let known = |item: &u32| self.estimates.history(*item).is_some();
        let isolated = |item: &u32| self.items[*item as usize].unit.is_some();
        let rank = if group.iter().any(known) && seconds >= self.long {
            Rank::Long
        } else if group.iter().any(isolated) {
            Rank::Isolated
        } else if group.iter().all(known) {
            Rank::Known
        } else {
            Rank::Unknown
        };
        self.cut.push((rank, true, group));
    }

    /// A scope of a group that is too long to go out as a whole.
    ///
    /// The first item of a scope may be long because it pays for the fixtures. It stays where it is, and
    /// takes the others along, instead of having them set up somewhere else again.
    fn scope(&mut self, scope: &[u32], first_in_group: bool) {
        let any_long = scope.iter().any(|item| self.is_long(*item));
        if any_long && !first_in_group && self.is_small(scope) {
            self.cut.push((Rank::Long, true, scope.to_vec()));
            return;
        }
        let mut rest = Vec::new();
        for (number, item) in scope.iter().enumerate() {
            if number > 0 && self.is_long(*item) {
                self.cut.push((Rank::Long, true, vec![*item]));
            } else {
                rest.push(*item);
            }
        }
        if self.is_long(scope[0]) && !first_in_group {
            self.cut.push((Rank::Long, false, rest));
        } else {
            self.order.extend(rest);
        }
    }
}

/// Lays units out by their first items.
fn by_first_item(order: &[u32], mut units: Vec<Unit>) -> (Vec<u32>, Vec<Unit>) {
    units.sort_by_key(|unit| order.get(unit.places.start as usize).copied());
    let mut sorted = Vec::with_capacity(order.len());
    for unit in &mut units {
        let start = place(sorted.len());
        sorted.extend(&order[range(&unit.places)]);
        unit.places = start..place(sorted.len());
    }
    (sorted, units)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn range(places: &Range<u32>) -> Range<usize> {
    places.start as usize..places.end as usize
}
