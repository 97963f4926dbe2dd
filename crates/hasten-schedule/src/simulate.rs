//! Plays a run: what the planner does when items take the time that they are said to take.
//!
//! The supervisor and the workers behave as `docs/design/protocol.md` says: a worker asks for more just
//! before the teardown of its last item, or before it starts it when it must know the next one, and
//! reports what is finished every 5 ms.

mod cores;
mod elastic;
mod outcome;
mod scenario;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::{Assignment, Item, Planner, PlannerOptions};
use cores::Cores;
use elastic::Pool;
pub use outcome::{Outcome, Setups};
pub use scenario::{Death, Scenario};

/// A worker reports when so many seconds have passed.
const REPORT_EVERY: f64 = 0.005;

/// Plays a run of `items` that take `durations` seconds.
///
/// A duration that is missing is nothing. Items that the planner does not give out are missing in the outcome.
#[must_use]
pub fn simulate(
    items: &[Item],
    durations: &[f64],
    options: PlannerOptions,
    scenario: &Scenario,
) -> Outcome {
    let mut run = Run::new(items, durations, options, scenario);
    for number in 0..scenario.workers {
        run.start_worker(number as f64 * scenario.start);
    }
    run.begin_looking();
    while let Some(event) = run.next_event() {
        run.handle(event.worker, event.time);
    }
    run.outcome
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Event {
    time: f64,
    order: usize,
    worker: usize,
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.time
            .total_cmp(&other.time)
            .then(self.order.cmp(&other.order))
    }
}

/// What a worker does until its next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Starting,
    /// It waits for something in an item, or computes and has a core for itself.
    Running(u32),
    /// It computes, on cores that are shared.
    Computing(u32),
    /// Its answer is on the way. The item is the one whose teardown waits, or that was not started yet.
    Asking(Option<u32>),
    /// It waits for an order; nothing is on the way.
    Nothing,
    /// An order that it did not ask for is on the way.
    Waking,
    Dead,
}

#[derive(Clone, Debug)]
struct Process {
    doing: Doing,
    queue: VecDeque<u32>,
    last: bool,
    /// It needs another process for what comes next.
    renew: bool,
    started: usize,
    unsent: Vec<(u32, f64)>,
    sent_at: f64,
}

struct Run<'a> {
    durations: &'a [f64],
    lookahead: bool,
    scenario: &'a Scenario,
    planner: Planner,
    processes: Vec<Process>,
    events: BinaryHeap<Reverse<Event>>,
    order: usize,
    cores: Option<Cores>,
    pool: Option<Pool>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn new(
        items: &[Item],
        durations: &'a [f64],
        options: PlannerOptions,
        scenario: &'a Scenario,
    ) -> Self {
        Self {
            durations,
            lookahead: options.lookahead,
            scenario,
            planner: Planner::with_resources(items.to_vec(), options, &scenario.resources),
            processes: Vec::new(),
            events: BinaryHeap::new(),
            order: 0,
            cores: scenario.cores.map(Cores::new),
            pool: Pool::of(scenario),
            outcome: Outcome::default(),
        }
    }

    fn duration(&self, item: u32) -> f64 {
        self.durations.get(item as usize).copied().unwrap_or(0.0)
    }

    fn at(&mut self, time: f64, worker: usize) {
        self.order += 1;
        self.events.push(Reverse(Event {
            time,
            order: self.order,
            worker,
        }));
    }

    /// The seconds of an item in which it waits, and those in which it computes.
    fn parts(&self, item: u32) -> (f64, f64) {
        let whole = self.duration(item);
        let computing = self.scenario.computing.get(item as usize).copied();
        let computing = computing.filter(|_| self.cores.is_some()).unwrap_or(0.0);
        ((whole - computing).max(0.0), computing.min(whole))
    }

    /// What happens next.
    fn next_event(&mut self) -> Option<Event> {
        let queued = self.events.peek().map(|Reverse(event)| event.time);
        if let Some(cores) = &mut self.cores
            && let Some((time, worker)) = cores.next()
            && queued.is_none_or(|queued| time <= queued)
        {
            cores.go_to(time);
            cores.end(worker);
            return Some(Event {
                time,
                order: 0,
                worker,
            });
        }
        let Reverse(event) = self.events.pop()?;
        if let Some(cores) = &mut self.cores {
            cores.go_to(event.time);
        }
        Some(event)
    }

    fn start_worker(&mut self, time: f64) {
        self.processes.push(Process {
            doing: Doing::Starting,
            queue: VecDeque::new(),
            last: false,
            renew: false,
            started: 0,
            unsent: Vec::new(),
            sent_at: time,
        });
        self.outcome.sequences.push(Vec::new());
        self.outcome.renewals.push(Vec::new());
        self.outcome.times.push(Vec::new());
        self.at(time, self.processes.len() - 1);
    }

    fn handle(&mut self, worker: usize, time: f64) {
        if worker == elastic::LOOK {
            self.look(time);
            return;
        }
        match self.processes[worker].doing {
            Doing::Starting => {
                self.planner.add_worker(worker);
                self.feed(worker);
                self.go_on(worker, time);
            }
            Doing::Running(item) => self.compute(worker, item, time),
            Doing::Computing(item) => self.finish(worker, item, time),
            Doing::Asking(item) => {
                self.feed(worker);
                match item {
                    Some(item) if self.lookahead => self.run(worker, item, time),
                    Some(item) => self.finished(worker, item, time),
                    None => self.go_on(worker, time),
                }
            }
            Doing::Waking => self.go_on(worker, time),
            Doing::Nothing | Doing::Dead => {}
        }
    }

    fn feed(&mut self, worker: usize) {
        let rests = self.is_crowded(worker) && self.planner.rest(worker);
        let mut next = if rests {
            Assignment {
                last: true,
                ..Assignment::default()
            }
        } else {
            self.planner.next(worker)
        };
        let idle = matches!(
            self.processes[worker].doing,
            Doing::Nothing | Doing::Asking(None)
        );
        if next.renew && idle {
            self.planner.renewed(worker);
            let before = self.outcome.sequences[worker].len();
            self.outcome.renewals[worker].push(before);
            next = self.planner.next(worker);
        }
        self.outcome.batches += usize::from(!next.items.is_empty());
        let process = &mut self.processes[worker];
        process.queue.extend(next.items);
        process.last = next.last;
        process.renew = next.renew;
    }

    /// The worker takes the next item of its queue.
    fn go_on(&mut self, worker: usize, time: f64) {
        let process = &mut self.processes[worker];
        let Some(item) = process.queue.pop_front() else {
            process.doing = Doing::Nothing;
            self.report(worker, time);
            if !self.processes[worker].last {
                self.ask(worker, None, time);
            } else if self.processes[worker].renew
                || self.planner.will_renew(worker)
                || self.planner.has_work() && !self.is_crowded(worker)
            {
                // Its process has run what it may, or another worker died after this one was told that nothing follows.
                self.wake(worker, time);
            }
            return;
        };
        if self.lookahead && self.must_ask(worker) {
            self.report(worker, time);
            self.ask(worker, Some(item), time);
        } else {
            self.run(worker, item, time);
        }
    }

    fn must_ask(&self, worker: usize) -> bool {
        let process = &self.processes[worker];
        process.queue.is_empty() && !process.last
    }

    fn ask(&mut self, worker: usize, item: Option<u32>, time: f64) {
        self.outcome.waits += 1;
        self.processes[worker].doing = Doing::Asking(item);
        self.at(time + self.scenario.round_trip, worker);
    }

    fn run(&mut self, worker: usize, item: u32, time: f64) {
        let started = self.processes[worker].started;
        let due = |death: &&Death| death.worker == worker && death.after == started;
        let death = self.scenario.deaths.iter().find(due).copied();
        if let Some(death) = death.filter(|death| !death.in_item) {
            self.die(worker, death, time);
            return;
        }
        let (waiting, _) = self.parts(item);
        let end = time + waiting;
        self.outcome.sequences[worker].push(item);
        self.outcome.times[worker].push((time, end));
        self.processes[worker].started += 1;
        self.processes[worker].doing = Doing::Running(item);
        self.at(end, worker);
    }

    /// An item has waited.
    fn compute(&mut self, worker: usize, item: u32, time: f64) {
        let (_, computing) = self.parts(item);
        match &mut self.cores {
            Some(cores) if computing > 0.0 => {
                cores.begin(worker, computing);
                self.processes[worker].doing = Doing::Computing(item);
            }
            _ => self.finish(worker, item, time),
        }
    }

    /// The call of an item is over.
    fn finish(&mut self, worker: usize, item: u32, time: f64) {
        let started = self.processes[worker].started;
        let due =
            |death: &&Death| death.in_item && death.worker == worker && death.after + 1 == started;
        let death = self.scenario.deaths.iter().find(due).copied();
        self.outcome.makespan = self.outcome.makespan.max(time);
        if let Some(last) = self.outcome.times[worker].last_mut() {
            last.1 = time;
        }
        if let Some(death) = death {
            let duration = self.duration(item);
            self.processes[worker].unsent.push((item, duration));
            self.die(worker, death, time);
        } else if !self.lookahead && self.must_ask(worker) {
            self.report(worker, time);
            if self.must_ask(worker) {
                self.ask(worker, Some(item), time);
            } else {
                self.finished(worker, item, time);
            }
        } else {
            self.finished(worker, item, time);
        }
    }

    /// The teardown of an item is over.
    fn finished(&mut self, worker: usize, item: u32, time: f64) {
        let duration = self.duration(item);
        let process = &mut self.processes[worker];
        process.unsent.push((item, duration));
        if time - process.sent_at >= REPORT_EVERY {
            self.report(worker, time);
        }
        self.go_on(worker, time);
    }

    fn report(&mut self, worker: usize, time: f64) {
        let process = &mut self.processes[worker];
        process.sent_at = time;
        for (item, seconds) in std::mem::take(&mut process.unsent) {
            self.planner.observe(worker, item, seconds);
        }
        if self.planner.needs_top_up(worker) {
            self.feed(worker);
        }
        // Perhaps that was all that an item had to wait for which runs alone.
        self.wake_idle(worker, time);
    }

    /// The supervisor asks for the workers that have nothing to do.
    fn wake_idle(&mut self, except: usize, time: f64) {
        for other in 0..self.processes.len() {
            if other != except
                && self.processes[other].doing == Doing::Nothing
                && self.planner.has_work()
                && !self.is_crowded(other)
            {
                self.wake(other, time);
            }
        }
    }

    /// The supervisor sends an idle worker something that it did not ask for.
    fn wake(&mut self, worker: usize, time: f64) {
        self.feed(worker);
        self.processes[worker].doing = Doing::Waking;
        self.at(time + self.scenario.round_trip, worker);
    }

    fn die(&mut self, worker: usize, death: Death, time: f64) {
        let process = &mut self.processes[worker];
        process.doing = Doing::Dead;
        process.queue.clear();
        for (item, seconds) in std::mem::take(&mut process.unsent) {
            self.planner.observe(worker, item, seconds);
        }
        self.planner.worker_gone(worker);
        self.outcome.died.push(worker);
        self.wake_idle(worker, time);
        let living = self
            .processes
            .iter()
            .any(|process| process.doing != Doing::Dead);
        let crowded = self.is_crowded(worker);
        if self.planner.has_work() && (death.replaced && !crowded || !living) {
            self.start_worker(time + self.scenario.start);
        }
    }
}
