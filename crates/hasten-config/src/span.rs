//! Lengths of time, as settings give them.

/// A time limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Seconds; 0 is no limit.
    Seconds(f64),
    /// A multiple of the time that history has for the test (`"5x"`); above 0.
    Times(f64),
}

impl Span {
    /// Seconds of this limit for a test that is expected to take `expected` seconds; none when nothing limits it: it is
    /// 0, or a multiple and nothing is known about the test.
    ///
    /// A multiple comes to `floor` seconds at least: a test of a millisecond takes a hundred times as long whenever
    /// the machine is busy.
    pub fn seconds(self, expected: Option<f64>, floor: f64) -> Option<f64> {
        match self {
            Self::Seconds(seconds) => (seconds > 0.0).then_some(seconds),
            Self::Times(factor) => expected.map(|expected| (expected * factor).max(floor)),
        }
        .filter(|seconds| *seconds > 0.0)
    }
}

/// Seconds, and anything else that is counted by a fraction, are below this: sums of them stay exact enough.
pub(crate) const TOO_MANY: f64 = 1e9;

/// Whether settings may have this number.
pub(crate) fn in_range(number: f64) -> bool {
    (0.0..TOO_MANY).contains(&number)
}

/// Whether this says how many times as long something may take; 0 is any.
pub(crate) fn is_ratio(number: f64) -> bool {
    in_range(number) && (number > 1.0 || number == 0.0)
}

/// Reads `90s`, `2m`, `1.5h` or `5x`; none when it is something else or out of range.
pub(crate) fn parse(text: &str) -> Option<Span> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let number = text.strip_suffix(unit)?.trim_end();
    // Rust reads "inf", "nan" and "1e3" as numbers, too.
    if !number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let span = match unit {
        's' => Span::Seconds(number),
        'm' => Span::Seconds(number * 60.0),
        'h' => Span::Seconds(number * 3600.0),
        'x' if number > 0.0 => Span::Times(number),
        _ => return None,
    };
    let (Span::Seconds(amount) | Span::Times(amount)) = span;
    in_range(amount).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read() {
        for (text, span) in [
            ("90s", Some(Span::Seconds(90.0))),
            ("2m", Some(Span::Seconds(120.0))),
            ("1.5h", Some(Span::Seconds(5400.0))),
            (" 2 m ", Some(Span::Seconds(120.0))),
            ("0s", Some(Span::Seconds(0.0))),
            ("5x", Some(Span::Times(5.0))),
            (".5x", Some(Span::Times(0.5))),
        ] {
            assert_eq!(parse(text), span, "{text}");
        }
        for text in [
            "",
            "x",
            "s",
            "60",
            "0x",
            "-1s",
            "+1s",
            "1e3s",
            "infs",
            "nans",
            "5 times",
            "1m30s",
            "999999999h",
            "5×",
            "1_0s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_multiple_counts_from_the_recorded_time_and_from_the_floor() {
        assert_eq!(Span::Times(5.0).seconds(Some(2.0), 1.0), Some(10.0));
        assert_eq!(Span::Times(5.0).seconds(Some(0.001), 1.0), Some(1.0));
        assert_eq!(Span::Times(5.0).seconds(None, 1.0), None);
        assert_eq!(Span::Times(5.0).seconds(Some(0.0), 0.0), None);
        assert_eq!(Span::Seconds(0.5).seconds(Some(2.0), 1.0), Some(0.5));
        assert_eq!(Span::Seconds(0.5).seconds(None, 1.0), Some(0.5));
        assert_eq!(Span::Seconds(0.0).seconds(Some(2.0), 1.0), None);
    }
}
