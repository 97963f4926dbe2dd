//! Numbers and names in words, for lines of text.

use std::fmt::{Display, Write as _};

/// `1 test`, `2 tests`.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    let plural = if number == N::from(1_u8) { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Seconds as `--durations` prints them.
pub(crate) fn short(seconds: f64) -> String {
    format!("{seconds:.2}s")
}

/// Seconds with as many digits as tell something.
pub(crate) fn brief(seconds: f64) -> String {
    if seconds < 0.1 {
        format!("{seconds:.3}s")
    } else {
        short(seconds)
    }
}

/// A name in one line, as Python would write it: a control character would break the table, or be
/// obeyed by the terminal.
pub(crate) fn printable(name: &str) -> String {
    escaped(name, char::is_control)
}

/// A text in which the characters of this kind are written as Python would.
pub(crate) fn escaped(text: &str, is_odd: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if !is_odd(character) => clean.push(character),
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push_str("\\t"),
            '\r' => clean.push_str("\\r"),
            // Control characters end at U+009F. Writing to a string does not fail.
            _ => drop(write!(clean, "\\x{:02x}", u32::from(character))),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_seconds() {
        assert_eq!(counted(1_u64, "test"), "1 test");
        assert_eq!(counted(0_usize, "test"), "0 tests");
        assert_eq!(
            [brief(0.0123), brief(0.1), brief(2.0)],
            ["0.012s", "0.10s", "2.00s"]
        );
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable("a\n\u{1b}[31mä\u{85}"), "a\\n\\x1b[31mä\\x85");
    }
}
