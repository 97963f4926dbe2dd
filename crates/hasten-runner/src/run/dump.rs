//! What each process is doing, with its stack, when somebody asks (SIGUSR1, or the key `s`).

use std::time::Duration;

use hasten_protocol::journal::{Activity, Phase};

use super::Run;
use super::time::{see, stacks_signal};
use crate::clock::{monotonic, since};
use crate::keys::Keys;
use crate::memory::WorkerMemory;
use crate::process::Role;
use crate::stacks;

/// Stacks are waited for this long.
const WAIT: Duration = Duration::from_millis(300);

/// Stacks that were asked for.
pub(crate) struct Dump {
    /// `CLOCK_MONOTONIC` nanoseconds.
    at: u64,
    /// Of each process, by its number: where in its file the stacks begin.
    asked: Vec<(usize, u64)>,
}

impl Run {
    /// `s` shows what runs, as SIGUSR1 does.
    pub(super) fn handle_keys(&mut self) {
        let pressed = self.keys.as_mut().map(Keys::pressed);
        if pressed.is_some_and(|keys| keys.contains(&b's')) {
            self.ask_for_dump();
        }
    }

    /// Asks every process that does something for its stacks.
    pub(super) fn ask_for_dump(&mut self) {
        if self.dump.is_some() {
            return;
        }
        let mut asked = Vec::new();
        for (number, process) in self.processes.iter().enumerate() {
            if let Some(memory) = self.memory_of(process.role)
                && !process.gone
            {
                asked.push((number, memory.stacks_length()));
                process.signal_number(stacks_signal());
            }
        }
        self.dump = Some(Dump {
            at: monotonic(),
            asked,
        });
    }

    pub(super) fn memory_of(&self, role: Role) -> Option<&WorkerMemory> {
        match role {
            Role::Base | Role::Standby(_) | Role::Leaving | Role::Held => None,
            Role::Main if self.distribute => None,
            Role::Main => self.main.as_ref().map(|main| &main.memory),
            Role::Session if self.collected.is_some() => None,
            Role::Session => self.session.as_ref().map(|session| &session.memory),
            Role::Worker(number) => self.workers.get(number).map(|worker| &worker.memory),
        }
    }

    pub(super) fn dump_moment(&self) -> Option<Duration> {
        Some(WAIT.saturating_sub(since(self.dump.as_ref()?.at)))
    }

    /// Shows the stacks once they were written.
    pub(super) fn check_dump(&mut self) {
        if self.dump_moment() != Some(Duration::ZERO) {
            return;
        }
        let Some(dump) = self.dump.take() else { return };
        let mut text = format!(
            "hasten: what runs {:.1} s after the start",
            Duration::from_nanos(dump.at.saturating_sub(self.began)).as_secs_f64()
        );
        for (number, from) in dump.asked {
            let role = self.processes[number].role;
            let Some(memory) = self.memory_of(role) else {
                continue;
            };
            let seen = see(memory);
            let activity = seen.activity;
            text.push('\n');
            text.push_str(&self.describe(role, &activity));
            let stack = stacks::render(&stacks::parse(&memory.stacks_from(from)));
            for line in stack.lines() {
                text.push_str("\n    ");
                text.push_str(line);
            }
            if let Role::Worker(number) = role {
                self.workers[number].stacks_seen = seen.stacks;
            }
        }
        if self.distribute && self.configured.is_some() && !self.ended {
            self.note_now(&text);
        } else {
            self.screen.warn(&text);
        }
    }

    fn describe(&self, role: Role, activity: &Activity) -> String {
        let age = |start: u64| since(start).as_secs_f64();
        match role {
            Role::Worker(number) => {
                let id = &self.workers[number].id;
                let what = self.doing(number, activity);
                match (activity.item, activity.phase) {
                    (None, Phase::None) => format!("{id}: waits for work"),
                    (None, _) => format!("{id}: {what}, for {:.1} s", age(activity.phase_start)),
                    (Some(_), _) => format!("{id}: {what}, for {:.1} s", age(activity.item_start)),
                }
            }
            Role::Session => "the process that collects".to_owned(),
            _ => "the process that runs the tests".to_owned(),
        }
    }
}
