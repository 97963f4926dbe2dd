//! What has a process of its own.

/// What `--isolate` needs.
pub(crate) const ISOLATE: &str = "Give test, file or none.";

/// What has a process of its own, unless a mark says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolate {
    /// `none`.
    #[default]
    None,
    /// `test`: each test.
    Test,
    /// `file`: the tests of a file.
    File,
}

impl Isolate {
    /// Reads its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "none" => Self::None,
            "test" => Self::Test,
            "file" => Self::File,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_names_are_read() {
        assert_eq!(Isolate::parse(" test "), Some(Isolate::Test));
        assert_eq!(Isolate::parse("none"), Some(Isolate::None));
        assert_eq!(Isolate::parse("class"), None);
        assert_eq!(Isolate::parse(""), None);
    }
}
