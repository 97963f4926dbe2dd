//! The circumstances of a run.

use crate::Resources;

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Number of workers.
    pub workers: usize,
    /// Seconds from a worker's question to the answer.
    pub round_trip: f64,
    /// Seconds that pass between the starts of two workers.
    pub start: f64,
    /// The deaths of workers.
    pub deaths: Vec<Death>,
    /// What items use.
    pub resources: Resources,
    /// Cores that the workers share. None: each has one for itself.
    pub cores: Option<f64>,
    /// Seconds of each item in which it computes, at its end: on cores that are shared they may take longer. The rest of
    /// its duration it waits, and so does an item that is missing here.
    pub computing: Vec<f64>,
    /// The most workers, where their number follows the load. `workers` are there at the start.
    pub most: Option<usize>,
}

impl Scenario {
    /// So many workers that are there at once, live, and get their answers in 0.1 ms.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self {
            workers,
            round_trip: 0.0001,
            start: 0.0,
            deaths: Vec::new(),
            resources: Resources::default(),
            cores: None,
            computing: Vec::new(),
            most: None,
        }
    }
}

/// The death of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// Number of the worker. Replacements have the numbers that follow those of the first workers.
    pub worker: usize,
    /// Number of items that it finishes before.
    pub after: usize,
    /// It dies in its next item, which then is finished; otherwise before that item.
    pub in_item: bool,
    /// Another one is started at once. The last one that lives is always replaced while there is work.
    pub replaced: bool,
}
