//! Which process a new worker comes from.

use std::os::fd::OwnedFd;

use hasten_protocol::frame::{self, ToPython};

use super::{Collecting, Run};
use crate::error::RunError;
use crate::process::Role;

/// Which process a new worker comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Forked with everything collected.
    Session,
    /// Forked with pytest imported; loads and collects for itself.
    Base,
    /// Executed; likewise.
    Interpreter,
}

impl Run {
    /// Has a worker forked, or executes it.
    pub(super) fn start_worker(
        &mut self,
        origin: Origin,
        process: usize,
        frame: Vec<u8>,
        socket: OwnedFd,
        memory: Vec<OwnedFd>,
    ) -> Result<(), RunError> {
        let forker = match origin {
            Origin::Interpreter => {
                let pid = self.launcher.execute("worker", socket, memory)?;
                self.processes[process].pid = Some(pid);
                self.processes[process].channel.send(frame);
                return Ok(());
            }
            Origin::Session => Role::Session,
            Origin::Base => Role::Base,
        };
        let mut descriptors = vec![socket];
        descriptors.extend(memory);
        if let Some(forker) = self.process(forker) {
            forker.channel.send_with(frame, descriptors);
        }
        Ok(())
    }

    /// Starts the workers of a run in which each loads and collects for itself.
    pub(super) fn spawn_workers(&mut self) -> Result<(), RunError> {
        let expected = self.nodes.expected();
        let count = expected.unwrap_or_else(|| self.workers_before_collection());
        let origin = self.origin();
        self.begin_workers(count, origin)
    }

    /// Starts the first workers, about so many.
    pub(super) fn begin_workers(&mut self, count: usize, origin: Origin) -> Result<(), RunError> {
        let count = self.begin_scaling(count, origin);
        self.count = Some(count);
        for _ in 0..count {
            self.add_worker(origin)?;
        }
        Ok(())
    }

    /// Ends base when nobody will be forked from it: its memory is worth having.
    pub(super) fn leave_base(&mut self) {
        if self.hazards.is_empty()
            && self.collecting == Collecting::Session
            && let Some(base) = self.process(Role::Base)
        {
            base.channel.send(frame::encode(ToPython::Exit, b""));
        }
    }

    /// Where a new worker can come from now.
    pub(super) fn origin(&mut self) -> Origin {
        if self.hazards.is_empty() && self.process(Role::Session).is_some() {
            Origin::Session
        } else if !self.hazards.is_empty() && self.process(Role::Base).is_some() {
            Origin::Base
        } else {
            Origin::Interpreter
        }
    }
}
