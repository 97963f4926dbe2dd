//! The words of the settings file, and the nearest one to a wrong word.

/// Settings that a test can have of its own: in `[tool.hasten]`, a profile or an override.
pub(crate) const OF_TESTS: &[&str] = &[
    "timeout",
    "timeout-func-only",
    "setup-timeout",
    "call-timeout",
    "teardown-timeout",
    "retries",
    "retry-delay",
    "retry-backoff",
    "only-rerun",
    "rerun-except",
];

/// Settings of the whole run: in `[tool.hasten]` or a profile.
pub(crate) const OF_RUN: &[&str] = &[
    "timeout-floor",
    "fixture-timeout",
    "collect-timeout",
    "session-timeout",
    "timeout-grace",
    "slow-after",
    "durations-regress",
    "flaky-result",
    "quarantine",
    "max-workers",
    "once-per-run",
    "github",
    "order",
    "shard-by",
    "isolate",
];

/// What makes a filter.
pub(crate) const OF_FILTER: &[&str] = &["keyword", "marker", "nodeid"];

/// What other tools call a setting.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("retry", "retries"),
    ("reruns", "retries"),
    ("reruns-delay", "retry-delay"),
    ("delay", "retry-delay"),
    ("backoff", "retry-backoff"),
    ("slow-timeout", "slow-after"),
    ("func-only", "timeout-func-only"),
    ("test-timeout", "timeout"),
    ("filters", "filter"),
    ("mark", "marker"),
    ("nodeids", "nodeid"),
    ("override", "overrides"),
    ("maxprocesses", "max-workers"),
    ("workers", "max-workers"),
    ("resource", "resources"),
    ("once", "once-per-run"),
    ("test-groups", "resources"),
];

/// Says what may have been meant with `word`, in a sentence.
pub(crate) fn advice(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("It knows: {}.", known.join(", ")),
    }
}

/// Returns the word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = word.trim().to_lowercase().replace('_', "-");
    let same = |other: &str| {
        known
            .iter()
            .copied()
            .find(|known| known.eq_ignore_ascii_case(other))
    };
    let renamed = OTHER_NAMES
        .iter()
        .find(|(name, _)| *name == plain)
        .and_then(|(_, ours)| same(ours));
    same(&plain).or(renamed).or_else(|| closest(&plain, known))
}

/// The word with the fewest slips, if they are few for its length.
fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| {
            (
                strsim::damerau_levenshtein(word, &known.to_lowercase()),
                *known,
            )
        })
        .filter(|(slips, known)| *slips <= (known.chars().count() / 3).max(1))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_through_slips_underscores_and_other_tools() {
        let known: Vec<&str> = [OF_TESTS, OF_RUN].concat();
        for (word, meant) in [
            ("timout", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("session_timeout", Some("session-timeout")),
            ("Retries", Some("retries")),
            ("retrys", Some("retries")),
            ("reruns", Some("retries")),
            ("reruns_delay", Some("retry-delay")),
            ("colect-timeout", Some("collect-timeout")),
            ("jobs", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }

    #[test]
    fn every_word_is_read() {
        for word in [OF_TESTS, OF_RUN].concat() {
            let text = format!("[tool.hasten]\n{word} = {{}}\n");
            let error = crate::read::parse(&text).unwrap_err();
            assert!(
                matches!(error, crate::ConfigError::WrongValue { .. }),
                "{word}: {error}"
            );
        }
    }

    #[test]
    fn a_renamed_word_is_offered_only_where_it_exists() {
        assert_eq!(nearest("reruns", OF_FILTER), None);
        assert_eq!(nearest("mark", OF_FILTER), Some("marker"));
    }
}
