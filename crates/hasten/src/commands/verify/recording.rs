//! What one run reported.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;

use super::normalise::normalise;

/// One line of the recorder.
#[derive(Clone, Debug, Deserialize)]
struct Line {
    kind: String,
    #[serde(default)]
    rootdir: String,
    #[serde(default)]
    nodeid: String,
    #[serde(default)]
    when: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    wasxfail: String,
    #[serde(default)]
    longrepr: String,
    #[serde(default)]
    sections: Vec<(String, String)>,
    #[serde(default)]
    properties: Vec<Vec<String>>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    category: String,
}

/// What is compared of one report or warning: a name and a text each.
pub(super) type Aspects = BTreeMap<&'static str, String>;

/// What is compared: the key is a node id and a phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    /// In the order of the node ids. A phase that reported twice has two entries.
    pub(super) reports: BTreeMap<(String, String), Vec<Aspects>>,
    /// Exit status of the command.
    pub(super) exit_status: i32,
    /// What the whole command took.
    pub(super) seconds: f64,
    /// pytest's rootdir.
    pub(super) rootdir: String,
}

impl Recording {
    /// Reads the recorder's file. A run that ended before it was made has recorded nothing.
    pub(super) fn read(path: &Utf8Path, exit_status: i32, seconds: f64) -> Self {
        let text = fs_err::read(path).unwrap_or_default();
        Self {
            seconds,
            ..Self::parse(&String::from_utf8_lossy(&text), exit_status)
        }
    }

    pub(super) fn parse(text: &str, exit_status: i32) -> Self {
        let mut recording = Self {
            exit_status,
            ..Self::default()
        };
        for line in text
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok())
        {
            if line.kind == "session" {
                recording.rootdir = line.rootdir;
                continue;
            }
            let key = if line.kind == "warning" {
                (line.nodeid.clone(), format!("{}, warning", line.when))
            } else {
                (line.nodeid.clone(), line.when.clone())
            };
            recording
                .reports
                .entry(key)
                .or_default()
                .push(line.aspects());
        }
        for entries in recording.reports.values_mut() {
            // Warnings of one test arrive in any order of their files.
            entries.sort();
        }
        recording
    }

    /// Number of node ids.
    pub(super) fn items(&self) -> usize {
        let mut nodeids: Vec<&str> = self
            .reports
            .keys()
            .filter(|(_, when)| when != "collect" && !when.ends_with("warning"))
            .map(|(nodeid, _)| nodeid.as_str())
            .collect();
        nodeids.dedup();
        nodeids.len()
    }

    /// Only what the terminal's statistics hold: reports of tests.
    pub(super) fn without_warnings(&self) -> Self {
        let reports = self
            .reports
            .iter()
            .filter(|((_, when), _)| !when.ends_with("warning"))
            .map(|(key, entries)| (key.clone(), entries.clone()))
            .collect();
        Self {
            reports,
            exit_status: self.exit_status,
            seconds: self.seconds,
            rootdir: self.rootdir.clone(),
        }
    }
}

impl Line {
    fn aspects(&self) -> Aspects {
        if self.kind == "warning" {
            let text = format!("{}: {}", self.category, normalise(&self.message));
            return Aspects::from([("warning", text)]);
        }
        let mut aspects = Aspects::from([("outcome", self.outcome.clone())]);
        for (name, text) in [
            ("xfail reason", &self.wasxfail),
            ("failure", &self.longrepr),
        ] {
            if !text.is_empty() {
                aspects.insert(name, normalise(text));
            }
        }
        if !self.sections.is_empty() {
            let text: Vec<_> = self
                .sections
                .iter()
                .map(|(name, content)| format!("{name}\n{}", normalise(content)))
                .collect();
            aspects.insert("captured output", text.join("\n"));
        }
        if !self.properties.is_empty() {
            aspects.insert("properties", normalise(&format!("{:?}", self.properties)));
        }
        aspects
    }
}
