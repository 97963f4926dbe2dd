//! `hasten doctor`: runs the tests, and says what keeps them from the fast path.

use hasten_report::doctor::Report;
use hasten_runner::Output;

use super::{Failure, run};
use crate::arguments::Arguments;
use crate::environment;

/// The run in short form: the report is what was asked for. What the user says comes later and
/// wins.
const SHORT: [&str; 2] = ["--tb=no", "--disable-warnings"];

/// Exit statuses of pytest for runs that took place, whatever the tests said.
const TOOK_PLACE: [i32; 2] = [0, 1];

/// Runs and reports; failures of tests do not make it fail.
pub(crate) fn doctor(arguments: &Arguments) -> Result<i32, Failure> {
    let (args, json) = read(&arguments.rest);
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

/// pytest's arguments, and whether JSON is asked for. What follows `--` is pytest's.
fn read(words: &[String]) -> (Vec<String>, bool) {
    let own = words
        .iter()
        .position(|word| word == "--")
        .unwrap_or(words.len());
    let (own, rest) = words.split_at(own);
    let json = own.iter().any(|word| word == "--json");
    let mut args: Vec<String> = SHORT.map(str::to_owned).into();
    // The report on the protocol is the only one so far, with and without its name.
    let others = own
        .iter()
        .filter(|word| !matches!(word.as_str(), "--protocol" | "--json"));
    args.extend(others.chain(rest).cloned());
    (args, json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pytest_gets_its_own_words() {
        let words: Vec<String> = "--protocol -k name --json tests -- --json"
            .split(' ')
            .map(str::to_owned)
            .collect();
        let (args, json) = read(&words);
        assert!(json);
        let theirs = ["-k", "name", "tests", "--", "--json"];
        assert_eq!(args, [&SHORT[..], &theirs].concat());
        assert!(!read(&words[1..3]).1);
    }
}
