//! How long an item is expected to take.

use crate::Item;

/// From this many observed items on, a scope speaks for its items; before, its file does.
const SCOPE_SPEAKS: u32 = 2;

/// The expectation of one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    /// Seconds.
    pub(crate) seconds: f64,
    /// It comes from history, or from items of the same file that ran.
    pub(crate) certain: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    count: u32,
    sum: f64,
}

impl Mean {
    fn add(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)).max(0.0))
    }
}

/// What history and this run say about durations.
#[derive(Clone, Debug)]
pub(crate) struct Estimates {
    /// What history says of each item.
    expected: Vec<Option<f64>>,
    file_of: Vec<u32>,
    scope_of: Vec<u32>,
    all: Mean,
    files: Vec<Mean>,
    scopes: Vec<Mean>,
    /// Unknown items of each file that ran.
    proven: Vec<u32>,
    /// The same of all files.
    proven_of_all: u32,
    /// What an item counts for as long as nothing at all is known.
    blank: f64,
}

impl Estimates {
    /// `blank` is what an item counts for, in seconds, as long as nothing at all is known.
    pub(crate) fn new(items: &[Item], blank: f64) -> Self {
        let file_of = dense(items.iter().map(|item| item.file));
        let scope_of = dense(items.iter().map(|item| item.scope));
        let size = |numbers: &[u32]| numbers.iter().max().map_or(0, |most| *most as usize + 1);
        let (files, scopes) = (size(&file_of), size(&scope_of));
        let mut estimates = Self {
            expected: items
                .iter()
                .map(|item| item.expected.and_then(duration))
                .collect(),
            file_of,
            scope_of,
            all: Mean::default(),
            files: vec![Mean::default(); files],
            scopes: vec![Mean::default(); scopes],
            proven: vec![0; files],
            proven_of_all: 0,
            blank,
        };
        for item in 0..items.len() {
            if let Some(seconds) = estimates.expected[item] {
                estimates.learn(item, seconds);
            }
        }
        estimates
    }

    fn learn(&mut self, item: usize, seconds: f64) {
        self.all.add(seconds);
        self.files[self.file_of[item] as usize].add(seconds);
        self.scopes[self.scope_of[item] as usize].add(seconds);
    }

    /// An item took so many seconds.
    pub(crate) fn observe(&mut self, item: u32, seconds: f64) {
        let Some(seconds) = duration(seconds) else {
            return;
        };
        let item = item as usize;
        if self.expected[item].is_none() {
            self.learn(item, seconds);
            let proven = &mut self.proven[self.file_of[item] as usize];
            *proven = proven.saturating_add(1);
            self.proven_of_all = self.proven_of_all.saturating_add(1);
        }
    }

    /// What history says of an item.
    pub(crate) fn history(&self, item: u32) -> Option<f64> {
        self.expected[item as usize]
    }

    /// What an item should take.
    pub(crate) fn of(&self, item: u32) -> Expected {
        if let Some(seconds) = self.expected[item as usize] {
            return Expected {
                seconds,
                certain: true,
            };
        }
        let certain = self.proven_in_file_of(item) > 0;
        let scope = self.scopes[self.scope_of[item as usize] as usize];
        let seconds = match scope.value() {
            Some(mean) if scope.count >= SCOPE_SPEAKS => mean,
            _ => self.unknown_in_file_of(item),
        };
        Expected { seconds, certain }
    }

    /// What an unknown item of the same file should take, in seconds.
    pub(crate) fn unknown_in_file_of(&self, item: u32) -> f64 {
        let file = self.files[self.file_of[item as usize] as usize];
        file.value().unwrap_or_else(|| self.unknown())
    }

    /// What an unknown item of any file should take, in seconds.
    pub(crate) fn unknown(&self) -> f64 {
        self.all.value().unwrap_or(self.blank)
    }

    /// Number of unknown items of the same file that ran.
    pub(crate) fn proven_in_file_of(&self, item: u32) -> u32 {
        self.proven[self.file_of[item as usize] as usize]
    }

    /// Number of unknown items that ran.
    pub(crate) const fn proven(&self) -> u32 {
        self.proven_of_all
    }

    /// A dense number for the file of an item.
    pub(crate) fn file_of(&self, item: u32) -> u32 {
        self.file_of[item as usize]
    }

    /// A dense number for the scope of an item.
    pub(crate) fn scope_of(&self, item: u32) -> u32 {
        self.scope_of[item as usize]
    }
}

/// Seconds that can be calculated with.
pub(crate) fn duration(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// Numbers from 0 on instead of numbers from anywhere.
fn dense(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = std::collections::HashMap::new();
    numbers
        .map(|number| {
            let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            *seen.entry(number).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(file: u32, scope: u32, expected: Option<f64>) -> Item {
        Item {
            file,
            scope,
            expected,
            ..Item::default()
        }
    }

    #[test]
    fn history_then_scope_then_file_then_all() {
        let items = [
            item(7, 70, Some(3.0)),
            item(7, 70, None),
            item(7, 71, None),
            item(9, 90, None),
            item(7, 71, None),
            item(7, 71, None),
        ];
        let mut estimates = Estimates::new(&items, 0.5);
        assert_eq!(
            estimates.of(0),
            Expected {
                seconds: 3.0,
                certain: true
            }
        );
        assert_eq!(
            estimates.of(1),
            Expected {
                seconds: 3.0,
                certain: false
            }
        );
        assert_eq!(
            estimates.of(3),
            Expected {
                seconds: 3.0,
                certain: false
            }
        );
        estimates.observe(2, 1.0);
        assert_eq!(
            estimates.of(4),
            Expected {
                seconds: 2.0,
                certain: true
            }
        );
        estimates.observe(4, 1.0);
        assert_eq!(
            estimates.of(5),
            Expected {
                seconds: 1.0,
                certain: true
            }
        );
        assert!(!estimates.of(3).certain);
    }

    #[test]
    fn nonsense_is_unknown() {
        let items = [item(0, 0, Some(f64::NAN)), item(0, 0, Some(-1.0))];
        let mut estimates = Estimates::new(&items, 0.5);
        estimates.observe(0, f64::INFINITY);
        assert_eq!(
            estimates.of(1),
            Expected {
                seconds: 0.5,
                certain: false
            }
        );
    }
}
