//! `hasten`: the run.

use hasten_runner::{Github, Output, RunOptions, unpack};

use super::Failure;
use crate::arguments::Arguments;
use crate::environment;

/// Runs the tests; the exit status is pytest's.
pub(crate) fn run(arguments: &Arguments) -> Result<i32, Failure> {
    let options = options(arguments, arguments.rest.clone(), Output::Stdout)?;
    Ok(hasten_runner::run(options)?.exit_status)
}

/// A run of pytest with these arguments, by the interpreter that was named or is found.
pub(super) fn options(
    arguments: &Arguments,
    args: Vec<String>,
    output: Output,
) -> Result<RunOptions, Failure> {
    Ok(RunOptions {
        python: environment::interpreter_search(arguments.python.clone()).find()?,
        package: unpack(&environment::cache_folder())?,
        args,
        run_id: environment::new_run_id(),
        github: match output {
            Output::Stdout => environment::github(),
            Output::Stderr | Output::Held => Github::default(),
        },
        output,
        forecast: false,
    })
}
