//! The text of `hasten slow`.

use std::fmt::Write as _;

use hasten_history::SortBy;
use owo_colors::{OwoColorize, Style as Paint};
use unicode_width::UnicodeWidthStr;

use super::{LastRun, Report, Seconds, Style, Suite, share};

/// A terminal with fewer columns gets narrow tables: beside the wide ones a node id of 40
/// characters would not fit.
const WIDE: usize = 100;

/// Renders the whole report.
pub(super) fn render(report: &Report, style: Style) -> String {
    if report.suite.tests == 0 {
        return nothing_known(report.last_run.is_some()).to_owned();
    }
    let mut text = String::new();
    if report.options.tests > 0 {
        tests(&mut text, report, style);
    }
    if report.options.files > 0 {
        files(&mut text, report, style);
    }
    suite(&mut text, &report.suite, style);
    if let Some(closing) = closing(&report.suite, report.last_run.as_ref()) {
        text.push('\n');
        line(&mut text, &closing, Paint::new(), style);
    }
    text
}

const fn nothing_known(any_run: bool) -> &'static str {
    if any_run {
        "No test of this project has completed in a run yet: run hasten again when some pass or fail.\n"
    } else {
        "No run of this project is recorded yet: run its tests once with hasten, then ask again.\n"
    }
}

/// The name of what is compared: also the head of its column.
pub(super) const fn phase(by: SortBy) -> &'static str {
    match by {
        SortBy::Total => "total",
        SortBy::Setup => "setup",
        SortBy::Call => "call",
        SortBy::Teardown => "teardown",
    }
}

fn tests(text: &mut String, report: &Report, style: Style) {
    heading(
        text,
        report,
        "test",
        report.tests.len(),
        report.suite.tests,
        style,
    );
    let mut table = Table::new(&["runs", "last", "test"]);
    for test in &report.tests {
        let mut row = durations(&test.seconds, test.share);
        row.push(Cell::plain(test.runs.to_string()));
        row.push(Cell {
            text: test.last_outcome.to_owned(),
            paint: colour(test.last_outcome),
        });
        row.push(Cell::plain(printable(&test.nodeid)));
        table.rows.push(row);
    }
    table.render(text, report.by, style);
}

fn files(text: &mut String, report: &Report, style: Style) {
    heading(
        text,
        report,
        "file",
        report.files.len(),
        report.suite.files,
        style,
    );
    let mut table = Table::new(&["tests", "file"]);
    for file in &report.files {
        let mut row = durations(&file.seconds, file.share);
        row.push(Cell::plain(file.tests.to_string()));
        row.push(Cell::plain(printable(&file.file)));
        table.rows.push(row);
    }
    table.render(text, report.by, style);
}

fn heading(
    text: &mut String,
    report: &Report,
    what: &str,
    listed: usize,
    all: usize,
    style: Style,
) {
    let by = match report.by {
        SortBy::Total => String::new(),
        by => format!(" by {}", phase(by)),
    };
    let heading = if listed == 0 {
        format!(
            "No {what} takes {}s{by} or more",
            report.options.min_seconds
        )
    } else if listed < all {
        format!("Slowest {listed} of {all} {what}s{by}")
    } else {
        format!("Slowest {what}s{by}")
    };
    line(text, &heading, Paint::new().bold(), style);
    if listed == 0 {
        text.push('\n');
    }
}

fn suite(text: &mut String, suite: &Suite, style: Style) {
    let Seconds {
        total,
        setup,
        call,
        teardown,
    } = suite.seconds;
    let (tests, files) = (counted(suite.tests, "test"), counted(suite.files, "file"));
    let heading = format!(
        "Suite: {tests} in {files}, {} one after the other",
        long(total)
    );
    line(text, &heading, Paint::new().bold(), style);
    let mut rows = Vec::new();
    for (name, seconds) in [("setup", setup), ("call", call), ("teardown", teardown)] {
        rows.push((name, short(seconds), percent(share(seconds, total))));
    }
    let width = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    for (name, seconds, share) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<8}  {seconds:>width$}  {share:>6}");
    }
}

/// What a run can get down to; nothing if that would be shown as `0.00s`.
fn closing(suite: &Suite, last_run: Option<&LastRun>) -> Option<String> {
    let workers = last_run.map_or(0, |run| run.workers);
    let slowest = suite.slowest;
    let shared = suite.seconds.total / f64::from(workers.max(1));
    if slowest < 0.005 {
        return None;
    }
    let slowest_test = format!("at least {}, as long as its slowest test", long(slowest));
    let mut text = if workers < 2 {
        format!("On any number of workers a run of all tests takes {slowest_test}.")
    } else if shared > slowest {
        let shared = long(shared);
        format!(
            "On {workers} workers a run of all tests takes at least {shared}; on any number {slowest_test}."
        )
    } else {
        format!("On {workers} workers a run of all tests takes {slowest_test}.")
    };
    if let Some(run) = last_run.filter(|run| run.whole_suite) {
        // Writing to a string does not fail.
        let _ = write!(text, " The last one took {}.", long(run.wall));
    }
    Some(text)
}

/// A table whose first columns are durations, and whose last one is a name: it is shown whole, and
/// wraps if it has to.
struct Table<'a> {
    heads: Vec<&'a str>,
    rows: Vec<Vec<Cell>>,
}

struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    const fn plain(text: String) -> Self {
        Self {
            text,
            paint: Paint::new(),
        }
    }
}

impl<'a> Table<'a> {
    fn new(heads: &[&'a str]) -> Self {
        let durations = ["total", "setup", "call", "teardown", "share"];
        Self {
            heads: [&durations, heads].concat(),
            rows: Vec::new(),
        }
    }

    /// Adds the lines, and an empty one; nothing if there is no row.
    fn render(mut self, text: &mut String, by: SortBy, style: Style) {
        if self.rows.is_empty() {
            return;
        }
        let head = |head: &&str| Cell {
            text: (*head).to_owned(),
            paint: Paint::new().dimmed(),
        };
        self.rows.insert(0, self.heads.iter().map(head).collect());
        let columns: Vec<usize> = (0..self.heads.len())
            .filter(|&column| self.shows(column, by, style))
            .collect();
        let width = |&column: &usize| {
            self.rows
                .iter()
                .map(|row| row[column].text.width())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = columns.iter().map(width).collect();
        for row in &self.rows {
            for (position, (&column, width)) in columns.iter().zip(&widths).enumerate() {
                let cell = &row[column];
                let padding = " ".repeat(width - cell.text.width());
                let gap = if position == 0 { "" } else { "  " };
                let is_last = position + 1 == columns.len();
                let (before, after) = match self.heads[column] {
                    "last" | "test" | "file" => ("", if is_last { "" } else { padding.as_str() }),
                    _ => (padding.as_str(), ""),
                };
                text.push_str(gap);
                text.push_str(before);
                text.push_str(&painted(&cell.text, cell.paint, style));
                text.push_str(after);
            }
            text.push('\n');
        }
        text.push('\n');
    }

    fn shows(&self, column: usize, by: SortBy, style: Style) -> bool {
        match self.heads[column] {
            head @ ("setup" | "call" | "teardown") => style.width >= WIDE || head == phase(by),
            "runs" => style.width >= WIDE,
            _ => true,
        }
    }
}

fn durations(seconds: &Seconds, share: f64) -> Vec<Cell> {
    let Seconds {
        total,
        setup,
        call,
        teardown,
    } = *seconds;
    let mut row: Vec<Cell> = [total, setup, call, teardown]
        .map(|seconds| Cell::plain(short(seconds)))
        .into();
    row.push(Cell::plain(percent(share)));
    row
}

/// Seconds as `--durations` prints them.
fn short(seconds: f64) -> String {
    format!("{seconds:.2}s")
}

/// Seconds as pytest's last line prints them: `75.20s (0:01:15)` from a minute on.
fn long(seconds: f64) -> String {
    if seconds < 60.0 {
        return short(seconds);
    }
    let whole = seconds as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    format!(
        "{} ({days}{hours}:{minutes:02}:{:02})",
        short(seconds),
        whole % 60
    )
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A name in one line, as Python would write it: a control character would break the table, or be
/// obeyed by the terminal.
fn printable(name: &str) -> String {
    if !name.contains(char::is_control) {
        return name.to_owned();
    }
    let mut text = String::new();
    for character in name.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            // Control characters end at U+009F.
            _ if character.is_control() => drop(write!(text, "\\x{:02x}", u32::from(character))),
            _ => text.push(character),
        }
    }
    text
}

/// The colour that pytest has for an outcome.
fn colour(outcome: &str) -> Paint {
    match outcome {
        "passed" => Paint::new().green(),
        "skipped" | "xfailed" | "xpassed" => Paint::new().yellow(),
        _ => Paint::new().red(),
    }
}

fn painted(text: &str, paint: Paint, style: Style) -> String {
    if style.colour && !paint.is_plain() {
        text.style(paint).to_string()
    } else {
        text.to_owned()
    }
}

fn line(text: &mut String, words: &str, paint: Paint, style: Style) {
    text.push_str(&painted(words, paint, style));
    text.push('\n');
}
