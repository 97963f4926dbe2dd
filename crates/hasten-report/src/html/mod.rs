//! The page about a run: one HTML file that needs nothing else, and asks nobody.
//!
//! Summary, failures and the slowest things are in it as HTML, so that they are there at once, can be searched by the
//! browser, and can be read where scripts are forbidden. The table of tests, the timeline and the trends are made by
//! the page's script, of columns that are embedded as JSON. `assets` has the script and the styles, one file a subject.

mod assemble;
mod codes;
mod data;
mod failures;
mod slowest;
mod summary;
mod trend;
mod words;

use crate::recorded::Recorded;
pub use assemble::PageError;
pub use trend::Trend;

/// The page, as text.
///
/// # Errors
/// The templates are wrong.
pub fn render(recorded: &Recorded, trend: &Trend<'_>) -> Result<String, PageError> {
    let tests = trend.tests();
    let failures = failures::Failures::of(recorded, tests);
    let data = data::Data::of(recorded, trend, failures.places());
    assemble::page(assemble::Parts {
        summary: summary::Summary::of(recorded, tests),
        failures,
        slowest: slowest::Slowest::of(recorded, tests),
        trend_left_out: trend.left_out(),
        data: assemble::json(&data),
    })
}

/// Whole microseconds.
fn micros(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1e6).round() as u64
}

#[cfg(test)]
mod tests;
