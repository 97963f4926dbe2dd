//! What differs between two runs of plain pytest itself: addresses, temporary folders, times.

use std::sync::LazyLock;

use regex::Regex;

static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"0x[0-9a-fA-F]{4,}", "0xADDRESS"),
        (
            r"pytest-of-([^/\s]+)/pytest-\d+(/popen-gw\d+(-\d+)?)?",
            "pytest-of-$1/pytest-N",
        ),
        (r"\b\d+\.\d+ ?(s|ms|seconds|sec)\b", "N.NN$1"),
        // pytest's last line is as long as the time lets it be.
        (r"=+ ([^=\n]* in N\.NNs[^=\n]*) =+", "== $1 =="),
        // A worker's temporary folder is a level deeper.
        (r"(\.\./){3,}", "../../../"),
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?", "DATE"),
        // As servers log it.
        (r"\b\d\d/[A-Z][a-z]{2}/\d{4}[ :]\d\d:\d\d:\d\d", "DATE"),
        (r"\b(pid|PID|Thread-|thread )[ =:]?\d+", "${1}N"),
    ]
    .into_iter()
    .filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with)))
    .collect()
});

/// Fixtures that hasten adds, as pytest-xdist does; pytest lists them where one is missing.
const ADDED_FIXTURES: [&str; 2] = ["testrun_uid, ", "worker_id, "];

/// The text without what no two runs share.
pub(super) fn normalise(text: &str) -> String {
    let text = RULES.iter().fold(text.to_owned(), |text, (pattern, with)| {
        pattern.replace_all(&text, *with).into_owned()
    });
    if !text.contains("available fixtures: ") {
        return text;
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let listed = line.contains("available fixtures: ");
        let added = if listed { &ADDED_FIXTURES[..] } else { &[] };
        added
            .iter()
            .fold(line.to_owned(), |line, name| line.replace(name, ""))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_varies_is_replaced() {
        assert_eq!(RULES.len(), 8, "every pattern compiles");
        for (text, expected) in [
            ("<A object at 0x7f3a10>", "<A object at 0xADDRESS>"),
            (
                "/tmp/pytest-of-me/pytest-12/popen-gw1/test_a0",
                "/tmp/pytest-of-me/pytest-N/test_a0",
            ),
            (
                "/tmp/pytest-of-me/pytest-7/test_a0",
                "/tmp/pytest-of-me/pytest-N/test_a0",
            ),
            (
                "/tmp/pytest-of-me/pytest-7/popen-gw0-12/test_a0",
                "/tmp/pytest-of-me/pytest-N/test_a0",
            ),
            ("took 0.25s", "took N.NNs"),
            (
                "===== 2 passed in 0.25s (0:00:01) =====",
                "== 2 passed in N.NNs (0:00:01) ==",
            ),
            ("../../../../home/a.py:1", "../../../home/a.py:1"),
            ("../../a.py:1", "../../a.py:1"),
            ("- [26/Nov/2026 19:59:38] GET", "- [DATE] GET"),
            ("assert 0.25 == 1", "assert 0.25 == 1"),
            ("line 12", "line 12"),
            ("worker_id, x", "worker_id, x"),
            (
                "available fixtures: a, worker_id, x",
                "available fixtures: a, x",
            ),
        ] {
            assert_eq!(normalise(text), expected);
        }
    }
}
