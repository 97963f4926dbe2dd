//! What the process finds around it. Read here, and nowhere else.

use std::env;
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use hasten_report::slow::Style;
use hasten_runner::{Github, Search};

/// Columns where the width of the output is not known.
const USUAL_WIDTH: usize = 100;

/// The folder that the run starts in.
pub(crate) fn current_folder() -> Utf8PathBuf {
    env::current_dir()
        .ok()
        .and_then(|folder| Utf8PathBuf::from_path_buf(folder).ok())
        .unwrap_or_else(|| Utf8PathBuf::from("."))
}

/// Where to look for an interpreter.
pub(crate) fn interpreter_search(named: Option<String>) -> Search {
    let beside = env::current_exe().ok().and_then(|program| {
        Some(
            Utf8PathBuf::from_path_buf(program)
                .ok()?
                .parent()?
                .to_owned(),
        )
    });
    Search {
        named,
        virtual_env: variable("VIRTUAL_ENV").map(Utf8PathBuf::from),
        cwd: current_folder(),
        path: variable("PATH").unwrap_or_default(),
        beside,
    }
}

/// Where the Python part is unpacked: `HASTEN_CACHE_DIR`, else the user's cache folder, else
/// a temporary one.
pub(crate) fn cache_folder() -> Utf8PathBuf {
    if let Some(folder) = variable("HASTEN_CACHE_DIR") {
        return Utf8PathBuf::from(folder);
    }
    let home = variable("XDG_CACHE_HOME")
        .map(Utf8PathBuf::from)
        .or_else(|| Some(Utf8PathBuf::from(variable("HOME")?).join(".cache")));
    match home {
        Some(home) if fs_err::create_dir_all(home.join("hasten")).is_ok() => home.join("hasten"),
        _ => Utf8PathBuf::from_path_buf(env::temp_dir())
            .unwrap_or_else(|_| Utf8PathBuf::from("/tmp"))
            .join(format!("hasten-{}", user_id())),
    }
}

/// What GitHub Actions says of itself.
pub(crate) fn github() -> Github {
    Github {
        active: variable("GITHUB_ACTIONS").as_deref() == Some("true"),
        workspace: variable("GITHUB_WORKSPACE").map(Utf8PathBuf::from),
        summary: variable("GITHUB_STEP_SUMMARY").map(Utf8PathBuf::from),
    }
}

/// The kind of terminal, for who draws on it.
pub(crate) fn terminal() -> Option<String> {
    variable("TERM")
}

/// This program.
pub(crate) fn own_program() -> std::io::Result<std::path::PathBuf> {
    env::current_exe()
}

/// `PYTHONPATH` with one more folder in front.
pub(crate) fn python_path_with(folder: &Utf8Path) -> String {
    match variable("PYTHONPATH") {
        Some(others) => format!("{folder}:{others}"),
        None => folder.to_string(),
    }
}

/// Cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// An id that no other run has: 32 hexadecimal digits, as pytest-xdist's.
pub(crate) fn new_run_id() -> String {
    let mut bytes = [0; 16];
    let random =
        fs_err::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if random.is_err() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos());
        bytes = (now ^ u128::from(std::process::id()) << 96).to_le_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a text for stdout looks.
pub(crate) fn style() -> Style {
    Style {
        colour: colour(),
        width: variable("COLUMNS")
            .and_then(|columns| columns.parse().ok())
            .unwrap_or(USUAL_WIDTH),
    }
}

/// True when stdout is a terminal that shows colours.
fn colour() -> bool {
    use std::io::IsTerminal;
    std::io::stdout().is_terminal()
        && variable("NO_COLOR").is_none()
        && variable("TERM").as_deref() != Some("dumb")
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn user_id() -> String {
    variable("USER").unwrap_or_else(|| "user".to_owned())
}
