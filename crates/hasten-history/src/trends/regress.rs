//! Whether something took longer this time than it ever does.

use std::collections::HashMap;

use super::Series;
use super::pace::paces;
use super::robust::{deviation, median};

/// Values without which nothing is said.
pub const LEAST_VALUES: usize = 3;
/// A difference of fewer seconds is not of interest: waking up late costs that much.
const LEAST_SECONDS: f64 = 0.02;
/// So many standard deviations are beyond noise.
const DEVIATIONS: f64 = 5.0;
/// At most this part of the values may come near.
pub(super) const NEAR: f64 = 0.1;
/// What is near: this part of the new value.
pub(super) const NEAR_FROM: f64 = 0.8;

/// Durations of a phase that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'p, 'a> {
    /// `setup` or `call`.
    pub phase: &'static str,
    /// What it took before.
    pub past: &'p [Series<'a>],
    /// What it took this time, by name.
    pub now: &'p HashMap<&'p str, f64>,
}

/// Something that took longer than its history lets expect.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression<'a> {
    /// What.
    pub name: &'a str,
    /// Which phase of it.
    pub phase: &'static str,
    /// Seconds, this time.
    pub seconds: f64,
    /// The median of its history, in seconds.
    pub usual: f64,
    /// Number of runs that this is the median of.
    pub runs: usize,
}

/// Finds what took more than `ratio` times its usual time, beyond noise: more than five standard deviations (by the median
/// absolute deviation) and 20 ms, and hardly ever so long before. What the calls have in common in a run, this one or an
/// earlier one, is divided out. `runs` is the number of runs of the history. The greatest ratio comes first.
#[must_use]
pub fn regressions<'a>(
    runs: usize,
    calls: Compared<'_, 'a>,
    others: &[Compared<'_, 'a>],
    ratio: f64,
) -> Vec<Regression<'a>> {
    let Compared { past, now, .. } = calls;
    let all: Vec<Series<'a>> = past
        .iter()
        .map(|series| {
            let mut all = series.clone();
            all.points
                .extend(now.get(series.name).map(|seconds| (runs, *seconds)));
            all
        })
        .collect();
    let paces = paces(runs + 1, &all);
    let slower = |compared: &Compared<'_, 'a>| -> Vec<Regression<'a>> {
        let found = compared.past.iter().filter_map(|series| {
            let seconds = *compared.now.get(series.name)?;
            let threshold = threshold(series, &paces, paces[runs], ratio)?;
            (seconds > threshold).then_some(Regression {
                name: series.name,
                phase: compared.phase,
                seconds,
                usual: median(&series.seconds())?,
                runs: series.points.len(),
            })
        });
        found.collect()
    };
    let mut found: Vec<Regression<'a>> = [calls].iter().chain(others).flat_map(slower).collect();
    let times = |one: &Regression<'_>| one.seconds / one.usual.max(1e-6);
    found.sort_by(|a, b| {
        times(b)
            .total_cmp(&times(a))
            .then_with(|| a.name.cmp(b.name))
    });
    found
}

/// The time from which on a new value is a regression.
fn threshold(series: &Series<'_>, paces: &[f64], pace: f64, ratio: f64) -> Option<f64> {
    if series.points.len() < LEAST_VALUES {
        return None;
    }
    let (raw, even) = (series.seconds(), series.even(paces));
    let noise = (DEVIATIONS * deviation(&even)?).max(LEAST_SECONDS);
    let of_one = |values: &[f64]| {
        let usual = median(values)?;
        Some((ratio * usual).max(usual + noise))
    };
    // In seconds, and with the paces divided out: a test that sleeps takes as long on a busy machine.
    let beyond = of_one(&raw)?.max(of_one(&even)? * pace);
    let mut longest = raw;
    longest.sort_by(f64::total_cmp);
    let may_be_near = (NEAR * longest.len() as f64) as usize;
    let near = longest[longest.len() - 1 - may_be_near] / NEAR_FROM;
    Some(beyond.max(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    fn past(values: &[f64]) -> Vec<Series<'static>> {
        let points: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
        let series = NAMES.iter().map(|name| Series {
            name,
            points: points.clone(),
        });
        series.collect()
    }

    /// Names what is slower than before, where `a` took this long and the others that long.
    fn slower(values: &[f64], a: f64, others: f64) -> Vec<&'static str> {
        let past = past(values);
        let mut now: HashMap<&str, f64> = NAMES.iter().map(|name| (*name, others)).collect();
        now.insert("a", a);
        let calls = Compared {
            phase: "call",
            past: &past,
            now: &now,
        };
        let found = regressions(values.len(), calls, &[], 2.0);
        found.iter().map(|one| one.name).collect()
    }

    #[test]
    fn a_test_that_takes_longer_is_found() {
        let values = [0.10, 0.11, 0.09, 0.10];
        assert_eq!(slower(&values, 0.25, 0.10), ["a"]);
        assert_eq!(slower(&values, 0.19, 0.10), [""; 0], "less than the ratio");
        assert_eq!(slower(&values[..2], 0.25, 0.10), [""; 0], "too few values");
    }

    #[test]
    fn a_busy_machine_is_divided_out() {
        let values = [0.10, 0.11, 0.09, 0.10];
        assert_eq!(slower(&values, 0.25, 0.25), [""; 0]);
        assert_eq!(slower(&values, 0.60, 0.25), ["a"]);
    }

    #[test]
    fn noise_is_no_regression() {
        let wild = [0.1, 0.3, 0.1, 0.25, 0.15];
        assert_eq!(slower(&wild, 0.35, 0.15), [""; 0]);
        assert_eq!(slower(&[0.001; 5], 0.01, 0.001), [""; 0], "milliseconds");
        let once = [vec![0.1; 12], vec![0.5]].concat();
        assert_eq!(slower(&once, 0.4, 0.1), ["a"], "once is nothing");
        assert_eq!(slower(&once[9..], 0.4, 0.1), [""; 0], "one of four is not");
    }

    #[test]
    fn what_has_no_history_is_no_regression() {
        let calls = Compared {
            phase: "call",
            past: &[],
            now: &HashMap::from([("new", 9.0)]),
        };
        assert_eq!(regressions(0, calls, &[], 2.0), []);
    }
}
