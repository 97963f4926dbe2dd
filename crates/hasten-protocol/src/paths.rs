//! Which path the items of a worker took: the fused one, or pytest's full one, and why.

use serde::Deserialize;

/// What a worker counted, in its BYE.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Paths {
    /// Why none of its items could take the fused path; then nothing was counted.
    #[serde(default)]
    pub why: Option<Reason>,
    /// Items that took the fused path.
    #[serde(default)]
    pub taken: usize,
    /// Items that took the full path, by reason.
    #[serde(default)]
    pub refused: Vec<Refused>,
}

/// So many items took the full path for a reason.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Refused {
    /// The number.
    pub items: usize,
    /// The reason.
    #[serde(flatten)]
    pub reason: Reason,
}

/// Why an item took the full path. `docs/design/protocol.md` lists the kinds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The kind.
    pub kind: String,
    /// An option, a mark, a version, a class, …
    #[serde(default)]
    pub detail: String,
    /// The hooks that it is about.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// Whose code it is about.
    #[serde(default)]
    pub plugin: Option<Plugin>,
}

/// A plugin, as Python knows it. What is not known is empty.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plugin {
    /// The name that `-p no:` takes: of its entry point, or that it is registered by.
    #[serde(default)]
    pub name: String,
    /// The module that its hook implementation is written in.
    #[serde(default)]
    pub module: String,
    /// The class, of a plugin that is an object.
    #[serde(default, rename = "kind")]
    pub class: String,
    /// The file of that module.
    #[serde(default)]
    pub file: String,
    /// Name and version of the distribution that it was installed with.
    #[serde(default)]
    pub distribution: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_counts_is_read() {
        let json = r#"{"why": null, "taken": 3, "refused": [
            {"items": 2, "kind": "mark", "detail": "skipif"},
            {"items": 1, "kind": "hook", "hooks": ["pytest_runtest_setup"],
             "plugin": {"name": "p", "module": "m", "kind": "C", "file": "f", "distribution": ""}}]}"#;
        let paths: Paths = serde_json::from_str(json).unwrap_or_default();
        assert_eq!(paths.taken, 3);
        assert_eq!(paths.refused[0].items, 2);
        assert_eq!(paths.refused[0].reason.detail, "skipif");
        let plugin = paths.refused[1].reason.plugin.clone().unwrap_or_default();
        assert_eq!((plugin.class.as_str(), plugin.file.as_str()), ("C", "f"));
    }
}
