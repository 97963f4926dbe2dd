//! `hasten attach`: pdb in the frame of a test that failed under `--hold-failed`.

mod words;

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use hasten_runner::attach::{self, Left};
use hasten_runner::{Claim, HeldEntry, HeldFolder, in_words};

use super::{Failure, history_folder};
use crate::arguments::Arguments;
use crate::environment;
use words::{Words, list, not_kept};

/// How often it is looked whether a process has ended that is nobody's child any more.
const LOOK: Duration = Duration::from_millis(200);

/// Attaches to a kept process, or does what else the words say.
pub(crate) fn attach(arguments: &Arguments) -> Result<i32, Failure> {
    let words = Words::read(&arguments.rest)?;
    let folder = HeldFolder::of(&history_folder(&environment::current_folder()));
    let entries = folder.entries()?;
    match words {
        Words::List => crate::say(&list(&entries)),
        Words::Wait => wait(&folder),
        Words::ReleaseAll => {
            let mut status = crate::say(
                &(if entries.is_empty() {
                    list(&entries)
                } else {
                    String::new()
                }),
            )?;
            for entry in &entries {
                status = status.max(release(&folder, entry)?);
            }
            Ok(status)
        }
        Words::Release(name) => release(&folder, find(&entries, name.as_deref())?),
        Words::Debug(name) => debug(&folder, find(&entries, name.as_deref())?),
    }
}

/// The process that was asked for: by its node id, or the only one.
fn find<'a>(entries: &'a [HeldEntry], name: Option<&str>) -> Result<&'a HeldEntry, Failure> {
    let found = match (name, entries) {
        (None, [only]) => Some(only),
        (None, _) => None,
        // The last failure of that name: the others are of earlier runs.
        (Some(name), _) => entries.iter().rfind(|entry| entry.held.nodeid == name),
    };
    found.ok_or_else(|| Failure::Usage(not_kept(entries, name)))
}

fn debug(folder: &HeldFolder, entry: &HeldEntry) -> Result<i32, Failure> {
    let _claim = claim(folder, entry)?;
    let terminal = environment::terminal();
    let left = attach::debug(connect(folder, entry)?, &entry.held, terminal.as_deref())?;
    tell(folder, entry, left)
}

fn release(folder: &HeldFolder, entry: &HeldEntry) -> Result<i32, Failure> {
    let _claim = claim(folder, entry)?;
    let left = attach::release(connect(folder, entry)?, &entry.held)?;
    tell(folder, entry, left)
}

/// Keeps others out.
fn claim(folder: &HeldFolder, entry: &HeldEntry) -> Result<Claim, Failure> {
    let nodeid = &entry.held.nodeid;
    folder.claim(entry)?.ok_or_else(|| {
        Failure::Usage(format!(
            "somebody else has attached to {nodeid}: wait until they have left it"
        ))
    })
}

fn connect(folder: &HeldFolder, entry: &HeldEntry) -> Result<UnixStream, Failure> {
    folder.connect(entry).map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => Failure::Usage(format!(
            "{} is kept no more: it is being torn down",
            entry.held.nodeid
        )),
        _ => error.into(),
    })
}

/// Says how a process was left.
fn tell(folder: &HeldFolder, entry: &HeldEntry, left: Left) -> Result<i32, Failure> {
    let nodeid = &entry.held.nodeid;
    let (text, status) = match left {
        Left::Kept(seconds) => (
            format!(
                "{nodeid} stays as it is for another {}: hasten attach comes back, hasten attach --release ends it",
                in_words(seconds)
            ),
            0,
        ),
        Left::WaitsForRun => (
            format!("{nodeid} is torn down when its run is over, which goes on"),
            0,
        ),
        Left::Ended => (
            format!("{nodeid} was torn down, and its process has ended"),
            0,
        ),
        Left::Killed => (
            format!("{nodeid} did not end its teardown within a minute, and was killed"),
            1,
        ),
        Left::Lost => (
            format!("the process of {nodeid} has ended without its teardown"),
            1,
        ),
    };
    if !matches!(left, Left::Kept(_)) {
        folder.forget(entry);
    }
    crate::complain(&text);
    Ok(status)
}

/// Returns when nothing is kept any more.
fn wait(folder: &HeldFolder) -> Result<i32, Failure> {
    while !folder.entries()?.is_empty() {
        std::thread::sleep(LOOK);
    }
    Ok(0)
}
