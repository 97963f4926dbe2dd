//! Coming to a process that is kept after a failure: it gets a terminal, and opens pdb there.
//!
//! Its own terminal, if it has one, is another session's, so it would neither be allowed to read from this one nor
//! be reached by its Ctrl-C. So it gets a pseudo terminal, and what is typed and printed is carried to and fro here.

mod carrier;
mod terminal;

use std::io::{self, IoSlice, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::clock::poll_timeout;
use crate::held::Held;
use carrier::Carrier;

/// A process that was released has this long to tear down, before it is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a process was left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Left {
    /// As it is, for so many seconds.
    Kept(f64),
    /// It goes on to its teardown when its run is over, which is under way.
    WaitsForRun,
    /// It has torn down and ended.
    Ended,
    /// It did not end after it was released, and was killed.
    Killed,
    /// It ended without a word.
    Lost,
}

#[derive(Serialize)]
struct Request<'a> {
    r#do: &'a str,
    terminal: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Answer {
    Held { seconds: f64 },
    Released { waits: bool },
}

/// What a process says, line by line.
struct Talk {
    stream: UnixStream,
    received: Vec<u8>,
    closed: bool,
}

impl Talk {
    fn begin(
        stream: UnixStream,
        request: &Request<'_>,
        ends: &[BorrowedFd<'_>; 2],
    ) -> io::Result<Self> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let raw = ends.map(|end| end.as_raw_fd());
        sendmsg::<()>(
            stream.as_raw_fd(),
            &[IoSlice::new(&line)],
            &[ControlMessage::ScmRights(&raw)],
            MsgFlags::MSG_NOSIGNAL,
            None,
        )?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
            closed: false,
        })
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Reads what is there, and returns the last answer in it.
    fn answer(&mut self) -> Option<Answer> {
        let mut buffer = [0; 4096];
        while !self.closed {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.closed = true,
            }
        }
        let end = self.received.iter().rposition(|byte| *byte == b'\n')? + 1;
        let lines: Vec<u8> = self.received.drain(..end).collect();
        let mut lines = lines.split(|byte| *byte == b'\n');
        lines
            .rfind(|line| !line.is_empty())
            .and_then(|line| serde_json::from_slice(line).ok())
    }
}

/// Opens pdb in a kept process, on the standard streams of this one. `terminal`: the variable `TERM`.
///
/// # Errors
/// When there is no terminal to be had, or the process does not answer.
pub fn debug(stream: UnixStream, held: &Held, terminal: Option<&str>) -> io::Result<Left> {
    let mut carrier = Carrier::open(held)?;
    let request = Request {
        r#do: "debug",
        terminal,
    };
    let mut talk = {
        let ends = carrier.take_ends()?;
        Talk::begin(stream, &request, &[ends.0.as_fd(), ends.1.as_fd()])?
    };
    let mut released = false;
    loop {
        carrier.carry(talk.fd())?;
        match talk.answer() {
            Some(Answer::Held { seconds }) => {
                carrier.finish();
                return Ok(Left::Kept(seconds));
            }
            Some(Answer::Released { waits: true }) => {
                carrier.finish();
                return Ok(Left::WaitsForRun);
            }
            Some(Answer::Released { waits: false }) => released = true,
            None => {}
        }
        if talk.closed {
            carrier.finish();
            return Ok(if released { Left::Ended } else { Left::Lost });
        }
        if carrier.is_cut() {
            return Ok(Left::Kept(held.seconds_left()));
        }
    }
}

/// Lets a kept process go on to its teardown, and waits for its end.
///
/// # Errors
/// When it does not answer.
pub fn release(stream: UnixStream, held: &Held) -> io::Result<Left> {
    let request = Request {
        r#do: "release",
        terminal: None,
    };
    let null = std::fs::File::open("/dev/null")?;
    let out: OwnedFd = io::stdout().as_fd().try_clone_to_owned()?;
    let mut talk = Talk::begin(stream, &request, &[null.as_fd(), out.as_fd()])?;
    let begin = Instant::now();
    let mut released = false;
    loop {
        let left = PATIENCE.saturating_sub(begin.elapsed());
        if left.is_zero() {
            let pid = Pid::from_raw(held.pid);
            if held.is_alive() && killpg(pid, Signal::SIGKILL).is_err() {
                let _ = kill(pid, Signal::SIGKILL);
            }
            return Ok(Left::Killed);
        }
        let _ = poll(
            &mut [PollFd::new(talk.fd(), PollFlags::POLLIN)],
            poll_timeout(left),
        );
        match talk.answer() {
            Some(Answer::Released { waits: true }) => return Ok(Left::WaitsForRun),
            Some(Answer::Released { waits: false }) => released = true,
            Some(Answer::Held { .. }) | None => {}
        }
        if talk.closed {
            return Ok(if released { Left::Ended } else { Left::Lost });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_last_answer_counts() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let null = std::fs::File::open("/dev/null").unwrap();
        let request = Request {
            r#do: "release",
            terminal: None,
        };
        let mut talk = Talk::begin(ours, &request, &[null.as_fd(), null.as_fd()]).unwrap();
        assert!(talk.answer().is_none());
        theirs
            .write_all(b"{\"state\": \"held\", \"seconds\": 3.5}\n{\"sta")
            .unwrap();
        assert!(matches!(talk.answer(), Some(Answer::Held { seconds: 3.5 })));
        theirs
            .write_all(b"te\": \"released\", \"waits\": false}\n")
            .unwrap();
        drop(theirs);
        assert!(matches!(
            talk.answer(),
            Some(Answer::Released { waits: false })
        ));
        assert!(talk.closed);
    }
}
