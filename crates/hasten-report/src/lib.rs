//! What hasten shows itself: texts, tables, the page about a run; made of data that others gathered. Nothing here reads, writes or asks.

pub mod doctor;
pub mod durations;
pub mod escapes;
pub mod event;
pub mod github;
pub mod html;
pub mod live;
pub mod moment;
pub mod plan;
mod recorded;
pub mod regressed;
#[cfg(test)]
mod samples;
pub mod slow;
pub mod trace;
pub mod words;

pub use recorded::Recorded;

/// A report as one line of JSON, with a newline at its end.
fn json_line(report: &impl serde::Serialize) -> String {
    // Only a map whose keys are no strings can fail.
    serde_json::to_string(report).map_or_else(|_| String::new(), |json| json + "\n")
}
