//! Files: which kind they are, and how one is written.

use camino::{Utf8Path, Utf8PathBuf};

use super::text::{self, Fault};
use super::{FORMAT_VERSION, Portable, durations, junit};
use crate::model::{Outcome, file_of};
use crate::replace::replace_file;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system does not let it be read.
    #[error("{path} cannot be read ({detail}): check the name and its permissions")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        detail: String,
    },
    /// It is nothing that can be taken in.
    #[error(
        "{path} is neither a history that hasten exported, nor pytest-split's .test_durations, nor JUnit XML: \
         check the name, or make it anew"
    )]
    Unknown {
        /// The file.
        path: Utf8PathBuf,
    },
    /// It can be imported, but not merged.
    #[error(
        "{path} is no history that hasten exported: take it in with hasten history import, and export that"
    )]
    Foreign {
        /// The file.
        path: Utf8PathBuf,
    },
    /// It begins as one that can be taken in, but is broken.
    #[error(
        "{path} is damaged ({place}: {detail}): nothing was taken in; make the file anew, or leave it out"
    )]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
        /// The line or byte.
        place: String,
        /// What was found.
        detail: String,
    },
    /// A newer hasten wrote it.
    #[error(
        "{path} is of a newer hasten (format {found}, this one knows {known}) and is left alone: update hasten"
    )]
    Newer {
        /// The file.
        path: Utf8PathBuf,
        /// Its format version.
        found: u32,
        /// The format version of this hasten.
        known: u32,
    },
    /// Something else is in its place.
    #[error(
        "{path} exists and is no history that hasten exported, so it is not overwritten: give another name, or remove it"
    )]
    Occupied {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The system does not let it be written.
    #[error("{path} cannot be written ({detail}): make its folder writable, or give another name")]
    Unwritable {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        detail: String,
    },
}

impl FileError {
    /// Whether another file has to be named; else the system has to be helped.
    #[must_use]
    pub const fn is_wrong_use(&self) -> bool {
        !matches!(self, Self::Unwritable { .. })
    }
}

/// What kind of file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// pytest-split's `.test_durations`.
    Durations,
    /// JUnit XML.
    Junit,
}

/// What a file of another tool says about tests.
#[derive(Debug)]
pub struct Start {
    /// What kind of file it is.
    pub kind: Kind,
    /// What it says of each test, by node id; one entry a test.
    pub(super) tests: Vec<(String, Outcome, f64)>,
    /// Tests for which there is no file below the rootdir.
    pub unmapped: Vec<String>,
}

impl Start {
    /// Number of tests that it knows something about.
    #[must_use]
    pub fn tests(&self) -> usize {
        self.tests.len()
    }
}

/// What is in a file.
#[derive(Debug)]
pub enum Contents {
    /// An exported history.
    History(Portable),
    /// Something to start from.
    Start(Start),
}

impl Contents {
    /// Reads a file, whatever kind it is. Tests are mapped to the files below `root`.
    ///
    /// # Errors
    /// It cannot be read, or is not what it should be.
    pub fn read(path: &Utf8Path, root: &Utf8Path) -> Result<Self, FileError> {
        let text = read(path)?;
        let text = text.trim_start_matches('\u{feff}');
        if text::version(text).is_some() {
            return Ok(Self::History(history(path, text)?));
        }
        if text.trim_start().starts_with('<') {
            let cases = junit::read(text).map_err(|(byte, detail)| FileError::Damaged {
                path: path.to_owned(),
                place: format!("byte {byte}"),
                detail,
            })?;
            if cases.is_empty() && !text.contains("<testsuite") {
                return Err(unknown(path));
            }
            return Ok(Self::Start(of_cases(&cases, root)));
        }
        match durations::read(text) {
            Some(pairs) => Ok(Self::Start(of_pairs(pairs, root))),
            None => Err(unknown(path)),
        }
    }

    /// Reads a file that has to be an exported history.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read_history(path: &Utf8Path) -> Result<Portable, FileError> {
        match Self::read(path, Utf8Path::new("."))? {
            Self::History(portable) => Ok(portable),
            Self::Start(_) => Err(FileError::Foreign {
                path: path.to_owned(),
            }),
        }
    }
}

fn unknown(path: &Utf8Path) -> FileError {
    FileError::Unknown {
        path: path.to_owned(),
    }
}

fn read(path: &Utf8Path) -> Result<String, FileError> {
    let bytes = std::fs::read(path).map_err(|error| FileError::Unreadable {
        path: path.to_owned(),
        detail: error.to_string(),
    })?;
    String::from_utf8(bytes).map_err(|_| unknown(path))
}

fn history(path: &Utf8Path, text: &str) -> Result<Portable, FileError> {
    let path = path.to_owned();
    Portable::from_text(text).map_err(|fault| match fault {
        Fault::Newer(found) => FileError::Newer {
            path,
            found,
            known: FORMAT_VERSION,
        },
        Fault::Line(number, detail) => FileError::Damaged {
            path,
            place: format!("line {number}"),
            detail,
        },
    })
}

/// Durations of tests whose files are there.
fn of_pairs(pairs: Vec<(String, f64)>, root: &Utf8Path) -> Start {
    let is_there = |nodeid: &str| {
        let file = file_of(nodeid);
        !file.is_empty() && root.join(file).is_file()
    };
    let (found, others): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(id, _)| is_there(id));
    let tests = found
        .into_iter()
        .map(|(id, seconds)| (id, Outcome::Passed, seconds));
    Start {
        kind: Kind::Durations,
        tests: one_each(tests),
        unmapped: others.into_iter().map(|(nodeid, _)| nodeid).collect(),
    }
}

fn of_cases(cases: &[junit::Case], root: &Utf8Path) -> Start {
    let mut mapping = junit::Mapping::new(root);
    let mut tests = Vec::with_capacity(cases.len());
    let mut unmapped = Vec::new();
    for case in cases {
        match mapping.nodeid(case) {
            Some(nodeid) => tests.push((nodeid, case.outcome, case.seconds)),
            None => unmapped.push(format!("{}::{}", case.class, case.name)),
        }
    }
    Start {
        kind: Kind::Junit,
        tests: one_each(tests.into_iter()),
        unmapped,
    }
}

/// Of a test that is there several times (an error in its teardown has an entry of its own in JUnit
/// XML), the one that took longest.
fn one_each(tests: impl Iterator<Item = (String, Outcome, f64)>) -> Vec<(String, Outcome, f64)> {
    let mut tests: Vec<_> = tests.collect();
    tests.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.total_cmp(&a.2)));
    tests.dedup_by(|a, b| a.0 == b.0);
    tests
}

/// Writes a history into a file, in one step: it has the old text or the new one.
///
/// # Errors
/// It is as it was.
pub fn write_file(path: &Utf8Path, text: &str) -> Result<(), FileError> {
    // What a symbolic link points to is replaced, not the link.
    let target = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    if target.symlink_metadata().is_ok() {
        let known = !target.is_file() || read(&target).is_ok_and(|old| is_ours(&old));
        if target.is_dir() || !known {
            return Err(FileError::Occupied {
                path: path.to_owned(),
            });
        }
    }
    replace_file(&target, text).map_err(|error| FileError::Unwritable {
        path: path.to_owned(),
        detail: error.to_string(),
    })
}

/// Whether it may be overwritten: an export of a hasten that is not newer, or nothing yet.
fn is_ours(text: &str) -> bool {
    text.is_empty() || text::version(text).is_some_and(|version| version <= FORMAT_VERSION)
}
