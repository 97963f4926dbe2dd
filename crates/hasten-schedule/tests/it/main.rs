//! Tests of the planner, by asking it and by playing whole runs.

mod asking;
mod autoscale;
mod deaths;
mod elastic;
mod properties;
mod runs;
mod suites;
mod together;
