//! Fixtures that are set up once for the whole run: who sets one up, who waits for it, and in which order they are torn
//! down. Pure; what is said to whom is the caller's.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use hasten_protocol::once::{self, Outcome};

/// What a worker that needs a fixture is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Value(Rc<[u8]>),
    Failure(Rc<[u8]>),
    Each,
    SetUp,
}

impl Answer {
    pub(crate) fn as_message(&self) -> once::Answer<'_> {
        match self {
            Self::Value(data) => once::Answer::Value(data),
            Self::Failure(data) => once::Answer::Failure(data),
            Self::Each => once::Answer::Each,
            Self::SetUp => once::Answer::SetUp,
        }
    }
}

/// A worker, and what it is told.
pub(crate) type Reply = (usize, Answer);

/// How far a fixture is.
#[derive(Clone, Debug)]
enum State {
    /// A worker sets it up; others wait for that.
    Begun {
        by: usize,
        waiting: VecDeque<usize>,
    },
    Value {
        data: Rc<[u8]>,
        /// Who tears it down; none: nobody can.
        by: Option<usize>,
        has_teardown: bool,
    },
    Failed(Rc<[u8]>),
    Each,
}

/// All fixtures of a run that are set up once, by their keys.
#[derive(Debug, Default)]
pub(crate) struct Once {
    fixtures: BTreeMap<String, State>,
    /// Those with a value, in the order of their setup.
    order: Vec<String>,
    /// What was said of those that each worker sets up for itself.
    said: Vec<(String, String)>,
}

impl Once {
    /// A worker needs a fixture; `again`: for a test that has failed before. None: it has to wait.
    pub(crate) fn ask(&mut self, worker: usize, key: &str, again: bool) -> Option<Answer> {
        if self.would_wait_for_itself(worker, key) {
            return Some(Answer::Each);
        }
        match self.fixtures.get_mut(key) {
            Some(State::Begun { waiting, .. }) => {
                waiting.push_back(worker);
                return None;
            }
            Some(State::Value { data, .. }) => return Some(Answer::Value(data.clone())),
            Some(State::Each) => return Some(Answer::Each),
            Some(State::Failed(data)) if !again => return Some(Answer::Failure(data.clone())),
            // pytest sets up what has failed anew for a test that is run again.
            Some(State::Failed(_)) | None => {}
        }
        self.begin(key, worker, VecDeque::new());
        Some(Answer::SetUp)
    }

    /// What a worker that only tries something gets: it must not set anything up for others.
    pub(crate) fn peek(&self, key: &str) -> Answer {
        match self.fixtures.get(key) {
            Some(State::Value { data, .. }) => Answer::Value(data.clone()),
            _ => Answer::Each,
        }
    }

    /// A worker says what came of a fixture. Returns what others are told now.
    pub(crate) fn tell(&mut self, worker: usize, key: &str, outcome: Outcome<'_>) -> Vec<Reply> {
        let waiting = match self.fixtures.get_mut(key) {
            Some(State::Begun { by, waiting }) if *by == worker => std::mem::take(waiting),
            // It has got a value that it cannot use, or has not even asked: the others are not concerned.
            _ => return Vec::new(),
        };
        let (state, answer) = match outcome {
            Outcome::Value { data, has_teardown } => {
                let data: Rc<[u8]> = data.into();
                self.order.push(key.to_owned());
                let by = Some(worker);
                let answer = Answer::Value(data.clone());
                (
                    State::Value {
                        data,
                        by,
                        has_teardown,
                    },
                    answer,
                )
            }
            Outcome::Failure(data) => {
                let data: Rc<[u8]> = data.into();
                (State::Failed(data.clone()), Answer::Failure(data))
            }
            Outcome::Each(_) => (State::Each, Answer::Each),
            Outcome::Nothing => return self.hand_on(key, waiting),
        };
        self.fixtures.insert(key.to_owned(), state);
        waiting
            .into_iter()
            .map(|other| (other, answer.clone()))
            .collect()
    }

    /// True the first time that this is said of a fixture.
    pub(crate) fn is_news(&mut self, key: &str, reason: &str) -> bool {
        let said = (name_of(key).to_owned(), reason.to_owned());
        let is_news = !self.said.contains(&said);
        if is_news {
            self.said.push(said);
        }
        is_news
    }

    /// A worker is gone. Returns what others are told, and the names of the fixtures that nobody can tear down.
    pub(crate) fn gone(&mut self, worker: usize) -> (Vec<Reply>, Vec<String>) {
        let mut lost = Vec::new();
        let mut begun = Vec::new();
        for (key, state) in &mut self.fixtures {
            match state {
                State::Begun { by, waiting } => {
                    waiting.retain(|other| *other != worker);
                    if *by == worker {
                        begun.push((key.clone(), std::mem::take(waiting)));
                    }
                }
                State::Value {
                    by, has_teardown, ..
                } if *by == Some(worker) => {
                    *by = None;
                    if *has_teardown {
                        lost.push(name_of(key).to_owned());
                    }
                }
                State::Value { .. } | State::Failed(_) | State::Each => {}
            }
        }
        let replies = begun
            .into_iter()
            .flat_map(|(key, waiting)| self.hand_on(&key, waiting))
            .collect();
        (replies, lost)
    }

    /// What a worker waits for: the name of the fixture, and who sets it up.
    pub(crate) fn awaited_by(&self, worker: usize) -> Option<(&str, usize)> {
        let (key, by) = self.waits_for(worker)?;
        Some((name_of(key), by))
    }

    /// The steps in which all are torn down, the last one first: before the worker that has set one up those that may have
    /// something that depends on it, which are all that have set up others.
    pub(crate) fn ending(&self) -> VecDeque<(usize, String)> {
        let mut owners: Vec<usize> = self
            .order
            .iter()
            .filter_map(|key| self.owner(key))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        let mut steps = VecDeque::new();
        for key in self.order.iter().rev() {
            let owner = self.owner(key);
            let others = owners.iter().copied().filter(|one| Some(*one) != owner);
            steps.extend(others.chain(owner).map(|worker| (worker, key.clone())));
        }
        steps
    }

    /// A fixture was torn down by the worker that has set it up.
    pub(crate) fn ended(&mut self, worker: usize, key: &str) {
        if self.owner(key) == Some(worker) {
            self.fixtures.remove(key);
        }
    }

    fn owner(&self, key: &str) -> Option<usize> {
        match self.fixtures.get(key) {
            Some(State::Value { by, .. }) => *by,
            _ => None,
        }
    }

    fn begin(&mut self, key: &str, by: usize, waiting: VecDeque<usize>) {
        let state = State::Begun { by, waiting };
        self.fixtures.insert(key.to_owned(), state);
    }

    /// The next one that waits sets it up.
    fn hand_on(&mut self, key: &str, mut waiting: VecDeque<usize>) -> Vec<Reply> {
        match waiting.pop_front() {
            Some(next) => {
                self.begin(key, next, waiting);
                vec![(next, Answer::SetUp)]
            }
            None => {
                self.fixtures.remove(key);
                Vec::new()
            }
        }
    }

    fn waits_for(&self, worker: usize) -> Option<(&str, usize)> {
        self.fixtures.iter().find_map(|(key, state)| match state {
            State::Begun { by, waiting } if waiting.contains(&worker) => Some((key.as_str(), *by)),
            _ => None,
        })
    }

    /// True when whoever sets the fixture up waits, in the end, for this worker.
    fn would_wait_for_itself(&self, worker: usize, key: &str) -> bool {
        let mut next = match self.fixtures.get(key) {
            Some(State::Begun { by, .. }) => Some(*by),
            _ => None,
        };
        while let Some(by) = next {
            if by == worker {
                return true;
            }
            next = self.waits_for(by).map(|(_, by)| by);
        }
        false
    }
}

/// The name of a fixture, in its key.
pub(crate) fn name_of(key: &str) -> &str {
    key.lines().next().unwrap_or(key)
}

#[cfg(test)]
mod tests;
