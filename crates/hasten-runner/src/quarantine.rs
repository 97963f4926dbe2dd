//! Tests whose failures do not fail the run.

use std::collections::HashSet;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// The file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the quarantine file {path}: {source}")]
pub(crate) struct Unreadable {
    path: Utf8PathBuf,
    source: io::Error,
}

/// The node ids of a file: one a line, each for a test or for everything below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quarantine {
    plain: HashSet<String>,
    /// Those with a `*`.
    wild: Vec<String>,
}

impl Quarantine {
    pub(crate) fn read(path: &Utf8Path) -> Result<Self, Unreadable> {
        let text = fs_err::read_to_string(path).map_err(|source| Unreadable {
            path: path.to_owned(),
            source: source.kind().into(),
        })?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut quarantine = Self::default();
        for line in text.lines() {
            // A node id may have a `#` in its parameters: only a line of its own is a comment.
            let line = line.trim().trim_start_matches("./").trim_end_matches('/');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.contains('*') {
                quarantine.wild.push(line.to_owned());
            } else {
                quarantine.plain.insert(line.to_owned());
            }
        }
        quarantine
    }

    /// True when a line names this test, or something that it is in.
    pub(crate) fn contains(&self, nodeid: &str) -> bool {
        if self.plain.is_empty() && self.wild.is_empty() {
            return false;
        }
        let ends = (0..=nodeid.len()).filter(|at| is_end(nodeid, *at));
        let mut parts = ends.filter_map(|at| nodeid.get(..at));
        parts.any(|part| self.plain.contains(part))
            || self.wild.iter().any(|pattern| matches(pattern, nodeid))
    }
}

/// True when a node id may be cut here: a file, folder, class or function ends.
fn is_end(nodeid: &str, at: usize) -> bool {
    let rest = &nodeid.as_bytes()[at..];
    rest.is_empty() || rest.starts_with(b"::") || rest.starts_with(b"/") || rest.starts_with(b"[")
}

/// True when the pattern, in which `*` stands for anything, is the node id up to one of its ends.
fn matches(pattern: &str, nodeid: &str) -> bool {
    let text = nodeid.as_bytes();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for letter in pattern.bytes() {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for at in 0..=text.len() {
            if letter == b'*' {
                any |= reached[at];
                next[at] = any;
            } else if reached[at] && text.get(at) == Some(&letter) {
                next[at + 1] = true;
            }
        }
        reached = next;
    }
    (0..=text.len()).any(|at| reached[at] && is_end(nodeid, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_test_or_everything_below() {
        for (line, nodeid, expected) in [
            ("a/test_x.py::test_y", "a/test_x.py::test_y", true),
            ("a/test_x.py::test_y", "a/test_x.py::test_y[1]", true),
            ("a/test_x.py::test_y", "a/test_x.py::test_yes", false),
            ("a/test_x.py::test_y[1]", "a/test_x.py::test_y[1]", true),
            ("a/test_x.py::test_y[1]", "a/test_x.py::test_y[11]", false),
            ("a/test_x.py::T", "a/test_x.py::T::test_y", true),
            ("a/test_x.py", "a/test_x.py::T::test_y", true),
            ("./a/", "a/test_x.py::T::test_y", true),
            ("a", "ab/test_x.py::test_y", false),
            ("*::test_y", "a/test_x.py::T::test_y[é]", true),
            ("a/*.py::test_*[1]", "a/b/test_x.py::test_y[1]", true),
            ("a/*.py::test_*[1]", "a/b/test_x.py::test_y[2]", false),
            ("*test_x", "a/test_x.py::test_y", false),
            ("# a", "a/test_x.py::test_y", false),
            ("", "a/test_x.py::test_y", false),
        ] {
            let text = format!("\n# why\n  {line}  \n");
            let found = Quarantine::parse(&text).contains(nodeid);
            assert_eq!(found, expected, "{line} {nodeid}");
        }
    }
}
