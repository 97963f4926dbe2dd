//! The time that no plan of a run can go below.

/// A part of a run that one worker does as a whole: an item, or a bound group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Seconds on the clock.
    pub seconds: f64,
    /// Seconds of processor time among them, if they were measured.
    pub cpu: Option<f64>,
}

/// What a run cannot be shorter than.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LowerLimit {
    /// Seconds: the largest of the following.
    pub seconds: f64,
    /// Seconds of the longest part, which nobody can share.
    pub longest: f64,
    /// Seconds that each worker has to work, if all work as long.
    pub share: f64,
    /// Seconds that each core has to compute, as far as processor time was measured.
    pub computing: f64,
}

/// Which of them the limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limiting {
    /// One part is so long: only a shorter one helps.
    Longest,
    /// The work is too much for so few workers.
    Workers,
    /// The cores compute all the time: further workers do not help.
    Cores,
}

impl LowerLimit {
    /// The limit of a run of these parts by so many workers on so many cores.
    ///
    /// What is no duration (less than nothing, or not finite) counts as nothing, and so does processor time that was
    /// not measured, so that the limit holds in any case. A number of 0 counts as 1.
    #[must_use]
    pub fn new(parts: impl IntoIterator<Item = Work>, workers: usize, cores: usize) -> Self {
        let (mut longest, mut total, mut cpu) = (0.0_f64, 0.0, 0.0);
        for part in parts {
            let seconds = sane(part.seconds);
            longest = longest.max(seconds);
            total += seconds;
            cpu += part.cpu.map_or(0.0, sane);
        }
        let share = total / workers.max(1) as f64;
        let computing = cpu / cores.max(1) as f64;
        Self {
            seconds: longest.max(share).max(computing),
            longest,
            share,
            computing,
        }
    }

    /// What makes the limit; where two do, the one that is harder to change.
    #[must_use]
    pub fn limiting(&self) -> Limiting {
        if self.longest >= self.seconds {
            Limiting::Longest
        } else if self.computing >= self.seconds {
            Limiting::Cores
        } else {
            Limiting::Workers
        }
    }
}

fn sane(seconds: f64) -> f64 {
    crate::estimate::duration(seconds).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(seconds: &[f64], cpu: Option<f64>) -> Vec<Work> {
        let work = |seconds: &f64| Work {
            seconds: *seconds,
            cpu: cpu.map(|part| part * seconds),
        };
        seconds.iter().map(work).collect()
    }

    #[test]
    fn the_longest_part_or_the_share_of_a_worker() {
        let limit = LowerLimit::new(parts(&[1.0, 2.0, 9.0], None), 2, 4);
        assert_eq!((limit.seconds, limit.share), (9.0, 6.0));
        assert_eq!(limit.limiting(), Limiting::Longest);
        let limit = LowerLimit::new(parts(&[3.0; 8], None), 2, 4);
        assert_eq!((limit.seconds, limit.longest), (12.0, 3.0));
        assert_eq!(limit.limiting(), Limiting::Workers);
    }

    #[test]
    fn more_workers_than_cores_do_not_compute_faster() {
        let limit = LowerLimit::new(parts(&[1.0; 8], Some(1.0)), 8, 2);
        assert_eq!((limit.seconds, limit.share), (4.0, 1.0));
        assert_eq!(limit.limiting(), Limiting::Cores);
        let waiting = LowerLimit::new(parts(&[1.0; 8], Some(0.125)), 8, 2);
        assert_eq!(waiting.seconds, 1.0);
    }

    #[test]
    fn nothing_and_nonsense() {
        let nothing = LowerLimit::new([], 0, 0);
        assert_eq!((nothing.seconds, nothing.share), (0.0, 0.0));
        let nonsense = LowerLimit::new(parts(&[f64::NAN, -1.0, 2.0], Some(1.0)), 1, 1);
        assert_eq!((nonsense.seconds, nonsense.computing), (2.0, 2.0));
    }

    proptest! {
        /// Workers that take one part after another, in whatever order, are not faster.
        #[test]
        fn no_schedule_is_shorter(
            seconds in prop::collection::vec(0.0..5.0_f64, 0..40),
            computing in 0.0..=1.0_f64,
            workers in 1_usize..6,
        ) {
            let mut ends = vec![0.0; workers];
            for seconds in &seconds {
                ends.sort_by(f64::total_cmp);
                ends[0] += seconds;
            }
            let end = ends.iter().copied().fold(0.0, f64::max);
            let limit = LowerLimit::new(parts(&seconds, Some(computing)), workers, workers);
            prop_assert!(limit.seconds <= end + 1e-9);
        }
    }
}
