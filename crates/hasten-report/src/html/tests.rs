use std::collections::HashMap;

use hasten_history::{Attempt, Details, Outcome, Outcomes};
use serde_json::Value;

use super::*;
use crate::samples::{attempt, recorded, run};

fn page(recorded: &Recorded, earlier: &[(i64, Vec<Attempt<'static>>)]) -> String {
    let mut runs: Vec<_> = earlier.iter().map(|(id, _)| run(*id)).collect();
    runs.push(recorded.run.clone());
    runs.reverse();
    let mut counts = Outcomes::default();
    counts.add(Outcome::Passed, 3);
    let outcomes: HashMap<i64, Outcomes> = runs.iter().map(|run| (run.id, counts)).collect();
    let mut trend = Trend::new(recorded, runs, &outcomes);
    for id in trend.wanted() {
        match earlier.iter().find(|(run, _)| *run == id) {
            Some((_, attempts)) => trend.add(id, attempts),
            None => trend.add(id, &recorded.attempts),
        }
    }
    render(recorded, &trend).unwrap()
}

fn data(page: &str) -> Value {
    let begin = r#"<script type="application/json" id="data">"#;
    let rest = page.split_once(begin).unwrap().1;
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// What a reader sees, without tags: enough for these pages.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => {
                text.push(' ');
                inside = true;
            }
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let rest = page.split_once(&format!("<section id=\"{id}\"")).unwrap().1;
    let rest = rest.split_once('>').unwrap().1;
    rest.split_once("</section>").unwrap().0
}

#[test]
fn the_summary_and_the_failures_as_they_are_read() {
    let page = page(&recorded(), &[]);
    insta::assert_snapshot!(words(section(&page, "summary")), @r#"1 of 3 tests failed 1.50 s on the wall clock 1 failed 2 passed Started 2025-11-25 22:25 UTC Tests one after another 1.06 s Workers 2 Exit status 1 (tests failed) Run again 1 attempt Most memory of a worker 64 MiB Python 3.11.7 pytest 9.2.0 Machine host x86_64 linux Run 7 Commit 12a7613d1c0f hasten -k &#x27;a b&#x27;"#);
    insta::assert_snapshot!(words(section(&page, "failures")), @r#"Failures Open all t.py::TestX::test_b failed assert 1 == 2 Times and trend Copy command E assert 1 == 2 Failed first, and not in the last attempt t.py::test_a[&lt;b&gt;] failed first Times and trend Copy command Attempt 1: failed E first &lt;&#x2f;script&gt;&lt;!-- &amp; \x1b"#);
    insta::assert_snapshot!(words(section(&page, "slowest")), @r#"Slowest Slowest tests time share name setup call teardown 375 ms t.py::test_a[&lt;b&gt;] 250 ms 125 ms 0 312 ms t.py::TestX::test_b 0 250 ms 62.5 ms 1.00 ms t.py::test_c 0 1.00 ms 0 Slowest fixtures time share name scope setups setup teardown longest 200 ms conftest.py::database session 1 200 ms 0 200 ms Where tests waited longest time share name line inside 500 ms t.py::test_c t.py:9 in test_c time.sleep"#);
}

#[test]
fn nothing_of_a_test_becomes_a_tag_or_a_script() {
    let page = page(&recorded(), &[]);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("[<b>]") && page.contains("[&lt;b&gt;]"));
    assert!(page.contains("&lt;&#x2f;script&gt;&lt;!-- &amp; \\x1b"));
    assert!(page.contains("script-src &#x27;sha256-") || page.contains("script-src 'sha256-"));
}

#[test]
fn the_data_are_columns() {
    let data = data(&page(&recorded(), &[]));
    assert_eq!(data["tests"]["files"], serde_json::json!(["t.py"]));
    assert_eq!(
        data["tests"]["name"],
        serde_json::json!(["test_a[<b>]", "TestX::test_b", "test_c"])
    );
    assert_eq!(data["tests"]["last"], serde_json::json!([3, 1, 2]));
    assert_eq!(data["attempts"]["test"], serde_json::json!([0, 1, 2, 0]));
    assert_eq!(data["attempts"]["outcome"], "1100");
    assert_eq!(
        data["attempts"]["start"],
        serde_json::json!([500_000, 500_000, 900_000, 1_000_000])
    );
    assert_eq!(data["attempts"]["reruns"], serde_json::json!([[3, 1]]));
    assert_eq!(
        data["attempts"]["cpu"][1],
        serde_json::json!([50_000, 0, 0, 50_000])
    );
    assert_eq!(data["attempts"]["memory"][0], 65_536);
    assert_eq!(data["lanes"], serde_json::json!(["gw0", "gw1"]));
    assert_eq!(data["texts"], serde_json::json!([1, 0]));
    assert_eq!(
        data["stages"],
        serde_json::json!([["tests", 500_000, 750_000]])
    );
    assert_eq!(data["spans"]["start"], serde_json::json!([510_000]));
    assert_eq!(data["spans"]["test"], serde_json::json!([0]));
}

#[test]
fn of_what_was_not_measured_there_is_nothing() {
    let mut recorded = recorded();
    recorded.details = Details::default();
    for attempt in &mut recorded.attempts {
        (attempt.cpu, attempt.peak_memory) = (None, None);
    }
    // A run that was imported does not say when its tests began.
    recorded.attempts[0].started = 0.0;
    let page = page(&recorded, &[]);
    let data = data(&page);
    assert!(data["attempts"]["cpu"].is_null() && data["attempts"]["memory"].is_null());
    assert!(data["attempts"]["start"][0].is_null());
    assert!(words(section(&page, "failures")).contains("What pytest said of them is not kept"));
    assert!(words(section(&page, "slowest")).contains("nothing is kept for this run"));
}

#[test]
fn usual_is_the_median_of_what_completed_earlier() {
    let took = |seconds: f64, outcome| {
        vec![attempt(
            "t.py::test_c",
            1,
            0.0,
            [0.0, seconds, 0.0],
            outcome,
        )]
    };
    let earlier = [
        (1, took(0.25, Outcome::Passed)),
        (2, took(0.5, Outcome::Failed)),
        (3, took(4.0, Outcome::TimedOut)),
        (4, took(1.0, Outcome::Passed)),
        (9, took(64.0, Outcome::Passed)),
    ];
    let data = data(&page(&recorded(), &earlier));
    assert_eq!(data["tests"]["usual"], serde_json::json!([0, 0, 500_000]));
    let trend = &data["trend"];
    assert_eq!(trend["runs"].as_array().unwrap().len(), 6);
    assert_eq!(trend["tests"].as_array().unwrap().len(), 6);
    assert_eq!(trend["tests"][1]["odd"], serde_json::json!([2, 1]));
    assert_eq!(&trend["tests"][0]["seconds"].as_str().unwrap()[..4], "!!!!");
}

#[test]
fn of_many_tests_fewer_runs_are_shown_and_the_page_says_so() {
    let mut recorded = recorded();
    recorded.attempts = (0..300_000)
        .map(|number| {
            attempt(
                &format!("t.py::test_{number}"),
                0,
                0.0,
                [0.0; 3],
                Outcome::Passed,
            )
        })
        .collect();
    let earlier: Vec<_> = (1..6).map(|id| (id, Vec::new())).collect();
    let page = page(&recorded, &earlier);
    assert!(page.contains("Of each test, the last 3 of 6 runs are shown"));
    assert_eq!(data(&page)["trend"]["tests"].as_array().unwrap().len(), 3);
}

#[test]
fn a_run_without_tests_has_a_page() {
    let mut recorded = recorded();
    recorded.attempts.clear();
    recorded.run.record.exit_status = 2;
    let page = page(&recorded, &[]);
    assert!(
        words(section(&page, "summary"))
            .contains("No test failed, and the run ended with exit status 2 (interrupted)")
    );
}
