//! What the last runs measured beside the tests: medians, so that one busy run does not count.

use std::collections::HashMap;
use std::hash::Hash;

use hasten_history::trends::median;
use hasten_history::{Details, FixtureTotal, ImportTimes, Past, RECENT, Run};

use super::mostly::WaitedIn;

/// The last runs with details that are like the newest of the whole suite (else like the largest one): the same
/// arguments.
pub(super) struct Measured<'a> {
    /// The newest first.
    runs: Vec<(&'a Run, &'a Details)>,
    /// All with details, the newest first.
    all: &'a [(i64, Details)],
    /// Of each file: medians of collection and import.
    files: HashMap<&'a str, (f64, f64)>,
}

/// What several runs have of the same thing.
struct Alike<'a, T>(Vec<&'a T>);

impl<T> Default for Alike<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Alike<'_, T> {
    /// The median of a number of it.
    fn median(&self, number: fn(&T) -> f64) -> f64 {
        let values: Vec<f64> = self.0.iter().map(|one| number(one)).collect();
        median(&values).unwrap_or_default()
    }
}

/// Whether anything of a run was measured: the texts of failures are details, too.
fn has_times(details: &Details) -> bool {
    let Details {
        stages,
        fixtures,
        files,
        imports,
        ..
    } = details;
    !(stages.is_empty() && fixtures.is_empty() && files.is_empty() && imports.is_empty())
}

impl<'a> Measured<'a> {
    pub(super) fn new(past: &'a Past, details: &'a [(i64, Details)]) -> Self {
        let run_of = |id: i64| past.runs.iter().find(|run| run.id == id);
        let known: Vec<(&Run, &Details)> = details
            .iter()
            .filter(|(_, details)| has_times(details))
            .filter_map(|(id, details)| Some((run_of(*id)?, details)))
            .collect();
        let whole = known.iter().find(|(run, _)| run.record.whole_suite);
        let largest = known.iter().rev().max_by_key(|(run, _)| run.attempts);
        let model = whole.or(largest).map(|(run, _)| *run);
        let like = |run: &Run| model.is_some_and(|model| run.record.args == model.record.args);
        let runs: Vec<(&Run, &Details)> = known
            .into_iter()
            .filter(|(run, _)| like(run))
            .take(RECENT)
            .collect();
        let mut times: HashMap<&str, (Vec<f64>, Vec<f64>)> = HashMap::new();
        for file in runs.iter().flat_map(|(_, details)| &details.files) {
            let (collection, import) = times.entry(&file.file).or_default();
            collection.push(file.collection);
            import.push(file.import);
        }
        let files = times
            .into_iter()
            .filter_map(|(file, (collection, import))| {
                Some((file, (median(&collection)?, median(&import)?)))
            })
            .collect();
        Self {
            runs,
            all: details,
            files,
        }
    }

    /// Whether anything was measured.
    pub(super) fn is_known(&self) -> bool {
        !self.runs.is_empty()
    }

    /// The runs, the newest first.
    pub(super) fn runs(&self) -> &[(&'a Run, &'a Details)] {
        &self.runs
    }

    /// Seconds of the collection of a file, and of its import.
    pub(super) fn file(&self, file: &str) -> Option<(f64, f64)> {
        self.files.get(file).copied()
    }

    /// The fixtures of the newest run, with medians of their numbers.
    pub(super) fn fixtures(&self) -> Vec<FixtureTotal> {
        self.medians(
            |details| &details.fixtures,
            |fixture| (fixture.fixture.as_str(), fixture.scope.as_str()),
            |newest, all| FixtureTotal {
                setups: all.median(|fixture| fixture.setups as f64).round() as u64,
                setup: all.median(|fixture| fixture.setup),
                teardown: all.median(|fixture| fixture.teardown),
                longest: all.median(|fixture| fixture.longest),
                ..newest.clone()
            },
        )
    }

    /// The imports of the newest run, with medians of own and all.
    pub(super) fn imports(&self) -> Vec<ImportTimes> {
        self.medians(
            |details| &details.imports,
            |import| import.module.as_str(),
            |newest, all| ImportTimes {
                own: all.median(|import| import.own),
                all: all.median(|import| import.all),
                ..newest.clone()
            },
        )
    }

    /// Each of something that the newest run has, joined with those of the same key in all runs.
    fn medians<T: 'a, K: Eq + Hash>(
        &self,
        of: fn(&Details) -> &Vec<T>,
        key: fn(&'a T) -> K,
        join: fn(&T, &Alike<'a, T>) -> T,
    ) -> Vec<T> {
        let mut alike: HashMap<K, Alike<'a, T>> = HashMap::new();
        for one in self.runs.iter().flat_map(|(_, details)| of(details)) {
            alike.entry(key(one)).or_default().0.push(one);
        }
        let newest = self.runs.first().map(|(_, details)| of(details));
        newest
            .into_iter()
            .flatten()
            .filter_map(|newest| Some(join(newest, alike.get(&key(newest))?)))
            .collect()
    }

    /// Lines in which a test waited in the last run that knows, the longest first.
    pub(super) fn waits(&self, nodeid: &str) -> Vec<WaitedIn> {
        let of = |details: &Details| {
            let waits = details.waits.iter().filter(|wait| wait.nodeid == nodeid);
            let mut waits: Vec<WaitedIn> = waits
                .map(|wait| WaitedIn {
                    line: wait.line.clone(),
                    inside: wait.inside.clone(),
                    seconds: wait.seconds,
                })
                .collect();
            waits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
            waits
        };
        let mut found = self.all.iter().map(|(_, details)| of(details));
        found.find(|waits| !waits.is_empty()).unwrap_or_default()
    }
}
