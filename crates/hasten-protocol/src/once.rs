//! Fixtures that are set up once for the whole run: the binary payloads of ONCE-ASK, ONCE-TELL and ONCE.

/// A worker needs a fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The test that needs it was run before.
    pub again: bool,
    /// Which one.
    pub key: &'a str,
}

/// What came of its setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Its value, as bytes.
    Value {
        /// The value: opaque to the supervisor.
        data: &'a [u8],
        /// Something of the user's tears it down.
        has_teardown: bool,
    },
    /// It failed; the failure is opaque.
    Failure(&'a [u8]),
    /// Each worker has to set it up for itself; why.
    Each(&'a str),
    /// Nothing: something else has failed before.
    Nothing,
}

/// What came of the setup of a fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tell<'a> {
    /// Which one.
    pub key: &'a str,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What a worker that needs a fixture is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Its value.
    Value(&'a [u8]),
    /// It failed.
    Failure(&'a [u8]),
    /// Each worker sets it up for itself.
    Each,
    /// Set it up, and tell.
    SetUp,
}

impl<'a> Ask<'a> {
    /// Reads a payload.
    #[must_use]
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (again, key) = payload.split_first()?;
        Some(Self {
            again: *again != 0,
            key: std::str::from_utf8(key).ok()?,
        })
    }
}

impl<'a> Tell<'a> {
    /// Reads a payload.
    #[must_use]
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (head, rest) = payload.split_first_chunk::<6>()?;
        let [kind, has_teardown, length @ ..] = *head;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let (key, data) = rest.split_at_checked(length)?;
        let outcome = match kind {
            0 => Outcome::Value {
                data,
                has_teardown: has_teardown != 0,
            },
            1 => Outcome::Failure(data),
            2 => Outcome::Each(std::str::from_utf8(data).ok()?),
            3 => Outcome::Nothing,
            _ => return None,
        };
        Some(Self {
            key: std::str::from_utf8(key).ok()?,
            outcome,
        })
    }
}

impl Answer<'_> {
    /// The payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let (kind, data): (u8, &[u8]) = match self {
            Self::Value(data) => (0, data),
            Self::Failure(data) => (1, data),
            Self::Each => (2, b""),
            Self::SetUp => (3, b""),
        };
        [&[kind], data].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_read() {
        let ask = Ask::read(b"\x01conftest.py::db").unwrap();
        assert_eq!((ask.again, ask.key), (true, "conftest.py::db"));
        let tell = Tell::read(b"\0\x01\x02\0\0\0dbvalue").unwrap();
        assert_eq!(tell.key, "db");
        let value = Outcome::Value {
            data: b"value",
            has_teardown: true,
        };
        assert_eq!(tell.outcome, value);
        let tell = Tell::read(b"\x02\0\x02\0\0\0dbwhy").unwrap();
        assert_eq!(tell.outcome, Outcome::Each("why"));
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_none() {
        assert_eq!(Ask::read(b""), None);
        assert_eq!(Tell::read(b"\0\x01\x09\0\0\0db"), None);
        assert_eq!(Tell::read(b"\x09\0\x02\0\0\0db"), None);
    }

    #[test]
    fn an_answer_is_its_kind_and_its_data() {
        assert_eq!(Answer::Failure(b"x").write(), b"\x01x");
        assert_eq!(Answer::SetUp.write(), b"\x03");
    }
}
