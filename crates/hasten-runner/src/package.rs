//! The embedded Python package, unpacked once into a cache folder named by its content.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, DirEntry, include_dir};
use sha2::{Digest, Sha256};

use crate::error::RunError;

static PACKAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../python/hasten_worker");

/// Unpacks the package below `cache` unless it is there, and returns its folder.
///
/// # Errors
/// When the cache folder cannot be written.
pub fn unpack(cache: &Utf8Path) -> Result<Utf8PathBuf, RunError> {
    let home = cache.join(format!("worker-{}", content_hash()));
    let package = home.join("hasten_worker");
    if !package.is_dir() {
        unpack_into(cache, &home).map_err(RunError::Unpack)?;
    }
    Ok(package)
}

fn files<'a>(folder: &'a Dir<'a>, found: &mut Vec<&'a include_dir::File<'a>>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => files(folder, found),
            DirEntry::File(file) if file.path().extension().is_some_and(|kind| kind == "py") => {
                found.push(file);
            }
            DirEntry::File(_) => {}
        }
    }
}

fn package_files() -> Vec<&'static include_dir::File<'static>> {
    let mut found = Vec::new();
    files(&PACKAGE, &mut found);
    found.sort_by_key(|file| file.path());
    found
}

fn content_hash() -> String {
    let mut hash = Sha256::new();
    for file in package_files() {
        hash.update(file.path().as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update((file.contents().len() as u64).to_le_bytes());
        hash.update(file.contents());
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Unpacks beside the place and renames, so that two runs at once never see half a package.
fn unpack_into(cache: &Utf8Path, home: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir_all(cache)?;
    let part = tempfile::Builder::new()
        .prefix("unpacking-")
        .tempdir_in(cache)?;
    for file in package_files() {
        let path = part.path().join("hasten_worker").join(file.path());
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        fs_err::write(path, file.contents())?;
    }
    let made = part.keep();
    match fs_err::rename(&made, home) {
        Err(_) if home.join("hasten_worker").is_dir() => fs_err::remove_dir_all(made),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_unpacked_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(folder.path()).unwrap();
        let package = unpack(cache).unwrap();
        assert!(package.join("__main__.py").is_file());
        assert_eq!(unpack(cache).unwrap(), package);
        assert_eq!(cache.read_dir_utf8().unwrap().count(), 1);
    }
}
