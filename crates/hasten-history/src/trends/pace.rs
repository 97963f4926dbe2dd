//! How fast the machine was in each run: what all series have in common is divided out.

use super::Series;
use super::robust::median;

/// A value below this many seconds says nothing about the pace of a run.
const TELLING: f64 = 0.001;
/// Fewer series than this say nothing about a run.
const LEAST_SERIES: usize = 5;
/// What is typical of a series is known from its values, which the paces correct, and the other way round.
const ROUNDS: usize = 3;

/// The pace of each run: 1 is usual, 1.3 is a run in which everything took 1.3 times as long. 1 also where too little
/// is known.
pub(super) fn paces(runs: usize, series: &[Series<'_>]) -> Vec<f64> {
    let mut paces = vec![1.0; runs];
    for _ in 0..ROUNDS {
        let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); runs];
        for each in series {
            let typical = median(&each.even(&paces));
            let Some(typical) = typical.filter(|typical| *typical >= TELLING) else {
                continue;
            };
            for &(run, seconds) in &each.points {
                ratios[run].push(seconds / typical);
            }
        }
        paces = ratios.iter().map(|ratios| pace(ratios)).collect();
    }
    paces
}

fn pace(ratios: &[f64]) -> f64 {
    if ratios.len() < LEAST_SERIES {
        return 1.0;
    }
    median(ratios).filter(|pace| *pace > 0.0).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_on_a_busy_machine_is_known() {
        let busy = [1.0, 1.0, 1.4, 1.0];
        let names: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        let series: Vec<Series<'_>> = (1..10)
            .zip(&names)
            .map(|(number, name)| Series {
                name,
                points: (0..4)
                    .map(|run| (run, f64::from(number) * busy[run]))
                    .collect(),
            })
            .collect();
        let found = paces(4, &series);
        for (found, expected) in found.iter().zip(busy) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        assert_eq!(paces(4, &series[..3]), [1.0; 4], "three say nothing");
    }
}
