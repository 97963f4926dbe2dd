//! What GitHub Actions shows of a run: annotations and the job summary, made of events.
//!
//! The form of both is that of GitHub's documentation, "Workflow commands for GitHub Actions".

mod annotations;
mod summary;

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::event::{CollectionProblem, Counts, Event, Failure, TestFinished};

pub use summary::SUMMARY_LIMIT;

/// Failed tests whose texts are kept.
const MOST_FAILURES: usize = 500;
/// Bytes that are kept of the text of a failure, and of each captured output.
const MOST_TEXT: usize = 8 << 10;
/// The slowest tests that the summary has.
const SLOWEST: usize = 10;

/// What is kept of a run.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    counts: Counts,
    seconds: f64,
    stopped: Option<String>,
    errors: Vec<CollectionProblem>,
    /// Tests that make the run fail: as many as are kept.
    failures: Vec<TestFinished>,
    flaky: Vec<Flaky>,
    /// The first failures of tests that were run again, and have no result yet.
    again: HashMap<String, Failure>,
    /// What hasten says of the run.
    notes: Vec<String>,
    /// Node id and seconds, the slowest first.
    slowest: Vec<(String, f64)>,
}

/// A test that passed after a failure.
#[derive(Clone, Debug)]
struct Flaky {
    nodeid: String,
    attempts: u32,
    /// What was said of its first failure.
    message: String,
    place: Option<(String, u64)>,
}

/// Where files lie.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// pytest's rootdir: paths of events are relative to it.
    pub rootdir: &'a Utf8Path,
    /// `GITHUB_WORKSPACE`: paths of annotations are relative to it.
    pub workspace: Option<&'a Utf8Path>,
}

impl Gathered {
    /// Takes an event in.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::CollectionFinished { errors, .. } => self.errors.clone_from(errors),
            Event::TestFinished(test) => self.test(test),
            Event::Note { text, .. } if self.notes.len() < MOST_FAILURES => {
                self.notes.push(text.clone());
            }
            Event::RunFinished {
                seconds,
                stopped,
                counts,
                ..
            } => {
                self.seconds = *seconds;
                self.stopped.clone_from(stopped);
                self.counts = *counts;
            }
            _ => {}
        }
    }

    /// True when there is something to show: tests ran, or could not be collected.
    #[must_use]
    pub fn is_worth_it(&self) -> bool {
        self.counts.results() > 0 || !self.errors.is_empty()
    }

    fn test(&mut self, test: &TestFinished) {
        if test.again {
            if test.attempt == 1
                && let Some(failure) = test.failures.first()
            {
                self.again.insert(test.nodeid.clone(), failure.clone());
            }
            return;
        }
        let seconds = test.setup + test.call + test.teardown;
        let at = self.slowest.partition_point(|(_, other)| *other >= seconds);
        if at < SLOWEST {
            self.slowest.insert(at, (test.nodeid.clone(), seconds));
            self.slowest.truncate(SLOWEST);
        }
        let before = self.again.remove(&test.nodeid);
        if test.fails && self.failures.len() < MOST_FAILURES {
            let mut kept = test.clone();
            for failure in &mut kept.failures {
                cut(&mut failure.text);
            }
            kept.output.iter_mut().for_each(|part| cut(&mut part.text));
            self.failures.push(kept);
        }
        if test.flaky {
            let first = before.unwrap_or_default();
            self.flaky.push(Flaky {
                nodeid: test.nodeid.clone(),
                attempts: test.attempt,
                message: first_line(&first.message),
                place: first.file.zip(first.line),
            });
        }
    }
}

/// Cuts a text in its middle: what it begins and ends with says most.
fn cut(text: &mut String) {
    if text.len() <= MOST_TEXT {
        return;
    }
    let (mut head, mut tail) = (MOST_TEXT / 2, text.len() - MOST_TEXT / 2);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    *text = format!("{}\n… (cut)\n{}", &text[..head], &text[tail..]);
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

impl Places<'_> {
    /// A path of an event, as an annotation has it.
    fn path(&self, file: &str) -> Utf8PathBuf {
        let whole = self.rootdir.join(file);
        match self.workspace.map(|folder| whole.strip_prefix(folder)) {
            Some(Ok(below)) => below.to_owned(),
            _ => Utf8PathBuf::from(file),
        }
    }
}

#[cfg(test)]
mod tests;
