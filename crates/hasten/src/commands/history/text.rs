//! What `hasten history` says.

use camino::Utf8Path;
use hasten_history::{Kind, Overview, Portable, Run, Start, Taken};

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
            let tests = counted(
                usize::try_from(run.attempts).unwrap_or(usize::MAX),
                "attempt",
            );
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

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A time as `2026-11-25 22:25 UTC`.
fn moment(seconds: f64) -> String {
    let minutes = (seconds.max(0.0) / 60.0) as i64;
    let (year, month, day) = date(minutes / 1_440);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Year, month and day of a number of days since 1970. Years begin in March here, so that the day
/// that some of them have more is their last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hasten_history::RunRecord;

    #[test]
    fn moments() {
        for (seconds, expected) in [
            (0.0, "1970-01-01 00:00 UTC"),
            (951_782_399.9, "2000-02-28 23:59 UTC"),
            (951_782_400.0, "2000-02-29 00:00 UTC"),
            (1_709_251_200.0, "2024-03-01 00:00 UTC"),
            (1_764_109_503.5, "2025-11-25 22:25 UTC"),
            (4_102_444_799.0, "2099-12-31 23:59 UTC"),
        ] {
            assert_eq!(moment(seconds), expected);
        }
    }

    #[test]
    fn an_overview_as_a_whole() {
        let run = |uid: &str, started_at| Run {
            id: 1,
            record: RunRecord {
                uid: uid.to_owned(),
                started_at,
                wall: 12.5,
                workers: 2,
                python: String::new(),
                pytest: String::new(),
                platform: String::new(),
                machine: String::new(),
                args: Vec::new(),
                commit: None,
                exit_status: 0,
                whole_suite: true,
                shard: None,
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
