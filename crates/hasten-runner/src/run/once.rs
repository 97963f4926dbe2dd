//! Fixtures that are set up once for the whole run: what workers ask and tell, and the order of their end.

use std::collections::VecDeque;
use std::time::Instant;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::once::{Ask, Outcome, Tell};
use hasten_protocol::record::{self, Record};
use nix::sys::signal::Signal;

use super::Run;
use crate::once::{Answer, Once, Reply, name_of};
use crate::process::Role;

const ISOLATED: &str = "tests are isolated";

/// Such fixtures, and how far their end is.
#[derive(Debug, Default)]
pub(crate) struct OnceFixtures {
    known: Once,
    /// What is to be torn down by whom; none before every test has its final state.
    steps: Option<VecDeque<(usize, String)>>,
    /// The step that is under way.
    step: Option<(usize, String)>,
    /// Reports of what was torn down after the last test.
    late: Vec<u8>,
    /// Sentences about what nobody tears down.
    lost: Vec<String>,
}

impl Run {
    /// The fixtures that settings name; none where there is one worker, for which nothing is different.
    pub(super) fn once_names(&self) -> Option<Vec<String>> {
        let most = self.elastic_limit().unwrap_or_else(|| self.most_workers());
        // One that is kept after a failure is followed by another.
        let several = most > 1 || self.holds();
        (self.distribute && several).then(|| self.rules.once_per_run())
    }

    pub(super) fn on_once_ask(&mut self, process: usize, payload: &[u8]) {
        let Role::Worker(number) = self.processes[process].role else {
            return;
        };
        let Some(ask) = Ask::read(payload) else {
            self.end_unreadable(process);
            return;
        };
        // What is isolated has a process of its own, which ends before the run does.
        let isolates = self.suite.as_ref().is_some_and(|suite| suite.isolates);
        if isolates && self.once.known.is_news(ask.key, ISOLATED) {
            self.note_summary(&describe_each(ask.key, ISOLATED));
        }
        let answer = if isolates || self.workers[number].trial.is_some() {
            Some(self.once.known.peek(ask.key))
        } else {
            self.once.known.ask(number, ask.key, ask.again)
        };
        match answer {
            Some(answer) => self.answer(&[(number, answer)]),
            None => self.workers[number].costs.waits_since = Some(Instant::now()),
        }
    }

    pub(super) fn on_once_tell(&mut self, process: usize, payload: &[u8]) {
        let Role::Worker(number) = self.processes[process].role else {
            return;
        };
        let Some(tell) = Tell::read(payload) else {
            self.end_unreadable(process);
            return;
        };
        if self.workers[number].trial.is_some() {
            return;
        }
        if let Outcome::Each(reason) = tell.outcome
            && self.once.known.is_news(tell.key, reason)
        {
            self.note_summary(&describe_each(tell.key, reason));
        }
        let replies = self.once.known.tell(number, tell.key, tell.outcome);
        self.answer(&replies);
    }

    pub(super) fn on_once_ended(&mut self, process: usize, payload: &[u8]) {
        let Role::Worker(number) = self.processes[process].role else {
            return;
        };
        let under_way = self
            .once
            .step
            .take_if(|(worker, key)| *worker == number && key.as_bytes() == payload);
        if let Some((_, key)) = under_way {
            self.once.known.ended(number, &key);
        }
    }

    /// A worker is gone: who waits for it goes on, and what it has set up stays.
    pub(super) fn once_worker_gone(&mut self, number: usize, clean: bool) {
        self.once.step.take_if(|(worker, _)| *worker == number);
        let (replies, lost) = self.once.known.gone(number);
        self.answer(&replies);
        if !clean && !lost.is_empty() {
            let id = &self.workers[number].id;
            self.once.lost.push(describe_lost(&lost, id));
        }
    }

    /// Once every test has its final state: tears these fixtures down, one after another; true while that is under way.
    pub(super) fn end_once_fixtures(&mut self) -> bool {
        if self.once.steps.is_none() {
            // Nobody waits for an order when tests were cut short.
            let interrupted = self.stop.as_ref().is_some_and(|stop| stop.interrupts_tests);
            self.once.steps = Some(if interrupted {
                VecDeque::new()
            } else {
                self.once.known.ending()
            });
        }
        while self.once.step.is_none() {
            let Some((worker, key)) = self.once.steps.as_mut().and_then(VecDeque::pop_front) else {
                return false;
            };
            if self.worker_process(worker).gone {
                continue;
            }
            let process = self.workers[worker].process;
            let frame = frame::encode(ToPython::OnceEnd, key.as_bytes());
            self.processes[process].channel.send(frame);
            self.once.step = Some((worker, key));
        }
        true
    }

    /// True while the worker tears such a fixture down.
    pub(super) fn ends_fixture(&self, number: usize) -> bool {
        let step = self.once.step.as_ref();
        step.is_some_and(|(worker, _)| *worker == number)
    }

    /// Keeps a report of what was torn down after the last test.
    pub(super) fn take_late(&mut self, record: &Record<'_>) {
        let failed = record.outcome == record::Outcome::Failed;
        let nodeid = (self.suite.as_ref().zip(record.index))
            .and_then(|(suite, index)| suite.nodeids.get(index as usize).cloned());
        let Some(nodeid) = nodeid else { return };
        self.once.late.extend_from_slice(record.bytes);
        if failed {
            self.fault = true;
            self.note_summary(&describe_late(&nodeid));
        }
    }

    /// Everything else was shown: what was torn down last, and what was not.
    pub(super) fn show_late(&mut self) {
        let late = std::mem::take(&mut self.once.late);
        if let Some(suite) = &mut self.suite {
            suite.order.other(&late);
        }
        for line in std::mem::take(&mut self.once.lost) {
            self.note_summary(&line);
        }
    }

    /// What a worker waits for, in words.
    pub(super) fn awaited_fixture(&self, number: usize) -> Option<String> {
        let (name, by) = self.once.known.awaited_by(number)?;
        let id = self.workers.get(by).map_or("", |worker| &worker.id);
        Some(format!("waits for the fixture {name}, which {id} sets up"))
    }

    /// True while a worker waits for a fixture that another one sets up.
    pub(super) fn waits_for_fixture(&self, number: usize) -> bool {
        self.once.known.awaited_by(number).is_some()
    }

    fn answer(&mut self, replies: &[Reply]) {
        for (number, answer) in replies {
            let worker = &mut self.workers[*number];
            worker.costs.end_wait();
            let payload = Answer::as_message(answer).write();
            let process = worker.process;
            let frame = frame::encode(ToPython::Once, &payload);
            self.processes[process].channel.send(frame);
        }
    }

    /// A test that writes into a descriptor of ours harms its worker only.
    fn end_unreadable(&mut self, process: usize) {
        let process = &mut self.processes[process];
        process
            .fault
            .get_or_insert_with(|| "its words about a fixture cannot be read".to_owned());
        process.signal(Signal::SIGKILL);
    }
}

fn describe_each(key: &str, reason: &str) -> String {
    format!(
        "the fixture {} is not set up once for the whole run, but by each worker: {reason}",
        name_of(key)
    )
}

fn describe_lost(names: &[String], id: &str) -> String {
    let (fixtures, were) = match names {
        [name] => (format!("fixture {name}"), "was"),
        _ => (format!("fixtures {}", names.join(", ")), "were"),
    };
    format!("{id} died: the {fixtures}, which it had set up for all workers, {were} not torn down")
}

fn describe_late(nodeid: &str) -> String {
    format!(
        "the error at the teardown of {nodeid} is of fixtures that were set up once for the whole run: they were torn down \
         after all tests"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_users() {
        assert_eq!(
            describe_each(
                "conftest.py::db[1]\nmore",
                "its value cannot be pickled (TypeError: no)"
            ),
            "the fixture conftest.py::db[1] is not set up once for the whole run, but by each worker: its value cannot be \
             pickled (TypeError: no)"
        );
        assert_eq!(
            describe_lost(&["db".into()], "gw1"),
            "gw1 died: the fixture db, which it had set up for all workers, was not torn down"
        );
        assert_eq!(
            describe_lost(&["db".into(), "cache".into()], "gw1"),
            "gw1 died: the fixtures db, cache, which it had set up for all workers, were not torn down"
        );
        assert_eq!(
            describe_late("test_a.py::test_x"),
            "the error at the teardown of test_a.py::test_x is of fixtures that were set up once for the whole run: they \
             were torn down after all tests"
        );
    }
}
