//! Workers that ask, finish, die and fail in any order, also one that no simulator would come to.

use hasten_schedule::{Item, Planner, PlannerOptions, Resources};
use proptest::prelude::*;

use crate::suites::options;

/// What happens next, to a worker.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// It asks.
    Asks,
    /// It finishes the first item that it has.
    Finishes,
    /// It fails the first item that it has, which is to be run again.
    Fails,
    /// It dies, and another takes its number later.
    Dies,
    /// It dies in the first item that it has, which is finished with that.
    DiesInItem,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Asks),
        8 => Just(Event::Finishes),
        1 => Just(Event::Fails),
        1 => Just(Event::Dies),
        1 => Just(Event::DiesInItem),
    ]
}

/// File, bound group (6 and more: none), runs alone (0), is known, resources, seconds, isolated unit.
type Drawn = (u32, u32, u32, bool, Vec<usize>, f64, Option<u32>);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let seconds = prop_oneof![4 => 0.0..0.002, 2 => 0.002..0.1, 1 => 0.1..20.0];
    let uses = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(0..2_usize, 1..3)];
    prop::collection::vec(
        (
            0..4_u32,
            0..18_u32,
            0..12_u32,
            any::<bool>(),
            uses,
            seconds,
            prop::option::of(0..12_u32),
        ),
        0..60,
    )
}

const LIMITS: [usize; 2] = [1, 2];
const MOST_FAILURES: u32 = 3;

/// A run, as its supervisor sees it.
struct Run<'a> {
    drawn: &'a [Drawn],
    planner: Planner,
    /// What each worker was sent and did not finish; none: it is gone.
    queues: Vec<Option<Vec<u32>>>,
    /// What the process of each worker was sent: items, each with its failures before.
    processes: Vec<Vec<(u32, u32)>>,
    finished: Vec<bool>,
    failures: Vec<u32>,
}

impl<'a> Run<'a> {
    fn new(
        drawn: &'a [Drawn],
        workers: usize,
        lookahead: bool,
        in_order: bool,
        isolated: bool,
    ) -> Self {
        let item = |(file, bound, alone, known, _, seconds, unit): &Drawn| Item {
            file: *file,
            scope: *file,
            expected: known.then_some(*seconds),
            bound: Some(*bound).filter(|bound| *bound < 6),
            alone: *alone == 0,
            unit: unit.filter(|_| isolated),
        };
        let mut resources = Resources::default();
        for (number, limit) in LIMITS.iter().enumerate() {
            let users = (0..)
                .zip(drawn)
                .filter(|(_, drawn)| drawn.4.contains(&number));
            resources.add(*limit, users.map(|(at, _)| at));
        }
        let options = PlannerOptions {
            lookahead,
            in_order,
            ..options(workers)
        };
        let items = drawn.iter().map(item).collect();
        Self {
            drawn,
            planner: Planner::with_resources(items, options, &resources),
            queues: vec![None; workers],
            processes: vec![Vec::new(); workers],
            finished: vec![false; drawn.len()],
            failures: vec![0; drawn.len()],
        }
    }

    fn handle(&mut self, worker: usize, event: Event) {
        let Some(queue) = &mut self.queues[worker] else {
            self.planner.add_worker(worker);
            self.queues[worker] = Some(Vec::new());
            self.processes[worker].clear();
            return;
        };
        match event {
            Event::Asks => self.ask(worker),
            Event::Finishes | Event::Fails => {
                if queue.is_empty() {
                    return;
                }
                let item = queue.remove(0);
                self.end(worker, item, matches!(event, Event::Fails));
            }
            Event::Dies | Event::DiesInItem => {
                let mut queue = std::mem::take(queue);
                self.queues[worker] = None;
                if matches!(event, Event::DiesInItem) && !queue.is_empty() {
                    let item = queue.remove(0);
                    self.end(worker, item, false);
                }
                let mut lost = self.planner.worker_gone(worker);
                // What it was to have and was not sent is given out again, too.
                lost.retain(|item| queue.contains(item));
                lost.sort_unstable();
                queue.sort_unstable();
                assert_eq!(lost, queue);
            }
        }
    }

    fn ask(&mut self, worker: usize) {
        let idle = self.queues[worker].as_ref().is_some_and(Vec::is_empty);
        let has_work = self.planner.has_work();
        let mut next = self.planner.next(worker);
        if next.renew {
            assert!(next.last && next.items.is_empty());
            assert!(
                !self.processes[worker].is_empty(),
                "a new one is new enough"
            );
            if idle {
                self.planner.renewed(worker);
                self.processes[worker].clear();
                next = self.planner.next(worker);
                assert!(
                    !next.items.is_empty() && !next.renew,
                    "it was renewed in vain"
                );
            }
        }
        assert!(
            next.last || !next.items.is_empty(),
            "nobody may wait for nothing"
        );
        if idle && has_work {
            assert!(
                !next.items.is_empty(),
                "there is work for everybody, and none for {worker}"
            );
        }
        for item in &next.items {
            let already = self
                .queues
                .iter()
                .flatten()
                .flatten()
                .any(|other| other == item);
            assert!(!already && !self.finished[*item as usize], "{item} twice");
        }
        for item in &next.items {
            self.processes[worker].push((*item, self.failures[*item as usize]));
        }
        self.check_process(worker);
        if let Some(queue) = &mut self.queues[worker] {
            queue.extend(next.items);
        }
        self.check();
    }

    fn end(&mut self, worker: usize, item: u32, fails: bool) {
        self.planner
            .observe(worker, item, self.drawn[item as usize].5);
        let failures = &mut self.failures[item as usize];
        if fails && *failures < MOST_FAILURES {
            *failures += 1;
            self.planner.requeue(&[item]);
        } else {
            self.finished[item as usize] = true;
        }
    }

    /// What is isolated shares its process with nothing but its unit, and not even with that when it runs again.
    fn check_process(&self, worker: usize) {
        let process = &self.processes[worker];
        let unit = |(item, failures): &(u32, u32)| {
            let drawn = &self.drawn[*item as usize];
            let own = *failures > 0 || (self.queues.len() > 1 && drawn.2 == 0);
            let unit = self
                .planner
                .is_isolated(worker)
                .then_some(drawn.6)
                .flatten();
            unit.map(|unit| (unit, own.then_some((*item, *failures))))
        };
        assert!(
            process
                .windows(2)
                .all(|pair| unit(&pair[0]) == unit(&pair[1])),
            "{process:?}"
        );
    }

    /// What holds at any time, if each worker runs what it has one after another.
    fn check(&self) {
        if self.queues.len() == 1 {
            return;
        }
        let queues = || {
            self.queues
                .iter()
                .flatten()
                .filter(|queue| !queue.is_empty())
        };
        for (number, limit) in LIMITS.iter().enumerate() {
            let uses = |item: &u32| {
                let (_, _, alone, _, uses, ..) = &self.drawn[*item as usize];
                *alone > 0 && uses.contains(&number)
            };
            let users = queues().filter(|queue| queue.iter().any(uses)).count();
            assert!(
                users <= *limit,
                "{users} of {limit} have resource {number}: {:?}",
                self.queues
            );
        }
        let alone = |item: &u32| self.drawn[*item as usize].2 == 0;
        if queues().any(|queue| queue.iter().any(alone)) {
            assert_eq!(
                queues().count(),
                1,
                "beside one that runs alone: {:?}",
                self.queues
            );
        }
    }

    /// From now on everybody asks and finishes in turn.
    fn drain(&mut self) {
        let mut idle = 0;
        while self.planner.remaining() > 0 {
            let before = self.planner.remaining();
            let has_work = self.planner.has_work();
            for worker in 0..self.queues.len() {
                self.handle(worker, Event::Asks);
                self.handle(worker, Event::Finishes);
            }
            let moved = self.planner.remaining() < before || has_work;
            idle = if moved { 0 } else { idle + 1 };
            assert!(
                idle < 3,
                "{} items are never given out",
                self.planner.remaining()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_starves_an_item_or_gives_one_out_twice(
        drawn in drawn(),
        events in prop::collection::vec((0..6_usize, event()), 0..200),
        workers in 1..6_usize,
        lookahead: bool,
        in_order: bool,
        isolated: bool,
    ) {
        let mut run = Run::new(&drawn, workers, lookahead, in_order, isolated);
        for (worker, event) in events {
            run.handle(worker % workers, event);
        }
        run.drain();
        prop_assert!(run.finished.iter().all(|finished| *finished), "{:?}", run.finished);
        prop_assert!(!run.planner.has_work());
    }
}
