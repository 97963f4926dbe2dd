//! What GitHub Actions shows of a run: annotations on stdout, and the job summary.

use std::io::Write;

use camino::Utf8Path;
use hasten_report::github::{Gathered, Places, SUMMARY_LIMIT};

use super::{Output, Run};

impl Run {
    /// Prints annotations and writes the summary, after everything else. Returns what is to be said when the summary
    /// cannot be written.
    pub(super) fn show_on_github(&mut self) -> Option<String> {
        let (gathered, rootdir) = self.events.take_gathered()?;
        if !gathered.is_worth_it() {
            return None;
        }
        let places = Places {
            rootdir: &rootdir,
            workspace: self.options.github.workspace.as_deref(),
        };
        // pytest-github-actions-annotate-failures has written those of failures.
        let annotated = self.configured.as_ref().is_some_and(|main| main.annotates);
        let text = gathered.annotations(places, !annotated);
        let _ = match self.options.output {
            Output::Stdout => std::io::stdout().lock().write_all(text.as_bytes()),
            Output::Stderr | Output::Held => std::io::stderr().lock().write_all(text.as_bytes()),
        };
        let path = self.options.github.summary.as_deref()?;
        let error = append_summary(path, &gathered).err()?;
        Some(format!("the job summary cannot be written: {error}"))
    }
}

/// Adds the summary to what the step has written so far: the limit is for all of it.
fn append_summary(path: &Utf8Path, gathered: &Gathered) -> std::io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.create(true).append(true).open(path)?;
    let used = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let summary = gathered.summary(SUMMARY_LIMIT.saturating_sub(used));
    file.write_all(summary.as_bytes())
}
