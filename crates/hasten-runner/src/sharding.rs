//! The split of a suite into shards, named and in words.

use hasten_config::Shard;
use hasten_history::RunShard;
use hasten_schedule::shard::{Split, Test};
use sha2::{Digest, Sha256};

/// The name of a split, in hexadecimal digits: equal for the same tests in the same shards. It says nothing of the
/// order of collection, nor of expected seconds that lead to the same split.
pub(crate) fn plan_name(tests: &[Test<'_>], split: &Split) -> String {
    let mut named: Vec<(&str, usize)> = tests
        .iter()
        .map(|test| test.nodeid)
        .zip(split.of.iter().copied())
        .collect();
    named.sort_unstable();
    let mut hash = Sha256::new();
    hash.update((split.shards.len() as u64).to_le_bytes());
    for (nodeid, shard) in named {
        hash.update((nodeid.len() as u64).to_le_bytes());
        hash.update(nodeid);
        hash.update((shard as u64).to_le_bytes());
    }
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a run says of its shard, and keeps of it.
pub(crate) fn announce(shard: Shard, tests: &[Test<'_>], split: &Split) -> (String, RunShard) {
    let plan = plan_name(tests, split);
    let here = split
        .shards
        .get(shard.number.saturating_sub(1) as usize)
        .copied()
        .unwrap_or_default();
    let unknown = tests.iter().filter(|test| test.expected.is_none()).count();
    let seconds = |micros: u64| micros as f64 / 1e6;
    let size = match (here.tests, tests.len()) {
        (0, all) => format!("no tests: all {all} are in other shards"),
        (here, all) => format!("{here} of {all} tests"),
    };
    let times = if unknown == tests.len() {
        "split by number, since no run times are known".to_owned()
    } else {
        let total: u64 = split.shards.iter().map(|shard| shard.micros).sum();
        let guessed = match unknown {
            0 => String::new(),
            1 => ", 1 of them guessed".to_owned(),
            unknown => format!(", {unknown} of them guessed"),
        };
        format!(
            "{:.1}s of {:.1}s expected{guessed}",
            seconds(here.micros),
            seconds(total)
        )
    };
    let line = format!("shard {shard}: {size}; {times}; plan {plan}");
    let record = RunShard {
        number: shard.number,
        of: shard.of,
        plan,
    };
    (line, record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hasten_schedule::shard::ShardBy;

    fn test(nodeid: &str, expected: Option<f64>) -> Test<'_> {
        Test {
            nodeid,
            scope: "a.py",
            file: "a.py",
            expected,
            bound: None,
        }
    }

    fn said(number: u32, of: u32, tests: &[Test<'_>]) -> String {
        let split = Split::new(tests, of as usize, ShardBy::Test);
        announce(Shard { number, of }, tests, &split).0
    }

    #[test]
    fn what_a_run_says() {
        let tests = [
            test("a.py::a", Some(3.0)),
            test("a.py::b", Some(1.0)),
            test("a.py::c", Some(1.0)),
            test("a.py::d", None),
        ];
        let line = said(1, 2, &tests);
        let (before, plan) = line.split_once("; plan ").unwrap();
        assert_eq!(
            before,
            "shard 1/2: 1 of 4 tests; 3.0s of 6.0s expected, 1 of them guessed"
        );
        assert_eq!(plan.len(), 12);
        let unknown = [test("a.py::a", None)];
        assert!(said(2, 2, &unknown).starts_with(
            "shard 2/2: no tests: all 1 are in other shards; split by number, since no run times are known; plan "
        ));
    }

    #[test]
    fn the_name_is_of_tests_and_shards_only() {
        let tests = [
            test("a", Some(3.0)),
            test("b", Some(1.0)),
            test("c", Some(1.0)),
        ];
        let name = |tests: &[Test<'_>], shards| {
            plan_name(tests, &Split::new(tests, shards, ShardBy::Test))
        };
        let mut turned = tests;
        turned.reverse();
        assert_eq!(name(&tests, 2), name(&turned, 2));
        let slower = tests.map(|test| Test {
            expected: test.expected.map(|seconds| seconds * 2.0),
            ..test
        });
        assert_eq!(name(&tests, 2), name(&slower, 2), "the same split");
        let others = [
            name(&tests, 3),
            name(&tests[..2], 2),
            name(
                &[
                    test("a", Some(1.0)),
                    test("b", Some(3.0)),
                    test("c", Some(1.0)),
                ],
                2,
            ),
        ];
        for other in others {
            assert_ne!(name(&tests, 2), other);
        }
    }
}
