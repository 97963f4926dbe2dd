//! Frames: `u32 length`, `u8 type`, payload.

use serde::Serialize;

/// The largest frame that is accepted, in bytes. A test that prints more than this in one phase
/// ends its worker's channel, which the supervisor reports as a fault of that test.
pub const MAX_FRAME: usize = 1 << 30;

macro_rules! frame_types {
    ($(#[$enum_doc:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant = $value,)* }

        impl $name {
            /// The type with this number on the wire, if there is one.
            #[must_use]
            pub fn from_wire(value: u8) -> Option<Self> {
                match value { $($value => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

frame_types! {
    /// What Python says.
    FromPython {
        /// First frame of every process.
        Hello = 1,
        /// It cannot go on.
        Error = 2,
        /// Whether the session was forked.
        Session = 3,
        /// What the command line and the settings say, before any conftest is imported.
        Settings = 4,
        /// The pytest session of main is configured.
        Configured = 5,
        /// Collection ended.
        Collected = 6,
        /// What happened to items.
        Records = 7,
        /// The queue is empty.
        Want = 8,
        /// pytest wants the run to end.
        Stopped = 9,
        /// Last frame of every process.
        Bye = 10,
        /// Everything received so far is on the terminal.
        Idle = 11,
        /// What a process collected, before anything of it is left out.
        Items = 12,
        /// What plugins say of workers, on the controller's side.
        Nodes = 13,
        /// Somebody reads what such plugins may have said.
        AskInputs = 14,
        /// Which items stay together, as a scheduler of the suite's own says.
        Groups = 15,
        /// A main that runs the tests is about to print its summary.
        Summary = 16,
        /// A fixture that is set up once is needed.
        OnceAsk = 17,
        /// What came of its setup.
        OnceTell = 18,
        /// It was torn down, or what depends on it.
        OnceEnded = 19,
        /// A test stops in a debugger, and waits for the terminal.
        AskTerminal = 20,
        /// It goes on.
        LeaveTerminal = 21,
        /// A child that the session keeps has ended.
        Ended = 22,
        /// A test has failed: may the worker stay in it?
        AskHold = 23,
        /// It does, and has left the run; or it does not after all.
        Held = 24,
    }
}

frame_types! {
    /// What the supervisor says.
    ToPython {
        /// Fork a process.
        Fork = 65,
        /// Distribute, or not.
        Decision = 66,
        /// Items to run.
        Run = 67,
        /// End the pytest session.
        Finish = 68,
        /// What was collected.
        Collection = 69,
        /// Reports to replay.
        Reports = 70,
        /// A line of hasten's own.
        Note = 71,
        /// The run is over.
        End = 72,
        /// Leave.
        Exit = 73,
        /// Which of the collected items to keep, and in which order.
        Selection = 74,
        /// What such plugins have said.
        Inputs = 75,
        /// A further worker is to be shown to plugins before it starts.
        Node = 76,
        /// A worker has ended.
        NodeDown = 77,
        /// What is known of a fixture that is set up once.
        Once = 78,
        /// Tear it down, or what depends on it.
        OnceEnd = 79,
        /// Whether the terminal is the worker's.
        Terminal = 80,
        /// Let go of the pytest session, which other processes go on with, and leave.
        Leave = 81,
        /// Whether a worker stays in its failed test.
        Hold = 82,
    }
}

/// Why bytes are not a frame.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FrameError {
    /// The length is impossible: the channel does not carry our frames.
    #[error("a frame of {0} bytes is not one of ours")]
    Length(usize),
    /// The type is not known in this version.
    #[error("frame type {0} is not known")]
    Type(u8),
}

/// Encodes a frame.
#[must_use]
pub fn encode(frame_type: ToPython, payload: &[u8]) -> Vec<u8> {
    encode_raw(frame_type as u8, payload)
}

/// Encodes a frame with a JSON payload.
///
/// # Panics
/// Never: the message types of this crate always have a JSON form.
#[must_use]
pub fn encode_json<T: Serialize>(frame_type: ToPython, message: &T) -> Vec<u8> {
    let payload = serde_json::to_vec(message).unwrap_or_else(|_| b"null".to_vec());
    encode(frame_type, &payload)
}

fn encode_raw(frame_type: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 1).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(payload.len() + 5);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.push(frame_type);
    frame.extend_from_slice(payload);
    frame
}

/// Takes whole frames out of a stream of bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
}

impl Decoder {
    /// Adds bytes as they came from the channel.
    pub fn extend(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start > 1 << 20 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// When the bytes are not frames of ours.
    pub fn next_frame(&mut self) -> Result<Option<(FromPython, &[u8])>, FrameError> {
        let bytes = &self.buffer[self.start..];
        let Some((head, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*head) as usize;
        if length == 0 || length > MAX_FRAME {
            return Err(FrameError::Length(length));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let kind = FromPython::from_wire(rest[0]).ok_or(FrameError::Type(rest[0]))?;
        let from = self.start + 5;
        self.start += 4 + length;
        Ok(Some((kind, &self.buffer[from..self.start])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_split() {
        let mut stream = encode_raw(FromPython::Want as u8, b"");
        stream.extend(encode_raw(FromPython::Records as u8, &[7; 300]));
        for size in [1, 2, 5, 7, 299, 1000] {
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for part in stream.chunks(size) {
                decoder.extend(part);
                while let Some((kind, payload)) = decoder.next_frame().unwrap() {
                    seen.push((kind, payload.len()));
                }
            }
            assert_eq!(
                seen,
                [(FromPython::Want, 0), (FromPython::Records, 300)],
                "split by {size}"
            );
        }
    }

    #[test]
    fn garbage_is_named() {
        let mut decoder = Decoder::default();
        decoder.extend(b"HTTP/1.1 400\r\n");
        assert!(matches!(decoder.next_frame(), Err(FrameError::Length(_))));
        let mut decoder = Decoder::default();
        decoder.extend(&[1, 0, 0, 0, 99]);
        assert_eq!(decoder.next_frame().unwrap_err(), FrameError::Type(99));
    }
}
