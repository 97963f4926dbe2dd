//! The text of `hasten doctor`.

use std::fmt::Write as _;

use owo_colors::{OwoColorize, Style as Paint};
use unicode_width::UnicodeWidthStr;

use super::{Cause, HowStarted, Report, RunEnd, StartMethod};
use crate::slow::Style;

/// Lines that are longer are hard to read.
const MOST_COLUMNS: usize = 100;
const EXPLANATION: &str = "On the fast path hasten does not call those of pytest's own hook \
     implementations that have nothing to do for a test. Where it cannot prove that this changes \
     nothing, pytest calls all of them (the full path): the results are the same, it takes longer.";
const FIRST_REASON: &str = "Each test is counted under the first reason that was found. When that \
     is gone, another one may show.";
const NOT_FORKED: &str = "So each worker loads and collects for itself. --start-method fork forks all the same: \
     then you know that the tests do not use what is named.";
const REMEMBERED: &str = "So each worker loads and collects for itself, from the start: an earlier run in this \
     environment (interpreter, installed packages, paths of the command line) has found the same. --start-method fork forks all \
     the same: then you know that the tests do not use what is named.";
const REMEMBERED_AND_GONE: &str = "An earlier run in this environment had found a reason. It is gone: the next run \
     forks workers again.";

/// Renders the whole report.
pub(super) fn render(report: &Report, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        style,
    };
    page.heading(&headline(report));
    if let Some(option) = &report.in_process {
        page.paragraph(&format!(
            "Plain pytest ran in one process, because of {option}: then there is no fast path. \
             To see which path tests take, run hasten doctor without it."
        ));
    } else if report.fast + report.full > 0 {
        page.paragraph(EXPLANATION);
    }
    if !report.reasons.is_empty() {
        page.heading(&format!("Why {} took the full path", tests(report.full)));
        page.reasons(&report.reasons);
        page.paragraph(FIRST_REASON);
    }
    if report.unknown > 0 {
        page.paragraph(&format!(
            "Which path {} took is not known: the worker died or was ended (crash, time limit, \
             interrupt) before it could say so.",
            tests(report.unknown)
        ));
    }
    page.start(&report.start);
    page.lines(&end_of_run(report.run), 0, Paint::new());
    page.text
}

fn headline(report: &Report) -> String {
    let all = report.fast + report.full + report.unknown;
    match report.fast {
        _ if report.run.finished == 0 && all == 0 => "No test ran".to_owned(),
        _ if report.in_process.is_some() => "No test took the fast path".to_owned(),
        0 if report.unknown > 0 => {
            format!(
                "None of {} is known to have taken the fast path",
                tests(all)
            )
        }
        0 if all == 1 => "The one test took the full path".to_owned(),
        0 => format!("None of {} took the fast path", tests(all)),
        1 if all == 1 => "The one test took the fast path".to_owned(),
        fast if fast == all => format!("All {} took the fast path", tests(all)),
        fast => format!(
            "{} of {} took the fast path ({})",
            number(fast),
            tests(all),
            percent(fast, all)
        ),
    }
}

fn end_of_run(run: RunEnd) -> String {
    let mut parts = vec![format!("{} ran", tests(run.finished))];
    if run.finished < run.collected {
        parts.push(format!("{} not", number(run.collected - run.finished)));
    }
    if run.failed > 0 {
        parts.push(format!("{} failed", number(run.failed)));
    }
    let meaning = match run.exit_status {
        0 => "no failure",
        1 if run.failed == 0 => "errors outside of tests, see above",
        1 => "failures, see above",
        2 => "interrupted, or errors in collection, see above",
        3 => "internal error, see above",
        4 => "wrong use, see above",
        5 => "no tests were collected",
        _ => "see above",
    };
    let parts = parts.join(", ");
    format!(
        "The run: {parts}; pytest's exit status {} ({meaning}).",
        run.exit_status
    )
}

/// The text so far.
struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn heading(&mut self, words: &str) {
        self.painted(words, Paint::new().bold());
        self.text.push_str("\n\n");
    }

    fn paragraph(&mut self, words: &str) {
        self.lines(words, 0, Paint::new());
        self.text.push('\n');
    }

    fn reasons(&mut self, reasons: &[Cause]) {
        let width = reasons
            .iter()
            .map(|cause| number(cause.tests).width())
            .max()
            .unwrap_or(0);
        let indent = 2 + width + 2;
        for cause in reasons {
            // Writing to a string does not fail.
            let _ = write!(self.text, "  {:>width$}  ", number(cause.tests));
            self.first_line_begun(&cause.what, indent, Paint::new().bold());
            self.lines(&cause.why, indent, Paint::new());
            self.text.push_str(&" ".repeat(indent));
            self.painted("> ", Paint::new().green());
            self.first_line_begun(&cause.advice, indent + 2, Paint::new().green());
            self.text.push('\n');
        }
    }

    fn start(&mut self, start: &HowStarted) {
        if start.method != StartMethod::Load {
            return;
        }
        self.heading("Why workers were not forked");
        for hazard in &start.hazards {
            self.text.push_str("  ");
            self.first_line_begun(&hazard.what, 2, Paint::new().bold());
            self.text.push_str("  ");
            self.painted("> ", Paint::new().green());
            self.first_line_begun(hazard.advice, 4, Paint::new().green());
            self.text.push('\n');
        }
        self.paragraph(match (start.remembered, start.hazards.is_empty()) {
            (true, true) => REMEMBERED_AND_GONE,
            (true, false) => REMEMBERED,
            (false, _) => NOT_FORKED,
        });
    }

    fn lines(&mut self, words: &str, indent: usize, paint: Paint) {
        self.text.push_str(&" ".repeat(indent));
        self.first_line_begun(words, indent, paint);
    }

    /// Words in lines, of which the first is begun already.
    fn first_line_begun(&mut self, words: &str, indent: usize, paint: Paint) {
        let room = self.style.width.min(MOST_COLUMNS).saturating_sub(indent);
        for (position, line) in wrapped(words, room).iter().enumerate() {
            if position > 0 {
                self.text.push_str(&" ".repeat(indent));
            }
            self.painted(line, paint);
            self.text.push('\n');
        }
    }

    fn painted(&mut self, words: &str, paint: Paint) {
        if self.style.colour && !paint.is_plain() {
            // Writing to a string does not fail.
            let _ = write!(self.text, "{}", words.style(paint));
        } else {
            self.text.push_str(words);
        }
    }
}

/// Lines of at most so many columns; a word that is longer stands alone.
fn wrapped(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn tests(count: usize) -> String {
    of_number(count, "test", "tests")
}

fn of_number(count: usize, one: &str, more: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { more })
}

/// A number with a comma between thousands.
fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share that is neither rounded up to all nor down to nothing.
fn percent(part: usize, whole: usize) -> String {
    let share = part as f64 / whole as f64 * 100.0;
    format!("{:.1}%", share.clamp(0.1, 99.9))
}
