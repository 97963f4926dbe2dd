//! What imports cost.

use serde::Serialize;

use super::measured::Measured;
use super::seconds::microseconds;
use super::{Options, is_below};

/// A module that was imported while the suite was collected: medians of the last runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Import {
    /// Its full name.
    pub module: String,
    /// Seconds, without the modules that it imports.
    #[serde(serialize_with = "microseconds")]
    pub own: f64,
    /// Seconds, with them.
    #[serde(serialize_with = "microseconds")]
    pub all: f64,
    /// The file of the tests, conftest or plugin whose import led to it.
    pub file: String,
}

/// Those that take longest by themselves, the longest first.
pub(super) fn imports(measured: &Measured<'_>, options: &Options) -> Vec<Import> {
    let mut found: Vec<Import> = measured
        .imports()
        .into_iter()
        .filter(|import| options.paths.is_empty() || is_below(&import.file, &options.paths))
        .map(|import| Import {
            module: import.module,
            own: import.own,
            all: import.all,
            file: import.file,
        })
        .filter(|import| import.own >= options.min_seconds)
        .collect();
    found.sort_by(|a, b| {
        b.own
            .total_cmp(&a.own)
            .then_with(|| a.module.cmp(&b.module))
    });
    found.truncate(options.others);
    found
}
