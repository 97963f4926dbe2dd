//! Workers whose process is replaced by another one while they stay what they are: between isolated units.
//!
//! Which process runs what is the planner's decision. Here the next process is forked while a unit runs, and takes the
//! place of the one before as soon as that has let go: with its number and its id, so that no unit needs a database of
//! its own.

use std::collections::BTreeMap;
use std::time::Instant;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::Bye;
use hasten_protocol::paths::Paths;

use super::Run;
use super::ending::Stop;
use super::origin::Origin;
use super::pool::Worker;
use crate::death::Ending;
use crate::error::RunError;
use crate::process::Role;

/// Whether a worker gets another process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It goes on with the one that it has.
    #[default]
    None,
    /// Probably, when the unit has ended that it runs now.
    Expected,
    /// Its process was told to let go.
    Leaving,
    /// Its process has, or died.
    Left,
}

/// What is known of processes beside those of living workers.
#[derive(Default)]
pub(crate) struct Renewals {
    /// The next process of workers that expect one.
    standbys: BTreeMap<usize, Worker>,
    /// What processes ran that were replaced, where that is more than one item.
    past: Vec<Vec<u32>>,
    /// The most workers that lived at a time, trials apart.
    most_living: usize,
}

/// Adds up which path items took.
pub(super) fn add_paths(paths: &mut Option<Paths>, more: Option<Paths>) {
    let (Some(all), Some(more)) = (&mut *paths, &more) else {
        *paths = paths.take().or(more);
        return;
    };
    all.why = all.why.take().or_else(|| more.why.clone());
    all.taken += more.taken;
    for refused in &more.refused {
        match all
            .refused
            .iter_mut()
            .find(|one| one.reason == refused.reason)
        {
            Some(one) => one.items += refused.items,
            None => all.refused.push(refused.clone()),
        }
    }
}

impl Run {
    /// Asks the process of a worker, which holds nothing, to make room for another one.
    pub(super) fn renew(&mut self, number: usize) {
        self.end_core_wait(number);
        let worker = &mut self.workers[number];
        worker.waiting = false;
        worker.renewal = Renewal::Leaving;
        // A session that only this process has ends with it; one that it shares with others does not.
        let kind = if worker.forked {
            ToPython::Leave
        } else {
            ToPython::Finish
        };
        let process = worker.process;
        let frame = frame::encode(kind, b"");
        self.processes[process].channel.send(frame);
    }

    /// Notes what a worker was sent.
    pub(super) fn note_unit(&mut self, number: usize) {
        let Some(suite) = &self.suite else { return };
        if suite.planner.is_isolated(number) {
            self.workers[number].isolated = true;
            if suite.planner.will_renew(number) {
                self.workers[number].renewal = Renewal::Expected;
            }
        }
    }

    /// A process says farewell.
    pub(super) fn on_bye(&mut self, process: usize, bye: Bye) {
        if let Role::Worker(number) = self.processes[process].role
            && self.workers[number].renewal == Renewal::Leaving
            && self.workers[number].forked
        {
            // The kernel may take its time to end it: nobody waits for that.
            self.processes[process].role = Role::Leaving;
            self.has_left(number, bye);
        } else {
            self.processes[process].bye = Some(bye);
        }
    }

    /// The process of a worker has let go.
    pub(super) fn has_left(&mut self, number: usize, bye: Bye) {
        let worker = &mut self.workers[number];
        worker.renewal = Renewal::Left;
        // It has run something, so processes can start.
        self.early_deaths = 0;
        add_paths(&mut worker.paths, bye.paths);
        let id = worker.id.clone();
        self.tell_worker_ended(number, None);
        for error in bye.errors {
            self.note_summary(&format!("{id}, when one of its processes ended: {error}"));
        }
    }

    /// True when a worker that died keeps its place: its next process takes it.
    pub(super) fn keeps_place(&self, number: usize) -> bool {
        let worker = &self.workers[number];
        worker.isolated || worker.renewal != Renewal::None
    }

    /// Forks the processes that are expected, and lets those begin whose place is free.
    pub(super) fn renew_workers(&mut self) -> Result<(), RunError> {
        for number in 0..self.workers.len() {
            match self.workers[number].renewal {
                Renewal::None => {}
                Renewal::Expected | Renewal::Leaving => self.prepare(number)?,
                Renewal::Left if self.is_needed(number) => self.succeed(number)?,
                Renewal::Left => {}
            }
        }
        Ok(())
    }

    fn prepare(&mut self, number: usize) -> Result<(), RunError> {
        // One that loads for itself may touch what belongs to the id, so it begins when the other has ended.
        let forks = self.workers[number].forked && self.origin() == Origin::Session;
        if forks && self.stop.is_none() && !self.renewals.standbys.contains_key(&number) {
            let worker = self.new_worker(number, Role::Standby(number), Origin::Session, None)?;
            self.renewals.standbys.insert(number, worker);
        }
        Ok(())
    }

    /// True when a worker needs another process: it has let go of its own and goes on, or it died and there is work.
    fn is_needed(&self, number: usize) -> bool {
        let died = !self.workers[number].planned;
        let has_work = self.alone.is_waiting()
            || (self.suite.as_ref()).is_some_and(|suite| suite.planner.has_work());
        !died || self.renewals.standbys.contains_key(&number) || self.stop.is_none() && has_work
    }

    /// Lets the next process of a worker begin.
    fn succeed(&mut self, number: usize) -> Result<(), RunError> {
        let mut worker = match self.renewals.standbys.remove(&number) {
            Some(worker) => worker,
            None => {
                let origin = self.origin();
                self.new_worker(number, Role::Worker(number), origin, None)?
            }
        };
        worker.started = Instant::now();
        worker.costs.until_first_call = Some(0.0);
        let before = &mut self.workers[number];
        worker.planned = before.planned;
        worker.paths = before.paths.take();
        let ran = std::mem::take(&mut before.ran);
        if ran.len() > 1 {
            self.renewals.past.push(ran);
        }
        if let Some(suite) = &mut self.suite {
            suite.planner.renewed(number);
        }
        self.measured.forget(number);
        let process = &mut self.processes[worker.process];
        process.role = Role::Worker(number);
        let pid = process.pid;
        self.place_worker(number, worker);
        if let Some(pid) = pid {
            self.tell_worker_started(Role::Worker(number), pid);
        }
        Ok(())
    }

    /// A process died that was to be the next one of a worker.
    pub(super) fn on_standby_gone(&mut self, number: usize, ending: Ending) {
        if let Some(worker) = self.renewals.standbys.remove(&number) {
            self.processes[worker.process].replaced = true;
        }
        if self.ended {
            return;
        }
        self.early_deaths += 1;
        if self.workers_cannot_start() {
            let id = &self.workers[number].id;
            let message = format!("workers cannot start: {id} {ending} before it ran a test");
            self.stop_with(Stop::ended("internal", message));
        }
    }

    /// The run ends: processes that did not come to begin leave, and who keeps a place without a process has ended.
    pub(super) fn end_renewals(&mut self) {
        for worker in std::mem::take(&mut self.renewals.standbys).into_values() {
            let frame = frame::encode(ToPython::Exit, b"");
            self.processes[worker.process].channel.send(frame);
        }
        for number in 0..self.workers.len() {
            if self.workers[number].renewal == Renewal::Left {
                self.tell_down(number, None, false);
            }
        }
    }

    /// What ran with an item in a process that was replaced.
    pub(super) fn past_process(&self, item: u32) -> Option<&[u32]> {
        let mut past = self.renewals.past.iter().rev();
        past.find(|ran| ran.contains(&item)).map(Vec::as_slice)
    }

    /// A worker was added.
    pub(super) fn count_living(&mut self) {
        let regular = |number: &usize| self.workers[*number].trial.is_none();
        let living = self.living().filter(regular).count();
        self.renewals.most_living = self.renewals.most_living.max(living);
    }

    /// The most workers that there were at a time for the run itself.
    pub(super) const fn regular_workers(&self) -> usize {
        self.renewals.most_living
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(json: &str) -> Option<Paths> {
        Some(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn paths_of_processes_add_up() {
        let mut all = None;
        add_paths(&mut all, None);
        assert_eq!(all, None);
        let first =
            paths(r#"{"taken": 2, "refused": [{"items": 1, "kind": "mark", "detail": "skip"}]}"#);
        add_paths(&mut all, first.clone());
        assert_eq!(all, first);
        add_paths(&mut all, None);
        add_paths(
            &mut all,
            paths(
                r#"{"taken": 3, "refused": [{"items": 4, "kind": "mark", "detail": "skip"}, {"items": 5, "kind": "nose"}]}"#,
            ),
        );
        let expected = paths(
            r#"{"taken": 5, "refused": [{"items": 5, "kind": "mark", "detail": "skip"}, {"items": 5, "kind": "nose"}]}"#,
        );
        assert_eq!(all, expected);
    }
}
