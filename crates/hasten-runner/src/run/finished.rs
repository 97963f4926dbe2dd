//! What is known of a run that is over.

use hasten_protocol::message::{Hello, Settings, Workers};
use hasten_report::doctor::{Counted, Facts, Share};
use hasten_report::plan::Forecast;

use super::Run;

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Finished {
    /// pytest's exit status.
    pub exit_status: i32,
    /// Which path its items took.
    pub paths: Facts,
    /// What a run would do, if that was asked.
    pub forecast: Option<Forecast>,
}

impl Run {
    pub(super) fn finished(&self) -> Finished {
        let exit_status = self.final_status();
        let configured = self.configured.as_ref();
        Finished {
            exit_status,
            forecast: self.forecast.clone(),
            paths: Facts {
                exit_status,
                rootdir: configured
                    .map(|main| main.rootdir.clone())
                    .unwrap_or_default(),
                python: self.of_python(|hello| &hello.python),
                pytest: self.of_python(|hello| &hello.pytest),
                in_process: self.why_in_process(),
                start: self.start(),
                collected: self.collected.as_ref().map_or(0, |all| all.items.len()),
                items: self.counted_items(),
                listener: configured.and_then(|main| main.listener.clone()),
                shares: self.shares(),
            },
        }
    }

    /// What base has said of its Python.
    pub(super) fn of_python(&self, which: impl Fn(&Hello) -> &String) -> String {
        self.python.as_ref().map(which).cloned().unwrap_or_default()
    }

    fn why_in_process(&self) -> Option<String> {
        match &self.settings {
            Some(settings) if !self.distribute => Some(what_keeps_in_process(settings)),
            _ => None,
        }
    }

    fn counted_items(&self) -> Counted {
        let counts = self.suite.as_ref().map(|suite| suite.ledger.counts());
        counts.map_or_else(Counted::default, |counts| Counted {
            finished: counts.finished,
            failed: counts.failed,
        })
    }

    /// What each worker ran.
    fn shares(&self) -> Vec<Share> {
        let mut finished = vec![0; self.workers.len()];
        if let Some(suite) = &self.suite {
            for entry in suite.ledger.entries().iter().filter(|one| one.finished) {
                if let Some(number) = finished.get_mut(entry.worker) {
                    *number += 1;
                }
            }
        }
        let shares = self.workers.iter().zip(finished);
        shares
            .filter(|(worker, _)| worker.trial.is_none())
            .map(|(worker, finished)| Share {
                finished,
                paths: worker.paths.clone(),
            })
            .collect()
    }
}

/// Names what keeps a run in one process, as on a command line.
pub(super) fn what_keeps_in_process(settings: &Settings) -> String {
    if let Some(option) = &settings.in_process {
        return option.clone();
    }
    let word = if settings.usepdb {
        "--pdb"
    } else if settings.trace {
        "--trace"
    } else if settings.debugger && settings.numprocesses != Some(Workers::Exactly(0)) {
        "an attached debugger"
    } else {
        "-n 0"
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_run_in_one_process_is_named() {
        for (json, word) in [
            (r#"{"numprocesses": 0}"#, "-n 0"),
            (r#"{"numprocesses": 4, "usepdb": true}"#, "--pdb"),
            (r#"{"numprocesses": 4, "trace": true}"#, "--trace"),
            (
                r#"{"numprocesses": 4, "debugger": true}"#,
                "an attached debugger",
            ),
            (
                r#"{"numprocesses": 4, "in_process": "--stepwise"}"#,
                "--stepwise",
            ),
        ] {
            let settings: Settings = serde_json::from_str(json).unwrap();
            assert_eq!(what_keeps_in_process(&settings), word, "{json}");
        }
    }
}
