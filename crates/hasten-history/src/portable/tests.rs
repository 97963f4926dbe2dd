use proptest::prelude::*;

use super::text::Fault;
use super::*;

fn run(number: u16, exit_status: i32) -> Arc<PortableRun> {
    Arc::new(PortableRun {
        // Neighbours begin at the same time.
        started: 1_700_000_000_000_000 + u64::from(number / 2),
        uid: format!("{number:04x}"),
        wall: 1_500_000,
        workers: 2,
        python: "3.11.7".to_owned(),
        pytest: "9.2.0".to_owned(),
        platform: "linux".to_owned(),
        machine: "host x86_64".to_owned(),
        args: vec!["-k".to_owned(), "a \"b\"\n".to_owned()],
        commit: number.is_multiple_of(2).then(|| "12a7613d".to_owned()),
        exit_status,
        whole_suite: number.is_multiple_of(3),
        attempts: 3,
        shard: number.is_multiple_of(5).then(|| RunShard {
            number: 1 + u32::from(number % 2),
            of: 2,
            plan: "0123456789ab".to_owned(),
        }),
    })
}

fn sample(run: Option<Arc<PortableRun>>, number: u32, outcome: u8, call: u32) -> Sample {
    let (attempt, copy) = match run {
        Some(_) => (number, 0),
        None => (0, number),
    };
    Sample {
        run,
        attempt,
        outcome: Outcome::ALL[usize::from(outcome)],
        phases: [0, micros(f64::from(call) * 1e-3), 17],
        copy,
    }
}

/// Anything that a file can hold, with few values, so that many are in both of two files, agree or
/// contradict each other.
fn anything() -> impl Strategy<Value = Portable> {
    let run_number = || prop_oneof![9 => (0..90u16, Just(0)), 1 => (0..90u16, Just(1))];
    let attempt = (
        prop::option::weighted(0.8, run_number()),
        0..3u32,
        0..Outcome::ALL.len() as u8,
        0..4u32,
    );
    let test = (0..3u32, 0..3u32, prop::collection::vec(attempt, 0..14));
    (
        prop::collection::vec(run_number(), 0..60),
        prop::collection::vec((0..5u8, test), 0..6),
    )
        .prop_map(|(runs, tests)| {
            let mut portable = Portable::default();
            portable
                .runs
                .extend(runs.into_iter().map(|(number, status)| run(number, status)));
            for (name, (runs_before, completed_before, attempts)) in tests {
                let attempts = attempts.into_iter().map(|(of, number, outcome, call)| {
                    sample(
                        of.map(|(run_number, status)| run(run_number, status)),
                        number,
                        outcome,
                        call,
                    )
                });
                let mut test = Test {
                    runs_before,
                    completed_before,
                    attempts: attempts.collect(),
                };
                test.forget_old_attempts();
                portable
                    .runs
                    .extend(test.attempts.iter().filter_map(|s| s.run.clone()));
                portable
                    .tests
                    .entry(format!("test.py::test[{name}\n\"]"))
                    .or_default()
                    .join(test);
            }
            portable.forget_old_runs();
            portable
        })
}

fn text(portable: &Portable) -> String {
    portable.to_text().unwrap()
}

/// Joins as `hasten history merge` does: what was read from files, written into a file.
fn merge(a: &str, b: &str) -> String {
    let read = |text| Portable::from_text(text).unwrap();
    text(&read(a).join(read(b)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_is_read_as_it_was_written(a in anything()) {
        prop_assert_eq!(Portable::from_text(&text(&a)).unwrap(), a);
    }

    #[test]
    fn the_order_of_two_makes_no_difference(a in anything(), b in anything()) {
        let (a, b) = (text(&a), text(&b));
        prop_assert_eq!(merge(&a, &b), merge(&b, &a));
    }

    #[test]
    fn the_same_twice_is_the_same(a in anything()) {
        let a = text(&a);
        prop_assert_eq!(merge(&a, &a), a);
    }

    #[test]
    fn the_order_of_three_makes_no_difference(a in anything(), b in anything(), c in anything()) {
        let (a, b, c) = (text(&a), text(&b), text(&c));
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
    }

    #[test]
    fn what_is_merged_into_has_nothing_to_learn(a in anything(), b in anything()) {
        let (a, b) = (text(&a), text(&b));
        let merged = merge(&a, &b);
        prop_assert_eq!(merge(&merged, &b), merged);
    }

    #[test]
    fn any_line_that_is_missing_is_noticed(a in anything(), place in any::<prop::sample::Index>()) {
        let text = text(&a);
        let lines: Vec<&str> = text.lines().collect();
        let place = place.index(lines.len());
        let without: Vec<&str> = [&lines[..place], &lines[place + 1..]].concat();
        prop_assert!(Portable::from_text(&without.join("\n")).is_err());
    }
}

#[test]
fn the_text_is_what_the_documentation_says() {
    let (first, second) = (run(4, 1), run(7, 0));
    let attempts = [
        sample(None, 0, 0, 1),
        sample(Some(Arc::clone(&first)), 0, 1, 250),
        sample(Some(Arc::clone(&second)), 1, 0, 260),
    ];
    let test = Test {
        runs_before: 12,
        completed_before: 11,
        attempts: attempts.into(),
    };
    let portable = Portable {
        runs: [first, second].into(),
        tests: [("test_a.py::test".to_owned(), test)].into(),
    };
    assert_eq!(
        text(&portable),
        r#"{"hasten-history":1,"runs":2,"tests":1}
{"run":"0004","started":1700000000000002,"wall":1500000,"workers":2,"python":"3.11.7","pytest":"9.2.0","platform":"linux","machine":"host x86_64","args":["-k","a \"b\"\n"],"commit":"12a7613d","exit":1,"whole":false,"attempts":3}
{"run":"0007","started":1700000000000003,"wall":1500000,"workers":2,"python":"3.11.7","pytest":"9.2.0","platform":"linux","machine":"host x86_64","args":["-k","a \"b\"\n"],"exit":0,"whole":false,"attempts":3}
{"test":"test_a.py::test","runs_before":12,"completed_before":11,"recent":[[null,0,"p",0,1000,17],[0,0,"f",0,250000,17],[1,1,"p",0,260000,17]]}
"#
    );
}

#[test]
fn a_fault_names_its_line() {
    let fault = |text: &str| Portable::from_text(text).unwrap_err();
    assert_eq!(
        fault("{\"hasten-history\":2,\"what\":[]}\n"),
        Fault::Newer(2)
    );
    let header = "{\"hasten-history\":1,\"runs\":0,\"tests\":1}\n";
    for (line, expected) in [
        ("", "a test should follow; the file was cut off"),
        (
            "{\"test\":\"a\",\"recent\":[[0,0,\"p\",0,0,0]]}",
            "there is no run 0",
        ),
        (
            "{\"test\":\"a\",\"recent\":[[null,0,\"z\",0,0,0]]}",
            "'z' is no outcome",
        ),
        (
            "{\"test\":\"a\",\"rec",
            "EOF while parsing a string at column 16",
        ),
        (
            "{\"test\":\"a\",\"recent\":[]}\n{\"test\":\"b\",\"recent\":[]}",
            "nothing should follow: the header says so",
        ),
    ] {
        let Fault::Line(number, what) = fault(&format!("{header}{line}")) else {
            panic!("{line}");
        };
        assert_eq!(what, expected);
        assert_eq!(number, if what.starts_with("nothing") { 3 } else { 2 });
    }
}

#[test]
fn durations_keep_their_value_however_often_they_travel() {
    for seconds in [0.0, 1e-7, 0.1, 16.7, 123.456_789, 99_999.9, 1e30, f64::NAN] {
        let once = micros(seconds);
        assert_eq!(micros(super::seconds(once)), once, "{seconds}");
    }
}
