//! What `hasten history` says.

use camino::Utf8Path;
use hasten_history::{Kind, Overview, Portable, Run, Start, Taken};
use hasten_report::moment::moment;
use hasten_report::words::counted;

/// Names that are listed of those that could not be mapped.
const NAMED: usize = 3;

pub(super) fn written(file: &Utf8Path, portable: &Portable) -> String {
    format!(
        "{file}: {} and {} written\n",
        counted(portable.runs(), "run"),
        counted(portable.tests(), "test")
    )
}

pub(super) fn of_histories(files: &[&Utf8Path], portable: &Portable, taken: &Taken) -> String {
    let names: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
    format!(
        "{}: {} ({} new), {} ({} with news)\n",
        names.join(", "),
        counted(portable.runs(), "run"),
        taken.new_runs,
        counted(portable.tests(), "test"),
        taken.changed_tests
    )
}

pub(super) fn of_start(file: &Utf8Path, start: &Start, known: usize, root: &Utf8Path) -> String {
    let kind = match start.kind {
        Kind::Durations => "durations",
        Kind::Junit => "JUnit XML",
    };
    let mut text = format!("{file}: {kind}, {} taken in", counted(known, "test"));
    if start.tests() > known {
        text.push_str(&format!(", {} known already", start.tests() - known));
    }
    if !start.unmapped.is_empty() {
        let named: Vec<&str> = start
            .unmapped
            .iter()
            .take(NAMED)
            .map(String::as_str)
            .collect();
        let more = start.unmapped.len() - named.len();
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        text.push_str(&format!(
            ", {} left out, without a file below {root} ({}{more})",
            start.unmapped.len(),
            named.join(", ").replace(char::is_control, "?")
        ));
    }
    text.push('\n');
    text
}

pub(super) fn pruned(forgotten: usize) -> String {
    format!(
        "{} forgotten; what is expected of tests stays\n",
        counted(forgotten, "run")
    )
}

pub(super) fn overview(overview: &Overview) -> String {
    let mut text = format!(
        "history    {}\nsize       {}\nruns       {}\ntests      {}\n",
        overview.path,
        size(overview.bytes),
        overview.runs.len(),
        overview.tests
    );
    let mut line = |name: &str, run: Option<&Run>| {
        if let Some(run) = run {
            let when = moment(run.record.started_at);
            let tests = counted(run.attempts, "attempt");
            text.push_str(&format!(
                "{name}  {when}, {tests} in {:.2}s\n",
                run.record.wall
            ));
        }
    };
    line("first run", overview.runs.last());
    line("last run ", overview.runs.first());
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hasten_history::RunRecord;

    #[test]
    fn an_overview_as_a_whole() {
        let run = |uid: &str, started_at| Run {
            id: 1,
            record: RunRecord {
                uid: uid.to_owned(),
                started_at,
                wall: 12.5,
                workers: 2,
                whole_suite: true,
                ..RunRecord::default()
            },
            attempts: 340,
        };
        let mut seen = Overview {
            path: "/project/.hasten/history.sqlite".into(),
            bytes: 1_234_567,
            runs: vec![run("b", 1_764_109_503.0), run("a", 1_764_000_000.0)],
            tests: 341,
        };
        assert_eq!(
            overview(&seen),
            "history    /project/.hasten/history.sqlite\n\
             size       1.2 MB\n\
             runs       2\n\
             tests      341\n\
             first run  2025-11-24 16:00 UTC, 340 attempts in 12.50s\n\
             last run   2025-11-25 22:25 UTC, 340 attempts in 12.50s\n"
        );
        seen.runs.clear();
        assert!(overview(&seen).ends_with("runs       0\ntests      341\n"));
    }
}
