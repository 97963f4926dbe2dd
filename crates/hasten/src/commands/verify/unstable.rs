//! What plain pytest does not repeat.

use std::collections::BTreeSet;

use super::compare::{self, Difference};
use super::recording::Recording;

/// What differs between two runs of plain pytest.
pub(super) struct Unstable {
    places: BTreeSet<(String, String, String)>,
    /// Test functions whose node ids change from run to run.
    functions: BTreeSet<String>,
    /// Whether the exit status differs, too.
    pub(super) exit_status: bool,
}

impl Unstable {
    pub(super) fn between(first: &Recording, second: &Recording) -> Self {
        let differences = compare::differences(first, second);
        Self {
            places: differences.iter().map(Difference::place).collect(),
            functions: differences
                .iter()
                .filter(|difference| difference.is_of_number())
                .map(|difference| function(&difference.nodeid).to_owned())
                .collect(),
            exit_status: first.exit_status != second.exit_status,
        }
    }

    pub(super) fn covers(&self, difference: &Difference) -> bool {
        self.places.contains(&difference.place())
            || difference.is_of_number() && self.functions.contains(function(&difference.nodeid))
    }
}

fn function(nodeid: &str) -> &str {
    nodeid.split('[').next().unwrap_or(nodeid)
}
