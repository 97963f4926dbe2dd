//! Which of several settings holds.

use std::borrow::Cow;
use std::sync::Arc;

use crate::read::parse;
use crate::{CommandLine, ExpressionKind, Ini, Patterns, Policy, Rules, Span};

fn policy(text: &str, profile: Option<&str>, command_line: &CommandLine) -> Policy {
    parse(text).unwrap().policy(profile, command_line).unwrap()
}

fn plain(text: &str) -> Policy {
    policy(text, None, &CommandLine::default())
}

const NONE: fn(usize) -> bool = |_| false;

#[test]
fn nothing_is_said_by_nobody() {
    for text in [
        "",
        "[tool.other]\nx = 1\n",
        "[tool.hasten]\n",
        "# hasten\n",
        "[project]\nname = \"hasten\"\n",
        "tool = 3 # hasten\n",
    ] {
        let policy = plain(text);
        assert_eq!(policy.rules, Rules::default());
        assert_eq!((policy.timeout_grace, policy.timeout_floor), (5.0, 1.0));
        assert_eq!(
            (
                policy.session_timeout,
                policy.slow_after,
                policy.flaky_fails
            ),
            (None, None, false)
        );
        assert!(policy.quarantine.is_empty() && policy.is_uniform() && policy.filters().is_empty());
    }
}

#[test]
fn every_setting_is_read() {
    let policy = plain(
        r#"
        [tool.hasten]
        timeout = "5x"
        timeout-floor = 0.5
        timeout-func-only = true
        setup-timeout = 10
        call-timeout = "90s"
        teardown-timeout = 2.5
        fixture-timeout = "2m"
        collect-timeout = 0x3c
        session-timeout = "1h"
        timeout-grace = 0
        slow-after = 1_0
        retries = 2
        retry-delay = "1s"
        retry-backoff = 2
        only-rerun = "ConnectionError"
        rerun-except = ["AssertionError", "x$"]
        flaky-result = "fail"
        "#,
    );
    let list = |sources: &[&str]| Some(Arc::new(Patterns::new(sources).unwrap()));
    let rules = Rules {
        timeout: Some(Span::Times(5.0)),
        timeout_func_only: Some(true),
        setup_timeout: Some(Span::Seconds(10.0)),
        call_timeout: Some(Span::Seconds(90.0)),
        teardown_timeout: Some(Span::Seconds(2.5)),
        retries: Some(2),
        retry_delay: Some(1.0),
        retry_backoff: Some(2.0),
        only_rerun: list(&["ConnectionError"]),
        rerun_except: list(&["AssertionError", "x$"]),
    };
    assert_eq!(policy.rules, rules);
    assert_eq!((policy.timeout_floor, policy.timeout_grace), (0.5, 0.0));
    assert_eq!(
        (policy.fixture_timeout, policy.collect_timeout),
        (Some(120.0), Some(60.0))
    );
    assert_eq!(
        (policy.session_timeout, policy.slow_after),
        (Some(3600.0), Some(10.0))
    );
    assert!(policy.flaky_fails);
}

#[test]
fn zero_is_no_limit_and_takes_a_weaker_one_away() {
    let text = "[tool.hasten]\nsession-timeout = 60\ntimeout = 5\n[tool.hasten.profiles.debug]\nsession-timeout = 0\ntimeout = 0\n";
    let policy = policy(text, Some("debug"), &CommandLine::default());
    assert_eq!(policy.session_timeout, None);
    assert_eq!(policy.rules.timeout, Some(Span::Seconds(0.0)));
}

const LADDER: &str = r#"
[tool.hasten]
profile = "ci"
timeout = 3
retries = 3
retry-delay = 3
session-timeout = 3

[[tool.hasten.overrides]]
filter = { nodeid = "t.py" }
timeout = 20

[tool.hasten.profiles.ci]
timeout = 4
session-timeout = 4

[tool.hasten.profiles.nightly]
retries = 7
"#;

fn ini() -> Ini {
    Ini {
        timeout: Some(1.0),
        timeout_func_only: Some(true),
        session_timeout: Some(1.0),
        reruns: Some(1),
        reruns_delay: Some(1.0),
    }
}

#[test]
fn the_command_line_then_overrides_the_profile_the_table_the_ini_file() {
    let below = CommandLine {
        ini: ini(),
        ..CommandLine::default()
    };
    let rules = |text, profile, given| {
        policy(text, profile, given)
            .rules_for("t.py::test", NONE)
            .into_owned()
    };
    let nothing = rules("", None, &below);
    assert_eq!(
        (nothing.timeout, nothing.retries),
        (Some(Span::Seconds(1.0)), Some(1))
    );
    assert_eq!(policy("", None, &below).session_timeout, Some(1.0));

    let table = rules("[tool.hasten]\ntimeout = 3\n", None, &below);
    assert_eq!(
        (table.timeout, table.retries),
        (Some(Span::Seconds(3.0)), Some(1))
    );
    assert_eq!(table.timeout_func_only, Some(true));

    let profile = policy(LADDER, None, &below);
    assert_eq!(profile.rules.timeout, Some(Span::Seconds(4.0)));
    assert_eq!(
        (profile.rules.retries, profile.rules.retry_delay),
        (Some(3), Some(3.0))
    );
    assert_eq!(profile.session_timeout, Some(4.0));

    let other = policy(LADDER, Some("nightly"), &below);
    assert_eq!(
        (other.rules.timeout, other.rules.retries),
        (Some(Span::Seconds(3.0)), Some(7))
    );

    assert_eq!(
        rules(LADDER, None, &below).timeout,
        Some(Span::Seconds(20.0))
    );

    let given = CommandLine {
        timeout: Some(5.0),
        session_timeout: Some(5.0),
        reruns: Some(5),
        ..below.clone()
    };
    let all = rules(LADDER, None, &given);
    assert_eq!(
        (all.timeout, all.retries, all.retry_delay),
        (Some(Span::Seconds(5.0)), Some(5), Some(3.0))
    );
    assert_eq!(policy(LADDER, None, &given).session_timeout, Some(5.0));
}

const OVERRIDES: &str = r#"
[tool.hasten]
timeout = 1

[[tool.hasten.overrides]]
filter = { keyword = "slow and not db" }
timeout = 10
retries = 1
retry-delay = 1

[[tool.hasten.overrides]]
filter = { marker = "integration", nodeid = ["tests/db", "*::test_x"] }
timeout = 20
retries = 2

[tool.hasten.profiles.ci]
[[tool.hasten.profiles.ci.overrides]]
filter = { keyword = " slow and not db", marker = "flaky" }
timeout = 30
"#;

#[test]
fn overrides_are_joined_key_by_key() {
    let policy = policy(OVERRIDES, Some("ci"), &CommandLine::default());
    let filters: Vec<_> = policy
        .filters()
        .iter()
        .map(|filter| (filter.kind, filter.text.as_str()))
        .collect();
    assert_eq!(
        filters,
        [
            (ExpressionKind::Keyword, "slow and not db"),
            (ExpressionKind::Marker, "integration"),
            (ExpressionKind::Marker, "flaky")
        ]
    );
    let of = |nodeid, numbers: &[usize]| {
        let rules = policy.rules_for(nodeid, |number| numbers.contains(&number));
        let seconds = rules.timeout.and_then(|timeout| timeout.seconds(None, 0.0));
        (seconds, rules.retries, rules.retry_delay)
    };
    assert_eq!(of("t.py::test_a", &[]), (Some(1.0), None, None));
    assert_eq!(of("t.py::test_a", &[0]), (Some(10.0), Some(1), Some(1.0)));
    assert_eq!(of("t.py::test_a", &[1]), (Some(1.0), None, None));
    assert_eq!(of("t.py::test_x[1]", &[1]), (Some(20.0), Some(2), None));
    assert_eq!(
        of("tests/db/t.py::test_a", &[0, 1]),
        (Some(20.0), Some(2), Some(1.0))
    );
    assert_eq!(
        of("tests/db/t.py::test_a", &[0, 1, 2]),
        (Some(30.0), Some(2), Some(1.0))
    );
    assert_eq!(of("t.py::test_a", &[2]), (Some(1.0), None, None));
}

#[test]
fn overrides_of_another_profile_are_none() {
    let policy = plain(OVERRIDES);
    assert_eq!(policy.filters().len(), 2);
    assert!(!policy.is_uniform());
    assert!(matches!(
        policy.rules_for("t.py::test_a", NONE),
        Cow::Borrowed(_)
    ));
}

#[test]
fn options_have_second_names_and_lenient_limits() {
    let given = CommandLine {
        timeout: Some(-1.0),
        session_timeout: Some(f64::INFINITY),
        retries: Some(1),
        reruns: Some(2),
        reruns_delay: Some(0.5),
        only_rerun: vec!["OSError".to_owned()],
        flaky_result: Some("fail".to_owned()),
        ..CommandLine::default()
    };
    let policy = policy(
        "[tool.hasten]\ntimeout = 3\nflaky-result = \"pass\"\nonly-rerun = [\"X\", \"Y\"]\n",
        None,
        &given,
    );
    assert_eq!(policy.rules.timeout, Some(Span::Seconds(0.0)));
    assert_eq!(policy.session_timeout, None);
    assert_eq!(
        (policy.rules.retries, policy.rules.retry_delay),
        (Some(1), Some(0.5))
    );
    assert_eq!(policy.rules.only_rerun.unwrap().sources(), ["OSError"]);
    assert!(policy.flaky_fails);
}

#[test]
fn a_list_is_relative_to_the_rootdir_or_to_the_current_folder() {
    let root = tempfile::tempdir().unwrap();
    let rootdir = camino::Utf8Path::from_path(root.path()).unwrap();
    std::fs::create_dir(rootdir.join("tests")).unwrap();
    std::fs::write(rootdir.join("tests/list.txt"), "t.py::test_a\n").unwrap();
    std::fs::write(
        rootdir.join("pyproject.toml"),
        "[tool.hasten]\nquarantine = \"tests/list.txt\"\n",
    )
    .unwrap();
    let file = crate::read(rootdir).unwrap();
    assert!(
        file.policy(None, &CommandLine::default())
            .unwrap()
            .quarantine
            .contains("t.py::test_a")
    );

    let other = rootdir.join("other.txt");
    std::fs::write(&other, "t.py::test_b\n").unwrap();
    let given = CommandLine {
        quarantine: Some(other.into_string()),
        ..CommandLine::default()
    };
    let quarantine = file.policy(None, &given).unwrap().quarantine;
    assert!(quarantine.contains("t.py::test_b") && !quarantine.contains("t.py::test_a"));
}

#[test]
fn a_project_without_a_file_has_no_settings() {
    let root = tempfile::tempdir().unwrap();
    let rootdir = camino::Utf8Path::from_path(root.path()).unwrap();
    assert_eq!(crate::read(rootdir).unwrap().profiles().count(), 0);
    assert_eq!(
        crate::read(&rootdir.join("gone"))
            .unwrap()
            .profiles()
            .count(),
        0
    );
}

#[test]
fn the_example_of_the_documentation_is_right() {
    let page = include_str!("../../../../docs/settings.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let file = parse(example).unwrap();
    assert_eq!(file.profiles().collect::<Vec<_>>(), ["ci"]);
    let policy = file.policy(None, &CommandLine::default()).unwrap();
    let rules = policy.rules_for("tests/db/test_a.py::test_a", |_| true);
    assert_eq!(
        (rules.timeout, rules.retries),
        (Some(Span::Seconds(300.0)), Some(3))
    );
    for word in crate::words::OF_TESTS.iter().chain(crate::words::OF_RUN) {
        assert!(page.contains(&format!("\n| `{word}` | ")), "{word}");
    }
}

#[test]
fn each_resource_is_looked_up_by_itself() {
    let file = parse(
        "[tool.hasten]\norder = \"random:7\"\nshard-by = \"file\"\nisolate = \"file\"\nonce-per-run = [\"db\"]\n\
         [tool.hasten.resources]\ndatabase = 2\nport = 3\n\
         [tool.hasten.profiles.ci]\nonce-per-run = \"server\"\n\
         [tool.hasten.profiles.ci.resources]\ndatabase = 1\n",
    )
    .unwrap();
    let given = CommandLine {
        shard: Some("2/3".to_owned()),
        order: Some("file".to_owned()),
        isolate: Some("none".to_owned()),
        ..CommandLine::default()
    };
    let isolate = |given| file.policy(Some("ci"), &given).unwrap().isolate;
    assert_eq!(isolate(given.clone()), crate::Isolate::None);
    assert_eq!(isolate(CommandLine::default()), crate::Isolate::File);
    let policy = file.policy(Some("ci"), &given).unwrap();
    let resources: Vec<(&str, u32)> = policy
        .resources
        .iter()
        .map(|(name, limit)| (name.as_str(), *limit))
        .collect();
    assert_eq!(resources, [("database", 1), ("port", 3)]);
    assert_eq!(policy.once_per_run, ["server"]);
    assert_eq!(policy.order, Some(crate::OrderBy::File));
    assert_eq!(policy.shard_by, crate::ShardBy::File);
    assert_eq!(policy.shard, Some(crate::Shard { number: 2, of: 3 }));
}
