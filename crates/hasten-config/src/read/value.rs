//! A value of the file, read as what its setting needs.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeString, DeValue};

use super::source::{Source, Table};
use crate::span::{self, TOO_MANY};
use crate::words;
use crate::{ConfigError, Patterns, Place, Span};

const LIMIT: &str = "Give seconds (60; 0 is no limit), \
    a time (\"90s\", \"2m\", \"1h\") or a multiple of the recorded time (\"5x\").";
const WHOLE_LIMIT: &str = "Give seconds (60; 0 is no limit) or a time (\"90s\", \"2m\", \"1h\").";
const SECONDS: &str = "Give seconds (60) or a time (\"90s\", \"2m\", \"1h\").";
const FACTOR: &str = "Give a number that is not negative (2.0).";
const RATIO: &str = "Give a number above 1 (2.0), or 0 for no comparison.";
const COUNT: &str = "Give a whole number from 0 to 1000.";
pub(super) const WORKERS: &str = "Give a whole number, at least 1.";
pub(super) const USERS: &str =
    "Give a whole number from 1 on: how many tests may use it at a time.";
const LIST: &str = "Give a string or a list of strings.";

const NAMES: &str = "Give names of fixtures, as in [\"database\"].";

/// As many as the command line accepts.
const MOST_RETRIES: u32 = 1000;

/// A key and its value.
pub(super) struct Entry<'a> {
    source: &'a Source<'a>,
    table: &'a str,
    pub(super) key: &'a str,
    key_at: usize,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        table: &'a Table<'_>,
        key: &'a Spanned<DeString<'_>>,
        value: &'a Spanned<DeValue<'_>>,
    ) -> Self {
        Self {
            source: table.source,
            table: &table.name,
            key: key.get_ref(),
            key_at: key.span().start,
            value,
        }
    }

    /// Where the value is.
    pub(super) fn place(&self) -> Place {
        self.source.place(self.value.span())
    }

    /// The table that it is in, with brackets.
    pub(super) fn parent(&self) -> &'a str {
        self.table
    }

    /// There is no such key; `known` are those that there are.
    pub(super) fn unknown(&self, known: &[&str]) -> ConfigError {
        self.unknown_here(&words::advice(self.key, known))
    }

    /// There is no such key in this table.
    pub(super) fn unknown_here(&self, advice: &str) -> ConfigError {
        ConfigError::UnknownKey {
            place: self.source.place(self.key_at..self.key_at),
            table: self.table.to_owned(),
            key: self.key.to_owned(),
            advice: advice.to_owned(),
        }
    }

    /// Its value is wrong.
    pub(super) fn wrong(&self, advice: &str) -> ConfigError {
        self.wrong_with(&shown(self.value.get_ref()), advice.to_owned())
    }

    /// Its value is wrong, being `found`.
    pub(super) fn wrong_with(&self, found: &str, advice: String) -> ConfigError {
        ConfigError::WrongValue {
            place: self.place(),
            key: self.key.to_owned(),
            found: found.to_owned(),
            advice,
        }
    }

    /// A limit of a test.
    pub(super) fn span(&self) -> Result<Span, ConfigError> {
        self.parsed().ok_or_else(|| self.wrong(LIMIT))
    }

    /// A limit of something that no time is recorded of.
    pub(super) fn limit(&self) -> Result<f64, ConfigError> {
        self.seconds_or(WHOLE_LIMIT)
    }

    /// A time that is no limit.
    pub(super) fn seconds(&self) -> Result<f64, ConfigError> {
        self.seconds_or(SECONDS)
    }

    fn seconds_or(&self, advice: &str) -> Result<f64, ConfigError> {
        match self.parsed() {
            Some(Span::Seconds(seconds)) => Ok(seconds),
            Some(Span::Times(_)) => Err(self.wrong(&format!(
                "Only a limit of tests can be a multiple. {advice}"
            ))),
            None => Err(self.wrong(advice)),
        }
    }

    fn parsed(&self) -> Option<Span> {
        match self.value.get_ref() {
            DeValue::String(text) => span::parse(text),
            value => number(value).map(Span::Seconds),
        }
    }

    pub(super) fn factor(&self) -> Result<f64, ConfigError> {
        number(self.value.get_ref()).ok_or_else(|| self.wrong(FACTOR))
    }

    fn integer(&self) -> Option<u32> {
        let integer = self.value.get_ref().as_integer()?;
        u32::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    /// How many times as long something may take; 0 is any.
    pub(super) fn ratio(&self) -> Result<f64, ConfigError> {
        number(self.value.get_ref())
            .filter(|number| span::is_ratio(*number))
            .ok_or_else(|| self.wrong(RATIO))
    }

    pub(super) fn count(&self) -> Result<u32, ConfigError> {
        self.integer()
            .filter(|count| *count <= MOST_RETRIES)
            .ok_or_else(|| self.wrong(COUNT))
    }

    pub(super) fn at_least_one(&self, advice: &str) -> Result<u32, ConfigError> {
        self.integer()
            .filter(|number| *number > 0)
            .ok_or_else(|| self.wrong(advice))
    }

    /// A text that `parse` understands.
    pub(super) fn read<T>(
        &self,
        parse: fn(&str) -> Option<T>,
        advice: &str,
    ) -> Result<T, ConfigError> {
        let found = self.value.get_ref().as_str();
        found.and_then(parse).ok_or_else(|| self.wrong(advice))
    }

    pub(super) fn flag(&self) -> Result<bool, ConfigError> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.wrong("Give true or false, without quotes."))
    }

    pub(super) fn one_of(&self, words: [&'static str; 2]) -> Result<&'static str, ConfigError> {
        let [first, second] = words;
        let found = self.value.get_ref().as_str();
        words
            .into_iter()
            .find(|word| found == Some(word))
            .ok_or_else(|| self.wrong(&format!("Give \"{first}\" or \"{second}\".")))
    }

    pub(super) fn text(&self) -> Result<String, ConfigError> {
        let text = self
            .value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong("Give a string."))?;
        if text.trim().is_empty() {
            return Err(self.wrong_with(
                "empty",
                "Write something between the quotes, or remove the line.".to_owned(),
            ));
        }
        Ok(text.to_owned())
    }

    /// One or several strings, none of them empty.
    pub(super) fn texts(&self) -> Result<Vec<String>, ConfigError> {
        let texts = self.strings()?;
        if texts.is_empty() || texts.iter().any(|(text, _)| text.trim().is_empty()) {
            let found = if texts.is_empty() {
                "an empty list"
            } else {
                "empty"
            };
            return Err(self.wrong_with(
                found,
                "Give a node id, or the beginning of one, as in \"tests/db\".".to_owned(),
            ));
        }
        Ok(texts.into_iter().map(|(text, _)| text.to_owned()).collect())
    }

    /// Names of fixtures; there may be none.
    pub(super) fn names(&self) -> Result<Vec<String>, ConfigError> {
        let texts = self.strings()?;
        let is_name =
            |text: &str| !text.is_empty() && !text.contains([':', '/']) && !text.contains(' ');
        match texts.iter().find(|(text, _)| !is_name(text)) {
            Some((text, _)) => {
                Err(self.wrong_with(&format!("\"{}\"", text.escape_debug()), NAMES.to_owned()))
            }
            None => Ok(texts.into_iter().map(|(text, _)| text.to_owned()).collect()),
        }
    }

    /// Regular expressions; there may be none.
    pub(super) fn patterns(&self) -> Result<Arc<Patterns>, ConfigError> {
        let sources = self.strings()?;
        let texts: Vec<&str> = sources.iter().map(|(text, _)| *text).collect();
        let compiled = Patterns::new(&texts).map_err(|bad| {
            let place = sources
                .get(bad.index)
                .map_or_else(|| self.place(), |(_, place)| place.clone());
            bad.at(place)
        })?;
        Ok(Arc::new(compiled))
    }

    fn strings(&self) -> Result<Vec<(&'a str, Place)>, ConfigError> {
        let one = std::slice::from_ref(self.value);
        let several = match self.value.get_ref() {
            DeValue::Array(list) => list.iter(),
            _ => one.iter(),
        };
        let string = |value: &'a Spanned<DeValue<'a>>| {
            let text = value.get_ref().as_str().ok_or_else(|| {
                let item = Self { value, ..*self };
                item.wrong(LIST)
            })?;
            Ok((text, self.source.place(value.span())))
        };
        several.map(string).collect()
    }

    /// The table that it is.
    pub(super) fn table(&self, name: String) -> Result<Table<'a>, ConfigError> {
        let advice = match self.key {
            "filter" => "Give a table, as in filter = { nodeid = \"tests/db\" }.".to_owned(),
            _ => format!("Write it as a table: {name}."),
        };
        Table::new(self.source, name, self.value).ok_or_else(|| self.wrong(&advice))
    }

    /// The list of tables that it is.
    pub(super) fn tables(&self, name: &str) -> Result<Vec<Table<'a>>, ConfigError> {
        let list = self.value.get_ref().as_array();
        let tables = list.and_then(|list| {
            list.iter()
                .map(|value| Table::new(self.source, name.to_owned(), value))
                .collect()
        });
        tables.ok_or_else(|| self.wrong(&format!("Begin each override with {name}.")))
    }
}

/// A number that settings may have.
fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(integer) => decimal(integer).map(|number| number as f64),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number| span::in_range(*number))
}

/// Integers may be written with another base than 10, which Rust does not read as floats.
fn decimal(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Says of a number that looks right why it is not.
fn with_reason(shown: String, number: Option<f64>) -> String {
    match number {
        Some(number) if number.is_finite() && number >= TOO_MANY => {
            format!("{shown}, which is too much")
        }
        _ => shown,
    }
}

/// How a value is called in a sentence.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "empty".to_owned(),
        DeValue::String(text) => format!("\"{}\"", text.escape_debug()),
        DeValue::Integer(integer) => with_reason(
            integer.to_string(),
            decimal(integer).map(|number| number as f64),
        ),
        DeValue::Float(float) => with_reason(float.to_string(), float.as_str().parse().ok()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
