//! The planner: a state machine that the supervisor asks what a worker is to run.

mod alone;
mod bound;
mod elastic;
mod find;
mod held;
mod renewal;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::amount::Amount;
use crate::batch::Batch;
use crate::bound::BoundGroups;
use crate::count::worker_count;
use crate::estimate::{Estimates, duration};
use crate::held::{Held, Resources};
use crate::isolation::{self, Units};
use crate::layout::{Layout, Rank, Unit};
use crate::pool::Pool;
use crate::share::Groups;
use crate::worker::Worker;
use crate::{Assignment, Item, PlannerOptions};

/// A batch is at least so many seconds of work where there is so much: a question costs about 0.1 ms.
const LEAST_BATCH: f64 = 0.001;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Sent,
    Finished,
}

/// Decides which item runs on which worker.
///
/// Workers have the numbers that the supervisor gives them. A number that is not known, or gone, is answered as
/// one for whom nothing is left.
#[derive(Clone, Debug)]
pub struct Planner {
    options: PlannerOptions,
    estimates: Estimates,
    layout: Layout,
    pool: Pool,
    groups: Groups,
    bound: BoundGroups,
    held: Held,
    units: Units,
    /// Items to send that run alone.
    alone: BTreeSet<u32>,
    /// Whether each item runs alone.
    runs_alone: Vec<bool>,
    /// The worker that has such items unfinished, and their number.
    solo: Option<(usize, usize)>,
    /// Number of workers that can have something at a time.
    most_useful: usize,
    workers: Vec<Option<Worker>>,
    living: usize,
    /// Workers that are expected and were not added yet.
    awaited: usize,
    states: Vec<State>,
    /// Keep to the order of collection.
    in_order: bool,
    waiting: Amount,
    unfinished: Amount,
    /// Seconds of all finished items.
    finished: f64,
}

impl Planner {
    /// Plans a run of these items, which are in the order of collection.
    ///
    /// The plan is made for as many workers as [`Planner::worker_count_for`] finds for
    /// `options.workers`. More or fewer may come.
    #[must_use]
    pub fn new(items: Vec<Item>, options: PlannerOptions) -> Self {
        Self::with_resources(items, options, &Resources::default())
    }

    /// Likewise, where items use resources.
    #[must_use]
    pub fn with_resources(
        mut items: Vec<Item>,
        options: PlannerOptions,
        resources: &Resources,
    ) -> Self {
        let one_by_one = options.workers.max(options.most) <= 1;
        if one_by_one {
            for item in &mut items {
                item.bound = None;
                item.alone = false;
            }
        }
        isolation::bind(&mut items);
        let estimates = Estimates::new(&items, options.batch);
        let mut all = Amount::default();
        for item in &items {
            all.add(item.expected.and_then(duration));
        }
        let known = all.items - all.unknown;
        let bound = BoundGroups::new(&items);
        let none = Resources::default();
        let resources = if one_by_one { &none } else { resources };
        let held = Held::new(&items, resources, &bound, &estimates);
        let alone: BTreeSet<u32> = (0..)
            .zip(&items)
            .filter_map(|(at, item)| item.alone.then_some(at))
            .collect();
        let most_useful = most_useful(&items, &bound, &held);
        let awaited = worker_count(
            options.workers.min(most_useful),
            all.items,
            known,
            all.seconds(&estimates),
        );
        let (layout, units) =
            Layout::new(&items, &estimates, &bound, &held, awaited, options.in_order);
        let mut planner = Self {
            in_order: options.in_order || awaited <= 1 || layout.interleaved,
            states: vec![State::Waiting; items.len()],
            waiting: all,
            unfinished: all,
            finished: 0.0,
            workers: Vec::new(),
            living: 0,
            groups: Groups::default(),
            bound,
            held,
            units: Units::new(&items),
            alone,
            solo: None,
            runs_alone: items.iter().map(|item| item.alone).collect(),
            most_useful,
            pool: Pool::default(),
            options,
            estimates,
            layout,
            awaited,
        };
        for unit in units {
            let group = planner.bound.of(planner.layout.item(unit.places.start));
            match group.filter(|group| planner.held.has_group(*group)) {
                Some(group) => planner.offer_held(group),
                None => planner.offer(unit),
            }
        }
        planner
    }

    /// Adds a worker, or one that takes the number of one that is gone.
    pub fn add_worker(&mut self, worker: usize) {
        if self.workers.len() <= worker {
            self.workers.resize_with(worker + 1, || None);
        }
        if self.workers[worker].is_none() {
            self.workers[worker] = Some(Worker::new());
            self.living += 1;
            self.awaited = self.awaited.saturating_sub(1);
        }
    }

    /// Returns what a worker is to run next: when it is new, when it asks, and when it
    /// [should have more](Self::needs_top_up).
    ///
    /// With lookahead, a worker that asks has one item left and does not start it before the answer.
    pub fn next(&mut self, worker: usize) -> Assignment {
        let Some(state) = self.worker(worker) else {
            return Assignment {
                items: Vec::new(),
                last: true,
                renew: false,
            };
        };
        let least = if self.options.lookahead {
            2_usize.saturating_sub(state.queued()).max(1)
        } else {
            1
        };
        let budget = self.budget();
        let mut batch = Batch::new(budget, self.options.batch, least, state.unproven);
        let barred = self.is_barred(Some(worker));
        let held = !barred && self.take_held(worker, &mut batch, false);
        while !barred && !held && self.find_work(worker, &batch) {
            if !self.fill(worker, &mut batch) {
                break;
            }
        }
        if !barred && batch.items.is_empty() && !self.take_held(worker, &mut batch, true) {
            // A group that stays together, and is its own now.
            while self.bound_of(worker).is_some() && self.fill(worker, &mut batch) {}
        }
        if let Some(item) = self.take_alone(worker, &batch) {
            batch.items.push(item);
        }
        // One that is answered now asks once more, and may then take what runs alone without a new set-up.
        let later = !self.alone.is_empty() || !self.held.is_empty();
        let asks_again = later && !batch.items.is_empty();
        let renew = batch.items.is_empty() && !barred && self.decide_renewal(worker);
        let last = if self.is_isolated(worker) {
            !self.unit_goes_on(worker)
        } else {
            !self.has_work_for(worker) && !asks_again
        };
        let last = last || batch.items.is_empty();
        if let Some(state) = self.worker_mut(worker) {
            state.told_last = last;
            state.renews &= renew;
        }
        Assignment {
            items: batch.items,
            last,
            renew,
        }
    }

    /// An item finished on a worker, after so many seconds.
    pub fn observe(&mut self, worker: usize, item: u32, seconds: f64) {
        let Some(state) = self.states.get_mut(item as usize) else {
            return;
        };
        if let Some(Some(worker)) = self.workers.get_mut(worker) {
            worker.finish(item);
            worker.pace(seconds, self.options.batch / 4.0);
        }
        if *state == State::Sent {
            *state = State::Finished;
            self.unfinished.remove(self.estimates.history(item));
            self.finished += duration(seconds).unwrap_or(0.0);
            self.estimates.observe(item, seconds);
            self.finish_bound(worker, item);
            self.finish_alone(item);
            self.held.finish(item);
        }
    }

    /// A worker is gone. Returns what it held and did not finish; that is given out again.
    ///
    /// The item that it died in is to be [observed](Self::observe) before, unless it shall run once more.
    pub fn worker_gone(&mut self, worker: usize) -> Vec<u32> {
        let Some(gone) = self.workers.get_mut(worker).and_then(Option::take) else {
            return Vec::new();
        };
        self.living -= 1;
        self.held.worker_gone(worker);
        self.solo = self.solo.filter(|(solo, _)| *solo != worker);
        if let Some(group) = gone.group {
            self.leave(group, worker);
        }
        let mut lost: Vec<u32> = gone.unfinished().collect();
        self.unsend(&lost);
        lost.extend(self.layout.items(&gone.piece));
        self.give_back(&lost);
        self.release_bound(&gone.bound);
        lost
    }

    /// Gives finished items out again.
    pub fn requeue(&mut self, items: &[u32]) {
        let mut again = Vec::new();
        for item in items {
            if self.states.get(*item as usize) == Some(&State::Finished) {
                self.unsend(&[*item]);
                let history = self.estimates.history(*item);
                self.unfinished.add(history);
                if let Some(unit) = self.units.again(*item) {
                    self.bound.set_rank(*item, unit);
                }
                again.push(*item);
            }
        }
        self.give_back(&again);
    }

    /// True when a worker will soon have nothing to do, and more can be sent before it asks.
    ///
    /// False when its queue has an item whose duration is a guess: it may be long, and nothing should wait
    /// behind it.
    #[must_use]
    pub fn needs_top_up(&self, worker: usize) -> bool {
        self.worker(worker).is_some_and(|state| {
            !state.told_last
                && state.queued() > 0
                && state.is_certain()
                && state.seconds() < self.options.top_up
                && self.has_work_for(worker)
        })
    }

    /// True when [`Planner::next`] has items for any worker that asks, also for a new one.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.is_barred(None)
            && (!self.pool.is_empty()
                || !self.groups.is_empty()
                || self.held.has_for(None)
                || self.has_alone_for(None))
    }

    /// Number of items that are not finished.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.unfinished.items
    }

    /// Expected seconds until all items are finished, when enough is known.
    ///
    /// What runs now counts as if it had just started.
    #[must_use]
    pub fn expected_seconds_left(&self) -> Option<f64> {
        let Amount { items, unknown, .. } = self.unfinished;
        let proven = self.estimates.proven() as usize;
        if unknown * 10 > items && proven * 10 < unknown {
            return None;
        }
        let share = self.unfinished.seconds(&self.estimates) / self.expected_workers();
        Some(
            self.workers
                .iter()
                .flatten()
                .map(Worker::seconds)
                .fold(share, f64::max),
        )
    }

    /// Returns how many workers are worth forking for what is not finished: no more than `max` and than there are
    /// items, and where durations are known, no more than have 20 ms of work.
    #[must_use]
    pub fn worker_count_for(&self, max: usize) -> usize {
        let Amount { items, unknown, .. } = self.unfinished;
        worker_count(
            max.min(self.most_useful),
            items,
            items - unknown,
            self.unfinished.seconds(&self.estimates),
        )
    }

    fn worker(&self, worker: usize) -> Option<&Worker> {
        self.workers.get(worker)?.as_ref()
    }

    fn worker_mut(&mut self, worker: usize) -> Option<&mut Worker> {
        self.workers.get_mut(worker)?.as_mut()
    }

    fn expected_workers(&self) -> f64 {
        (self.living + self.awaited).max(1) as f64
    }

    /// Seconds of the next batch: less towards the end, so that nobody holds what others could run.
    fn budget(&self) -> f64 {
        let workers = self.expected_workers();
        if workers <= 1.0 {
            return self.options.batch;
        }
        let fair = self.waiting.seconds(&self.estimates) / (2.0 * workers);
        fair.max(LEAST_BATCH).min(self.options.batch)
    }

    fn has_work_for(&self, worker: usize) -> bool {
        !self.is_barred(Some(worker))
            && (!self.pool.is_empty()
                || !self.groups.is_empty()
                || self
                    .worker(worker)
                    .is_some_and(|state| !state.piece.is_empty())
                || self.bound_of(worker).is_some()
                || self.held.has_for(Some(worker))
                || self.has_alone_for(Some(worker)))
    }

    fn offer(&mut self, unit: Unit) {
        let by_seconds = match unit.rank {
            Rank::Long => true,
            Rank::Known | Rank::Isolated => !self.in_order,
            Rank::Returned | Rank::Unknown => false,
        };
        let seconds = if by_seconds {
            self.layout.seconds(&unit.places, &self.estimates)
        } else {
            0.0
        };
        self.pool.add(unit, seconds);
    }

    /// Items that were sent, or finished, are to be sent once more.
    fn unsend(&mut self, items: &[u32]) {
        for item in items {
            self.states[*item as usize] = State::Waiting;
            self.waiting.add(self.estimates.history(*item));
        }
    }

    /// Offers items as units of places that follow one another.
    fn give_back(&mut self, items: &[u32]) {
        let free: Vec<u32> = items
            .iter()
            .copied()
            .filter(|item| {
                !self.give_back_alone(*item)
                    && !self.give_back_bound(*item)
                    && !self.give_back_held(*item)
            })
            .collect();
        let mut places: Vec<u32> = free.iter().map(|item| self.layout.place(*item)).collect();
        places.sort_unstable();
        let file = |place: u32| self.estimates.file_of(self.layout.item(place));
        let units: Vec<Range<u32>> = places
            .chunk_by(|a, b| *b == *a + 1 && file(*a) == file(*b))
            .map(|run| run[0]..run[run.len() - 1] + 1)
            .collect();
        for places in units {
            self.offer(Unit {
                rank: Rank::Returned,
                whole: false,
                places,
            });
        }
    }

    fn leave(&mut self, group: usize, worker: usize) {
        let places = self.groups.leave(group, worker);
        let known = self.options.in_order || self.layout.unknown(&places) == 0;
        let rank = if known { Rank::Known } else { Rank::Unknown };
        self.offer(Unit {
            rank,
            whole: false,
            places,
        });
    }
}

/// Number of workers that can have something at a time.
fn most_useful(items: &[Item], bound: &BoundGroups, held: &Held) -> usize {
    let free = (0..)
        .zip(items)
        .filter(|(at, item)| !item.alone && item.bound.is_none() && !held.has(*at))
        .count();
    (free + bound.len() + held.most_useful()).max(items.len().min(1))
}
