//! Records: what happened to an item, packed.

use crate::journal::NO_ITEM;

/// Bytes of a record before its payload.
pub const HEAD: usize = 60;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// A report, with its payload.
    Report = 1,
    /// No report of this item follows.
    Finished = 2,
    /// Setup, call and teardown passed in silence, and the item is finished.
    Passed = 3,
    /// A warning, with its payload.
    Warning = 4,
    /// A report that the supervisor made.
    Verdict = 5,
    /// Which attempt the reports of this item that follow belong to, and what became of it.
    Attempt = 6,
    /// What fixtures took, as JSON ([`crate::measured::Fixtures`]).
    Fixtures = 7,
    /// A report of what was torn down after the last test, with its payload: its item has its final state already.
    Late = 8,
}

impl RecordKind {
    fn from_wire(value: u8) -> Option<Self> {
        Some(match value {
            1 => Self::Report,
            2 => Self::Finished,
            3 => Self::Passed,
            4 => Self::Warning,
            5 => Self::Verdict,
            6 => Self::Attempt,
            7 => Self::Fixtures,
            8 => Self::Late,
            _ => return None,
        })
    }
}

/// pytest's outcome of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// `passed`
    Passed = 0,
    /// `failed`
    Failed = 1,
    /// `skipped`
    Skipped = 2,
}

/// The phase is setup.
pub const SETUP: u16 = 1;
/// The phase is call.
pub const CALL: u16 = 2;
/// The phase is teardown.
pub const TEARDOWN: u16 = 4;
/// The report has `wasxfail`.
pub const XFAIL: u16 = 8;
/// A plugin made the outcome up (`rerun`).
pub const OTHER: u16 = 16;

/// One record, borrowed from the bytes it came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    /// The item, if it belongs to one.
    pub index: Option<u32>,
    /// What it says.
    pub kind: RecordKind,
    /// The outcome of the report.
    pub outcome: Outcome,
    /// [`SETUP`], [`CALL`], …
    pub flags: u16,
    /// Seconds since the epoch.
    pub start: f64,
    /// Seconds of setup.
    pub setup: f64,
    /// Seconds of call.
    pub call: f64,
    /// Seconds of teardown.
    pub teardown: f64,
    /// Seconds of processor time in setup, call and teardown.
    pub processor: [f32; 3],
    /// The most memory that the process has held, in KiB; 0: not known.
    pub peak_memory: u32,
    /// JSON, or nothing.
    pub payload: &'a [u8],
    /// The whole record as it came.
    pub bytes: &'a [u8],
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a record at byte {offset} cannot be read: {why}")]
pub struct RecordError {
    /// Where it begins.
    pub offset: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Reads records one after another.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Records<'a> {
    /// Reads the payload of a RECORDS frame.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    fn read(&self) -> Result<Record<'a>, &'static str> {
        let rest = &self.bytes[self.offset..];
        let head: &[u8; HEAD] = rest.first_chunk().ok_or("it is cut off")?;
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let double = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[at..at + 8]);
            f64::from_le_bytes(bytes)
        };
        let single = |at: usize| f32::from_bits(word(at));
        let length = word(56) as usize;
        let payload = rest
            .get(HEAD..HEAD + length)
            .ok_or("its payload is cut off")?;
        let index = word(0);
        Ok(Record {
            index: (index != NO_ITEM).then_some(index),
            kind: RecordKind::from_wire(head[4]).ok_or("its kind is not known")?,
            outcome: match head[5] {
                0 => Outcome::Passed,
                1 => Outcome::Failed,
                2 => Outcome::Skipped,
                _ => return Err("its outcome is not known"),
            },
            flags: u16::from_le_bytes([head[6], head[7]]),
            start: double(8),
            setup: double(16),
            call: double(24),
            teardown: double(32),
            processor: [single(40), single(44), single(48)],
            peak_memory: word(52),
            payload,
            bytes: &rest[..HEAD + length],
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        match self.read() {
            Ok(record) => {
                self.offset += record.bytes.len();
                Some(Ok(record))
            }
            Err(why) => {
                let offset = self.offset;
                self.offset = self.bytes.len();
                Some(Err(RecordError { offset, why }))
            }
        }
    }
}

impl Record<'_> {
    /// Appends the record to `out`; the payload is the one given.
    pub fn write(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index.unwrap_or(NO_ITEM).to_le_bytes());
        out.push(self.kind as u8);
        out.push(self.outcome as u8);
        out.extend_from_slice(&self.flags.to_le_bytes());
        for value in [self.start, self.setup, self.call, self.teardown] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in self.processor {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&self.peak_memory.to_le_bytes());
        let length = u32::try_from(payload.len()).unwrap_or(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&payload[..length as usize]);
    }

    /// Seconds of the three phases together.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.setup + self.call + self.teardown
    }

    /// Whether it reports a failure that was not expected.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.outcome == Outcome::Failed && self.flags & XFAIL == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(kind: RecordKind) -> Record<'static> {
        Record {
            index: Some(3),
            kind,
            outcome: Outcome::Failed,
            flags: CALL | XFAIL,
            start: 1.5,
            setup: 0.25,
            call: 0.5,
            teardown: 0.125,
            processor: [0.25, 0.375, 0.0625],
            peak_memory: 4096,
            payload: b"",
            bytes: b"",
        }
    }

    #[test]
    fn records_survive_the_way() {
        let mut bytes = Vec::new();
        sample(RecordKind::Report).write(b"{\"a\":1}", &mut bytes);
        sample(RecordKind::Finished).write(b"", &mut bytes);
        let records: Vec<_> = Records::new(&bytes).map(Result::unwrap).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].payload, b"{\"a\":1}");
        assert_eq!(records[0].flags, CALL | XFAIL);
        assert!((records[1].seconds() - 0.875).abs() < 1e-12);
        assert_eq!(records[1].processor, [0.25, 0.375, 0.0625]);
        assert_eq!(records[1].peak_memory, 4096);
    }

    #[test]
    fn a_cut_record_is_an_error_and_the_last_thing() {
        let mut bytes = Vec::new();
        sample(RecordKind::Passed).write(b"", &mut bytes);
        bytes.extend_from_slice(&[1, 2, 3]);
        let read: Vec<_> = Records::new(&bytes).collect();
        assert!(read[0].is_ok());
        assert_eq!(read[1].as_ref().unwrap_err().offset, HEAD);
        assert_eq!(read.len(), 2);
    }
}
