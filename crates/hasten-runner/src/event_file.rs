//! The file of `--events`: written by a thread of its own, so that a slow disk or reader holds nobody up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;
use hasten_report::event::{Event, Line};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// How long the end of a run waits for a reader that does not read.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A file that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventFileError {
    /// `-`.
    #[error(
        "--events -: stdout has pytest's output. Name a file, or a descriptor of the shell as in --events /dev/fd/3"
    )]
    Stdout,
    /// A pipe without a reader.
    #[error("--events {0}: nobody reads from this pipe yet. Start its reader first")]
    NoReader(Utf8PathBuf),
    /// The system refused it.
    #[error("--events {path}: it cannot be written: {source}")]
    System {
        /// The file.
        path: Utf8PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The file, open.
pub(crate) struct EventFile {
    path: Utf8PathBuf,
    lines: Vec<u8>,
    to_writer: Sender<Vec<u8>>,
    result: Receiver<io::Result<()>>,
}

impl EventFile {
    /// Opens the file; what is in it goes away.
    pub(crate) fn create(path: &str) -> Result<Self, EventFileError> {
        if path == "-" {
            return Err(EventFileError::Stdout);
        }
        let path = Utf8PathBuf::from(path);
        let file = open(&path).map_err(|source| match source.raw_os_error() {
            Some(libc::ENXIO) => EventFileError::NoReader(path.clone()),
            _ => EventFileError::System {
                path: path.clone(),
                source,
            },
        })?;
        let (to_writer, lines) = mpsc::channel();
        let (say, result) = mpsc::channel();
        thread::spawn(move || {
            let _ = say.send(write_all(file, &lines));
        });
        Ok(Self {
            path,
            lines: Vec::new(),
            to_writer,
            result,
        })
    }

    /// Adds a line.
    pub(crate) fn add(&mut self, event: &Event, time: f64) {
        Line { event, time }.write(&mut self.lines);
    }

    /// Hands on the lines so far.
    pub(crate) fn flush(&mut self) {
        if !self.lines.is_empty() {
            // After an error nobody takes them; it is told at the end.
            let _ = self.to_writer.send(std::mem::take(&mut self.lines));
        }
    }

    /// Waits until everything is written. Returns what is to be said when it is not.
    pub(crate) fn close(mut self) -> Option<String> {
        self.flush();
        drop(self.to_writer);
        let why = match self.result.recv_timeout(LAST_WORDS) {
            Ok(Ok(())) => return None,
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                "its reader has left".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(RecvTimeoutError::Timeout) => "its reader does not read".to_owned(),
            Err(RecvTimeoutError::Disconnected) => "its writer has ended".to_owned(),
        };
        Some(format!(
            "--events {}: not all was written: {why}",
            self.path
        ))
    }
}

fn open(path: &Utf8PathBuf) -> io::Result<File> {
    let kind = fs::metadata(path).map(|found| found.file_type());
    if kind.as_ref().is_ok_and(FileTypeExt::is_fifo) {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(libc::O_NONBLOCK);
        // Without a reader this fails at once, instead of waiting for one.
        let file = options.open(path)?;
        fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
        return Ok(file);
    }
    if let (Err(_), Some(folder)) = (&kind, path.parent()) {
        fs::create_dir_all(folder)?;
    }
    File::create(path)
}

fn write_all(mut file: File, lines: &Receiver<Vec<u8>>) -> io::Result<()> {
    for block in lines {
        file.write_all(&block)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Event {
        Event::Note { text: "x".into() }
    }

    #[test]
    fn lines_arrive_in_folders_that_were_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/events.jsonl");
        let mut file = EventFile::create(path.to_str().unwrap()).unwrap();
        file.add(&note(), 1.0);
        file.flush();
        file.add(&note(), 2.0);
        assert_eq!(file.close(), None);
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_full_disk_is_told_at_the_end() {
        let mut file = EventFile::create("/dev/full").unwrap();
        for _ in 0..3 {
            file.add(&note(), 1.0);
            file.flush();
        }
        let text = file.close().unwrap();
        assert!(text.contains("No space left on device"), "{text}");
    }

    #[test]
    fn what_cannot_be_opened_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let message = |path: &str| EventFile::create(path).err().unwrap().to_string();
        assert!(message("-").contains("stdout has pytest's output"));
        assert!(message(folder).contains("Is a directory"));
        let pipe = format!("{folder}/pipe");
        nix::unistd::mkfifo(pipe.as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(message(&pipe).contains("nobody reads from this pipe yet"));
    }

    #[test]
    fn a_pipe_gets_lines_until_its_reader_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = format!("{}/pipe", folder.path().display());
        nix::unistd::mkfifo(pipe.as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NONBLOCK);
        let reader = options.open(&pipe).unwrap();
        let mut file = EventFile::create(&pipe).unwrap();
        drop(reader);
        file.add(&note(), 1.0);
        assert!(file.close().unwrap().ends_with("its reader has left"));
    }
}
