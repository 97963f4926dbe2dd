//! The words of `hasten attach`, and what it says.

use hasten_runner::{HeldEntry, in_words};

use crate::commands::Failure;

const USAGE: &str = "It takes a node id, --list, --release NODEID, --release-all and --wait; to run a folder of that name: hasten run attach";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Open pdb in the test of this name, or in the only one.
    Debug(Option<String>),
    /// Let it end.
    Release(Option<String>),
    ReleaseAll,
    List,
    /// Wait until nothing is kept.
    Wait,
}

impl Words {
    pub(super) fn read(words: &[String]) -> Result<Self, Failure> {
        let usage = |problem: String| Failure::Usage(format!("{problem}. {USAGE}"));
        let (flags, names): (Vec<&str>, Vec<&str>) = words
            .iter()
            .map(String::as_str)
            .partition(|word| word.starts_with('-'));
        let name = match names[..] {
            [] => None,
            [name] => Some(name.to_owned()),
            [_, other, ..] => {
                return Err(usage(format!(
                    "hasten attach takes one node id, not {other}, too"
                )));
            }
        };
        match (&flags[..], name) {
            ([], name) => Ok(Self::Debug(name)),
            (["--release"], name) => Ok(Self::Release(name)),
            (["--release-all"], None) => Ok(Self::ReleaseAll),
            (["--list"], None) => Ok(Self::List),
            (["--wait"], None) => Ok(Self::Wait),
            ([flag @ ("--release-all" | "--list" | "--wait")], Some(name)) => {
                Err(usage(format!("{flag} is for all, and takes no {name}")))
            }
            ([flag], _) => Err(usage(format!("hasten attach does not know {flag}"))),
            ([_, other, ..], _) => Err(usage(format!(
                "hasten attach does one thing at a time, and not {other}, too"
            ))),
        }
    }
}

/// A table of what is kept.
pub(super) fn list(entries: &[HeldEntry]) -> String {
    if entries.is_empty() {
        return "no test is kept\n".to_owned();
    }
    let mut text = String::new();
    for entry in entries {
        let held = &entry.held;
        text.push_str(&format!(
            "{}\n  {}: {}\n  process {}, for another {}\n",
            held.nodeid,
            held.phase,
            held.message,
            held.pid,
            in_words(held.seconds_left())
        ));
    }
    text
}

/// What is said where it is not clear which test is meant.
pub(super) fn not_kept(entries: &[HeldEntry], name: Option<&str>) -> String {
    let mut kept: Vec<&str> = entries
        .iter()
        .map(|entry| entry.held.nodeid.as_str())
        .collect();
    if let Some(name) = name {
        kept.sort_by_key(|nodeid| strsim::damerau_levenshtein(name, nodeid));
    }
    let which = kept.join("\n  ");
    match (name, kept.is_empty()) {
        (_, true) => "no test is kept. hasten --hold-failed keeps one that fails".to_owned(),
        (Some(name), false) => format!("{name} is not kept, but:\n  {which}"),
        (None, false) => format!("several tests are kept: name one of\n  {which}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Words, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Words::read(&words).map_err(|failure| {
            assert_eq!(failure.exit_status(), 4);
            failure.to_string().replace(&format!(". {USAGE}"), "")
        })
    }

    #[test]
    fn words_are_read() {
        let name = || Some("a.py::t".to_owned());
        assert_eq!(read(""), Ok(Words::Debug(None)));
        assert_eq!(read("a.py::t"), Ok(Words::Debug(name())));
        assert_eq!(read("--release"), Ok(Words::Release(None)));
        assert_eq!(read("--release a.py::t"), Ok(Words::Release(name())));
        assert_eq!(read("--release-all"), Ok(Words::ReleaseAll));
        assert_eq!(read("--list"), Ok(Words::List));
        assert_eq!(read("--wait"), Ok(Words::Wait));
    }

    #[test]
    fn wrong_words_get_a_sentence() {
        for (line, expected) in [
            ("a b", "hasten attach takes one node id, not b, too"),
            ("--list a", "--list is for all, and takes no a"),
            ("--lst", "hasten attach does not know --lst"),
            (
                "--list --wait",
                "hasten attach does one thing at a time, and not --wait, too",
            ),
        ] {
            assert_eq!(read(line).unwrap_err(), expected);
        }
    }

    #[test]
    fn where_nothing_is_kept_it_is_said() {
        assert_eq!(list(&[]), "no test is kept\n");
        assert!(not_kept(&[], Some("x")).contains("--hold-failed"));
    }
}
