//! What a project says in `[tool.hasten]` of its `pyproject.toml`, and what the command line adds: limits, retries,
//! profiles, and overrides for some of the tests.
//!
//! [`read`] reads the settings of all profiles and finds every mistake in them, whichever profile is used.
//! [`File::policy`] joins one profile with the command line to a [`Policy`], which says for a test what holds
//! ([`Policy::rules_for`]). Strongest first:
//!
//! 1. the command line ([`CommandLine`]);
//! 2. overrides: those of the profile before those of `[tool.hasten]`, a later one before an earlier one;
//! 3. the profile;
//! 4. `[tool.hasten]`;
//! 5. the settings of pytest's plugins ([`Ini`]).
//!
//! Each key is looked up by itself: an override that sets `retries` leaves `timeout` as it is. A mark on a test is
//! stronger than all of these; whoever knows the marks sees to that.

mod command_line;
mod distribution;
mod error;
mod file;
mod isolate;
mod nodeid;
mod overrides;
mod patterns;
mod policy;
mod quarantine;
mod read;
mod rules;
mod span;
mod words;

pub use command_line::{CommandLine, Ini};
pub use distribution::{OrderBy, Shard, ShardBy};
pub use error::{ConfigError, Place};
pub use file::File;
pub use isolate::Isolate;
pub use nodeid::NodeIds;
pub use overrides::{Expression, ExpressionKind};
pub use patterns::{BadPattern, Patterns};
pub use policy::{DEFAULT_GRACE, DEFAULT_TIMEOUT_FLOOR, Policy};
pub use quarantine::Quarantine;
pub use read::read;
pub use rules::Rules;
pub use span::Span;

#[cfg(test)]
mod tests;
