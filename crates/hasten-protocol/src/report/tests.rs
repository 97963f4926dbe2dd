use super::*;

/// Reports that pytest 7.4 and 9.2 sent, with the text that they print of them in 80 columns.
const GOLDEN: &str = include_str!("../../golden/reports.jsonl");

#[derive(Deserialize)]
struct Case {
    report: Report,
    text: String,
}

fn cases() -> Vec<Case> {
    let lines = GOLDEN.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_text_is_the_one_that_pytest_prints() {
    for case in cases() {
        if case.report.outcome == "skipped" && case.report.wasxfail.is_none() {
            continue;
        }
        assert_eq!(
            case.report.text(80).trim(),
            case.text,
            "{}",
            case.report.nodeid
        );
    }
}

#[test]
fn a_skip_and_an_expected_failure_have_a_reason() {
    let reason = |end: &str| {
        let cases = cases();
        let case = cases.iter().find(|case| case.report.nodeid.ends_with(end));
        case.and_then(|case| case.report.reason().map(str::to_owned))
    };
    assert_eq!(reason("::test_skip").as_deref(), Some("not here"));
    assert_eq!(reason("::test_xfail").as_deref(), Some("known"));
    assert_eq!(reason("::test_pxfail").as_deref(), Some("dyn"));
    assert_eq!(reason("::test_deep"), None);
}

#[test]
fn places_are_those_of_the_frames() {
    let case = cases()
        .into_iter()
        .find(|case| case.report.nodeid.ends_with("::test_deep"))
        .unwrap();
    let repr = case.report.longrepr.unwrap();
    let lines: Vec<i64> = repr.places().map(|place| place.lineno).collect();
    assert_eq!(lines.len(), 2);
    assert!(
        repr.crash()
            .unwrap()
            .message
            .starts_with("ValueError: wrong: ü")
    );
}

#[test]
fn what_a_plugin_makes_up_is_no_error() {
    let report = Report::read(br#"{"nodeid": "a", "outcome": "failed", "longrepr": {"mine": 1}}"#);
    assert_eq!(report.unwrap().text(80), r#"{"mine":1}"#);
}
