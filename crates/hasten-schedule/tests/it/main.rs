//! Tests of the planner, by asking it and by playing whole runs.

mod adversary;
mod asking;
mod autoscale;
mod deaths;
mod elastic;
mod isolated;
mod properties;
mod resources;
mod runs;
mod shards;
mod suites;
mod together;
