//! What can be wrong with settings, in sentences that a user can act on.

use std::fmt;
use std::io;

use camino::Utf8PathBuf;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the settings file.
    File {
        /// Relative to the rootdir.
        file: &'static str,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// On the command line: the option, with its dashes.
    Option(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Option(option) => f.write_str(option),
        }
    }
}

/// Why there are no settings to go by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The settings file is there, but cannot be read.
    #[error(
        "{path} cannot be read ({source}): make it readable, hasten looks there for [tool.hasten]"
    )]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is not TOML.
    #[error(
        "{place}: not valid TOML: {detail}. Correct it: the settings in [tool.hasten] cannot be read."
    )]
    NotToml {
        /// Where the parser gave up.
        place: Place,
        /// What the parser said.
        detail: String,
    },
    /// A key that does not exist.
    #[error("{place}: {table} has no setting \"{key}\". {advice}")]
    UnknownKey {
        /// Where the key is.
        place: Place,
        /// The table, with its brackets.
        table: String,
        /// The key.
        key: String,
        /// What may have been meant; a sentence.
        advice: String,
    },
    /// A value of a wrong type, or out of range.
    #[error("{place}: \"{key}\" cannot be {found}. {advice}")]
    WrongValue {
        /// Where the value is.
        place: Place,
        /// The key.
        key: String,
        /// The value, as it may follow "cannot be".
        found: String,
        /// What to give; a sentence.
        advice: String,
    },
    /// An option of the command line with a value that is out of range.
    #[error("{option} cannot be {found}. {advice}")]
    WrongOption {
        /// With its dashes.
        option: &'static str,
        /// The value, as it may follow "cannot be".
        found: String,
        /// What to give; a sentence.
        advice: &'static str,
    },
    /// A regular expression that is none.
    #[error(
        "{place}: \"{pattern}\" is not a regular expression: {detail}. \
         Correct it, or put a backslash before special characters."
    )]
    BadPattern {
        /// Where it is.
        place: Place,
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        detail: String,
    },
    /// An override that says nothing about which tests it is for.
    #[error(
        "{place}: {table} needs a filter that says which tests it is for. \
         Give one, as in filter = {{ nodeid = \"tests/db\" }}, or move the settings to {parent} if they are for all tests."
    )]
    NoFilter {
        /// Where the override begins.
        place: Place,
        /// The table, with its brackets.
        table: String,
        /// The table around it.
        parent: String,
    },
    /// An override that changes nothing.
    #[error(
        "{place}: {table} changes nothing. Add a setting to it, as in timeout = 300, or remove it."
    )]
    NothingOverridden {
        /// Where the override begins.
        place: Place,
        /// The table, with its brackets.
        table: String,
    },
    /// A profile that does not exist.
    #[error("{place}: there is no profile \"{name}\" in pyproject.toml. {advice}")]
    UnknownProfile {
        /// Where it was named.
        place: Place,
        /// Its name.
        name: String,
        /// Which there are; sentences.
        advice: String,
    },
    /// The list of quarantined tests cannot be read.
    #[error("the quarantine list {path} cannot be read ({source}): {advice}")]
    Quarantine {
        /// The list.
        path: Utf8PathBuf,
        /// What to do.
        advice: String,
        /// What the system said.
        source: io::Error,
    },
    /// Whoever evaluates the expression of a filter does not understand it.
    #[error(
        "{place}: \"{text}\" is not an expression that -{letter} understands: {detail}. \
         Correct it."
    )]
    BadExpression {
        /// Where the expression is.
        place: Place,
        /// The expression.
        text: String,
        /// `k` or `m`.
        letter: char,
        /// What is wrong with it.
        detail: String,
    },
}
