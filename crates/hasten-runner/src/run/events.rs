//! What happens in a run, told to other programs: `--events`.

use std::time::SystemTime;

use camino::Utf8PathBuf;
use hasten_protocol::message::{Collected, Settings};
use hasten_protocol::record::{Record, RecordKind};
use hasten_protocol::report::Report;
use hasten_report::event::{CollectionProblem, Counts, Event, VERSION};
use hasten_report::github::Gathered;
use serde::Deserialize;

use super::Run;
use crate::clock::epoch_seconds;
use crate::error::RunError;
use crate::event_file::EventFile;
use crate::limits::Limit;
use crate::process::Role;
use crate::test_event::{self, COLUMNS, Folders, Warned};

/// Who is told, and what was told so far.
#[derive(Default)]
pub(crate) struct Events {
    file: Option<EventFile>,
    /// For GitHub.
    gathered: Option<Gathered>,
    folders: Folders,
    counts: Counts,
    begun: bool,
    /// What happened before it was known what the first event says.
    early: Vec<(Event, f64)>,
}

fn now() -> f64 {
    epoch_seconds(SystemTime::now())
}

impl Events {
    /// True when somebody is told.
    pub(crate) fn are_wanted(&self) -> bool {
        self.file.is_some() || self.gathered.is_some()
    }

    /// Tells of something.
    pub(crate) fn tell(&mut self, event: Event) {
        if !self.are_wanted() {
            return;
        }
        if self.begun {
            self.take(&event, now());
        } else {
            self.early.push((event, now()));
        }
    }

    /// Tells of a record that belongs to no test.
    pub(crate) fn record_of_nobody(&mut self, record: &Record<'_>) {
        if self.are_wanted()
            && record.kind == RecordKind::Warning
            && let Some(event) = test_event::warning(record.payload, &self.folders)
        {
            self.tell(event);
        }
    }

    fn take(&mut self, event: &Event, time: f64) {
        if let Event::TestFinished(test) = event {
            self.counts.add(test);
        }
        if let Some(file) = &mut self.file {
            file.add(event, time);
        }
        if let Some(gathered) = &mut self.gathered {
            gathered.take(event);
        }
    }

    /// What was gathered for GitHub, and the rootdir that its paths are relative to.
    pub(crate) fn take_gathered(&mut self) -> Option<(Gathered, Utf8PathBuf)> {
        Some((self.gathered.take()?, self.folders.rootdir.clone()))
    }

    fn begin(&mut self, first: &Event, time: f64) {
        self.begun = true;
        self.take(first, time);
        for (event, time) in std::mem::take(&mut self.early) {
            self.take(&event, time);
        }
    }
}

impl Run {
    /// Opens the file of `--events`, and gathers for GitHub when the run is there.
    pub(super) fn open_events(&mut self, settings: &Settings) -> Result<(), RunError> {
        let wanted = self.rules.policy().and_then(|policy| policy.github);
        if wanted.unwrap_or(self.options.github.active) {
            self.events.gathered = Some(Gathered::default());
        }
        let Some(path) = &settings.events else {
            return Ok(());
        };
        let file = EventFile::create(path).map_err(|error| RunError::Usage(error.to_string()))?;
        self.events.file = Some(file);
        Ok(())
    }

    /// Tells of the run: main is configured, so that all is known of it.
    pub(super) fn begin_events(&mut self) {
        if !self.events.are_wanted() || self.events.begun {
            return;
        }
        self.events.folders = self.folders();
        let first = Event::RunStarted {
            version: VERSION,
            hasten: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.options.run_id.clone(),
            python: self.of_python(|hello| &hello.python),
            pytest: self.of_python(|hello| &hello.pytest),
            platform: self.of_python(|hello| &hello.platform),
            rootdir: self.events.folders.rootdir.to_string(),
            args: self.options.args.clone(),
            workers: if self.distribute {
                self.most_workers()
            } else {
                0
            },
        };
        self.events.begin(&first, epoch_seconds(self.started));
    }

    /// The folders that paths are shown relative to, as far as they are known.
    pub(super) fn folders(&self) -> Folders {
        let settings = self.settings.as_ref();
        let configured = self.configured.as_ref();
        Folders {
            rootdir: settings.map_or_else(Utf8PathBuf::new, |all| all.rootdir.clone().into()),
            current: configured
                .map_or_else(Utf8PathBuf::new, |main| main.invocation_dir.clone().into()),
        }
    }

    /// Tells of something, after the tests that are finished by now.
    pub(super) fn emit(&mut self, event: Event) {
        if self.events.are_wanted() {
            self.tell_tests();
            self.events.tell(event);
        }
    }

    /// Tells of a line that the terminal shows.
    pub(super) fn tell_note(&mut self, text: &str) {
        self.emit(Event::Note {
            text: text.to_owned(),
        });
    }

    /// Tells of the tests that are finished by now.
    fn tell_tests(&mut self) {
        let Some(suite) = &mut self.suite else { return };
        let Some(ended) = &mut suite.ended else {
            return;
        };
        for one in std::mem::take(ended) {
            let worker = self
                .distribute
                .then(|| self.workers.get(one.entry.worker))
                .flatten();
            let id = worker.map(|worker| worker.id.clone());
            let nodeid = &suite.nodeids[one.index as usize];
            for event in one.events(nodeid, id, &self.events.folders) {
                self.events.tell(event);
            }
        }
    }

    /// Hands on what happened.
    pub(super) fn flush_events(&mut self) {
        self.tell_tests();
        if let Some(file) = &mut self.events.file {
            file.flush();
        }
    }

    pub(super) fn tell_collected(&mut self, collected: &Collected) {
        if !self.events.are_wanted() {
            return;
        }
        let reports: Vec<Report> = collected
            .collect_reports
            .iter()
            .filter_map(Report::from_value)
            .collect();
        let problems = |outcome: &str| {
            let found = reports.iter().filter(|report| report.outcome == outcome);
            let described = found.map(|report| CollectionProblem {
                nodeid: report.nodeid.clone(),
                text: match report.reason() {
                    Some(reason) => reason.to_owned(),
                    None => report.text(COLUMNS),
                },
            });
            described.collect()
        };
        let event = Event::CollectionFinished {
            tests: collected.items.len(),
            deselected: collected.deselected,
            seconds: collected.seconds,
            errors: problems("failed"),
            skipped: problems("skipped"),
        };
        self.emit(event);
        // main may not be configured yet, so that the events have not begun.
        let folders = self.folders();
        for warning in &collected.warnings {
            if let Ok(warned) = Warned::deserialize(warning) {
                self.emit(warned.event(&folders));
            }
        }
    }

    pub(super) fn tell_worker_started(&mut self, role: Role, pid: i32) {
        if let Role::Worker(number) = role
            && self.workers[number].trial.is_none()
        {
            let worker = self.workers[number].id.clone();
            self.emit(Event::WorkerStarted { worker, pid });
        }
    }

    pub(super) fn tell_worker_ended(&mut self, number: usize, died: Option<String>) {
        let worker = self.workers[number].id.clone();
        self.emit(Event::WorkerEnded { worker, died });
    }

    /// Tells of a limit that was reached.
    pub(super) fn tell_limit(&mut self, limit: Limit, item: Option<u32>, worker: Option<usize>) {
        let worker = worker.map(|number| &self.workers[number]);
        if worker.is_some_and(|worker| worker.trial.is_some()) {
            return;
        }
        let worker = worker.map(|worker| worker.id.clone());
        let suite = self.suite.as_ref();
        let nodeid = item.and_then(|item| Some(suite?.nodeids.get(item as usize)?.clone()));
        self.emit(Event::TimeLimit {
            message: limit.message(),
            nodeid,
            worker,
        });
    }

    /// Tells how the run ended. Returns what is to be said when not all could be told.
    pub(super) fn end_events(&mut self, result: &Result<(), RunError>) -> Option<String> {
        if !self.events.are_wanted() {
            return None;
        }
        self.begin_events();
        self.tell_tests();
        let mut counts = self.events.counts;
        let tests = self.collected.as_ref().map_or(0, |all| all.items.len());
        counts.not_run = tests.saturating_sub(counts.results());
        let stopped = self.stop.as_ref().map(|stop| match &stop.end.message {
            message if message.is_empty() => stop.end.kind.clone(),
            message => message.clone(),
        });
        let seconds = self.started.elapsed();
        self.events.tell(Event::RunFinished {
            exit_status: match result {
                Ok(()) => self.final_status(),
                Err(error) => error.exit_status(),
            },
            seconds: seconds.map_or(0.0, |time| time.as_secs_f64()),
            stopped: match result {
                Ok(()) => stopped,
                Err(error) => Some(error.to_string()),
            },
            counts,
        });
        self.events.file.take().and_then(EventFile::close)
    }
}
