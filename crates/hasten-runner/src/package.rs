//! The embedded Python packages, unpacked once into a cache folder named by their content.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, DirEntry, include_dir};
use sha2::{Digest, Sha256};

use crate::error::RunError;

/// What runs pytest.
const WORKER: &str = "hasten_worker";

/// The packages: [`WORKER`], and what suites import.
static PACKAGES: [(&str, Dir<'_>); 2] = [
    (
        WORKER,
        include_dir!("$CARGO_MANIFEST_DIR/../../python/hasten_worker"),
    ),
    (
        "hasten",
        include_dir!("$CARGO_MANIFEST_DIR/../../python/hasten"),
    ),
];

/// Unpacks the packages below `cache` unless they are there, and returns the folder of the one that runs pytest.
///
/// # Errors
/// When the cache folder cannot be written.
pub fn unpack(cache: &Utf8Path) -> Result<Utf8PathBuf, RunError> {
    let home = cache.join(format!("worker-{}", content_hash()));
    let package = home.join(WORKER);
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

/// The files of all packages, each with its path below the folder of all.
fn package_files() -> Vec<(Utf8PathBuf, &'static [u8])> {
    let mut all = Vec::new();
    for (name, folder) in &PACKAGES {
        let mut found = Vec::new();
        files(folder, &mut found);
        all.extend(found.into_iter().filter_map(|file| {
            let path = Utf8Path::from_path(file.path())?;
            Some((Utf8Path::new(name).join(path), file.contents()))
        }));
    }
    all.sort();
    all
}

fn content_hash() -> String {
    let mut hash = Sha256::new();
    for (path, text) in package_files() {
        hash.update(path.as_str());
        hash.update([0]);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Unpacks beside the place and renames, so that two runs at once never see a part of it.
fn unpack_into(cache: &Utf8Path, home: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir_all(cache)?;
    let part = tempfile::Builder::new()
        .prefix("unpacking-")
        .tempdir_in(cache)?;
    for (path, text) in package_files() {
        let path = part.path().join(path);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        fs_err::write(path, text)?;
    }
    let made = part.keep();
    match fs_err::rename(&made, home) {
        Err(_) if home.join(WORKER).is_dir() => fs_err::remove_dir_all(made),
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
        assert!(package.with_file_name("hasten").join("once.py").is_file());
        assert_eq!(unpack(cache).unwrap(), package);
        assert_eq!(cache.read_dir_utf8().unwrap().count(), 1);
    }
}
