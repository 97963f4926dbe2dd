//! The binary: arguments, environment, exit status.

mod arguments;
mod commands;
mod environment;
mod help;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    // Rust ignores SIGPIPE; a closed pipe then shows as an error of write, which is handled.
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let status = match Arguments::read(arguments) {
        Ok(arguments) => dispatch(arguments),
        Err(problem) => {
            complain(&problem.to_string());
            4
        }
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

fn dispatch(arguments: Arguments) -> i32 {
    let result = match arguments.command {
        Command::Version => say(concat!("hasten ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Help => say(help::TEXT),
        Command::Run => commands::run::run(&arguments),
        Command::Slow => commands::slow::slow(&arguments),
        Command::Attach => commands::attach::attach(&arguments),
        Command::Report => commands::report::report(&arguments),
        Command::Plan => commands::plan::plan(&arguments),
        Command::History => commands::history::history(&arguments),
        Command::Doctor => commands::doctor::doctor(&arguments),
        Command::Verify => commands::verify::verify(&arguments),
    };
    result.unwrap_or_else(|failure| {
        complain(&failure.to_string());
        failure.exit_status()
    })
}

/// Prints on stdout. A reader that went away is no error.
pub(crate) fn say(text: &str) -> Result<i32, commands::Failure> {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(0)
}

/// Says on stderr why nothing more happens.
pub(crate) fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "hasten: {text}");
}
