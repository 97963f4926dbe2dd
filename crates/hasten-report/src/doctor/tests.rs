use super::*;

const PLAIN: Style = Style {
    colour: false,
    width: 100,
};

fn reason(kind: &str, detail: &str) -> Reason {
    Reason {
        kind: kind.to_owned(),
        detail: detail.to_owned(),
        ..Reason::default()
    }
}

fn of_plugin(kind: &str, hooks: &[&str], plugin: Plugin) -> Reason {
    Reason {
        hooks: hooks.iter().map(|hook| (*hook).to_owned()).collect(),
        plugin: Some(plugin),
        ..reason(kind, "")
    }
}

fn conftest(path: &str) -> Plugin {
    Plugin {
        name: format!("/project/{path}"),
        module: "conftest".to_owned(),
        file: format!("/project/{path}"),
        ..Plugin::default()
    }
}

fn installed() -> Plugin {
    Plugin {
        name: "foo".to_owned(),
        module: "pytest_foo.plugin".to_owned(),
        file: "/env/lib/pytest_foo/plugin.py".to_owned(),
        distribution: "pytest-foo 1.2".to_owned(),
        ..Plugin::default()
    }
}

fn share(finished: usize, taken: usize, refused: &[(usize, &Reason)]) -> Share {
    let refused = refused.iter().map(|(items, reason)| {
        let reason = (*reason).clone();
        hasten_protocol::paths::Refused {
            items: *items,
            reason,
        }
    });
    Share {
        finished,
        paths: Some(Paths {
            why: None,
            taken,
            refused: refused.collect(),
        }),
    }
}

fn none_of(finished: usize, why: &Reason) -> Share {
    Share {
        finished,
        paths: Some(Paths {
            why: Some(why.clone()),
            ..Paths::default()
        }),
    }
}

fn facts(shares: Vec<Share>) -> Facts {
    let finished = shares.iter().map(|share| share.finished).sum();
    Facts {
        rootdir: "/project".to_owned(),
        python: "3.11.7".to_owned(),
        pytest: "9.2.0".to_owned(),
        collected: finished,
        items: Counted {
            finished,
            failed: 0,
        },
        shares,
        ..Facts::default()
    }
}

/// What is said of a reason, in three lines.
fn said(reason: &Reason, listener: Option<Reason>) -> String {
    let mut facts = facts(vec![none_of(1, reason)]);
    facts.listener = listener;
    let report = Report::new(&facts);
    let cause = &report.reasons[0];
    format!("{}\n{}\n{}", cause.what, cause.why, cause.advice)
}

#[test]
fn the_whole_report() {
    let setup = of_plugin("hook", &["pytest_runtest_setup"], installed());
    let mark = reason("mark", "skipif");
    let mut facts = facts(vec![
        share(2_500, 1_797, &[(700, &setup), (3, &mark)]),
        share(2_500, 1_998, &[(500, &setup), (2, &mark)]),
        Share {
            finished: 4,
            paths: None,
        },
    ]);
    facts.exit_status = 1;
    facts.items.failed = 2;
    facts.collected += 1;
    assert_eq!(
        Report::new(&facts).render(PLAIN),
        "\
3,795 of 5,004 tests took the fast path (75.8%)

On the fast path hasten does not call those of pytest's own hook implementations that have nothing
to do for a test. Where it cannot prove that this changes nothing, pytest calls all of them (the
full path): the results are the same, it takes longer.

Why 1,205 tests took the full path

  1,200  pytest_runtest_setup of pytest-foo 1.2 (module pytest_foo.plugin)
         hasten does not know what this does to a test.
         > Where you do not need the plugin, -p no:foo runs without it. In the conftest of the
           folders that need it, such a hook leaves the tests of other folders fast.

      5  mark skipif
         pytest evaluates it before and after each test that has it.
         > Nothing to do: it concerns these tests only.

Each test is counted under the first reason that was found. When that is gone, another one may show.

Which path 4 tests took is not known: the worker died or was ended (crash, time limit, interrupt)
before it could say so.

The run: 5,004 tests ran, 1 not, 2 failed; pytest's exit status 1 (failures, see above).
"
    );
}

#[test]
fn a_run_in_one_process_has_no_paths() {
    let mut facts = facts(Vec::new());
    facts.in_process = Some("-n 0".to_owned());
    facts.collected = 1;
    facts.items.finished = 1;
    assert_eq!(
        Report::new(&facts).render(PLAIN),
        "\
No test took the fast path

Plain pytest ran in one process, because of -n 0: then there is no fast path. To see which path
tests take, run hasten doctor without it.

The run: 1 test ran; pytest's exit status 0 (no failure).
"
    );
}

#[test]
fn the_first_line_says_how_many() {
    let odd = reason("class", "m.Odd");
    for (shares, line) in [
        (vec![], "No test ran"),
        (vec![share(1, 1, &[])], "The one test took the fast path"),
        (vec![none_of(1, &odd)], "The one test took the full path"),
        (
            vec![share(7, 7, &[]), share(5, 5, &[])],
            "All 12 tests took the fast path",
        ),
        (
            vec![none_of(1_000_000, &odd)],
            "None of 1,000,000 tests took the fast path",
        ),
        (
            vec![Share {
                finished: 2,
                paths: None,
            }],
            "None of 2 tests is known to have taken the fast path",
        ),
        (
            vec![share(10_000, 9_999, &[(1, &odd)])],
            "9,999 of 10,000 tests took the fast path (99.9%)",
        ),
    ] {
        let text = Report::new(&facts(shares)).render(PLAIN);
        assert_eq!(text.lines().next(), Some(line));
    }
}

#[test]
fn an_interrupted_test_is_counted_and_has_no_result() {
    let report = Report::new(&facts(vec![share(2, 3, &[])]));
    assert_eq!((report.fast, report.unknown), (3, 0));
}

#[test]
fn a_conftest_is_named_by_its_path() {
    assert_eq!(
        said(
            &of_plugin(
                "hook",
                &["pytest_runtest_setup"],
                conftest("tests/conftest.py")
            ),
            None
        ),
        "pytest_runtest_setup of tests/conftest.py\n\
         hasten does not know what this does to a test.\n\
         It counts for the tests below its folder: moved next to those that need it, it leaves \
         the others fast. An autouse fixture in its place leaves all of them fast."
    );
    let report = of_plugin(
        "hook",
        &["pytest_runtest_makereport"],
        conftest("conftest.py"),
    );
    assert!(!said(&report, None).contains("fixture"));
    let around = of_plugin(
        "hook",
        &["pytest_runtest_protocol"],
        conftest("a/conftest.py"),
    );
    assert!(said(&around, None).contains("every test of the run"));
}

#[test]
fn plugins_are_named_as_users_know_them() {
    let named = |plugin: Plugin| reasons::named(Some(&plugin), "/project");
    assert_eq!(
        named(Plugin {
            class: "Hooks".to_owned(),
            ..conftest("conftest.py")
        }),
        "Hooks in conftest.py"
    );
    let local = Plugin {
        name: "tools.plugin".to_owned(),
        module: "tools.plugin".to_owned(),
        file: "/project/tools/plugin.py".to_owned(),
        ..Plugin::default()
    };
    assert_eq!(
        named(local.clone()),
        "module tools.plugin (tools/plugin.py)"
    );
    assert_eq!(
        named(Plugin {
            name: String::new(),
            class: "Hooks".to_owned(),
            ..local
        }),
        "Hooks (module tools.plugin, tools/plugin.py)"
    );
    assert_eq!(
        named(Plugin {
            distribution: String::new(),
            ..installed()
        }),
        "plugin foo (module pytest_foo.plugin)"
    );
    assert_eq!(reasons::below("/project2/a", "/project"), "/project2/a");
}

#[test]
fn an_unknown_version_is_right_but_slower() {
    assert_eq!(
        said(&reason("pytest-version", "99.0"), None),
        "pytest 99.0\n\
         Its files are not those of a version that hasten was tested with. The results are right, \
         only slower.\n\
         Update hasten. If there is no newer one, please report this version."
    );
}

#[test]
fn who_listens_to_reports_is_named() {
    let listens = |listener| said(&reason("reports", ""), listener);
    assert_eq!(
        listens(Some(reason("option", "-rA"))),
        "option -rA\n\
         It shows passed tests, so pytest has to make a whole report of each.\n\
         Leave it out of runs in which passed tests need not be shown."
    );
    let hook = "pytest_runtest_logreport";
    let xml = Plugin {
        module: "_pytest.junitxml".to_owned(),
        class: "LogXML".to_owned(),
        ..Plugin::default()
    };
    let text = listens(Some(of_plugin("hook", &[hook], xml)));
    assert!(text.starts_with("pytest's plugin junitxml\n"), "{text}");
    let text = listens(Some(of_plugin("hook", &[hook], installed())));
    assert!(text.starts_with("pytest_runtest_logreport of pytest-foo 1.2"));
    assert!(text.ends_with("-p no:foo runs without it."));
    assert!(listens(None).starts_with("somebody who listens"));
}

/// Every kind that `docs/design/protocol.md` lists.
const KINDS: [&str; 21] = [
    "capture-fixture",
    "class",
    "hook",
    "hypothesis",
    "limit",
    "mark",
    "nose",
    "option",
    "order",
    "patched",
    "pluggy-version",
    "plugin-version",
    "protocol",
    "pytest-version",
    "replaced",
    "reported",
    "reports",
    "switched-off",
    "timers",
    "traced",
    "twisted",
];

#[test]
fn every_kind_has_words() {
    for kind in KINDS {
        let text = said(&reason(kind, "x"), None);
        assert!(!text.contains("no words"), "{text}");
        assert!(!text.contains("or report it"), "{text}");
        assert!(text.lines().all(|line| !line.is_empty()), "{text}");
    }
    assert!(said(&reason("new", "x"), None).starts_with("new x\n"));
}

#[test]
fn json_has_numbers_and_words() {
    let mark = reason("mark", "xfail");
    let json = Report::new(&facts(vec![share(3, 2, &[(1, &mark)])])).to_json();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["fast"], 2);
    assert_eq!(read["full"], 1);
    assert_eq!(read["reasons"][0]["kind"], "mark");
    assert_eq!(read["reasons"][0]["what"], "mark xfail");
    assert_eq!(read["run"]["exit_status"], 0);
}
