//! How many workers a run begins with, and how many it may come to.

use std::collections::HashMap;

use hasten_history::{History, PhaseTimes};
use hasten_protocol::message::{Collected, Workers};
use hasten_schedule::autoscale::foreseen;
use hasten_schedule::{Planner, PlannerOptions};

use super::Run;
use crate::machine::parallelism;

/// The most workers of a run where nobody says otherwise: so many for a core, at least `LEAST_LIMIT`, and not above
/// `MOST_LIMIT` if there are fewer cores. Databases accept some 100 connections.
const PER_CORE: usize = 8;
const LEAST_LIMIT: usize = 8;
const MOST_LIMIT: usize = 64;

impl Run {
    /// As many workers as the command line asks for; under `-n auto` as many as there are cores.
    pub(super) fn most_workers(&self) -> usize {
        let Some(settings) = &self.settings else {
            return 1;
        };
        let answered = self.configured.as_ref().and_then(|main| main.auto_workers);
        let asked = match (&settings.numprocesses, answered) {
            (Some(Workers::Exactly(number)), _) => (*number).max(1),
            (Some(Workers::Named(_)) | None, Some(number)) => number,
            (Some(Workers::Named(_)) | None, None) => {
                parallelism().min(self.rules.max_workers().unwrap_or(usize::MAX))
            }
        };
        asked
            .min(settings.maxprocesses.unwrap_or(usize::MAX))
            .max(1)
    }

    /// The most workers that `-n auto` may come to; None where the number of workers is said.
    pub(super) fn elastic_limit(&self) -> Option<usize> {
        let settings = self.settings.as_ref()?;
        let said = matches!(settings.numprocesses, Some(Workers::Exactly(_)));
        let answered = self
            .configured
            .as_ref()
            .is_some_and(|main| main.auto_workers.is_some());
        // A suite that divides something by the number of its workers gets no others.
        let counted = self.hazards.iter().any(|hazard| {
            ["PYTEST_XDIST_WORKER_COUNT", "workercount"]
                .iter()
                .any(|name| hazard.cause.contains(name))
        });
        if said || answered || counted || !cfg!(target_os = "linux") {
            return None;
        }
        let cores = parallelism();
        let usual = (cores * PER_CORE).clamp(LEAST_LIMIT, MOST_LIMIT.max(cores));
        let limit = settings.maxprocesses.or(self.rules.max_workers());
        Some(limit.unwrap_or(usual).max(1))
    }

    /// The workers to begin with: as many as cores, and more where the last run needed them and is likely to again.
    ///
    /// History knows the processor time of the tests, not that of processes that they start. What was seen of these is in
    /// the number of workers that the last run came to.
    fn foreseen_workers(
        &self,
        collected: &Collected,
        estimates: &HashMap<String, PhaseTimes>,
        limit: usize,
    ) -> usize {
        let cores = self.most_workers();
        let last = |history: &History| history.last_load(cores);
        let Some(Ok(Some(last))) = self.history.as_ref().map(last) else {
            return cores;
        };
        let known: Vec<f64> = (collected.items.iter())
            .filter_map(|item| estimates.get(&item.0).map(PhaseTimes::total))
            .collect();
        let items = collected.items.len();
        if known.len() * 10 < items * 9 || last.attempts * 2 < items {
            return cores;
        }
        let seconds: f64 = known.iter().sum();
        let longest = known.iter().copied().fold(0.0, f64::max);
        let computing = seconds * (last.cpu / last.wall.max(f64::EPSILON)).min(1.0);
        let needed = foreseen(seconds, computing, longest, cores as f64);
        let came_to = usize::try_from(last.workers).unwrap_or(usize::MAX);
        needed.min(came_to).min(limit).max(cores.min(limit))
    }

    /// How a run of these items is planned.
    pub(super) fn planner_options(
        &self,
        collected: &Collected,
        estimates: &HashMap<String, PhaseTimes>,
    ) -> PlannerOptions {
        let limit = self.elastic_limit();
        let workers = match (self.nodes.expected(), limit) {
            (Some(shown), _) => shown,
            (None, Some(limit)) => self.foreseen_workers(collected, estimates, limit),
            (None, None) => self.most_workers(),
        };
        PlannerOptions {
            workers,
            most: limit.unwrap_or(workers),
            in_order: self.rules.keeps_order() || self.shows_in_order(),
            ..PlannerOptions::default()
        }
    }

    /// With how many workers a run begins that is planned for so many.
    pub(super) fn first_workers(&self, planner: &Planner, planned: usize) -> usize {
        if self.nodes.expected().is_none() && self.elastic_limit().is_some() {
            planner.worker_count_for(planned)
        } else {
            planned.min(planner.remaining())
        }
    }
}
