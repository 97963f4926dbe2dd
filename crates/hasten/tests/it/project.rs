//! A small project in a temporary folder, and hasten run on it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A project.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

/// What a run printed, and its exit status.
#[derive(Debug)]
#[must_use = "assert on the status or the output"]
pub(crate) struct Output {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The interpreter that tests use.
pub(crate) fn python() -> PathBuf {
    std::env::var_os("HASTEN_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python"),
        PathBuf::from,
    )
}

impl Project {
    /// A project with one file.
    pub(crate) fn with(name: &str, text: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        // Its own rootdir, whatever lies above.
        project.and("pytest.ini", "[pytest]\n").and(name, text)
    }

    /// One more file.
    pub(crate) fn and(self, name: &str, text: &str) -> Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file's text.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    /// The command, to be completed.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hasten"));
        command
            .args(args)
            .current_dir(self.path())
            .env(
                "HASTEN_CACHE_DIR",
                std::env::temp_dir().join("hasten-test-cache"),
            )
            .env("COLUMNS", "80")
            .env_remove("PYTEST_ADDOPTS")
            .env_remove("PYTEST_TIMEOUT")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_STEP_SUMMARY")
            .env_remove("GITHUB_WORKSPACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if !matches!(
            args.first(),
            Some(&("slow" | "report" | "attach" | "--version" | "--help"))
        ) {
            command.arg("--python").arg(python());
        }
        command
    }

    /// Runs hasten.
    pub(crate) fn hasten(&self, args: &[&str]) -> Output {
        Output::of(self.start(args))
    }

    /// Starts hasten.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Runs plain pytest.
    pub(crate) fn pytest(&self, args: &[&str]) -> Output {
        let child = Command::new(python())
            .args(["-m", "pytest", "-p", "no:xdist"])
            .args(args)
            .current_dir(self.path())
            .env("COLUMNS", "80")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Output::of(child)
    }

    /// Waits until a file has been written by a test.
    pub(crate) fn wait_for(&self, name: &str) {
        let begin = Instant::now();
        while !self.path().join(name).exists() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{name} was never written"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Output {
    pub(crate) fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts on the status and on parts of the output.
    #[track_caller]
    pub(crate) fn check(&self, status: i32, parts: &[&str]) {
        for part in parts {
            assert!(
                self.stdout.contains(part),
                "no {part:?} in\n{}\n{}",
                self.stdout,
                self.stderr
            );
        }
        assert_eq!(self.status, status, "{}\n{}", self.stdout, self.stderr);
        for ours in ["hasten_worker", "panicked at", "RUST_BACKTRACE"] {
            assert!(!self.stderr.contains(ours), "{}", self.stderr);
        }
    }
}

/// Processes whose command line or environment holds the text.
pub(crate) fn processes_with(text: &str) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let holds = |file: &str| {
            std::fs::read(format!("/proc/{pid}/{file}"))
                .is_ok_and(|all| String::from_utf8_lossy(&all).contains(text))
        };
        if holds("cmdline") || holds("environ") {
            found.push(pid);
        }
    }
    found
}

/// Waits until no process with the text is left.
#[track_caller]
pub(crate) fn assert_nothing_left(text: &str) {
    let begin = Instant::now();
    loop {
        let left = processes_with(text);
        if left.is_empty() {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "left behind: {left:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
