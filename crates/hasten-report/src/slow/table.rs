//! The text of `hasten slow`.

use std::fmt::Write as _;

use hasten_history::SortBy;
use owo_colors::{OwoColorize, Style as Paint};
use unicode_width::UnicodeWidthStr;

use super::{LastRun, Report, Seconds, Style, Suite, share};

/// A terminal that has fewer columns gets the narrow tables: beside the wide ones a node id of 40 characters would not fit.
const WIDE: usize = 100;

/// Renders the whole report.
pub(super) fn render(report: &Report, style: Style) -> String {
    if report.suite.tests == 0 {
        return nothing_known(report.last_run.is_some()).to_owned();
    }
    let mut text = String::new();
    tests(&mut text, report, style);
    files(&mut text, report, style);
    suite(&mut text, &report.suite, style);
    if let Some(line) = closing(&report.suite, report.last_run.as_ref()) {
        text.push('\n');
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The name of what is compared.
pub(super) const fn phase(by: SortBy) -> &'static str {
    match by {
        SortBy::Total => "total",
        SortBy::Setup => "setup",
        SortBy::Call => "call",
        SortBy::Teardown => "teardown",
    }
}

const fn nothing_known(any_run: bool) -> &'static str {
    if any_run {
        "No test has completed yet in the runs of this project, so there are no durations to show: \
         run hasten again when some pass or fail.\n"
    } else {
        "No run of this project is recorded yet: run your tests once with hasten, then ask again.\n"
    }
}

fn tests(text: &mut String, report: &Report, style: Style) {
    let found = Found { what: "tests", listed: report.tests.len(), all: report.suite.tests };
    found.heading(text, report.by, style);
    let Some(heads) = found.heads(style, "runs", "last") else { return };
    let rows = report.tests.iter().map(|test| {
        let last = Cell::painted(test.last_outcome.to_owned(), outcome(test.last_outcome));
        let mut row = durations(&test.seconds, test.share, style);
        if is_wide(style) {
            row.push(Cell::plain(test.runs.to_string()));
        }
        row.push(last.left());
        row.push(Cell::plain(printable(&test.nodeid)).left());
        row
    });
    table(text, heads, rows, "test", style);
}

fn files(text: &mut String, report: &Report, style: Style) {
    text.push('\n');
    let found = Found { what: "files", listed: report.files.len(), all: report.suite.files };
    found.heading(text, report.by, style);
    let Some(heads) = found.heads(style, "tests", "") else { return };
    let rows = report.files.iter().map(|file| {
        let mut row = durations(&file.seconds, file.share, style);
        row.push(Cell::plain(file.tests.to_string()));
        row.push(Cell::plain(printable(&file.file)).left());
        row
    });
    table(text, heads, rows, "file", style);
}
