//! Workers that are kept as they are when a test fails (`--hold-failed`).
//!
//! For the run such a test is finished and its worker has ended: another one takes what it had left.

use camino::Utf8Path;
use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::journal;
use hasten_protocol::message::{HoldAnswer, HoldTaken};
use hasten_report::durations::Section;

use super::history::FOLDER;
use super::{Run, parse};
use crate::clock::{epoch_seconds, monotonic};
use crate::descendants::stat;
use crate::error::RunError;
use crate::held::{Held, HeldFolder, in_words};
use crate::process::Role;
use crate::strays::{self, Dead};

/// Seconds for which a process is kept, where nobody says otherwise: long enough to come and look, and no build server
/// is blocked by it until somebody finds out.
const USUAL_SECONDS: f64 = 3600.0;
/// How many are kept, where nobody says otherwise: each keeps its memory, its connections and its servers.
const USUAL_NUMBER: u32 = 1;

/// The workers that are kept.
#[derive(Default)]
pub(crate) struct Holding {
    /// Those that were told so and have not left the run yet.
    granted: Vec<Granted>,
    kept: Vec<Kept>,
    /// All that were granted, for their names.
    number: usize,
}

struct Granted {
    process: usize,
    item: u32,
    name: String,
}

struct Kept {
    process: usize,
    name: String,
    held: Held,
    /// When the worker was started, in nanoseconds of `CLOCK_MONOTONIC`.
    worker_since: u64,
}

/// What is said where failures are looked at before they could be kept.
pub(super) const NOT_UNDER_PDB: &str =
    "--hold-failed had no effect: under --pdb a failure is looked at when it happens";

impl Run {
    /// True when failed tests are kept.
    pub(super) fn holds(&self) -> bool {
        self.settings
            .as_ref()
            .is_some_and(|settings| settings.rules.hold_failed && !settings.usepdb)
    }

    fn held_folder(&self) -> Option<HeldFolder> {
        let rootdir = &self.configured.as_ref()?.rootdir;
        Some(HeldFolder::of(&Utf8Path::new(rootdir).join(FOLDER)))
    }

    /// A test has failed, and its worker asks whether to stay in it.
    pub(super) fn on_ask_hold(&mut self, process: usize) {
        let mut answer = HoldAnswer {
            granted: false,
            seconds: self.hold_seconds(),
            leaves: false,
        };
        let mut descriptors = Vec::new();
        if let Some((number, item)) = self.may_hold(process)
            && let Some(listener) = self.grant(process, item)
        {
            answer.granted = true;
            answer.leaves = self.keeps_place(number);
            descriptors.push(listener);
        }
        let frame = frame::encode_json(ToPython::Hold, &answer);
        self.processes[process]
            .channel
            .send_with(frame, descriptors);
    }

    fn hold_seconds(&self) -> f64 {
        let settings = self.settings.as_ref();
        let given = settings.and_then(|settings| settings.rules.hold_for);
        given.unwrap_or(USUAL_SECONDS)
    }

    /// The worker and its item, if it may be kept.
    fn may_hold(&mut self, process: usize) -> Option<(usize, u32)> {
        let Role::Worker(number) = self.processes[process].role else {
            return None;
        };
        let most = self
            .settings
            .as_ref()?
            .rules
            .hold_max
            .unwrap_or(USUAL_NUMBER) as usize;
        let interrupted = self.stop.as_ref().is_some_and(|stop| stop.interrupts_tests);
        let worker = &self.workers[number];
        let taken = self.holding.kept.len() + self.holding.granted.len();
        if !self.holds() || taken >= most || interrupted || worker.trial.is_some() {
            return None;
        }
        let item = journal::activity(worker.memory.journal()).item?;
        let suite = self.suite.as_ref()?;
        let expired = worker.watch.expired();
        let records = expired
            .filter(|expiry| expiry.item == Some(item))
            .map_or(suite.order.held(item), |expiry| &expiry.reports);
        let is_last = self.stop.is_some() || !suite.attempts.may_follow(item, records);
        if suite.attempts.forgives(item) || !is_last {
            return None;
        }
        if let Some(why) = self.needed_by_others(item) {
            let nodeid = &suite.nodeids[item as usize];
            let line =
                format!("{nodeid} failed and is not kept: {why}. Run alone, or with -x, it is");
            self.note_summary(&line);
            return None;
        }
        Some((number, item))
    }

    /// Why other tests could not run as they would, if this one stayed as it is.
    fn needed_by_others(&self, item: u32) -> Option<String> {
        let (Some(suite), Some(collected), None) = (&self.suite, &self.collected, &self.stop)
        else {
            return None;
        };
        let waits = |other: u32| other != item && !suite.ledger.is_finished(other);
        let items = 0..u32::try_from(collected.items.len()).unwrap_or(u32::MAX);
        if collected.serial.contains(&item) && items.clone().any(waits) {
            return Some("it is serial, and other tests are still to run".to_owned());
        }
        for (name, users) in &collected.resources {
            if users.contains(&item) && users.iter().any(|user| waits(*user)) {
                return Some(format!("it uses {name}, which other tests need"));
            }
        }
        for groups in [
            self.rules.dist.bindings(collected),
            self.rules.units(collected),
        ] {
            let group = groups.get(item as usize).copied().flatten();
            let together = |other: &u32| groups.get(*other as usize).copied().flatten() == group;
            if group.is_some() && items.clone().filter(together).any(waits) {
                return Some("other tests have to run in the same process".to_owned());
            }
        }
        None
    }

    /// Makes the socket for a worker that is to be kept; says why that is not possible.
    fn grant(&mut self, process: usize, item: u32) -> Option<std::os::fd::OwnedFd> {
        let folder = self.held_folder()?;
        let run = self.options.run_id.get(..8)?;
        let name = format!("{run}-{}", self.holding.number);
        match folder.listen(&name) {
            Ok(listener) => {
                self.holding.number += 1;
                self.holding.granted.push(Granted {
                    process,
                    item,
                    name,
                });
                Some(listener.into())
            }
            Err(error) => {
                let nodeid = &self.suite.as_ref()?.nodeids[item as usize];
                let line = format!("{nodeid} failed and cannot be kept: {error}");
                self.note_summary(&line);
                None
            }
        }
    }

    fn take_granted(&mut self, process: usize) -> Option<Granted> {
        let all = &mut self.holding.granted;
        let at = all.iter().position(|one| one.process == process)?;
        Some(all.swap_remove(at))
    }

    /// A worker died that was to be kept.
    pub(super) fn forget_granted(&mut self, process: usize) {
        if let (Some(granted), Some(folder)) = (self.take_granted(process), self.held_folder()) {
            folder.remove(&granted.name);
        }
    }

    /// A worker has left the run, and stays as it is; or it does not after all.
    pub(super) fn on_held(&mut self, process: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[process].role;
        let taken: HoldTaken = parse(role, payload)?;
        let (Role::Worker(number), true) = (role, taken.held) else {
            self.forget_granted(process);
            return Ok(());
        };
        let (Some(granted), Some(pid)) = (self.take_granted(process), self.processes[process].pid)
        else {
            return Ok(());
        };
        self.keep(number, pid, granted, taken);
        self.lose_kept(number, process);
        Ok(())
    }

    /// Writes down what is kept.
    fn keep(&mut self, number: usize, pid: i32, granted: Granted, taken: HoldTaken) {
        let now = epoch_seconds(std::time::SystemTime::now());
        let nodeids = self.suite.as_ref().map(|suite| &suite.nodeids);
        let nodeid = nodeids.and_then(|all| all.get(granted.item as usize));
        let held = Held {
            nodeid: nodeid.cloned().unwrap_or_default(),
            phase: taken.phase,
            message: taken.message,
            worker: self.workers[number].id.clone(),
            pid,
            started: stat(pid).map_or(0, |stat| stat.started),
            since: now,
            until: now + self.hold_seconds(),
            run: self.options.run_id.clone(),
        };
        let written = self
            .held_folder()
            .map(|folder| folder.keep(&granted.name, &held));
        if let Some(Err(error)) = written {
            self.note_summary(&format!(
                "{} cannot be found by hasten attach: {error}",
                held.nodeid
            ));
        }
        let age = self.workers[number].started.elapsed().as_nanos();
        let age = u64::try_from(age).unwrap_or(u64::MAX);
        self.holding.kept.push(Kept {
            process: self.workers[number].process,
            name: granted.name,
            held,
            worker_since: monotonic().saturating_sub(age),
        });
    }

    /// The worker is none any more: what it was given and did not run is for others.
    fn lose_kept(&mut self, number: usize, process: usize) {
        self.end_core_wait(number);
        self.on_leave_terminal(process);
        // It has run something, so processes can start.
        self.early_deaths = 0;
        let stays =
            self.stop.is_none() && !self.workers[number].finishing && self.keeps_place(number);
        if !stays {
            self.tell_down(number, None, true);
        }
        self.processes[process].role = Role::Held;
        self.processes[process].gone = true;
        self.lose_worker(number, true, None, stays);
    }

    /// The processes that stay when the run is over: the workers, and what they have started.
    pub(super) fn kept_processes(&self) -> Vec<i32> {
        let mut known: Vec<i32> = self.processes.iter().filter_map(|one| one.pid).collect();
        known.push(self.guardian.pid());
        let mut all = Vec::new();
        for kept in self.living_kept() {
            all.push(kept.held.pid);
            let left = strays::left_by(&Dead {
                pid: kept.held.pid,
                id: &kept.held.worker,
                run_id: &self.options.run_id,
                since: kept.worker_since,
                known: &known,
            });
            all.extend(left.iter().map(strays::Stray::pid));
        }
        all
    }

    fn living_kept(&self) -> impl Iterator<Item = &Kept> {
        let lives = |kept: &&Kept| self.processes[kept.process].ending.is_none();
        self.holding.kept.iter().filter(lives)
    }

    /// The run is over: the guardian looks after what is kept, if anything is.
    pub(super) fn end_guardian(&mut self) {
        let Some(folder) = self.held_folder().filter(|_| !self.holding.kept.is_empty()) else {
            self.guardian.dismiss();
            return;
        };
        let living: Vec<(String, Held)> = self
            .living_kept()
            .map(|kept| (kept.name.clone(), kept.held.clone()))
            .collect();
        for kept in &self.holding.kept {
            if !living.iter().any(|(name, _)| *name == kept.name) {
                folder.remove(&kept.name);
            }
        }
        if living.is_empty() {
            folder.remove_if_empty();
            self.guardian.dismiss();
        } else {
            let configured = self.configured.as_ref();
            let basetemp = configured.and_then(|main| main.basetemp.as_deref());
            self.guardian.keep(&folder, living, basetemp);
        }
    }

    /// Says what is kept, and how to come to it.
    pub(super) fn note_kept(&mut self) {
        let held: Vec<&Held> = self.living_kept().map(|kept| &kept.held).collect();
        if held.is_empty() {
            return;
        }
        let section = describe(&held);
        self.note_section(section);
    }
}

fn describe(held: &[&Held]) -> Section {
    let mut text = String::new();
    for one in held {
        let Held { nodeid, pid, .. } = one;
        let phase = match one.phase.as_str() {
            "call" => String::new(),
            phase => format!(" in {phase}"),
        };
        text.push_str(&format!(
            "{nodeid}: process {pid} stays where it failed{phase}, {} at most\n  hasten attach {}\n",
            in_words(one.seconds_left()),
            quoted(nodeid),
        ));
    }
    text.push_str("hasten attach --release-all lets them go on to their teardown, and end");
    Section {
        title: "kept after a failure".to_owned(),
        text,
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-:+,@%=".contains(letter);
    if word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_names_what_is_kept() {
        let now = epoch_seconds(std::time::SystemTime::now());
        let held = Held {
            nodeid: "test_a.py::test_x[it's]".to_owned(),
            phase: "setup".to_owned(),
            message: String::new(),
            worker: "gw0".to_owned(),
            pid: 123,
            started: 0,
            since: now,
            until: now + 3600.0,
            run: String::new(),
        };
        let section = describe(&[&held]);
        assert_eq!(
            section.text,
            "test_a.py::test_x[it's]: process 123 stays where it failed in setup, 60 minutes at most\n  \
             hasten attach 'test_a.py::test_x[it'\\''s]'\n\
             hasten attach --release-all lets them go on to their teardown, and end"
        );
    }
}
