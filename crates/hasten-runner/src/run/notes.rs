//! Lines of hasten's own, which main shows.

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::{Note, Place};
use hasten_report::durations::Section;

use super::Run;
use crate::process::Role;

impl Run {
    /// Shows a line of hasten's own now.
    pub(super) fn note_now(&mut self, text: &str) {
        self.note(Place::Now, text);
    }

    /// Shows a line of hasten's own in the summary.
    pub(super) fn note_summary(&mut self, text: &str) {
        self.note(Place::Summary, text);
    }

    /// Shows a section in the summary.
    pub(super) fn note_section(&mut self, section: Section) {
        let note = Note::section(section.title, section.text);
        self.screen
            .main_gets(frame::encode_json(ToPython::Note, &note));
    }

    fn note(&mut self, place: Place, text: &str) {
        self.tell_note(text);
        let frame = frame::encode_json(ToPython::Note, &Note::new(place, text));
        match place {
            Place::Now => self.screen.main_shows(frame),
            Place::Summary | Place::Section | Place::Nowhere => self.screen.main_gets(frame),
        }
    }

    /// Shows a line in the summary, ahead of DECISION: a main that runs the tests itself reads nothing after it.
    pub(super) fn tell_main(&mut self, text: &str) {
        self.tell_note(text);
        self.send_note(Role::Main, &Note::new(Place::Summary, text));
    }

    /// Sends a note past everything that waits to be shown.
    pub(super) fn send_note(&mut self, role: Role, note: &Note) {
        if let Some(process) = self.process(role) {
            let frame = frame::encode_json(ToPython::Note, note);
            process.channel.send(frame);
        }
    }
}
