//! `hasten history`: run times that are handed on, taken in, looked at and forgotten.

mod text;
mod words;

use camino::{Utf8Path, Utf8PathBuf};
use hasten_history::{Contents, History, KEEP_RUNS, Portable, shard_gap};

use super::{Failure, history_folder, write_to_stdout};
use crate::arguments::Arguments;
use crate::environment;
use words::Action;

/// Exit status when the files of a merge are not those of all shards of one plan.
const INCOMPLETE: i32 = 1;

/// Does it; no test is run.
pub(crate) fn history(arguments: &Arguments) -> Result<i32, Failure> {
    let action = words::read(&arguments.rest)?;
    let folder = history_folder(&environment::current_folder());
    match action {
        Action::Export(file) => export(&folder, &file),
        Action::Import(files) => import(&folder, &files),
        Action::Merge(files, out) => merge(&files, &out),
        Action::Prune(runs) => prune(&folder, runs.unwrap_or(KEEP_RUNS)),
        Action::Show => show(&folder),
        Action::Path => crate::say(&format!("{}\n", database(&folder))),
    }
}

fn export(folder: &Utf8Path, file: &Utf8Path) -> Result<i32, Failure> {
    let Some(portable) = hasten_history::export(folder)? else {
        return Err(no_history(folder));
    };
    write(&portable, file)
}

fn import(folder: &Utf8Path, files: &[Utf8PathBuf]) -> Result<i32, Failure> {
    let root = folder.parent().unwrap_or(folder);
    let mut histories = Vec::new();
    let mut starts = Vec::new();
    let mut portable = Portable::default();
    let mut of_files = Vec::new();
    for file in files {
        match Contents::read(file, root)? {
            Contents::History(of_file) => {
                histories.push(file.as_path());
                portable = portable.join(of_file.clone());
                of_files.push(of_file);
            }
            Contents::Start(of_file) => starts.push((file.as_path(), of_file)),
        }
    }
    let (names, starts): (Vec<_>, Vec<_>) = starts.into_iter().unzip();
    let taken = hasten_history::import(folder, &portable, &starts)?;
    if let Some(gap) = (of_files.len() > 1).then(|| shard_gap(&of_files)).flatten() {
        crate::complain(&gap.to_string());
    }
    let mut out = String::new();
    if !histories.is_empty() {
        out.push_str(&text::of_histories(&histories, &portable, &taken));
    }
    for ((name, start), known) in names.into_iter().zip(&starts).zip(&taken.started) {
        out.push_str(&text::of_start(name, start, *known, root));
    }
    crate::say(&out)
}

fn merge(files: &[Utf8PathBuf], out: &Utf8Path) -> Result<i32, Failure> {
    let histories: Vec<Portable> = files
        .iter()
        .map(|file| Contents::read_history(file))
        .collect::<Result<_, _>>()?;
    let gap = shard_gap(&histories);
    let portable = histories
        .into_iter()
        .fold(Portable::default(), Portable::join);
    let status = write(&portable, out)?;
    match gap {
        // The run times are right in any case, and the file has them; but tests may not have run.
        Some(gap) => {
            crate::complain(&gap.to_string());
            Ok(INCOMPLETE)
        }
        None => Ok(status),
    }
}

/// Writes it, and says so; `-` is stdout, which then has nothing else.
fn write(portable: &Portable, file: &Utf8Path) -> Result<i32, Failure> {
    let text = portable.to_text().map_err(std::io::Error::from)?;
    if file == "-" {
        return write_to_stdout(&text).map(|()| 0);
    }
    hasten_history::write_file(file, &text)?;
    crate::say(&text::written(file, portable))
}

fn prune(folder: &Utf8Path, runs: usize) -> Result<i32, Failure> {
    match hasten_history::prune_runs(folder, runs)? {
        Some(forgotten) => crate::say(&text::pruned(forgotten)),
        None => Err(no_history(folder)),
    }
}

fn show(folder: &Utf8Path) -> Result<i32, Failure> {
    match hasten_history::overview(folder)? {
        Some(overview) => crate::say(&text::overview(&overview)),
        None => crate::say(&format!("{}\n", nothing_yet(folder))),
    }
}

fn database(folder: &Utf8Path) -> Utf8PathBuf {
    History::database(folder)
}

fn no_history(folder: &Utf8Path) -> Failure {
    Failure::Usage(nothing_yet(folder))
}

fn nothing_yet(folder: &Utf8Path) -> String {
    format!(
        "there is no history {} yet: run hasten once, or hasten history import FILE",
        database(folder)
    )
}
