//! The workers: started, fed, and what they say.

use std::os::fd::OwnedFd;
use std::time::Instant;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::Fork;
use hasten_protocol::paths::Paths;
use hasten_protocol::record::{RecordKind, Records};
use hasten_schedule::PlannerOptions;

use super::slow::Said;
use super::suite::Suite;
use super::watch::Watch;
use super::{Collecting, Run};
use crate::error::RunError;
use crate::memory::WorkerMemory;
use crate::process::{Process, Role};

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
    /// RUN frames sent.
    runs: u32,
    /// The last of them said that nothing follows.
    last: bool,
    /// It waits for RUN or FINISH, and there was nothing to send.
    pub(crate) waiting: bool,
    /// FINISH was sent.
    pub(crate) finishing: bool,
    /// Which path its items took, once it said so at its end.
    pub(crate) paths: Option<Paths>,
    pub(crate) watch: Watch,
    /// What was said of the long time that something takes.
    pub(crate) said: Said,
    /// What tells the last records that it sent from others.
    pub(crate) last_sent: Option<u64>,
    pub(crate) started: Instant,
}

/// Which process a new worker comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Forked with everything collected.
    Session,
    /// Forked with pytest imported; loads and collects for itself.
    Base,
    /// Executed; likewise.
    Interpreter,
}

impl Run {
    /// Numbers of the workers that live.
    pub(super) fn living(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.workers.len()).filter(|number| !self.worker_process(*number).gone)
    }

    pub(super) fn worker_process(&self, number: usize) -> &Process {
        &self.processes[self.workers[number].process]
    }

    fn add_worker(&mut self, count: usize, origin: Origin) -> Result<(), RunError> {
        let number = self.workers.len();
        let memory = WorkerMemory::new().map_err(RunError::system("cannot share memory"))?;
        let descriptors = memory
            .descriptors()
            .map_err(RunError::system("cannot share memory"))?;
        let (process, socket) = self.add_process(Role::Worker(number))?;
        let id = format!("gw{number}");
        let worker = Some(self.identity(id.clone(), count));
        let args = (origin != Origin::Session).then_some(self.options.args.as_slice());
        let frame = frame::encode_json(
            ToPython::Fork,
            &Fork {
                role: "worker",
                args,
                worker,
            },
        );
        self.start_worker(origin, process, frame, socket, descriptors)?;
        self.workers.push(Worker {
            id,
            process,
            memory,
            collected: origin == Origin::Session,
            planned: false,
            runs: 0,
            last: false,
            waiting: false,
            finishing: false,
            paths: None,
            watch: Watch::default(),
            said: Said::default(),
            last_sent: None,
            started: Instant::now(),
        });
        if origin == Origin::Session {
            // It finds its first items when it comes to life.
            self.feed(number);
        }
        Ok(())
    }

    fn start_worker(
        &mut self,
        origin: Origin,
        process: usize,
        frame: Vec<u8>,
        socket: OwnedFd,
        memory: Vec<OwnedFd>,
    ) -> Result<(), RunError> {
        let forker = match origin {
            Origin::Interpreter => {
                let pid = self.launcher.execute("worker", socket, memory)?;
                self.processes[process].pid = Some(pid);
                self.processes[process].channel.send(frame);
                return Ok(());
            }
            Origin::Session => Role::Session,
            Origin::Base => Role::Base,
        };
        let mut descriptors = vec![socket];
        descriptors.extend(memory);
        if let Some(forker) = self.process(forker) {
            forker.channel.send_with(frame, descriptors);
        }
        Ok(())
    }

    /// Starts the workers of a run in which each loads and collects for itself.
    pub(super) fn spawn_workers(&mut self) -> Result<(), RunError> {
        let count = self.most_workers();
        let origin = self.origin();
        for _ in 0..count {
            self.add_worker(count, origin)?;
        }
        Ok(())
    }

    /// Ends base when nobody will be forked from it: its memory is worth having.
    pub(super) fn leave_base(&mut self) {
        if self.hazards.is_empty()
            && self.collecting == Collecting::Session
            && let Some(base) = self.process(Role::Base)
        {
            base.channel.send(frame::encode(ToPython::Exit, b""));
        }
    }

    /// Where a new worker can come from now.
    fn origin(&mut self) -> Origin {
        if self.hazards.is_empty() && self.process(Role::Session).is_some() {
            Origin::Session
        } else if !self.hazards.is_empty() && self.process(Role::Base).is_some() {
            Origin::Base
        } else {
            Origin::Interpreter
        }
    }

    /// Once collection and main are ready: plans the run and starts workers.
    pub(super) fn plan(&mut self) -> Result<(), RunError> {
        if self.suite.is_some() || self.stop.is_some() || !self.distribute {
            return Ok(());
        }
        if self.configured.is_none() || self.collected.is_none() {
            return Ok(());
        }
        let estimates = self.estimates();
        let (Some(collected), Some(configured)) = (&self.collected, &self.configured) else {
            return Ok(());
        };
        if collected.testsfailed > 0 && !collected.continue_on_errors {
            // main shows the errors and ends by itself, as pytest does.
            return Ok(());
        }
        let most = self.most_workers();
        let options = PlannerOptions {
            workers: most,
            ..PlannerOptions::default()
        };
        let suite = Suite::new(collected, configured, &estimates, options, &self.rules);
        let exact = matches!(
            self.settings
                .as_ref()
                .and_then(|all| all.numprocesses.as_ref()),
            Some(hasten_protocol::message::Workers::Exactly(_))
        );
        let count = if exact {
            most.min(suite.nodeids.len())
        } else {
            suite.planner.worker_count_for(most)
        };
        self.suite = Some(suite);
        self.expect_retries()?;
        self.announce_hazards(count);
        let origin = self.origin();
        if self.workers.is_empty() {
            for _ in 0..count {
                self.add_worker(count, origin)?;
            }
        }
        Ok(())
    }

    fn announce_hazards(&mut self, count: usize) {
        let Some(first) = self.hazards.first() else {
            return;
        };
        let why = match first.kind.as_str() {
            "identity" => format!("{} reads the worker's identity while it loads", first.cause),
            _ => format!("{} is alive, and a fork would lose it", first.cause),
        };
        if count > 0 {
            self.note_now(&format!("each worker loads and collects for itself: {why}"));
        }
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
            .filter(|number| self.workers[*number].waiting && self.workers[*number].collected)
            .collect();
        for number in idle {
            self.feed(number);
        }
        let wanted = self
            .suite
            .as_ref()
            .is_some_and(|suite| suite.planner.has_work());
        if wanted && self.living().next().is_none() {
            let origin = self.origin();
            self.add_worker(1, origin)?;
        } else if wanted && self.dead_unreplaced > 0 {
            self.dead_unreplaced -= 1;
            let origin = self.origin();
            self.add_worker(self.most_workers(), origin)?;
        }
        Ok(())
    }

    /// Gives a worker its next items, or says once that nothing follows.
    pub(super) fn feed(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        if !worker.collected || worker.finishing {
            return;
        }
        let (items, last) = match &mut self.suite {
            _ if self.stop.is_some() => (Vec::new(), true),
            None => {
                worker.waiting = true;
                return;
            }
            Some(suite) => {
                if !worker.planned {
                    suite.planner.add_worker(number);
                    worker.planned = true;
                }
                let next = suite.planner.next(number);
                (suite.give_out(&next.items), next.last)
            }
        };
        if items.is_empty() && (worker.last || !last) {
            worker.waiting = true;
            return;
        }
        worker.waiting = false;
        worker.last = last;
        worker.runs += 1;
        let process = worker.process;
        self.processes[process]
            .channel
            .send(run_frame(&items, last));
    }

    pub(super) fn on_want(&mut self, process: usize, payload: &[u8]) {
        let Role::Worker(number) = self.processes[process].role else {
            return;
        };
        let received = payload
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if received == self.workers[number].runs {
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
            Role::Base | Role::Session => {}
        }
    }

    /// Takes the records of a worker in.
    pub(super) fn take_records(&mut self, number: usize, payload: &[u8]) {
        for record in Records::new(payload) {
            // A record that cannot be read ends the batch; its item then has no result,
            // which the ledger shows.
            let Ok(record) = record else { break };
            if self.take_expired_record(number, &record) {
                continue;
            }
            let stopping = self.stop.is_some();
            let Some(suite) = &mut self.suite else { break };
            if !suite
                .ledger
                .record(u32::try_from(number).unwrap_or(u32::MAX), &record)
            {
                continue;
            }
            match record.index {
                Some(index) => suite.order.record(index, record.bytes),
                None => suite.order.other(record.bytes),
            }
            if let (Some(index), RecordKind::Passed | RecordKind::Finished) =
                (record.index, record.kind)
            {
                suite.over(number, index, record.seconds(), stopping);
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
            let suite = Suite::new(collected, configured, &none, options, &self.rules);
            self.suite = Some(suite);
        }
    }

    /// Records of main, which ran the tests itself: kept for the history.
    fn take_own_records(&mut self, payload: &[u8]) {
        let Some(suite) = &mut self.suite else { return };
        for record in Records::new(payload).map_while(Result::ok) {
            suite.ledger.record(0, &record);
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
