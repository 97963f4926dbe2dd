//! Processes that are kept after a failure (`--hold-failed`), as the project's folder names them.
//!
//! Each has a file that says what it is, and a socket that it listens to. Both are removed when it ends; what a
//! process left that was killed is removed by who looks next.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use crate::clock::epoch_seconds;
use crate::descendants::stat;

/// The folder below that of the history.
const FOLDER: &str = "held";

/// A process that is kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Held {
    /// The test that failed.
    pub nodeid: String,
    /// The phase in which it did: `setup`, `call` or `teardown`.
    pub phase: String,
    /// What it raised, one line.
    pub message: String,
    /// The worker that it was.
    pub worker: String,
    /// Its process id.
    pub pid: i32,
    /// When it was started, in clock ticks of the system: another process with this id has another.
    pub started: u64,
    /// When the test failed, seconds since the epoch.
    pub since: f64,
    /// When the process ends by itself, likewise.
    pub until: f64,
    /// The run that it is of.
    pub run: String,
}

impl Held {
    /// True while its process is there.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.is_alive())
    }

    /// Seconds until it ends by itself.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        (self.until - epoch_seconds(SystemTime::now())).max(0.0)
    }
}

/// The folder of these files.
#[derive(Clone, Debug)]
pub struct HeldFolder(Utf8PathBuf);

/// What it has of one process.
#[derive(Clone, Debug)]
pub struct HeldEntry {
    name: String,
    /// What the file says.
    pub held: Held,
}

/// Nobody else attaches while it lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock ends with the file")] Flock<File>);

impl HeldFolder {
    /// That of a project, whose history is in this folder.
    #[must_use]
    pub fn of(history: &Utf8Path) -> Self {
        Self(history.join(FOLDER))
    }

    /// All that are there, in the order of their failures; what dead ones left is removed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self) -> io::Result<Vec<HeldEntry>> {
        let files = match fs_err::read_dir(&self.0) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for file in files {
            let file = file?.file_name();
            let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            let Some(held) = self.read(name) else {
                continue;
            };
            // In another container its process cannot be seen, but it answers.
            if held.is_alive() || self.answers(name) {
                found.push(HeldEntry {
                    name: name.to_owned(),
                    held,
                });
            } else {
                self.remove(name);
            }
        }
        found.sort_by(|one, other| one.held.since.total_cmp(&other.held.since));
        Ok(found)
    }

    /// Connects to a process.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn connect(&self, entry: &HeldEntry) -> io::Result<UnixStream> {
        let (path, _folder) = self.socket(&entry.name)?;
        UnixStream::connect(path)
    }

    /// Keeps others from attaching to a process; none where somebody else does.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn claim(&self, entry: &HeldEntry) -> io::Result<Option<Claim>> {
        let file = File::open(self.file(&entry.name))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(Claim(lock))),
            Err((_, Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, errno)) => Err(errno.into()),
        }
    }

    /// Removes what there is of a process that was released: it cannot be attached to any more.
    pub fn forget(&self, entry: &HeldEntry) {
        self.remove(&entry.name);
    }

    /// What the file of a process says.
    fn read(&self, name: &str) -> Option<Held> {
        let mut text = String::new();
        let mut file = File::open(self.file(name)).ok()?;
        file.read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// True while somebody has attached.
    pub(crate) fn is_claimed(&self, name: &str) -> bool {
        File::open(self.file(name))
            .is_ok_and(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err())
    }

    /// Makes the socket for a process. Only its user comes in.
    pub(crate) fn listen(&self, name: &str) -> io::Result<UnixListener> {
        if let Some(history) = self.0.parent() {
            hasten_history::create_folder(history).map_err(io::Error::other)?;
        }
        let made = std::fs::DirBuilder::new().mode(0o700).create(&self.0);
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.remove(name);
        let (path, _folder) = self.socket(name)?;
        let listener = UnixListener::bind(path)?;
        let mode = std::fs::Permissions::from_mode(0o600);
        fs_err::set_permissions(self.0.join(format!("{name}.sock")), mode)?;
        Ok(listener)
    }

    /// Writes the file of a process.
    pub(crate) fn keep(&self, name: &str, held: &Held) -> io::Result<()> {
        let text = serde_json::to_string(held).map_err(io::Error::other)?;
        let unfinished = self.0.join(format!("{name}.new"));
        fs_err::write(&unfinished, text)?;
        fs_err::set_permissions(&unfinished, std::fs::Permissions::from_mode(0o600))?;
        fs_err::rename(unfinished, self.file(name))
    }

    /// Removes what there is of a process, and the folder with the last one.
    pub(crate) fn remove(&self, name: &str) {
        let _ = std::fs::remove_file(self.file(name));
        let _ = std::fs::remove_file(self.0.join(format!("{name}.sock")));
    }

    /// Removes the folder when nothing is in it.
    pub(crate) fn remove_if_empty(&self) {
        let _ = std::fs::remove_dir(&self.0);
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Utf8Path {
        &self.0
    }

    /// That at this path.
    pub(crate) fn at(path: Utf8PathBuf) -> Self {
        Self(path)
    }

    fn file(&self, name: &str) -> Utf8PathBuf {
        self.0.join(format!("{name}.json"))
    }

    fn answers(&self, name: &str) -> bool {
        let socket = self.socket(name);
        socket.is_ok_and(|(path, _folder)| UnixStream::connect(path).is_ok())
    }

    /// A path of a socket that is short enough, as long as the folder is open: the system takes some hundred bytes.
    fn socket(&self, name: &str) -> io::Result<(PathBuf, Option<File>)> {
        let file = format!("{name}.sock");
        if cfg!(not(target_os = "linux")) {
            return Ok((self.0.join(file).into(), None));
        }
        let folder = File::open(&self.0)?;
        let short = format!("/proc/self/fd/{}/{file}", folder.as_raw_fd());
        Ok((short.into(), Some(folder)))
    }
}

/// Seconds as they are told to somebody: `60 minutes`.
#[must_use]
pub fn in_words(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round();
    if minutes >= 2.0 {
        format!("{minutes} minutes")
    } else {
        format!("{} seconds", seconds.round())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(pid: i32) -> Held {
        Held {
            nodeid: "test_a.py::test_x[1 2]".to_owned(),
            phase: "call".to_owned(),
            message: "assert 1 == 2".to_owned(),
            worker: "gw0".to_owned(),
            pid,
            started: stat(pid).map_or(0, |stat| stat.started),
            since: 1.0,
            until: 2.0,
            run: "0123".to_owned(),
        }
    }

    fn folder(below: &str) -> (tempfile::TempDir, HeldFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temporary.path()).unwrap().join(below);
        (temporary, HeldFolder::of(&path))
    }

    fn own() -> i32 {
        nix::unistd::getpid().as_raw()
    }

    #[test]
    fn a_process_is_found_where_paths_are_long() {
        let (_temporary, folder) = folder(&"deep/".repeat(40));
        let listener = folder.listen("a-0").unwrap();
        folder.keep("a-0", &held(own())).unwrap();
        let entries = folder.entries().unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].held, held(own()));
        folder.connect(&entries[0]).unwrap();
        listener.accept().unwrap();
        let mode = |path: Utf8PathBuf| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().to_owned()), 0o700);
        assert_eq!(mode(folder.path().join("a-0.sock")), 0o600);
        assert_eq!(mode(folder.path().join("a-0.json")), 0o600);
    }

    #[test]
    fn who_attaches_is_alone() {
        let (_temporary, folder) = folder(".hasten");
        let _listener = folder.listen("a-0").unwrap();
        folder.keep("a-0", &held(own())).unwrap();
        let entry = folder.entries().unwrap().remove(0);
        let claim = folder.claim(&entry).unwrap();
        assert!(claim.is_some() && folder.is_claimed("a-0"));
        assert!(folder.claim(&entry).unwrap().is_none());
        drop(claim);
        assert!(!folder.is_claimed("a-0"));
    }

    #[test]
    fn what_a_dead_process_left_is_removed() {
        let (_temporary, folder) = folder(".hasten");
        drop(folder.listen("a-0").unwrap());
        let mut gone = held(own());
        gone.started += 1;
        folder.keep("a-0", &gone).unwrap();
        assert!(folder.entries().unwrap().is_empty());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
        folder.remove_if_empty();
        assert!(folder.entries().unwrap().is_empty());
        assert!(!folder.path().exists());
    }

    #[test]
    fn times_are_told_roughly() {
        assert_eq!(in_words(3599.9), "60 minutes");
        assert_eq!(in_words(100.0), "2 minutes");
        assert_eq!(in_words(30.2), "30 seconds");
    }
}
