//! The report of a phase, as `pytest_report_to_serializable` has it (`_pytest/reports.py`): the payload of records of
//! kind [`Report`](crate::record::RecordKind::Report) and [`Verdict`](crate::record::RecordKind::Verdict).

mod surrogates;
mod text;
mod values;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use surrogates::read_json;
pub use text::separator;
pub use values::untagged;

/// A report. What hasten does not read of it is left out.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Report {
    /// pytest's node id.
    #[serde(default)]
    pub nodeid: String,
    /// `passed`, `failed`, `skipped`, or what a plugin made up.
    #[serde(default)]
    pub outcome: String,
    /// `setup`, `call`, `teardown`; none of a collector.
    #[serde(default)]
    pub when: Option<String>,
    /// What is said of a failure or a skip.
    #[serde(default)]
    pub longrepr: Option<LongRepr>,
    /// Captured output: `Captured stdout call` and the text.
    #[serde(default)]
    pub sections: Vec<(String, String)>,
    /// What `record_property` noted, values tagged as [`untagged`] reads them.
    #[serde(default)]
    pub user_properties: Vec<Value>,
    /// Why a failure was expected.
    #[serde(default)]
    pub wasxfail: Option<Value>,
    /// Which subtest it is of, unless it is of the test itself.
    #[serde(default, rename = "_subtest.context")]
    pub subtest: Option<Subtest>,
}

/// What tells a subtest from others of its test.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Subtest {
    /// Its message.
    #[serde(default)]
    pub msg: Option<String>,
    /// Its values.
    #[serde(default)]
    pub kwargs: Map<String, Value>,
}

/// What is said of a failure or a skip.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum LongRepr {
    /// A text.
    Text(String),
    /// A skip: file, line, `Skipped: ` and the reason.
    Skip(String, Option<i64>, String),
    /// An exception.
    Exception(Box<ExceptionRepr>),
    /// Something that a plugin made up.
    Other(Value),
}

/// An exception with its traceback, and those that it came from.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct ExceptionRepr {
    /// Where it was raised.
    pub reprcrash: Option<Crash>,
    /// Its traceback.
    pub reprtraceback: Traceback,
    /// Further texts: title, text, the character of the line around the title.
    #[serde(default)]
    pub sections: Vec<(String, String, String)>,
    /// The exceptions that led to it, and itself at the end; each with what stands before the next one.
    #[serde(default)]
    pub chain: Option<Vec<Link>>,
}

/// An exception of a chain: its traceback, where it was raised, and what stands before the next one.
pub type Link = (Traceback, Option<Crash>, Option<String>);

/// Where an exception was raised.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Crash {
    /// The file, as a rule with its whole path.
    pub path: String,
    /// The line, from 1.
    pub lineno: i64,
    /// The exception in words.
    pub message: String,
}

/// A traceback.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Traceback {
    /// Its frames, the innermost last.
    pub reprentries: Vec<Entry>,
    /// What stands below them.
    #[serde(default)]
    pub extraline: Option<String>,
}

/// A frame.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Entry {
    /// `ReprEntry`, or `ReprEntryNative` for lines as Python prints them.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its parts.
    pub data: EntryData,
}

/// The parts of a frame.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct EntryData {
    /// Lines of source, and those that say what happened.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Arguments of the function.
    #[serde(default)]
    pub reprfuncargs: Option<FuncArgs>,
    /// Local variables.
    #[serde(default)]
    pub reprlocals: Option<Locals>,
    /// Where it is.
    #[serde(default)]
    pub reprfileloc: Option<Crash>,
    /// `long`, `short`, `value`, `native`, …
    #[serde(default)]
    pub style: Option<String>,
}

/// Arguments of a function.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FuncArgs {
    /// Name and value of each.
    pub args: Vec<(String, Value)>,
}

/// Local variables.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Locals {
    /// One a line.
    pub lines: Vec<String>,
}

impl Report {
    /// Reads the payload of a record. None where it cannot be read.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        read_json(payload).ok()
    }

    /// Reads a report that is JSON already.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// What pytest prints of a failure (without the captured output) on a terminal of so many columns.
    #[must_use]
    pub fn text(&self, columns: usize) -> String {
        self.longrepr
            .as_ref()
            .map_or_else(String::new, |repr| repr.text(columns))
    }

    /// Why the test was skipped, or was expected to fail.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        if let Some(reason) = self.wasxfail.as_ref().and_then(Value::as_str) {
            return Some(reason.strip_prefix("reason: ").unwrap_or(reason));
        }
        match &self.longrepr {
            Some(LongRepr::Skip(_, _, reason)) => {
                Some(reason.strip_prefix("Skipped: ").unwrap_or(reason))
            }
            _ => None,
        }
    }
}

impl LongRepr {
    /// Where the exception was raised.
    #[must_use]
    pub fn crash(&self) -> Option<&Crash> {
        match self {
            Self::Exception(exception) => exception.reprcrash.as_ref(),
            Self::Text(_) | Self::Skip(..) | Self::Other(_) => None,
        }
    }

    /// The frames of the exception that say where they are, the innermost last.
    pub fn places(&self) -> impl Iterator<Item = &Crash> {
        let entries = match self {
            Self::Exception(exception) => exception.reprtraceback.reprentries.as_slice(),
            Self::Text(_) | Self::Skip(..) | Self::Other(_) => &[],
        };
        entries
            .iter()
            .filter_map(|entry| entry.data.reprfileloc.as_ref())
    }
}

#[cfg(test)]
mod tests;
