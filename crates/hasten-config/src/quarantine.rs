//! Tests whose failures do not fail the run.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{ConfigError, NodeIds, Place};

/// The quarantined tests, one pattern ([`NodeIds`]) a line.
///
/// A line that begins with `#` is a comment, and so is what follows a ` #`, unless it is among the parameters of a
/// node id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quarantine {
    ids: NodeIds,
}

impl Quarantine {
    /// Reads a list.
    pub fn read(path: &Utf8Path) -> Result<Self, ConfigError> {
        load(path).map_err(|source| ConfigError::Quarantine {
            path: path.to_owned(),
            advice: "create it, or name another file".to_owned(),
            source,
        })
    }

    /// Reads the list that a setting or an option names.
    pub(crate) fn named(path: Utf8PathBuf, place: &Place) -> Result<Self, ConfigError> {
        load(&path).map_err(|source| ConfigError::Quarantine {
            path,
            advice: match place {
                Place::File { .. } => format!("create it, or correct \"quarantine\" ({place})"),
                Place::Option(option) => format!("create it, or name another file with {option}"),
            },
            source,
        })
    }

    /// Takes the list from its text.
    pub fn parse(text: &str) -> Self {
        Self {
            ids: NodeIds::new(text.lines().map(without_comment)),
        }
    }

    /// Whether the test is quarantined.
    pub fn contains(&self, nodeid: &str) -> bool {
        self.ids.contains(nodeid)
    }

    /// Whether no test is.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Number of patterns.
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

fn load(path: &Utf8Path) -> io::Result<Quarantine> {
    std::fs::read_to_string(path).map(|text| Quarantine::parse(&text))
}

fn without_comment(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.starts_with('#') {
        return "";
    }
    let comment = line
        .match_indices('#')
        .map(|(at, _)| &line[..at])
        .find(|before| before.ends_with(char::is_whitespace) && !in_parameters(before.trim_end()));
    comment.unwrap_or(line).trim_end()
}

/// Whether a node id that begins like this has begun its parameters, and not ended them.
fn in_parameters(beginning: &str) -> bool {
    let names = beginning.find("::").unwrap_or(beginning.len());
    beginning[names..].contains('[') && !beginning.ends_with([']', '*'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        let list = Quarantine::parse(
            "# all of these\n\n  tests/test_a.py::test_x  # issue 12\r\ntests/test_b.py::test_y[a #1]\n\
             tests/test_c.py::test_z[1]\t# see [2]\ntests/slow/\n*::test_w[*  # any\n#tests/test_d.py\n",
        );
        assert_eq!(list.len(), 5);
        for id in [
            "tests/test_a.py::test_x",
            "tests/test_a.py::test_x[3]",
            "tests/test_b.py::test_y[a #1]",
            "tests/test_c.py::test_z[1]",
            "tests/slow/test_e.py::TestE::test_e",
            "tests/test_f.py::test_w[7]",
        ] {
            assert!(list.contains(id), "{id}");
        }
        for id in [
            "tests/test_a.py::test_x2",
            "tests/test_b.py::test_y[a]",
            "tests/test_c.py::test_z",
            "tests/test_d.py::test_d",
        ] {
            assert!(!list.contains(id), "{id}");
        }
    }

    #[test]
    fn an_empty_list_has_no_tests() {
        let list = Quarantine::parse("# nothing yet\n");
        assert!(list.is_empty());
        assert!(!list.contains("tests/test_a.py::test_x"));
        assert_eq!(list, Quarantine::default());
    }

    #[test]
    fn a_list_that_is_not_there_is_named() {
        let error = Quarantine::read("no/such/list.txt".into()).unwrap_err();
        insta::assert_snapshot!(error, @"the quarantine list no/such/list.txt cannot be read (No such file or directory (os error 2)): create it, or name another file");
    }
}
