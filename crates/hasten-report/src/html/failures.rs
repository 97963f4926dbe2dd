//! The failures of the page, each with what pytest said.

use std::collections::{BTreeMap, HashMap};

use hasten_history::{Details, Outcome};
use serde::Serialize;

use super::summary::class;
use super::words::{counted, grouped};
use crate::recorded::{Recorded, Tests};
use crate::words::escaped;

/// Failed tests that are listed; the table of tests has all.
const MOST: usize = 2_000;
/// Of them those that are seen at once.
const SEEN: usize = 25;

#[derive(Debug, Default, Serialize)]
pub(super) struct Failures<'a> {
    /// Tests that failed in the end.
    failed: Vec<Failure<'a>>,
    /// More of them, to be unfolded.
    more: Vec<Failure<'a>>,
    /// Tests that failed in quarantine.
    quarantined: Vec<Failure<'a>>,
    /// Tests that failed, and did not the last time.
    flaky: Vec<Failure<'a>>,
    /// Tests that failed in the end, all of them.
    number: String,
    /// What is not there, in a sentence.
    left_out: Option<String>,
}

/// A test that failed.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    /// Its number.
    test: usize,
    nodeid: &'a str,
    /// Of its last failed attempt.
    outcome: &'static str,
    class: String,
    /// The line that says most.
    reason: &'a str,
    attempts: Vec<FailedAttempt>,
}

#[derive(Debug, Serialize)]
struct FailedAttempt {
    /// Its number in the page.
    id: usize,
    /// `Attempt 2: failed`, where there were several.
    title: Option<String>,
    text: Option<String>,
}

impl<'a> Failures<'a> {
    pub(super) fn of(recorded: &'a Recorded, tests: &Tests<'_>) -> Self {
        let texts = texts(&recorded.details);
        let mut attempts_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, attempt) in recorded.attempts.iter().enumerate() {
            if attempt.outcome.is_failure() || attempt.outcome == Outcome::Quarantined {
                attempts_of
                    .entry(tests.of_attempt[at])
                    .or_default()
                    .push(at);
            }
        }
        let text_of = |at: &usize| {
            let attempt = &recorded.attempts[*at];
            texts
                .get(&(attempt.nodeid.as_ref(), attempt.attempt))
                .copied()
        };
        let all = attempts_of.values().flatten();
        let (number, without_text) = (
            all.clone().count(),
            all.filter(|at| text_of(at).is_none()).count(),
        );
        let mut failures = Self {
            left_out: left_out(attempts_of.len(), number, without_text),
            ..Self::default()
        };
        let mut failed = 0;
        for (listed, (test, attempts)) in attempts_of.into_iter().enumerate() {
            let last = tests.last[test];
            let in_the_end = recorded.attempts[last].outcome;
            failed += u64::from(in_the_end.is_failure());
            let Some(shown) = attempts.last().filter(|_| listed < MOST) else {
                continue;
            };
            let several = attempts.len() > 1 || *shown != last;
            let title = |at: usize| {
                let attempt = &recorded.attempts[at];
                several.then(|| format!("Attempt {}: {}", attempt.attempt + 1, attempt.outcome))
            };
            let failure = Failure {
                test,
                nodeid: &recorded.attempts[*shown].nodeid,
                outcome: recorded.attempts[*shown].outcome.as_str(),
                class: class(recorded.attempts[*shown].outcome),
                reason: text_of(shown).map(reason).unwrap_or_default(),
                attempts: attempts
                    .iter()
                    .map(|at| FailedAttempt {
                        id: *at,
                        title: title(*at),
                        text: text_of(at).map(printable),
                    })
                    .collect(),
            };
            let list = match in_the_end {
                Outcome::Quarantined => &mut failures.quarantined,
                outcome if !outcome.is_failure() => &mut failures.flaky,
                _ if failures.failed.len() < SEEN => &mut failures.failed,
                _ => &mut failures.more,
            };
            list.push(failure);
        }
        failures.number = grouped(failed);
        failures
    }

    /// The attempts whose text is in the page.
    pub(super) fn places(&self) -> Vec<usize> {
        let lists = [&self.failed, &self.more, &self.quarantined, &self.flaky];
        let attempts = lists
            .into_iter()
            .flatten()
            .flat_map(|failure| &failure.attempts);
        attempts
            .filter(|attempt| attempt.text.is_some())
            .map(|attempt| attempt.id)
            .collect()
    }
}

fn texts(details: &Details) -> HashMap<(&str, u32), &str> {
    let texts = details.failures.iter();
    texts
        .map(|failure| {
            (
                (failure.nodeid.as_str(), failure.attempt),
                failure.text.as_str(),
            )
        })
        .collect()
}

fn left_out(tests: usize, number: usize, without_text: usize) -> Option<String> {
    let mut sentences = Vec::new();
    if tests > MOST {
        let (most, more) = (grouped(MOST as u64), grouped((tests - MOST) as u64));
        sentences.push(format!(
            "The first {most} tests are listed; the table of tests has the {more} others."
        ));
    }
    if without_text == number && number > 0 {
        sentences.push("What pytest said of them is not kept: it is for the last 10 runs, and the last one of the whole suite.".to_owned());
    } else if without_text > 0 {
        sentences.push(format!(
            "What pytest said of {} is not kept: of one run it is at most 4 MiB.",
            counted(without_text as u64, "failure")
        ));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The line that says most: of the last exception the first that pytest marks with `E`, else the last of a traceback,
/// else the first.
fn reason(text: &str) -> &str {
    let captured = |line: &&str| line.starts_with("----") && line.contains(" Captured ");
    let leads_on = |line: &str| {
        line.starts_with("The above exception was the direct cause")
            || line.starts_with("During handling of the above exception")
    };
    let own: Vec<&str> = text.lines().take_while(|line| !captured(line)).collect();
    let last = own
        .iter()
        .rposition(|line| leads_on(line))
        .map_or(0, |at| at + 1);
    let marked = own[last..].iter().find_map(|line| line.strip_prefix("E  "));
    let heading = |line: &&&str| line.starts_with("____");
    let mut lines = own
        .iter()
        .filter(|line| !line.trim().is_empty() && !heading(line));
    let found = match marked {
        Some(line) => line,
        None if text.starts_with("Traceback ") => lines.next_back().copied().unwrap_or_default(),
        None => lines.next().copied().unwrap_or_default(),
    };
    found.trim()
}

/// Text that HTML can hold: control characters are shown as Python would write them.
fn printable(text: &str) -> String {
    escaped(text, |letter| {
        letter.is_control() && !matches!(letter, '\n' | '\t' | '\r')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_most() {
        for (text, expected) in [
            (
                "    def test():\n>   assert 0\nE   assert 0\n\nt.py:1: AssertionError",
                "assert 0",
            ),
            (
                "____ ERROR at setup ____\nE   OSError: no disk",
                "OSError: no disk",
            ),
            (
                "Traceback (most recent call last):\n  File\nKeyError: 1\n---- Captured stdout call ----\nE  x",
                "KeyError: 1",
            ),
            ("Worker gw1 was killed\nIts stack", "Worker gw1 was killed"),
            ("", ""),
        ] {
            assert_eq!(reason(text), expected);
        }
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable("a\0b\tc\u{85}\n"), "a\\x00b\tc\\x85\n");
    }

    #[test]
    fn what_is_left_out_is_said() {
        assert_eq!(left_out(3, 3, 0), None);
        assert!(left_out(2, 3, 3).unwrap().contains("the last 10 runs"));
        assert!(
            left_out(3, 3, 1)
                .unwrap()
                .starts_with("What pytest said of 1 failure is not kept")
        );
        assert!(
            left_out(2_500, 2_500, 0)
                .unwrap()
                .contains("has the 500 others")
        );
    }
}
