//! What plugins on the controller's side say of workers, and what they are told of them: the hooks with a `node` of
//! pytest-xdist 3.8. main calls the hooks; what they add to `workerinput`, and what workers leave in `workeroutput`, is
//! opaque here.

use std::collections::BTreeSet;

use hasten_protocol::frame::{self, ToPython};
use hasten_protocol::message::{Node, NodeDown, Nodes as Said};

use super::together::Dist;
use super::{Run, parse};
use crate::error::RunError;
use crate::process::Role;

/// What pytest-xdist says of a worker that died.
const DIED: &str = "Not properly terminated";

/// What is known of them.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    said: Option<Said>,
    /// Workers that main was asked to show to plugins.
    asked: BTreeSet<String>,
    /// Processes that wait for what was said.
    waiting: Vec<usize>,
    /// A scheduler of the suite's own has said which items stay together.
    grouped: bool,
    /// Frames that tell of workers that ended their session: main gets them after the last report.
    ended: Vec<Vec<u8>>,
}

impl Nodes {
    /// Number of workers that were shown to somebody before the run: so many start, since who saw one waits for its end.
    pub(super) fn expected(&self) -> Option<usize> {
        let said = self.said.as_ref()?;
        (said.configure || said.down).then_some(said.inputs.len())
    }

    /// What was added to the `workerinput` of a worker.
    pub(super) fn input(&self, id: &str) -> Option<String> {
        self.said.as_ref()?.inputs.get(id).cloned()
    }
}

impl Run {
    /// main has shown workers to plugins.
    pub(super) fn on_nodes(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let said: Said = parse(Role::Main, payload)?;
        match &mut self.nodes.said {
            Some(before) => before.inputs.extend(said.inputs),
            None => self.nodes.said = Some(said),
        }
        self.send_inputs();
        Ok(())
    }

    /// A process that collects reads something that a plugin may have said.
    pub(super) fn on_ask_inputs(&mut self, process: usize) {
        self.nodes.waiting.push(process);
        self.send_inputs();
    }

    /// Answers those that ask, once it is known.
    fn send_inputs(&mut self) {
        let Some(said) = &self.nodes.said else { return };
        for process in std::mem::take(&mut self.nodes.waiting) {
            let inputs = frame::encode_json(ToPython::Inputs, &said.inputs);
            self.processes[process].channel.send(inputs);
        }
    }

    /// Whether main has yet to say which items stay together.
    pub(super) fn waits_for_groups(&self) -> bool {
        self.configured.as_ref().is_some_and(|main| main.splits) && !self.nodes.grouped
    }

    /// A scheduler of the suite's own has said which items stay together: that counts, whatever `--dist` says.
    pub(super) fn on_groups(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let groups = parse(Role::Main, payload)?;
        if let Some(collected) = &mut self.collected {
            collected.groups = groups;
            self.rules.dist = Dist::Group;
        }
        self.nodes.grouped = true;
        Ok(())
    }

    /// Whether the next worker may start; if plugins have to see it first, main is asked to show it.
    pub(super) fn may_add_worker(&mut self) -> bool {
        let Some(said) = self.nodes.said.as_ref().filter(|said| said.configure) else {
            return true;
        };
        let id = format!("gw{}", self.workers.len());
        if said.inputs.contains_key(&id) {
            return true;
        }
        let frame = frame::encode_json(ToPython::Node, &Node { id: &id });
        if self.nodes.asked.insert(id) {
            self.screen.main_gets(frame);
        }
        false
    }

    /// Tells main that a worker has ended, and what it left.
    pub(super) fn tell_down(&mut self, number: usize, output: Option<&str>, cleanly: bool) {
        if !self.nodes.said.as_ref().is_some_and(|said| said.down) {
            return;
        }
        let down = NodeDown {
            id: &self.workers[number].id,
            output,
            error: (!cleanly).then(|| DIED.to_owned()),
        };
        let frame = frame::encode_json(ToPython::NodeDown, &down);
        if cleanly {
            self.nodes.ended.push(frame);
        } else {
            self.screen.main_gets(frame);
        }
    }

    /// Tells main of the workers that have ended their session, as the last thing before it ends its own.
    pub(super) fn tell_ended(&mut self) {
        for frame in std::mem::take(&mut self.nodes.ended) {
            self.screen.main_gets(frame);
        }
    }
}
