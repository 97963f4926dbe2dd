//! A run that is over, as its history has it: what the page and the trace are made of.

use std::collections::HashMap;

use hasten_history::{Attempt, Details, Run};

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What the project is called: the name of its folder.
    pub project: String,
    /// When, where, how.
    pub run: Run,
    /// Its attempts, in the order in which they began.
    pub attempts: Vec<Attempt<'static>>,
    /// What was measured beside them, if that is kept.
    pub details: Details,
}

impl Recorded {
    /// Seconds from the beginning of the run until a moment.
    pub(crate) fn since_start(&self, moment: f64) -> f64 {
        moment - self.run.record.started_at
    }

    /// Whether a moment can belong to the run: attempts of runs that were imported have none.
    pub(crate) fn is_known(&self, moment: f64) -> bool {
        const A_DAY: f64 = 86_400.0;
        let record = &self.run.record;
        (-A_DAY..record.wall + A_DAY).contains(&self.since_start(moment))
    }

    /// Numbers of the workers, in their order; none for the process on the terminal.
    pub(crate) fn lanes(&self) -> Vec<Option<u32>> {
        let of_spans = self.details.spans.iter().map(|span| span.worker);
        let mut lanes: Vec<Option<u32>> = self
            .attempts
            .iter()
            .map(|attempt| attempt.worker)
            .chain(of_spans)
            .collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }
}

/// What a worker is called.
pub(crate) fn name_of_lane(worker: Option<u32>) -> String {
    worker.map_or_else(|| "main".to_owned(), |number| format!("gw{number}"))
}

/// The tests of a run, numbered in the order in which they began.
#[derive(Debug)]
pub(crate) struct Tests<'a> {
    /// Their node ids.
    pub(crate) nodeids: Vec<&'a str>,
    /// The test of each attempt.
    pub(crate) of_attempt: Vec<usize>,
    /// The last attempt of each.
    pub(crate) last: Vec<usize>,
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Tests<'a> {
    pub(crate) fn of(recorded: &'a Recorded) -> Self {
        let mut tests = Self {
            nodeids: Vec::new(),
            of_attempt: Vec::with_capacity(recorded.attempts.len()),
            last: Vec::new(),
            numbers: HashMap::with_capacity(recorded.attempts.len()),
        };
        for (number, attempt) in recorded.attempts.iter().enumerate() {
            let next = tests.nodeids.len();
            let test = *tests.numbers.entry(&attempt.nodeid).or_insert(next);
            if test == next {
                tests.nodeids.push(&attempt.nodeid);
                tests.last.push(number);
            } else if attempt.attempt >= recorded.attempts[tests.last[test]].attempt {
                tests.last[test] = number;
            }
            tests.of_attempt.push(test);
        }
        tests
    }

    /// The number of a test.
    pub(crate) fn number(&self, nodeid: &str) -> Option<usize> {
        self.numbers.get(nodeid).copied()
    }
}
