//! `hasten plan`: what a run would do, how long it is expected to take, and how far recorded runs were from the lower
//! limit.

use std::fmt::Write as _;

use hasten_schedule::Limiting;
use serde::Serialize;

use crate::words::{counted, printable};

/// Workers that are listed.
const MOST_WORKERS: usize = 32;

/// What a run would do. Seconds; as JSON, it is what `hasten plan --json` prints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// Tests that would run.
    pub tests: usize,
    /// Their files.
    pub files: usize,
    /// Tests whose durations are known from earlier runs.
    pub known: usize,
    /// Tests whose durations are expected to be those of their kin.
    pub kin: usize,
    /// The others.
    pub unknown: usize,
    /// What keeps the run in one process, as on a command line.
    pub in_process: Option<String>,
    /// The order that is asked for, as on a command line.
    pub order: Option<String>,
    /// How long it is expected to take; none when no duration is known.
    pub expected: Option<Expected>,
    /// What each worker would run.
    pub workers: Vec<Load>,
    /// The shards, when this run is one.
    pub shards: Option<Shards>,
}

/// How long a run is expected to take, from the first test to the last.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Expected {
    /// Seconds of the run.
    pub seconds: f64,
    /// Seconds of all tests together.
    pub work: f64,
    /// What no plan can go below.
    pub limit: Limit,
}

/// What a run cannot be shorter than.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Limit {
    /// Seconds.
    pub seconds: f64,
    /// Why it is not less.
    pub because: Because,
    /// Seconds of what cannot be divided and takes longest.
    pub longest: f64,
    /// The first test of it.
    pub longest_test: String,
}

/// What makes a lower limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// One part that nobody can share takes as long.
    Longest,
    /// That much is to do for each worker.
    #[default]
    Workers,
    /// That much is to compute for each core.
    Cores,
    /// Tests that use one resource, or that run alone, take as long one after another.
    OneAfterAnother,
}

impl From<Limiting> for Because {
    fn from(limiting: Limiting) -> Self {
        match limiting {
            Limiting::Longest => Self::Longest,
            Limiting::Workers => Self::Workers,
            Limiting::Cores => Self::Cores,
        }
    }
}

/// What a worker would run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Number of tests.
    pub tests: usize,
    /// Seconds of them.
    pub work: f64,
    /// The first one.
    pub first: String,
}

/// The shards of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shards {
    /// The one of this run, from 1.
    pub number: u32,
    /// The plan's name.
    pub plan: String,
    /// Each of them.
    pub shards: Vec<Shard>,
}

/// A shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shard {
    /// Number of tests.
    pub tests: usize,
    /// Seconds that are expected of them together.
    pub work: f64,
}

impl Forecast {
    /// It as a page of text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!(
            "{} in {}: {} known",
            counted(self.tests, "test"),
            counted(self.files, "file"),
            self.known
        );
        for (number, what) in [
            (self.kin, "expected as others of their kind"),
            (self.unknown, "unknown"),
        ] {
            if number > 0 {
                let _ = write!(text, ", {number} {what}");
            }
        }
        text.push('\n');
        if let Some(order) = &self.order {
            let _ = writeln!(text, "order: {order}");
        }
        if let Some(option) = &self.in_process {
            let _ = writeln!(text, "in one process, because of {option}");
        }
        self.times(&mut text);
        self.loads(&mut text);
        self.shards(&mut text);
        text
    }

    /// It as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::json_line(self)
    }

    fn times(&self, text: &mut String) {
        let workers = counted(self.workers.len(), "worker");
        let Some(expected) = &self.expected else {
            if self.tests > 0 {
                let _ = writeln!(
                    text,
                    "\n{workers}. How long it takes is not known: no run of these tests was recorded yet"
                );
            }
            return;
        };
        let limit = &expected.limit;
        let _ = write!(
            text,
            "\nwith {workers}, without start and collection:\n\
             expected     {:>9}   {} the lower limit\n\
             lower limit  {:>9}   {}\n\
             longest      {:>9}   {}\n",
            seconds(expected.seconds),
            times(expected.seconds, limit.seconds),
            seconds(limit.seconds),
            because(limit.because, expected.work, self.workers.len()),
            seconds(limit.longest),
            printable(&limit.longest_test),
        );
    }

    fn loads(&self, text: &mut String) {
        if self.workers.is_empty() {
            return;
        }
        let _ = writeln!(text, "\nworker  tests       work   begins with");
        for (number, load) in self.workers.iter().enumerate().take(MOST_WORKERS) {
            let work = if self.expected.is_some() {
                seconds(load.work)
            } else {
                "?".to_owned()
            };
            let _ = writeln!(
                text,
                "{:<6} {:>6}  {work:>9}   {}",
                format!("gw{number}"),
                load.tests,
                printable(&load.first)
            );
        }
        if self.workers.len() > MOST_WORKERS {
            let _ = writeln!(text, "and {} more", self.workers.len() - MOST_WORKERS);
        }
    }

    fn shards(&self, text: &mut String) {
        let Some(shards) = &self.shards else { return };
        let _ = writeln!(text, "\nplan {}\nshard   tests       work", shards.plan);
        for (number, shard) in (1..).zip(&shards.shards) {
            let this = if number == shards.number {
                "   this one"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "{:<6} {:>6}  {:>9}{this}",
                format!("{number}/{}", shards.shards.len()),
                shard.tests,
                seconds(shard.work)
            );
        }
    }
}

/// A recorded run, played again by the planner.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Replay {
    /// Its id.
    pub run: String,
    /// When it began, in seconds since the epoch.
    pub started: f64,
    /// Tests with a result.
    pub tests: usize,
    /// Workers that ran some.
    pub workers: usize,
    /// Seconds from its first test to its last.
    pub took: f64,
    /// What the planner would take, knowing what the tests took.
    pub planned: f64,
    /// What it would take without knowing anything.
    pub unplanned: f64,
    /// What no plan can go below.
    pub limit: Limit,
}

/// Recorded runs, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Replays {
    /// The runs.
    pub runs: Vec<Replay>,
}

impl Replays {
    /// They as a table.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text =
            "run       tests  workers      limit             took           planned         unknown\n"
                .to_owned();
        for run in &self.runs {
            let cell =
                |value: f64| format!("{} {}", seconds(value), times(value, run.limit.seconds));
            let _ = writeln!(
                text,
                "{:<8} {:>6}  {:>7}  {:>9}  {:>16}  {:>16}  {:>16}",
                run.run.get(..8).unwrap_or(&run.run),
                run.tests,
                run.workers,
                seconds(run.limit.seconds),
                cell(run.took),
                cell(run.planned),
                cell(run.unplanned),
            );
        }
        text.push_str(
            "\nlimit: what no plan can go below, with these tests and workers. took: from the first test to the last.\n\
             planned: what the planner would take now, knowing what the tests took; unknown: knowing nothing.\n",
        );
        text
    }

    /// They as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::json_line(self)
    }
}

fn because(because: Because, work: f64, workers: usize) -> String {
    match because {
        Because::Longest => "the longest test, or group of tests that stay together".to_owned(),
        Because::Workers => format!(
            "{} of tests for {}",
            seconds(work),
            counted(workers, "worker")
        ),
        Because::Cores => "what the cores have to compute".to_owned(),
        Because::OneAfterAnother => {
            "tests that run alone, or share a resource, one after another".to_owned()
        }
    }
}

/// `1.25 ×`.
fn times(seconds: f64, limit: f64) -> String {
    if limit > 0.0 {
        format!("{:.2} ×", seconds / limit)
    } else {
        "1.00 ×".to_owned()
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.3}s")
    } else {
        format!("{seconds:.1}s")
    }
}

#[cfg(test)]
mod tests;
