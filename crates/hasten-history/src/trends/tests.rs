use proptest::prelude::*;

use super::*;

/// Random numbers that a seed decides on (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }

    /// About normally distributed, with mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// A suite whose durations vary: each by some percent, now and then by a multiple; whole runs on a busy machine, in which
/// both are worse, the last three among them; some tests that vary more than others.
struct Suite {
    runs: usize,
    /// How much longer everything takes in each run.
    busy: Vec<f64>,
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl Suite {
    fn new(seed: u64, tests: usize, runs: usize) -> Self {
        let mut random = Random(seed);
        let busy: Vec<f64> = (0..runs)
            .map(|run| {
                if run + 3 >= runs || random.next() < 0.2 {
                    1.0 + random.next()
                } else {
                    1.0
                }
            })
            .collect();
        let values = (0..tests)
            .map(|_| {
                // From 1 ms to 2 s.
                let typical = 0.001 * 2000_f64.powf(random.next());
                let varies = if random.next() < 0.1 { 0.4 } else { 0.08 };
                let one = |busy: &f64| {
                    let noise = (random.normal() * varies * busy).exp();
                    let wild = random.next() < 0.02 * busy * busy;
                    typical * busy * noise * if wild { 3.0 } else { 1.0 }
                };
                busy.iter().map(one).collect()
            })
            .collect();
        Self {
            runs,
            busy,
            names: (0..tests).map(|number| format!("test_{number}")).collect(),
            values,
        }
    }

    fn changes(&self) -> Changes {
        let series: Vec<Series<'_>> = self
            .names
            .iter()
            .zip(&self.values)
            .map(|(name, values)| Series {
                name,
                points: values.iter().copied().enumerate().collect(),
            })
            .collect();
        changes(self.runs, &series)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_is_no_change(seed: u64, tests in 1_usize..400, runs in 2_usize..30) {
        let found = Suite::new(seed, tests, runs).changes();
        prop_assert!(found.each.len() <= 2, "{:?}", found.each);
    }

    #[test]
    fn a_change_is_found_with_its_run(
        seed: u64,
        tests in 40_usize..300,
        at in 8_usize..12,
        slower: bool,
    ) {
        let mut suite = Suite::new(seed, tests, 24);
        let ratio = if slower { 4.0 } else { 0.25 };
        let mut random = Random(seed);
        let changed: Vec<f64> = (0..24)
            .map(|run| {
                let level = if run < at { 0.2 } else { 0.2 * ratio };
                level * suite.busy[run] * (0.05 * random.normal()).exp()
            })
            .collect();
        suite.values[0] = changed;
        let found = suite.changes();
        let change = found.each.iter().find(|change| change.name == "test_0");
        let change = change.expect("found");
        prop_assert_eq!((change.last, change.first), (at - 1, at));
        prop_assert_eq!(change.after > change.before, slower);
    }
}

/// One series among others that do not change.
fn last_change(values: &[f64], others: usize) -> Option<Change> {
    let mut suite = Suite {
        runs: values.len(),
        busy: Vec::new(),
        names: (0..=others)
            .map(|number| format!("test_{number}"))
            .collect(),
        values: vec![vec![0.3; values.len()]; others + 1],
    };
    suite.values[0] = values.to_vec();
    let mut found = suite.changes().each;
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

#[test]
fn the_last_of_several_changes() {
    let values = [
        0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.2,
    ];
    let change = last_change(&values, 10).unwrap();
    assert_eq!((change.before, change.after), (0.5, 0.2));
    assert_eq!((change.last, change.first), (9, 10));
    assert_eq!((change.runs_before, change.runs_after), (5, 5));
}

#[test]
fn small_differences_and_single_values_are_no_change() {
    assert_eq!(last_change(&[0.1, 0.1, 0.1, 0.1, 0.9], 10), None);
    assert_eq!(last_change(&[0.1; 12], 10), None);
    let slightly = [0.10, 0.10, 0.10, 0.10, 0.11, 0.11, 0.11, 0.11];
    assert_eq!(last_change(&slightly, 10), None);
    let quick = [1e-4, 1e-4, 1e-4, 1e-4, 9e-4, 9e-4, 9e-4, 9e-4];
    assert_eq!(last_change(&quick, 10), None);
    let to_and_fro = [0.1, 0.3, 0.1, 0.3, 0.1, 0.3, 0.1, 0.3, 0.1, 0.3];
    assert_eq!(last_change(&to_and_fro, 10), None);
}

#[test]
fn more_tests_need_more_runs() {
    let values = |runs: usize| [vec![0.1; 6], vec![0.3; runs]].concat();
    assert!(last_change(&values(3), 4).is_some());
    let among_many = |runs| {
        let mut suite = Suite::new(7, 3000, 6 + runs);
        for values in &mut suite.values {
            values.resize(6 + runs, 0.0);
        }
        suite.values[0] = values(runs);
        let found = suite.changes().each;
        found.iter().any(|change| change.name == "test_0")
    };
    assert!(!among_many(3));
    assert!(among_many(8));
}

#[test]
fn a_machine_that_got_slower_is_not_a_slower_test() {
    let mut suite = Suite::new(3, 40, 16);
    for (number, values) in suite.values.iter_mut().enumerate() {
        *values = (0..16)
            .map(|run| (1.0 + number as f64) * if run < 8 { 0.1 } else { 0.15 })
            .collect();
    }
    let found = suite.changes();
    assert_eq!(found.each, []);
    let pace = found.pace.expect("the whole suite");
    assert_eq!((pace.last, pace.first), (7, 8));
    assert!((pace.after / pace.before - 1.5).abs() < 1e-9);
}
