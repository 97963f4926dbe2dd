//! Files that are written in one step.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};

use camino::{Utf8Path, Utf8PathBuf};

/// Writes a file in one step: it has the old text or the new one.
///
/// # Errors
/// It is as it was.
pub fn replace_file(target: &Utf8Path, text: &str) -> io::Result<()> {
    // /dev/stdout, a pipe: nothing can take their place.
    if target.exists() && !target.is_file() {
        let mut file = OpenOptions::new().write(true).open(target)?;
        return file.write_all(text.as_bytes());
    }
    let (beside, mut file) = reserve(target)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, target));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// A new file beside the target.
fn reserve(target: &Utf8Path) -> io::Result<(Utf8PathBuf, std::fs::File)> {
    let mut number = 0u32;
    loop {
        let path = Utf8PathBuf::from(format!("{target}.{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
