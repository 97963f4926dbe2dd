//! The text of a [`Portable`]: JSON, one line a run or a test. `docs/history.md` describes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{FORMAT_VERSION, MOST, Portable, PortableRun, Sample, Test, micros, seconds};
use crate::model::Outcome;
use crate::shard::RunShard;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    #[serde(rename = "hasten-history")]
    version: u32,
    /// Numbers of the lines that follow: a file that was cut off is noticed.
    runs: usize,
    tests: usize,
}

/// The first line of any version.
#[derive(Debug, Deserialize)]
struct AnyHeader {
    #[serde(rename = "hasten-history")]
    version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct RunLine {
    run: String,
    started: u64,
    wall: u64,
    workers: u32,
    python: String,
    pytest: String,
    platform: String,
    machine: String,
    args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    exit: i32,
    whole: bool,
    attempts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct TestLine {
    test: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    runs_before: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    completed_before: u32,
    recent: Vec<Attempt>,
}

/// Which run (by its place in the file; none: forgotten), which attempt of it (of forgotten ones: which
/// of equal ones), outcome, setup, call, teardown.
type Attempt = (Option<usize>, u32, char, u64, u64, u64);

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The format version of a newer hasten.
    Newer(u32),
    /// The number of a line, and what it should be.
    Line(usize, String),
}

/// The letter of an outcome: its place is that in [`Outcome::ALL`].
const LETTERS: [char; Outcome::ALL.len()] = ['p', 'f', 's', 'x', 'X', 'e', 't', 'c', 'q'];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The format version, if the first line is that of such a file.
pub(super) fn version(text: &str) -> Option<u32> {
    let header = serde_json::from_str::<AnyHeader>(text.lines().next()?).ok()?;
    Some(header.version)
}

impl Portable {
    /// The text of a file. The same facts make the same text.
    ///
    /// # Errors
    /// Never in practice: all of it can be said in JSON.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        let mut add = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        add(serde_json::to_string(&Header {
            version: FORMAT_VERSION,
            runs: self.runs.len(),
            tests: self.tests.len(),
        })?);
        for run in &self.runs {
            add(serde_json::to_string(&run_line(run))?);
        }
        let places: BTreeMap<&Arc<PortableRun>, usize> = self.runs.iter().zip(0..).collect();
        for (nodeid, test) in &self.tests {
            add(serde_json::to_string(&test_line(nodeid, test, &places))?);
        }
        Ok(text)
    }

    /// Reads the text of a file.
    pub(super) fn from_text(text: &str) -> Result<Self, Fault> {
        let mut lines = (1..).zip(text.lines());
        let mut next = |what: &str| match lines.next() {
            Some((number, line)) => Ok((number, line)),
            None => Err(Fault::Line(
                text.lines().count() + 1,
                format!("{what} should follow; the file was cut off"),
            )),
        };
        let (number, line) = next("the header")?;
        match version(line) {
            Some(version) if version > FORMAT_VERSION => return Err(Fault::Newer(version)),
            _ => {}
        }
        let header: Header = parse(number, line)?;
        let mut runs = Vec::new();
        for _ in 0..header.runs {
            let (number, line) = next("a run")?;
            runs.push(Arc::new(run(parse(number, line)?)));
        }
        let mut portable = Self {
            runs: runs.iter().cloned().collect(),
            tests: BTreeMap::new(),
        };
        for _ in 0..header.tests {
            let (number, line) = next("a test")?;
            let (nodeid, test) =
                test(parse(number, line)?, &runs).map_err(|what| Fault::Line(number, what))?;
            portable.tests.entry(nodeid).or_default().join(test);
        }
        if let Ok((number, _)) = next("") {
            let what = "nothing should follow: the header says so".to_owned();
            return Err(Fault::Line(number, what));
        }
        portable.forget_old_runs();
        Ok(portable)
    }
}

fn parse<'t, T: Deserialize<'t>>(number: usize, line: &'t str) -> Result<T, Fault> {
    serde_json::from_str(line).map_err(|error| {
        // The line has a number of its own.
        let what = error
            .to_string()
            .replace(" at line 1 column ", " at column ");
        Fault::Line(number, what)
    })
}

fn run_line(run: &PortableRun) -> RunLine {
    RunLine {
        run: run.uid.clone(),
        started: run.started,
        wall: run.wall,
        workers: run.workers,
        python: run.python.clone(),
        pytest: run.pytest.clone(),
        platform: run.platform.clone(),
        machine: run.machine.clone(),
        args: run.args.clone(),
        commit: run.commit.clone(),
        exit: run.exit_status,
        whole: run.whole_suite,
        attempts: run.attempts,
        shard: run.shard.as_ref().map(ToString::to_string),
    }
}

fn run(line: RunLine) -> PortableRun {
    PortableRun {
        started: line.started.min(MOST),
        uid: line.run,
        wall: line.wall.min(MOST),
        workers: line.workers,
        python: line.python,
        pytest: line.pytest,
        platform: line.platform,
        machine: line.machine,
        args: line.args,
        commit: line.commit,
        exit_status: line.exit,
        whole_suite: line.whole,
        attempts: line.attempts.min(MOST),
        shard: line.shard.as_deref().and_then(RunShard::parse),
    }
}

fn test_line(nodeid: &str, test: &Test, places: &BTreeMap<&Arc<PortableRun>, usize>) -> TestLine {
    let attempt = |sample: &Sample| {
        let place = sample.run.as_ref().and_then(|run| places.get(run).copied());
        let number = sample.attempt.max(sample.copy);
        let letter = LETTERS[usize::from(sample.outcome.code())];
        let [setup, call, teardown] = sample.phases;
        (place, number, letter, setup, call, teardown)
    };
    TestLine {
        test: nodeid.to_owned(),
        runs_before: test.runs_before,
        completed_before: test.completed_before,
        recent: test.attempts.iter().map(attempt).collect(),
    }
}

fn test(line: TestLine, runs: &[Arc<PortableRun>]) -> Result<(String, Test), String> {
    let mut attempts = BTreeSet::new();
    for (place, number, letter, setup, call, teardown) in line.recent {
        let run = match place {
            Some(place) => Some(runs.get(place).ok_or(format!("there is no run {place}"))?),
            None => None,
        };
        let code = LETTERS.iter().position(|&known| known == letter);
        let outcome = code
            .and_then(|code| Outcome::ALL.get(code).copied())
            .ok_or(format!("{letter:?} is no outcome"))?;
        let (attempt, copy) = if run.is_some() {
            (number, 0)
        } else {
            (0, number)
        };
        attempts.insert(Sample {
            run: run.cloned(),
            attempt,
            outcome,
            phases: [setup, call, teardown].map(|value| micros(seconds(value.min(MOST)))),
            copy,
        });
    }
    let mut test = Test {
        runs_before: line.runs_before,
        completed_before: line.completed_before,
        attempts,
    };
    test.forget_old_attempts();
    Ok((line.test, test))
}
