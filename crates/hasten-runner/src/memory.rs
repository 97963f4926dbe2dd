//! Memory that a worker shares with the supervisor: its journal and its capture files. They
//! outlive the worker, so nothing it said is lost with it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use hasten_protocol::journal;
use memmap2::{MmapMut, MmapOptions};

/// At most this many bytes of a dead worker's output are shown, the last ones. A terminal has
/// no use for more, and a test that wrote 50 MB should not fill a report with it.
const MOST_OUTPUT: u64 = 1 << 20;

/// Opened a second time, since only what was opened by name has one place for all who write to it
/// at once (`FMODE_ATOMIC_POS` in Linux 6): of what the programs say that a test has started side
/// by side, each would write over the others.
#[cfg(target_os = "linux")]
fn memory_file(name: &std::ffi::CStr) -> io::Result<File> {
    use std::os::fd::AsRawFd;

    use nix::sys::memfd::{MFdFlags, memfd_create};
    let unnamed = File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?);
    File::options()
        .read(true)
        .write(true)
        .open(format!("/proc/self/fd/{}", unnamed.as_raw_fd()))
}

#[cfg(not(target_os = "linux"))]
fn memory_file(_name: &std::ffi::CStr) -> io::Result<File> {
    tempfile::tempfile()
}

/// What one worker shares.
pub(crate) struct WorkerMemory {
    journal: MmapMut,
    files: [File; 5],
}

impl WorkerMemory {
    pub(crate) fn new() -> io::Result<Self> {
        let files = [
            memory_file(c"hasten-journal")?,
            memory_file(c"hasten-stdout")?,
            memory_file(c"hasten-stderr")?,
            memory_file(c"hasten-stacks")?,
            memory_file(c"hasten-log")?,
        ];
        files[0].set_len(journal::SIZE as u64)?;
        // SAFETY: the file is ours and keeps its size; the worker writes to it while we read,
        // and every reader treats the bytes as data that may change.
        let mut map = unsafe { MmapOptions::new().len(journal::SIZE).map_mut(&files[0])? };
        journal::initialise(&mut map);
        Ok(Self {
            journal: map,
            files,
        })
    }

    /// Copies of the descriptors, in the order of the protocol.
    pub(crate) fn descriptors(&self) -> io::Result<Vec<OwnedFd>> {
        self.files
            .iter()
            .map(|file| file.try_clone().map(OwnedFd::from))
            .collect()
    }

    /// Copies of those that a process gets that runs no items for us: the journal, and the stacks.
    pub(crate) fn watched(&self) -> io::Result<Vec<OwnedFd>> {
        [&self.files[0], &self.files[3]]
            .into_iter()
            .map(|file| file.try_clone().map(OwnedFd::from))
            .collect()
    }

    pub(crate) fn journal(&self) -> &[u8] {
        &self.journal
    }

    pub(crate) fn set_stop(&mut self) {
        journal::set_stop(&mut self.journal);
    }

    /// Says whether the process has the terminal for what it does now.
    pub(crate) fn set_terminal(&mut self, has: bool) {
        journal::set_terminal(&mut self.journal, has);
    }

    /// Takes back what the worker has in its queue, but for so many items of all that it was sent; or nothing any more.
    pub(crate) fn recall(&mut self, most: Option<u32>) {
        journal::recall(&mut self.journal, most);
    }

    /// Says what is to be raised in the item that was started as this number.
    pub(crate) fn set_limit(&mut self, started: u32, text: &str) {
        journal::set_limit(&mut self.journal, started, text);
    }

    /// stdout of the phase that runs, as text.
    pub(crate) fn stdout(&self) -> String {
        tail(&self.files[1], 0)
    }

    /// stderr likewise.
    pub(crate) fn stderr(&self) -> String {
        tail(&self.files[2], 0)
    }

    /// The stacks that faulthandler wrote, from this byte on.
    pub(crate) fn stacks_from(&self, start: u64) -> String {
        tail(&self.files[3], start)
    }

    /// What was logged until the limit.
    pub(crate) fn log(&self) -> String {
        tail(&self.files[4], 0)
    }

    /// Bytes of stacks so far.
    pub(crate) fn stacks_length(&self) -> u64 {
        self.files[3].metadata().map_or(0, |data| data.len())
    }
}

fn tail(file: &File, from: u64) -> String {
    let length = file.metadata().map_or(0, |data| data.len());
    let start = length.saturating_sub(MOST_OUTPUT).max(from);
    let mut bytes = vec![0; usize::try_from(length.saturating_sub(start)).unwrap_or(0)];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], start + filled as u64) {
            Ok(0) | Err(_) => break,
            Ok(read) => filled += read,
        }
    }
    bytes.truncate(filled);
    let text = String::from_utf8_lossy(&bytes);
    if start > from {
        format!("[the first {start} bytes are left out]\n{text}")
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn output_is_read_whatever_its_bytes() {
        let memory = WorkerMemory::new().unwrap();
        (&memory.files[1]).write_all(b"caf\xe9\n").unwrap();
        assert_eq!(memory.stdout(), "caf\u{fffd}\n");
        assert_eq!(memory.stderr(), "");
        assert_eq!(journal::activity(memory.journal()).item, None);
    }

    #[test]
    fn who_writes_beside_others_overwrites_nothing() {
        let memory = WorkerMemory::new().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        (&memory.files[1]).write_all(b"123456789\n").unwrap();
                    }
                });
            }
        });
        assert_eq!(memory.stdout(), "123456789\n".repeat(8000));
    }

    #[test]
    fn much_output_is_cut_and_says_so() {
        let memory = WorkerMemory::new().unwrap();
        (&memory.files[2])
            .write_all(&vec![b'x'; (MOST_OUTPUT + 5) as usize])
            .unwrap();
        assert!(
            memory
                .stderr()
                .starts_with("[the first 5 bytes are left out]\nxxx")
        );
    }
}
