//! One end of the socket pair that the supervisor shares with a Python process.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use hasten_protocol::frame::Decoder;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

/// Bytes read at once.
const READ: usize = 256 * 1024;

struct Pending {
    bytes: Vec<u8>,
    sent: usize,
    descriptors: Vec<OwnedFd>,
}

/// A channel that never blocks the loop.
pub(crate) struct Channel {
    stream: UnixStream,
    decoder: Decoder,
    pending: VecDeque<Pending>,
    open: bool,
}

impl Channel {
    /// A channel, and the end that the process gets.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let channel = Self {
            stream: ours,
            decoder: Decoder::default(),
            pending: VecDeque::new(),
            open: true,
        };
        Ok((channel, theirs.into()))
    }

    /// False when the other side has closed it, or it failed.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// True when there is something to write.
    pub(crate) fn wants_write(&self) -> bool {
        self.open && !self.pending.is_empty()
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub(crate) fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }

    /// Reads what is there.
    pub(crate) fn receive(&mut self) {
        let mut buffer = vec![0; READ];
        while self.open {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(read) => self.decoder.extend(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.open = false,
            }
        }
    }

    /// Sends a frame now, or as soon as the socket takes it.
    pub(crate) fn send(&mut self, frame: Vec<u8>) {
        self.send_with(frame, Vec::new());
    }

    /// Sends a frame with descriptors, which are closed here once they are under way.
    pub(crate) fn send_with(&mut self, frame: Vec<u8>, descriptors: Vec<OwnedFd>) {
        self.pending.push_back(Pending {
            bytes: frame,
            sent: 0,
            descriptors,
        });
        self.flush();
    }

    /// Writes as much as the socket takes.
    pub(crate) fn flush(&mut self) {
        while self.open {
            let Some(first) = self.pending.front_mut() else {
                return;
            };
            let rest = &first.bytes[first.sent..];
            let result = if first.descriptors.is_empty() {
                (&self.stream).write(rest)
            } else {
                send_descriptors(&self.stream, rest, &first.descriptors)
            };
            match result {
                Ok(sent) => {
                    first.descriptors.clear();
                    first.sent += sent;
                    if first.sent == first.bytes.len() {
                        self.pending.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.open = false;
                    self.pending.clear();
                }
            }
        }
    }
}

fn send_descriptors(stream: &UnixStream, bytes: &[u8], owned: &[OwnedFd]) -> io::Result<usize> {
    let raw: Vec<RawFd> = owned.iter().map(AsRawFd::as_raw_fd).collect();
    sendmsg::<()>(
        stream.as_raw_fd(),
        &[IoSlice::new(bytes)],
        &[ControlMessage::ScmRights(&raw)],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )
    .map_err(|errno: Errno| errno.into())
}
