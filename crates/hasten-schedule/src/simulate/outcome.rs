//! What came of a run that was played.

use crate::Item;

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Seconds until the last item was finished.
    pub makespan: f64,
    /// What each worker ran, in order; with the items that it died in.
    pub sequences: Vec<Vec<u32>>,
    /// How many items each worker had run when it got another process.
    pub renewals: Vec<Vec<usize>>,
    /// When each of these began and ended, in seconds.
    pub times: Vec<Vec<(f64, f64)>>,
    /// The workers that died, in that order.
    pub died: Vec<usize>,
    /// Number of answers that had items.
    pub batches: usize,
    /// The most workers that had something to do at a look at the load.
    pub most_active: usize,
    /// Number of items that were taken back.
    pub recalled: usize,
    /// Number of times that a worker asked and had to wait for the answer.
    pub waits: usize,
}

/// How often fixtures are set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setups {
    /// Those of a module.
    pub files: usize,
    /// Those of a class or module.
    pub scopes: usize,
}

impl Outcome {
    /// How often fixtures are set up: once each time that a worker comes to a file or scope.
    #[must_use]
    pub fn setups(&self, items: &[Item]) -> Setups {
        let mut setups = Setups::default();
        for sequence in &self.sequences {
            let of = |item: &u32| {
                items
                    .get(*item as usize)
                    .map(|item| (item.file, item.scope))
            };
            setups.files += sequence
                .chunk_by(|a, b| of(a).map(|a| a.0) == of(b).map(|b| b.0))
                .count();
            setups.scopes += sequence.chunk_by(|a, b| of(a) == of(b)).count();
        }
        setups
    }
}
