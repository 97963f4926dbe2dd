//! Tests of the ledger.

use hasten_protocol::record::{CALL, OTHER, SETUP, TEARDOWN, XFAIL};

use proptest::prelude::*;

use super::*;

fn report(outcome: Outcome, flags: u16) -> Record<'static> {
    Record {
        index: Some(0),
        kind: RecordKind::Report,
        outcome,
        flags,
        start: 1.0,
        setup: 0.0,
        call: 0.0,
        teardown: 0.0,
        processor: [0.0; 3],
        peak_memory: 0,
        payload: b"",
        bytes: b"",
    }
}

fn state_after(reports: &[(Outcome, u16)]) -> (State, usize) {
    let mut ledger = Ledger::new(1);
    for (outcome, flags) in reports {
        assert!(ledger.record(0, &report(*outcome, *flags)));
    }
    let mut end = report(Outcome::Passed, 0);
    end.kind = RecordKind::Finished;
    assert!(ledger.record(0, &end));
    assert!(ledger.is_complete());
    assert!(!ledger.record(0, &end), "a final state stays");
    (ledger.entries()[0].state, ledger.failures())
}

#[test]
fn reports_make_the_state_that_pytest_shows() {
    use Outcome::{Failed, Passed, Skipped};
    let setup = (Passed, SETUP);
    let teardown = (Passed, TEARDOWN);
    for (reports, state, failures) in [
        (vec![setup, (Passed, CALL), teardown], State::Passed, 0),
        (vec![setup, (Failed, CALL), teardown], State::Failed, 1),
        (vec![(Failed, SETUP), teardown], State::Error, 1),
        (
            vec![setup, (Passed, CALL), (Failed, TEARDOWN)],
            State::Error,
            1,
        ),
        (
            vec![setup, (Failed, CALL), (Failed, TEARDOWN)],
            State::Failed,
            2,
        ),
        (vec![(Skipped, SETUP), teardown], State::Skipped, 0),
        (
            vec![setup, (Skipped, CALL | XFAIL), teardown],
            State::Xfailed,
            0,
        ),
        (vec![(Skipped, SETUP | XFAIL), teardown], State::Xfailed, 0),
        (
            vec![setup, (Passed, CALL | XFAIL), teardown],
            State::Xpassed,
            0,
        ),
        (
            vec![setup, (Failed, OTHER), (Passed, CALL), teardown],
            State::Error,
            1,
        ),
    ] {
        assert_eq!(state_after(&reports), (state, failures), "{reports:?}");
    }
}

fn end(kind: RecordKind) -> Record<'static> {
    Record {
        kind,
        ..report(Outcome::Passed, 0)
    }
}

fn fail(ledger: &mut Ledger) {
    assert!(ledger.record(0, &report(Outcome::Failed, CALL)));
    assert!(ledger.record(0, &end(RecordKind::Finished)));
}

#[test]
fn a_failure_that_is_tried_again_counts_nowhere() {
    let mut ledger = Ledger::new(1);
    ledger.hold(0);
    fail(&mut ledger);
    assert!(ledger.is_undecided(0));
    ledger.again(0);
    assert_eq!((ledger.failures(), ledger.missing()), (0, 1));
    assert!(
        !ledger.record(0, &report(Outcome::Failed, CALL)),
        "nobody runs it: a record of the first attempt that comes twice"
    );
    ledger.verdict(0, 0, State::Crashed, 2.0, 1.0);
    assert!(!ledger.is_undecided(0));
    ledger.given_out(0);
    assert!(ledger.record(1, &end(RecordKind::Passed)));
    ledger.settle(0, Settled::AsReported);
    assert_eq!(ledger.failures(), 0);
    assert_eq!(ledger.entries()[0].state, State::Passed);
    assert_eq!(ledger.entries()[0].reruns, 1);
    assert_eq!(ledger.past()[0].1.state, State::Failed);
    assert!(ledger.is_complete());
}

#[test]
fn what_is_settled_counts_once_and_as_it_was_decided() {
    for (settled, passes, failures, failed) in [
        (Settled::AsReported, false, 1, 1),
        (Settled::Forgiven, false, 0, 0),
        (Settled::AsReported, true, 0, 0),
        (Settled::Failed, true, 1, 1),
    ] {
        let mut ledger = Ledger::new(1);
        ledger.hold(0);
        if passes {
            assert!(ledger.record(0, &end(RecordKind::Passed)));
        } else {
            fail(&mut ledger);
        }
        ledger.settle(0, settled);
        ledger.settle(0, settled);
        assert_eq!(ledger.failures(), failures, "{settled:?}");
        let expected = Counts {
            finished: 1,
            failed,
        };
        assert_eq!(ledger.counts(), expected, "{settled:?}");
    }
}

#[test]
fn an_attempt_that_does_not_come_leaves_the_failure_before() {
    let mut ledger = Ledger::new(1);
    ledger.hold(0);
    for _ in 0..2 {
        ledger.given_out(0);
        fail(&mut ledger);
        ledger.again(0);
    }
    ledger.given_out(0);
    assert!(ledger.record(0, &report(Outcome::Passed, SETUP)));
    ledger.revert(0);
    ledger.settle(0, Settled::AsReported);
    ledger.revert(0);
    assert_eq!((ledger.failures(), ledger.past().len()), (1, 1));
    assert_eq!(ledger.entries()[0].state, State::Failed);
    assert!(ledger.is_complete());
}

#[test]
fn a_gap_is_seen() {
    let mut ledger = Ledger::new(2);
    ledger.verdict(1, 1, State::Crashed, 2.0, 0.5);
    assert!(!ledger.is_complete());
    assert_eq!(ledger.missing(), 1);
    assert_eq!(
        ledger.counts(),
        Counts {
            finished: 1,
            failed: 1
        }
    );
    assert!(
        ledger.is_finished(77),
        "an index out of range is never awaited"
    );
}

/// What happens to an item: whether each attempt fails and in how many phases, and how it is settled.
type Life = (Vec<u8>, Settled);

fn lives() -> impl Strategy<Value = Vec<(bool, Life)>> {
    let settled = prop_oneof![
        Just(Settled::AsReported),
        Just(Settled::Forgiven),
        Just(Settled::Failed)
    ];
    let life = (prop::collection::vec(0..3_u8, 1..4), settled);
    prop::collection::vec((any::<bool>(), life), 1..6)
}

proptest! {
    #[test]
    fn every_item_ends_in_one_state_and_only_its_last_attempt_counts(lives in lives()) {
        let mut ledger = Ledger::new(lives.len());
        let (mut failures, mut failed, mut past) = (0, 0, 0);
        for (index, (held, (attempts, settled))) in (0..).zip(&lives) {
            // Who is not held has one attempt.
            let attempts = if *held { &attempts[..] } else { &attempts[..1] };
            let of = |kind, outcome| Record {
                index: Some(index),
                kind,
                ..report(outcome, CALL)
            };
            if *held {
                ledger.hold(index);
            }
            for (number, phases) in attempts.iter().enumerate() {
                ledger.given_out(index);
                for _ in 0..*phases {
                    prop_assert!(ledger.record(0, &of(RecordKind::Report, Outcome::Failed)));
                }
                prop_assert!(ledger.record(0, &of(RecordKind::Finished, Outcome::Passed)));
                prop_assert!(!ledger.record(0, &of(RecordKind::Finished, Outcome::Passed)));
                prop_assert_eq!(ledger.is_undecided(index), *held);
                if number + 1 < attempts.len() {
                    ledger.again(index);
                    past += 1;
                }
            }
            let last = usize::from(attempts[attempts.len() - 1]);
            let settled = if *held { *settled } else { Settled::AsReported };
            ledger.settle(index, settled);
            match settled {
                Settled::AsReported => {
                    failures += last;
                    failed += usize::from(last > 0);
                }
                Settled::Forgiven => {}
                Settled::Failed => {
                    failures += last.max(1);
                    failed += 1;
                }
            }
            prop_assert_eq!(ledger.counts().finished, index as usize + 1);
        }
        prop_assert!(ledger.is_complete());
        prop_assert_eq!(ledger.failures(), failures);
        prop_assert_eq!(ledger.counts().failed, failed);
        prop_assert_eq!(ledger.past().len(), past);
    }
}

#[test]
fn what_is_forgotten_leaves_no_trace() {
    let mut ledger = Ledger::new(1);
    assert!(ledger.record(0, &report(Outcome::Skipped, SETUP)));
    ledger.times_out(0);
    ledger.forget(0);
    let entry = &ledger.entries()[0];
    assert_eq!(entry.state, State::NotRun);
    assert!(entry.start == 0.0 && !entry.timed_out && !entry.finished);
    ledger.verdict(0, 0, State::Crashed, 2.0, 1.0);
    ledger.forget(0);
    assert_eq!(
        ledger.entries()[0].state,
        State::Crashed,
        "a final state stays"
    );
}
