//! Which item runs on which worker, and when.
//!
//! The supervisor asks [`Planner::next`] whenever a worker wants items, and says with
//! [`Planner::observe`] what took how long. There is no I/O in this crate and no clock: the same
//! questions in the same order get the same answers. [`simulate`] plays a whole run with durations
//! that are known.
//!
//! Words: an *item* is one test of the collection, and is named by its position in it. A *scope* is
//! its class or module. A *group* is a run of items of one file that follow one another in the
//! collection. A *worker* gets its items in *batches*. All times are seconds.
//!
//! # How items are given out
//!
//! 1. Items that take a good part of what a worker does in the whole run go out first, the longest
//!    first, each as a unit of its own; so does a short group or class that has one, as a whole.
//! 2. Then each worker takes a whole group and works through it: groups that nobody knows the
//!    durations of in the order of collection, then the others, the longest first.
//! 3. When no untouched group is left, idle workers share groups that others work on. Each takes a
//!    *piece* off the front of what was not given out, up to the end of a scope where there is one near,
//!    and behind the scope that somebody is in. Pieces get smaller towards the end, so that all workers
//!    end together though estimates are not exact.
//!
//! A piece comes off the front, not off the tail, so that each worker sees the items of a group in pytest's
//! order however often it shares, and what remains can always be taken by anyone.
//!
//! A *bound group* is a unit that nobody shares: whoever takes it is sent all of its items, in the order of
//! collection, and nothing else meanwhile. It comes by its expected seconds like the others. If the worker
//! dies, another takes what is left.
//!
//! Items that use a *resource* of which there is not enough for all workers are in units of their own: those of one
//! file that use the same. A worker has the resources of all that it was sent and did not finish; what cannot have its
//! resources is not sent, and waits at nobody. So nobody ever has one resource and waits for another, and no order of
//! deaths leads to a dead-lock. A bound group has the resources of all its items as long as somebody has the group.
//! They come early, the scarcest resource first, but not between items that share fixtures, unless what waits for a
//! resource takes as long as what is left for each worker.
//!
//! Items that run *alone* come when nothing else is left, each to a worker beside which nobody has anything
//! unfinished. A worker that asks too early is told that nothing follows, so that it finishes what it
//! holds; the supervisor asks again for idle workers when [`Planner::has_work`] says so.
//! With one worker, and never another, neither means anything, and all items keep their order.
//!
//! An *isolated unit* runs in a process that runs nothing else. The process of a worker runs one such unit, or any
//! items that are in none. When neither is left that its process may run, the worker is told to *renew* it: it gets
//! another process, which has run nothing, and goes on. So that processes with fixtures of the session are not ended
//! in the middle, they run what is not isolated first; only units that are long by the first rule come earlier.
//!
//! How many workers there are is decided by [`autoscale`], from what the system says of their load. The planner
//! says how many more would find something to do ([`Planner::room`]).

mod amount;
pub mod autoscale;
mod batch;
mod bound;
mod count;
mod estimate;
mod held;
pub mod isolation;
mod layout;
mod lower_limit;
pub mod order;
mod planner;
mod pool;
pub mod shard;
mod share;
pub mod simulate;
mod worker;

pub use held::Resources;
pub use lower_limit::{Limiting, LowerLimit, Work};
pub use planner::Planner;

/// One test of the collection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Item {
    /// Number of its file.
    pub file: u32,
    /// Number of its parent, a class or a module.
    pub scope: u32,
    /// Seconds of setup, call and teardown that history expects, if it knows the item.
    pub expected: Option<f64>,
    /// Number of a *bound group*: items that run on one worker, one after another. None: it is free.
    pub bound: Option<u32>,
    /// Nothing else runs while it runs. It then belongs to no bound group.
    pub alone: bool,
    /// Number of an *isolated unit*: items that run in a process of their own, one after another. None: it shares its
    /// process with others.
    pub unit: Option<u32>,
}

/// How a run is planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannerOptions {
    /// The workers that the run is planned for.
    pub workers: usize,
    /// The most workers that there may be at a time, where that is more.
    pub most: usize,
    /// Seconds of work that are sent at once.
    pub batch: f64,
    /// A worker with less than this many seconds of work may be sent more before it asks.
    pub top_up: f64,
    /// A worker must know the item after the one that it starts.
    pub lookahead: bool,
    /// Items are begun in the order in which they are given, however long they are.
    pub in_order: bool,
}

impl Default for PlannerOptions {
    /// One worker. A worker reports every 5 ms (`docs/design/protocol.md`), so one with 8 ms of work
    /// gets more before it runs dry, and holds no more than 23 ms.
    fn default() -> Self {
        Self {
            workers: 1,
            most: 1,
            batch: 0.015,
            top_up: 0.008,
            lookahead: false,
            in_order: false,
        }
    }
}

/// What a worker is to run next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "the planner counts these items as sent"]
pub struct Assignment {
    /// Positions in the collection, in the order to run.
    pub items: Vec<u32>,
    /// Nothing follows for this worker as things stand: after the final item it tears everything down.
    /// Never false when `items` is empty.
    pub last: bool,
    /// There is something for this worker, but not for its process: once it holds nothing any more, it is to get
    /// another one ([`Planner::renewed`]), and to ask again. Only where `items` is empty.
    pub renew: bool,
}
