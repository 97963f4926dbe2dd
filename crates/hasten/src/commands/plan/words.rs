//! The words after `hasten plan`.

use crate::commands::Failure;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Say what a run with these arguments would do.
    Forecast(Vec<String>),
    /// Play recorded runs again.
    Replay(Which),
}

/// Which recorded runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The newest.
    Last,
    /// All that are kept.
    All,
    /// That whose id begins so.
    Named(String),
}

/// Reads them; the second is whether JSON is asked for. What follows `--` is pytest's.
pub(super) fn read(words: &[String]) -> Result<(Action, bool), Failure> {
    let own = words
        .iter()
        .position(|word| word == "--")
        .unwrap_or(words.len());
    let (own, rest) = words.split_at(own);
    let json = own.iter().any(|word| word == "--json");
    let others: Vec<&String> = own.iter().filter(|word| *word != "--json").collect();
    let replays = |word: &&String| *word == "--replay" || word.starts_with("--replay=");
    let Some(at) = others.iter().position(replays) else {
        let args = others.into_iter().chain(rest).cloned().collect();
        return Ok((Action::Forecast(args), json));
    };
    let mut after = others[at + 1..].iter();
    let name = match others[at].split_once('=') {
        Some((_, name)) => Some(name.to_owned()),
        None => after.next().map(|name| (*name).clone()),
    };
    if let Some(word) = others[..at].iter().chain(after).copied().chain(rest).next() {
        return Err(Failure::Usage(format!(
            "hasten plan --replay takes the id of a run, all, or nothing for the last one, and --json, but not {word}: \
             nothing is collected for it"
        )));
    }
    Ok((
        Action::Replay(match name.as_deref() {
            None | Some("last") => Which::Last,
            Some("all") => Which::All,
            Some(name) => Which::Named(name.to_owned()),
        }),
        json,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn action(line: &str) -> (Action, bool) {
        read(&words(line)).unwrap()
    }

    #[test]
    fn pytest_gets_its_own_words() {
        let forecast = |line: &str| Action::Forecast(words(line));
        assert_eq!(action("--json -n 4 tests"), (forecast("-n 4 tests"), true));
        assert_eq!(
            action("-k a -- --json"),
            (forecast("-k a -- --json"), false)
        );
        assert_eq!(action(""), (forecast(""), false));
    }

    #[test]
    fn a_recorded_run_is_named_by_its_id() {
        assert_eq!(action("--replay"), (Action::Replay(Which::Last), false));
        assert_eq!(
            action("--json --replay all"),
            (Action::Replay(Which::All), true)
        );
        let named = Action::Replay(Which::Named("0a1b".to_owned()));
        assert_eq!(action("--replay=0a1b --json"), (named, true));
        for wrong in ["--replay all tests", "-n 4 --replay", "--replay -- x y"] {
            assert!(read(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
