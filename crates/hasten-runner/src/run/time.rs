//! Time limits: when one is reached, and what happens then.

use std::time::Duration;

use hasten_protocol::journal::{self, Activity, Phase};
use nix::sys::signal::Signal;

use super::ending::Stop;
use super::watch::{Expiry, Grace, Seen, Step, Watch};
use super::{Run, Watched};
use crate::clock::monotonic;
use crate::error::RunError;
use crate::limits::{ItemLimits, Kind, Limit, as_python, remaining};
use crate::memory::WorkerMemory;
use crate::process::{Process, Role};
use crate::stacks;

/// How often a process whose limit was reached is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The signal on which a process writes its stacks: a real-time one, which tests do not use.
pub(super) fn stacks_signal() -> i32 {
    libc::SIGRTMIN() + 7
}

/// The signal on which a process raises a limit in the test that it runs.
fn limit_signal() -> i32 {
    libc::SIGRTMIN() + 8
}

pub(super) fn see(memory: &WorkerMemory) -> Seen {
    let words = memory.journal();
    Seen {
        activity: journal::activity(words),
        raised: journal::raised(words),
        debugged: journal::debugged(words),
        stacks: memory.stacks_length(),
        now: monotonic(),
    }
}

/// Begins to end what a process does, since this limit was reached.
fn expire(process: &Process, memory: &mut WorkerMemory, limit: Limit, seen: &Seen) -> Watch {
    memory.set_limit(seen.activity.started, &limit.message());
    process.signal_number(stacks_signal());
    Watch::Expired(Expiry::new(limit, seen))
}

/// Does what is due; returns true when the process was killed.
fn follow(process: &Process, watch: &mut Watch, seen: &Seen, grace: Grace) -> bool {
    let step = match watch {
        Watch::Quiet => return false,
        Watch::Exempt { started } => {
            if seen.activity.started != *started {
                *watch = Watch::Quiet;
            }
            return false;
        }
        Watch::Expired(expiry) => expiry.step(seen, grace),
    };
    match step {
        Step::Wait => {}
        Step::Stacks => process.signal_number(stacks_signal()),
        Step::Ask => process.signal_number(limit_signal()),
        Step::Kill => process.signal(Signal::SIGKILL),
        Step::Exempt => {
            *watch = Watch::Exempt {
                started: seen.activity.started,
            };
        }
    }
    step == Step::Kill
}

impl Run {
    /// How long nothing is due.
    pub(super) fn next_moment(&self) -> Option<Duration> {
        let limits = self
            .living()
            .filter_map(|number| self.worker_moment(number));
        limits
            .chain(self.collection_moment())
            .chain(self.main_moment())
            .chain(self.loading_moment())
            .chain(self.run_moment())
            .chain(self.slow_moment())
            .chain(self.dump_moment())
            .chain(self.retry_moment())
            .chain(self.scaling_moment())
            .chain(self.recall_moment())
            .chain(self.waits_moment())
            .chain(self.screen.next_moment())
            .chain(self.terminal_moment())
            .chain(self.ending_moment())
            .chain(self.status_moment())
            .min()
    }

    /// When to look for processes that have closed their channels: no signal tells of one that is another's child.
    fn status_moment(&self) -> Option<Duration> {
        let owes = self.processes.iter().any(Process::owes_status);
        owes.then_some(LOOK_AGAIN)
    }

    fn main_moment(&self) -> Option<Duration> {
        if self.distribute || self.suite.is_none() {
            return None;
        }
        let main = self.main.as_ref()?;
        match self.watched_moment(main) {
            None => self.suite.as_ref()?.limits.shortest(),
            moment => moment,
        }
    }

    /// The process with this role, if it lives.
    fn process_of(&self, role: Role) -> Option<&Process> {
        self.processes
            .iter()
            .find(|process| process.role == role && !process.gone)
    }

    fn worker_moment(&self, number: usize) -> Option<Duration> {
        let worker = &self.workers[number];
        if !matches!(worker.watch, Watch::Quiet) {
            return Some(LOOK_AGAIN);
        }
        let activity = journal::activity(worker.memory.journal());
        match (self.left(&activity), &self.suite) {
            (Some((_, left)), _) => Some(left),
            // The limit of whatever it starts next is not known yet.
            (None, Some(suite)) if worker.collected => suite.limits.shortest(),
            (None, _) => self.collect_limit(),
        }
    }

    fn collect_limit(&self) -> Option<Duration> {
        let limit = Duration::try_from_secs_f64(self.rules.collect).ok()?;
        (!limit.is_zero()).then_some(limit)
    }

    /// The limit that a worker reaches next, and when.
    fn left(&self, activity: &Activity) -> Option<(Limit, Duration)> {
        let now = self.now_for(activity);
        let own = match activity.phase {
            Phase::SessionFinish => Some((self.rules.session_finish, Kind::SessionFinish)),
            Phase::Collect => Some((self.rules.collect, Kind::Collect)),
            _ => None,
        };
        match own {
            Some((seconds, kind)) => remaining(seconds, kind, activity.phase_start, now),
            None if activity.own_timer => {
                let (limit, left) = self.suite.as_ref()?.limits.left(activity, now)?;
                Some((limit, left + self.grace(None).phase))
            }
            None => self.suite.as_ref()?.limits.left(activity, now),
        }
    }

    /// Now, less the time that the run was suspended while this item ran.
    fn now_for(&self, activity: &Activity) -> u64 {
        let paused: u64 = self
            .pauses
            .iter()
            .filter(|(begin, _)| *begin >= activity.item_start.min(activity.phase_start))
            .map(|(begin, end)| end - begin)
            .sum();
        monotonic().saturating_sub(paused)
    }

    /// Looks at every limit.
    pub(super) fn check_limits(&mut self) -> Result<(), RunError> {
        let numbers: Vec<usize> = self.living().collect();
        for number in numbers {
            self.check_worker(number);
        }
        self.check_collection();
        self.check_main();
        self.check_run();
        self.say_what_is_slow();
        self.check_dump();
        self.check_loading()
    }

    fn check_worker(&mut self, number: usize) {
        let seen = see(&self.workers[number].memory);
        // What follows at the end of a session has a limit of its own.
        let is_over =
            |expiry: &Expiry| expiry.item.is_none() && !expiry.killed && expiry.is_over(&seen);
        if self.workers[number].watch.expired().is_some_and(is_over) {
            self.workers[number].watch = Watch::Quiet;
        }
        let reached = match (&self.workers[number].watch, self.left(&seen.activity)) {
            (Watch::Quiet, Some((limit, Duration::ZERO))) => Some(limit),
            _ => None,
        };
        if let Some(limit) = reached {
            self.expire_worker(number, limit, &seen);
        }
        let grace = self.grace(seen.activity.item);
        let worker = &mut self.workers[number];
        follow(
            &self.processes[worker.process],
            &mut worker.watch,
            &seen,
            grace,
        );
    }

    fn expire_worker(&mut self, number: usize, limit: Limit, seen: &Seen) {
        let worker = &mut self.workers[number];
        worker.watch = expire(
            &self.processes[worker.process],
            &mut worker.memory,
            limit,
            seen,
        );
        self.tell_limit(limit, seen.activity.item, Some(number));
    }

    fn grace(&self, item: Option<u32>) -> Grace {
        let limits = match (item, &self.suite) {
            (Some(item), Some(suite)) => suite.limits.of(item),
            _ => ItemLimits::default(),
        };
        // What may take so long when all is well may take it now, too.
        let teardown = if limits.teardown > 0.0 {
            limits.teardown
        } else {
            limits.whole
        };
        let duration = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Grace {
            phase: duration(self.rules.grace),
            teardown: duration(teardown),
            fixture: (self.rules.fixture > 0.0).then(|| duration(self.rules.fixture)),
        }
    }

    /// What is left of the time of the whole run.
    fn run_moment(&self) -> Option<Duration> {
        let seconds = self.rules.run;
        if self.stop.is_some() || self.ended {
            return None;
        }
        let (_, left) = remaining(seconds, Kind::Run, self.began, monotonic())?;
        Some(left)
    }

    /// Ends the run when its time is over: tests that run are interrupted (pytest-timeout waits for them).
    fn check_run(&mut self) {
        if self.run_moment() != Some(Duration::ZERO) || !self.distribute {
            return;
        }
        let limit = Limit {
            seconds: self.rules.run,
            kind: Kind::Run,
        };
        self.stop_with(Stop::ended("shouldfail", limit.message()));
        for number in self.living().collect::<Vec<_>>() {
            let seen = see(&self.workers[number].memory);
            if seen.activity.item.is_some() && matches!(self.workers[number].watch, Watch::Quiet) {
                self.expire_worker(number, limit, &seen);
            }
        }
        if self.collected.is_none() {
            self.expire_collection(limit);
        }
    }

    fn collection_moment(&self) -> Option<Duration> {
        if self.collected.is_some() || self.process_of(Role::Session).is_none() {
            return None;
        }
        self.watched_moment(self.session.as_ref()?)
    }

    /// When a process that collects or loads has to be looked at.
    fn watched_moment(&self, watched: &Watched) -> Option<Duration> {
        if !matches!(watched.watch, Watch::Quiet) {
            return Some(LOOK_AGAIN);
        }
        let activity = journal::activity(watched.memory.journal());
        match self.left(&activity) {
            Some((_, left)) => Some(left),
            // The next file may begin at any time.
            None => self.collect_limit(),
        }
    }

    /// Looks at the file that the session collects.
    fn check_collection(&mut self) {
        if self.collected.is_some() {
            return;
        }
        let Some(mut session) = self.session.take() else {
            return;
        };
        let reached = self.check_watched(Role::Session, &mut session, None);
        self.session = Some(session);
        if let Some(limit) = reached {
            self.tell_limit(limit, None, None);
        }
    }

    /// Looks at main, where it runs the tests itself.
    fn check_main(&mut self) {
        if self.distribute || self.suite.is_none() {
            return;
        }
        let Some(mut main) = self.main.take() else {
            return;
        };
        let item = journal::activity(main.memory.journal()).item;
        let reached = self.check_watched(Role::Main, &mut main, item);
        self.main = Some(main);
        if let Some(limit) = reached {
            self.tell_limit(limit, item, None);
        }
    }

    /// Returns the limit that was reached just now.
    fn check_watched(&self, role: Role, watched: &mut Watched, item: Option<u32>) -> Option<Limit> {
        let process = self.process_of(role)?;
        let mut reached = None;
        let seen = see(&watched.memory);
        match &watched.watch {
            Watch::Quiet => {
                if let Some((limit, Duration::ZERO)) = self.left(&seen.activity) {
                    watched.watch = expire(process, &mut watched.memory, limit, &seen);
                    reached = Some(limit);
                }
            }
            Watch::Expired(expiry) if !expiry.killed && expiry.is_over(&seen) => {
                watched.watch = Watch::Quiet;
            }
            _ => {}
        }
        follow(process, &mut watched.watch, &seen, self.grace(item));
        reached
    }

    fn expire_collection(&mut self, limit: Limit) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        if let Some(process) = self.process_of(Role::Session)
            && matches!(session.watch, Watch::Quiet)
        {
            let seen = see(&session.memory);
            session.watch = expire(process, &mut session.memory, limit, &seen);
        }
        self.session = Some(session);
    }

    /// When the conftest files should have been loaded.
    fn loading_moment(&self) -> Option<Duration> {
        let since = self.loading_since?;
        let (_, left) = remaining(self.rules.collect, Kind::Collect, since, monotonic())?;
        Some(left.max(LOOK_AGAIN))
    }

    /// Ends the run when a conftest file takes too long to be imported: without it there is nothing to run.
    fn check_loading(&mut self) -> Result<(), RunError> {
        let Some(since) = self.loading_since else {
            return Ok(());
        };
        let reached = remaining(self.rules.collect, Kind::Collect, since, monotonic());
        let Some((limit, Duration::ZERO)) = reached else {
            return Ok(());
        };
        let Some(mut main) = self.main.take() else {
            return Ok(());
        };
        let mut stacks = None;
        if let Some(process) = self.process_of(Role::Main) {
            let seen = see(&main.memory);
            if matches!(main.watch, Watch::Quiet) {
                main.watch = expire(process, &mut main.memory, limit, &seen);
            }
            if follow(process, &mut main.watch, &seen, Grace::default()) {
                stacks = Some(main.memory.stacks_from(0));
            }
        }
        self.main = Some(main);
        match stacks {
            None => Ok(()),
            Some(text) => Err(RunError::SlowConftest {
                seconds: as_python(self.rules.collect),
                stack: stacks::render(&stacks::parse(&text)),
            }),
        }
    }
}
