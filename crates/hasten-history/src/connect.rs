//! From a folder to a connection that can be used.

use camino::Utf8Path;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Doing, explain};
use crate::files::{self, DATABASE};
use crate::schema::{self, Found, SCHEMA_VERSION};
use crate::{Error, Warning};

/// Memory that a transaction may use, in KiB, before its pages go to the file early and lock
/// readers out. It is taken only as needed.
const CACHE_KIB: i64 = 65_536;

/// Sets the database of `folder` aside; the warning says so. Nothing if another run did.
pub(crate) fn set_aside(folder: &Utf8Path, detail: String) -> Result<Option<Warning>, Error> {
    let path = folder.join(DATABASE);
    let kept_as = files::set_aside(&path)?;
    Ok(kept_as.map(|kept_as| Warning::SetAside {
        path,
        kept_as,
        detail,
    }))
}

/// Connects to the database of `folder`. For reading: none if there is nothing to read. For
/// writing: it is made.
pub(crate) fn connect(folder: &Utf8Path, doing: Doing) -> Result<Option<Connection>, Error> {
    let path = folder.join(DATABASE);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match doing {
        Doing::Reading if !exists(&path)? => return Ok(None),
        Doing::Reading => {}
        Doing::Writing => {
            files::create_folder(folder)?;
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
    }
    let explain = |error| explain(&path, doing, &error);
    let mut connection = match Connection::open_with_flags(&path, flags) {
        Ok(connection) => connection,
        // Another run set it aside in this moment.
        Err(_) if matches!(doing, Doing::Reading) && !exists(&path)? => return Ok(None),
        Err(error) => return Err(explain(error)),
    };
    set_up(&connection, doing).map_err(explain)?;
    match (schema::look(&connection).map_err(explain)?, doing) {
        (Found::Version(SCHEMA_VERSION), _) => Ok(Some(connection)),
        (Found::Version(found), _) if found > SCHEMA_VERSION => Err(Error::Newer {
            path,
            found,
            known: SCHEMA_VERSION,
        }),
        (Found::Foreign, _) => Err(Error::Damaged {
            path,
            detail: "it is a database, but not of hasten's".to_owned(),
        }),
        (Found::Empty, Doing::Reading) => Ok(None),
        (Found::Empty | Found::Version(_), _) => {
            schema::migrate(&mut connection).map_err(explain)?;
            Ok(Some(connection))
        }
    }
}

fn set_up(connection: &Connection, doing: Doing) -> rusqlite::Result<()> {
    connection.busy_timeout(doing.patience())?;
    // NORMAL: after a loss of power the file is whole on file systems of today.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Damage is found when a page is read, not by a wrong answer.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

fn exists(path: &Utf8Path) -> Result<bool, Error> {
    path.try_exists().map_err(|error| Error::Unreadable {
        path: path.to_owned(),
        detail: error.to_string(),
    })
}
