//! The last durations of a test, and what they let expect.

use crate::model::{Attempt, PhaseTimes};

/// How many completed attempts of a test are kept with it. The median of five ignores two bad ones,
/// and follows a test that became slower after three runs.
pub const RECENT: usize = 5;

const PHASES: usize = 3;
const SAMPLE_BYTES: usize = PHASES * size_of::<f32>();

/// Durations of the last completed attempts, the newest last. In the database: setup, call and
/// teardown of each as little-endian 32-bit floats, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recent {
    samples: [[f32; PHASES]; RECENT],
    len: usize,
}

impl Recent {
    /// No attempt.
    pub(crate) const NOTHING: Self = Self {
        samples: [[0.0; PHASES]; RECENT],
        len: 0,
    };

    /// Reads what [`Self::write`] wrote; none if it is something else.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let len = bytes.len() / SAMPLE_BYTES;
        if len > RECENT || !bytes.len().is_multiple_of(SAMPLE_BYTES) {
            return None;
        }
        let mut recent = Self {
            len,
            ..Self::NOTHING
        };
        let (numbers, _) = bytes.as_chunks::<4>();
        for (number, value) in numbers.iter().zip(recent.samples.as_flattened_mut()) {
            *value = f32::from_le_bytes(*number);
        }
        Some(recent)
    }

    /// Puts the database's form into `bytes`, and returns the part that is used.
    pub(crate) fn write<'a>(&self, bytes: &'a mut [u8; RECENT * SAMPLE_BYTES]) -> &'a [u8] {
        for (number, value) in bytes
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(self.samples.as_flattened())
        {
            *number = value.to_le_bytes();
        }
        &bytes[..self.len * SAMPLE_BYTES]
    }

    /// The last ones of these, setup, call and teardown of each, the newest last.
    pub(crate) fn of(all: impl Iterator<Item = [f64; PHASES]>) -> Self {
        let mut recent = Self::NOTHING;
        all.for_each(|seconds| recent.push_seconds(seconds));
        recent
    }

    /// Setup, call and teardown of each, the newest last.
    pub(crate) fn seconds(&self) -> impl Iterator<Item = [f64; PHASES]> {
        let samples = self.samples[..self.len].iter();
        samples.map(|sample| sample.map(f64::from))
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Adds the newest, and forgets the oldest if there are more than [`RECENT`].
    pub(crate) fn push(&mut self, attempt: &Attempt<'_>) {
        self.push_seconds([attempt.setup, attempt.call, attempt.teardown]);
    }

    fn push_seconds(&mut self, seconds: [f64; PHASES]) {
        if self.len == RECENT {
            self.samples.rotate_left(1);
        } else {
            self.len += 1;
        }
        self.samples[self.len - 1] = seconds.map(|value| whole_micros(value) as f32);
    }

    /// The median of each phase; none if nothing is known.
    pub(crate) fn expected(&self) -> Option<PhaseTimes> {
        if self.len == 0 {
            return None;
        }
        Some(PhaseTimes {
            setup: self.median(0),
            call: self.median(1),
            teardown: self.median(2),
        })
    }

    fn median(&self, phase: usize) -> f64 {
        let mut values = [0.0; RECENT];
        for (value, sample) in values.iter_mut().zip(&self.samples[..self.len]) {
            *value = sample[phase];
        }
        let values = &mut values[..self.len];
        values.sort_unstable_by(f32::total_cmp);
        f64::midpoint(
            values[(self.len - 1) / 2].into(),
            values[self.len / 2].into(),
        )
    }
}

/// Seconds as they are recorded: a clock that was set back, or a plugin's report, must not make a
/// run unrecordable.
pub(crate) fn sane(seconds: f64) -> f64 {
    if seconds.is_finite() {
        seconds.max(0.0)
    } else {
        0.0
    }
}

/// Seconds of a phase as they are recorded: whole microseconds, as files that are handed on have them. So machines that
/// joined the same files expect the same of each test, whichever of them measured it, and split the tests in the same way.
pub(crate) fn whole_micros(seconds: f64) -> f64 {
    (sane(seconds) * 1e6).round() / 1e6
}

/// Room for the database's form of [`Recent`].
pub(crate) const fn room() -> [u8; RECENT * SAMPLE_BYTES] {
    [0; RECENT * SAMPLE_BYTES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    fn after(calls: &[f64]) -> Recent {
        let mut recent = Recent::NOTHING;
        for &call in calls {
            recent.push(&Attempt {
                nodeid: "test.py::test".into(),
                attempt: 0,
                worker: None,
                outcome: Outcome::Passed,
                setup: call / 2.0,
                call,
                teardown: f64::NAN,
                started: 0.0,
                cpu: None,
                peak_memory: None,
            });
        }
        recent
    }

    #[test]
    fn nothing_is_expected_of_an_unknown_test() {
        assert_eq!(after(&[]).expected(), None);
    }

    #[test]
    fn the_median_ignores_two_bad_ones_of_five() {
        let expected = after(&[90.0, 2.0, 2.0, 60.0, 2.0]).expected().unwrap();
        assert_eq!(
            expected,
            PhaseTimes {
                setup: 1.0,
                call: 2.0,
                teardown: 0.0
            }
        );
    }

    #[test]
    fn of_two_it_is_the_middle() {
        assert_eq!(after(&[1.0, 2.0]).expected().unwrap().call, 1.5);
    }

    #[test]
    fn the_oldest_goes() {
        assert_eq!(
            after(&[1.0, 1.0, 1.0, 4.0, 4.0, 4.0])
                .expected()
                .unwrap()
                .call,
            4.0
        );
    }

    #[test]
    fn reads_what_it_wrote() {
        for calls in [&[][..], &[0.5], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]] {
            let recent = after(calls);
            assert_eq!(Recent::read(recent.write(&mut room())), Some(recent));
        }
    }

    #[test]
    fn refuses_what_it_did_not_write() {
        assert_eq!(Recent::read(&[0; 13]), None);
        assert_eq!(Recent::read(&[0; 72]), None);
    }
}
