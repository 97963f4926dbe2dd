//! `hasten doctor`: which tests took the fast path, and what keeps the others from it.
//!
//! Facts come from the workers (`docs/design/protocol.md`, *Paths*); sums and words are made here.

mod advice;
mod reasons;
mod start;
mod text;

use std::collections::BTreeMap;

use hasten_protocol::paths::{Paths, Plugin, Reason};
use serde::Serialize;

use crate::slow::Style;

pub use start::{Hazard, HowStarted, Start, StartMethod, why_not_forked};

/// What is known of a run that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// pytest's exit status.
    pub exit_status: i32,
    /// pytest's rootdir.
    pub rootdir: String,
    /// Version of Python.
    pub python: String,
    /// Version of pytest.
    pub pytest: String,
    /// What kept the run in one process, as on a command line.
    pub in_process: Option<String>,
    /// How workers were started.
    pub start: Start,
    /// Tests that were collected.
    pub collected: usize,
    /// Tests by result.
    pub items: Counted,
    /// Who asks for the reports of passed tests.
    pub listener: Option<Reason>,
    /// What each worker ran.
    pub shares: Vec<Share>,
}

/// Tests by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// With a result.
    pub finished: usize,
    /// Those of them that failed.
    pub failed: usize,
}

/// What a worker ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Tests with a result.
    pub finished: usize,
    /// What it counted; none when it died before it could say so.
    pub paths: Option<Paths>,
}

/// What `hasten doctor` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of Python.
    pub python: String,
    /// Version of pytest.
    pub pytest: String,
    /// What kept the run in one process: then plain pytest ran all tests.
    pub in_process: Option<String>,
    /// How workers were started.
    pub start: HowStarted,
    /// How the run ended.
    pub run: RunEnd,
    /// Tests that took the fast path.
    pub fast: usize,
    /// Tests that took pytest's full path.
    pub full: usize,
    /// Tests whose worker died before it said which path they took.
    pub unknown: usize,
    /// Why tests took the full path, the most tests first.
    pub reasons: Vec<Cause>,
}

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RunEnd {
    /// pytest's exit status.
    pub exit_status: i32,
    /// Tests that were collected.
    pub collected: usize,
    /// Those with a result.
    pub finished: usize,
    /// Those that failed.
    pub failed: usize,
}

/// Why tests took the full path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// How many tests.
    pub tests: usize,
    /// The kind of reason, one word.
    pub kind: String,
    /// What it is: the hook and its plugin, the option, the mark, …
    pub what: String,
    /// Why that matters, one sentence.
    pub why: String,
    /// What would help, one or two short sentences.
    pub advice: String,
    /// The hooks that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<String>,
    /// Whose code it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Owner>,
}

/// Whose code it is. What is not known is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The name that `-p no:` takes.
    pub name: String,
    /// The module.
    pub module: String,
    /// Its file; relative to the rootdir when it is below it.
    pub file: String,
    /// Name and version of the distribution.
    pub distribution: String,
}

impl Report {
    /// Makes the report of a run.
    #[must_use]
    pub fn new(facts: &Facts) -> Self {
        let sums = Sums::of(facts);
        let mut reasons: Vec<Cause> = sums
            .full
            .iter()
            .map(|(reason, tests)| Cause::new(reason, *tests, facts))
            .collect();
        reasons.sort_by(|a, b| b.tests.cmp(&a.tests).then_with(|| a.what.cmp(&b.what)));
        Self {
            python: facts.python.clone(),
            pytest: facts.pytest.clone(),
            in_process: facts.in_process.clone(),
            start: HowStarted::new(&facts.start),
            run: RunEnd {
                exit_status: facts.exit_status,
                collected: facts.collected,
                finished: facts.items.finished,
                failed: facts.items.failed,
            },
            fast: sums.fast,
            full: sums.full.values().sum(),
            unknown: sums.unknown,
            reasons,
        }
    }

    /// The text for a terminal, with a newline at its end.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        text::render(self, style)
    }

    /// One line of JSON, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        crate::json_line(self)
    }
}

impl Cause {
    fn new(reason: &Reason, tests: usize, facts: &Facts) -> Self {
        let (what, why) = reasons::words(reason, facts);
        // Where reports are listened to, it is about the one who listens.
        let about = reasons::subject(reason, facts);
        Self {
            tests,
            kind: reason.kind.clone(),
            what,
            why,
            advice: advice::of(reason, facts),
            hooks: about.hooks.clone(),
            plugin: about
                .plugin
                .as_ref()
                .map(|plugin| Owner::new(plugin, facts)),
        }
    }
}

impl Owner {
    fn new(plugin: &Plugin, facts: &Facts) -> Self {
        Self {
            name: plugin.name.clone(),
            module: plugin.module.clone(),
            file: reasons::below(&plugin.file, &facts.rootdir).to_owned(),
            distribution: plugin.distribution.clone(),
        }
    }
}

/// What all workers counted together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    fast: usize,
    full: BTreeMap<Reason, usize>,
    unknown: usize,
}

impl Sums {
    fn of(facts: &Facts) -> Self {
        let mut sums = Self::default();
        for share in &facts.shares {
            match &share.paths {
                Some(Paths { why: Some(why), .. }) => sums.add(why, share.finished),
                Some(paths) => {
                    sums.fast += paths.taken;
                    for refused in &paths.refused {
                        sums.add(&refused.reason, refused.items);
                    }
                }
                None => {}
            }
        }
        let counted = sums.fast + sums.full.values().sum::<usize>();
        if facts.in_process.is_none() {
            // An item that was interrupted is counted, and has no result.
            sums.unknown = facts.items.finished.saturating_sub(counted);
        }
        sums
    }

    fn add(&mut self, reason: &Reason, items: usize) {
        if items > 0 {
            *self.full.entry(reason.clone()).or_default() += items;
        }
    }
}

#[cfg(test)]
mod tests;
