//! The head of the page: how the run ended, and what it was.

use hasten_history::{Attempt, Outcome, Outcomes};
use serde::Serialize;

use super::words::{counted, duration, exit_status, grouped, quoted};
use crate::moment::moment;
use crate::recorded::{Recorded, Tests};

#[derive(Debug, Serialize)]
pub(super) struct Summary {
    title: String,
    project: String,
    /// `failed`, `passed`, `stopped`.
    verdict: &'static str,
    headline: String,
    wall: String,
    counts: Vec<Count>,
    facts: Vec<Fact>,
    /// A command that does it again.
    command: String,
}

/// How many tests ended so.
#[derive(Debug, Serialize)]
struct Count {
    /// The outcome as a class of the style sheet has it.
    class: String,
    outcome: &'static str,
    number: String,
    /// Where its part of the bar begins, and how wide it is, in a thousand parts.
    from: f64,
    width: f64,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    /// What was shortened, whole.
    whole: Option<String>,
}

impl Summary {
    pub(super) fn of(recorded: &Recorded, tests: &Tests<'_>) -> Self {
        let mut outcomes = Outcomes::default();
        for last in &tests.last {
            outcomes.add(recorded.attempts[*last].outcome, 1);
        }
        let failed: u64 = Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.is_failure())
            .map(|each| outcomes.of(each))
            .sum();
        let record = &recorded.run.record;
        let all = counted(outcomes.total(), "test");
        let quarantined = outcomes.of(Outcome::Quarantined);
        let (verdict, headline) = match (failed, record.exit_status) {
            (0, 0) if quarantined > 0 => (
                "passed",
                format!("None of {all} failed, but {quarantined} in quarantine"),
            ),
            (0, 0) if outcomes.total() == 1 => ("passed", "The test passed".to_owned()),
            (0, 0) => ("passed", format!("None of {all} failed")),
            (0, status) => (
                "stopped",
                format!(
                    "No test failed, and the run ended with exit status {}",
                    exit_status(status)
                ),
            ),
            (_, 0) => (
                "passed",
                format!(
                    "{} of {all} failed, which counted as no failure",
                    grouped(failed)
                ),
            ),
            (1, _) if outcomes.total() == 1 => ("failed", "The test failed".to_owned()),
            _ => ("failed", format!("{} of {all} failed", grouped(failed))),
        };
        Self {
            title: format!("{}: {headline}", recorded.project),
            project: recorded.project.clone(),
            verdict,
            headline,
            wall: duration(record.wall),
            counts: counts(&outcomes),
            facts: facts(recorded),
            command: command(&record.args),
        }
    }
}

fn counts(outcomes: &Outcomes) -> Vec<Count> {
    let all = outcomes.total().max(1) as f64;
    let mut from = 0.0;
    // What failed comes first.
    let (failures, others): (Vec<_>, Vec<_>) = Outcome::ALL
        .into_iter()
        .partition(|outcome| outcome.is_failure());
    let present = failures
        .into_iter()
        .chain(others)
        .filter(|outcome| outcomes.of(*outcome) > 0);
    let count = |outcome: Outcome| {
        let width = outcomes.of(outcome) as f64 / all * 1e3;
        let begin = from;
        from += width;
        Count {
            class: class(outcome),
            outcome: outcome.as_str(),
            number: grouped(outcomes.of(outcome)),
            from: (begin * 1e2).round() / 1e2,
            width: (width * 1e2).round() / 1e2,
        }
    };
    present.map(count).collect()
}

/// An outcome as a class of the style sheet.
pub(super) fn class(outcome: Outcome) -> String {
    outcome.as_str().replace(' ', "-")
}

fn facts(recorded: &Recorded) -> Vec<Fact> {
    let record = &recorded.run.record;
    let sum: f64 = recorded.attempts.iter().map(Attempt::total).sum();
    let mut facts = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push(Fact {
                name,
                value,
                whole: None,
            });
        }
    };
    add("Started", moment(record.started_at));
    add("Tests one after another", duration(sum));
    let workers = match record.workers {
        0 => "none, in one process".to_owned(),
        number => number.to_string(),
    };
    add("Workers", workers);
    add("Exit status", exit_status(record.exit_status));
    let reruns = recorded
        .attempts
        .iter()
        .filter(|attempt| attempt.attempt > 0)
        .count();
    if reruns > 0 {
        add("Run again", counted(reruns as u64, "attempt"));
    }
    let peak = recorded
        .attempts
        .iter()
        .filter_map(|attempt| attempt.peak_memory)
        .max();
    add(
        "Most memory of a worker",
        peak.map_or_else(String::new, memory),
    );
    let shard = record.shard.as_ref();
    add(
        "Shard",
        shard.map_or_else(String::new, |shard| {
            format!("{} of {}", shard.number, shard.of)
        }),
    );
    add("Python", record.python.clone());
    add("pytest", record.pytest.clone());
    add(
        "Machine",
        format!("{} {}", record.machine, record.platform)
            .trim()
            .to_owned(),
    );
    add("Run", recorded.run.id.to_string());
    if let Some(commit) = &record.commit {
        facts.push(Fact {
            name: "Commit",
            value: commit.chars().take(12).collect(),
            whole: Some(commit.clone()),
        });
    }
    facts
}

fn memory(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

fn command(args: &[String]) -> String {
    let words = args.iter().map(|word| quoted(word));
    std::iter::once("hasten".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
