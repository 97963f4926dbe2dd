//! `hasten verify`: runs plain pytest and hasten, and compares every test.
//!
//! Plain pytest runs twice: what it does not repeat itself cannot be asked of hasten. Then hasten
//! runs twice: once with every report listened to, and once, with another number of workers, with
//! passed tests reported in short, as in a normal run.

mod compare;
mod normalise;
mod recording;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use self::compare::Difference;
use self::recording::Recording;
use super::Failure;
use crate::arguments::Arguments;
use crate::environment;

const RECORDER: &str = include_str!("../../../python/hasten_verify_recorder.py");

/// Starts pytest as its own command does, with another interpreter's name for `-c`.
const PLAIN_PYTEST: &str = "import os, sys; sys.path[0] = os.path.dirname(sys.executable); \
     sys.argv[0] = os.path.join(sys.path[0], 'pytest'); import pytest; sys.exit(pytest.console_main())";

/// Options that plain pytest does not know, with their number of values.
const OWN_OPTIONS: [(&str, usize); 5] = [
    ("-n", 1),
    ("--numprocesses", 1),
    ("--maxprocesses", 1),
    ("--dist", 1),
    ("--start-method", 1),
];

/// Compares; the exit status is 1 when something differs.
pub(crate) fn verify(arguments: &Arguments) -> Result<i32, Failure> {
    let runs = Runs::prepare(arguments)?;
    let plain = runs.plain("plain pytest", "plain")?;
    let again = runs.plain("plain pytest again", "again")?;
    let first = runs.hasten("hasten", "first", false)?;
    let second = runs.hasten("hasten, with another number of workers", "second", true)?;

    let unstable: BTreeSet<_> = compare::differences(&plain, &again)
        .iter()
        .map(Difference::place)
        .collect();
    let mut equal = true;
    for (name, expected, found) in [
        ("hasten", &plain, &first),
        (
            "hasten, with another number of workers",
            &plain.without_warnings(),
            &second,
        ),
    ] {
        equal &= tell(name, expected, found, &unstable)?;
    }
    if !unstable.is_empty() {
        print(&format!(
            "{} differences between two runs of plain pytest were left out\n",
            unstable.len()
        ))?;
    }
    Ok(i32::from(!equal))
}

/// Prints how a run compares; true when it is equal.
fn tell(
    name: &str,
    expected: &Recording,
    found: &Recording,
    unstable: &BTreeSet<(String, String, String)>,
) -> Result<bool, Failure> {
    let differences: Vec<Difference> = compare::differences(expected, found)
        .into_iter()
        .filter(|difference| !unstable.contains(&difference.place()))
        .collect();
    let mut text = compare::render(&differences);
    if expected.exit_status != found.exit_status {
        text.push_str(&format!(
            "exit status: pytest {}, hasten {}\n",
            expected.exit_status, found.exit_status
        ));
    }
    let equal = text.is_empty();
    if equal {
        text = format!("{name}: {} tests, no differences\n", found.items());
    } else {
        text.push_str(&format!(
            "{name}: {} differences\n",
            differences.len().max(1)
        ));
    }
    print(&text)?;
    Ok(equal)
}

/// Where and how the runs take place.
struct Runs {
    python: Utf8PathBuf,
    folder: tempfile::TempDir,
    args: Vec<String>,
    plain_args: Vec<String>,
    hasten: std::path::PathBuf,
}

impl Runs {
    fn prepare(arguments: &Arguments) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("hasten-verify-")
            .tempdir()?;
        fs_err::write(folder.path().join("hasten_verify_recorder.py"), RECORDER)?;
        Ok(Self {
            python: environment::interpreter_search(arguments.python.clone()).find()?,
            folder,
            args: arguments.rest.clone(),
            plain_args: without_own_options(&arguments.rest),
            hasten: environment::own_program()?,
        })
    }

    fn plain(&self, title: &str, name: &str) -> Result<Recording, Failure> {
        let mut command = Command::new(&self.python);
        command.args(["-c", PLAIN_PYTEST]);
        self.record(title, name, command, &self.plain_args)
    }

    fn hasten(&self, title: &str, name: &str, other: bool) -> Result<Recording, Failure> {
        let mut command = Command::new(&self.hasten);
        command.args(["run", "--python", self.python.as_str()]);
        let mut args = self.args.clone();
        if other {
            command.env("HASTEN_VERIFY_MODE", "summary");
            args.splice(
                0..0,
                ["-n".to_owned(), (environment::cores() + 1).to_string()],
            );
        }
        self.record(title, name, command, &args)
    }

    fn record(
        &self,
        title: &str,
        name: &str,
        mut command: Command,
        args: &[String],
    ) -> Result<Recording, Failure> {
        print(&format!("{title} …\n"))?;
        let folder = Utf8Path::from_path(self.folder.path())
            .ok_or_else(|| Failure::Usage("the temporary folder's name is not text".into()))?;
        let output = folder.join(format!("{name}.jsonl"));
        let log = fs_err::File::create(folder.join(format!("{name}.log")))?;
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
        let status = status.code().unwrap_or(-1);
        if status > 2 {
            let text = fs_err::read(folder.join(format!("{name}.log"))).unwrap_or_default();
            print(&String::from_utf8_lossy(&text))?;
        }
        Ok(Recording::read(&output, status))
    }
}

/// pytest's own words of the command line.
fn without_own_options(args: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut args = args.iter();
    while let Some(word) = args.next() {
        if let Some((_, values)) = OWN_OPTIONS.iter().find(|(name, _)| name == word) {
            args.by_ref().take(*values).for_each(drop);
        } else if !(word.starts_with("-n") && word[2..].parse::<usize>().is_ok())
            && !OWN_OPTIONS
                .iter()
                .any(|(name, _)| name.starts_with("--") && word.starts_with(&format!("{name}=")))
        {
            kept.push(word.clone());
        }
    }
    kept
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_pytest_gets_its_own_words() {
        let args: Vec<String> = "-n 4 tests -x --dist=load -n8 -k name --start-method spawn -v"
            .split(' ')
            .map(str::to_owned)
            .collect();
        assert_eq!(
            without_own_options(&args),
            ["tests", "-x", "-k", "name", "-v"]
        );
    }
}
