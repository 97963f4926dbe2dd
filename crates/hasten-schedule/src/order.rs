//! In which order tests are given out, when the user asks for one.
//!
//! The tests are a tree: folders, files, classes, tests. Where an order moves more than single tests, it sorts the
//! children of each node, so that what shares fixtures stays together.

use std::cmp::Reverse;
use std::collections::HashMap;

/// An order of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were collected.
    File,
    /// Those that failed the last time that they ran, then the others.
    FailedFirst,
    /// The file with the most to do, of that the class with the most to do, of that the longest test.
    SlowestFirst,
    /// Folders, files, classes and tests at random, the same for the same seed. What two tests have as their order does
    /// not depend on which others there are.
    Random(u64),
}

impl Order {
    /// True when several workers, too, are to begin tests in this order. Where the slowest come first, the planner does
    /// better.
    #[must_use]
    pub const fn is_strict(self) -> bool {
        !matches!(self, Self::SlowestFirst)
    }
}

/// A test that is to be sorted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sortable<'a> {
    /// pytest's node id.
    pub nodeid: &'a str,
    /// That of its class or module: the beginning of `nodeid`.
    pub scope: &'a str,
    /// Its last attempt failed.
    pub failed: bool,
    /// Seconds that are expected of it.
    pub expected: f64,
}

/// Sorts tests, and returns their positions in the new order.
#[must_use]
pub fn arrange(tests: &[Sortable<'_>], order: Order) -> Vec<u32> {
    let mut sorted: Vec<u32> = (0..).take(tests.len()).collect();
    let of = |at: &u32| &tests[*at as usize];
    match order {
        Order::File => {}
        Order::FailedFirst => sorted.sort_by_key(|at| !of(at).failed),
        Order::Random(seed) => sorted.sort_by_cached_key(|at| {
            let test = of(at);
            let names = path(test, true);
            let hashed: Vec<(u64, &str)> =
                names.iter().map(|name| (hash(seed, name), *name)).collect();
            hashed
        }),
        Order::SlowestFirst => {
            // A node by its name: what it takes, and its first test.
            let mut nodes: HashMap<&str, (u64, u32)> = HashMap::new();
            for (at, test) in (0..).zip(tests) {
                for name in path(test, false) {
                    nodes.entry(name).or_insert((0, at)).0 += micros(test.expected);
                }
            }
            sorted.sort_by_cached_key(|at| {
                let test = of(at);
                let mut keys: Vec<(Reverse<u64>, u32)> = path(test, false)
                    .iter()
                    .map(|name| nodes[name])
                    .map(|(seconds, first)| (Reverse(seconds), first))
                    .collect();
                keys.push((Reverse(micros(test.expected)), *at));
                keys
            });
        }
    }
    sorted
}

/// The names of the nodes above a test, from the top: folders if wanted, the file, its classes; with folders also the test.
fn path<'a>(test: &Sortable<'a>, whole: bool) -> Vec<&'a str> {
    let file = test.nodeid.find("::").unwrap_or(test.nodeid.len());
    let mut names = Vec::new();
    if whole {
        let folders = test.nodeid[..file].match_indices('/');
        names.extend(folders.map(|(at, _)| &test.nodeid[..at]));
    }
    names.push(&test.nodeid[..file]);
    let classes = test.scope.match_indices("::").skip(1);
    names.extend(classes.map(|(at, _)| &test.scope[..at]));
    if test.scope.len() > file {
        names.push(test.scope);
    }
    if whole {
        names.push(test.nodeid);
    }
    names
}

fn micros(seconds: f64) -> u64 {
    (crate::estimate::duration(seconds).unwrap_or(0.0) * 1e6).round() as u64
}

/// A number for a name: FNV-1a, mixed (Stafford's variant 13, as in SplitMix64), the same on every machine.
fn hash(seed: u64, name: &str) -> u64 {
    let mut number = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.to_le_bytes().into_iter().chain(name.bytes()) {
        number = (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: [(&str, &str); 8] = [
        ("a/x.py::t1", "a/x.py"),
        ("a/x.py::A::t1", "a/x.py::A"),
        ("a/x.py::A::t2[p::q]", "a/x.py::A"),
        ("a/x.py::A::B::t", "a/x.py::A::B"),
        ("a/x.py::t2", "a/x.py"),
        ("a/y.py::t", "a/y.py"),
        ("b/x.py::t1", "b/x.py"),
        ("b/x.py::t2", "b/x.py"),
    ];

    fn sortable(seconds: [f64; 8], failed: &[usize]) -> Vec<Sortable<'static>> {
        let test = |at: usize| Sortable {
            nodeid: TESTS[at].0,
            scope: TESTS[at].1,
            failed: failed.contains(&at),
            expected: seconds[at],
        };
        (0..8).map(test).collect()
    }

    #[test]
    fn paths_lead_from_the_folder_to_the_test() {
        let tests = sortable([0.0; 8], &[]);
        assert_eq!(
            path(&tests[3], true),
            [
                "a",
                "a/x.py",
                "a/x.py::A",
                "a/x.py::A::B",
                "a/x.py::A::B::t"
            ]
        );
        assert_eq!(path(&tests[2], false), ["a/x.py", "a/x.py::A"]);
        assert_eq!(path(&tests[0], false), ["a/x.py"]);
    }

    #[test]
    fn failed_ones_first_and_all_else_as_it_was() {
        let tests = sortable([0.0; 8], &[2, 6]);
        assert_eq!(
            arrange(&tests, Order::FailedFirst),
            [2, 6, 0, 1, 3, 4, 5, 7]
        );
        assert_eq!(arrange(&tests, Order::File), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn the_slowest_file_its_slowest_class_its_slowest_test() {
        let tests = sortable([2.0, 1.0, 1.5, 4.0, 3.0, 9.0, 1.0, 2.0], &[]);
        // x.py: 11.5, y.py: 9, b/x.py: 3; class A: 6.5, B in it: 4.
        assert_eq!(
            arrange(&tests, Order::SlowestFirst),
            [3, 2, 1, 4, 0, 5, 7, 6]
        );
    }

    #[test]
    fn chance_keeps_together_what_belongs_together() {
        let tests = sortable([0.0; 8], &[]);
        let mut seen = std::collections::HashSet::new();
        for seed in 0..200 {
            let order = arrange(&tests, Order::Random(seed));
            assert_eq!(order, arrange(&tests, Order::Random(seed)));
            for name in ["a/", "a/x.py", "a/x.py::A::", "b/"] {
                let places: Vec<usize> = order
                    .iter()
                    .enumerate()
                    .filter(|(_, at)| tests[**at as usize].nodeid.starts_with(name))
                    .map(|(place, _)| place)
                    .collect();
                assert_eq!(
                    places[places.len() - 1] - places[0],
                    places.len() - 1,
                    "{name}"
                );
            }
            seen.insert(order);
        }
        assert!(seen.len() > 60, "{}", seen.len());
    }

    #[test]
    fn chance_does_not_depend_on_which_others_there_are() {
        let tests = sortable([0.0; 8], &[]);
        for seed in 0..50 {
            let all = arrange(&tests, Order::Random(seed));
            let some: Vec<Sortable<'_>> = tests.iter().skip(2).copied().collect();
            let order: Vec<u32> = arrange(&some, Order::Random(seed))
                .iter()
                .map(|at| at + 2)
                .collect();
            let expected: Vec<u32> = all.into_iter().filter(|at| *at >= 2).collect();
            assert_eq!(order, expected);
        }
    }
}
