//! Tests whose worker died under them: what they are told guilty of, and which get another chance.
//!
//! A worker that was killed for lack of memory may have been the victim of other workers. Its test is held back until
//! nothing else runs, and run once more, alone.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::Run;
use super::deaths::Death;
use crate::clock::epoch_seconds;
use crate::death::{Cause, Ending};
use crate::error::RunError;
use crate::ledger::State;
use crate::verdict::Verdict;

/// Tests that the summary names at most.
const NAMED: usize = 5;

/// A test whose worker died, with all that is left of it.
#[derive(Clone, Debug)]
pub(super) struct Casualty {
    worker: usize,
    death: Death,
    unreported: bool,
    stacks: String,
    stdout: String,
    stderr: String,
    log: String,
    start: f64,
}

/// Tests that are run again, each alone.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    held: VecDeque<Casualty>,
    running: Option<(usize, Casualty)>,
    /// All that were run again, or are.
    again: Vec<u32>,
}

impl Alone {
    /// True while a test waits for its second chance.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// True when a test has its second chance, or had it.
    pub(crate) fn is_tried(&self, item: u32) -> bool {
        self.again.contains(&item)
    }
}

impl Run {
    /// Why a worker ended.
    pub(super) fn cause(&mut self, number: usize, ending: Ending) -> Cause {
        let process = self.worker_process(number);
        if let Some(fault) = &process.fault {
            return Cause::Fault(fault.clone());
        }
        if ending != Ending::Killed(libc::SIGKILL) || process.was_killed() {
            return Cause::Ended(ending);
        }
        self.pressure
            .explain_kill()
            .map_or(Cause::KilledFromOutside, Cause::OutOfMemory)
    }

    /// Gathers what is left of a test that did not end.
    pub(super) fn casualty(&self, number: usize, death: Death) -> Option<Casualty> {
        let memory = &self.workers[number].memory;
        let entry = self
            .suite
            .as_ref()?
            .ledger
            .entries()
            .get(death.item as usize)?;
        let now = epoch_seconds(SystemTime::now());
        Some(Casualty {
            worker: number,
            unreported: entry.state == State::NotRun,
            stacks: memory.stacks_from(death.stacks_from),
            stdout: memory.stdout(),
            stderr: memory.stderr(),
            log: memory.log(),
            start: now - death.seconds,
            death,
        })
    }

    /// The test has its final state.
    pub(super) fn convict(&mut self, casualty: &Casualty) {
        let Some(suite) = &mut self.suite else { return };
        let death = &casualty.death;
        let item = death.item;
        let verdict = Verdict {
            index: item,
            nodeid: &suite.nodeids[item as usize],
            worker: &self.workers[casualty.worker].id,
            message: death.message.clone(),
            explanation: death.explanation.clone(),
            phase: death.phase,
            unreported: casualty.unreported,
            stacks: casualty.stacks.clone(),
            stdout: casualty.stdout.clone(),
            stderr: casualty.stderr.clone(),
            log: casualty.log.clone(),
            sections: death.sections.clone(),
            start: casualty.start,
            seconds: death.seconds,
        };
        suite.order.record(item, &verdict.records());
        suite.ledger.verdict(
            casualty.worker,
            item,
            death.state,
            casualty.start,
            death.seconds,
        );
        suite.over(casualty.worker, item, death.seconds, self.stop.is_some());
        self.workers[casualty.worker].ran.push(item);
        self.check_maxfail();
    }

    /// Keeps a test for later, when it has the machine for itself; false when it had its chance.
    pub(super) fn hold_back(&mut self, casualty: &Casualty) -> bool {
        let item = casualty.death.item;
        let Some(suite) = &mut self.suite else {
            return false;
        };
        let failed = suite.ledger.entries()[item as usize].state.is_failure();
        if failed || self.stop.is_some() || self.alone.is_tried(item) {
            return false;
        }
        suite.order.discard(item);
        suite.ledger.forget(item);
        // Nobody else is to be given it.
        suite
            .planner
            .observe(casualty.worker, item, casualty.death.seconds);
        self.alone.held.push_back(Casualty {
            unreported: true,
            ..casualty.clone()
        });
        true
    }

    /// Once nothing else is left to run, runs those again that were held back, one at a time.
    pub(super) fn run_alone(&mut self) -> Result<(), RunError> {
        let Some(suite) = &self.suite else {
            return Ok(());
        };
        if let Some((_, casualty)) = &self.alone.running
            && suite.ledger.is_finished(casualty.death.item)
        {
            self.alone.running = None;
        }
        let busy = self.alone.running.is_some() || suite.planner.has_work();
        if busy || self.stop.is_some() || !self.alone.is_waiting() {
            return Ok(());
        }
        let living: Vec<usize> = self.living().collect();
        let idle = |number: &usize| self.workers[*number].is_idle();
        match living.first() {
            None => {
                if !self.may_add_worker() {
                    return Ok(());
                }
                let origin = self.origin();
                self.add_worker(origin)
            }
            Some(number) if living.iter().all(idle) => {
                let next = self.alone.held.front().map(|next| next.death.item);
                if next.is_some_and(|item| !suite.planner.may_run(*number, item)) {
                    self.renew(*number);
                } else if let Some(casualty) = self.alone.held.pop_front() {
                    let item = casualty.death.item;
                    self.alone.again.push(item);
                    self.alone.running = Some((*number, casualty));
                    if let Some(suite) = &mut self.suite {
                        let words = suite.give_out(&[item]);
                        suite.planner.was_given(*number, item);
                        self.send_run(*number, &words, true);
                    }
                }
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// A worker is gone: what it was to run alone and did not begin waits for another one.
    pub(super) fn alone_worker_gone(&mut self, number: usize) {
        let running = self.alone.running.take_if(|(worker, _)| *worker == number);
        let Some((_, casualty)) = running else { return };
        let finished = self
            .suite
            .as_ref()
            .is_some_and(|suite| suite.ledger.is_finished(casualty.death.item));
        if !finished {
            self.alone.again.retain(|item| *item != casualty.death.item);
            self.alone.held.push_front(casualty);
        }
    }

    /// The run ends: who had no second chance keeps the verdict of the first time.
    pub(super) fn end_alone(&mut self) {
        let running = self.alone.running.take().map(|(_, casualty)| casualty);
        let rest: Vec<Casualty> = self.alone.held.drain(..).chain(running).collect();
        for casualty in rest {
            if let Some(suite) = &mut self.suite
                && !suite.ledger.is_finished(casualty.death.item)
            {
                suite.order.discard(casualty.death.item);
                suite.ledger.forget(casualty.death.item);
                self.alone.again.retain(|item| *item != casualty.death.item);
                self.convict(&casualty);
            }
        }
        let Some(suite) = &self.suite else { return };
        let name = |item: &u32| suite.nodeids[*item as usize].as_str();
        let again: Vec<&str> = self.alone.again.iter().map(name).collect();
        if !again.is_empty() {
            self.note_summary(&describe_again(&again));
        }
    }
}

fn describe_again(again: &[&str]) -> String {
    let subject = if again.len() == 1 {
        "1 test was run again alone, since its worker was killed".to_owned()
    } else {
        let number = again.len();
        format!("{number} tests were run again alone, since their workers were killed")
    };
    let shown = again[..again.len().min(NAMED)].join(", ");
    let more = match again.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{subject} (out of memory is the usual reason): {shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_at_most_five() {
        assert_eq!(
            describe_again(&["test_a.py::test_x"]),
            "1 test was run again alone, since its worker was killed (out of memory is the usual \
             reason): test_a.py::test_x"
        );
        assert_eq!(
            describe_again(&["a", "b", "c", "d", "e", "f", "g"]),
            "7 tests were run again alone, since their workers were killed (out of memory is the \
             usual reason): a, b, c, d, e and 2 more"
        );
    }
}
