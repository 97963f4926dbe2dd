//! Where a series of durations changes for good.
//!
//! A change is a boundary between two runs, with medians that differ by [`LEAST_RATIO`] and [`LEAST_SECONDS`], also
//! when the paces of the runs are divided out. It is taken for noise unless that is improbable: each value beyond the
//! middle between the two medians is taken for an outlier, with the probability that outliers of this size have, by
//! what the series itself shows on the other side and by what share of the series of a similar length were outliers of
//! this size in that very run. So runs on a busy machine, in which many tests are slow, prove little, and a test whose time
//! varies needs more runs than another one. The product of these probabilities, times the number of boundaries and of
//! series that are looked at, has to be below [`CHANCE`]: with more tests, more runs are needed.

use super::Series;
use super::robust::median;

/// Runs on each side of a change.
pub(super) const LEAST_RUNS: usize = 3;
/// Smaller changes are not of interest.
pub(super) const LEAST_RATIO: f64 = 1.2;
/// Likewise, in seconds.
pub(super) const LEAST_SECONDS: f64 = 0.005;
/// How many false changes may be expected of all series together.
const CHANCE: f64 = 0.05;
/// This part of the values may be on the wrong side.
const STRAY: f64 = 0.2;
/// Series of a similar length: by this factor shorter or longer.
const SIMILAR: f64 = 4.0;
/// What a clock can tell, in seconds.
const TICK: f64 = 1e-6;

/// Series with the paces of the runs divided out.
pub(super) struct Field {
    /// Of each series: what is typical, and each value divided by it (none: no value in that run).
    rows: Vec<(f64, Vec<Option<f64>>)>,
    /// Positions of the rows, the shortest typical value first.
    sorted: Vec<usize>,
    /// Number of series in which a change could be found.
    candidates: usize,
}

/// A boundary in a series, as positions in its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Boundary {
    /// Where the part that is looked at begins.
    pub(super) begin: usize,
    /// The first value after the change.
    pub(super) first: usize,
}

impl Field {
    pub(super) fn new(runs: usize, series: &[Series<'_>], paces: &[f64]) -> Self {
        let rows: Vec<(f64, Vec<Option<f64>>)> = series
            .iter()
            .map(|each| {
                let values = each.even(paces);
                let typical = median(&values).unwrap_or(0.0).max(TICK);
                let mut row = vec![None; runs];
                for (&(run, _), value) in each.points.iter().zip(values) {
                    row[run] = Some(value / typical);
                }
                (typical, row)
            })
            .collect();
        let mut sorted: Vec<usize> = (0..rows.len()).collect();
        sorted.sort_by(|a, b| rows[*a].0.total_cmp(&rows[*b].0));
        let candidates = series.iter().filter(|each| may_change(each)).count();
        Self {
            rows,
            sorted,
            candidates,
        }
    }

    /// The share of series of a similar length whose value in a run is beyond `ratio` times what is typical of
    /// them. The series itself counts with `own_share`: what was not seen of others is not impossible.
    fn share(&self, own: usize, own_share: f64, typical: f64, run: usize, ratio: f64) -> f64 {
        let begin = self
            .sorted
            .partition_point(|row| self.rows[*row].0 < typical / SIMILAR);
        let (mut all, mut beyond) = (1.0, own_share);
        for &row in &self.sorted[begin..] {
            let (other, values) = &self.rows[row];
            if *other > typical * SIMILAR {
                break;
            }
            let Some(value) = values[run].filter(|_| row != own) else {
                continue;
            };
            all += 1.0;
            beyond += f64::from(is_beyond(value, ratio));
        }
        beyond / all
    }

    /// The last change of a series.
    pub(super) fn last_change(
        &self,
        own: usize,
        series: &Series<'_>,
        paces: &[f64],
    ) -> Option<Boundary> {
        if !may_change(series) {
            return None;
        }
        let values = series.even(paces);
        let mut found = None;
        let mut begin = 0;
        while values.len() - begin >= 2 * LEAST_RUNS {
            let boundary = Boundary {
                begin,
                first: begin + best_split(&values[begin..]),
            };
            if self.is_change(own, series, &values, boundary) {
                found = Some(boundary);
                begin = boundary.first;
            } else {
                // Two changes may hide each other.
                begin += (values.len() - begin).div_ceil(2).max(1);
            }
        }
        found
    }

    fn is_change(
        &self,
        own: usize,
        series: &Series<'_>,
        values: &[f64],
        boundary: Boundary,
    ) -> bool {
        let Boundary { begin, first } = boundary;
        let raw = series.seconds();
        let (before, after) = (&values[begin..first], &values[first..]);
        let medians = (
            median(before),
            median(after),
            median(&raw[begin..first]),
            median(&raw[first..]),
        );
        let (Some(low), Some(high), Some(raw_low), Some(raw_high)) = medians else {
            return false;
        };
        let rises = high > low;
        if !differ(low, high) || !differ(raw_low, raw_high) || rises != (raw_high > raw_low) {
            return false;
        }
        let middle = (low.max(TICK) * high.max(TICK)).sqrt();
        let run = |position: usize| series.points[position].0;
        let chance = |outliers: std::ops::Range<usize>, others: &[f64], level: f64, up: bool| {
            let is_out = |value: f64| if up { value > middle } else { value < middle };
            let level = level.max(TICK);
            let strays = others.iter().filter(|value| is_out(**value)).count() as f64;
            if strays > STRAY * others.len() as f64 {
                return 1.0;
            }
            let own_share = (strays + 1.0) / (others.len() as f64 + 2.0);
            let mut chance = 1.0;
            let mut out = 0;
            for position in outliers.clone() {
                if is_out(values[position]) {
                    out += 1;
                    let share = self.share(own, own_share, level, run(position), middle / level);
                    chance *= share.max(own_share);
                }
            }
            chance * ways(outliers.len(), out)
        };
        let late = chance(first..values.len(), before, low, rises);
        let early = chance(begin..first, after, high, !rises);
        let splits = values.len() - begin + 1 - 2 * LEAST_RUNS;
        late.max(early) * (splits * self.candidates) as f64 <= CHANCE
    }
}

/// Whether there is enough of a series, and enough time in it.
fn may_change(series: &Series<'_>) -> bool {
    let seconds = series.points.iter().map(|point| point.1);
    let (low, high) = seconds.fold((f64::INFINITY, 0.0), |(low, high), value| {
        (value.min(low), value.max(high))
    });
    series.points.len() >= 2 * LEAST_RUNS && high - low >= LEAST_SECONDS
}

fn differ(one: f64, other: f64) -> bool {
    let (low, high) = (one.min(other), one.max(other));
    high >= low * LEAST_RATIO && high - low >= LEAST_SECONDS
}

/// A value on the far side of a ratio, seen from 1.
fn is_beyond(value: f64, ratio: f64) -> bool {
    if ratio > 1.0 {
        value > ratio
    } else {
        value < ratio
    }
}

/// The split of some values that leaves the least distance to the medians of both parts, on a logarithmic scale: the position
/// of the first value of the second part.
fn best_split(values: &[f64]) -> usize {
    let logarithms: Vec<f64> = values.iter().map(|value| value.max(TICK).ln()).collect();
    let distance = |part: &[f64]| {
        let middle = median(part).unwrap_or(0.0);
        part.iter().map(|value| (value - middle).abs()).sum::<f64>()
    };
    (LEAST_RUNS..=values.len() - LEAST_RUNS)
        .map(|at| {
            (
                at,
                distance(&logarithms[..at]) + distance(&logarithms[at..]),
            )
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(LEAST_RUNS, |best| best.0)
}

/// In how many ways `some` can be chosen of `all`.
fn ways(all: usize, some: usize) -> f64 {
    (0..all - some).fold(1.0, |ways, step| {
        ways * (all - step) as f64 / (step + 1) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_where_the_level_changes() {
        let values = [1.0, 1.1, 0.9, 1.0, 2.0, 2.2, 1.9, 2.0, 2.1];
        assert_eq!(best_split(&values), 4);
        assert_eq!(best_split(&[1.0; 6]), 3);
    }

    #[test]
    fn ways_to_choose() {
        assert_eq!([ways(5, 5), ways(5, 4), ways(6, 4)], [1.0, 5.0, 15.0]);
    }
}
