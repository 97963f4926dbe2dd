//! The events of a test, made of what it reported.

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::file_of;
use hasten_protocol::record::{self, Record, RecordKind, Records};
use hasten_protocol::report::{LongRepr, Report, untagged};
use hasten_report::event::{Captured, Event, Failure, Outcome, TestFinished};
use serde::Deserialize;
use serde_json::Value;

use crate::ledger::{Entry, State};

/// Columns of the terminal that pytest's texts are for.
pub(crate) const COLUMNS: usize = 80;

/// What was decided when an attempt was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    /// It is to be run again.
    pub(crate) again: bool,
    /// It makes the run fail.
    pub(crate) fails: bool,
    /// It passed after a failure.
    pub(crate) flaky: bool,
    /// Its failure does not count.
    pub(crate) quarantined: bool,
}

/// An attempt that is over.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) index: u32,
    pub(crate) entry: Entry,
    /// What it reported.
    pub(crate) records: Vec<u8>,
    pub(crate) decided: Decided,
}

/// Folders that paths are shown relative to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folders {
    pub(crate) rootdir: Utf8PathBuf,
    /// The one that the run was started in: pytest shows paths relative to it.
    pub(crate) current: Utf8PathBuf,
}

impl Ended {
    /// The events: an attempt that plugins split into several, one for each; then warnings.
    pub(crate) fn events(
        &self,
        nodeid: &str,
        worker: Option<String>,
        folders: &Folders,
    ) -> Vec<Event> {
        let mut attempts = vec![Vec::new()];
        let mut warnings = Vec::new();
        for record in Records::new(&self.records).map_while(Result::ok) {
            match record.kind {
                RecordKind::Warning => warnings.extend(warning(record.payload, folders)),
                RecordKind::Report | RecordKind::Verdict => {
                    // Who runs a test again inside its worker begins with another setup.
                    let begins = record.flags & record::SETUP != 0;
                    let began = |reports: &Vec<Record<'_>>| {
                        reports.iter().any(|one| one.flags & record::SETUP == 0)
                    };
                    if begins && attempts.last().is_some_and(began) {
                        attempts.push(Vec::new());
                    }
                    if let Some(reports) = attempts.last_mut() {
                        reports.push(record);
                    }
                }
                RecordKind::Passed
                | RecordKind::Finished
                | RecordKind::Attempt
                | RecordKind::Fixtures
                | RecordKind::Late => {}
            }
        }
        let last = attempts.len() - 1;
        let mut events = Vec::with_capacity(1 + warnings.len());
        for (number, reports) in attempts.iter().enumerate() {
            let earlier = u32::try_from(number).unwrap_or(u32::MAX);
            let mut event = TestFinished {
                nodeid: nodeid.to_owned(),
                attempt: self.entry.reruns + 1 + earlier,
                again: self.decided.again || number < last,
                worker: worker.clone(),
                ..TestFinished::default()
            };
            if last == 0 {
                self.fill_whole(&mut event);
            } else {
                fill_part(&mut event, reports);
                event.fails = number == last && self.decided.fails;
                event.flaky = number == last && event.outcome == Outcome::Passed;
            }
            describe(&mut event, reports, folders);
            events.push(Event::TestFinished(Box::new(event)));
        }
        events.extend(warnings);
        events
    }

    fn fill_whole(&self, event: &mut TestFinished) {
        event.outcome = self.entry.state.outcome().unwrap_or_default();
        event.fails = self.decided.fails;
        event.flaky = self.decided.flaky;
        event.quarantined = self.decided.quarantined;
        event.start = self.entry.start;
        event.setup = self.entry.setup;
        event.call = self.entry.call;
        event.teardown = self.entry.teardown;
        event.cpu = self.entry.processor;
        event.peak_memory = self.entry.peak_bytes();
    }
}

/// What is known of one of several attempts that were reported as one.
fn fill_part(event: &mut TestFinished, reports: &[Record<'_>]) {
    event.start = reports.first().map_or(0.0, |record| record.start);
    let mut state = State::NotRun;
    for record in reports {
        event.setup += record.setup;
        event.call += record.call;
        event.teardown += record.teardown;
        state = state.after(record);
    }
    event.outcome = state.outcome().unwrap_or_default();
}

/// Adds what the reports say in words.
fn describe(event: &mut TestFinished, reports: &[Record<'_>], folders: &Folders) {
    for record in reports {
        let Some(report) = Report::read(record.payload) else {
            continue;
        };
        let rerun = record.flags & record::OTHER != 0 && report.outcome == "rerun";
        if report.outcome == "failed" || rerun {
            event
                .failures
                .push(failure(&report, &event.nodeid, folders));
            if rerun {
                event.outcome = if record.flags & record::CALL != 0 {
                    Outcome::Failed
                } else {
                    Outcome::Error
                };
            }
        }
        if let Some(reason) = report.reason().filter(|reason| !reason.is_empty()) {
            event.reason = Some(reason.to_owned());
        }
        // Each report has what the phases before it wrote, too.
        if !report.sections.is_empty() {
            let sections = report.sections.into_iter();
            event.output = sections
                .map(|(title, text)| Captured { title, text })
                .collect();
        }
        if !report.user_properties.is_empty() {
            let pairs = report.user_properties.iter();
            event.properties = pairs.filter_map(property).collect();
        }
    }
}

fn property(pair: &Value) -> Option<(String, Value)> {
    let name = untagged(pair.get(0)?);
    let name = name
        .as_str()
        .map_or_else(|| name.to_string(), str::to_owned);
    Some((name, untagged(pair.get(1)?)))
}

fn failure(report: &Report, nodeid: &str, folders: &Folders) -> Failure {
    let text = report.text(COLUMNS);
    let repr = report.longrepr.as_ref();
    let crash = repr.and_then(LongRepr::crash);
    let message = match crash {
        Some(crash) => crash.message.clone(),
        None => text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .to_owned(),
    };
    let place = repr.and_then(|repr| place(repr, nodeid, folders));
    Failure {
        phase: report.when.clone().unwrap_or_else(|| "call".to_owned()),
        message,
        text,
        line: place.as_ref().map(|(_, line)| *line),
        file: place.map(|(file, _)| file.into_string()),
    }
}

/// Where it failed: in the test's own file, else in the innermost frame of the project, else where it was raised.
fn place(repr: &LongRepr, nodeid: &str, folders: &Folders) -> Option<(Utf8PathBuf, u64)> {
    let own = file_of(nodeid);
    let crash = repr.crash();
    let frames: Vec<(Utf8PathBuf, u64)> = repr
        .places()
        .chain(crash)
        .filter_map(|frame| {
            let line = u64::try_from(frame.lineno).ok()?;
            Some((shown(&frame.path, folders), line))
        })
        .collect();
    let in_test = frames.iter().rfind(|(file, _)| file == own);
    let in_project = || frames.iter().rfind(|(file, _)| is_of_project(file));
    in_test
        .or_else(in_project)
        .or_else(|| frames.last())
        .cloned()
}

/// A path relative to the rootdir, where it lies below.
pub(crate) fn shown(path: &str, folders: &Folders) -> Utf8PathBuf {
    let mut whole = Utf8PathBuf::new();
    for part in folders.current.join(path).components() {
        match part {
            camino::Utf8Component::ParentDir => {
                whole.pop();
            }
            camino::Utf8Component::CurDir => {}
            part => whole.push(part),
        }
    }
    match whole.strip_prefix(&folders.rootdir) {
        Ok(below) => below.to_owned(),
        Err(_) => whole,
    }
}

/// True for a file below the rootdir that is not an installed package's.
pub(crate) fn is_of_project(file: &Utf8Path) -> bool {
    file.is_relative()
        && !file.as_str().starts_with('<')
        && !file
            .components()
            .any(|part| matches!(part.as_str(), "site-packages" | "dist-packages"))
}

/// A warning as it travels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Warned {
    message: String,
    category: String,
    filename: String,
    lineno: Option<u64>,
    when: String,
    nodeid: String,
}

impl Warned {
    /// The event.
    pub(crate) fn event(&self, folders: &Folders) -> Event {
        let category = self.category.strip_prefix("builtins.");
        Event::Warning {
            category: category.unwrap_or(&self.category).to_owned(),
            message: self.message.clone(),
            file: shown(&self.filename, folders).into_string(),
            line: self.lineno.unwrap_or(0),
            when: self.when.clone(),
            nodeid: self.nodeid.clone(),
        }
    }
}

/// The event of a warning; none where it cannot be read.
pub(crate) fn warning(payload: &[u8], folders: &Folders) -> Option<Event> {
    let warned: Warned = serde_json::from_slice(payload).ok()?;
    Some(warned.event(folders))
}

#[cfg(test)]
mod tests;
