//! What processes measure beside tests.

use serde::Deserialize;

/// The payload of a record of kind [`crate::record::RecordKind::Fixtures`].
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Fixtures {
    /// How many of these the process has sent, with this one.
    pub number: u64,
    /// What was used since the last one.
    pub totals: Vec<FixtureUse>,
    /// Setups and teardowns that are told one by one.
    pub spans: Vec<FixtureSpan>,
}

/// Uses of a fixture: where it is defined and its name, its scope, the number of setups, seconds of setups and of
/// teardowns, seconds of the longest setup.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FixtureUse(pub String, pub String, pub u64, pub f64, pub f64, pub f64);

/// One setup or teardown: the fixture and its scope, whether it is a teardown, the item, when it began (seconds since the
/// epoch), and seconds.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FixtureSpan(
    pub String,
    pub String,
    pub bool,
    pub Option<u32>,
    pub f64,
    pub f64,
);

/// What collection took, in COLLECTED.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Collection {
    /// Each file.
    pub files: Vec<FileTimes>,
    /// The imports that took longest by themselves.
    pub imports: Vec<ImportTimes>,
}

/// A file as node ids begin, seconds of its collection, and seconds of its import.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FileTimes(pub String, pub f64, pub f64);

/// A module, seconds without those that it imports and with them, and the file that led to it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct ImportTimes(pub String, pub f64, pub f64, pub String);
