//! The workers: started, fed, and what they say.

use std::time::Instant;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::Fork;
use hasten_protocol::paths::Paths;
use hasten_protocol::record::{RecordKind, Records};
use hasten_schedule::PlannerOptions;

use super::Run;
use super::costs::Costs;
use super::origin::Origin;
use super::recall::Sent;
use super::renewal::Renewal;
use super::slow::Said;
use super::suite::Suite;
use super::watch::Watch;
use crate::error::RunError;
use crate::measured::Moment;
use crate::memory::WorkerMemory;
use crate::process::{Process, Role};
use crate::waiting::Looks;

/// A worker that died so often before it ran anything ends the run: each next one would too.
const MOST_EARLY_DEATHS: usize = 3;

/// A worker.
pub(crate) struct Worker {
    /// `gw0`, …
    pub(crate) id: String,
    /// Its process.
    pub(crate) process: usize,
    pub(crate) memory: WorkerMemory,
    /// It has the items: forked from the session, or its own collection agreed.
    pub(crate) collected: bool,
    /// The planner knows it.
    pub(crate) planned: bool,
    /// What it was sent.
    pub(super) sent: Sent,
    /// RUN frames sent.
    pub(super) runs: u32,
    /// The last of them said that nothing follows.
    pub(super) last: bool,
    /// It waits for RUN or FINISH, and there was nothing to send.
    pub(crate) waiting: bool,
    /// FINISH was sent.
    pub(crate) finishing: bool,
    /// Which path its items took, once it said so at its end.
    pub(crate) paths: Option<Paths>,
    pub(crate) watch: Watch,
    /// The looks at where it waits.
    pub(super) looks: Looks,
    /// What was said of the long time that something takes.
    pub(crate) said: Said,
    /// Bytes of stacks that were asked for and are not about its death.
    pub(crate) stacks_seen: u64,
    /// What tells the last records that it sent from others.
    pub(crate) last_sent: Option<u64>,
    pub(crate) started: Instant,
    /// The items that it ran, in their order.
    pub(crate) ran: Vec<u32>,
    /// The number of the trial that it is for: it runs nothing else.
    pub(crate) trial: Option<usize>,
    /// Processes that it had before this one.
    nth: usize,
    /// Its process was forked with everything collected.
    pub(super) forked: bool,
    /// Its process runs an isolated unit.
    pub(super) isolated: bool,
    pub(super) renewal: Renewal,
    /// What it took to begin, and what it used.
    pub(super) costs: Costs,
}

impl Worker {
    /// It has nothing to do, and can be given something.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting && self.collected && !self.finishing && self.trial.is_none()
    }
}

impl Run {
    /// Numbers of the workers that live.
    pub(super) fn living(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.workers.len()).filter(|number| !self.worker_process(*number).gone)
    }

    pub(super) fn worker_process(&self, number: usize) -> &Process {
        &self.processes[self.workers[number].process]
    }

    pub(super) fn add_worker(&mut self, origin: Origin) -> Result<(), RunError> {
        self.add_worker_at(self.workers.len(), origin, None)
    }

    /// Adds a worker in this place; who was there is gone.
    pub(super) fn add_worker_at(
        &mut self,
        number: usize,
        origin: Origin,
        trial: Option<usize>,
    ) -> Result<(), RunError> {
        let worker = self.new_worker(number, Role::Worker(number), origin, trial)?;
        self.place_worker(number, worker);
        Ok(())
    }

    /// Starts the process of a worker for this place.
    pub(super) fn new_worker(
        &mut self,
        number: usize,
        role: Role,
        origin: Origin,
        trial: Option<usize>,
    ) -> Result<Worker, RunError> {
        let memory = WorkerMemory::new().map_err(RunError::system("cannot share memory"))?;
        let descriptors = memory
            .descriptors()
            .map_err(RunError::system("cannot share memory"))?;
        let (process, socket) = self.add_process(role)?;
        let before = self.workers.get(number).filter(|_| trial.is_none());
        let nth = before.map_or(0, |worker| worker.nth + 1);
        let id = format!("gw{number}");
        let count = self.count.unwrap_or_else(|| self.most_workers());
        let mut worker = self.identity(id.clone(), count);
        worker.trial = trial.is_some();
        worker.audit = trial.is_none() && self.forking.looks_again(number);
        worker.hold &= trial.is_none();
        worker.process = nth;
        let worker = Some(worker);
        let args = (origin != Origin::Session).then_some(self.options.args.as_slice());
        let frame = frame::encode_json(
            ToPython::Fork,
            &Fork {
                role: "worker",
                args,
                worker,
                keep: matches!(role, Role::Standby(_)) && !self.tests_read_the_terminal(),
            },
        );
        self.start_worker(origin, process, frame, socket, descriptors)?;
        Ok(Worker {
            id,
            process,
            memory,
            collected: origin == Origin::Session,
            planned: false,
            sent: Sent::default(),
            runs: 0,
            last: false,
            waiting: false,
            finishing: false,
            paths: None,
            watch: Watch::default(),
            looks: Looks::default(),
            said: Said::default(),
            stacks_seen: 0,
            last_sent: None,
            started: Instant::now(),
            ran: Vec::new(),
            trial,
            nth,
            forked: origin == Origin::Session,
            isolated: false,
            renewal: Renewal::None,
            costs: Costs::default(),
        })
    }

    /// Lets a worker have this place; the process of who was there is gone, or leaves.
    pub(super) fn place_worker(&mut self, number: usize, worker: Worker) {
        let forked = worker.forked;
        match self.workers.get_mut(number) {
            Some(place) => {
                let before = std::mem::replace(place, worker);
                let process = &mut self.processes[before.process];
                if process.role != Role::Held {
                    process.role = Role::Leaving;
                    process.replaced = true;
                    if process.gone {
                        process.pid = None;
                    }
                }
            }
            None => self.workers.push(worker),
        }
        self.count_living();
        if forked {
            // It finds its first items when it comes to life.
            self.feed(number);
        }
    }

    /// Once collection and main are ready: plans the run and starts workers.
    pub(super) fn plan(&mut self) -> Result<(), RunError> {
        if self.suite.is_some() || self.stop.is_some() || !self.distribute {
            return Ok(());
        }
        if self.configured.is_none() || self.collected.is_none() || self.waits_for_groups() {
            return Ok(());
        }
        let estimates = self.estimates();
        let (Some(collected), Some(configured)) = (&self.collected, &self.configured) else {
            return Ok(());
        };
        if collected.is_broken() {
            // main shows the errors and ends by itself, as pytest does.
            return Ok(());
        }
        let options = self.planner_options(collected, &estimates);
        let mut suite = Suite::new(collected, configured, &estimates, options, &self.rules);
        suite.ended = self.events.are_wanted().then(Vec::new);
        let count = self.first_workers(&suite.planner, options.workers);
        self.suite = Some(suite);
        self.expect_retries()?;
        self.note_first_workers(count);
        self.announce_hazards(count);
        let origin = self.origin();
        self.announce_isolation(origin);
        if self.workers.is_empty() {
            self.begin_workers(count, origin)?;
        }
        Ok(())
    }

    /// Replaces workers that died, while there is work for them.
    pub(super) fn replace_workers(&mut self) -> Result<(), RunError> {
        if self.stop.is_some() {
            return Ok(());
        }
        let Some(suite) = &self.suite else {
            return Ok(());
        };
        if !suite.planner.has_work() {
            return Ok(());
        }
        // An idle worker takes what is left before a new one is forked.
        let idle: Vec<usize> = self
            .living()
            .filter(|number| self.workers[*number].is_idle())
            .collect();
        for number in idle {
            self.feed(number);
        }
        let wanted = self
            .suite
            .as_ref()
            .is_some_and(|suite| suite.planner.has_work());
        let nobody = self.living().next().is_none();
        if wanted && (nobody || self.dead_unreplaced > 0) && self.may_add_worker() {
            self.dead_unreplaced = self.dead_unreplaced.saturating_sub(1);
            if !self.is_crowded(None) {
                let origin = self.origin();
                self.add_worker(origin)?;
            }
        }
        Ok(())
    }

    /// Gives a worker its next items, or says once that nothing follows.
    pub(super) fn feed(&mut self, number: usize) {
        if let Some(trial) = self.workers[number].trial {
            self.feed_trial(number, trial);
            return;
        }
        let crowded = self.is_crowded(Some(number));
        let worker = &mut self.workers[number];
        let leaves = matches!(worker.renewal, Renewal::Leaving | Renewal::Left);
        if !worker.collected || worker.finishing || leaves || worker.sent.is_recalled() {
            return;
        }
        let mut may_wait = false;
        let (items, last, renew) = match &mut self.suite {
            _ if self.stop.is_some() => (Vec::new(), true, false),
            None => {
                worker.waiting = true;
                return;
            }
            Some(suite) => {
                if !worker.planned {
                    suite.planner.add_worker(number);
                    worker.planned = true;
                }
                if crowded && suite.planner.rest(number) {
                    (Vec::new(), true, false)
                } else {
                    let next = suite.planner.next(number);
                    may_wait = !suite.planner.is_isolated(number);
                    (suite.give_out(&next.items), next.last, next.renew)
                }
            }
        };
        // Looked at when it matters only: most batches are followed by others anyway.
        let last = last && !(may_wait && self.others_may_leave_items(number));
        let worker = &mut self.workers[number];
        if items.is_empty() && renew && worker.last {
            // It was told before that nothing follows, so it has torn everything down.
            self.renew(number);
            return;
        }
        if items.is_empty() && (worker.last || !last) {
            worker.waiting = true;
            return;
        }
        self.send_run(number, &items, last);
        self.note_unit(number);
    }

    /// Sends a worker items to run.
    pub(super) fn send_run(&mut self, number: usize, items: &[u32], last: bool) {
        if self.workers[number].trial.is_none() {
            self.measured.note(Moment::Item);
            self.begin_core_wait(number);
        }
        let worker = &mut self.workers[number];
        worker.waiting = false;
        worker.last = last;
        worker.runs += 1;
        worker.sent.add(items);
        let process = worker.process;
        self.processes[process].channel.send(run_frame(items, last));
    }

    pub(super) fn on_want(&mut self, process: usize, payload: &[u8]) {
        let Role::Worker(number) = self.processes[process].role else {
            return;
        };
        let received = payload
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if received == self.workers[number].runs {
            self.end_recall(number);
            self.feed(number);
        }
    }

    pub(super) fn on_records(&mut self, process: usize, payload: &[u8]) {
        match self.processes[process].role {
            Role::Worker(number) => {
                self.take_records(number, payload);
                self.note_sent(number, payload);
            }
            Role::Main => self.take_own_records(payload),
            // It can only have warned.
            Role::Standby(number) => self.take_records(number, payload),
            Role::Base | Role::Session | Role::Leaving | Role::Held => {}
        }
    }

    /// Takes the records of a worker in.
    pub(super) fn take_records(&mut self, number: usize, payload: &[u8]) {
        if self.take_trial_records(number, payload) {
            return;
        }
        for record in Records::new(payload) {
            // A record that cannot be read ends the batch; its item then has no result,
            // which the ledger shows.
            let Ok(record) = record else { break };
            if let (Some(index), RecordKind::Passed | RecordKind::Finished) =
                (record.index, record.kind)
            {
                self.workers[number].ran.push(index);
                // Each isolated unit sets up all its fixtures, however many workers there are.
                if !self.workers[number].isolated {
                    self.workers[number].costs.note_setup(record.setup);
                }
            }
            if self.take_expired_record(number, &record) || self.take_measured(number, &record) {
                continue;
            }
            if record.kind == RecordKind::Late {
                self.take_late(&record);
                continue;
            }
            let stopping = self.stop.is_some();
            let Some(suite) = &mut self.suite else { break };
            if !suite.ledger.record(number, &record) {
                continue;
            }
            match record.index {
                Some(index) => suite.order.record(index, record.bytes),
                None => {
                    suite.order.other(record.bytes);
                    self.events.record_of_nobody(&record);
                }
            }
            if let (Some(index), RecordKind::Passed | RecordKind::Finished) =
                (record.index, record.kind)
            {
                suite.over(number, index, record.seconds(), stopping);
                self.measured.note(Moment::Report);
            }
        }
        let needs_more = |suite: &Suite| self.stop.is_none() && suite.planner.needs_top_up(number);
        if self.suite.as_ref().is_some_and(needs_more) {
            self.feed(number);
        }
        self.check_maxfail();
    }

    /// What main collected, which runs the tests itself: for the history and the limits.
    pub(super) fn note_own_suite(&mut self) {
        if let (Some(collected), Some(configured)) = (&self.collected, &self.configured) {
            let none = std::collections::HashMap::new();
            let options = PlannerOptions::default();
            let mut suite = Suite::new(collected, configured, &none, options, &self.rules);
            suite.ended = self.events.are_wanted().then(Vec::new);
            self.suite = Some(suite);
        }
    }

    /// Records of main, which ran the tests itself: kept for the history, and for who follows the run.
    fn take_own_records(&mut self, payload: &[u8]) {
        for record in Records::new(payload).map_while(Result::ok) {
            if self.take_measured(0, &record) {
                continue;
            }
            let Some(suite) = &mut self.suite else { return };
            if !suite.ledger.record(0, &record) {
                continue;
            }
            let Some(index) = record.index else {
                self.events.record_of_nobody(&record);
                continue;
            };
            suite.order.record(index, record.bytes);
            if matches!(record.kind, RecordKind::Passed | RecordKind::Finished) {
                self.measured.note(Moment::Report);
                suite.keep_failure(index);
                suite.tell_held(index);
                suite.order.discard(index);
            }
        }
    }

    /// True when a worker died so early and often that another would not help.
    pub(super) fn workers_cannot_start(&self) -> bool {
        self.early_deaths >= MOST_EARLY_DEATHS
    }
}

fn run_frame(items: &[u32], last: bool) -> Vec<u8> {
    let mut payload = Vec::with_capacity(1 + items.len() * 4);
    payload.push(u8::from(last));
    for item in items {
        payload.extend_from_slice(&item.to_le_bytes());
    }
    frame::encode(ToPython::Run, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_frame_is_what_the_protocol_says() {
        assert_eq!(
            run_frame(&[1, 258], true),
            [10, 0, 0, 0, 67, 1, 1, 0, 0, 0, 2, 1, 0, 0]
        );
    }
}
