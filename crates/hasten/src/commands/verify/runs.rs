//! The runs that are compared.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::{Attempt, History};
use hasten_runner::{HISTORY_FOLDER, unpack};

use super::recording::Recording;
use crate::commands::Failure;
use crate::environment;

const RECORDER: &str = include_str!("../../../python/hasten_verify_recorder.py");

/// Starts pytest as its own command does, with another interpreter's name for `-c`.
const PLAIN_PYTEST: &str = "import os, sys; sys.path[0] = os.path.dirname(sys.executable); \
     sys.argv[0] = __file__ = os.path.join(sys.path[0], 'pytest'); from _pytest import config; \
     sys.exit((getattr(config, '_console_main', None) or config.console_main)())";

/// Options that plain pytest does not know, with their number of values.
const OWN_OPTIONS: [(&str, usize); 7] = [
    ("-n", 1),
    ("--numprocesses", 1),
    ("--maxprocesses", 1),
    ("--dist", 1),
    ("--start-method", 1),
    ("--isolate", 1),
    ("--events", 1),
];

/// A run of hasten, and which worker ran what.
pub(super) struct HastenRun {
    pub(super) recording: Recording,
    attempts: Vec<Attempt<'static>>,
    workers: HashMap<String, u32>,
}

impl HastenRun {
    fn new(recording: Recording) -> Self {
        let mut attempts = last_attempts(&recording.rootdir).unwrap_or_default();
        attempts.sort_by(|a, b| a.started.total_cmp(&b.started));
        let workers = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.nodeid.to_string(), attempt.worker?)))
            .collect();
        Self {
            recording,
            attempts,
            workers,
        }
    }

    pub(super) fn worker_of(&self, nodeid: &str) -> Option<u32> {
        self.workers.get(nodeid).copied()
    }

    /// What a worker ran, in its order.
    pub(super) fn order_of(&self, worker: u32) -> Vec<&str> {
        let own = self
            .attempts
            .iter()
            .filter(|attempt| attempt.worker == Some(worker));
        own.map(|attempt| attempt.nodeid.as_ref()).collect()
    }
}

/// The attempts of the run that has just ended.
fn last_attempts(rootdir: &str) -> Option<Vec<Attempt<'static>>> {
    let (history, _) = History::open(&Utf8Path::new(rootdir).join(HISTORY_FOLDER));
    let run = history.last_run().ok()??;
    history.attempts(run.id).ok()
}

fn json_line(nodeid: &str) -> String {
    format!("{}\n", serde_json::Value::from(nodeid))
}

/// Where and how the runs take place.
pub(super) struct Runs {
    python: Utf8PathBuf,
    folder: tempfile::TempDir,
    args: Vec<String>,
    plain_args: Vec<String>,
    hasten: std::path::PathBuf,
    on_stderr: bool,
}

impl Runs {
    /// `on_stderr`: where to say what is being done; stdout otherwise.
    pub(super) fn prepare(
        python: Option<String>,
        args: Vec<String>,
        on_stderr: bool,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("hasten-verify-")
            .tempdir()?;
        fs_err::write(folder.path().join("hasten_verify_recorder.py"), RECORDER)?;
        // Suites may import it, and plain pytest need not have it.
        let offered = unpack(&environment::cache_folder())?.with_file_name("hasten");
        std::os::unix::fs::symlink(offered, folder.path().join("hasten"))?;
        Ok(Self {
            python: environment::interpreter_search(python).find()?,
            folder,
            plain_args: without_own_options(&args),
            args,
            hasten: environment::own_program()?,
            on_stderr,
        })
    }

    pub(super) fn plain(&self, title: &str, name: &str) -> Result<Recording, Failure> {
        self.record(title, name, self.plain_command(), &self.plain_args)
    }

    fn plain_command(&self) -> Command {
        let mut command = Command::new(&self.python);
        command
            .args(["-c", PLAIN_PYTEST])
            .env("HASTEN_VERIFY_PLAIN", "1");
        command
    }

    pub(super) fn hasten(
        &self,
        title: &str,
        name: &str,
        other: bool,
    ) -> Result<HastenRun, Failure> {
        let mut command = Command::new(&self.hasten);
        command.args(["run", "--python", self.python.as_str(), "--no-github"]);
        let mut args = self.args.clone();
        if other {
            command.env("HASTEN_VERIFY_MODE", "summary");
            args.splice(
                0..0,
                ["-n".to_owned(), (environment::cores() + 1).to_string()],
            );
        }
        let recording = self.record(title, name, command, &args)?;
        Ok(HastenRun::new(recording))
    }

    /// Plain pytest on these node ids, in this order.
    pub(super) fn plain_in_order(&self, worker: u32, order: &[&str]) -> Result<Recording, Failure> {
        let lines: Vec<String> = order.iter().map(|nodeid| json_line(nodeid)).collect();
        let path = self.folder.path().join("order");
        fs_err::write(&path, lines.concat())?;
        let mut command = self.plain_command();
        command.env("HASTEN_VERIFY_ORDER", path);
        let title = format!("plain pytest, in the order of gw{worker}");
        self.record(&title, "order", command, &self.plain_args)
    }

    fn record(
        &self,
        title: &str,
        name: &str,
        mut command: Command,
        args: &[String],
    ) -> Result<Recording, Failure> {
        self.say(&format!("{title} …\n"))?;
        let folder = Utf8Path::from_path(self.folder.path())
            .ok_or_else(|| Failure::Usage("the temporary folder's name is not text".into()))?;
        let output = folder.join(format!("{name}.jsonl"));
        let log = fs_err::File::create(folder.join(format!("{name}.log")))?;
        let start = Instant::now();
        let status = command
            .args(["-p", "hasten_verify_recorder", "-o"])
            .arg(format!("cache_dir={}", folder.join(name)))
            .args(args)
            .env("PYTHONPATH", environment::python_path_with(folder))
            .env("HASTEN_VERIFY_OUTPUT", &output)
            .stdin(Stdio::null())
            .stdout(log.file().try_clone()?)
            .stderr(log.file().try_clone()?)
            .status()?;
        let seconds = start.elapsed().as_secs_f64();
        let status = status.code().unwrap_or(-1);
        if status > 2 {
            let text = fs_err::read(folder.join(format!("{name}.log"))).unwrap_or_default();
            self.say(&String::from_utf8_lossy(&text))?;
        }
        let recording = Recording::read(&output, status, seconds);
        if recording.rootdir.is_empty() {
            // Two runs that never began are not the same, they are nothing.
            return Err(Failure::Usage(format!(
                "{title} did not begin, so there is nothing to compare: see above"
            )));
        }
        Ok(recording)
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        if self.on_stderr {
            std::io::stderr().lock().write_all(text.as_bytes())?;
        } else {
            crate::say(text)?;
        }
        Ok(())
    }
}

/// `-n4` or `--dist=load`.
fn is_own_option_with_value(word: &str) -> bool {
    let attached = word
        .strip_prefix("-n")
        .is_some_and(|value| value.parse::<usize>().is_ok());
    let named = |(name, _): &(&str, usize)| {
        name.starts_with("--")
            && word
                .strip_prefix(*name)
                .is_some_and(|rest| rest.starts_with('='))
    };
    attached || OWN_OPTIONS.iter().any(named)
}

/// pytest's own words of the command line.
fn without_own_options(args: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut args = args.iter();
    while let Some(word) = args.next() {
        if let Some((_, values)) = OWN_OPTIONS.iter().find(|(name, _)| name == word) {
            args.by_ref().take(*values).for_each(drop);
        } else if !is_own_option_with_value(word) {
            kept.push(word.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_pytest_gets_its_own_words() {
        let args: Vec<String> =
            "-n 4 tests -x --dist=load -n8 -k name --start-method spawn --isolate file -v"
                .split(' ')
                .map(str::to_owned)
                .collect();
        assert_eq!(
            without_own_options(&args),
            ["tests", "-x", "-k", "name", "-v"]
        );
    }
}
