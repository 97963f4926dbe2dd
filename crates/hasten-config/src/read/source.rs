//! The text of the settings file, its tables, and where things are in it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::value::Entry;
use crate::{ConfigError, Place};

/// The settings file, relative to the rootdir.
pub(super) const FILE: &str = "pyproject.toml";

pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| ConfigError::NotToml {
            place: self.place(error.span().unwrap_or_default()),
            detail: error.message().trim().replace('\n', ", "),
        })
    }

    /// Where a part of the text begins.
    pub(super) fn place(&self, part: Range<usize>) -> Place {
        let before = self.text.get(..part.start).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place::File {
            file: FILE,
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

/// A table of the file.
pub(super) struct Table<'a> {
    pub(super) source: &'a Source<'a>,
    /// With its brackets.
    pub(super) name: String,
    values: Option<&'a DeTable<'a>>,
    part: Range<usize>,
}

impl<'a> Table<'a> {
    /// A table that is there only to be named.
    pub(super) fn outer(source: &'a Source<'a>, name: &str) -> Self {
        Self {
            source,
            name: name.to_owned(),
            values: None,
            part: 0..0,
        }
    }

    pub(super) fn new(
        source: &'a Source<'a>,
        name: String,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Option<Self> {
        let values = Some(value.get_ref().as_table()?);
        Some(Self {
            source,
            name,
            values,
            part: value.span(),
        })
    }

    /// Where it begins.
    pub(super) fn place(&self) -> Place {
        self.source.place(self.part.clone())
    }

    /// What is in it, as it stands in the file: the first mistake is shown first.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        let mut sorted: Vec<(&Spanned<DeString<'a>>, &Spanned<DeValue<'a>>)> =
            self.values.into_iter().flatten().collect();
        sorted.sort_by_key(|(key, _)| key.span().start);
        sorted
            .into_iter()
            .map(|(key, value)| Entry::new(self, key, value))
            .collect()
    }
}
