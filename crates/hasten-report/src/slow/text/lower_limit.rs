//! What no run can be shorter than, and why.

use std::fmt::Write as _;

use super::super::limit::Limit;
use super::super::table::{line, long, painted};
use super::{Paint, Style};
use crate::words::{counted, printable, short};

impl Limit {
    /// Nothing is said if it would be shown as `0.00s`.
    pub(super) fn is_telling(&self) -> bool {
        self.longest.seconds >= 0.005
    }
}

/// What no run can be shorter than, and a line for each thing that it comes from. Those that add up to it are marked.
pub(super) fn render(text: &mut String, limit: &Limit, style: Style) {
    let mut heading = "Lower limit: a run of all tests takes no less than about ".to_owned();
    match limit.workers {
        Some(workers) if limit.on_any_number < limit.seconds => {
            let _ = write!(
                heading,
                "{} on {}, {} on any number",
                long(limit.seconds),
                counted(workers as usize, "worker"),
                long(limit.on_any_number)
            );
        }
        _ => {
            let _ = write!(
                heading,
                "{} on any number of workers",
                long(limit.on_any_number)
            );
        }
    }
    if let Some(last) = limit.last {
        let _ = write!(heading, "; the last one took {}", long(last));
    }
    line(text, &heading, Paint::new().bold(), style);
    let rows = limit_rows(limit);
    let width = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    for (adds, seconds, words) in rows {
        let mark = if adds { "*" } else { " " };
        let paint = if adds {
            Paint::new()
        } else {
            Paint::new().dimmed()
        };
        let words = format!("{mark} {seconds:>width$}  {words}");
        let _ = writeln!(text, "{}", painted(&words, paint, style));
    }
}

/// Whether it adds to the limit, seconds, words.
fn limit_rows(limit: &Limit) -> Vec<(bool, String, String)> {
    let mut rows = Vec::new();
    if let Some(outside) = limit.outside {
        let stages = limit.stages.iter();
        let stages: Vec<String> = stages
            .filter(|stage| stage.seconds >= 0.005)
            .map(|stage| format!("{} {}", stage.name, short(stage.seconds)))
            .collect();
        let stages = match stages.join(", ") {
            none if none.is_empty() => none,
            stages => format!(": {stages}"),
        };
        rows.push((
            true,
            short(outside),
            format!("before and after the tests{stages}"),
        ));
    }
    if limit.serial_tests > 0 {
        let tests = counted(limit.serial_tests, "serial test");
        rows.push((
            true,
            short(limit.serial),
            format!("{tests}, one after the other and alone"),
        ));
    }
    let longest = &limit.longest;
    let advice = if limit.binds == "longest" && longest.without < limit.seconds - 0.005 {
        let what = if longest.fixtures > longest.seconds / 2.0 {
            "make these faster"
        } else if longest.tests > 1 {
            "split the group or make it faster"
        } else {
            "split it or make it faster"
        };
        format!(
            "; {what}: without it the limit is {}",
            short(longest.without)
        )
    } else {
        String::new()
    };
    let with = if longest.fixtures >= 0.005 {
        let fixtures = short(longest.fixtures);
        format!(", with {fixtures} of fixtures of a wider scope")
    } else {
        String::new()
    };
    let what = match longest.tests {
        1 => "the longest test, ".to_owned(),
        tests => format!("{tests} tests that stay together, one of them "),
    };
    rows.push((
        limit.binds == "longest",
        short(longest.seconds),
        format!("{what}{}{with}{advice}", printable(&longest.nodeid)),
    ));
    if let Some(computing) = limit.computing {
        let cores = counted(limit.cores, "core");
        rows.push((
            limit.binds == "computing",
            short(computing / limit.cores.max(1) as f64),
            format!("{} of computing on {cores}", short(computing)),
        ));
    }
    if limit.binds == "workers"
        && let Some(workers) = limit.workers
    {
        let shared = limit.seconds - limit.outside.unwrap_or(0.0) - limit.serial;
        let more = limit.useful_workers.map_or(String::new(), |useful| {
            format!(", which wait meanwhile: up to -n {useful} helps")
        });
        let workers = counted(workers as usize, "worker");
        let others = if limit.serial_tests > 0 { "other " } else { "" };
        rows.push((
            true,
            short(shared),
            format!("all {others}tests one after the other on {workers}{more}"),
        ));
    }
    rows
}
