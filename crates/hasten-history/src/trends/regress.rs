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
const NEAR: f64 = 0.1;
/// What is near: this part of the new value.
const NEAR_FROM: f64 = 0.8;

/// Something that took longer than its history lets expect.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression<'a> {
    /// What.
    pub name: &'a str,
    /// Seconds, this time.
    pub seconds: f64,
    /// The median of its history, in seconds.
    pub usual: f64,
    /// Number of runs that this is the median of.
    pub runs: usize,
    /// A time that is shorter than this, in seconds, is no regression.
    pub threshold: f64,
}

/// Finds what took more than `ratio` times its usual time, beyond noise: more than five standard deviations (by the median
/// absolute deviation) and 20 ms, and hardly ever so long before. What all have in common in a run, this one or an earlier
/// one, is divided out. `runs` is the number of runs of the history. The greatest ratio comes first.
#[must_use]
pub fn regressions<'a>(
    runs: usize,
    past: &[Series<'a>],
    now: &HashMap<&str, f64>,
    ratio: f64,
) -> Vec<Regression<'a>> {
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
    let mut found: Vec<Regression<'a>> = past
        .iter()
        .filter_map(|series| {
            let seconds = *now.get(series.name)?;
            let threshold = threshold(series, &paces, paces[runs], ratio)?;
            let raw: Vec<f64> = series.points.iter().map(|point| point.1).collect();
            (seconds > threshold).then_some(Regression {
                name: series.name,
                seconds,
                usual: median(&raw)?,
                runs: raw.len(),
                threshold,
            })
        })
        .collect();
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
    let points = series.points.iter();
    let even: Vec<f64> = points.map(|(run, seconds)| seconds / paces[*run]).collect();
    let raw: Vec<f64> = series.points.iter().map(|point| point.1).collect();
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
        let found = regressions(values.len(), &past, &now, 2.0);
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
        let found = regressions(0, &[], &HashMap::from([("new", 9.0)]), 2.0);
        assert_eq!(found, []);
    }
}
