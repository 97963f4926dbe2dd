//! What processes say, handed to whom it is for.

use hasten_protocol::frame::FromPython;
use hasten_protocol::message::Ended;

use super::Run;
use crate::error::RunError;
use crate::process::Role;

impl Run {
    /// Reads every channel and handles what came.
    pub(super) fn handle_frames(&mut self) -> Result<(), RunError> {
        for number in 0..self.processes.len() {
            self.read_process(number)?;
        }
        Ok(())
    }

    pub(super) fn read_process(&mut self, number: usize) -> Result<(), RunError> {
        self.processes[number].channel.flush();
        self.processes[number].channel.receive();
        loop {
            let process = &mut self.processes[number];
            let role = process.role;
            let frame = match process.channel.decoder().next_frame() {
                Ok(Some((kind, payload))) => (kind, payload.to_vec()),
                Ok(None) => return Ok(()),
                // A test that writes into a descriptor of ours harms its worker only.
                Err(error) if role.is_of_worker() => {
                    process.fault.get_or_insert_with(|| {
                        format!(
                            "{error}; unless a test wrote into a descriptor that it did not open"
                        )
                    });
                    process.signal(nix::sys::signal::Signal::SIGKILL);
                    return Ok(());
                }
                Err(error) => {
                    return Err(RunError::Protocol {
                        who: format!("{role:?}"),
                        what: error.to_string(),
                    });
                }
            };
            self.handle_frame(number, frame.0, &frame.1)?;
        }
    }

    fn handle_frame(
        &mut self,
        number: usize,
        kind: FromPython,
        payload: &[u8],
    ) -> Result<(), RunError> {
        match kind {
            FromPython::Hello => self.on_hello(number, payload),
            FromPython::Error => self.on_error(number, payload),
            FromPython::Session => self.on_session(payload),
            FromPython::Settings => self.on_settings(payload),
            FromPython::Configured => self.on_configured(payload),
            FromPython::Collected => self.on_collected(number, payload),
            FromPython::Items => self.on_items(number, payload),
            FromPython::Records => {
                self.on_records(number, payload);
                Ok(())
            }
            FromPython::Want => {
                self.on_want(number, payload);
                Ok(())
            }
            FromPython::Stopped => self.on_stopped(number, payload),
            FromPython::Bye => {
                let bye = parse(self.processes[number].role, payload)?;
                self.on_bye(number, bye);
                Ok(())
            }
            FromPython::Summary => {
                self.on_summary();
                Ok(())
            }
            FromPython::Idle => {
                self.screen.main_is_idle();
                Ok(())
            }
            FromPython::OnceAsk => {
                self.on_once_ask(number, payload);
                Ok(())
            }
            FromPython::OnceTell => {
                self.on_once_tell(number, payload);
                Ok(())
            }
            FromPython::OnceEnded => {
                self.on_once_ended(number, payload);
                Ok(())
            }
            FromPython::AskHold => {
                self.on_ask_hold(number);
                Ok(())
            }
            FromPython::Held => self.on_held(number, payload),
            FromPython::Ended => {
                let ended: Ended = parse(self.processes[number].role, payload)?;
                self.note_ending(ended.pid, ended.status);
                Ok(())
            }
            FromPython::Nodes => self.on_nodes(payload),
            FromPython::Groups => self.on_groups(payload),
            FromPython::AskInputs => {
                self.on_ask_inputs(number);
                Ok(())
            }
            FromPython::AskTerminal => {
                self.on_ask_terminal(number);
                Ok(())
            }
            FromPython::LeaveTerminal => {
                self.on_terminal_given_back(number);
                Ok(())
            }
        }
    }
}

/// Reads a JSON payload.
pub(super) fn parse<T: serde::de::DeserializeOwned>(
    who: Role,
    payload: &[u8],
) -> Result<T, RunError> {
    serde_json::from_slice(payload).map_err(|error| RunError::Protocol {
        who: format!("{who:?}"),
        what: error.to_string(),
    })
}
