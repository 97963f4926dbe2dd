//! Which Python runs the suite.

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::RunError;

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// `--python`.
    pub named: Option<String>,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<Utf8PathBuf>,
    /// The folder that the run starts in.
    pub cwd: Utf8PathBuf,
    /// `PATH`.
    pub path: String,
    /// The folder of this binary: a binary that an environment installed belongs to its
    /// interpreter.
    pub beside: Option<Utf8PathBuf>,
}

impl Search {
    /// The interpreter: `--python`; else the active environment; else the one that hasten is
    /// installed in; else `.venv` in this folder or above it; else `python3` on PATH.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self) -> Result<Utf8PathBuf, RunError> {
        if let Some(named) = &self.named {
            return self.named(named);
        }
        let environments = self
            .virtual_env
            .iter()
            .map(|root| root.join("bin/python"))
            .chain(self.beside.iter().filter_map(|bin| {
                let inside = bin.parent()?.join("pyvenv.cfg").is_file();
                inside.then(|| bin.join("python"))
            }))
            .chain(
                self.cwd
                    .ancestors()
                    .map(|folder| folder.join(".venv/bin/python")),
            );
        for python in environments {
            if python.is_file() {
                return Ok(python);
            }
        }
        self.on_path("python3")
            .or_else(|| self.on_path("python"))
            .ok_or(RunError::NoInterpreter)
    }

    fn named(&self, named: &str) -> Result<Utf8PathBuf, RunError> {
        if !named.contains('/') {
            return self.on_path(named).ok_or_else(|| {
                RunError::Unusable(format!("--python {named}: no such program on PATH"))
            });
        }
        let path = self.cwd.join(named);
        let python = if path.is_dir() {
            path.join("bin/python")
        } else {
            path
        };
        if python.is_file() {
            return Ok(python);
        }
        Err(RunError::Unusable(format!(
            "--python {named}: there is no interpreter at this path"
        )))
    }

    fn on_path(&self, name: &str) -> Option<Utf8PathBuf> {
        self.path
            .split(':')
            .filter(|folder| !folder.is_empty())
            .map(|folder| Utf8Path::new(folder).join(name))
            .find(|program| program.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        for python in ["a/.venv/bin/python", "active/bin/python", "path/python3"] {
            let file = root.join(python);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, "").unwrap();
        }
        fs_err::create_dir_all(root.join("a/b")).unwrap();
        (folder, root)
    }

    #[test]
    fn the_active_environment_comes_before_the_folder_and_the_path() {
        let (_keep, root) = project();
        let mut search = Search {
            cwd: root.join("a/b"),
            path: root.join("path").into(),
            virtual_env: Some(root.join("active")),
            ..Search::default()
        };
        assert_eq!(search.find().unwrap(), root.join("active/bin/python"));
        search.virtual_env = None;
        assert_eq!(search.find().unwrap(), root.join("a/.venv/bin/python"));
        search.cwd = root.clone();
        assert_eq!(search.find().unwrap(), root.join("path/python3"));
        search.path = String::new();
        assert!(matches!(search.find(), Err(RunError::NoInterpreter)));
    }

    #[test]
    fn a_named_interpreter_may_be_a_folder_a_path_or_a_name() {
        let (_keep, root) = project();
        let mut search = Search {
            cwd: root.clone(),
            path: root.join("path").into(),
            ..Search::default()
        };
        for (named, found) in [
            ("active/", "active/bin/python"),
            ("a/.venv/bin/python", "a/.venv/bin/python"),
            ("python3", "path/python3"),
        ] {
            search.named = Some(named.into());
            assert_eq!(search.find().unwrap(), root.join(found), "{named}");
        }
        search.named = Some("./nothing".into());
        assert!(search.find().is_err());
    }
}
