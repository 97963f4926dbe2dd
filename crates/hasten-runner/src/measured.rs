//! What the processes of a run measure beside their tests, put together.

use std::collections::{BTreeMap, HashMap};

use hasten_history::{Details, FixtureSpan, FixtureTotal};
use hasten_protocol::measured::{FixtureSpan as Span, FixtureUse, Fixtures};

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// By fixture and scope.
    fixtures: BTreeMap<(String, String), FixtureTotal>,
    /// Each with its worker.
    spans: Vec<(usize, Span)>,
    /// Of each worker, the number of its last message.
    heard: HashMap<usize, u64>,
}

impl Measured {
    /// Takes in what fixtures took in a worker. What a dead worker has left may have been sent before.
    pub(crate) fn add_fixtures(&mut self, worker: usize, message: Fixtures) {
        let heard = self.heard.entry(worker).or_default();
        if message.number <= *heard {
            return;
        }
        *heard = message.number;
        for FixtureUse(fixture, scope, setups, setup, teardown, longest) in message.totals {
            let key = (fixture, scope);
            let total = self.fixtures.entry(key).or_default();
            total.setups += setups;
            total.setup += setup;
            total.teardown += teardown;
            total.longest = total.longest.max(longest);
        }
        self.spans
            .extend(message.spans.into_iter().map(|span| (worker, span)));
    }

    /// What the history keeps of it. `distributed`: workers ran the tests.
    pub(crate) fn details(&self, nodeids: &[String], distributed: bool) -> Details {
        Details {
            fixtures: self.fixtures.iter().map(total).collect(),
            spans: self
                .spans
                .iter()
                .map(|(worker, span)| FixtureSpan {
                    worker: distributed.then(|| u32::try_from(*worker).unwrap_or(u32::MAX)),
                    ..named(span, nodeids)
                })
                .collect(),
            ..Details::default()
        }
    }
}

fn total(((fixture, scope), total): (&(String, String), &FixtureTotal)) -> FixtureTotal {
    FixtureTotal {
        fixture: fixture.clone(),
        scope: scope.clone(),
        ..total.clone()
    }
}

fn named(span: &Span, nodeids: &[String]) -> FixtureSpan {
    let Span(fixture, scope, teardown, item, started, seconds) = span;
    FixtureSpan {
        fixture: fixture.clone(),
        scope: scope.clone(),
        teardown: *teardown,
        worker: None,
        nodeid: item
            .and_then(|item| nodeids.get(item as usize))
            .cloned()
            .unwrap_or_default(),
        started: *started,
        seconds: *seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64, longest: f64) -> Fixtures {
        let text = format!(
            r#"{{"number": {number}, "totals": [["a.py::db", "session", 1, {longest}, 0.5, {longest}]],
                "spans": [["a.py::db", "session", false, 1, 7.0, {longest}]]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn workers_add_up_and_nothing_counts_twice() {
        let mut measured = Measured::default();
        measured.add_fixtures(0, message(1, 0.25));
        measured.add_fixtures(3, message(1, 1.0));
        measured.add_fixtures(0, message(1, 0.25));
        let details = measured.details(&["a.py::x".into(), "a.py::y".into()], true);
        let expected = FixtureTotal {
            fixture: "a.py::db".into(),
            scope: "session".into(),
            setups: 2,
            setup: 1.25,
            teardown: 1.0,
            longest: 1.0,
        };
        assert_eq!(details.fixtures, [expected]);
        let workers: Vec<_> = details.spans.iter().map(|span| span.worker).collect();
        assert_eq!(workers, [Some(0), Some(3)]);
        assert_eq!(details.spans[0].nodeid, "a.py::y");
    }

    #[test]
    fn an_item_that_is_not_known_has_no_name() {
        let mut measured = Measured::default();
        measured.add_fixtures(0, message(1, 0.25));
        let details = measured.details(&[], false);
        assert_eq!(details.spans[0].nodeid, "");
        assert_eq!(details.spans[0].worker, None);
    }
}
