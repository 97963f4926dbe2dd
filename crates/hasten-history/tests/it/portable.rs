//! Histories that are handed on: from a database into a file, and into another database.

use hasten_history::{
    Attempt, Contents, Details, Error, KEEP_RUNS, Outcome, Portable, RunRecord, Start, export,
    import, overview, prune_runs, write_file,
};
use proptest::prelude::*;

use crate::{Project, attempt, passed, run};

fn exported(project: &Project) -> Portable {
    export(&project.folder).unwrap().unwrap()
}

fn text(project: &Project) -> String {
    exported(project).to_text().unwrap()
}

fn record(project: &Project, uid: &str, started_at: f64, attempts: &[Attempt<'_>]) {
    let record = RunRecord {
        started_at,
        ..run(uid)
    };
    assert!(
        project
            .open()
            .record_run(&record, attempts, &Details::default())
            .unwrap()
            .is_none()
    );
}

/// What a run and `hasten slow` read, without the numbers of runs.
fn known(project: &Project) -> Vec<(String, [f64; 3], u32, Outcome)> {
    let mut known: Vec<_> = project
        .open()
        .timings()
        .unwrap()
        .into_iter()
        .map(|timing| {
            let expected = timing.expected;
            let phases = [expected.setup, expected.call, expected.teardown];
            (timing.nodeid, phases, timing.runs, timing.last_outcome)
        })
        .collect();
    known.sort_by(|a, b| a.0.cmp(&b.0));
    known
}

/// A file of another tool, read in a project that has these test files.
fn start(project: &Project, name: &str, text: &str) -> Start {
    let root = project.folder.parent().unwrap();
    for file in ["test_a.py", "tests/test_b.py"] {
        fs_err::create_dir_all(root.join("tests")).unwrap();
        fs_err::write(root.join(file), "").unwrap();
    }
    let path = root.join(name);
    fs_err::write(&path, text).unwrap();
    match Contents::read(&path, root).unwrap() {
        Contents::Start(start) => start,
        Contents::History(_) => panic!("it is no history"),
    }
}

#[test]
fn another_database_knows_the_same() {
    let (one, other) = (Project::new(), Project::new());
    for number in 0..8 {
        let call = f64::from(number) * 0.125;
        record(
            &one,
            &format!("uid{number}"),
            f64::from(number) + 1e9,
            &[
                passed("test_a.py::test", call),
                attempt("test_a.py::test_skipped", Outcome::Skipped, 0.0),
                attempt("test_a.py::test_crashed", Outcome::Crashed, 9.0),
            ],
        );
    }
    let taken = import(&other.folder, &exported(&one), &[]).unwrap();
    assert_eq!((taken.new_runs, taken.changed_tests), (8, 3));
    assert_eq!(known(&other), known(&one));
    assert_eq!(other.open().runs().unwrap().len(), 8);
    assert_eq!(other.open().last_run().unwrap().unwrap().record, {
        RunRecord {
            started_at: 1e9 + 7.0,
            ..run("uid7")
        }
    });
    assert_eq!(text(&other), text(&one));
}

#[test]
fn a_history_that_is_not_there_is_not_made() {
    let project = Project::new();
    assert_eq!(export(&project.folder).unwrap(), None);
    assert_eq!(overview(&project.folder).unwrap(), None);
    assert_eq!(prune_runs(&project.folder, 1).unwrap(), None);
    assert!(!project.folder.exists());
}

#[test]
fn older_runs_are_put_before_newer_ones() {
    let (local, ci) = (Project::new(), Project::new());
    record(&local, "local", 2e9, &[passed("test_a.py::test", 8.0)]);
    let whole = RunRecord {
        whole_suite: true,
        started_at: 1e9,
        ..run("ci")
    };
    let attempts = [
        passed("test_a.py::test", 2.0),
        passed("test_a.py::other", 1.0),
    ];
    ci.open()
        .record_run(&whole, &attempts, &Details::default())
        .unwrap();
    import(&local.folder, &exported(&ci), &[]).unwrap();

    let history = local.open();
    assert_eq!(history.last_run().unwrap().unwrap().record.uid, "local");
    let runs = history.runs().unwrap();
    assert_eq!(runs[1].record.uid, "ci");
    assert_eq!(history.attempts(runs[0].id).unwrap()[0].call, 8.0);
    assert_eq!(history.attempts(runs[1].id).unwrap().len(), 2);
    let timings = history.timings().unwrap();
    let test = timings
        .iter()
        .find(|timing| timing.nodeid.ends_with("::test"))
        .unwrap();
    assert_eq!(
        (test.last_run, test.runs, test.expected.call),
        (runs[0].id, 2, 5.0)
    );
    assert_eq!(timings.len(), 2);

    record(&local, "later", 3e9, &[passed("test_a.py::test", 8.0)]);
    assert_eq!(
        local.open().last_run().unwrap().unwrap().record.uid,
        "later"
    );
}

#[test]
fn runs_that_are_older_than_what_is_kept_teach_only_what_was_unknown() {
    let (local, old) = (Project::new(), Project::new());
    for number in 0..KEEP_RUNS {
        let uid = format!("local{number}");
        record(
            &local,
            &uid,
            2e9 + number as f64,
            &[passed("test_a.py::test", 4.0)],
        );
    }
    let attempts = [
        passed("test_a.py::test", 1.0),
        passed("test_a.py::rare", 1.0),
    ];
    record(&old, "old", 1e9, &attempts);
    let before = known(&local);
    for news in [1, 0] {
        let taken = import(&local.folder, &exported(&old), &[]).unwrap();
        assert_eq!((taken.new_runs, taken.changed_tests), (0, news));
    }
    let after = known(&local);
    assert_eq!(after[0].0, "test_a.py::rare");
    assert_eq!(after[1..], before);
}

#[test]
fn durations_of_pytest_split_are_a_start() {
    let project = Project::new();
    record(&project, "a", 1e9, &[passed("test_a.py::measured", 8.0)]);
    let file = r#"{"test_a.py::measured": 1.0, "test_a.py::test[x]": 2.5, "gone.py::test": 3.0}"#;
    let durations = start(&project, ".test_durations", file);
    assert_eq!(durations.unmapped, ["gone.py::test"]);
    for expected in [1, 0] {
        let taken = import(
            &project.folder,
            &Portable::default(),
            std::slice::from_ref(&durations),
        );
        assert_eq!(taken.unwrap().started, [expected]);
    }
    let estimates = project.open().estimates().unwrap();
    assert_eq!(estimates["test_a.py::measured"].call, 8.0);
    assert_eq!(estimates["test_a.py::test[x]"].call, 2.5);
    assert_eq!(estimates.len(), 2);
}

#[test]
fn several_reports_are_joined_by_their_median() {
    let project = Project::new();
    let report = |name: &str, seconds: f64, inside: &str| {
        let text = format!(
            "<testsuites><testsuite><testcase classname='tests.test_b.TestX' name='t[a]' time='{seconds}'>{inside}\
             </testcase><testcase classname='gone' name='t' time='1'/></testsuite></testsuites>"
        );
        start(&project, name, &text)
    };
    let reports = [
        report("a.xml", 1.0, ""),
        report("b.xml", 9.0, "<failure/>"),
        report("c.xml", 2.0, ""),
        report("d.xml", 0.0, "<skipped/>"),
    ];
    assert_eq!(reports[0].unmapped, ["gone::t"]);
    let taken = import(&project.folder, &Portable::default(), &reports).unwrap();
    assert_eq!(taken.started, [1, 1, 1, 1]);
    assert_eq!(known(&project)[0].0, "tests/test_b.py::TestX::t[a]");
    assert_eq!(known(&project)[0].1, [0.0, 2.0, 0.0]);
}

#[test]
fn what_cannot_be_used_is_left_as_it_is() {
    let source = Project::new();
    record(&source, "a", 1e9, &[passed("test_a.py::test", 1.0)]);
    for (bytes, newer) in [(&b"no database"[..], false), (&[], true)] {
        let project = Project::new();
        if newer {
            project.record("b", &[]);
            project
                .sqlite()
                .pragma_update(None, "user_version", 7)
                .unwrap();
        } else {
            fs_err::create_dir_all(&project.folder).unwrap();
            fs_err::write(project.database(), bytes).unwrap();
        }
        let before = fs_err::read(project.database()).unwrap();
        let errors = [
            import(&project.folder, &exported(&source), &[]).unwrap_err(),
            export(&project.folder).unwrap_err(),
            overview(&project.folder).unwrap_err(),
            prune_runs(&project.folder, 1).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(matches!(error, Error::Newer { .. }), newer, "{error}");
            assert_eq!(matches!(error, Error::Damaged { .. }), !newer, "{error}");
        }
        assert_eq!(fs_err::read(project.database()).unwrap(), before);
        assert!(!project.files().iter().any(|name| name.contains("damaged")));
    }
}

#[test]
fn runs_are_forgotten_by_hand_and_durations_stay() {
    let project = Project::new();
    for number in 0..5 {
        let nodeid = format!("test_a.py::test_{number}");
        record(
            &project,
            &number.to_string(),
            f64::from(number),
            &[passed(&nodeid, 1.0)],
        );
    }
    assert_eq!(prune_runs(&project.folder, 9).unwrap(), Some(0));
    assert_eq!(prune_runs(&project.folder, 2).unwrap(), Some(3));
    let overview = overview(&project.folder).unwrap().unwrap();
    assert_eq!((overview.runs.len(), overview.tests), (2, 5));
    assert_eq!(overview.runs[0].record.uid, "4");
    assert_eq!(
        overview.bytes,
        fs_err::metadata(project.database()).unwrap().len()
    );
    assert_eq!(project.open().estimates().unwrap().len(), 5);
    assert_eq!(prune_runs(&project.folder, 0).unwrap(), Some(2));
    assert_eq!(project.open().estimates().unwrap().len(), 5);
}

#[test]
fn only_an_export_is_overwritten() {
    let project = Project::new();
    project.record("a", &[passed("test_a.py::test", 1.0)]);
    let text = text(&project);
    let path = project.folder.join("out.json");
    for _ in 0..2 {
        write_file(&path, &text).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
    }
    let precious = project.folder.join("precious");
    for other in ["print('hello')\n", "{\"hasten-history\":2}\n"] {
        fs_err::write(&precious, other).unwrap();
        assert!(write_file(&precious, &text).is_err());
        assert_eq!(fs_err::read_to_string(&precious).unwrap(), other);
    }
    assert!(write_file(&project.folder, &text).is_err());
    assert!(write_file(&project.folder.join("none/out.json"), &text).is_err());
    assert!(!project.files().iter().any(|name| name.ends_with(".tmp")));
    std::os::unix::fs::symlink(&path, project.folder.join("link")).unwrap();
    write_file(&project.folder.join("link"), &text).unwrap();
    assert!(project.folder.join("link").is_symlink());
}

/// Runs: outcomes and durations of some tests in each, and which of two databases has it.
type Runs = Vec<(Vec<(u8, usize, u16)>, bool, bool)>;

fn runs() -> impl Strategy<Value = Runs> {
    let attempts = prop::collection::vec((0..4u8, 0..Outcome::ALL.len(), 0..2000u16), 0..6);
    prop::collection::vec((attempts, any::<bool>(), any::<bool>()), 1..10)
}

/// The two databases.
fn projects(runs: &Runs) -> [Project; 2] {
    let projects = [Project::new(), Project::new()];
    for (number, (attempts, first, second)) in runs.iter().enumerate() {
        let attempts: Vec<Attempt<'_>> = (0..)
            .zip(attempts)
            .map(|(order, &(test, outcome, call))| Attempt {
                nodeid: format!("test_{test}").into(),
                attempt: order,
                ..attempt("", Outcome::ALL[outcome], f64::from(call) / 64.0)
            })
            .collect();
        for (project, has_it) in projects.iter().zip([first, second]) {
            // So that there is a database.
            if *has_it || number == 0 {
                record(project, &number.to_string(), 1e9 + number as f64, &attempts);
            }
        }
    }
    projects
}

#[test]
fn a_file_that_contradicts_the_database_is_not_believed() {
    let [local, other] = [Project::new(), Project::new()];
    record(&local, "a", 1e9, &[passed("test_a.py::test", 1.0)]);
    record(&other, "a", 1e9, &[passed("test_a.py::test", 9.0)]);
    let taken = import(&local.folder, &exported(&other), &[]).unwrap();
    assert_eq!((taken.new_runs, taken.changed_tests), (0, 0));
    assert_eq!(known(&local)[0].1[1], 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn importing_twice_changes_nothing(runs in runs(), forgotten in 0..4usize) {
        let [a, b] = projects(&runs);
        prune_runs(&a.folder, forgotten).unwrap();
        import(&a.folder, &exported(&b), &[]).unwrap();
        let (once, known_once) = (text(&a), known(&a));
        let again = import(&a.folder, &exported(&b), &[]).unwrap();
        prop_assert_eq!((again.new_runs, again.changed_tests), (0, 0));
        prop_assert_eq!(&text(&a), &once);
        prop_assert_eq!(known(&a), known_once);
        let own = import(&a.folder, &exported(&a), &[]).unwrap();
        prop_assert_eq!((own.new_runs, own.changed_tests), (0, 0));
    }

    #[test]
    fn a_new_database_is_exported_as_it_was_imported(runs in runs(), forgotten in 0..4usize) {
        let [a, b] = projects(&runs);
        prune_runs(&a.folder, forgotten).unwrap();
        let joined = exported(&a).join(exported(&b));
        let fresh = Project::new();
        import(&fresh.folder, &joined, &[]).unwrap();
        prop_assert_eq!(text(&fresh), joined.to_text().unwrap());
    }

    #[test]
    fn the_order_of_imports_makes_no_difference_to_what_is_expected(runs in runs()) {
        let [a, b] = projects(&runs).map(|project| exported(&project));
        let [first, second, joined] = [Project::new(), Project::new(), Project::new()];
        import(&first.folder, &a, &[]).unwrap();
        import(&first.folder, &b, &[]).unwrap();
        import(&second.folder, &b, &[]).unwrap();
        import(&second.folder, &a, &[]).unwrap();
        import(&joined.folder, &a.join(b), &[]).unwrap();
        let estimates = |project: &Project| project.open().estimates().unwrap();
        prop_assert_eq!(estimates(&first), estimates(&second));
        prop_assert_eq!(estimates(&first), estimates(&joined));
    }
}
