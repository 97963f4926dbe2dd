//! Which tests of a suite are run here, and in which order.

use std::fmt;

/// More shards than anybody has machines.
const MOST_SHARDS: u32 = 100_000;

/// What `--shard` needs.
pub(crate) const SHARD: &str =
    "Give a shard and how many there are, as in 1/4: for four shards from 1/4 to 4/4.";
/// What `--shard-by` needs.
pub(crate) const SHARD_BY: &str = "Give auto, file, scope or test.";
/// What `--order` needs.
pub(crate) const ORDER: &str = "Give file, failed-first, slowest-first, random, or random with the seed of an earlier \
     run, as in random:1234.";

/// A part of the tests, for one of several machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `of`.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// Reads `1/4`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.trim().split_once('/')?;
        let shard = Self {
            number: digits(number)?,
            of: digits(of)?,
        };
        (1..=shard.of).contains(&shard.number).then_some(shard)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

fn digits(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && *number <= MOST_SHARDS)
}

/// What stays in one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShardBy {
    /// `auto`: files, classes, or nothing, whatever is even enough.
    #[default]
    Auto,
    /// `file`.
    File,
    /// `scope`: classes, and the functions of a module.
    Scope,
    /// `test`: nothing.
    Test,
}

impl ShardBy {
    /// Reads its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "auto" => Self::Auto,
            "file" => Self::File,
            "scope" => Self::Scope,
            "test" => Self::Test,
            _ => return None,
        })
    }
}

/// The order of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    /// `file`: as pytest collects them.
    File,
    /// `failed-first`: those that failed the last time.
    FailedFirst,
    /// `slowest-first`.
    SlowestFirst,
    /// `random`, `random:SEED`.
    Random(Option<u64>),
}

impl OrderBy {
    /// Reads its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "file" => Self::File,
            "failed-first" => Self::FailedFirst,
            "slowest-first" => Self::SlowestFirst,
            "random" => Self::Random(None),
            text => {
                let seed = text.strip_prefix("random:")?;
                let digits = seed.bytes().all(|byte| byte.is_ascii_digit());
                Self::Random(Some(seed.parse().ok().filter(|_| digits)?))
            }
        })
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::FailedFirst => f.write_str("failed-first"),
            Self::SlowestFirst => f.write_str("slowest-first"),
            Self::Random(None) => f.write_str("random"),
            Self::Random(Some(seed)) => write!(f, "random:{seed}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!(Shard::parse("1/4"), Some(Shard { number: 1, of: 4 }));
        assert_eq!(Shard::parse(" 4/4 ").unwrap().to_string(), "4/4");
        for wrong in [
            "0/4",
            "5/4",
            "a/b",
            "1",
            "1/",
            "/4",
            "1/0",
            "-1/4",
            "+1/4",
            "1.0/4",
            "1/4/4",
            "",
            "1/100001",
            "1/99999999999",
        ] {
            assert_eq!(Shard::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn orders_read_what_they_write() {
        for text in [
            "file",
            "failed-first",
            "slowest-first",
            "random",
            "random:0",
            "random:18446744073709551615",
        ] {
            assert_eq!(OrderBy::parse(text).unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "Random",
            "random:",
            "random:-1",
            "random:+1",
            "random:x",
            "random:18446744073709551616",
        ] {
            assert_eq!(OrderBy::parse(wrong), None, "{wrong}");
        }
        assert_eq!(ShardBy::parse("scope"), Some(ShardBy::Scope));
        assert_eq!(ShardBy::parse("class"), None);
    }
}
