//! The job summary, in Markdown.

use super::{Gathered, first_line};
use crate::escapes::without_escapes;
use crate::event::{Counts, TestFinished};

/// Bytes of the summary of a step; GitHub shows nothing of a longer one.
pub const SUMMARY_LIMIT: usize = 1 << 20;

impl Gathered {
    /// The summary, of at most so many bytes.
    #[must_use]
    pub fn summary(&self, limit: usize) -> String {
        let mut page = Page {
            text: String::new(),
            limit,
        };
        page.always(&format!("### {}\n\n", headline(self)));
        if let Some(stopped) = &self.stopped {
            page.always(&format!(
                "The run stopped: {}\n\n",
                code(&first_line(stopped))
            ));
        }
        let problems = self.errors.iter().map(|problem| {
            let title = format!("{} could not be collected", tag(&problem.nodeid));
            details(&title, &problem.text)
        });
        page.list("#### Not collected", problems, self.errors.len());
        page.list(
            "#### Failed",
            self.failures.iter().map(failed),
            self.counts.fail,
        );
        let flaky = self.flaky.iter().map(|test| {
            let nodeid = code(&test.nodeid);
            let message = code(&test.message);
            format!(
                "- {nodeid} passed at attempt {}; attempt 1: {message}\n",
                test.attempts
            )
        });
        page.list("#### Flaky", flaky, self.flaky.len());
        let notes = self.notes.iter();
        let notes = notes.map(|note| format!("- {}\n", html(note).replace('\n', "<br>")));
        page.list("#### Notes", notes, self.notes.len());
        if !self.slowest.is_empty() {
            let rows = self.slowest.iter();
            let rows: String = rows
                .map(|(nodeid, seconds)| {
                    format!(
                        "| {} | {seconds:.2} s |\n",
                        code(nodeid).replace('|', "\\|")
                    )
                })
                .collect();
            page.add(&details_of(
                "Slowest tests",
                &format!("| test | time |\n|---|--:|\n{rows}"),
            ));
        }
        page.text
    }
}

fn headline(run: &Gathered) -> String {
    let Counts {
        passed,
        failed,
        error,
        skipped,
        xfailed,
        xpassed,
        timed_out,
        crashed,
        not_run,
        flaky,
        quarantined,
        ..
    } = run.counts;
    let errors = error + run.errors.len();
    let parts: Vec<String> = [
        (failed, "failed"),
        (timed_out, "timed out"),
        (crashed, "crashed"),
        (errors, if errors == 1 { "error" } else { "errors" }),
        (not_run, "not run"),
        (passed, "passed"),
        (skipped, "skipped"),
        (xfailed, "xfailed"),
        (xpassed, "xpassed"),
        (flaky, "flaky"),
        (quarantined, "quarantined"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    format!("{} in {:.1} s", parts.join(", "), run.seconds)
}

fn failed(test: &TestFinished) -> String {
    let message = test
        .failures
        .first()
        .map(|failure| first_line(&failure.message));
    let title = match message {
        Some(message) => format!("{}: {}", tag(&test.nodeid), html(&message)),
        None => format!("{}: {}", tag(&test.nodeid), test.outcome.as_str()),
    };
    let mut text = String::new();
    for failure in &test.failures {
        text.push_str(failure.text.trim_end());
        text.push('\n');
    }
    for part in &test.output {
        text.push_str(&format!(
            "--- {} ---\n{}\n",
            part.title,
            part.text.trim_end()
        ));
    }
    details(&title, &text)
}

fn details(title: &str, text: &str) -> String {
    let text = without_control(text);
    // A fence ends at one that is as long.
    let longest = text.split(|character| character != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    details_of(
        title,
        &format!("{fence}text\n{}\n{fence}\n", text.trim_end()),
    )
}

fn details_of(title: &str, markdown: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{markdown}\n</details>\n")
}

fn tag(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

fn html(text: &str) -> String {
    without_control(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A text as code, within a line.
fn code(text: &str) -> String {
    let text = without_control(text).replace('\n', " ");
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|character| character != '`').map(str::len).max();
    match longest.unwrap_or(0) {
        0 => format!("`{text}`"),
        ticks => {
            let fence = "`".repeat(ticks + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// Without colours and other control characters.
fn without_control(text: &str) -> String {
    without_escapes(text).replace(
        |character: char| character.is_control() && !matches!(character, '\n' | '\t'),
        "",
    )
}

/// The summary so far.
struct Page {
    text: String,
    limit: usize,
}

/// Bytes for what has to be said at the end of a list that was cut.
const RESERVE: usize = 200;

impl Page {
    fn always(&mut self, text: &str) {
        if self.text.len() + text.len() <= self.limit {
            self.text.push_str(text);
        }
    }

    /// Adds a part, if there is room for it.
    fn add(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() + RESERVE <= self.limit;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Adds a part for each; says how many of them all are missing.
    fn list(&mut self, title: &str, parts: impl Iterator<Item = String>, number: usize) {
        if number == 0 || !self.add(&format!("{title}\n\n")) {
            return;
        }
        let mut shown = 0;
        for part in parts {
            if !self.add(&part) {
                break;
            }
            shown += 1;
        }
        if shown < number {
            self.always(&format!("\n{} more\n", number - shown));
        }
        self.always("\n");
    }
}
