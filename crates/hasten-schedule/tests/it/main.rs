//! Tests of the planner, by asking it and by playing whole runs.

mod adversary;
mod asking;
mod deaths;
mod properties;
mod resources;
mod runs;
mod shards;
mod suites;
mod together;
