//! What earlier runs of a project took: one SQLite database, `<rootdir>/.hasten/history.sqlite`.
//!
//! A run asks for [`History::estimates`] before it plans, and hands over everything with
//! [`History::record_run`] when it is over. A run never fails because of its history: what goes
//! wrong is a [`Warning`] or an [`Error`] to show, and the run goes on without.
//!
//! # What is kept
//!
//! | table | a row is | kept |
//! |---|---|---|
//! | `runs` | one run: when, where, with which arguments, how it ended | the last [`KEEP_RUNS`], fewer when they are huge ([`KEEP_ATTEMPTS`]) |
//! | `attempts` | one attempt at a test: outcome, worker, seconds of each phase | as long as its run |
//! | `tests` | a node id, once | while a kept run has it, and [`KEEP_TESTS`] more |
//! | `timings` | what to expect of a test: its last [`RECENT`] completed attempts, its last outcome | with its test |
//! | `not_forked` | an environment in which workers must not be forked ([`NotForked`]) | the last [`KEEP_ENVIRONMENTS`] |
//! | `stages`, `fixtures`, `spans`, `files`, `imports`, `waits`, `failures`, `bound` | [`Details`] of a run | for the last [`KEEP_DETAILS`] runs, and the last of the whole suite |
//!
//! `timings` is why a run of one test, repeated a hundred times, does not push out what is known about all the
//! others: runs are forgotten by age, a test's own last durations are not. It is also why planning
//! is fast: one row for each test is read, whatever the number of runs.
//!
//! # What is expected of a test
//!
//! For each phase the median of the last [`RECENT`] *completed* attempts
//! ([`Outcome::is_completed`]), so that one run on a busy machine, or the first one without byte
//! code, does not count. Crashed and timed out attempts say nothing about how long the test takes.
//! Skipped ones, those with an error in setup or teardown and those that failed in quarantine count only until the test
//! has completed once. Durations are whole
//! microseconds; those in `timings` are 32-bit floats (7 digits), those in `attempts` 64-bit.
//!
//! # Two runs at once
//!
//! A rollback journal, not a write-ahead log: a log needs memory shared between all that have the
//! database open, which network and container file systems often lack, and would help only readers,
//! which here wait for one commit: some milliseconds, some tens of them for 50,000 tests. Each run
//! writes once, in one transaction, when it ends. No connection stays open during a run, so a
//! `.hasten` folder that is removed meanwhile is made anew.
//!
//! # Handed on
//!
//! [`export`] reads all that another history can use, as a [`Portable`]; [`import`] joins one with a
//! database, [`Portable::join`] with another one. Each fact in it belongs to a run, or to the forgotten
//! ones, so joining is a union without what is too old: in any order, any number of times.
//! An import numbers the runs in the order of their beginnings, because everything else takes a later
//! number for a later run. Of a run that was imported, `attempts` has only the last ones of
//! each test.
//!
//! # Another version, a damaged file
//!
//! The schema's version is SQLite's `user_version`; an older database is migrated when it is
//! opened. One of a newer hasten is left as it is, and the run goes without history: two versions
//! used in turn must not push each other's data away. A damaged one is renamed to
//! `history.sqlite.damaged-<n>`, and a new one begun. Nothing is ever deleted or overwritten.

mod connect;
mod detail_rows;
mod details;
mod error;
mod files;
pub mod git;
mod history;
mod kin;
mod manage;
mod model;
mod not_forked;
mod past;
mod portable;
mod prune;
mod read;
mod recent;
mod record;
mod replace;
mod rows;
mod schema;
mod settled;
mod shard;
pub mod trends;

pub use detail_rows::KEEP_DETAILS;
pub use details::{
    BoundTest, Details, FailureText, FileTimes, FixtureSpan, FixtureTotal, ImportTimes, Stage, Wait,
};
pub use error::{Error, Warning};
pub use files::create_folder;
pub use history::History;
pub use kin::expect_of_kin;
pub use manage::{Overview, overview, prune_runs};
pub use model::{
    Attempt, Outcome, Outcomes, PhaseTimes, Run, RunLoad, RunRecord, SortBy, TestTiming, file_of,
};
pub use not_forked::{KEEP_ENVIRONMENTS, NotForked};
pub use past::{Past, PastAttempt, PastTest};
pub use portable::{
    Contents, FORMAT_VERSION, FileError, Kind, Portable, Start, Taken, export, import, write_file,
};
pub use prune::{KEEP_ATTEMPTS, KEEP_RUNS, KEEP_RUNS_AT_LEAST, KEEP_TESTS};
pub use recent::RECENT;
pub use replace::replace_file;
pub use schema::SCHEMA_VERSION;
pub use shard::{RunShard, ShardGap, shard_gap};
