use super::*;

fn value(data: &[u8]) -> Outcome<'_> {
    Outcome::Value {
        data,
        has_teardown: true,
    }
}

/// Workers that have set up these, in this order.
fn set_up(fixtures: &[(usize, &str)]) -> Once {
    let mut once = Once::default();
    for (worker, key) in fixtures {
        assert_eq!(once.ask(*worker, key, false), Some(Answer::SetUp));
        assert_eq!(once.tell(*worker, key, value(key.as_bytes())), []);
    }
    once
}

#[test]
fn one_sets_it_up_and_the_others_wait() {
    let mut once = Once::default();
    assert_eq!(once.ask(0, "db", false), Some(Answer::SetUp));
    assert_eq!(once.ask(1, "db", false), None);
    assert_eq!(once.awaited_by(1), Some(("db", 0)));
    let told = Answer::Value((*b"url").into());
    assert_eq!(once.tell(0, "db", value(b"url")), [(1, told.clone())]);
    assert_eq!(once.awaited_by(1), None);
    assert_eq!(once.ask(2, "db", false), Some(told));
}

#[test]
fn a_failure_is_everybodys_until_a_test_is_run_again() {
    let mut once = Once::default();
    once.ask(0, "db", false);
    once.ask(1, "db", false);
    let failure = Answer::Failure((*b"no").into());
    assert_eq!(
        once.tell(0, "db", Outcome::Failure(b"no")),
        [(1, failure.clone())]
    );
    assert_eq!(once.ask(2, "db", false), Some(failure));
    assert_eq!(once.ask(2, "db", true), Some(Answer::SetUp));
    assert_eq!(once.ask(1, "db", true), None, "it is being set up");
    assert_eq!(once.tell(2, "db", value(b"url")).len(), 1);
}

#[test]
fn what_cannot_be_shared_is_said_once() {
    let mut once = Once::default();
    once.ask(0, "db\nmore", false);
    once.ask(1, "db\nmore", false);
    let replies = once.tell(0, "db\nmore", Outcome::Each("why"));
    assert_eq!(replies, [(1, Answer::Each)]);
    assert!(once.is_news("db\nmore", "why"));
    assert!(!once.is_news("db\nother parameters", "why"));
    // A worker that cannot read the value does not take it from the others.
    let mut once = set_up(&[(0, "db")]);
    assert_eq!(once.tell(1, "db", Outcome::Each("why")), []);
    assert!(matches!(once.ask(2, "db", false), Some(Answer::Value(_))));
}

#[test]
fn the_next_one_goes_on_where_a_worker_died_or_got_nowhere() {
    let mut once = Once::default();
    once.ask(0, "db", false);
    for worker in [1, 2, 3] {
        once.ask(worker, "db", false);
    }
    once.gone(1);
    assert_eq!(once.gone(0), (vec![(2, Answer::SetUp)], vec![]));
    let replies = once.tell(2, "db", Outcome::Nothing);
    assert_eq!(replies, [(3, Answer::SetUp)]);
    assert_eq!(once.gone(3), (vec![], vec![]));
    assert_eq!(once.ask(4, "db", false), Some(Answer::SetUp));
}

#[test]
fn the_value_of_a_dead_worker_stays_and_nobody_tears_it_down() {
    let mut once = set_up(&[(0, "db\nx")]);
    assert_eq!(once.gone(0), (vec![], vec!["db".to_owned()]));
    assert!(matches!(
        once.ask(1, "db\nx", false),
        Some(Answer::Value(_))
    ));
    assert_eq!(once.ending(), []);
}

#[test]
fn they_are_torn_down_in_reverse_each_by_its_worker() {
    let mut once = set_up(&[(0, "server"), (1, "db"), (0, "cache")]);
    let steps: Vec<(usize, String)> = once.ending().into();
    let expected = [
        (1, "cache"),
        (0, "cache"),
        (0, "db"),
        (1, "db"),
        (1, "server"),
        (0, "server"),
    ];
    assert_eq!(
        steps,
        expected.map(|(worker, key)| (worker, key.to_owned()))
    );
    once.ended(1, "cache");
    once.ended(0, "cache");
    assert_eq!(once.gone(0).1, ["server"]);
}

#[test]
fn nobody_waits_for_itself() {
    let mut once = Once::default();
    once.ask(0, "a", false);
    once.ask(1, "b", false);
    assert_eq!(once.ask(0, "b", false), None);
    assert_eq!(once.ask(1, "a", false), Some(Answer::Each));
}

#[test]
fn a_trial_gets_a_value_and_sets_nothing_up_for_others() {
    let mut once = set_up(&[(0, "db")]);
    once.ask(0, "cache", false);
    assert!(matches!(once.peek("db"), Answer::Value(_)));
    assert_eq!(once.peek("cache"), Answer::Each);
    assert_eq!(once.peek("new"), Answer::Each);
}
