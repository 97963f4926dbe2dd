//! Which tests each of several machines runs: disjoint, complete, and balanced by expected seconds.
//!
//! The machines do not talk to each other. Each of them makes the whole split, from what was collected and what
//! history expects, and runs its own part. So the split depends on node ids and expectations only, not on the order
//! of collection, and is calculated in whole microseconds, so that no rounding depends on an order either.
//!
//! *Units* are given out, the longest first, each to the shard that has least so far (Graham's LPT rule: at most 4/3
//! of what is possible, as far as units can be distributed at all).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// With [`ShardBy::Auto`], a split whose longest shard is above what is possible by less than this part is even
/// enough, so that larger units may stay whole.
const EVEN_ENOUGH: u64 = 20;
/// With [`ShardBy::Auto`], how large a file or scope may be to stay whole, in percent of a shard: tried in this order.
const STEPS: [u64; 6] = [100, 50, 25, 10, 5, 0];

/// One test of the whole collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test<'a> {
    /// pytest's node id.
    pub nodeid: &'a str,
    /// That of its class or module.
    pub scope: &'a str,
    /// Its file.
    pub file: &'a str,
    /// Seconds that history expects, if it knows the test.
    pub expected: Option<f64>,
    /// Number of a group that must not be divided.
    pub bound: Option<u32>,
}

/// What stays in one shard, apart from bound groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShardBy {
    /// Files where the shards become even enough with that, else classes where they do, else nothing.
    #[default]
    Auto,
    /// The tests of a file.
    File,
    /// Those of a class, and a module's that are in none.
    Scope,
    /// Nothing.
    Test,
}

/// A split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The shard of each test, in the order in which the tests were given. The first shard is 0.
    pub of: Vec<usize>,
    /// The shards.
    pub shards: Vec<Shard>,
    /// Microseconds of the longest unit, which no split can be shorter than.
    pub longest: u64,
}

/// A shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shard {
    /// Number of tests.
    pub tests: usize,
    /// Expected microseconds of all of them together.
    pub micros: u64,
}

impl Split {
    /// Splits these tests into so many shards; 0 counts as 1.
    ///
    /// A test that history does not know counts as the median of the others; without any history all count the same.
    #[must_use]
    pub fn new(tests: &[Test<'_>], shards: usize, by: ShardBy) -> Self {
        let shards = shards.max(1);
        let weights = weights(tests);
        let share = weights.iter().sum::<u64>().div_ceil(shards as u64);
        let with = |limit| deal(&units(tests, &weights, limit), tests.len(), shards);
        match by {
            ShardBy::File => with(Limit::Files(u64::MAX)),
            ShardBy::Scope => with(Limit::Scopes(u64::MAX)),
            ShardBy::Test => with(Limit::Files(0)),
            ShardBy::Auto => {
                let mut best: Option<Self> = None;
                for percent in STEPS {
                    let split = with(Limit::Files(share / 100 * percent));
                    if split.is_even(share) {
                        return split;
                    }
                    let better = |best: &Self| split.makespan() < best.makespan();
                    if best.as_ref().is_none_or(better) {
                        best = Some(split);
                    }
                }
                best.unwrap_or_default()
            }
        }
    }

    /// Microseconds of the longest shard.
    #[must_use]
    pub fn makespan(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.micros)
            .max()
            .unwrap_or(0)
    }

    fn is_even(&self, share: u64) -> bool {
        let single = self.shards.len() == 1;
        single || self.makespan() <= share + share / EVEN_ENOUGH
    }
}

/// How large a unit may be, in microseconds.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// Files, then scopes, then tests.
    Files(u64),
    /// Scopes, then tests.
    Scopes(u64),
}

/// Tests that stay together.
#[derive(Clone, Debug)]
struct Unit<'a> {
    /// The first of its node ids.
    name: &'a str,
    micros: u64,
    tests: Vec<usize>,
}

/// Microseconds of each test: at least 1, so that nothing is free.
fn weights(tests: &[Test<'_>]) -> Vec<u64> {
    let micros = |seconds: f64| {
        let seconds = crate::estimate::duration(seconds)?;
        // A day; more would be a mistake of a clock.
        Some((seconds.min(86_400.0) * 1e6).round() as u64)
    };
    let known = |test: &Test<'_>| test.expected.and_then(micros);
    let mut all: Vec<u64> = tests.iter().filter_map(known).collect();
    all.sort_unstable();
    let median = all.get(all.len() / 2).copied().unwrap_or(1_000_000);
    tests
        .iter()
        .map(|test| known(test).unwrap_or(median).max(1))
        .collect()
}

fn units<'a>(tests: &[Test<'a>], weights: &[u64], limit: Limit) -> Vec<Unit<'a>> {
    let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut free = Vec::new();
    for (at, test) in tests.iter().enumerate() {
        match test.bound {
            Some(group) => groups.entry(group).or_default().push(at),
            None => free.push(at),
        }
    }
    let unit = |all: Vec<usize>| Unit {
        name: all
            .iter()
            .map(|at| tests[*at].nodeid)
            .min()
            .unwrap_or_default(),
        micros: all.iter().map(|at| weights[*at]).sum(),
        tests: all,
    };
    let mut units: Vec<Unit<'a>> = groups.into_values().map(unit).collect();
    let mut divide = |all: Vec<usize>, name: fn(&Test<'a>) -> &'a str, most: u64| {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for at in all {
            named.entry(name(&tests[at])).or_default().push(at);
        }
        let (small, large): (Vec<_>, Vec<_>) = named
            .into_values()
            .map(unit)
            .partition(|unit| unit.micros <= most);
        units.extend(small);
        large.into_iter().flat_map(|unit| unit.tests).collect()
    };
    let (files, scopes) = match limit {
        Limit::Files(most) => (most, most),
        Limit::Scopes(most) => (0, most),
    };
    let rest = divide(free, |test| test.file, files);
    let rest = divide(rest, |test| test.scope, scopes);
    // A node id that was collected twice is one test.
    divide(rest, |test| test.nodeid, u64::MAX);
    units
}

/// Gives each unit, the longest first, to the shard that has least.
fn deal(units: &[Unit<'_>], tests: usize, shards: usize) -> Split {
    let mut split = Split {
        of: vec![0; tests],
        shards: vec![Shard::default(); shards],
        longest: units.iter().map(|unit| unit.micros).max().unwrap_or(0),
    };
    let mut sorted: Vec<&Unit<'_>> = units.iter().collect();
    sorted.sort_unstable_by_key(|unit| (Reverse(unit.micros), unit.name));
    let mut least: BinaryHeap<Reverse<(u64, usize, usize)>> =
        (0..shards).map(|shard| Reverse((0, 0, shard))).collect();
    for unit in sorted {
        let Some(Reverse((_, _, number))) = least.pop() else {
            break;
        };
        for test in &unit.tests {
            split.of[*test] = number;
        }
        let shard = &mut split.shards[number];
        shard.tests += unit.tests.len();
        shard.micros += unit.micros;
        least.push(Reverse((shard.micros, shard.tests, number)));
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn test<'a>(nodeid: &'a str, scope: &'a str, expected: Option<f64>) -> Test<'a> {
        Test {
            nodeid,
            scope,
            file: "a.py",
            expected,
            bound: None,
        }
    }

    #[test]
    fn unknown_tests_count_as_the_median() {
        let tests = [
            test("a", "a.py", Some(1.0)),
            test("b", "a.py", Some(2.0)),
            test("c", "a.py", Some(50.0)),
            test("d", "a.py", None),
            test("e", "a.py", Some(f64::NAN)),
        ];
        assert_eq!(
            weights(&tests),
            [1_000_000, 2_000_000, 50_000_000, 2_000_000, 2_000_000]
        );
        let nothing = tests.map(|test| Test {
            expected: None,
            ..test
        });
        assert_eq!(weights(&nothing), [1_000_000; 5]);
    }

    #[test]
    fn classes_stay_whole_where_that_is_even_enough() {
        let names: Vec<String> = (0..40)
            .map(|n| format!("a.py::T{}::t{n}", n / 10))
            .collect();
        let tests: Vec<Test<'_>> = names
            .iter()
            .map(|name| test(name, &name[..8], Some(0.1)))
            .collect();
        let split = Split::new(&tests, 2, ShardBy::Auto);
        for class in split.of.chunks(10) {
            assert!(class.iter().all(|shard| *shard == class[0]), "{split:?}");
        }
        assert_eq!(split.shards[0], split.shards[1]);
        let thirds = Split::new(&tests, 3, ShardBy::Auto);
        let tests: Vec<usize> = thirds.shards.iter().map(|shard| shard.tests).collect();
        assert_eq!(tests, [14, 13, 13], "10, 10 and 20 would not be even");
    }

    #[test]
    fn more_shards_than_tests_leave_some_empty() {
        let split = Split::new(&[test("a", "a.py", None)], 3, ShardBy::Auto);
        let tests: Vec<usize> = split.shards.iter().map(|shard| shard.tests).collect();
        assert_eq!(tests, [1, 0, 0]);
        assert_eq!(Split::new(&[], 0, ShardBy::File).shards.len(), 1);
    }
}
