//! `hasten verify`: runs plain pytest and hasten, and compares every test.
//!
//! hasten runs twice: once with every report listened to, and once, with another number of
//! workers, with passed tests reported in short, as in a normal run. Where something differs, plain
//! pytest runs again: what it does not repeat itself cannot be asked of hasten. A test that still
//! differs may depend on the tests before it; so plain pytest then runs what its worker ran, in the
//! same order, and has the last word.

mod compare;
mod comparison;
mod normalise;
mod recording;
mod report;
mod runs;
mod unstable;

use self::comparison::Comparison;
use self::report::Report;
use self::runs::Runs;
use self::unstable::Unstable;
use super::Failure;
use crate::arguments::{Arguments, take_flags};

/// What the second run of hasten is called.
const SECOND: &str = "hasten, with another number of workers";

/// Compares; the exit status is 1 when something differs.
pub(crate) fn verify(arguments: &Arguments) -> Result<i32, Failure> {
    let (args, [json]) = take_flags(&arguments.rest, ["--json"]);
    let runs = Runs::prepare(arguments.python.clone(), args, json)?;
    let plain = runs.plain("plain pytest", "plain")?;
    let summary = plain.without_warnings();
    let first = runs.hasten("hasten", "first", false)?;
    let second = runs.hasten(SECOND, "second", true)?;
    let mut comparisons = [
        Comparison::new("hasten", &plain, &first),
        Comparison::new(SECOND, &summary, &second),
    ];
    if !comparisons.iter().all(Comparison::is_equal) {
        let again = runs.plain("plain pytest again", "again")?;
        let unstable = Unstable::between(&plain, &again);
        for comparison in &mut comparisons {
            comparison.leave_out(&unstable);
            comparison.try_in_the_same_order(&runs)?;
        }
    }
    let report = Report::new(&plain, &comparisons);
    crate::say(&if json {
        report.to_json()
    } else {
        report.render()
    })?;
    Ok(i32::from(!report.is_same()))
}
