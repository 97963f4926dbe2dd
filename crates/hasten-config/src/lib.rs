//! What a project says in `[tool.hasten]` of its `pyproject.toml`, and what the command line adds: limits, retries,
//! profiles, and overrides for some of the tests.

pub mod policy;
