//! `hasten slow`: what takes long, from earlier runs.

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::History;
use hasten_report::slow::{Options, Report, Style};
use hasten_runner::HISTORY_FOLDER;

use super::Failure;
use crate::arguments::Arguments;
use crate::environment;

/// Columns where the width of the output is not known.
const USUAL_WIDTH: usize = 100;

/// Shows it; no test is run.
pub(crate) fn slow(arguments: &Arguments) -> Result<i32, Failure> {
    let (options, json) = read(&arguments.rest)?;
    let folder = history_folder(&environment::current_folder());
    let (history, warning) = History::open(&folder);
    if let Some(warning) = warning {
        crate::complain(&warning.to_string());
    }
    let report = Report::new(history.timings()?, history.last_run()?.as_ref(), &options);
    let style = Style {
        colour: environment::colour(),
        width: environment::columns().unwrap_or(USUAL_WIDTH),
    };
    crate::say(&if json {
        report.to_json()
    } else {
        report.render(style)
    })
}

/// The history of the project that the folder is in: the nearest one, going up.
pub(super) fn history_folder(folder: &Utf8Path) -> Utf8PathBuf {
    folder
        .ancestors()
        .map(|folder| folder.join(HISTORY_FOLDER))
        .find(|history| history.is_dir())
        .unwrap_or_else(|| folder.join(HISTORY_FOLDER))
}

fn read(words: &[String]) -> Result<(Options, bool), Failure> {
    let mut options = Options::default();
    let mut json = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        match name {
            "--json" => json = true,
            "--limit" => {
                let value = attached
                    .or_else(|| words.next().cloned())
                    .unwrap_or_default();
                let limit = value.parse().map_err(|_| {
                    Failure::Usage(format!("--limit needs a number of tests, not {value:?}"))
                })?;
                options.tests = limit;
                options.files = limit;
            }
            _ => {
                return Err(Failure::Usage(format!(
                    "hasten slow does not know {word}. It takes --limit N and --json; to run a \
                     folder of that name: hasten run slow"
                )));
            }
        }
    }
    Ok((options, json))
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
        assert_eq!(read(&words("--limit=4")).unwrap().0.tests, 4);
        assert!(read(&words("--limit many")).is_err());
        assert!(read(&words("tests")).is_err());
    }
}
