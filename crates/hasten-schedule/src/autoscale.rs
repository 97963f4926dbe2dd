//! How many workers there should be: as many as keep the cores busy, and no more (autoscaling).
//!
//! Tests that wait (for a socket, a sleep, a subprocess that waits itself) leave cores idle, and further workers use them.
//! Tests that compute do not, and further workers would only take turns. Which of both a suite is, changes from one
//! minute to the next, so the pool is measured all the time: the supervisor calls [`Autoscaler::look`] with a [`Sample`] of
//! what the system says, and sees to it that as many workers are active as the answer says. It adds workers, or lets those
//! that ask next have nothing; it ends none.
//!
//! The rules, for `n` active workers on `c` cores:
//!
//! - With `i` cores idle each worker takes `(c - i) / n`, and as many are added as the idle cores have room for, where the
//!   last one may be a quarter too large. At most as many as there are, since this is an estimate.
//! - Where other programs keep the cores busy, the workers' own demand counts, taken for at least a quarter of a core
//!   each, as long as it is less than half of the cores: tests that wait can wait beside other programs, too, but
//!   nobody knows then what more of them would cost.
//! - Only as many as find something to do, and begin it before the others would have done it: a new worker costs its start
//!   and its session fixtures.
//! - When workers want to compute on more than 1.5 `c` cores, fewer are active, but never fewer than `c`. Between the two
//!   nothing changes, so that the pool does not swing.
//! - When memory is short, one after another stops.

/// Seconds that the load is averaged over. The system counts idle time in steps of 10 ms, so this is right to a tenth; a fork
/// and the first test take 25 ms of one core, so the pool can double four times within half a second.
const WINDOW: f64 = 0.1;
/// What a worker takes at least, in cores: one that sleeps still reports and tears down.
const LEAST_DEMAND: f64 = 0.05;
/// The same where other programs keep the cores busy: then at most four workers sleep on each core.
const LEAST_DEMAND_BESIDE_OTHERS: f64 = 0.25;
/// The part of its demand that the last of the new workers may exceed the idle cores by.
const ROUNDED_UP: f64 = 0.25;
/// Idle cores below this are what measuring and switching leave.
const LEAST_IDLE: f64 = 0.1;
/// From so many times the cores on, too many workers want to compute.
const CROWDED: f64 = 1.5;
/// So many times the cores are wanted after a step back.
const EASED: f64 = 1.25;
/// Without knowing what workers wait for, they are taken for too many after so many seconds in which no core was idle.
const SUSPECT_AFTER: f64 = 1.0;
/// After a step back no worker is added for so many seconds; twice as long after each further one.
const PAUSE: f64 = 0.5;
const LONGEST_PAUSE: f64 = 16.0;
/// Seconds between two steps back for lack of memory: what a worker frees is seen later.
const MEMORY_PAUSE: f64 = 1.0;

/// What the pool is bounded by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Cores that the run may use; a part of one where a quota says so.
    pub cores: f64,
    /// Workers at the start.
    pub start: usize,
    /// The most workers that there may be.
    pub most: usize,
}

/// What was seen since the previous sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Seconds that it covers.
    pub seconds: f64,
    /// Cores that were idle, on average, of those that the run may use. What other programs use is not idle.
    pub idle: f64,
    /// Cores that the active workers and what they started used or waited for, on average, if the system says so.
    pub wanted: Option<f64>,
    /// Processes of theirs that compute or wait for a core at the moment of the sample. `wanted` does not know of the wait
    /// that is not over.
    pub runnable: usize,
    /// Workers that have something to do.
    pub active: usize,
    /// Those of them that are not at their first test yet.
    pub starting: usize,
    /// Number of workers beside these that would find something to do.
    pub room: usize,
    /// Seconds of work that nobody was given yet, as far as it is known.
    pub work: f64,
    /// Seconds from the start of a worker to its first test, if one has come so far.
    pub start_up: Option<f64>,
    /// There is so little memory left that there should be fewer workers.
    pub memory_is_short: bool,
}

/// How many workers have use for themselves in a run of tests that take `seconds`, compute for `computing` of these, and of
/// which the longest takes `longest`: with more of them it would not end earlier.
#[must_use]
pub fn foreseen(seconds: f64, computing: f64, longest: f64, cores: f64) -> usize {
    let least = (computing / cores.max(LEAST_DEMAND)).max(longest);
    if least > 0.0 {
        // Saturates: a huge number is no number that anybody begins with.
        (seconds / least) as usize
    } else {
        1
    }
}

/// Decides how many workers are active.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    bounds: Bounds,
    target: usize,
    /// Samples of the window, summed up.
    seconds: f64,
    idle: f64,
    wanted: Option<f64>,
    runnable: f64,
    /// Seconds of the run so far.
    now: f64,
    /// Seconds, up to now, in which no core was idle.
    full_for: f64,
    /// No worker is added before.
    paused_until: f64,
    pause: f64,
    /// No step back for lack of memory before.
    memory_eases_at: f64,
}

impl Autoscaler {
    /// A pool with as many workers as `bounds` say for the start.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let most = bounds.most.max(1);
        let bounds = Bounds {
            most,
            start: bounds.start.clamp(1, most),
            cores: bounds.cores.max(LEAST_DEMAND),
        };
        Self {
            bounds,
            target: bounds.start,
            seconds: 0.0,
            idle: 0.0,
            wanted: Some(0.0),
            runnable: 0.0,
            now: 0.0,
            full_for: 0.0,
            paused_until: 0.0,
            pause: PAUSE,
            memory_eases_at: 0.0,
        }
    }

    /// How many workers may be active at a time.
    #[must_use]
    pub const fn target(&self) -> usize {
        self.target
    }

    /// True when samples can change anything: further workers would find something to do, or there are more than cores.
    #[must_use]
    pub fn is_of_use(&self, active: usize, room: usize) -> bool {
        room > 0 && (active > self.least() || active < self.bounds.most)
    }

    /// Memory ran out: there should have been one worker less, and no more are added.
    pub fn memory_ran_out(&mut self, active: usize) {
        self.bounds.most = self.target.min(active).saturating_sub(1).max(1);
        self.target = self.bounds.most;
    }

    /// Takes a sample in, and returns how many workers are to be active.
    ///
    /// `fits` says for how many further workers there is memory; it is asked only when some are to be added.
    pub fn look(&mut self, sample: &Sample, fits: impl FnOnce() -> usize) -> usize {
        let seconds = sample.seconds.max(0.0);
        self.now += seconds;
        self.seconds += seconds;
        self.idle += sample.idle.clamp(0.0, self.bounds.cores) * seconds;
        self.wanted = self
            .wanted
            .zip(sample.wanted)
            .map(|(sum, wanted)| sum + wanted * seconds);
        self.runnable += sample.runnable as f64 * seconds;
        if self.seconds < WINDOW {
            return self.target;
        }
        let idle = self.idle / self.seconds;
        let wanted = self.wanted.map(|sum| sum / self.seconds);
        let runnable = self.runnable / self.seconds;
        if idle < LEAST_IDLE {
            self.full_for += self.seconds;
        } else {
            self.full_for = 0.0;
        }
        self.begin_window();
        if !self.step_back(sample, wanted) {
            let own = wanted.map(|wanted| wanted.max(runnable));
            self.grow(sample, idle, own, fits);
        }
        self.target
    }

    fn begin_window(&mut self) {
        self.seconds = 0.0;
        self.idle = 0.0;
        self.wanted = Some(0.0);
        self.runnable = 0.0;
    }

    /// No step back goes below this, unless memory is short.
    fn least(&self) -> usize {
        (self.bounds.cores.ceil() as usize).clamp(1, self.bounds.most)
    }

    fn step_back(&mut self, sample: &Sample, wanted: Option<f64>) -> bool {
        let active = sample.active.min(self.target);
        if sample.memory_is_short {
            if self.now >= self.memory_eases_at && active > 1 {
                self.target = active - 1;
                self.memory_eases_at = self.now + MEMORY_PAUSE;
            }
            return true;
        }
        if active <= self.least() {
            return false;
        }
        let fewer = match wanted {
            Some(wanted) if wanted > self.bounds.cores * CROWDED => {
                (active as f64 * self.bounds.cores * EASED / wanted) as usize
            }
            None if self.full_for >= SUSPECT_AFTER => active - 1,
            _ => return false,
        };
        self.target = fewer.clamp(self.least(), active);
        self.full_for = 0.0;
        self.paused_until = self.now + self.pause;
        self.pause = (self.pause * 2.0).min(LONGEST_PAUSE);
        true
    }

    fn grow(
        &mut self,
        sample: &Sample,
        idle: f64,
        wanted: Option<f64>,
        fits: impl FnOnce() -> usize,
    ) {
        let Sample { active, room, .. } = *sample;
        let Some(start_up) = sample.start_up else {
            return;
        };
        if sample.starting > 0 || active == 0 || self.now < self.paused_until {
            return;
        }
        let most = self.bounds.most.saturating_sub(active);
        let more = self.affordable(active, idle, wanted);
        let more = more.min(active).min(room).min(most);
        let pays_off = |nth: &usize| sample.work / (active + nth) as f64 > start_up;
        let more = (0..more).take_while(pays_off).count();
        if more > 0 {
            self.target = active + more.min(fits());
        }
    }

    /// How many more workers the cores have room for.
    fn affordable(&self, active: usize, idle: f64, wanted: Option<f64>) -> usize {
        let cores = self.bounds.cores;
        let active = active as f64;
        let room = |free: f64, demand: f64| {
            if free < LEAST_IDLE {
                0
            } else {
                (free / demand + ROUNDED_UP) as usize
            }
        };
        let on_idle_cores = room(idle, ((cores - idle) / active).max(LEAST_DEMAND));
        let waits = |wanted: &f64| *wanted < cores / 2.0;
        let beside_others = wanted.filter(waits).map_or(0, |wanted| {
            let demand = (wanted / active).max(LEAST_DEMAND_BESIDE_OTHERS);
            room(cores - demand * active, demand)
        });
        on_idle_cores.max(beside_others)
    }
}
