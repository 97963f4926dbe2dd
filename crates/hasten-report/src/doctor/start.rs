//! How workers were started, and what kept them from being forked.

use hasten_protocol::message::Unsafe;
use serde::Serialize;

/// How the workers of a run were started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StartMethod {
    /// There were none.
    #[default]
    None,
    /// Forked with everything collected.
    Fork,
    /// Each loaded and collected for itself, since a fork is not safe.
    Load,
    /// New processes, as `--start-method spawn` says.
    Spawn,
}

/// How the workers of a run were started, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// How.
    pub method: StartMethod,
    /// What keeps workers from being forked. Of a run that knew of an earlier one: what is left of that.
    pub hazards: Vec<Unsafe>,
    /// The run knew of an earlier one, and forked nothing.
    pub remembered: bool,
}

/// What `hasten doctor` says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HowStarted {
    /// How.
    pub method: StartMethod,
    /// The run knew from an earlier one that workers must not be forked.
    pub remembered: bool,
    /// What keeps workers from being forked.
    pub hazards: Vec<Hazard>,
}

/// Something that keeps workers from being forked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// `identity`, `threads`, `files`, `processes` or `memory`.
    pub kind: String,
    /// The variable, line or thread, and what is wrong with it.
    pub what: String,
    /// What would help, one sentence.
    pub advice: &'static str,
}

impl HowStarted {
    pub(super) fn new(start: &Start) -> Self {
        let hazard = |hazard: &Unsafe| Hazard {
            kind: hazard.kind.clone(),
            what: why_not_forked(hazard),
            advice: advice(&hazard.kind),
        };
        Self {
            method: start.method,
            remembered: start.remembered,
            hazards: start.hazards.iter().map(hazard).collect(),
        }
    }
}

/// Says what is wrong with a fork, without a full stop.
#[must_use]
pub fn why_not_forked(hazard: &Unsafe) -> String {
    let cause = &hazard.cause;
    match hazard.kind.as_str() {
        "identity" => format!("{cause} before workers are forked"),
        "files" | "memory" => format!("{cause}, which forked workers would share"),
        "processes" => format!("{cause}, which would not be a child of forked workers"),
        _ => format!("a fork would lose {cause}"),
    }
}

fn advice(kind: &str) -> &'static str {
    match kind {
        "identity" => {
            "Read it in a fixture or a hook that a test needs, not while files are loaded."
        }
        "threads" => "Start it in a fixture, not while files are loaded.",
        "processes" => {
            "Start it in a fixture (of the session, or once for the run), not while files are loaded."
        }
        _ => "Open it in a fixture, not while files are loaded.",
    }
}
