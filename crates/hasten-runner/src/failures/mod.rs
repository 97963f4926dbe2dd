//! What is kept of failures: pytest's text of each failed attempt, as its terminal shows it, without colours.
//!
//! The text is made here, from the reports that pass anyway, and not by the worker: a worker does nothing more for a
//! test that fails, verdicts about tests whose worker died are made here, too, and nothing is rendered beyond what
//! is kept.

use std::fmt::Write;

use hasten_history::FailureText;
use hasten_protocol::record::{self, RecordKind, Records};
use hasten_protocol::report::{Report, Subtest, separator};
use hasten_report::escapes::without_escapes;

use crate::test_event::COLUMNS;

/// The most bytes of one failure.
const MOST: usize = 64 * 1024;
/// The most bytes of all failures of a run. What comes later is not kept.
const MOST_OF_RUN: usize = 4 * 1024 * 1024;

/// Texts of failures so far.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    kept: Vec<Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    index: u32,
    attempt: u32,
    text: String,
}

impl Failures {
    /// Takes in what a failed attempt reported.
    pub(crate) fn add(&mut self, index: u32, attempt: u32, records: &[u8]) {
        if self.bytes >= MOST_OF_RUN {
            return;
        }
        let text = cut(&text_of(records), MOST);
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        self.kept.push(Kept {
            index,
            attempt,
            text,
        });
    }

    /// They, as the history keeps them.
    pub(crate) fn named(&self, nodeids: &[String]) -> Vec<FailureText> {
        let named = self.kept.iter().filter_map(|kept| {
            Some(FailureText {
                nodeid: nodeids.get(kept.index as usize)?.clone(),
                attempt: kept.attempt,
                text: kept.text.clone(),
            })
        });
        named.collect()
    }
}

/// The text of an attempt: each phase that failed, with what it printed, and what its teardown printed.
fn text_of(records: &[u8]) -> String {
    let mut text = String::new();
    for record in Records::new(records).map_while(Result::ok) {
        if !matches!(record.kind, RecordKind::Report | RecordKind::Verdict) {
            continue;
        }
        let failed = record.has_failed();
        let teardown = record.flags & record::TEARDOWN != 0;
        let shows_more = teardown && !text.is_empty();
        if !(failed || shows_more) {
            continue;
        }
        let Some(report) = Report::read(record.payload) else {
            continue;
        };
        if failed {
            add_heading(&mut text, &report, record.flags);
            add_line(&mut text, &report.text(COLUMNS));
        }
        add_sections(&mut text, &report, !failed);
    }
    without_escapes(text.trim_start_matches('\n').trim_end())
}

/// Says which phase failed, unless it is the call; and which subtest.
fn add_heading(text: &mut String, report: &Report, flags: u16) {
    let heading = if flags & record::SETUP != 0 {
        "ERROR at setup".to_owned()
    } else if flags & record::TEARDOWN != 0 {
        "ERROR at teardown".to_owned()
    } else if let Some(subtest) = &report.subtest {
        name_of(subtest)
    } else if !text.is_empty() {
        "FAILURE".to_owned()
    } else {
        return;
    };
    add_line(text, &separator("_", Some(&heading), COLUMNS));
}

/// `subtest [message] (i=1)`.
fn name_of(subtest: &Subtest) -> String {
    let mut name = "subtest".to_owned();
    // Writing to a string does not fail.
    if let Some(message) = &subtest.msg {
        let _ = write!(name, " [{message}]");
    }
    if !subtest.kwargs.is_empty() {
        let values: Vec<String> = subtest
            .kwargs
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let _ = write!(name, " ({})", values.join(", "));
    }
    name
}

/// Adds captured output; of a teardown that passed only its own, since the failure has shown the rest.
fn add_sections(text: &mut String, report: &Report, of_teardown: bool) {
    for (title, content) in &report.sections {
        if of_teardown && !title.contains("teardown") {
            continue;
        }
        add_line(text, &separator("-", Some(title), COLUMNS));
        add_line(text, content.strip_suffix('\n').unwrap_or(content));
    }
}

fn add_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// The text, without its middle if it is too long.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let half = most / 2;
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let head = &text[..(0..=half).rev().find(is_boundary).unwrap_or(0)];
    let head = head.rfind('\n').map_or(head, |end| &head[..=end]);
    let from = text.len() - half;
    let tail = &text[(from..text.len()).find(is_boundary).unwrap_or(text.len())..];
    let tail = tail.find('\n').map_or(tail, |start| &tail[start + 1..]);
    let left_out = text.len() - head.len() - tail.len();
    format!("{head}\n[hasten: {left_out} bytes are left out here]\n\n{tail}")
}

#[cfg(test)]
mod tests;
