//! What a worker costs before it is of use.

use std::time::Instant;

use crate::worker_load::Load;

/// What a worker took to begin, and what it used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Costs {
    /// Seconds from its start to its first test.
    pub(super) until_first_call: Option<f64>,
    pub(super) load: Load,
    /// Number of setups, their seconds, and the longest of them.
    pub(super) setups: u32,
    setup_seconds: f64,
    longest_setup: f64,
    /// It waits for a fixture that another worker sets up for all.
    pub(super) waits_since: Option<Instant>,
    /// Seconds that it has waited for such.
    pub(super) waited: f64,
}

impl Costs {
    /// The setup of an item took so long.
    pub(super) fn note_setup(&mut self, seconds: f64) {
        self.setups += 1;
        self.setup_seconds += seconds;
        self.longest_setup = self.longest_setup.max(seconds);
    }

    /// It waits for no fixture of others any more.
    pub(super) fn end_wait(&mut self) {
        if let Some(since) = self.waits_since.take() {
            self.waited += since.elapsed().as_secs_f64();
        }
    }
}

/// Seconds that another worker would take for its start and for the fixtures that it has to set up for itself, by what
/// those took that are there. None: no test has begun.
///
/// The longest setup of a worker has these fixtures in it; what is left without it is what any setup takes.
pub(super) fn start_up<'a>(workers: impl Iterator<Item = &'a Costs> + Clone) -> Option<f64> {
    let others: u32 = workers
        .clone()
        .map(|one| one.setups.saturating_sub(1))
        .sum();
    let seconds: f64 = workers
        .clone()
        .map(|one| one.setup_seconds - one.longest_setup)
        .sum();
    let usual = if others > 0 {
        seconds.max(0.0) / f64::from(others)
    } else {
        0.0
    };
    let begun: Vec<f64> = workers
        .filter_map(|one| Some((one.until_first_call?.max(one.longest_setup) - usual).max(0.0)))
        .collect();
    (!begun.is_empty()).then(|| begun.iter().sum::<f64>() / begun.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(until_first_call: f64, setups: &[f64]) -> Costs {
        let mut costs = Costs {
            until_first_call: Some(until_first_call),
            ..Costs::default()
        };
        for seconds in setups {
            costs.note_setup(*seconds);
        }
        costs
    }

    #[test]
    fn a_start_costs_what_is_not_paid_for_each_test() {
        let close = |workers: &[Costs], expected: f64| {
            let found = start_up(workers.iter()).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        };
        // A fork, and small fixtures.
        close(&[costs(0.02, &[]), costs(0.03, &[0.001, 0.001])], 0.024);
        // A fixture of the session, in the first setup and in a later one.
        close(&[costs(5.02, &[5.0, 0.0, 0.0])], 5.02);
        close(&[costs(0.02, &[0.0, 5.0, 0.0])], 5.0);
        // One that each test sets up.
        close(&[costs(1.02, &[1.0, 1.0, 1.0])], 0.02);
        // One test alone does not tell.
        close(&[costs(1.02, &[1.0])], 1.02);
        assert_eq!(start_up([Costs::default()].iter()), None);
    }
}
