//! Cores that are shared: who computes has an equal part of them, and at most one.

/// The cores, and who computes on them.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    count: f64,
    now: f64,
    /// Workers that compute, and the seconds of a core that they need still.
    running: Vec<(usize, f64)>,
    /// Seconds of cores that were used so far, and that were wanted.
    pub(super) used: f64,
    pub(super) wanted: f64,
}

impl Cores {
    pub(super) fn new(count: f64) -> Self {
        Self {
            count: count.max(0.01),
            now: 0.0,
            running: Vec::new(),
            used: 0.0,
            wanted: 0.0,
        }
    }

    pub(super) const fn count(&self) -> f64 {
        self.count
    }

    /// The part of a core that each has.
    fn rate(&self) -> f64 {
        (self.count / self.running.len().max(1) as f64).min(1.0)
    }

    /// Lets a worker compute for so many seconds of a core.
    pub(super) fn begin(&mut self, worker: usize, seconds: f64) {
        self.running.push((worker, seconds));
    }

    pub(super) fn end(&mut self, worker: usize) {
        self.running.retain(|(running, _)| *running != worker);
    }

    /// Who is done next, and when.
    pub(super) fn next(&self) -> Option<(f64, usize)> {
        let next = self.running.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        next.map(|(worker, left)| (self.now + left.max(0.0) / self.rate(), *worker))
    }

    /// Lets time pass.
    pub(super) fn go_to(&mut self, time: f64) {
        let (passed, rate) = ((time - self.now).max(0.0), self.rate());
        for (_, left) in &mut self.running {
            *left -= passed * rate;
        }
        let running = self.running.len() as f64;
        self.used += running * rate * passed;
        self.wanted += running * passed;
        self.now = self.now.max(time);
    }
}
