//! What a user reads when settings are wrong: all of it.

use insta::assert_snapshot;

use crate::read::parse;
use crate::{CommandLine, ConfigError};

/// The message for a settings file.
fn wrong(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// The message for one line in `[tool.hasten]`.
fn line(line: &str) -> String {
    wrong(&format!("[tool.hasten]\n{line}\n"))
}

/// The message for a command line.
fn option(change: impl FnOnce(&mut CommandLine)) -> String {
    let mut given = CommandLine::default();
    change(&mut given);
    parse("")
        .unwrap()
        .policy(None, &given)
        .unwrap_err()
        .to_string()
}

#[test]
fn unknown_words() {
    assert_snapshot!(line("timout = 3"), @r#"pyproject.toml:2:1: [tool.hasten] has no setting "timout". Did you mean "timeout"?"#);
    assert_snapshot!(line("retries = 1\n\n  session_timeout = 3"), @r#"pyproject.toml:4:3: [tool.hasten] has no setting "session_timeout". Did you mean "session-timeout"?"#);
    assert_snapshot!(line("reruns = 3"), @r#"pyproject.toml:2:1: [tool.hasten] has no setting "reruns". Did you mean "retries"?"#);
    assert_snapshot!(line("jobs = 3"), @r#"pyproject.toml:2:1: [tool.hasten] has no setting "jobs". It knows: profile, profiles, overrides, resources, timeout, timeout-func-only, setup-timeout, call-timeout, teardown-timeout, retries, retry-delay, retry-backoff, only-rerun, rerun-except, timeout-floor, fixture-timeout, collect-timeout, session-timeout, timeout-grace, slow-after, durations-regress, flaky-result, quarantine, max-workers, once-per-run, github, order, shard-by, isolate."#);
    assert_snapshot!(wrong("[tool.hasten.profiles.ci]\nretry = 3\n"), @r#"pyproject.toml:2:1: [tool.hasten.profiles.ci] has no setting "retry". Did you mean "retries"?"#);
    assert_snapshot!(wrong("[tool.hasten.profiles.ci]\nprofile = \"x\"\n"), @r#"pyproject.toml:2:1: [tool.hasten.profiles.ci] has no setting "profile". A profile cannot name another: put it in [tool.hasten]."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { nodeid = \"a\" }\nsession-timeout = 3\n"), @r#"pyproject.toml:3:1: [[tool.hasten.overrides]] has no setting "session-timeout". It holds for the whole run: put it in [tool.hasten]."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nnodeid = \"a\"\ntimeout = 3\n"), @r#"pyproject.toml:2:1: [[tool.hasten.overrides]] has no setting "nodeid". Put it into the filter: filter = { nodeid = … }."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { nodeid = \"a\" }\nretris = 3\n"), @r#"pyproject.toml:3:1: [[tool.hasten.overrides]] has no setting "retris". Did you mean "retries"?"#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { mark = \"a\" }\nretries = 3\n"), @r#"pyproject.toml:2:12: filter has no setting "mark". Did you mean "marker"?"#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { file = \"a\" }\nretries = 3\n"), @r#"pyproject.toml:2:12: filter has no setting "file". It knows: keyword, marker, nodeid."#);
}

#[test]
fn wrong_values() {
    assert_snapshot!(line("timeout = true"), @r#"pyproject.toml:2:11: "timeout" cannot be true. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = -1"), @r#"pyproject.toml:2:11: "timeout" cannot be -1. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = nan"), @r#"pyproject.toml:2:11: "timeout" cannot be nan. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = inf"), @r#"pyproject.toml:2:11: "timeout" cannot be inf. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = \"60\""), @r#"pyproject.toml:2:11: "timeout" cannot be "60". Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = \"0x\""), @r#"pyproject.toml:2:11: "timeout" cannot be "0x". Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = 1e10"), @r#"pyproject.toml:2:11: "timeout" cannot be 1e10, which is too much. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = 0x7fffffffffff"), @r#"pyproject.toml:2:11: "timeout" cannot be 0x7fffffffffff, which is too much. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = [60]"), @r#"pyproject.toml:2:11: "timeout" cannot be a list. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout = 2026-01-01"), @r#"pyproject.toml:2:11: "timeout" cannot be a date or time. Give seconds (60; 0 is no limit), a time ("90s", "2m", "1h") or a multiple of the recorded time ("5x")."#);
    assert_snapshot!(line("timeout-grace = \"5x\""), @r#"pyproject.toml:2:17: "timeout-grace" cannot be "5x". Only a limit of tests can be a multiple. Give seconds (60) or a time ("90s", "2m", "1h")."#);
    assert_snapshot!(line("durations-regress = 1"), @r#"pyproject.toml:2:21: "durations-regress" cannot be 1. Give a number above 1 (2.0), or 0 for no comparison."#);
    assert_snapshot!(line("durations-regress = \"2x\""), @r#"pyproject.toml:2:21: "durations-regress" cannot be "2x". Give a number above 1 (2.0), or 0 for no comparison."#);
    assert_snapshot!(line("slow-after = -1"), @r#"pyproject.toml:2:14: "slow-after" cannot be -1. Give seconds (60; 0 is no limit) or a time ("90s", "2m", "1h")."#);
    assert_snapshot!(line("session-timeout = \"5x\""), @r#"pyproject.toml:2:19: "session-timeout" cannot be "5x". Only a limit of tests can be a multiple. Give seconds (60; 0 is no limit) or a time ("90s", "2m", "1h")."#);
    assert_snapshot!(line("collect-timeout = \"\""), @r#"pyproject.toml:2:19: "collect-timeout" cannot be empty. Give seconds (60; 0 is no limit) or a time ("90s", "2m", "1h")."#);
    assert_snapshot!(line("timeout-func-only = \"true\""), @r#"pyproject.toml:2:21: "timeout-func-only" cannot be "true". Give true or false, without quotes."#);
    assert_snapshot!(line("retries = 1.5"), @r#"pyproject.toml:2:11: "retries" cannot be 1.5. Give a whole number from 0 to 1000."#);
    assert_snapshot!(line("retries = -1"), @r#"pyproject.toml:2:11: "retries" cannot be -1. Give a whole number from 0 to 1000."#);
    assert_snapshot!(line("retries = 1001"), @r#"pyproject.toml:2:11: "retries" cannot be 1001. Give a whole number from 0 to 1000."#);
    assert_snapshot!(line("retry-backoff = \"2x\""), @r#"pyproject.toml:2:17: "retry-backoff" cannot be "2x". Give a number that is not negative (2.0)."#);
    assert_snapshot!(line("retry-backoff = -1.0"), @r#"pyproject.toml:2:17: "retry-backoff" cannot be -1.0. Give a number that is not negative (2.0)."#);
    assert_snapshot!(line("flaky-result = \"fial\""), @r#"pyproject.toml:2:16: "flaky-result" cannot be "fial". Give "pass" or "fail"."#);
    assert_snapshot!(line("flaky-result = true"), @r#"pyproject.toml:2:16: "flaky-result" cannot be true. Give "pass" or "fail"."#);
    assert_snapshot!(line("quarantine = 3"), @r#"pyproject.toml:2:14: "quarantine" cannot be 3. Give a string."#);
    assert_snapshot!(line("quarantine = \" \""), @r#"pyproject.toml:2:14: "quarantine" cannot be empty. Write something between the quotes, or remove the line."#);
    assert_snapshot!(line("only-rerun = 3"), @r#"pyproject.toml:2:14: "only-rerun" cannot be 3. Give a string or a list of strings."#);
    assert_snapshot!(line("only-rerun = [\"a\", 3]"), @r#"pyproject.toml:2:20: "only-rerun" cannot be 3. Give a string or a list of strings."#);
}

#[test]
fn wrong_expressions() {
    assert_snapshot!(line("only-rerun = \"a(b\""), @r#"pyproject.toml:2:14: "a(b" is not a regular expression: opening parenthesis without closing parenthesis. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(line("rerun-except = [\n  \"fine\",\n  \"[b\",\n]"), @r#"pyproject.toml:4:3: "[b" is not a regular expression: invalid character class. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(line("only-rerun = \"[z-a]\""), @r#"pyproject.toml:2:14: "[z-a]" is not a regular expression: invalid character class range, the start must be <= the end. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(line("only-rerun = \"*\""), @r#"pyproject.toml:2:14: "*" is not a regular expression: target of repeat operator is invalid. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(line("only-rerun = 'a\\'"), @r#"pyproject.toml:2:14: "a\" is not a regular expression: backslash without following character. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(line("only-rerun = '(?<=a+)b'"), @r#"pyproject.toml:2:14: "(?<=a+)b" is not a regular expression: look-behind assertion without constant size. Correct it, or put a backslash before special characters."#);
}

#[test]
fn wrong_tables() {
    assert_snapshot!(wrong("[tool]\nhasten = 3\n"), @r#"pyproject.toml:2:10: "hasten" cannot be 3. Write it as a table: [tool.hasten]."#);
    assert_snapshot!(line("profiles = 3"), @r#"pyproject.toml:2:12: "profiles" cannot be 3. Write it as a table: [tool.hasten.profiles]."#);
    assert_snapshot!(line("profiles.ci = 3"), @r#"pyproject.toml:2:15: "ci" cannot be 3. Write it as a table: [tool.hasten.profiles.ci]."#);
    assert_snapshot!(wrong("[tool.hasten.overrides]\ntimeout = 3\n"), @r#"pyproject.toml:1:1: "overrides" cannot be a table. Begin each override with [[tool.hasten.overrides]]."#);
    assert_snapshot!(wrong("[tool.hasten.profiles.ci]\noverrides = [3]\n"), @r#"pyproject.toml:2:13: "overrides" cannot be a list. Begin each override with [[tool.hasten.profiles.ci.overrides]]."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = \"slow\"\ntimeout = 3\n"), @r#"pyproject.toml:2:10: "filter" cannot be "slow". Give a table, as in filter = { nodeid = "tests/db" }."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = {}\ntimeout = 3\n"), @r#"pyproject.toml:2:10: "filter" cannot be empty. Give one of: keyword, marker, nodeid, as in { nodeid = "tests/db" }."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { keyword = \" \" }\ntimeout = 3\n"), @r#"pyproject.toml:2:22: "keyword" cannot be empty. Write something between the quotes, or remove the line."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { nodeid = [] }\ntimeout = 3\n"), @r#"pyproject.toml:2:21: "nodeid" cannot be an empty list. Give a node id, or the beginning of one, as in "tests/db"."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { nodeid = [\"a\", \"\"] }\ntimeout = 3\n"), @r#"pyproject.toml:2:21: "nodeid" cannot be empty. Give a node id, or the beginning of one, as in "tests/db"."#);
    assert_snapshot!(wrong("[tool.hasten]\n\n[[tool.hasten.overrides]]\ntimeout = 3\n"), @r#"pyproject.toml:3:1: [[tool.hasten.overrides]] needs a filter that says which tests it is for. Give one, as in filter = { nodeid = "tests/db" }, or move the settings to [tool.hasten] if they are for all tests."#);
    assert_snapshot!(wrong("[[tool.hasten.profiles.ci.overrides]]\ntimeout = 3\n"), @r#"pyproject.toml:1:1: [[tool.hasten.profiles.ci.overrides]] needs a filter that says which tests it is for. Give one, as in filter = { nodeid = "tests/db" }, or move the settings to [tool.hasten.profiles.ci] if they are for all tests."#);
    assert_snapshot!(wrong("[[tool.hasten.overrides]]\nfilter = { nodeid = \"a\" }\n"), @"pyproject.toml:1:1: [[tool.hasten.overrides]] changes nothing. Add a setting to it, as in timeout = 300, or remove it.");
}

#[test]
fn not_toml() {
    assert_snapshot!(line("timeout ="), @"pyproject.toml:2:10: not valid TOML: string values must be quoted, expected literal string. Correct it: the settings in [tool.hasten] cannot be read.");
    assert_snapshot!(line("timeout = 60s"), @"pyproject.toml:2:11: not valid TOML: string values must be quoted, expected literal string. Correct it: the settings in [tool.hasten] cannot be read.");
    assert_snapshot!(line("quarantine = \"a"), @r#"pyproject.toml:2:16: not valid TOML: invalid basic string, expected `"`. Correct it: the settings in [tool.hasten] cannot be read."#);
    assert_snapshot!(line("timeout = 1\ntimeout = 2"), @"pyproject.toml:3:1: not valid TOML: duplicate key. Correct it: the settings in [tool.hasten] cannot be read.");
    assert_snapshot!(wrong("[tool.hasten\n"), @"pyproject.toml:1:13: not valid TOML: unclosed table, expected `]`. Correct it: the settings in [tool.hasten] cannot be read.");
}

#[test]
fn profiles_that_are_not_there() {
    let several = "[tool.hasten.profiles.ci]\n[tool.hasten.profiles.nightly]\n";
    let named = |text: &str, name| {
        let result = parse(text)
            .unwrap()
            .policy(Some(name), &CommandLine::default());
        result.unwrap_err().to_string()
    };
    assert_snapshot!(named(several, "cj"), @r#"--profile: there is no profile "cj" in pyproject.toml. Did you mean "ci"? There are: ci, nightly."#);
    assert_snapshot!(named(several, "release"), @r#"--profile: there is no profile "release" in pyproject.toml. There are: ci, nightly."#);
    assert_snapshot!(named("[tool.hasten.profiles.nightly]\n", "nightyl"), @r#"--profile: there is no profile "nightyl" in pyproject.toml. Did you mean "nightly"?"#);
    assert_snapshot!(named("", "ci"), @r#"--profile: there is no profile "ci" in pyproject.toml. Add a table [tool.hasten.profiles.ci]."#);
    assert_snapshot!(line("profile = \"ci\"\n[tool.hasten.profiles.nightly]"), @r#"pyproject.toml:2:11: there is no profile "ci" in pyproject.toml. There are: nightly."#);
    assert_snapshot!(line("profile = 3"), @r#"pyproject.toml:2:11: "profile" cannot be 3. Give a string."#);
}

#[test]
fn wrong_options() {
    assert_snapshot!(option(|given| given.flaky_result = Some("fial".to_owned())), @r#"--flaky-result cannot be "fial". Give pass or fail."#);
    assert_snapshot!(option(|given| given.durations_regress = Some(0.5)), @"--durations-regress cannot be 0.5. Give a number above 1, or 0 for no comparison.");
    assert_snapshot!(option(|given| given.slow_after = Some(-1.0)), @"--slow-after cannot be -1. Give a number from 0 to 1e9.");
    assert_snapshot!(option(|given| given.retry_delay = Some(f64::NAN)), @"--retry-delay cannot be NaN. Give a number from 0 to 1e9.");
    assert_snapshot!(option(|given| given.only_rerun = vec!["a".to_owned(), "(".to_owned()]), @r#"--only-rerun: "(" is not a regular expression: opening parenthesis without closing parenthesis. Correct it, or put a backslash before special characters."#);
    assert_snapshot!(option(|given| given.quarantine = Some("no/such/list.txt".to_owned())), @"the quarantine list no/such/list.txt cannot be read (No such file or directory (os error 2)): create it, or name another file with --quarantine");
    assert_snapshot!(option(|given| given.ini.reruns_delay = Some(-1.0)), @"reruns_delay cannot be -1. Give a number from 0 to 1e9.");
}

#[test]
fn files_that_cannot_be_read() {
    let root = tempfile::tempdir().unwrap();
    let rootdir = camino::Utf8Path::from_path(root.path()).unwrap();
    let shown = |error: ConfigError| error.to_string().replace(rootdir.as_str(), "ROOT");
    std::fs::create_dir(rootdir.join("pyproject.toml")).unwrap();
    assert_snapshot!(shown(crate::read(rootdir).unwrap_err()), @"ROOT/pyproject.toml cannot be read (Is a directory (os error 21)): make it readable, hasten looks there for [tool.hasten]");
    std::fs::remove_dir(rootdir.join("pyproject.toml")).unwrap();
    std::fs::write(rootdir.join("pyproject.toml"), b"# hasten \xff\n").unwrap();
    assert_snapshot!(shown(crate::read(rootdir).unwrap_err()), @"ROOT/pyproject.toml cannot be read (stream did not contain valid UTF-8): make it readable, hasten looks there for [tool.hasten]");
    std::fs::write(
        rootdir.join("pyproject.toml"),
        "[tool.hasten]\nquarantine = \"list.txt\"\n",
    )
    .unwrap();
    let file = crate::read(rootdir).unwrap();
    assert_snapshot!(shown(file.policy(None, &CommandLine::default()).unwrap_err()), @r#"the quarantine list ROOT/list.txt cannot be read (No such file or directory (os error 2)): create it, or correct "quarantine" (pyproject.toml:2:14)"#);
}

#[test]
fn expressions_that_pytest_refuses() {
    let text = "[[tool.hasten.overrides]]\nfilter = { keyword = \"a and\" }\ntimeout = 3\n";
    let policy = parse(text)
        .unwrap()
        .policy(None, &CommandLine::default())
        .unwrap();
    assert_snapshot!(policy.bad_expression(0, "expected not OR left parenthesis OR identifier; got end of input").unwrap(), @r#"pyproject.toml:2:22: "a and" is not an expression that -k understands: expected not OR left parenthesis OR identifier; got end of input. Correct it."#);
    assert!(policy.bad_expression(1, "").is_none());
}

#[test]
fn shards_orders_and_resources() {
    for (shard, order) in [("0/4", "files"), ("5/4", "random:x"), ("a/b", "")] {
        let message = option(|given| given.shard = Some(shard.to_owned()));
        assert_eq!(
            message,
            format!(
                "--shard cannot be \"{shard}\". Give a shard and how many there are, as in 1/4: for four shards from 1/4 to 4/4."
            )
        );
        let message = option(|given| given.order = Some(order.to_owned()));
        assert_eq!(
            message,
            format!(
                "--order cannot be \"{order}\". Give file, failed-first, slowest-first, random, or random with the seed of an earlier run, as in random:1234."
            )
        );
    }
    assert_snapshot!(option(|given| given.shard_by = Some("class".to_owned())), @r#"--shard-by cannot be "class". Give auto, file, scope or test."#);
    assert_snapshot!(option(|given| given.isolate = Some("class".to_owned())), @r#"--isolate cannot be "class". Give test, file or none."#);
    assert_snapshot!(line("isolate = true"), @r#"pyproject.toml:2:11: "isolate" cannot be true. Give test, file or none."#);
    assert_snapshot!(line("order = 3"), @r#"pyproject.toml:2:9: "order" cannot be 3. Give file, failed-first, slowest-first, random, or random with the seed of an earlier run, as in random:1234."#);
    assert_snapshot!(line("resources = { database = 0 }"), @r#"pyproject.toml:2:26: "database" cannot be 0. Give a whole number from 1 on: how many tests may use it at a time."#);
    assert_snapshot!(line("resource = { database = 1 }"), @r#"pyproject.toml:2:1: [tool.hasten] has no setting "resource". Did you mean "resources"?"#);
    assert_snapshot!(line("once-per-run = [\"db\", \"tests/conftest.py::db\"]"), @r#"pyproject.toml:2:16: "once-per-run" cannot be "tests/conftest.py::db". Give names of fixtures, as in ["database"]."#);
    assert_snapshot!(line("resources = 3"), @r#"pyproject.toml:2:13: "resources" cannot be 3. Write it as a table: [tool.hasten.resources]."#);
    assert_snapshot!(wrong("[tool.hasten.profiles.ci.resources]\nport = \"8\"\n"), @r#"pyproject.toml:2:8: "port" cannot be "8". Give a whole number from 1 on: how many tests may use it at a time."#);
}
