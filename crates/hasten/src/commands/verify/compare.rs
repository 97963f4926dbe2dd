//! Differences between two recordings.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use super::recording::{Aspects, Recording};

/// At most so many differences are shown in full.
const MOST_SHOWN: usize = 20;
/// At most so many lines of one text.
const MOST_LINES: usize = 30;

/// The aspect of a test that reported more or less often.
const NUMBER: &str = "number of reports";

/// A difference in one report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Difference {
    pub(super) nodeid: String,
    pub(super) when: String,
    pub(super) aspect: String,
    #[serde(rename = "pytest")]
    pub(super) expected: String,
    #[serde(rename = "hasten")]
    pub(super) found: String,
}

impl Difference {
    /// A test reported more or less often.
    pub(super) fn is_of_number(&self) -> bool {
        self.aspect == NUMBER
    }

    /// What it is about, apart from the texts.
    pub(super) fn place(&self) -> (String, String, String) {
        (self.nodeid.clone(), self.when.clone(), self.aspect.clone())
    }
}

/// All differences, in the order of the node ids.
pub(super) fn differences(expected: &Recording, found: &Recording) -> Vec<Difference> {
    let keys: BTreeSet<_> = expected
        .reports
        .keys()
        .chain(found.reports.keys())
        .collect();
    let mut all = Vec::new();
    for key in keys {
        let left = expected.reports.get(key).map_or(&[][..], Vec::as_slice);
        let right = found.reports.get(key).map_or(&[][..], Vec::as_slice);
        if left.len() != right.len() {
            all.push(difference(
                key,
                NUMBER,
                &left.len().to_string(),
                &right.len().to_string(),
            ));
            continue;
        }
        for (left, right) in left.iter().zip(right) {
            compare_aspects(key, left, right, &mut all);
        }
    }
    all
}

fn compare_aspects(
    key: &(String, String),
    left: &Aspects,
    right: &Aspects,
    all: &mut Vec<Difference>,
) {
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    for name in names {
        let texts = [left.get(name), right.get(name)].map(|text| text.map_or("", String::as_str));
        if texts[0] != texts[1] {
            all.push(difference(key, name, texts[0], texts[1]));
        }
    }
}

fn difference(key: &(String, String), aspect: &str, expected: &str, found: &str) -> Difference {
    Difference {
        nodeid: key.0.clone(),
        when: key.1.clone(),
        aspect: aspect.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// The differences as text.
pub(super) fn render(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences.iter().take(MOST_SHOWN) {
        let _ = writeln!(
            text,
            "{} ({}): {}",
            difference.nodeid, difference.when, difference.aspect
        );
        let short = !difference.expected.contains('\n') && !difference.found.contains('\n');
        if short {
            let _ = writeln!(text, "    pytest: {}", shown(&difference.expected));
            let _ = writeln!(text, "    hasten: {}", shown(&difference.found));
        } else {
            let diff = similar::TextDiff::from_lines(&difference.expected, &difference.found);
            let diff = diff
                .unified_diff()
                .context_radius(2)
                .header("pytest", "hasten")
                .to_string();
            for line in diff.lines().take(MOST_LINES) {
                let _ = writeln!(text, "    {line}");
            }
            if diff.lines().count() > MOST_LINES {
                let _ = writeln!(text, "    …");
            }
        }
    }
    if differences.len() > MOST_SHOWN {
        let _ = writeln!(text, "… and {} more", differences.len() - MOST_SHOWN);
    }
    text
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "(nothing)" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(lines: &[&str]) -> Recording {
        Recording::parse(&lines.join("\n"), 0)
    }

    const PASSED: &str = r#"{"kind":"report","nodeid":"a::x","when":"call","outcome":"passed"}"#;
    const FAILED: &str = r#"{"kind":"report","nodeid":"a::x","when":"call","outcome":"failed","longrepr":"E\nat 0x7fff00"}"#;

    #[test]
    fn equal_runs_have_no_difference() {
        let other = FAILED.replace("0x7fff00", "0x7ffabc");
        assert!(differences(&recording(&[FAILED]), &recording(&[&other])).is_empty());
    }

    #[test]
    fn another_outcome_a_missing_report_and_a_doubled_one_are_found() {
        let found = differences(&recording(&[PASSED]), &recording(&[FAILED]));
        let aspects: Vec<_> = found.iter().map(|one| one.aspect.as_str()).collect();
        assert_eq!(aspects, ["failure", "outcome"]);
        assert_eq!(differences(&recording(&[PASSED]), &recording(&[])).len(), 1);
        assert_eq!(
            differences(&recording(&[PASSED]), &recording(&[PASSED, PASSED])).len(),
            1
        );
        insta::assert_snapshot!(render(&found), @r"
        a::x (call): failure
            --- pytest
            +++ hasten
            @@ -0,0 +1,2 @@
            +E
            +at 0xADDRESS
            \ No newline at end of file
        a::x (call): outcome
            pytest: passed
            hasten: failed
        ");
    }
}
