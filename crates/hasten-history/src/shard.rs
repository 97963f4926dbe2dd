//! Which part of a suite a run had, and whether several runs had all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::portable::Portable;

/// The part of a suite that a run had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunShard {
    /// From 1 to `of`.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// Names the split: equal when the same tests were split in the same way.
    pub plan: String,
}

impl RunShard {
    /// Reads what [`fmt::Display`] writes; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (shard, plan) = text.split_once(' ')?;
        let (number, of) = shard.split_once('/')?;
        Some(Self {
            number: number.parse().ok()?,
            of: of.parse().ok()?,
            plan: plan.to_owned(),
        })
    }
}

impl fmt::Display for RunShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}", self.number, self.of, self.plan)
    }
}

/// Why several runs of shards are not a run of the whole suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardGap {
    /// No file has a run of these shards.
    Missing {
        /// Their numbers.
        numbers: Vec<u32>,
        /// How many there are.
        of: u32,
        /// The plan of the others.
        plan: String,
    },
    /// The shards are of different plans: the plans, with the numbers of their shards.
    Plans(BTreeMap<String, Vec<u32>>),
    /// Some are one of so many, others one of another number.
    Numbers(Vec<u32>),
}

/// Looks whether the newest runs of these histories are all the shards of one plan.
///
/// A history whose newest run is not of a shard is left out, and so is one that the others were begun from: its newest
/// run is in another one, too, and not the newest there.
#[must_use]
pub fn shard_gap(histories: &[Portable]) -> Option<ShardGap> {
    let newest: Vec<_> = histories.iter().filter_map(Portable::newest_run).collect();
    let is_base = |uid: &str| {
        histories
            .iter()
            .any(|other| other.has_run(uid) && other.newest_run().is_some_and(|run| run.0 != uid))
    };
    let shards: BTreeSet<&RunShard> = newest
        .iter()
        .filter(|(uid, _)| !is_base(uid))
        .filter_map(|(_, shard)| *shard)
        .collect();
    let numbers: BTreeSet<u32> = shards.iter().map(|shard| shard.of).collect();
    let mut plans: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for shard in &shards {
        let of_plan = plans.entry(shard.plan.clone()).or_default();
        of_plan.push(shard.number);
    }
    let of = *numbers.first()?;
    if numbers.len() > 1 {
        return Some(ShardGap::Numbers(numbers.into_iter().collect()));
    }
    if plans.len() > 1 {
        return Some(ShardGap::Plans(plans));
    }
    let (plan, there) = plans.pop_first()?;
    let numbers: Vec<u32> = (1..=of).filter(|number| !there.contains(number)).collect();
    (!numbers.is_empty()).then_some(ShardGap::Missing { numbers, of, plan })
}

impl fmt::Display for ShardGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { numbers, of, plan } => {
                let verb = if numbers.len() == 1 { "is" } else { "are" };
                write!(
                    f,
                    "{} of {of} {verb} missing (plan {plan}): the tests of no other file are theirs. \
                     Merge the files of all shards",
                    shards(numbers)
                )
            }
            Self::Plans(plans) => {
                let named: Vec<String> = plans
                    .iter()
                    .map(|(plan, numbers)| format!("plan {plan} ({})", shards(numbers)))
                    .collect();
                write!(
                    f,
                    "the shards did not split the same tests in the same way: {}. Tests may have run twice, or not at \
                     all. Import the same history file in each job before it runs",
                    named.join(", ")
                )
            }
            Self::Numbers(numbers) => write!(
                f,
                "the shards are of different numbers of shards ({}): tests may have run twice, or not at all. Give \
                 each job the same N in --shard I/N",
                listed(numbers)
            ),
        }
    }
}

/// `shards 1, 2 and 5`.
fn shards(numbers: &[u32]) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    format!("shard{plural} {}", listed(numbers))
}

/// `1, 2 and 5`.
fn listed(numbers: &[u32]) -> String {
    let mut words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} and {last}", words.join(", ")),
        last => last.unwrap_or_default(),
    }
}
