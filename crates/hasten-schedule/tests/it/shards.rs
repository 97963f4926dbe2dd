//! What is true of any split into shards.

use hasten_schedule::shard::{ShardBy, Split, Test};
use proptest::prelude::*;

/// Folder and file, class, seconds, group (5 and more: none).
type Drawn = (u32, u32, Option<f64>, u32);

fn drawn(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    let seconds = prop_oneof![
        2 => Just(None),
        5 => (0.0..0.01).prop_map(Some),
        3 => (0.01..1.0).prop_map(Some),
        1 => (1.0..60.0).prop_map(Some),
    ];
    prop::collection::vec((0..6_u32, 0..4_u32, seconds, 0..40_u32), 0..most)
}

fn by() -> impl Strategy<Value = ShardBy> {
    prop_oneof![
        Just(ShardBy::Auto),
        Just(ShardBy::File),
        Just(ShardBy::Scope),
        Just(ShardBy::Test),
    ]
}

/// Node ids of files, scopes and tests.
fn names(drawn: &[Drawn]) -> Vec<[String; 3]> {
    let name = |(at, (file, class, ..)): (usize, &Drawn)| {
        let file = format!("t/test_{file}.py");
        let scope = format!("{file}::T{class}");
        let test = format!("{scope}::t{at}");
        [file, scope, test]
    };
    drawn.iter().enumerate().map(name).collect()
}

fn tests<'a>(drawn: &[Drawn], names: &'a [[String; 3]]) -> Vec<Test<'a>> {
    let test = |((.., seconds, group), [file, scope, nodeid]): (&Drawn, &'a [String; 3])| Test {
        nodeid,
        scope,
        file,
        expected: *seconds,
        bound: Some(*group).filter(|group| *group < 5),
    };
    drawn.iter().zip(names).map(test).collect()
}

/// Microseconds of the longest shard of the best split of all. For few tests.
fn optimum(micros: &[u64], loads: &mut [u64]) -> u64 {
    let Some((first, rest)) = micros.split_first() else {
        return loads.iter().copied().max().unwrap_or(0);
    };
    let mut best = u64::MAX;
    for shard in 0..loads.len() {
        loads[shard] += first;
        best = best.min(optimum(rest, loads));
        loads[shard] -= first;
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shards_are_disjoint_and_complete(drawn in drawn(120), shards in 1..9_usize, by in by()) {
        let names = names(&drawn);
        let split = Split::new(&tests(&drawn, &names), shards, by);
        // One shard for each test: none is in two, none in none.
        prop_assert_eq!(split.of.len(), drawn.len());
        prop_assert!(split.of.iter().all(|shard| *shard < shards));
        let counted: Vec<usize> = (0..shards)
            .map(|shard| split.of.iter().filter(|of| **of == shard).count())
            .collect();
        let said: Vec<usize> = split.shards.iter().map(|shard| shard.tests).collect();
        prop_assert_eq!(counted, said);
    }

    #[test]
    fn the_order_of_collection_makes_no_difference(
        (drawn, order) in drawn(60).prop_flat_map(|drawn| {
            let order: Vec<usize> = (0..drawn.len()).collect();
            (Just(drawn), Just(order).prop_shuffle())
        }),
        shards in 1..9_usize,
        by in by(),
    ) {
        let names = names(&drawn);
        let tests = tests(&drawn, &names);
        let split = Split::new(&tests, shards, by);
        let shuffled: Vec<Test<'_>> = order.iter().map(|at| tests[*at]).collect();
        let other = Split::new(&shuffled, shards, by);
        let expected: Vec<usize> = order.iter().map(|at| split.of[*at]).collect();
        prop_assert_eq!(&other.of, &expected);
        prop_assert_eq!(&other.shards, &split.shards);
    }

    #[test]
    fn no_shard_is_longer_than_its_share_and_one_unit(
        drawn in drawn(120),
        shards in 1..9_usize,
        by in by(),
    ) {
        let names = names(&drawn);
        let split = Split::new(&tests(&drawn, &names), shards, by);
        let total: u64 = split.shards.iter().map(|shard| shard.micros).sum();
        let most = total / shards as u64 + split.longest;
        prop_assert!(split.makespan() <= most.max(1), "{split:?}");
    }

    #[test]
    fn single_tests_are_split_within_four_thirds_of_the_best(
        seconds in prop::collection::vec(1..1000_u64, 1..9),
        shards in 1..4_usize,
    ) {
        let names: Vec<String> = (0..seconds.len()).map(|at| format!("t.py::t{at}")).collect();
        let tests: Vec<Test<'_>> = names
            .iter()
            .zip(&seconds)
            .map(|(nodeid, seconds)| Test {
                nodeid,
                scope: "t.py",
                file: "t.py",
                expected: Some(*seconds as f64),
                bound: None,
            })
            .collect();
        let split = Split::new(&tests, shards, ShardBy::Test);
        let micros: Vec<u64> = seconds.iter().map(|seconds| seconds * 1_000_000).collect();
        let best = optimum(&micros, &mut vec![0; shards]);
        prop_assert!(split.makespan() * 3 <= best * 4, "{} of {best}", split.makespan());
        let auto = Split::new(&tests, shards, ShardBy::Auto);
        // As good, or as even as is enough.
        let enough = micros.iter().sum::<u64>().div_ceil(shards as u64) * 21 / 20;
        prop_assert!(auto.makespan() <= split.makespan().max(enough + 1));
    }

    #[test]
    fn what_belongs_together_is_in_one_shard(drawn in drawn(120), shards in 1..9_usize, by in by()) {
        let names = names(&drawn);
        let tests = tests(&drawn, &names);
        let split = Split::new(&tests, shards, by);
        let mut groups = std::collections::HashMap::new();
        for (test, shard) in tests.iter().zip(&split.of) {
            let name = match (test.bound, by) {
                (Some(group), _) => format!("group {group}"),
                (None, ShardBy::File) => test.file.to_owned(),
                (None, ShardBy::Scope) => test.scope.to_owned(),
                (None, _) => continue,
            };
            prop_assert_eq!(*groups.entry(name).or_insert(*shard), *shard);
        }
    }
}
