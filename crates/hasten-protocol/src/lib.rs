//! The messages between the supervisor and its Python processes.
//!
//! `docs/design/protocol.md` is the specification; `python/hasten_worker/messages/wire.py` is the other
//! implementation. The files in `golden/` are frames that the tests of both sides read.

pub mod frame;
pub mod journal;
pub mod measured;
pub mod message;
pub mod once;
pub mod paths;
pub mod record;
pub mod report;
pub mod reruns;

/// The version that both sides must agree on, sent in HELLO.
pub const PROTOCOL_VERSION: u32 = 1;
