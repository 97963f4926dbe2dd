//! Quantities in words. The page's own script has the same for what it makes (`assets/js/text.js`).

/// Seconds, with three digits.
pub(super) fn duration(seconds: f64) -> String {
    let ms = seconds * 1e3;
    if seconds >= 59.95 {
        let whole = seconds.round() as u64;
        let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
        if hours > 0 {
            return format!("{hours} h {minutes:02} min");
        }
        return format!("{minutes} min {seconds:02} s");
    }
    match ms {
        9_995.0.. => format!("{seconds:.1} s"),
        999.5.. => format!("{seconds:.2} s"),
        99.95.. => format!("{ms:.0} ms"),
        9.995.. => format!("{ms:.1} ms"),
        0.9995.. => format!("{ms:.2} ms"),
        0.0005.. => format!("{:.0} µs", ms * 1e3),
        _ => "0".to_owned(),
    }
}

/// `1 test`, `2,000 tests`.
pub(super) fn counted(number: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

/// `50,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What pytest's exit status means.
pub(super) fn exit_status(status: i32) -> String {
    let meaning = match status {
        0 => "passed",
        1 => "tests failed",
        2 => "interrupted",
        3 => "internal error",
        4 => "wrong use",
        5 => "no tests",
        _ => return status.to_string(),
    };
    format!("{status} ({meaning})")
}

/// A word as a shell needs it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        for (seconds, words) in [
            (0.0, "0"),
            (1e-9, "0"),
            (0.000_012_3, "12 µs"),
            (0.001_234, "1.23 ms"),
            (0.012_34, "12.3 ms"),
            (0.123_4, "123 ms"),
            (0.999_6, "1.00 s"),
            (1.234, "1.23 s"),
            (12.34, "12.3 s"),
            (59.96, "1 min 00 s"),
            (125.0, "2 min 05 s"),
            (7_325.0, "2 h 02 min"),
        ] {
            assert_eq!(duration(seconds), words);
        }
        assert_eq!(counted(1, "test"), "1 test");
        assert_eq!(counted(50_000, "test"), "50,000 tests");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
        assert_eq!(exit_status(1), "1 (tests failed)");
        assert_eq!(exit_status(77), "77");
    }

    #[test]
    fn a_shell_gets_the_word_whole() {
        for (word, expected) in [
            ("tests/test_a.py::test_b", "tests/test_a.py::test_b"),
            ("t.py::t[a b]", "'t.py::t[a b]'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
