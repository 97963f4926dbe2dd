//! `hasten`: the run.

use hasten_runner::{Output, RunOptions, unpack};

use super::Failure;
use crate::arguments::Arguments;
use crate::environment;

/// Runs the tests; the exit status is pytest's.
pub(crate) fn run(arguments: &Arguments) -> Result<i32, Failure> {
    let python = environment::interpreter_search(arguments.python.clone()).find()?;
    let package = unpack(&environment::cache_folder())?;
    let options = RunOptions {
        python,
        package,
        args: arguments.rest.clone(),
        run_id: environment::new_run_id(),
        output: Output::Stdout,
    };
    Ok(hasten_runner::run(options)?.exit_status)
}
