//! `[tool.hasten]` of `pyproject.toml`, from text to [`File`].

mod source;
mod value;

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;

use crate::distribution::{ORDER, SHARD_BY};
use crate::file::{File, Run, Section};
use crate::isolate::{ISOLATE, Isolate};
use crate::overrides::Override;
use crate::words::{self, OF_FILTER, OF_RUN, OF_TESTS};
use crate::{ConfigError, Expression, ExpressionKind, NodeIds, OrderBy, Rules, ShardBy};
use source::{FILE, Source, Table};
use value::Entry;

/// Reads the settings of the project with this rootdir. Without a file, or without `[tool.hasten]` in it, there are
/// none.
pub fn read(rootdir: &Utf8Path) -> Result<File, ConfigError> {
    let path = rootdir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source)
            if matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            String::new()
        }
        Err(source) => return Err(ConfigError::Unreadable { path, source }),
    };
    Ok(File {
        rootdir: rootdir.to_owned(),
        ..parse(&text)?
    })
}

pub(crate) fn parse(text: &str) -> Result<File, ConfigError> {
    // Most projects have no settings for hasten. Whether their file is right is between them and pytest.
    if !text.contains("hasten") {
        return Ok(File::default());
    }
    let source = Source { text };
    let document = source.parse()?;
    let Some((_, tool)) = document.get_ref().get_key_value("tool") else {
        return Ok(File::default());
    };
    let Some((key, ours)) = tool
        .get_ref()
        .as_table()
        .and_then(|tool| tool.get_key_value("hasten"))
    else {
        return Ok(File::default());
    };
    let outer = Table::outer(&source, "[tool]");
    file(Entry::new(&outer, key, ours).table("[tool.hasten]".to_owned())?)
}

fn file(table: Table<'_>) -> Result<File, ConfigError> {
    let mut file = File::default();
    file.base = section(
        &table,
        &["profile", "profiles", "overrides", "resources"],
        |entry| {
            match entry.key {
                "profile" => file.profile = Some((entry.place(), entry.text()?)),
                "profiles" => file.profiles = profiles(entry)?,
                _ => return Ok(false),
            }
            Ok(true)
        },
    )?;
    if let Some((place, name)) = &file.profile {
        file.section(place, name)?;
    }
    Ok(file)
}

fn profiles(entry: &Entry<'_>) -> Result<BTreeMap<String, Section>, ConfigError> {
    let table = entry.table("[tool.hasten.profiles]".to_owned())?;
    let mut found = BTreeMap::new();
    for entry in table.entries() {
        let profile = entry.table(format!("[tool.hasten.profiles.{}]", entry.key))?;
        let section =
            section(&profile, &["overrides", "resources"], |entry| {
                match entry.key {
                    "profile" | "profiles" => Err(entry
                        .unknown_here("A profile cannot name another: put it in [tool.hasten].")),
                    _ => Ok(false),
                }
            })?;
        found.insert(entry.key.to_owned(), section);
    }
    Ok(found)
}

/// Reads what a profile may have. `more` takes what only this table has, named in `words`.
fn section(
    table: &Table<'_>,
    words: &[&str],
    mut more: impl FnMut(&Entry<'_>) -> Result<bool, ConfigError>,
) -> Result<Section, ConfigError> {
    let mut section = Section::default();
    for entry in table.entries() {
        if entry.key == "overrides" {
            section.overrides = overrides(&entry)?;
        } else if entry.key == "resources" {
            section.run.resources = resources(&entry)?;
        } else if !(of_tests(&mut section.rules, &entry)?
            || of_run(&mut section.run, &entry)?
            || more(&entry)?)
        {
            return Err(entry.unknown(&[words, OF_TESTS, OF_RUN].concat()));
        }
    }
    Ok(section)
}

/// Takes a setting that a test can have of its own; false when it is another one.
fn of_tests(rules: &mut Rules, entry: &Entry<'_>) -> Result<bool, ConfigError> {
    match entry.key {
        "timeout" => rules.timeout = Some(entry.span()?),
        "timeout-func-only" => rules.timeout_func_only = Some(entry.flag()?),
        "setup-timeout" => rules.setup_timeout = Some(entry.span()?),
        "call-timeout" => rules.call_timeout = Some(entry.span()?),
        "teardown-timeout" => rules.teardown_timeout = Some(entry.span()?),
        "retries" => rules.retries = Some(entry.count()?),
        "retry-delay" => rules.retry_delay = Some(entry.seconds()?),
        "retry-backoff" => rules.retry_backoff = Some(entry.factor()?),
        "only-rerun" => rules.only_rerun = Some(entry.patterns()?),
        "rerun-except" => rules.rerun_except = Some(entry.patterns()?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Takes a setting of the whole run; false when it is another one.
fn of_run(run: &mut Run, entry: &Entry<'_>) -> Result<bool, ConfigError> {
    match entry.key {
        "timeout-floor" => run.timeout_floor = Some(entry.seconds()?),
        "fixture-timeout" => run.fixture_timeout = Some(entry.limit()?),
        "collect-timeout" => run.collect_timeout = Some(entry.limit()?),
        "session-timeout" => run.session_timeout = Some(entry.limit()?),
        "timeout-grace" => run.timeout_grace = Some(entry.seconds()?),
        "slow-after" => run.slow_after = Some(entry.limit()?),
        "durations-regress" => run.durations_regress = Some(entry.ratio()?),
        "flaky-result" => run.flaky_fails = Some(entry.one_of(["pass", "fail"])? == "fail"),
        "github" => run.github = Some(entry.flag()?),
        "quarantine" => run.quarantine = Some((entry.place(), entry.text()?)),
        "max-workers" => run.max_workers = Some(entry.at_least_one(value::WORKERS)?),
        "once-per-run" => run.once_per_run = Some(entry.names()?),
        "isolate" => run.isolate = Some(entry.read(Isolate::parse, ISOLATE)?),
        "order" => run.order = Some(entry.read(OrderBy::parse, ORDER)?),
        "shard-by" => run.shard_by = Some(entry.read(ShardBy::parse, SHARD_BY)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// How many tests may use each resource at a time.
fn resources(entry: &Entry<'_>) -> Result<BTreeMap<String, u32>, ConfigError> {
    let parent = entry.parent();
    let name = format!("[{}.resources]", parent.trim_matches(['[', ']']));
    let table = entry.table(name)?;
    let limit = |entry: Entry<'_>| Ok((entry.key.to_owned(), entry.at_least_one(value::USERS)?));
    table.entries().into_iter().map(limit).collect()
}

fn overrides(entry: &Entry<'_>) -> Result<Vec<Override>, ConfigError> {
    let parent = entry.parent();
    let name = format!("[[{}.overrides]]", parent.trim_matches(['[', ']']));
    entry
        .tables(&name)?
        .iter()
        .map(|table| one_override(table, parent))
        .collect()
}

fn one_override(table: &Table<'_>, parent: &str) -> Result<Override, ConfigError> {
    let mut found = Override {
        expressions: Vec::new(),
        nodeids: None,
        rules: Rules::default(),
    };
    let (mut filtered, mut settings) = (false, 0);
    for entry in table.entries() {
        if entry.key == "filter" {
            filter(&mut found, &entry)?;
            filtered = true;
        } else if of_tests(&mut found.rules, &entry)? {
            settings += 1;
        } else if OF_RUN.contains(&entry.key) {
            return Err(
                entry.unknown_here(&format!("It holds for the whole run: put it in {parent}."))
            );
        } else if OF_FILTER.contains(&entry.key) {
            return Err(entry.unknown_here(&format!(
                "Put it into the filter: filter = {{ {} = … }}.",
                entry.key
            )));
        } else {
            return Err(entry.unknown(&[&["filter"], OF_TESTS].concat()));
        }
    }
    let (place, name) = (table.place(), table.name.clone());
    if !filtered {
        return Err(ConfigError::NoFilter {
            place,
            table: name,
            parent: parent.to_owned(),
        });
    }
    if settings == 0 {
        return Err(ConfigError::NothingOverridden { place, table: name });
    }
    Ok(found)
}

fn filter(found: &mut Override, entry: &Entry<'_>) -> Result<(), ConfigError> {
    let table = entry.table("filter".to_owned())?;
    let mut empty = true;
    for entry in table.entries() {
        empty = false;
        let kind = match entry.key {
            "keyword" => ExpressionKind::Keyword,
            "marker" => ExpressionKind::Marker,
            "nodeid" => {
                found.nodeids = Some(NodeIds::new(entry.texts()?));
                continue;
            }
            _ => return Err(entry.unknown(OF_FILTER)),
        };
        let text = entry.text()?.trim().to_owned();
        found.expressions.push(Expression {
            kind,
            text,
            place: entry.place(),
        });
    }
    if empty {
        return Err(entry.wrong_with(
            "empty",
            format!(
                "Give one of: {}, as in {{ nodeid = \"tests/db\" }}.",
                words::OF_FILTER.join(", ")
            ),
        ));
    }
    Ok(())
}
