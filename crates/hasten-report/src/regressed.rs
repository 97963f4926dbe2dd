//! The section about tests that took longer than their history lets expect.

use hasten_history::trends::Regression;

use crate::durations::Section;
use crate::words::brief;

/// The section: a line for each test, in the form of pytest's durations.
#[must_use]
pub fn section(slower: &[Regression<'_>], ratio: f64) -> Section {
    let line = |slower: &Regression<'_>| {
        let Regression {
            name,
            phase,
            seconds,
            usual,
            runs,
        } = slower;
        let times = if *usual >= 0.0005 {
            format!("{:.1} times its usual {}", seconds / usual, brief(*usual))
        } else {
            format!("its usual time is {}", brief(*usual))
        };
        format!("{seconds:.2}s {phase:<8} {name} ({times}, the median of {runs} runs)")
    };
    Section {
        title: format!("more than {ratio} times slower than before"),
        text: slower.iter().map(line).collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_line_for_each_test() {
        let found = |name, phase, seconds, usual| Regression {
            name,
            phase,
            seconds,
            usual,
            runs: 12,
        };
        let slower = [
            found("a.py::test_a", "call", 0.55, 0.2),
            found("a.py::test_b", "setup", 0.05, 0.0001),
        ];
        let section = section(&slower, 1.5);
        assert_snapshot!(format!("= {} =\n{}", section.title, section.text), @"
        = more than 1.5 times slower than before =
        0.55s call     a.py::test_a (2.8 times its usual 0.20s, the median of 12 runs)
        0.05s setup    a.py::test_b (its usual time is 0.000s, the median of 12 runs)
        ");
    }
}
