//! A recorded run, played again by the planner that there is now.

use std::collections::HashMap;

use hasten_history::{Attempt, PhaseTimes, Run, file_of};
use hasten_report::plan::{Because, Limit, Replay};
use hasten_schedule::simulate::{Scenario, simulate};
use hasten_schedule::{Item, LowerLimit, PlannerOptions, Work};

/// A test of a recorded run, all its attempts together.
#[derive(Debug, Default)]
struct Test<'a> {
    nodeid: &'a str,
    started: f64,
    seconds: f64,
    cpu: Option<f64>,
}

/// Plays a run. `attempts` are in the order in which they began. What marks kept together or apart is not recorded, and
/// neither is the order of collection: it is taken from the order in which tests began.
pub(super) fn replay(run: &Run, attempts: &[Attempt<'_>], cores: usize) -> Replay {
    let tests = by_test(attempts);
    let mut workers: Vec<u32> = attempts.iter().map(|one| one.worker.unwrap_or(0)).collect();
    workers.sort_unstable();
    workers.dedup();
    // One that took the place of another is not a further one.
    let at_a_time = match run.record.workers {
        0 => usize::MAX,
        most => most as usize,
    };
    let workers = workers.len().min(at_a_time).max(1);
    let began = attempts
        .iter()
        .map(|one| one.started)
        .fold(f64::INFINITY, f64::min);
    let ended = attempts
        .iter()
        .map(|one| one.started + one.total())
        .fold(0.0, f64::max);
    let durations: Vec<f64> = tests.iter().map(|test| test.seconds).collect();
    let items = items(&tests);
    let options = PlannerOptions {
        workers,
        ..PlannerOptions::default()
    };
    let play =
        |items: &[Item]| simulate(items, &durations, options, &Scenario::new(workers)).makespan;
    let unknown: Vec<Item> = items
        .iter()
        .map(|item| Item {
            expected: None,
            ..*item
        })
        .collect();
    Replay {
        run: run.record.uid.clone(),
        started: run.record.started_at,
        tests: tests.len(),
        workers,
        took: (ended - began).max(0.0),
        planned: play(&items),
        unplanned: play(&unknown),
        limit: limit(&tests, workers, cores),
    }
}

/// The tests, those of a file together.
fn by_test<'a>(attempts: &'a [Attempt<'_>]) -> Vec<Test<'a>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut tests: Vec<Test<'a>> = Vec::new();
    for attempt in attempts {
        let place = *places.entry(&attempt.nodeid).or_insert(tests.len());
        if place == tests.len() {
            tests.push(Test {
                nodeid: &attempt.nodeid,
                started: attempt.started,
                ..Test::default()
            });
        }
        let test = &mut tests[place];
        test.seconds += attempt.total();
        let cpu = attempt.cpu.as_ref().map(PhaseTimes::total);
        test.cpu = cpu.map(|cpu| cpu + test.cpu.unwrap_or(0.0)).or(test.cpu);
    }
    let mut files: HashMap<&str, f64> = HashMap::new();
    for test in &tests {
        let first = files.entry(file_of(test.nodeid)).or_insert(test.started);
        *first = first.min(test.started);
    }
    tests.sort_by(|a, b| {
        let of_file = |test: &Test<'_>| files[file_of(test.nodeid)];
        of_file(a)
            .total_cmp(&of_file(b))
            .then_with(|| file_of(a.nodeid).cmp(file_of(b.nodeid)))
            .then(a.started.total_cmp(&b.started))
    });
    tests
}

/// The node id of its class or module.
fn scope(nodeid: &str) -> &str {
    let name = nodeid.split('[').next().unwrap_or(nodeid);
    name.rsplit_once("::").map_or(nodeid, |(scope, _)| scope)
}

fn items(tests: &[Test<'_>]) -> Vec<Item> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut number = |name| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(name).or_insert(next)
    };
    tests
        .iter()
        .map(|test| Item {
            file: number(file_of(test.nodeid)),
            scope: number(scope(test.nodeid)),
            expected: Some(test.seconds),
            bound: None,
            alone: false,
            unit: None,
        })
        .collect()
}

fn limit(tests: &[Test<'_>], workers: usize, cores: usize) -> Limit {
    let work = |test: &Test<'_>| Work {
        seconds: test.seconds,
        cpu: test.cpu,
    };
    let found = LowerLimit::new(tests.iter().map(work), workers, cores);
    let longest = tests.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Limit {
        seconds: found.seconds,
        because: Because::from(found.limiting()),
        longest: found.longest,
        longest_test: longest.map_or_else(String::new, |test| test.nodeid.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hasten_history::{Outcome, RunRecord};

    fn attempt(nodeid: &'static str, worker: u32, started: f64, call: f64) -> Attempt<'static> {
        Attempt {
            nodeid: nodeid.into(),
            attempt: 0,
            worker: Some(worker),
            outcome: Outcome::Passed,
            setup: 0.25,
            call: call - 0.5,
            teardown: 0.25,
            started,
            cpu: None,
            peak_memory: None,
        }
    }

    fn run() -> Run {
        Run {
            id: 1,
            record: RunRecord {
                uid: "0123456789".to_owned(),
                started_at: 90.0,
                wall: 20.0,
                workers: 2,
                whole_suite: true,
                ..RunRecord::default()
            },
            attempts: 4,
        }
    }

    #[test]
    fn a_bad_run_could_have_been_shorter() {
        // The long test came last.
        let attempts = [
            attempt("a.py::a", 0, 100.0, 1.0),
            attempt("a.py::b", 1, 100.0, 1.0),
            attempt("a.py::c", 0, 101.0, 1.0),
            attempt("a.py::d", 1, 101.0, 1.0),
            attempt("a.py::A::e[x::y]", 0, 102.0, 4.0),
        ];
        let replayed = replay(&run(), &attempts, 2);
        assert_eq!((replayed.tests, replayed.workers), (5, 2));
        assert_eq!((replayed.took, replayed.limit.seconds), (6.0, 4.0));
        assert!(replayed.planned < 4.01, "{replayed:?}");
        assert!(replayed.unplanned > 5.9, "{replayed:?}");
        assert_eq!(replayed.limit.longest_test, "a.py::A::e[x::y]");
        assert_eq!(scope("a.py::A::e[x::y]"), "a.py::A");
    }

    #[test]
    fn attempts_at_one_test_are_one_piece_of_work() {
        let mut again = attempt("a.py::a", 1, 110.0, 2.0);
        again.attempt = 1;
        let attempts = [attempt("a.py::a", 0, 100.0, 2.0), again];
        let replayed = replay(&run(), &attempts, 2);
        assert_eq!((replayed.tests, replayed.limit.seconds), (1, 4.0));
    }
}
