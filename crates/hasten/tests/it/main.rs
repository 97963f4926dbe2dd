//! The binary on small projects, with a real Python and a real pytest: one file a subject.
//!
//! The interpreter is `HASTEN_TEST_PYTHON`, else `.venv` of this repository (`make test` makes it).

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod autoscale;
mod basics;
mod benchmarks;
mod command_line;
mod crashes;
mod debugging;
mod diagnose;
mod dist;
mod doctor;
mod events;
mod failures;
mod faults;
mod github;
mod handover;
mod history;
mod history_files;
mod hold;
mod identity;
mod interrupts;
mod isolate;
mod junit;
mod limits;
mod measured;
mod nodes;
mod once;
mod plan;
mod playwright;
mod project;
mod report;
mod retries;
mod shards;
mod slower;
mod stepwise;
mod timeouts;
mod verify;
mod waits;
