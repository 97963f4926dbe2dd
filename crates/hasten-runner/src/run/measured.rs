//! What processes say that they measured, taken in.

use hasten_protocol::record::{Record, RecordKind};

use super::Run;

impl Run {
    /// Takes a record of something that is no test's; false when it is none. One that cannot be read is left out: no
    /// test depends on it.
    pub(super) fn take_measured(&mut self, worker: usize, record: &Record<'_>) -> bool {
        if record.kind != RecordKind::Fixtures {
            return false;
        }
        if let Ok(message) = serde_json::from_slice(record.payload) {
            self.measured.add_fixtures(worker, message);
        }
        true
    }
}
