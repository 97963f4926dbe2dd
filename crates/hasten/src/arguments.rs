//! The command line. hasten takes few words for itself; all others are pytest's, verbatim.

use std::ffi::OsString;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run tests.
    Run,
    /// Show what takes long, from history.
    Slow,
    /// Open pdb in a test that was kept after its failure.
    Attach,
    /// Write a page or a trace of a run, from history.
    Report,
    /// Say what a run would do.
    Plan,
    /// Hand on, take in, look at or forget run times.
    History,
    /// Say what makes tests slow to run.
    Doctor,
    /// Compare with plain pytest.
    Verify,
    /// Print the version.
    Version,
    /// Print the help.
    Help,
}

/// The command line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// What to do.
    pub(crate) command: Command,
    /// `--python`.
    pub(crate) python: Option<String>,
    /// The rest, for pytest or for the command.
    pub(crate) rest: Vec<String>,
}

/// A command line that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ArgumentError {
    /// Not text.
    #[error("argument {0} is not valid UTF-8. Rename the file, or run its folder")]
    NotText(String),
    /// A flag without its value.
    #[error("--python needs the path of an interpreter, as in --python .venv/bin/python")]
    NoPython,
}

impl Arguments {
    /// Reads the command line after the program's name.
    pub(crate) fn read(arguments: Vec<OsString>) -> Result<Self, ArgumentError> {
        let words: Vec<String> = arguments
            .into_iter()
            .map(|word| {
                word.into_string()
                    .map_err(|word| ArgumentError::NotText(word.to_string_lossy().into_owned()))
            })
            .collect::<Result<_, _>>()?;
        let (command, skip) = match words.first().map(String::as_str) {
            Some("run") => (Command::Run, 1),
            Some("slow") => (Command::Slow, 1),
            Some("attach") => (Command::Attach, 1),
            Some("report") => (Command::Report, 1),
            Some("history") => (Command::History, 1),
            Some("plan") => (Command::Plan, 1),
            Some("doctor") => (Command::Doctor, 1),
            Some("verify") => (Command::Verify, 1),
            Some("--version" | "-V") => (Command::Version, 1),
            Some("--help" | "-h") => (Command::Help, 1),
            _ => (Command::Run, 0),
        };
        let mut python = None;
        let mut rest = Vec::new();
        let mut words = words.into_iter().skip(skip);
        while let Some(word) = words.next() {
            if word == "--" {
                rest.push(word);
                rest.extend(words);
                break;
            } else if word == "--python" {
                python = Some(words.next().ok_or(ArgumentError::NoPython)?);
            } else if let Some(path) = word.strip_prefix("--python=") {
                python = Some(path.to_owned());
            } else {
                rest.push(word);
            }
        }
        Ok(Self {
            command,
            python,
            rest,
        })
    }
}

/// Takes these flags of a command out of its words, and says which were there. What follows `--`
/// is pytest's.
pub(crate) fn take_flags<const N: usize>(
    words: &[String],
    flags: [&str; N],
) -> (Vec<String>, [bool; N]) {
    let own = words
        .iter()
        .position(|word| word == "--")
        .unwrap_or(words.len());
    let (own, rest) = words.split_at(own);
    let there = flags.map(|flag| own.iter().any(|word| word == flag));
    let others = own.iter().filter(|word| !flags.contains(&word.as_str()));
    (others.chain(rest).cloned().collect(), there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Arguments {
        Arguments::read(line.split_whitespace().map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn what_hasten_does_not_own_is_left_alone() {
        let arguments = read("-k slow --python py3 -x run -- --python x");
        assert_eq!(arguments.command, Command::Run);
        assert_eq!(arguments.python.as_deref(), Some("py3"));
        assert_eq!(
            arguments.rest,
            ["-k", "slow", "-x", "run", "--", "--python", "x"]
        );
    }

    #[test]
    fn a_folder_that_is_named_like_a_command_is_reached_by_run() {
        assert_eq!(read("slow").command, Command::Slow);
        let arguments = read("run slow");
        assert_eq!(
            (arguments.command, arguments.rest),
            (Command::Run, vec!["slow".to_owned()])
        );
    }

    #[test]
    fn a_command_takes_its_own_flags() {
        let words: Vec<String> = "--protocol -k name --json tests -- --json"
            .split(' ')
            .map(str::to_owned)
            .collect();
        let (rest, there) = take_flags(&words, ["--json", "--other"]);
        assert_eq!(there, [true, false]);
        let theirs = ["--protocol", "-k", "name", "tests", "--", "--json"];
        assert_eq!(rest, theirs);
        assert_eq!(take_flags(&words[5..], ["--json"]).1, [false]);
    }

    #[test]
    fn a_flag_without_value_is_an_error() {
        let read = Arguments::read(vec!["--python".into()]);
        assert_eq!(read, Err(ArgumentError::NoPython));
    }
}
