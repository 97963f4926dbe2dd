//! What the processes of a run measure beside their tests, put together.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use hasten_history::{Details, FileTimes, FixtureSpan, FixtureTotal, ImportTimes, Stage, file_of};
use hasten_protocol::measured::{self, Collection, FixtureSpan as Span, FixtureUse, Fixtures};

use crate::clock::epoch_seconds;

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// By fixture and scope.
    fixtures: BTreeMap<(String, String), FixtureTotal>,
    /// Each with its worker.
    spans: Vec<(usize, Span)>,
    /// Of each worker, the number of its last message.
    heard: HashMap<usize, u64>,
    collection: Collection,
    moments: Moments,
}

/// When the parts of a run began or ended, in seconds since the epoch, as far as they did.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    configured: Option<f64>,
    loaded: Option<f64>,
    collected: Option<f64>,
    first_item: Option<f64>,
    last_report: Option<f64>,
}

/// What begins or ends a part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The interpreter runs, pytest and its plugins are imported, the command line is read.
    Configured,
    /// The conftest files are loaded.
    Loaded,
    /// Collection is over.
    Collected,
    /// An item was given out.
    Item,
    /// Something was reported of an item.
    Report,
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

    /// A worker has another process, which counts its messages anew.
    pub(crate) fn forget(&mut self, worker: usize) {
        self.heard.remove(&worker);
    }

    /// Something happens now.
    pub(crate) fn note(&mut self, moment: Moment) {
        let now = epoch_seconds(SystemTime::now());
        let moments = &mut self.moments;
        match moment {
            Moment::Configured => moments.configured.get_or_insert(now),
            Moment::Loaded => moments.loaded.get_or_insert(now),
            Moment::Collected => moments.collected.get_or_insert(now),
            Moment::Item => moments.first_item.get_or_insert(now),
            Moment::Report => moments.last_report.insert(now),
        };
    }

    /// Takes in what collection took.
    pub(crate) fn add_collection(&mut self, collection: Collection) {
        self.collection = collection;
    }

    /// What the history keeps of it. `distributed`: workers ran the tests. The last part of the run, which began at
    /// `started`, goes on.
    pub(crate) fn details(
        &self,
        nodeids: &[String],
        distributed: bool,
        started: SystemTime,
    ) -> Details {
        Details {
            stages: self
                .moments
                .stages(epoch_seconds(started), epoch_seconds(SystemTime::now())),
            files: files(&self.collection.files, nodeids),
            imports: self.collection.imports.iter().map(import).collect(),
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

impl Moments {
    /// The parts of a run that began, those that have ended among them.
    fn stages(&self, started: f64, now: f64) -> Vec<Stage> {
        let ends = [
            ("start", Some(started), self.configured),
            ("conftest", self.configured, self.loaded),
            ("collection", self.loaded, self.collected),
            ("tests", self.first_item, self.last_report),
            ("end", self.last_report, Some(now)),
        ];
        ends.into_iter()
            .filter_map(|(name, began, ended)| {
                let began = began?;
                Some(Stage {
                    name: name.to_owned(),
                    started: began,
                    // The clock may have been set back.
                    seconds: (ended? - began).max(0.0),
                })
            })
            .collect()
    }
}

/// Each file with the number of its items.
fn files(times: &[measured::FileTimes], nodeids: &[String]) -> Vec<FileTimes> {
    let mut items: HashMap<&str, u64> = HashMap::new();
    for nodeid in nodeids {
        *items.entry(file_of(nodeid)).or_default() += 1;
    }
    times
        .iter()
        .map(|measured::FileTimes(file, collection, import)| FileTimes {
            file: file.clone(),
            collection: *collection,
            import: *import,
            items: items.get(file.as_str()).copied().unwrap_or_default(),
        })
        .collect()
}

fn import(measured::ImportTimes(module, own, all, file): &measured::ImportTimes) -> ImportTimes {
    ImportTimes {
        module: module.clone(),
        own: *own,
        all: *all,
        file: file.clone(),
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
    use std::time::UNIX_EPOCH;

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
        let details = measured.details(&["a.py::x".into(), "a.py::y".into()], true, UNIX_EPOCH);
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
    fn parts_of_a_run_that_never_came_are_left_out() {
        let names = |moments: Moments| -> Vec<(String, f64)> {
            let stages = moments.stages(1.0, 10.0).into_iter();
            stages.map(|stage| (stage.name, stage.seconds)).collect()
        };
        let stage = |name: &str, seconds| (name.to_owned(), seconds);
        let mut moments = Moments {
            configured: Some(2.0),
            loaded: Some(4.0),
            ..Moments::default()
        };
        assert_eq!(
            names(moments),
            [stage("start", 1.0), stage("conftest", 2.0)]
        );
        moments.collected = Some(5.0);
        moments.first_item = Some(6.0);
        moments.last_report = Some(5.5);
        assert_eq!(
            names(moments)[2..],
            [
                stage("collection", 1.0),
                stage("tests", 0.0),
                stage("end", 4.5)
            ]
        );
    }

    #[test]
    fn files_have_the_number_of_their_items() {
        let mut measured = Measured::default();
        let text = r#"{"files": [["a.py", 0.5, 0.25], ["b.py", 0.5, 0.25]], "imports": [["m", 1, 2, "a.py"]]}"#;
        measured.add_collection(serde_json::from_str(text).unwrap());
        let nodeids = ["a.py::x".into(), "a.py::T::y".into(), "c.py::z".into()];
        let details = measured.details(&nodeids, true, UNIX_EPOCH);
        let items: Vec<_> = details.files.iter().map(|file| file.items).collect();
        assert_eq!(items, [2, 0]);
        assert_eq!(details.imports[0].file, "a.py");
    }

    #[test]
    fn an_item_that_is_not_known_has_no_name() {
        let mut measured = Measured::default();
        measured.add_fixtures(0, message(1, 0.25));
        let details = measured.details(&[], false, UNIX_EPOCH);
        assert_eq!(details.spans[0].nodeid, "");
        assert_eq!(details.spans[0].worker, None);
    }
}
