//! Annotations: `::error file=…,line=…,title=…::message`.

use super::{Gathered, Places, first_line};
use crate::event::{Outcome, TestFinished};

/// Annotations of a kind that GitHub shows of a step.
const MOST: usize = 10;
/// Characters of a message.
const MOST_MESSAGE: usize = 2000;

impl Gathered {
    /// The lines to print. `errors`: failures are among them, and not another tool's.
    #[must_use]
    pub fn annotations(&self, places: Places<'_>, errors: bool) -> String {
        let mut text = String::new();
        if errors {
            let collected = self.errors.iter().map(|problem| {
                let title = format!("{} could not be collected", problem.nodeid);
                line(
                    "error",
                    Some((&problem.nodeid, 1)),
                    &title,
                    &told(&problem.text),
                    places,
                )
            });
            let tests = self.failures.iter().map(|test| of_test(test, places));
            let number = self.errors.len() + self.counts.fail;
            text.push_str(&bounded("error", collected.chain(tests), number, "failed"));
        }
        let flaky = self.flaky.iter().map(|test| {
            let title = format!("{} is flaky", test.nodeid);
            let message = format!("passed at attempt {}: {}", test.attempts, test.message);
            let place = test
                .place
                .as_ref()
                .map(|(file, line)| (file.as_str(), *line));
            line("warning", place, &title, &message, places)
        });
        text.push_str(&bounded("warning", flaky, self.flaky.len(), "are flaky"));
        text
    }
}

/// At most as many as are shown; the last of them says how many there are beside.
fn bounded(kind: &str, lines: impl Iterator<Item = String>, number: usize, what: &str) -> String {
    if number <= MOST {
        return lines.collect();
    }
    let mut text: String = lines.take(MOST - 1).collect();
    let more = number - (MOST - 1);
    text.push_str(&format!("::{kind} title=hasten::{more} more {what}\n"));
    text
}

fn of_test(test: &TestFinished, places: Places<'_>) -> String {
    let failure = test.failures.first();
    let message = match failure {
        Some(failure) => match (test.outcome, failure.phase.as_str()) {
            (Outcome::Error, phase) => format!("error in {phase}: {}", failure.message),
            _ => failure.message.clone(),
        },
        None => format!("{} ({})", test.outcome.as_str(), test.nodeid),
    };
    let place = failure.and_then(|failure| Some((failure.file.as_deref()?, failure.line?)));
    line("error", place, &test.nodeid, &message, places)
}

/// What a text says of a failure: the lines that pytest marks, else its first.
fn told(text: &str) -> String {
    let marked: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("E "))
        .collect();
    if marked.is_empty() {
        first_line(text)
    } else {
        let trimmed: Vec<&str> = marked.iter().map(|line| line.trim()).collect();
        trimmed.join("\n")
    }
}

fn line(
    kind: &str,
    place: Option<(&str, u64)>,
    title: &str,
    message: &str,
    places: Places<'_>,
) -> String {
    let place = place.map_or_else(String::new, |(file, line)| {
        let path = places.path(file);
        format!("file={},line={line},", property(path.as_str()))
    });
    let short: String = message.chars().take(MOST_MESSAGE).collect();
    format!(
        "::{kind} {place}title={}::{}\n",
        property(title),
        data(&short)
    )
}

/// Escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
