//! What a run would do: the planner asked, nothing run.

use std::collections::{HashMap, HashSet};

use hasten_history::PhaseTimes;
use hasten_protocol::message::Collected;
use hasten_report::plan::{Because, Expected, Forecast, Limit, Load, Shard, Shards};
use hasten_schedule::simulate::{Outcome, Scenario, simulate};
use hasten_schedule::{Item, LowerLimit, Planner, PlannerOptions, Resources, Work};

use super::Run;
use super::finished::what_keeps_in_process;
use super::selection::Part;
use super::suite::{file_of, planned};

impl Run {
    /// Says what a run of what main collected would do.
    pub(super) fn forecast(&mut self) -> Forecast {
        let estimates = self.estimates();
        let own = self.known(hasten_history::History::estimates);
        let Some(collected) = &self.collected else {
            return Forecast::default();
        };
        let count = |has: &dyn Fn(&String) -> bool| {
            collected.items.iter().filter(|item| has(&item.0)).count()
        };
        let known = count(&|nodeid| own.contains_key(nodeid));
        let expected = count(&|nodeid| estimates.contains_key(nodeid));
        let files: HashSet<&str> = collected.items.iter().map(file_of).collect();
        let mut forecast = Forecast {
            tests: collected.items.len(),
            files: files.len(),
            known,
            kin: expected - known,
            unknown: collected.items.len() - expected,
            in_process: self.settings.as_ref().and_then(|settings| {
                let mut settings = settings.clone();
                // It is what makes this run a forecast.
                settings.in_process = settings.in_process.filter(|option| option != COLLECT_ONLY);
                let alone = !self.choice(&settings).distribute;
                alone.then(|| what_keeps_in_process(&settings))
            }),
            order: self
                .rules
                .policy()
                .and_then(|policy| policy.order)
                .map(|order| order.to_string()),
            shards: self.selecting.part().map(shards_of),
            ..Forecast::default()
        };
        self.play(&mut forecast, collected, &estimates);
        forecast
    }

    /// Plays the run.
    fn play(
        &self,
        forecast: &mut Forecast,
        collected: &Collected,
        estimates: &HashMap<String, PhaseTimes>,
    ) {
        let items = planned(collected, estimates, &self.rules);
        let resources = self.rules.resources(collected);
        let (options, workers) = if forecast.in_process.is_some() {
            // pytest itself keeps to the order of collection.
            let options = PlannerOptions {
                in_order: true,
                ..PlannerOptions::default()
            };
            (options, items.len().min(1))
        } else {
            let options = self.planner_options(collected, estimates);
            let planner = Planner::with_resources(items.clone(), options, &resources);
            (options, self.first_workers(&planner, options.workers))
        };
        let durations = durations(&items);
        let scenario = Scenario {
            resources: resources.clone(),
            ..Scenario::new(workers)
        };
        let outcome = simulate(&items, &durations, options, &scenario);
        forecast.workers = loads(&outcome, &durations, collected);
        if forecast.unknown < forecast.tests {
            forecast.expected = Some(Expected {
                seconds: outcome.makespan,
                work: durations.iter().sum(),
                limit: limit(&items, &durations, workers, &resources, collected),
            });
        }
    }
}

/// The option that a forecast is made with.
pub(super) const COLLECT_ONLY: &str = "--collect-only";

/// What each item is played with: unknown ones with the median of the others.
fn durations(items: &[Item]) -> Vec<f64> {
    let mut known: Vec<f64> = items.iter().filter_map(|item| item.expected).collect();
    known.sort_unstable_by(f64::total_cmp);
    let median = known.get(known.len() / 2).copied().unwrap_or(0.0);
    items
        .iter()
        .map(|item| item.expected.unwrap_or(median))
        .collect()
}

/// All shards of the plan that a run is a part of.
fn shards_of(part: &Part) -> Shards {
    let shards = part.all.iter().map(|shard| Shard {
        tests: shard.tests,
        work: shard.micros as f64 / 1e6,
    });
    Shards {
        number: part.shard.number,
        plan: part.shard.plan.clone(),
        shards: shards.collect(),
    }
}

fn loads(outcome: &Outcome, durations: &[f64], collected: &Collected) -> Vec<Load> {
    let load = |sequence: &Vec<u32>| Load {
        tests: sequence.len(),
        // The sum of none is -0.
        work: (sequence.iter()).fold(0.0, |sum, item| sum + durations[*item as usize]),
        first: sequence
            .first()
            .and_then(|item| collected.items.get(*item as usize))
            .map(|item| item.0.clone())
            .unwrap_or_default(),
    };
    outcome.sequences.iter().map(load).collect()
}

fn limit(
    items: &[Item],
    durations: &[f64],
    workers: usize,
    resources: &Resources,
    collected: &Collected,
) -> Limit {
    // A bound group is one part, when there is more than one worker.
    let mut parts: Vec<(usize, f64)> = Vec::new();
    let mut groups: HashMap<u32, usize> = HashMap::new();
    let mut alone = 0.0;
    for (at, (item, seconds)) in items.iter().zip(durations).enumerate() {
        if item.alone && workers > 1 {
            alone += seconds;
            continue;
        }
        let part = match item.bound.filter(|_| workers > 1) {
            Some(group) => *groups.entry(group).or_insert(parts.len()),
            None => parts.len(),
        };
        match parts.get_mut(part) {
            Some((_, sum)) => *sum += seconds,
            None => parts.push((at, *seconds)),
        }
    }
    let work = |(_, seconds): &(usize, f64)| Work {
        seconds: *seconds,
        cpu: None,
    };
    let found = LowerLimit::new(parts.iter().map(work), workers, workers);
    let longest = parts.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    // Tests that use a resource take so long, however many workers there are.
    let scarce = resources
        .users()
        .map(|(most, users)| {
            let seconds = users
                .iter()
                .filter_map(|item| durations.get(*item as usize));
            seconds.sum::<f64>() / most.min(workers.max(1)) as f64
        })
        .fold(0.0, f64::max);
    let shared = found.seconds.max(scarce);
    Limit {
        // What runs alone comes before or after all of the rest.
        seconds: shared + alone,
        because: if alone > shared || scarce > found.seconds {
            Because::OneAfterAnother
        } else {
            found.limiting().into()
        },
        longest: found.longest,
        longest_test: longest
            .and_then(|(at, _)| collected.items.get(*at))
            .map(|item| item.0.clone())
            .unwrap_or_default(),
    }
}
