//! `hasten report`: a page about a run, or a trace of it.

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::{History, Run, replace_file};
use hasten_report::{Recorded, html, trace};

use super::{Failure, history_folder, open_history, write_to_stdout};
use crate::arguments::Arguments;
use crate::environment;

/// Where the page goes that has no other name.
const USUAL_FILE: &str = "hasten-report.html";

const USAGE: &str =
    "It takes -o FILE, --trace FILE and --run RUN; to run a folder of that name: hasten run report";

/// What to write, and about which run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    page: Option<Utf8PathBuf>,
    trace: Option<Utf8PathBuf>,
    run: Option<String>,
}

/// Writes it; no test is run.
pub(crate) fn report(arguments: &Arguments) -> Result<i32, Failure> {
    let options = Options::read(&arguments.rest)?;
    let folder = history_folder(&environment::current_folder());
    let history = open_history(&folder);
    let runs = history.runs()?;
    let run = find(&runs, options.run.as_deref(), &folder)?.clone();
    let recorded = Recorded {
        project: project(&folder),
        attempts: history.attempts(run.id)?,
        details: history.details(run.id)?,
        run,
    };
    let mut said = String::new();
    if let Some(file) = &options.page {
        let page = page(&recorded, &history, runs)?;
        said.push_str(&write(file, &page, recorded.run.id)?);
    }
    if let Some(file) = &options.trace {
        said.push_str(&write(file, &trace::render(&recorded), recorded.run.id)?);
    }
    if options.uses_stdout() {
        return Ok(0);
    }
    crate::say(&said)
}

fn page(recorded: &Recorded, history: &History, runs: Vec<Run>) -> Result<String, Failure> {
    let mut trend = html::Trend::new(recorded, runs, &history.outcomes()?);
    for run in trend.wanted() {
        if run == recorded.run.id {
            trend.add(run, &recorded.attempts);
        } else {
            trend.add(run, &history.attempts(run)?);
        }
    }
    Ok(html::render(recorded, &trend)?)
}

/// The run that was asked for: by its number or the beginning of its id; else the last one.
fn find<'a>(runs: &'a [Run], asked: Option<&str>, folder: &Utf8Path) -> Result<&'a Run, Failure> {
    let (Some(last), Some(first)) = (runs.first(), runs.last()) else {
        return Err(Failure::Usage(format!(
            "there is no run in {} yet: run hasten once, then ask again",
            History::database(folder)
        )));
    };
    let Some(asked) = asked else { return Ok(last) };
    let mut by_id = runs.iter().filter(|run| run.record.uid.starts_with(asked));
    let by_number = asked
        .parse()
        .ok()
        .and_then(|id: i64| runs.iter().find(|run| run.id == id));
    match (by_number, by_id.next(), by_id.next()) {
        (Some(run), ..) | (None, Some(run), None) => Ok(run),
        (None, Some(_), Some(_)) => Err(Failure::Usage(format!(
            "--run {asked} is the beginning of several ids: give more of it, or the number of the run"
        ))),
        (None, None, _) => Err(Failure::Usage(format!(
            "there is no run {asked}: kept are runs {} to {}, the last one is {}",
            first.id, last.id, last.id
        ))),
    }
}

/// The name of the folder that the history is of.
fn project(folder: &Utf8Path) -> String {
    let root = folder.parent().and_then(Utf8Path::file_name);
    root.unwrap_or("tests").to_owned()
}

/// Writes a file, and returns a line that says so; `-` is stdout, which then has nothing else.
fn write(file: &Utf8Path, text: &str, run: i64) -> Result<String, Failure> {
    if file == "-" {
        return write_to_stdout(text).map(|()| String::new());
    }
    // What a symbolic link points to is replaced, not the link.
    let target = file.canonicalize_utf8().unwrap_or_else(|_| file.to_owned());
    replace_file(&target, text).map_err(|error| Failure::Unwritable {
        path: file.to_owned(),
        detail: error.to_string(),
    })?;
    Ok(format!("{file}: run {run}\n"))
}

impl Options {
    fn uses_stdout(&self) -> bool {
        [&self.page, &self.trace]
            .into_iter()
            .flatten()
            .any(|file| file == "-")
    }

    fn read(words: &[String]) -> Result<Self, Failure> {
        let usage = |problem: String| Failure::Usage(format!("{problem}. {USAGE}"));
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let place = match name {
                "-o" | "--output" => &mut options.page,
                "--trace" => &mut options.trace,
                "--run" => {
                    let value = attached.or_else(|| words.next().cloned());
                    let value = value.filter(|value| !value.is_empty());
                    options.run = Some(
                        value.ok_or_else(|| usage("--run needs the number of a run".to_owned()))?,
                    );
                    continue;
                }
                _ => return Err(usage(format!("hasten report does not know {word}"))),
            };
            let value = attached.or_else(|| words.next().cloned());
            let value = value.filter(|value| !value.is_empty());
            *place = Some(
                value
                    .ok_or_else(|| usage(format!("{name} needs a file")))?
                    .into(),
            );
        }
        if options.trace.is_none() {
            options.page.get_or_insert_with(|| USUAL_FILE.into());
        }
        if options.page.as_deref() == Some("-".into())
            && options.trace.as_deref() == Some("-".into())
        {
            return Err(usage("the page and the trace need two places".to_owned()));
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&words).map_err(|failure| {
            assert_eq!(failure.exit_status(), 4);
            failure.to_string().replace(&format!(". {USAGE}"), "")
        })
    }

    fn options(page: Option<&str>, trace: Option<&str>, run: Option<&str>) -> Options {
        Options {
            page: page.map(Utf8PathBuf::from),
            trace: trace.map(Utf8PathBuf::from),
            run: run.map(str::to_owned),
        }
    }

    #[test]
    fn words_are_read() {
        assert_eq!(read(""), Ok(options(Some(USUAL_FILE), None, None)));
        assert_eq!(read("-o a.html"), Ok(options(Some("a.html"), None, None)));
        assert_eq!(read("--output=-"), Ok(options(Some("-"), None, None)));
        assert_eq!(
            read("--trace t.json"),
            Ok(options(None, Some("t.json"), None))
        );
        assert_eq!(
            read("--trace=t.json -o a --run 3"),
            Ok(options(Some("a"), Some("t.json"), Some("3")))
        );
    }

    #[test]
    fn wrong_words_get_a_sentence() {
        for (line, expected) in [
            ("tests", "hasten report does not know tests"),
            ("-o", "-o needs a file"),
            ("--trace", "--trace needs a file"),
            ("--run", "--run needs the number of a run"),
            ("-o - --trace -", "the page and the trace need two places"),
        ] {
            assert_eq!(read(line).unwrap_err(), expected);
        }
    }
}
