//! `hasten verify`: runs plain pytest and hasten, and compares every test.
//!
//! Plain pytest runs twice: what it does not repeat itself cannot be asked of hasten. Then hasten
//! runs twice: once with every report listened to, and once, with another number of workers, with
//! passed tests reported in short, as in a normal run. A test that differs may depend on the tests
//! before it; so plain pytest then runs what its worker ran, in the same order, and has the last
//! word.

mod compare;
mod normalise;
mod recording;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use self::compare::Difference;
use self::recording::Recording;
use self::runs::{HastenRun, Runs};
use super::Failure;
use crate::arguments::Arguments;

/// Compares; the exit status is 1 when something differs.
pub(crate) fn verify(arguments: &Arguments) -> Result<i32, Failure> {
    let runs = Runs::prepare(arguments)?;
    let plain = runs.plain("plain pytest", "plain")?;
    let unstable = Unstable::between(&plain, &runs.plain("plain pytest again", "again")?);
    let first = runs.hasten("hasten", "first", false)?;
    let title = "hasten, with another number of workers";
    let second = runs.hasten(title, "second", true)?;

    let first = Comparison::new("hasten", &plain, &first, &unstable, &runs)?;
    let second = Comparison::new(title, &plain.without_warnings(), &second, &unstable, &runs)?;
    print(&first.render())?;
    print(&second.render())?;
    if unstable.count() > 0 {
        print(&format!(
            "{} differences between two runs of plain pytest were left out\n",
            unstable.count()
        ))?;
    }
    Ok(i32::from(!(first.is_equal() && second.is_equal())))
}

/// What plain pytest does not repeat.
struct Unstable {
    places: BTreeSet<(String, String, String)>,
    /// Test functions whose node ids change from run to run.
    functions: BTreeSet<String>,
}

impl Unstable {
    fn between(first: &Recording, second: &Recording) -> Self {
        let differences = compare::differences(first, second);
        Self {
            places: differences.iter().map(Difference::place).collect(),
            functions: differences
                .iter()
                .filter(|difference| difference.is_of_number())
                .map(|difference| function(&difference.nodeid).to_owned())
                .collect(),
        }
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    fn covers(&self, difference: &Difference) -> bool {
        self.places.contains(&difference.place())
            || difference.is_of_number() && self.functions.contains(function(&difference.nodeid))
    }
}

fn function(nodeid: &str) -> &str {
    nodeid.split('[').next().unwrap_or(nodeid)
}

/// How a run of hasten compares with plain pytest.
struct Comparison {
    name: &'static str,
    items: usize,
    differences: Vec<Difference>,
    /// Differences that plain pytest shows as well, in the order of the worker.
    by_order: Vec<Difference>,
    exit_statuses: (i32, i32),
}

impl Comparison {
    fn new(
        name: &'static str,
        expected: &Recording,
        found: &HastenRun,
        unstable: &Unstable,
        runs: &Runs,
    ) -> Result<Self, Failure> {
        let differences: Vec<_> = compare::differences(expected, &found.recording)
            .into_iter()
            .filter(|difference| !unstable.covers(difference))
            .collect();
        let by_order = in_the_same_order(&differences, found, runs)?;
        Ok(Self {
            name,
            items: found.recording.items(),
            differences: differences
                .into_iter()
                .filter(|difference| !by_order.contains(difference))
                .collect(),
            by_order,
            exit_statuses: (expected.exit_status, found.recording.exit_status),
        })
    }

    /// A test whose outcome depends on the order may change the exit status as well.
    fn exit_status_differs(&self) -> bool {
        let (expected, found) = self.exit_statuses;
        expected != found
            && !self
                .by_order
                .iter()
                .any(|difference| difference.aspect == "outcome")
    }

    fn is_equal(&self) -> bool {
        self.differences.is_empty() && !self.exit_status_differs()
    }

    fn render(&self) -> String {
        let mut text = compare::render(&self.differences);
        if self.exit_status_differs() {
            let (expected, found) = self.exit_statuses;
            text.push_str(&format!("exit status: pytest {expected}, hasten {found}\n"));
        }
        let Self { name, items, .. } = self;
        if self.is_equal() {
            text.push_str(&format!("{name}: {items} tests, no differences\n"));
        } else {
            let number = self.differences.len() + usize::from(self.exit_status_differs());
            text.push_str(&format!("{name}: {items} tests, {number} differences\n"));
        }
        let tests: BTreeSet<_> = self
            .by_order
            .iter()
            .map(|difference| &difference.nodeid)
            .collect();
        if !tests.is_empty() {
            text.push_str(&format!(
                "  {} tests depend on the tests before them, under plain pytest too:\n",
                tests.len()
            ));
            for nodeid in tests {
                text.push_str(&format!("    {nodeid}\n"));
            }
        }
        text
    }
}

/// Those of the differences that plain pytest has too when it runs what the worker ran.
fn in_the_same_order(
    differences: &[Difference],
    found: &HastenRun,
    runs: &Runs,
) -> Result<Vec<Difference>, Failure> {
    let mut by_worker: BTreeMap<u32, Vec<&Difference>> = BTreeMap::new();
    for difference in differences
        .iter()
        .filter(|difference| !difference.is_of_number())
    {
        if let Some(worker) = found.worker_of(&difference.nodeid) {
            by_worker.entry(worker).or_default().push(difference);
        }
    }
    let mut explained = Vec::new();
    for (worker, differences) in by_worker {
        let order = found.order_of(worker);
        let plain = runs.plain_in_order(worker, &order)?;
        let still: BTreeSet<_> = compare::differences(&plain, &found.recording)
            .iter()
            .map(Difference::place)
            .collect();
        explained.extend(
            differences
                .into_iter()
                .filter(|difference| !still.contains(&difference.place()))
                .cloned(),
        );
    }
    Ok(explained)
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())?;
    Ok(())
}
