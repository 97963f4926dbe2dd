//! The commit that is checked out, read from git's own files: no process is started for it.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

/// The commit that is checked out in the work tree around `folder`, in hexadecimal digits. None
/// outside a work tree, before the first commit, and where git keeps references in a form of its
/// own (`reftable`).
#[must_use]
pub fn head(folder: &Utf8Path) -> Option<String> {
    let git = folder.ancestors().find_map(git_folder)?;
    let head = read(&git.join("HEAD"))?;
    let Some(reference) = head.trim_end().strip_prefix("ref: ") else {
        return commit(&head);
    };
    // A further work tree has its own HEAD; branches are shared by all.
    let common = match read(&git.join("commondir")) {
        Some(path) => git.join(path.trim_end()),
        None => git.clone(),
    };
    [&git, &common]
        .iter()
        .find_map(|folder| commit(&read(&folder.join(reference))?))
        .or_else(|| packed(&read(&common.join("packed-refs"))?, reference))
}

/// Where `folder` has git's files: `.git`, or where a file of that name points (submodules, further
/// work trees).
fn git_folder(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let path = read(&git)?;
    Some(folder.join(path.trim_end().strip_prefix("gitdir: ")?))
}

fn packed(references: &str, name: &str) -> Option<String> {
    references.lines().find_map(|line| {
        let (hash, packed_name) = line.split_once(' ')?;
        if packed_name == name {
            commit(hash)
        } else {
            None
        }
    })
}

/// A SHA-1 or SHA-256 hash, and nothing else.
fn commit(text: &str) -> Option<String> {
    let text = text.trim_end();
    let is_hash =
        matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

/// The text of a file, of at most 16 MiB: a list of references may be long, but something else may
/// lie in its place.
fn read(path: &Utf8Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut text = String::new();
    fs_err::File::open(path)
        .ok()?
        .take(16 << 20)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "12a7613d1c0ffee0000000000000000000000001";
    const OTHER: &str = "12a7613d1c0ffee0000000000000000000000002";

    /// A folder with files; the guard removes it.
    fn folder(files: &[(&str, String)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(guard.path().to_owned()).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        (guard, root)
    }

    #[test]
    fn a_branch_from_a_folder_below() {
        let (_guard, root) = folder(&[
            (".git/HEAD", "ref: refs/heads/main\n".into()),
            (".git/refs/heads/main", format!("{HASH}\n")),
            ("tests/unit/test_a.py", String::new()),
        ]);
        assert_eq!(head(&root.join("tests/unit")).as_deref(), Some(HASH));
    }

    #[test]
    fn a_packed_branch() {
        let (_guard, root) = folder(&[
            (".git/HEAD", "ref: refs/heads/main\n".into()),
            (
                ".git/packed-refs",
                format!(
                    "# pack-refs with: peeled\n{OTHER} refs/heads/mai\n{HASH} refs/heads/main\n^{OTHER}\n"
                ),
            ),
        ]);
        assert_eq!(head(&root).as_deref(), Some(HASH));
    }

    #[test]
    fn a_detached_head() {
        let (_guard, root) = folder(&[(".git/HEAD", format!("{HASH}\n"))]);
        assert_eq!(head(&root).as_deref(), Some(HASH));
    }

    #[test]
    fn a_further_work_tree() {
        let (_guard, root) = folder(&[
            ("main/.git/HEAD", "ref: refs/heads/main\n".into()),
            ("main/.git/refs/heads/main", format!("{OTHER}\n")),
            ("main/.git/refs/heads/topic", format!("{HASH}\n")),
            (
                "main/.git/worktrees/topic/HEAD",
                "ref: refs/heads/topic\n".into(),
            ),
            ("main/.git/worktrees/topic/commondir", "../..\n".into()),
            (
                "topic/.git",
                "gitdir: ../main/.git/worktrees/topic\n".into(),
            ),
        ]);
        assert_eq!(head(&root.join("topic")).as_deref(), Some(HASH));
    }

    #[test]
    fn nothing_without_a_commit_or_a_work_tree() {
        let (_guard, root) = folder(&[
            ("new/.git/HEAD", "ref: refs/heads/main\n".into()),
            ("reftable/.git/HEAD", "ref: refs/heads/.invalid\n".into()),
            ("broken/.git/HEAD", "???".into()),
            ("dangling/.git", "gitdir: nowhere\n".into()),
        ]);
        for name in ["new", "reftable", "broken", "dangling"] {
            assert_eq!(head(&root.join(name)), None, "{name}");
        }
    }
}
