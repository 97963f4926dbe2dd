//! `hasten doctor`: runs the tests, and says what keeps them from the fast path.

use hasten_report::doctor::Report;
use hasten_runner::Output;

use super::{Failure, run};
use crate::arguments::{Arguments, take_flags};
use crate::environment;

/// The run in short form: the report is what was asked for. What the user says comes later and
/// wins.
const SHORT: [&str; 2] = ["--tb=no", "--disable-warnings"];

/// Exit statuses of pytest for runs that took place, whatever the tests said.
const TOOK_PLACE: [i32; 2] = [0, 1];

/// Runs and reports; failures of tests do not make it fail.
pub(crate) fn doctor(arguments: &Arguments) -> Result<i32, Failure> {
    // The report on the protocol is the only one so far, with and without its name.
    let (rest, [json, _]) = take_flags(&arguments.rest, ["--json", "--protocol"]);
    let args = SHORT.map(str::to_owned).into_iter().chain(rest).collect();
    let output = if json { Output::Stderr } else { Output::Stdout };
    let options = run::options(arguments, args, output)?;
    let finished = hasten_runner::run(options)?;
    let report = Report::new(&finished.paths);
    crate::say(&if json {
        report.to_json()
    } else {
        format!("\n{}", report.render(environment::style()))
    })?;
    Ok(if TOOK_PLACE.contains(&finished.exit_status) {
        0
    } else {
        finished.exit_status
    })
}
