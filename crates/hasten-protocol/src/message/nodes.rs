//! Workers, as plugins on the controller's side see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What plugins on the controller's side said of workers (`pytest_configure_node` of pytest-xdist).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Nodes {
    /// By the worker's id what they added to `config.workerinput`: opaque to the supervisor.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Somebody wants to see each worker before it starts.
    #[serde(default)]
    pub configure: bool,
    /// Somebody wants to know of each worker that has ended.
    #[serde(default)]
    pub down: bool,
}

/// A further worker, for main.
#[derive(Clone, Debug, Serialize)]
pub struct Node<'a> {
    /// `gw2`, …
    pub id: &'a str,
}

/// A worker has ended, for main.
#[derive(Clone, Debug, Serialize)]
pub struct NodeDown<'a> {
    /// `gw0`, …
    pub id: &'a str,
    /// Its `config.workeroutput`, as it sent it; none if it died.
    pub output: Option<&'a str>,
    /// How it ended, if not by itself.
    pub error: Option<String>,
}
