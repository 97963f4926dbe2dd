//! Tests that go from the text of a settings file to what holds.

mod messages;
mod precedence;
