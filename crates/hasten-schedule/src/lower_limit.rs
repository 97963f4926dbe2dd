//! How short a run can be at best, and what keeps it from being shorter.

/// Work that one worker does as a whole: a test with the fixtures that it sets up, or a bound group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unit {
    /// Seconds on the wall clock.
    pub seconds: f64,
    /// Seconds of processor time in it, if known. The rest is waiting, which costs no core.
    pub computing: Option<f64>,
    /// Nothing else runs meanwhile.
    pub alone: bool,
}

/// What a run is made on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// Cores that it may use.
    pub cores: usize,
    /// Workers; none: as many as help.
    pub workers: Option<usize>,
}

/// What no run of these units can be shorter than.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LowerLimit {
    /// Seconds.
    pub seconds: f64,
    /// What it comes from.
    pub binds: Binds,
    /// Seconds of the units that run alone, which the other numbers do not contain.
    pub alone: f64,
    /// The position of the longest unit that does not run alone, and its seconds.
    pub longest: Option<(usize, f64)>,
    /// Seconds that computing takes on all cores; 0 as long as nothing is known.
    pub computing: f64,
    /// Seconds that everything takes on all workers; 0 when there may be any number.
    pub shared: f64,
}

/// What a lower limit comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binds {
    /// Units that run alone are most of it.
    Alone,
    /// The longest unit.
    #[default]
    Longest,
    /// There is so much to compute for the cores.
    Computing,
    /// There are so few workers, some of which wait while a core is idle.
    Workers,
}

/// The lower limit of a run of these units.
#[must_use]
pub fn lower_limit(units: &[Unit], machine: Machine) -> LowerLimit {
    let free = || units.iter().enumerate().filter(|(_, unit)| !unit.alone);
    let sum = |of: fn(&Unit) -> f64| free().map(|(_, unit)| of(unit)).sum::<f64>();
    let alone: f64 = units
        .iter()
        .filter(|unit| unit.alone)
        .map(|unit| unit.seconds)
        .sum();
    let longest = free()
        .map(|(number, unit)| (number, unit.seconds))
        .reduce(|most, other| if other.1 > most.1 { other } else { most });
    let computing = sum(|unit| unit.computing.unwrap_or(0.0)) / machine.cores.max(1) as f64;
    let shared = machine.workers.map_or(0.0, |workers| {
        sum(|unit| unit.seconds) / workers.max(1) as f64
    });
    let (others, binds) = [
        (longest.map_or(0.0, |longest| longest.1), Binds::Longest),
        (computing, Binds::Computing),
        (shared, Binds::Workers),
    ]
    .into_iter()
    .fold((0.0, Binds::Longest), |most, other| {
        if other.0 > most.0 { other } else { most }
    });
    LowerLimit {
        seconds: alone + others,
        binds: if alone > others { Binds::Alone } else { binds },
        alone,
        longest,
        computing,
        shared,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(seconds: f64, computing: f64) -> Unit {
        Unit {
            seconds,
            computing: Some(computing),
            alone: false,
        }
    }

    const fn on(cores: usize, workers: Option<usize>) -> Machine {
        Machine { cores, workers }
    }

    #[test]
    fn what_binds_is_named() {
        let mut units = vec![unit(10.0, 1.0), unit(4.0, 4.0), unit(6.0, 6.0)];
        let limit = lower_limit(&units, on(2, None));
        assert_eq!((limit.seconds, limit.binds), (10.0, Binds::Longest));
        assert_eq!(limit.longest, Some((0, 10.0)));
        assert_eq!(limit.computing, 5.5);

        let limit = lower_limit(&units, on(1, None));
        assert_eq!((limit.seconds, limit.binds), (11.0, Binds::Computing));

        let limit = lower_limit(&units, on(2, Some(1)));
        assert_eq!((limit.seconds, limit.binds), (20.0, Binds::Workers));

        units[0].alone = true;
        let limit = lower_limit(&units, on(2, None));
        assert_eq!((limit.seconds, limit.binds), (16.0, Binds::Alone));
        assert_eq!(limit.longest, Some((2, 6.0)));
        assert_eq!(lower_limit(&[], on(2, Some(2))).seconds, 0.0);
    }

    proptest! {
        /// Whatever the order, workers that take the next unit are not faster.
        #[test]
        fn no_schedule_is_shorter(
            units in prop::collection::vec((0.0..5.0_f64, 0.0..1.0_f64), 0..40),
            workers in 1_usize..6,
        ) {
            let units: Vec<Unit> = units.iter().map(|(seconds, part)| unit(*seconds, seconds * part)).collect();
            let mut ends = vec![0.0; workers];
            for unit in &units {
                ends.sort_by(f64::total_cmp);
                ends[0] += unit.seconds;
            }
            let end = ends.iter().copied().fold(0.0, f64::max);
            let limit = lower_limit(&units, on(workers, Some(workers)));
            prop_assert!(limit.seconds <= end + 1e-9);
            let any = lower_limit(&units, on(workers, None));
            prop_assert!(any.seconds <= limit.seconds);
        }
    }
}
