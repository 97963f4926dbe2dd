//! `hasten slow`: what takes long, from earlier runs.

use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use hasten_history::{History, SortBy};
use hasten_report::slow::{Known, Options, Report, Sections};

use super::{Failure, history_folder, open_history};
use crate::arguments::Arguments;
use crate::environment;

/// Shows it; no test is run.
pub(crate) fn slow(arguments: &Arguments) -> Result<i32, Failure> {
    let (mut options, json) = read(&arguments.rest)?;
    let here = environment::current_folder();
    let folder = history_folder(&here);
    let root = folder.parent().unwrap_or(&here);
    for path in &mut options.paths {
        *path = below_root(path, &here, root)?;
    }
    options.paths.retain(|path| !path.is_empty());
    let history = open_history(&folder);
    let report = Report::new(known(&history)?, &options);
    let style = environment::style();
    crate::say(&if json {
        report.to_json()
    } else {
        report.render(style)
    })
}

fn known(history: &History) -> Result<Known, Failure> {
    let past = history.past()?;
    Ok(Known {
        timings: history.timings()?,
        past,
        details: history.all_details()?,
        cores: environment::cores(),
        now: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |time| time.as_secs_f64()),
    })
}

/// A path or node id that was given in a folder, as node ids begin. Nothing for the rootdir itself.
fn below_root(word: &str, here: &Utf8Path, root: &Utf8Path) -> Result<String, Failure> {
    let (path, rest) = word.find("::").map_or((word, ""), |at| word.split_at(at));
    let mut clean = Utf8PathBuf::new();
    for component in here.join(path).components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    let below = clean.strip_prefix(root).map_err(|_| {
        Failure::Usage(format!(
            "{word} is not below {root}, whose run times are kept: give a path in it"
        ))
    })?;
    Ok(format!("{below}{rest}"))
}

fn read(words: &[String]) -> Result<(Options, bool), Failure> {
    let mut options = Options::default();
    let mut sections = Sections::NONE;
    let mut json = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with('-') => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            attached
                .clone()
                .or_else(|| words.next().cloned())
                .unwrap_or_default()
        };
        match name {
            "--json" => json = true,
            "--tests" => sections.tests = true,
            "--files" => sections.files = true,
            "--fixtures" => sections.fixtures = true,
            "--imports" => sections.imports = true,
            "--trends" => sections.trends = true,
            "--limit" => {
                let value = value();
                let limit = value.parse().map_err(|_| {
                    Failure::Usage(format!(
                        "--limit needs a number, as in --limit 30, not {value:?}"
                    ))
                })?;
                options.tests = limit;
                options.others = limit;
            }
            "--sort" => options.by = sort_key(&value())?,
            _ if !word.starts_with('-') => options.paths.push(word.clone()),
            _ => {
                return Err(Failure::Usage(format!(
                    "hasten slow does not know {word}. It takes --tests, --files, --fixtures, --imports, --trends, \
                     --limit N, --sort PHASE, --json, paths and node ids; to run a folder of that name: hasten run slow"
                )));
            }
        }
    }
    if sections != Sections::NONE {
        options.sections = sections;
    }
    Ok((options, json))
}

fn sort_key(word: &str) -> Result<SortBy, Failure> {
    Ok(match word {
        "total" => SortBy::Total,
        "setup" => SortBy::Setup,
        "call" => SortBy::Call,
        "teardown" => SortBy::Teardown,
        _ => {
            return Err(Failure::Usage(format!(
                "--sort cannot be {word:?}. Give total, setup, call or teardown"
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_are_read() {
        let (options, json) = read(&words("--limit 3 --json")).unwrap();
        assert_eq!((options.tests, json), (3, true));
        assert_eq!(options.sections, Sections::ALL);
        let (options, _) = read(&words(
            "--limit=4 --sort=call --fixtures tests/a.py::t[x=1]",
        ))
        .unwrap();
        assert_eq!((options.others, options.by), (4, SortBy::Call));
        assert_eq!(options.paths, ["tests/a.py::t[x=1]"]);
        assert!(options.sections.fixtures && !options.sections.tests);
        for wrong in ["--limit many", "--limit", "--sort size", "--slowest"] {
            assert!(read(&words(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn paths_are_as_node_ids_begin() {
        let of = |word| below_root(word, "/p/tests".into(), "/p".into()).ok();
        assert_eq!(of("a.py::t[../x]").as_deref(), Some("tests/a.py::t[../x]"));
        assert_eq!(of("./unit/").as_deref(), Some("tests/unit"));
        assert_eq!(of("..").as_deref(), Some(""));
        assert_eq!(of("/p/b.py").as_deref(), Some("b.py"));
        assert_eq!(of("../../other"), None);
    }
}
