//! The size of the pool, by asking.

use hasten_schedule::autoscale::{Autoscaler, Bounds, Sample, foreseen};
use proptest::prelude::*;

/// A machine with nothing else on it, and workers that each want the same part of a core.
#[derive(Clone, Copy, Debug)]
struct Even {
    cores: f64,
    /// The part of the time in which a worker that has a core for itself computes.
    demand: f64,
    /// Cores that other programs keep busy.
    others: f64,
}

impl Even {
    fn sample(self, active: usize) -> Sample {
        let wanted = active as f64 * self.demand;
        // Whoever waits for a core wants it longer.
        let crowd = ((wanted + self.others) / self.cores).max(1.0);
        let used = wanted / crowd;
        Sample {
            seconds: 0.1,
            idle: (self.cores - used - self.others).max(0.0),
            wanted: Some(active as f64 * (self.demand * crowd).min(1.0)),
            runnable: 0,
            active,
            starting: 0,
            room: 1000,
            work: 1e6,
            start_up: Some(0.025),
            memory_is_short: false,
        }
    }

    /// The sizes of the pool, look by look.
    fn sizes(self, bounds: Bounds, looks: usize) -> Vec<usize> {
        let mut autoscaler = Autoscaler::new(bounds);
        let mut active = autoscaler.target();
        let mut sizes = vec![active];
        for _ in 0..looks {
            active = autoscaler.look(&self.sample(active), || usize::MAX);
            sizes.push(active);
        }
        sizes
    }
}

const ALONE: Even = Even {
    cores: 2.0,
    demand: 1.0,
    others: 0.0,
};

const TWO_CORES: Bounds = Bounds {
    cores: 2.0,
    start: 2,
    most: 16,
};

#[test]
fn computing_suites_get_the_cores() {
    assert_eq!(*ALONE.sizes(TWO_CORES, 50).iter().max().unwrap(), 2);
}

#[test]
fn sleeping_suites_get_all_within_half_a_second() {
    let sleeping = Even {
        demand: 0.0,
        ..ALONE
    };
    assert_eq!(sleeping.sizes(TWO_CORES, 5)[..4], [2, 4, 8, 16]);
}

#[test]
fn other_programs_do_not_keep_tests_from_waiting_together() {
    let sleeping = Even {
        demand: 0.01,
        others: 2.0,
        ..ALONE
    };
    assert_eq!(sleeping.sizes(TWO_CORES, 20).last(), Some(&8));
    // They had no core for longer than the sample covers.
    let starved = Sample {
        wanted: Some(0.0),
        runnable: 2,
        ..sleeping.sample(2)
    };
    assert_eq!(Autoscaler::new(TWO_CORES).look(&starved, || 99), 2);
    let computing = Even {
        others: 2.0,
        ..ALONE
    };
    assert_eq!(computing.sizes(TWO_CORES, 20).last(), Some(&2));
}

#[test]
fn what_a_suite_will_have_use_for() {
    // The article's sample: the longest test is as long as all others and half as much again.
    assert_eq!(foreseen(145.0, 0.0, 100.0, 2.0), 1);
    // Tests that compute, that wait for half of their time, and that sleep.
    assert_eq!(foreseen(60.0, 60.0, 1.0, 2.0), 2);
    assert_eq!(foreseen(60.0, 30.0, 1.0, 2.0), 4);
    assert_eq!(foreseen(60.0, 0.0, 1.0, 2.0), 60);
    assert_eq!(foreseen(0.0, 0.0, 0.0, 2.0), 1);
}

#[test]
fn a_part_of_a_core_is_none() {
    let quota = Bounds {
        cores: 1.5,
        start: 1,
        most: 8,
    };
    let one_and_a_half = Even {
        cores: 1.5,
        ..ALONE
    };
    assert_eq!(one_and_a_half.sizes(quota, 20).last(), Some(&1));
}

#[test]
fn a_crowd_that_computes_is_sent_back_at_once() {
    let mut autoscaler = Autoscaler::new(Bounds {
        start: 16,
        ..TWO_CORES
    });
    assert_eq!(autoscaler.look(&ALONE.sample(16), || 99), 2);
    // Cores are idle for a moment: those that were sent back come again only after a while.
    let sleeping = Even {
        demand: 0.1,
        ..ALONE
    };
    let targets: Vec<usize> = (0..6)
        .map(|_| autoscaler.look(&sleeping.sample(2), || 99))
        .collect();
    assert_eq!(targets, [2, 2, 2, 2, 4, 4]);
}

#[test]
fn without_a_count_of_delays_a_crowd_is_thinned_out() {
    let mut autoscaler = Autoscaler::new(Bounds {
        start: 5,
        ..TWO_CORES
    });
    let mut active = 5;
    let mut sizes = Vec::new();
    for _ in 0..60 {
        let unknown = Sample {
            wanted: None,
            ..ALONE.sample(active)
        };
        active = autoscaler.look(&unknown, || 99);
        sizes.push(active);
    }
    sizes.dedup();
    assert_eq!(sizes, [5, 4, 3, 2]);
}

#[test]
fn nothing_is_added_that_does_not_pay() {
    let sleeping = Even {
        demand: 0.0,
        ..ALONE
    };
    let look = |change: fn(&mut Sample)| {
        let mut sample = sleeping.sample(2);
        change(&mut sample);
        Autoscaler::new(TWO_CORES).look(&sample, || 3)
    };
    assert_eq!(look(|_| ()), 4);
    assert_eq!(look(|sample| sample.room = 1), 3);
    assert_eq!(look(|sample| sample.room = 0), 2);
    assert_eq!(look(|sample| sample.start_up = None), 2);
    assert_eq!(look(|sample| sample.starting = 1), 2);
    // A fixture of the session takes five seconds.
    let expensive = |sample: &mut Sample| sample.start_up = Some(5.0);
    assert_eq!(look(expensive), 4);
    assert_eq!(
        look(|sample| {
            sample.start_up = Some(5.0);
            sample.work = 12.0;
        }),
        3
    );
    assert_eq!(
        look(|sample| {
            sample.start_up = Some(5.0);
            sample.work = 10.0;
        }),
        2
    );
}

#[test]
fn memory_bounds_the_pool() {
    let sleeping = Even {
        demand: 0.0,
        ..ALONE
    };
    let mut autoscaler = Autoscaler::new(Bounds {
        start: 4,
        ..TWO_CORES
    });
    assert_eq!(autoscaler.look(&sleeping.sample(4), || 1), 5);
    let short = |active| Sample {
        memory_is_short: true,
        ..sleeping.sample(active)
    };
    assert_eq!(autoscaler.look(&short(5), || 0), 4);
    assert_eq!(autoscaler.look(&short(4), || 0), 4, "not at once again");
    for _ in 0..50 {
        let active = autoscaler.target();
        autoscaler.look(&short(active), || 0);
    }
    assert_eq!(autoscaler.target(), 1, "the last one stays");
    let mut autoscaler = Autoscaler::new(TWO_CORES);
    autoscaler.memory_ran_out(2);
    assert_eq!(autoscaler.look(&sleeping.sample(1), || 99), 1);
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (0.5..64.0_f64, 1..64_usize, 1..64_usize).prop_map(|(cores, start, most)| Bounds {
        cores,
        start,
        most,
    })
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let load = (0.0..0.5_f64, 0.0..64.0_f64, prop::option::of(0.0..64.0_f64));
    let pool = (0..80_usize, 0..5_usize, 0..80_usize);
    let work = (0.0..100.0_f64, prop::option::of(0.0..10.0_f64));
    (load, pool, work, any::<bool>()).prop_map(
        |((seconds, idle, wanted), (active, starting, room), (work, start_up), short)| Sample {
            seconds,
            idle,
            wanted,
            runnable: 0,
            active,
            starting,
            room,
            work,
            start_up,
            memory_is_short: short,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_above_the_limit_and_never_nobody(
        bounds in bounds(),
        samples in prop::collection::vec(any_sample(), 0..60),
        fits in 0..20_usize,
    ) {
        let mut autoscaler = Autoscaler::new(bounds);
        for sample in samples {
            let target = autoscaler.look(&sample, || fits);
            prop_assert!((1..=bounds.most).contains(&target));
        }
    }

    #[test]
    fn nobody_is_added_while_the_workers_keep_the_cores_busy(
        bounds in bounds(),
        samples in prop::collection::vec(any_sample(), 0..60),
    ) {
        let mut autoscaler = Autoscaler::new(bounds);
        for sample in samples {
            let before = autoscaler.target();
            let busy = Sample { idle: 0.0, wanted: Some(bounds.cores.max(1.0) * 1.2), ..sample };
            prop_assert!(autoscaler.look(&busy, || 99) <= before);
        }
    }

    #[test]
    fn steady_suites_come_to_rest_and_fill_the_cores(
        cores in 1.0..16.0_f64,
        demand in 0.0..=1.0_f64,
        others in prop_oneof![Just(0.0), 0.0..4.0_f64],
    ) {
        let start = cores as usize;
        let bounds = Bounds { cores, start, most: 8 * start };
        let even = Even { cores, demand, others: others.min(cores) };
        let sizes = even.sizes(bounds, 40);
        let steps_back = sizes.windows(2).filter(|pair| pair[1] < pair[0]).count();
        // What other programs take is seen only when it is taken away from the workers.
        prop_assert!(steps_back <= usize::from(others > 0.0), "{sizes:?}");
        let last = sizes[sizes.len() - 1];
        prop_assert_eq!(sizes[sizes.len() - 10], last, "at rest: {:?}", sizes);
        let wanted = last as f64 * demand;
        if last > start && others == 0.0 {
            prop_assert!(wanted <= cores + 0.25 * demand + 1e-9, "{last} of {demand} on {cores}");
        }
        let full = wanted + demand.max(0.25) > cores;
        prop_assert!(full || last == bounds.most || others > 0.0, "{last} of {demand} on {cores}");
    }
}
