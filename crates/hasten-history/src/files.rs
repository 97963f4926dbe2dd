//! The `.hasten` folder, and where a damaged database goes.

use std::io::{self, ErrorKind, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::OpenOptions;

use crate::Error;

/// Name of the database in its folder.
pub(crate) const DATABASE: &str = "history.sqlite";

/// Its format, and what it is for: <https://bford.info/cachedir/>.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55
# This file marks a folder of hasten's, a test runner: durations of tests, which every run can make anew.
# Backup programs that follow https://bford.info/cachedir/ leave it out.
";

const GITIGNORE: &str = "# Made by hasten.\n*\n";

/// Makes the folder of a history. What marks it as a cache is written as long as it has no database: later its
/// owner may have removed it.
///
/// # Errors
/// When it cannot be written.
pub fn create_folder(folder: &Utf8Path) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        fs_err::create_dir_all(folder)?;
        write_new(&folder.join(".gitignore"), GITIGNORE)?;
        write_new(&folder.join("CACHEDIR.TAG"), CACHEDIR_TAG)
    };
    if folder.join(DATABASE).exists() {
        return Ok(());
    }
    write().map_err(|error| Error::Unwritable {
        path: folder.to_owned(),
        detail: error.to_string(),
    })
}

fn write_new(path: &Utf8Path, text: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Renames a damaged database to the first free `history.sqlite.damaged-<n>`. None if it is gone:
/// another run was faster.
pub(crate) fn set_aside(database: &Utf8Path) -> Result<Option<Utf8PathBuf>, Error> {
    rename_away(database).map_err(|error| Error::Unwritable {
        path: database.to_owned(),
        detail: format!("it is damaged; {error}"),
    })
}

fn rename_away(database: &Utf8Path) -> io::Result<Option<Utf8PathBuf>> {
    let kept_as = reserve(database)?;
    match fs_err::rename(database, &kept_as) {
        Ok(()) => {}
        Err(error) => {
            fs_err::remove_file(&kept_as)?;
            return if error.kind() == ErrorKind::NotFound {
                Ok(None)
            } else {
                Err(error)
            };
        }
    }
    // A journal belongs to its database, and must never be played into the next one.
    match fs_err::rename(format!("{database}-journal"), format!("{kept_as}-journal")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(Some(kept_as)),
    }
}

/// Makes an empty file of a name that was free, so that the rename replaces nothing else.
fn reserve(database: &Utf8Path) -> io::Result<Utf8PathBuf> {
    let mut number = 1u32;
    loop {
        let path = Utf8PathBuf::from(format!("{database}.damaged-{number}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_goes_with_its_database() {
        let guard = tempfile::tempdir().unwrap();
        let database = Utf8Path::from_path(guard.path()).unwrap().join(DATABASE);
        fs_err::write(&database, "database").unwrap();
        fs_err::write(format!("{database}-journal"), "journal").unwrap();
        let kept_as = set_aside(&database).unwrap().unwrap();
        assert_eq!(fs_err::read_to_string(&kept_as).unwrap(), "database");
        assert_eq!(
            fs_err::read_to_string(format!("{kept_as}-journal")).unwrap(),
            "journal"
        );
        assert_eq!(fs_err::read_dir(guard.path()).unwrap().count(), 2);
    }

    #[test]
    fn one_that_is_gone_leaves_nothing_behind() {
        let guard = tempfile::tempdir().unwrap();
        let database = Utf8Path::from_path(guard.path()).unwrap().join(DATABASE);
        assert_eq!(set_aside(&database).unwrap(), None);
        assert_eq!(fs_err::read_dir(guard.path()).unwrap().count(), 0);
    }
}
