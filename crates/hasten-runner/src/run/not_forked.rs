//! Where workers must not be forked, which is found out when everything is collected, the next run begins with that.
//!
//! Each worker of that run loads for itself from the start, and the first one looks again: what has gone is forgotten, so a decision
//! that is out of date costs one run its forks. What conftest files leave behind is found before anything is lost, and not
//! remembered.

use hasten_history::NotForked;
use hasten_protocol::message::{Settings, Unsafe};
use hasten_report::doctor::{Start, StartMethod, why_not_forked};
use sha2::{Digest, Sha256};

use super::{Collecting, Run};
use crate::clock::epoch_seconds;

/// The decision whether to fork, of this run and for the next one.
#[derive(Debug, Default)]
pub(super) struct Forking {
    /// Names the environment. None where nobody looks for hazards.
    environment: Option<String>,
    /// What an earlier run found.
    known: Option<NotForked>,
    /// What the first worker found instead.
    again: Option<Vec<Unsafe>>,
    /// What the session found when it had collected.
    late: Vec<Unsafe>,
    /// With how many workers a run of these tests begins.
    workers: usize,
}

impl Forking {
    /// Whether the worker with this number is to look for hazards.
    pub(super) fn looks_again(&self, worker: usize) -> bool {
        worker == 0 && self.known.is_some() && self.again.is_none()
    }

    /// Whether nothing is left of what an earlier run found.
    fn is_gone(&self) -> bool {
        self.again.as_ref().is_some_and(Vec::is_empty)
    }

    /// What a run is to keep: the decision, or that it is to be forgotten.
    fn to_keep(&self) -> Option<Option<&[Unsafe]>> {
        match (&self.known, &self.again) {
            (None, _) if self.late.is_empty() => None,
            (None, _) => Some(Some(&self.late)),
            (Some(_), None) => None,
            (Some(_), Some(_)) if self.is_gone() => Some(None),
            (Some(known), Some(again)) => {
                let same = known.workers == self.workers && known.causes == pairs(again);
                (!same).then_some(Some(again))
            }
        }
    }
}

impl Run {
    /// Before anything of the suite is loaded: whether an earlier run found that workers must not be forked.
    pub(super) fn recall_hazards(&mut self, settings: &Settings) {
        let name = self.environment_name(settings);
        let known = self.known(|history| history.not_forked(&name));
        if let Some(known) = &known {
            let hazard = |(kind, cause): &(String, String)| Unsafe {
                kind: kind.clone(),
                cause: cause.clone(),
            };
            self.hazards = known.causes.iter().map(hazard).collect();
        }
        self.forking.environment = Some(name);
        // Without a cause there would be nothing to say.
        self.forking.known = known.filter(|known| !known.causes.is_empty());
    }

    /// Says why each worker loads for itself; where that is known from an earlier run, when the first worker has looked again.
    pub(super) fn announce_hazards(&mut self, count: usize) {
        let (hazards, known) = match (&self.forking.known, &self.forking.again) {
            (None, _) => (&self.hazards, ""),
            (Some(_), Some(again)) => (again, " (as in an earlier run)"),
            (Some(_), None) => return,
        };
        let text = match hazards.first() {
            _ if count == 0 => return,
            Some(first) => format!("{}{known}", why_not_forked(first)),
            None if known.is_empty() => return,
            None => "an earlier run had to; its reason is gone, and the next run forks workers"
                .to_owned(),
        };
        self.note_now(&format!(
            "each worker loads and collects for itself: {text}"
        ));
    }

    /// Whether an earlier run found that workers must not be forked.
    pub(super) const fn is_known_not_to_fork(&self) -> bool {
        self.forking.known.is_some()
    }

    /// With how many workers to begin before it is known what is collected.
    pub(super) fn workers_before_collection(&self) -> usize {
        let most = self.most_workers();
        match &self.forking.known {
            Some(known) if self.elastic_limit().is_some() => most.min(known.workers.max(1)),
            _ => most,
        }
    }

    /// With how many workers a run of these tests begins.
    pub(super) const fn note_first_workers(&mut self, count: usize) {
        self.forking.workers = count;
    }

    /// The session has collected, and these keep it from being forked.
    pub(super) fn note_late_hazards(&mut self, hazards: Vec<Unsafe>) {
        self.forking.late.clone_from(&hazards);
        self.hazards.extend(hazards);
    }

    /// The first worker has looked again.
    pub(super) fn note_hazards_again(&mut self, hazards: Vec<Unsafe>) {
        self.forking.again = Some(hazards);
        if self.suite.is_some() {
            self.announce_hazards(self.forking.workers);
        }
    }

    /// Keeps the decision for the next run, or forgets it.
    pub(super) fn keep_forking(&self) -> Result<(), hasten_history::Error> {
        let (Some(history), Some(environment)) = (&self.history, &self.forking.environment) else {
            return Ok(());
        };
        match self.forking.to_keep() {
            None => Ok(()),
            Some(None) => history.forget_not_forked(environment),
            Some(Some(causes)) => history.remember_not_forked(&NotForked {
                environment: environment.clone(),
                causes: pairs(causes),
                workers: self.forking.workers,
                found_at: epoch_seconds(self.started),
            }),
        }
    }

    /// How workers were started, for `hasten doctor`.
    pub(super) fn start(&self) -> Start {
        let method = match self.collecting {
            _ if !self.distribute => StartMethod::None,
            Collecting::Undecided => StartMethod::None,
            Collecting::Session if self.hazards.is_empty() => StartMethod::Fork,
            Collecting::Workers if self.hazards.is_empty() => StartMethod::Spawn,
            Collecting::Session | Collecting::Workers => StartMethod::Load,
        };
        let found = self.forking.again.as_ref().unwrap_or(&self.hazards);
        Start {
            method,
            hazards: found.clone(),
            remembered: self.is_known_not_to_fork(),
        }
    }

    /// Names the interpreter, its packages and what of the suite is loaded.
    fn environment_name(&self, settings: &Settings) -> String {
        let mut digest = Sha256::new();
        let own = [
            self.of_python(|hello| &hello.python),
            self.of_python(|hello| &hello.pytest),
        ];
        for word in own.iter().chain(&settings.environment) {
            digest.update(word.as_bytes());
            digest.update([0]);
        }
        let digest = digest.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn pairs(hazards: &[Unsafe]) -> Vec<(String, String)> {
    let pair = |hazard: &Unsafe| (hazard.kind.clone(), hazard.cause.clone());
    hazards.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hazard(cause: &str) -> Unsafe {
        Unsafe {
            kind: "files".to_owned(),
            cause: cause.to_owned(),
        }
    }

    fn known(cause: &str, workers: usize) -> Option<NotForked> {
        Some(NotForked {
            causes: pairs(&[hazard(cause)]),
            workers,
            ..NotForked::default()
        })
    }

    #[test]
    fn a_decision_is_kept_when_something_has_changed() {
        let found = |known, again: Option<&[&str]>, late: &[&str]| Forking {
            known,
            again: again.map(|causes| causes.iter().map(|cause| hazard(cause)).collect()),
            late: late.iter().map(|cause| hazard(cause)).collect(),
            workers: 2,
            environment: None,
        };
        let new = found(None, None, &["a pipe"]);
        assert_eq!(new.to_keep(), Some(Some(&[hazard("a pipe")][..])));
        assert_eq!(found(None, None, &[]).to_keep(), None);
        // The worker that was to look again has died.
        assert_eq!(found(known("a pipe", 2), None, &[]).to_keep(), None);
        let same = found(known("a pipe", 2), Some(&["a pipe"]), &[]);
        assert_eq!(same.to_keep(), None);
        let more = found(known("a pipe", 1), Some(&["a pipe"]), &[]);
        assert_eq!(more.to_keep(), Some(Some(&[hazard("a pipe")][..])));
        let other = found(known("a pipe", 2), Some(&["a loop"]), &[]);
        assert_eq!(other.to_keep(), Some(Some(&[hazard("a loop")][..])));
        let gone = found(known("a pipe", 2), Some(&[]), &[]);
        assert_eq!(gone.to_keep(), Some(None));
    }
}
