//! From the first process to a collected suite.

use std::io::IsTerminal;

use hasten_config::Isolate;
use hasten_protocol::PROTOCOL_VERSION;
use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::{
    Collected, CollectedItem, Configured, Decision, Fork, Hello, ProcessError, SessionForked,
    Settings, WorkerIdentity, Workers,
};

use super::ending::Stop;
use super::rules::Rules;
use super::together::Dist;
use super::{Collecting, Output, Run, Watched, parse};
use crate::channel::Channel;
use crate::clock::monotonic;
use crate::error::RunError;
use crate::keys::Keys;
use crate::measured::Moment;
use crate::process::{Process, Role};

/// Why and how a run is distributed.
pub(super) struct Choice {
    pub(super) distribute: bool,
    note: Option<String>,
}

/// Options that run tests, and for which hasten falls back to one process. The others of
/// `in_process` only list, as everybody expects.
const FALLS_BACK: [&str; 2] = ["--gherkin-terminal-reporter", "--benchmark-verbose"];

/// What beside the settings matters for that.
#[derive(Clone, Copy, Default)]
struct Demands<'a> {
    /// Tests have time limits.
    limited: bool,
    /// What else is decided on outside the process that runs a test.
    outside: Option<&'a str>,
    /// Tests are to run in processes of their own.
    isolates: bool,
    /// Somebody can answer a prompt.
    at_terminal: bool,
}

impl Choice {
    fn from(settings: &Settings, demands: Demands<'_>) -> Self {
        let Demands {
            limited,
            outside,
            isolates,
            at_terminal,
        } = demands;
        let prompts = settings.trace || (settings.usepdb && !at_terminal);
        let debugging = prompts || settings.debugger;
        let none = settings.numprocesses == Some(Workers::Exactly(0));
        if settings.in_process.is_some() || debugging {
            let option = settings.in_process.as_deref().unwrap_or_default();
            let mut note = (!none && FALLS_BACK.contains(&option))
                .then(|| format!("the tests ran in one process, because of {option}"));
            let runs = settings.in_process.is_none() || FALLS_BACK.contains(&option);
            let outside = outside.filter(|what| *what != "--reruns" || !settings.reruns.installed);
            let isolates = isolates.then_some("--isolate");
            let all: Vec<&str> = outside.into_iter().chain(isolates).collect();
            if !all.is_empty() && runs {
                let what = all.join(" and ");
                let without = format!("{what} had no effect: that needs a worker process");
                note = Some(note.map_or(without.clone(), |note| format!("{note}; {without}")));
            }
            return Self {
                distribute: false,
                note,
            };
        }
        if none && limited {
            let note = "one worker process is used instead of none, since a time limit is \
                        enforced from outside the process that runs the test";
            return Self {
                distribute: true,
                note: Some(note.to_owned()),
            };
        }
        if let (true, Some(what)) = (none, outside) {
            let note = format!(
                "one worker process is used instead of none, since {what} is decided on outside \
                 the process that runs the test"
            );
            return Self {
                distribute: true,
                note: Some(note),
            };
        }
        if none && isolates {
            let note = "one worker at a time is used instead of none, since --isolate runs tests in processes of their own";
            return Self {
                distribute: true,
                note: Some(note.to_owned()),
            };
        }
        Self {
            distribute: !none,
            note: None,
        }
    }
}

impl Run {
    /// Adds a process with this role; returns its end of the channel.
    pub(super) fn add_process(
        &mut self,
        role: Role,
    ) -> Result<(usize, std::os::fd::OwnedFd), RunError> {
        let (channel, theirs) =
            Channel::pair().map_err(RunError::system("cannot make a socket pair"))?;
        let process = Process::new(role, channel);
        let free = |process: &Process| process.gone && process.replaced;
        let number = match self.processes.iter().position(free) {
            Some(number) => {
                self.processes[number] = process;
                number
            }
            None => {
                self.processes.push(process);
                self.processes.len() - 1
            }
        };
        Ok((number, theirs))
    }

    pub(super) fn start_base(&mut self) -> Result<(), RunError> {
        let (number, socket) = self.add_process(Role::Base)?;
        let pid = self.launcher.execute("base", socket, Vec::new())?;
        self.processes[number].pid = Some(pid);
        // Both are read when base says HELLO; sent now, nothing waits for us.
        self.fork_main()
    }

    fn fork_main(&mut self) -> Result<(), RunError> {
        let (_, socket) = self.add_process(Role::Main)?;
        let (main, mut descriptors) = Watched::new()?;
        descriptors.insert(0, socket);
        self.main = Some(main);
        let message = Fork {
            role: "main",
            args: Some(&self.options.args),
            worker: None,
            keep: false,
        };
        let frame = frame::encode_json(ToPython::Fork, &message);
        if let Some(base) = self.process(Role::Base) {
            base.channel.send_with(frame, descriptors);
        }
        Ok(())
    }

    pub(super) fn on_hello(&mut self, number: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[number].role;
        let hello: Hello = parse(role, payload)?;
        if hello.protocol != PROTOCOL_VERSION {
            return Err(RunError::Protocol {
                who: hello.role,
                what: format!("version {} of the protocol", hello.protocol),
            });
        }
        let process = &mut self.processes[number];
        process.pid = Some(hello.pid);
        process.ending = self.unclaimed.remove(&hello.pid);
        self.tell_worker_started(role, hello.pid);
        self.was_stopped_before(hello.pid);
        if role == Role::Base {
            self.python = Some(hello);
        }
        Ok(())
    }

    pub(super) fn on_error(&mut self, number: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[number].role;
        let error: ProcessError = parse(role, payload)?;
        // The tests have their results: without another process there are only no further trials.
        if error.kind == "fork" && self.interrupt_diagnosis() {
            return Ok(());
        }
        match error.kind.as_str() {
            "no-pytest" | "old-pytest" | "old-python" => Err(RunError::Unusable(error.message)),
            "fork" => Err(RunError::System {
                doing: "cannot fork a process",
                source: std::io::Error::other(error.message),
            }),
            _ => Err(RunError::Protocol {
                who: format!("{role:?}"),
                what: match error.detail {
                    Some(detail) => format!("{}\n{detail}", error.message),
                    None => error.message,
                },
            }),
        }
    }

    pub(super) fn on_settings(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let settings: Settings = parse(Role::Main, payload)?;
        self.measured.note(Moment::Configured);
        self.rules = Rules::read(&settings)?;
        self.rules.check_order(&settings.sorted_by)?;
        self.open_events(&settings)?;
        let choice = self.choice(&settings);
        self.distribute = choice.distribute;
        if choice.distribute || self.options.forecast {
            self.rules.dist = Dist::of(&settings)?;
        }
        if let Some(text) = choice.note {
            self.tell_main(&text);
        }
        if !choice.distribute && settings.in_process.is_none() && settings.rules.diagnose_flaky {
            self.tell_main(super::diagnose::NEEDS_FORK);
        }
        if choice.distribute && settings.usepdb && settings.rules.hold_failed {
            self.tell_main(super::hold::NOT_UNDER_PDB);
        }
        let spawn =
            settings.start_method.as_deref() == Some("spawn") || cfg!(not(target_os = "linux"));
        // Who asks for forks by name has decided already.
        if choice.distribute && !spawn && settings.start_method.is_none() {
            self.open_history(&settings.rootdir);
            self.recall_hazards(&settings);
        }
        let spawn = spawn || self.is_known_not_to_fork();
        let session = choice.distribute && !spawn;
        self.settings = Some(settings);
        let decision = Decision {
            distribute: choice.distribute,
            session,
            select: self.rules.select(),
            forecast: self.options.forecast,
            worker: choice
                .distribute
                .then(|| self.identity("gw0".into(), self.most_workers())),
        };
        let mut descriptors = Vec::new();
        if session {
            let (_, socket) = self.add_process(Role::Session)?;
            let (watched, memory) = Watched::new()?;
            self.session = Some(watched);
            descriptors.push(socket);
            descriptors.extend(memory);
        }
        self.loading_since = Some(monotonic());
        let frame = frame::encode_json(ToPython::Decision, &decision);
        if let Some(main) = self.process(Role::Main) {
            main.channel.send_with(frame, descriptors);
        }
        if choice.distribute && spawn {
            self.collecting = Collecting::Workers;
        }
        Ok(())
    }

    /// Whether a run with these settings is distributed.
    pub(super) fn choice(&self, settings: &Settings) -> Choice {
        let demands = Demands {
            limited: self.rules.limit_tests(),
            outside: self.rules.decided_outside(),
            isolates: self.rules.isolate() != Isolate::None,
            at_terminal: std::io::stdin().is_terminal(),
        };
        Choice::from(settings, demands)
    }

    /// main has loaded the conftest files, and forked the session or found why it must not.
    pub(super) fn on_session(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let message: SessionForked = parse(Role::Main, payload)?;
        self.loading_since = None;
        if message.forked {
            self.measured.note(Moment::Loaded);
            self.collecting = Collecting::Session;
        } else {
            self.collecting = Collecting::Workers;
            self.hazards = message.hazards;
            if let Some(session) = self.process(Role::Session) {
                session.gone = true;
            }
        }
        Ok(())
    }

    pub(super) fn identity(&self, id: String, count: usize) -> WorkerIdentity {
        WorkerIdentity {
            input: self.nodes.input(&id),
            id,
            count,
            testrunuid: self.options.run_id.clone(),
            basetemp: self
                .configured
                .as_ref()
                .and_then(|main| main.basetemp.clone()),
            full_reports: self
                .configured
                .as_ref()
                .is_none_or(|main| main.full_reports),
            trial: false,
            audit: false,
            watch_fixtures: self.rules.fixture > 0.0,
            filters: self.rules.filters(),
            select: self.rules.select(),
            once: self.once_names(),
            hold: self.holds(),
            process: 0,
        }
    }

    pub(super) fn on_configured(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let configured: Configured = parse(Role::Main, payload)?;
        self.measured.note(Moment::Loaded);
        let on_stdout = self.options.output == Output::Stdout;
        self.screen
            .configure(configured.live_line && self.distribute && on_stdout);
        if self.screen.is_live() {
            self.keys = Keys::open();
        }
        self.loading_since = None;
        self.rules.join(&configured.limits)?;
        if self.history.is_none() {
            self.open_history(&configured.rootdir);
        }
        self.configured = Some(configured);
        self.begin_events();
        if self.collecting == Collecting::Workers {
            // Not before: now it is known how many, and where their temporary folders are.
            self.spawn_workers()?;
        }
        Ok(())
    }

    pub(super) fn on_collected(&mut self, number: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[number].role;
        let mut collected: Collected = parse(role, payload)?;
        if let Role::Worker(worker) = role {
            self.workers[worker].collected = true;
            if self.forking.looks_again(worker) {
                self.note_hazards_again(std::mem::take(&mut collected.fork_hazards));
            }
            let first = self.collected.as_ref().map(|all| &all.items);
            if let Some(difference) = first.and_then(|first| difference(first, &collected.items)) {
                self.stop_for(worker, &difference);
                return Ok(());
            }
        }
        if let Some((number, detail)) = &collected.bad_filter
            && let Some(error) = self.rules.bad_filter(*number, detail)
        {
            return Err(error.into());
        }
        if self.collected.is_none() {
            self.measured.note(Moment::Collected);
            self.measured
                .add_collection(std::mem::take(&mut collected.measured));
            if role != Role::Main {
                let frame = frame::encode(ToPython::Collection, payload);
                self.screen.main_gets(frame);
            }
            self.note_late_hazards(std::mem::take(&mut collected.fork_hazards));
            self.leave_base();
            self.tell_collected(&collected);
            self.collected = Some(collected);
            if role == Role::Main && self.options.forecast {
                self.forecast = Some(self.forecast());
            } else if role == Role::Main {
                self.measured.note(Moment::Item);
                self.note_own_suite();
            }
        }
        Ok(())
    }

    /// Stops: a worker collected something else than the first one.
    pub(super) fn stop_for(&mut self, worker: usize, difference: &str) {
        let id = &self.workers[worker].id;
        let message = format!(
            "{id} collected other tests than the first worker: {difference}. What a test \
             file collects must not depend on the process that collects it (unordered \
             sets and random values in parametrize are the usual reason)"
        );
        self.stop_with(Stop::ended("shouldstop", message));
    }
}

/// Names the first item that another process collected differently.
pub(super) fn difference(first: &[CollectedItem], other: &[CollectedItem]) -> Option<String> {
    for (position, (expected, found)) in first.iter().zip(other).enumerate() {
        if expected.0 != found.0 {
            return Some(format!(
                "at position {}, {} instead of {}",
                position + 1,
                found.0,
                expected.0
            ));
        }
    }
    (first.len() != other.len()).then(|| format!("{} instead of {}", other.len(), first.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Settings {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn distribution_is_chosen_from_the_settings() {
        for (json, limited, outside, distribute) in [
            (r#"{"numprocesses": null}"#, false, None, true),
            (r#"{"numprocesses": "auto"}"#, false, None, true),
            (r#"{"numprocesses": 3}"#, false, None, true),
            (r#"{"numprocesses": 0}"#, false, None, false),
            (r#"{"numprocesses": 0}"#, true, None, true),
            (r#"{"numprocesses": 0}"#, false, Some("--retries"), true),
            (r#"{"numprocesses": 0, "usepdb": true}"#, true, None, false),
            (
                r#"{"numprocesses": 0, "usepdb": true}"#,
                false,
                Some("--reruns"),
                false,
            ),
            (r#"{"numprocesses": 4, "trace": true}"#, false, None, false),
            (
                r#"{"numprocesses": 4, "debugger": true}"#,
                true,
                None,
                false,
            ),
            (
                r#"{"numprocesses": 4, "in_process": "--collect-only"}"#,
                false,
                None,
                false,
            ),
        ] {
            let demands = Demands {
                limited,
                outside,
                ..Demands::default()
            };
            let choice = Choice::from(&settings(json), demands);
            assert_eq!(choice.distribute, distribute, "{json}");
        }
    }

    #[test]
    fn post_mortem_debugging_is_distributed_where_somebody_can_answer() {
        for (json, at_terminal, distribute) in [
            (r#"{"usepdb": true}"#, true, true),
            (r#"{"usepdb": true}"#, false, false),
            (r#"{"usepdb": true, "trace": true}"#, true, false),
            (r#"{"usepdb": true, "numprocesses": 0}"#, true, false),
        ] {
            let demands = Demands {
                at_terminal,
                ..Demands::default()
            };
            let choice = Choice::from(&settings(json), demands);
            assert_eq!(choice.distribute, distribute, "{json} {at_terminal}");
        }
    }

    #[test]
    fn isolation_needs_a_worker_or_is_off() {
        let choice = |json, outside| {
            let demands = Demands {
                outside,
                isolates: true,
                ..Demands::default()
            };
            Choice::from(&settings(json), demands)
        };
        assert!(choice(r#"{"numprocesses": 2}"#, None).note.is_none());
        let none = choice(r#"{"numprocesses": 0}"#, None);
        assert!(none.distribute && none.note.unwrap().contains("--isolate"));
        let debugged = choice(r#"{"usepdb": true}"#, Some("--retries"));
        assert!(!debugged.distribute);
        assert_eq!(
            debugged.note.unwrap(),
            "--retries and --isolate had no effect: that needs a worker process"
        );
    }
}
