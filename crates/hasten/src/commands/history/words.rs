//! The words after `hasten history`.

use camino::Utf8PathBuf;

use crate::commands::Failure;

/// Where an export goes that has no other name.
const USUAL_FILE: &str = "hasten-history.json";

const USAGE: &str = "It is one of: export [FILE], import FILE..., merge FILE... [-o OUT], prune [--runs N], \
     show, path; to run a folder of that name: hasten run history";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Write a file; `-` is stdout.
    Export(Utf8PathBuf),
    /// Join files with the database.
    Import(Vec<Utf8PathBuf>),
    /// Join files into one; `-` is stdout.
    Merge(Vec<Utf8PathBuf>, Utf8PathBuf),
    /// Forget all but so many runs.
    Prune(Option<usize>),
    /// Say what is there.
    Show,
    /// Print where the database is.
    Path,
}

pub(super) fn read(words: &[String]) -> Result<Action, Failure> {
    let usage = |problem: String| Failure::Usage(format!("{problem}. {USAGE}"));
    let Some((action, words)) = words.split_first() else {
        return Err(usage("hasten history needs to know what to do".to_owned()));
    };
    let words = Words::split(action, words).map_err(usage)?;
    let Words { files, out, runs } = words;
    let number = files.len();
    let done = match (action.as_str(), number) {
        ("export", 0) => Action::Export(USUAL_FILE.into()),
        ("export", 1) => Action::Export(files.into_iter().collect()),
        ("import", 1..) => Action::Import(files),
        ("merge", 1..) => Action::Merge(files, out.unwrap_or_else(|| "-".into())),
        ("prune", 0) => Action::Prune(runs),
        ("show", 0) => Action::Show,
        ("path", 0) => Action::Path,
        ("import" | "merge", 0) => {
            return Err(usage(format!("hasten history {action} needs a file")));
        }
        ("export" | "prune" | "show" | "path", _) => {
            return Err(usage(format!(
                "hasten history {action} does not know {}",
                files[number - 1]
            )));
        }
        _ => return Err(usage(format!("hasten history does not know {action}"))),
    };
    Ok(done)
}

/// The words of an action, sorted.
#[derive(Default)]
struct Words {
    files: Vec<Utf8PathBuf>,
    out: Option<Utf8PathBuf>,
    runs: Option<usize>,
}

impl Words {
    fn split(action: &str, words: &[String]) -> Result<Self, String> {
        let mut found = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            match (action, name) {
                (_, "--") => found.files.extend(words.by_ref().map(Utf8PathBuf::from)),
                ("merge", "-o" | "--output") => {
                    let out = attached.or_else(|| words.next().cloned());
                    let out = out.filter(|out| !out.is_empty());
                    found.out = Some(out.ok_or(format!("{name} needs a file"))?.into());
                }
                ("prune", "--runs") => {
                    let value = attached.or_else(|| words.next().cloned());
                    let value = value.unwrap_or_default();
                    found.runs = Some(value.parse().map_err(|_| {
                        format!("--runs needs a number of runs to keep, not {value:?}")
                    })?);
                }
                (_, "-") if action == "export" => found.files.push("-".into()),
                _ if word.starts_with('-') => {
                    return Err(format!("hasten history {action} does not know {word}"));
                }
                _ => found.files.push(word.into()),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Action, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words).map_err(|failure| {
            assert_eq!(failure.exit_status(), 4);
            let text = failure.to_string();
            text.strip_suffix(&format!(". {USAGE}")).unwrap().to_owned()
        })
    }

    fn files(names: &[&str]) -> Vec<Utf8PathBuf> {
        names.iter().map(Utf8PathBuf::from).collect()
    }

    #[test]
    fn words_are_read() {
        assert_eq!(of("export"), Ok(Action::Export(USUAL_FILE.into())));
        assert_eq!(of("export a"), Ok(Action::Export("a".into())));
        assert_eq!(of("export -"), Ok(Action::Export("-".into())));
        assert_eq!(of("import a b"), Ok(Action::Import(files(&["a", "b"]))));
        assert_eq!(of("import -- -a"), Ok(Action::Import(files(&["-a"]))));
        for line in ["merge a b -o c", "merge -o c a b", "merge --output=c a b"] {
            assert_eq!(of(line), Ok(Action::Merge(files(&["a", "b"]), "c".into())));
        }
        assert_eq!(of("merge a"), Ok(Action::Merge(files(&["a"]), "-".into())));
        assert_eq!(of("prune"), Ok(Action::Prune(None)));
        assert_eq!(of("prune --runs 3"), Ok(Action::Prune(Some(3))));
        assert_eq!(of("prune --runs=0"), Ok(Action::Prune(Some(0))));
        assert_eq!(
            (of("show"), of("path")),
            (Ok(Action::Show), Ok(Action::Path))
        );
    }

    #[test]
    fn wrong_words_get_a_sentence() {
        for (line, expected) in [
            ("", "hasten history needs to know what to do"),
            ("frobnicate", "hasten history does not know frobnicate"),
            ("export a b", "hasten history export does not know b"),
            (
                "export --gzip",
                "hasten history export does not know --gzip",
            ),
            ("import", "hasten history import needs a file"),
            ("import -", "hasten history import does not know -"),
            ("merge -o c", "hasten history merge needs a file"),
            ("merge a -o", "-o needs a file"),
            ("import a -o b", "hasten history import does not know -o"),
            (
                "prune --runs",
                "--runs needs a number of runs to keep, not \"\"",
            ),
            (
                "prune --runs many",
                "--runs needs a number of runs to keep, not \"many\"",
            ),
            ("prune 3", "hasten history prune does not know 3"),
            ("show all", "hasten history show does not know all"),
        ] {
            assert_eq!(of(line).unwrap_err(), expected, "{line}");
        }
    }
}
