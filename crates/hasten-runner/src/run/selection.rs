//! Which of the collected tests run here, and in which order: `--shard` and `--order`.

use std::collections::{HashMap, HashSet};

use hasten_config::{OrderBy, ShardBy};
use hasten_history::{History, PhaseTimes, RunShard};
use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::{Collected, CollectedItem, Selection};
use hasten_schedule::order::{Order, Sortable, arrange};
use hasten_schedule::shard::{self, Split, Test};

use super::handshake::difference;
use super::rules::Rules;
use super::suite::{file_of, scope_of};
use super::together::Dist;
use super::{Run, parse};
use crate::error::RunError;
use crate::process::Role;
use crate::sharding;

/// What is known of it.
#[derive(Debug, Default)]
pub(crate) struct Selecting {
    /// What the first process that asked has collected.
    items: Option<Collected>,
    /// The processes that wait for an answer.
    asking: Vec<usize>,
    answer: Option<Answer>,
}

/// Which items stay, for all that ask.
#[derive(Debug)]
struct Answer {
    frame: Vec<u8>,
    /// With `--shard`.
    part: Option<Part>,
}

/// The part of a split suite that a run is.
#[derive(Debug)]
pub(crate) struct Part {
    /// Which one, and of which plan.
    pub(crate) shard: RunShard,
    /// All shards of the plan.
    pub(crate) all: Vec<shard::Shard>,
    /// There are tests, and all of them are in other shards.
    is_empty: bool,
}

impl Selecting {
    /// The part that this run is, if it is not the whole suite.
    pub(crate) fn part(&self) -> Option<&Part> {
        self.answer.as_ref()?.part.as_ref()
    }

    /// True when there are tests, and none of them is in this shard.
    pub(crate) fn is_empty_shard(&self) -> bool {
        self.part().is_some_and(|part| part.is_empty)
    }

    /// All items, as they were collected, if somebody asked.
    pub(crate) fn items(&self) -> Option<&[CollectedItem]> {
        self.items.as_ref().map(|collected| &collected.items[..])
    }
}

impl Run {
    /// A process asks which of its items to keep.
    pub(super) fn on_items(&mut self, number: usize, payload: &[u8]) -> Result<(), RunError> {
        let role = self.processes[number].role;
        let collected: Collected = parse(role, payload)?;
        let first = self.selecting.items.as_ref().map(|all| &all.items);
        if let (Some(found), Role::Worker(worker)) = (
            first.and_then(|first| difference(first, &collected.items)),
            role,
        ) {
            self.stop_for(worker, &found);
            self.send_selection(number, &everything(&collected));
            return Ok(());
        }
        self.selecting.items.get_or_insert(collected);
        self.selecting.asking.push(number);
        Ok(())
    }

    /// Answers those that ask, once main has said where the history is.
    pub(super) fn answer_selection(&mut self) {
        if self.selecting.asking.is_empty() {
            return;
        }
        let is_time = self.configured.is_some() && self.stop.is_none();
        if self.selecting.answer.is_none() && is_time {
            self.selecting.answer = self.select();
        }
        let frame = match (&self.selecting.answer, &self.selecting.items) {
            (Some(answer), _) => answer.frame.clone(),
            // The run ends: what they do with it does not matter.
            (None, Some(collected)) if self.stop.is_some() => everything(collected),
            _ => return,
        };
        for number in std::mem::take(&mut self.selecting.asking) {
            self.send_selection(number, &frame);
        }
    }

    fn send_selection(&mut self, number: usize, frame: &[u8]) {
        self.processes[number].channel.send(frame.to_vec());
    }

    fn select(&mut self) -> Option<Answer> {
        let estimates = self.estimates();
        let failed = self.failed_before();
        let shard = self.rules.policy().and_then(|policy| policy.shard);
        let split_by = shard.map_or_else(HashMap::new, |_| self.estimates_for_shards());
        let known = Known {
            estimates: &estimates,
            split_by: &split_by,
            failed: &failed,
            seed: seed(&self.options.run_id),
        };
        let collected = self.selecting.items.as_ref()?;
        Some(choose(&self.rules, collected, &known))
    }

    /// The tests that failed the last time, if that is asked for.
    fn failed_before(&mut self) -> HashSet<String> {
        let wanted = self.rules.policy().and_then(|policy| policy.order);
        if wanted != Some(OrderBy::FailedFirst) {
            return HashSet::new();
        }
        self.known(History::failed)
    }
}

impl Rules {
    /// Fails when the order is somebody else's: options of pytest, or a plugin.
    pub(crate) fn check_order(&self, sorted_by: &[String]) -> Result<(), RunError> {
        let Some(order) = self.policy().and_then(|policy| policy.order) else {
            return Ok(());
        };
        let moves_all = matches!(order, OrderBy::SlowestFirst | OrderBy::Random(_));
        let other = sorted_by.iter().find(|other| match other.as_str() {
            "pytest-randomly" => matches!(order, OrderBy::Random(_)),
            _ => moves_all,
        });
        match other.map(String::as_str) {
            None => Ok(()),
            Some("pytest-randomly") => Err(RunError::Usage(format!(
                "pytest-randomly shuffles the tests already, so --order {order} would undo its seed: leave --order \
                 out, or switch that off with --randomly-dont-reorganize"
            ))),
            Some(other) => Err(RunError::Usage(format!(
                "--order {order} and {other} are two orders for the same tests: leave one of them out"
            ))),
        }
    }

    /// The order that several workers keep to, too.
    pub(crate) fn keeps_order(&self) -> bool {
        let order = self.policy().and_then(|policy| policy.order);
        order.is_some_and(|order| to_order(order, 0).is_strict())
    }
}

/// What earlier runs say.
struct Known<'a> {
    estimates: &'a HashMap<String, PhaseTimes>,
    /// The part of it that all shards have in common.
    split_by: &'a HashMap<String, PhaseTimes>,
    failed: &'a HashSet<String>,
    /// For an order by chance without a seed of its own.
    seed: u64,
}

fn choose(rules: &Rules, collected: &Collected, known: &Known<'_>) -> Answer {
    if collected.is_broken() || collected.items.is_empty() {
        // Nothing runs, and pytest says why.
        return Answer {
            frame: everything(collected),
            part: None,
        };
    }
    let mut keep: Vec<u32> = (0..).take(collected.items.len()).collect();
    let mut lines = Vec::new();
    let mut part = None;
    let policy = rules.policy();
    if let Some(asked) = policy.and_then(|policy| policy.shard) {
        let by = policy.map_or(ShardBy::Auto, |policy| policy.shard_by);
        let (tests, split) = split(collected, known.split_by, rules.dist, asked.of, by);
        let (line, record) = sharding::announce(asked, &tests, &split);
        let here = asked.number as usize - 1;
        keep.retain(|item| split.of[*item as usize] == here);
        lines.push(line);
        part = Some(Part {
            shard: record,
            all: split.shards,
            is_empty: keep.is_empty(),
        });
    }
    if let Some(order) = policy.and_then(|policy| policy.order) {
        let order = to_order(order, known.seed);
        let sortable: Vec<Sortable<'_>> = keep
            .iter()
            .map(|item| sortable(&collected.items[*item as usize], known))
            .collect();
        let places = arrange(&sortable, order);
        keep = places.iter().map(|place| keep[*place as usize]).collect();
        lines.extend(said_of(order, &sortable));
    }
    Answer {
        frame: frame::encode_json(ToPython::Selection, &Selection { keep, lines }),
        part,
    }
}

/// The whole collection, and how it is split.
fn split<'a>(
    collected: &'a Collected,
    estimates: &HashMap<String, PhaseTimes>,
    dist: Dist,
    of: u32,
    by: ShardBy,
) -> (Vec<Test<'a>>, Split) {
    // What marks bind stays in one shard, whatever --dist says of workers.
    let dist = if dist == Dist::Free {
        Dist::Group
    } else {
        dist
    };
    let tests: Vec<Test<'a>> = collected
        .items
        .iter()
        .zip(dist.bindings(collected))
        .map(|(item, bound)| Test {
            nodeid: &item.0,
            scope: scope_of(item),
            file: file_of(item),
            expected: estimates.get(&item.0).map(PhaseTimes::total),
            bound,
        })
        .collect();
    let by = match by {
        ShardBy::Auto => shard::ShardBy::Auto,
        ShardBy::File => shard::ShardBy::File,
        ShardBy::Scope => shard::ShardBy::Scope,
        ShardBy::Test => shard::ShardBy::Test,
    };
    let split = Split::new(&tests, of as usize, by);
    (tests, split)
}

fn sortable<'a>(item: &'a CollectedItem, known: &Known<'_>) -> Sortable<'a> {
    Sortable {
        nodeid: &item.0,
        scope: scope_of(item),
        failed: known.failed.contains(&item.0),
        expected: known.estimates.get(&item.0).map_or(0.0, PhaseTimes::total),
    }
}

fn to_order(order: OrderBy, seed: u64) -> Order {
    match order {
        OrderBy::File => Order::File,
        OrderBy::FailedFirst => Order::FailedFirst,
        OrderBy::SlowestFirst => Order::SlowestFirst,
        OrderBy::Random(given) => Order::Random(given.unwrap_or(seed)),
    }
}

/// What a run says of its order.
fn said_of(order: Order, tests: &[Sortable<'_>]) -> Option<String> {
    match order {
        Order::File | Order::SlowestFirst => None,
        Order::FailedFirst => {
            let failed = tests.iter().filter(|test| test.failed).count();
            Some(match failed {
                0 => "order: no test failed the last time that it ran".to_owned(),
                1 => "order: 1 test that failed the last time comes first".to_owned(),
                failed => format!("order: {failed} tests that failed the last time come first"),
            })
        }
        Order::Random(seed) => Some(format!(
            "order: random, the same again with --order random:{seed}"
        )),
    }
}

/// A seed that is short enough to be typed: from the run's id, which no other run has.
fn seed(run_id: &str) -> u64 {
    let digits = run_id.get(..8).unwrap_or(run_id);
    u64::from_str_radix(digits, 16).unwrap_or(1)
}

/// Keeps everything as it is.
fn everything(collected: &Collected) -> Vec<u8> {
    let keep = (0..).take(collected.items.len()).collect();
    let lines = Vec::new();
    frame::encode_json(ToPython::Selection, &Selection { keep, lines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hasten_protocol::message::Settings;

    fn rules(options: &str) -> Rules {
        let json = format!(r#"{{"numprocesses": null, "rules": {options}}}"#);
        let settings: Settings = serde_json::from_str(&json).unwrap();
        Rules::read(&settings).unwrap()
    }

    #[test]
    fn two_orders_are_one_too_many() {
        let randomly = "pytest-randomly".to_owned();
        let failed = "--failed-first".to_owned();
        let check = |order: &str, others: &[String]| {
            let rules = rules(&format!(r#"{{"order": "{order}"}}"#));
            rules.check_order(others).map_err(|error| error.to_string())
        };
        assert_eq!(check("random", &[]), Ok(()));
        assert_eq!(
            check("failed-first", &[failed.clone(), randomly.clone()]),
            Ok(())
        );
        assert_eq!(
            check("slowest-first", std::slice::from_ref(&randomly)),
            Ok(())
        );
        assert_eq!(
            check("slowest-first", &[failed]),
            Err("--order slowest-first and --failed-first are two orders for the same tests: leave one of them out".to_owned())
        );
        assert_eq!(
            check("random:3", &[randomly]),
            Err("pytest-randomly shuffles the tests already, so --order random:3 would undo its seed: leave --order \
                 out, or switch that off with --randomly-dont-reorganize".to_owned())
        );
        let nothing = rules("{}").check_order(&["--failed-first".to_owned()]);
        assert!(nothing.is_ok());
    }

    #[test]
    fn several_workers_keep_to_all_orders_but_one() {
        for (order, keeps) in [
            ("file", true),
            ("random", true),
            ("failed-first", true),
            ("slowest-first", false),
        ] {
            assert_eq!(
                rules(&format!(r#"{{"order": "{order}"}}"#)).keeps_order(),
                keeps,
                "{order}"
            );
        }
        assert!(!rules("{}").keeps_order() && !rules("{}").select());
        assert!(rules(r#"{"shard": "1/2"}"#).select());
    }
}
