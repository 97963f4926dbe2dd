//! `--diagnose-flaky`: failed tests are tried again at the end of the run, alone and after other tests, each time in a
//! fresh fork of the session. What comes of it goes to the summary and nowhere else.
//!
//! What to try next is decided by [`judge`], a plain function. It is called anew whenever an answer has come; the
//! answers so far are remembered, and the first question without one is the next trial.

use std::collections::{HashMap, HashSet};

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::record::{RecordKind, Records};
use nix::sys::signal::Signal;

use super::origin::Origin;
use super::pool::Worker;
use super::watch::Watch;
use super::{Collecting, Run};
use crate::error::RunError;
use crate::flakiness::{Verdict, judge};
use crate::ledger::{Entry, Ledger};
use crate::process::Role;

/// Tests that are diagnosed at most.
const MOST_TESTS: usize = 20;
/// Tests that plain pytest would have run before are tried when they took no more than so many seconds.
const MOST_SECONDS: f64 = 60.0;

/// What is said where it is asked for and cannot be done.
pub(super) const NEEDS_FORK: &str =
    "--diagnose-flaky needs forked workers, so no test was diagnosed";

/// The diagnosis of a run.
#[derive(Debug, Default)]
pub(crate) struct Diagnosis {
    stage: Stage,
    /// The run had stopped before, at the limit of failures.
    stopped: bool,
    cases: Vec<Case>,
    trials: Vec<Trial>,
    /// Some test fails after others, and passes alone.
    polluted: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    NotBegun,
    UnderWay,
    /// Nothing new is tried: what runs was killed.
    Interrupted,
    Over,
}

/// Tests that ran before a test, and how often that was tried before.
type Question = (Vec<u32>, usize);

/// A failed test.
#[derive(Debug)]
struct Case {
    item: u32,
    /// What ran before it in its worker.
    before: Vec<u32>,
    /// What plain pytest would have run before it, where that is another order.
    wider: Vec<Vec<u32>>,
    /// Whether it failed.
    answers: HashMap<Question, bool>,
    /// A trial is under way.
    waits: bool,
    /// The sentence about it.
    verdict: Option<String>,
}

/// One run of a test after others.
#[derive(Debug)]
struct Trial {
    case: usize,
    question: Question,
    /// What the worker is to run.
    items: Vec<u32>,
    /// The state of the test, the only item here.
    ledger: Ledger,
    /// It has exceeded its limit.
    expired: bool,
    over: bool,
}

impl Run {
    /// Tries failed tests again, once the run is complete; true while that is under way.
    pub(super) fn diagnose(&mut self) -> Result<bool, RunError> {
        if self.diagnosis.stage == Stage::NotBegun {
            if !self.everybody_waits() {
                return Ok(false);
            }
            self.begin_diagnosis();
        }
        let stopped = self.stop.is_some() && !self.diagnosis.stopped;
        if stopped || self.process(Role::Session).is_none() {
            self.interrupt_diagnosis();
        }
        if self.diagnosis.stage == Stage::UnderWay {
            self.judge_cases()?;
        }
        let diagnosis = &self.diagnosis;
        let running = diagnosis.trials.iter().any(|trial| !trial.over);
        let open = diagnosis.cases.iter().any(|case| case.verdict.is_none());
        match diagnosis.stage {
            Stage::Over => return Ok(false),
            Stage::Interrupted if !running => {}
            Stage::UnderWay if !open => {}
            _ => return Ok(true),
        }
        self.diagnosis.stage = Stage::Over;
        self.note_verdicts();
        Ok(false)
    }

    fn everybody_waits(&self) -> bool {
        self.living().all(|number| self.workers[number].waiting)
    }

    fn begin_diagnosis(&mut self) {
        self.diagnosis.stage = Stage::Over;
        let asked = |run: &Self| Some(run.settings.as_ref()?.rules.diagnose_flaky);
        let regular = self.stop.as_ref().is_none_or(|stop| {
            // Else it is the time of the whole run that is over.
            stop.end.kind == "shouldfail" && stop.end.message.starts_with("stopping after")
        });
        let Some(suite) = self.suite.as_ref().filter(|_| asked(self) == Some(true)) else {
            return;
        };
        let entries = suite.ledger.entries().iter().zip(0_u32..);
        let mut failed: Vec<u32> = entries
            .filter(|(entry, _)| entry.finished && entry.state.is_failure())
            .map(|(_, item)| item)
            .collect();
        if failed.is_empty() || !regular {
            return;
        }
        let forks = self.collecting == Collecting::Session && self.hazards.is_empty();
        if !forks || self.process(Role::Session).is_none() {
            self.note_summary(NEEDS_FORK);
            return;
        }
        let left_out = failed.len().saturating_sub(MOST_TESTS);
        failed.truncate(MOST_TESTS);
        self.diagnosis.cases = failed.iter().filter_map(|item| self.case(*item)).collect();
        // The failures are shown first.
        self.send_ready_reports();
        let number = failed.len();
        let tests = if number == 1 { "test" } else { "tests" };
        self.note_now(&format!("diagnosing {number} failed {tests} …"));
        if left_out > 0 {
            self.note_summary(&format!(
                "{left_out} more failed tests were not diagnosed: {MOST_TESTS} are at a time"
            ));
        }
        self.diagnosis.stopped = self.stop.is_some();
        self.diagnosis.stage = Stage::UnderWay;
    }

    fn case(&self, item: u32) -> Option<Case> {
        let suite = self.suite.as_ref()?;
        let before = self.ran_before(item);
        let file = |one: &u32| suite.nodeids.get(*one as usize)?.split("::").next();
        let earlier: Vec<u32> = (0..item).collect();
        let of_file: Vec<u32> = (earlier.iter().copied())
            .filter(|one| file(one) == file(&item))
            .collect();
        let is_short = |order: &Vec<u32>| {
            let entries = order
                .iter()
                .map(|one| &suite.ledger.entries()[*one as usize]);
            // What has not run may take any time.
            let seconds = |one: &Entry| {
                let all = one.setup + one.call + one.teardown;
                one.finished.then_some(all)
            };
            let sum: Option<f64> = entries.map(seconds).sum();
            sum.is_some_and(|sum| sum <= MOST_SECONDS)
        };
        let mut wider: Vec<Vec<u32>> = vec![of_file, earlier];
        wider.dedup();
        wider.retain(|order| !order.is_empty() && *order != before && is_short(order));
        Some(Case {
            item,
            before,
            wider,
            answers: HashMap::new(),
            waits: false,
            verdict: None,
        })
    }

    /// What ran before an item in the worker where it ran last.
    fn ran_before(&self, item: u32) -> Vec<u32> {
        let mut seen = HashSet::from([item]);
        let last = |worker: &&Worker| worker.ran.contains(&item);
        let worker = self.workers.iter().rev().find(last);
        let worker = worker.map(|worker| worker.ran.as_slice());
        let Some(ran) = worker.or_else(|| self.past_process(item)) else {
            return Vec::new();
        };
        let until = ran.iter().rposition(|one| *one == item).unwrap_or(0);
        let before = ran[..until].iter().copied();
        before.filter(|one| seen.insert(*one)).collect()
    }

    /// Says what is known of each test, and begins the trials that are needed to know more.
    fn judge_cases(&mut self) -> Result<(), RunError> {
        let most = self.most_workers();
        for number in 0..self.diagnosis.cases.len() {
            let running = self.diagnosis.trials.iter().filter(|trial| !trial.over);
            if running.count() >= most {
                break;
            }
            let case = &self.diagnosis.cases[number];
            if case.waits || case.verdict.is_some() {
                continue;
            }
            let known = |order: &[u32], nth: usize| {
                let question = (order.to_vec(), nth);
                case.answers.get(&question).copied().ok_or(question)
            };
            match judge(&case.before, &case.wider, known) {
                Ok(verdict) => {
                    let Some(suite) = &self.suite else { continue };
                    let name = |one: u32| suite.nodeids[one as usize].clone();
                    let nodeid = &suite.nodeids[case.item as usize];
                    let text = verdict.describe(nodeid, name, case.answers.len());
                    self.diagnosis.cases[number].verdict = Some(text);
                    self.diagnosis.polluted |= matches!(verdict, Verdict::FailsAfter { .. });
                }
                Err(question) => self.begin_trial(number, question)?,
            }
        }
        Ok(())
    }

    fn begin_trial(&mut self, case: usize, question: Question) -> Result<(), RunError> {
        let mut items = question.0.clone();
        items.push(self.diagnosis.cases[case].item);
        self.diagnosis.cases[case].waits = true;
        self.diagnosis.trials.push(Trial {
            case,
            question,
            items,
            ledger: Ledger::new(1),
            expired: false,
            over: false,
        });
        self.add_trial_worker(self.diagnosis.trials.len() - 1)
    }

    /// Forks a worker for a trial, in the place of one that was for another.
    fn add_trial_worker(&mut self, trial: usize) -> Result<(), RunError> {
        let place = (0..self.workers.len()).find(|number| {
            self.workers[*number].trial.is_some() && self.worker_process(*number).gone
        });
        let place = place.unwrap_or(self.workers.len());
        self.add_worker_at(place, Origin::Session, Some(trial))
    }

    /// Gives the worker of a trial its items, and lets it go when they ran. It does not end its session: what is done
    /// there may take away what the next trial needs.
    pub(super) fn feed_trial(&mut self, number: usize, trial: usize) {
        if self.workers[number].runs == 0 {
            let items = self.diagnosis.trials[trial].items.clone();
            self.send_run(number, &items, true);
        } else {
            let process = self.workers[number].process;
            self.processes[process]
                .channel
                .send(frame::encode(ToPython::Exit, b""));
        }
    }

    /// True when a process runs a trial.
    pub(super) fn is_trial(&self, role: Role) -> bool {
        matches!(role, Role::Worker(number) if self.workers[number].trial.is_some())
    }

    /// Takes the records of a trial in; false when the worker is of the run itself.
    pub(super) fn take_trial_records(&mut self, number: usize, payload: &[u8]) -> bool {
        let Some(trial) = self.workers[number].trial else {
            return false;
        };
        let trial = &mut self.diagnosis.trials[trial];
        let target = trial.items.last().copied();
        let watch = &mut self.workers[number].watch;
        for mut record in Records::new(payload).map_while(Result::ok) {
            let own = record.index.is_some() && record.index == target;
            let last = matches!(record.kind, RecordKind::Passed | RecordKind::Finished);
            if last && watch.expired_in(record.index).is_some() {
                // It went on after its limit: whatever it says, it has failed.
                *watch = Watch::Quiet;
                trial.expired |= own;
            }
            if own {
                record.index = Some(0);
                trial.ledger.record(0, &record);
            }
        }
        true
    }

    /// The worker of a trial is gone: the test has failed unless it is known that it has not. False when the worker is
    /// of the run itself.
    pub(super) fn trial_gone(&mut self, number: usize) -> bool {
        let Some(trial) = self.workers[number].trial else {
            return false;
        };
        self.end_strays(number);
        let trial = &mut self.diagnosis.trials[trial];
        trial.over = true;
        trial.items.clear();
        trial.items.shrink_to_fit();
        let question = std::mem::take(&mut trial.question);
        let case = &mut self.diagnosis.cases[trial.case];
        case.waits = false;
        if self.diagnosis.stage == Stage::UnderWay {
            let passed = trial.ledger.is_complete() && trial.ledger.counts().failed == 0;
            let failed = trial.expired || !passed;
            case.answers.insert(question, failed);
        }
        true
    }

    /// Ctrl-C ends the diagnosis, and the run as it would have ended; true when it did.
    pub(super) fn interrupt_diagnosis(&mut self) -> bool {
        if self.diagnosis.stage != Stage::UnderWay {
            return false;
        }
        self.diagnosis.stage = Stage::Interrupted;
        for number in self.living().collect::<Vec<_>>() {
            if self.workers[number].trial.is_some() {
                // One that is about to be forked has no id yet, and begins nothing then.
                self.workers[number].memory.set_stop();
                self.worker_process(number).signal(Signal::SIGKILL);
            }
        }
        true
    }

    fn note_verdicts(&mut self) {
        let cases = std::mem::take(&mut self.diagnosis.cases);
        let mut open = 0;
        for case in &cases {
            match &case.verdict {
                Some(text) => self.note_summary(text),
                None => open += 1,
            }
        }
        if self.diagnosis.polluted {
            self.note_summary(
                "what fails after other tests and passes alone passes with @pytest.mark.isolate, or --isolate test, too",
            );
        }
        if open > 0 {
            let number = cases.len();
            self.note_summary(&format!(
                "the diagnosis was cut short: {open} of {number} failed tests have no verdict"
            ));
        }
    }
}
