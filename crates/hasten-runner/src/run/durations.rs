//! `--durations` with `-v`: what is shown beside the durations of tests.

use hasten_protocol::message::{Note, Place};
use hasten_report::durations::{Amount, Measured, Section, sections};

use super::Run;
use super::suite::scope_of;
use crate::process::Role;

impl Run {
    /// The sections that were asked for.
    pub(super) fn duration_sections(&self) -> Vec<Section> {
        let asked = self.configured.as_ref().and_then(|main| main.durations);
        let (Some(asked), Some(suite), Some(collected)) = (asked, &self.suite, &self.collected)
        else {
            return Vec::new();
        };
        let details = self
            .measured
            .details(&suite.nodeids, self.distribute, self.started);
        let entries = collected.items.iter().zip(suite.ledger.entries());
        let measured = Measured {
            tests: entries
                .filter(|(_, entry)| entry.finished)
                .map(|(item, entry)| {
                    let seconds = entry.setup + entry.call + entry.teardown;
                    (item.0.as_str(), scope_of(item), seconds)
                })
                .collect(),
            fixtures: &details.fixtures,
            files: &details.files,
            imports: &details.imports,
        };
        let amount = Amount {
            number: asked.number,
            min: asked.min,
            more: asked.more,
        };
        sections(&measured, amount)
    }

    /// A main that runs the tests itself is about to print its summary, and waits for what belongs there.
    pub(super) fn on_summary(&mut self) {
        for section in self.duration_sections() {
            self.send_note(Role::Main, &Note::section(section.title, section.text));
        }
        self.send_note(Role::Main, &Note::new(Place::Nowhere, ""));
    }
}
