//! The text of `hasten slow`.

mod lower_limit;

use std::fmt::Write as _;

use hasten_history::SortBy;
use owo_colors::Style as Paint;

use super::seconds::{Seconds, phase, share};
use super::table::{Cell, Column, Table, WIDE, ago, colour, line, long, percent};
use super::{Changed, Mostly, Pace, Report, Style, Test, When};
use crate::words::{brief, counted, printable, short};

/// Three before and three after a change.
const RUNS_FOR_TRENDS: usize = 6;

/// Renders the whole report.
pub(super) fn render(report: &Report, style: Style) -> String {
    if report.suite.tests == 0 {
        return nothing_known(report);
    }
    let show = report.options.sections;
    let mut text = String::new();
    if show.tests {
        tests(&mut text, report, style);
    }
    if show.files {
        files(&mut text, report, style);
    }
    if show.fixtures {
        fixtures(&mut text, report, style);
    }
    if show.imports {
        imports(&mut text, report, style);
    }
    if show.trends {
        trends(&mut text, report, style);
    }
    if show.suite {
        suite(&mut text, report, style);
        if let Some(limit) = report.limit.as_ref().filter(|limit| limit.is_telling()) {
            text.push('\n');
            lower_limit::render(&mut text, limit, style);
        }
        if !report.measured {
            let what = match report.suite.cpu {
                Some(_) => "Fixtures and imports",
                None => "Fixtures, imports and processor time",
            };
            let words = format!("{what} are not measured yet: run the tests once, then ask again.");
            text.push('\n');
            line(&mut text, &words, Paint::new(), style);
        }
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

fn nothing_known(report: &Report) -> String {
    let paths = &report.options.paths;
    if report.last_run.is_none() {
        "No run of this project is recorded yet: run its tests once with hasten, then ask again.\n"
            .to_owned()
    } else if paths.is_empty() {
        "No test of this project has completed in a run yet: run hasten again when some pass or fail.\n"
            .to_owned()
    } else {
        format!(
            "No recorded test is below {}: give paths and node ids as pytest prints them.\n",
            paths.join(", ")
        )
    }
}

fn tests(text: &mut String, report: &Report, style: Style) {
    let all = report.suite.tests;
    heading(text, report, "test", report.tests.len(), all, style);
    let known = report.tests.iter().any(|test| test.mostly.is_some());
    let columns = [
        Column::words("mostly").only_if(known),
        Column::number("runs").only_if(style.width >= WIDE),
        Column::words("last"),
        Column::words("test"),
    ];
    let mut table = Table::new([durations_heads(report.by, style), columns.into()].concat());
    for test in &report.tests {
        let mut row = durations(&test.seconds, test.share);
        row.push(Cell::plain(test.mostly.map_or("-".to_owned(), mostly)));
        row.push(Cell::plain(test.runs.to_string()));
        row.push(Cell {
            text: test.last_outcome.to_owned(),
            paint: colour(test.last_outcome),
        });
        row.push(Cell::plain(printable(&test.nodeid)));
        table.add(row, waits(test));
    }
    table.render(text, style);
}

fn mostly(mostly: Mostly) -> String {
    format!("{} {:.0}%", mostly.what, mostly.share * 100.0)
}

/// Where a test waits.
fn waits(test: &Test) -> Option<String> {
    let longest = test.waits.first()?;
    let inside = longest.inside.as_ref();
    let inside = inside.map_or(String::new(), |inside| format!(" ({inside})"));
    let others = match test.waits.len() - 1 {
        0 => String::new(),
        others => format!(", and {}", counted(others, "other line")),
    };
    Some(printable(&format!(
        "waits at {}{inside}, {:.2} of {}{others}",
        longest.line,
        longest.seconds,
        short(test.seconds.total.max(longest.seconds))
    )))
}

fn files(text: &mut String, report: &Report, style: Style) {
    let all = report.suite.files;
    heading(text, report, "file", report.files.len(), all, style);
    let known = report.files.iter().any(|file| file.collection.is_some());
    let columns = [
        Column::number("tests"),
        Column::number("collection").only_if(known),
        Column::number("import").only_if(known && style.width >= WIDE),
        Column::words("file"),
    ];
    let mut table = Table::new([durations_heads(report.by, style), columns.into()].concat());
    let maybe = |seconds: Option<f64>| Cell::plain(seconds.map_or("-".to_owned(), short));
    for file in &report.files {
        let mut row = durations(&file.seconds, file.share);
        row.push(Cell::plain(file.tests.to_string()));
        row.push(maybe(file.collection));
        row.push(maybe(file.import));
        row.push(Cell::plain(printable(&file.file)));
        table.add(row, None);
    }
    table.render(text, style);
}

fn fixtures(text: &mut String, report: &Report, style: Style) {
    if report.fixtures.is_empty() {
        nothing(text, report, "fixture", style);
        return;
    }
    line(text, "Costliest fixtures", Paint::new().bold(), style);
    let wide = style.width >= WIDE;
    let mut table = Table::new(vec![
        Column::number("total"),
        Column::number("share"),
        Column::number("setups"),
        Column::number("each"),
        Column::number("longest"),
        Column::number("teardown").only_if(wide),
        Column::words("scope"),
        Column::words("fixture"),
    ]);
    for fixture in &report.fixtures {
        let below = fixture.is_set_up_for_each_test().then(|| {
            "set up anew for each test: where tests leave what it gives them as it was, a wider scope \
             sets it up once"
                .to_owned()
        });
        let each = fixture.setup / fixture.setups.max(1) as f64;
        let row = [
            short(fixture.total),
            percent(fixture.share),
            fixture.setups.to_string(),
            brief(each),
            brief(fixture.longest),
            short(fixture.teardown),
            fixture.scope.clone(),
            printable(&fixture.fixture),
        ];
        table.add(row.map(Cell::plain).into(), below);
    }
    table.render(text, style);
}

fn imports(text: &mut String, report: &Report, style: Style) {
    if report.imports.is_empty() {
        nothing(text, report, "import", style);
        return;
    }
    line(text, "Slowest imports", Paint::new().bold(), style);
    let mut table = Table::new(vec![
        Column::number("own"),
        Column::number("all"),
        Column::words("imported for"),
        Column::words("module"),
    ]);
    for import in &report.imports {
        let row = [
            short(import.own),
            short(import.all),
            printable(&import.file),
            printable(&import.module),
        ];
        table.add(row.map(Cell::plain).into(), None);
    }
    table.render(text, style);
}

/// Says that there is none, if somebody asked for it.
fn nothing(text: &mut String, report: &Report, what: &str, style: Style) {
    if report.options.sections == super::Sections::ALL {
        return;
    }
    let words = if !report.measured {
        format!("No {what} is measured yet: run the tests once, then ask again")
    } else if what == "fixture" && !report.options.paths.is_empty() {
        "Which tests use a fixture is not recorded: ask for fixtures without a path".to_owned()
    } else {
        format!("No {what} takes {}s or more", report.options.min_seconds)
    };
    line(text, &words, Paint::new().bold(), style);
    text.push('\n');
}

fn trends(text: &mut String, report: &Report, style: Style) {
    let Report { slower, faster, .. } = report;
    for (word, changes) in [("Slower", slower), ("Faster", faster)] {
        if changes.is_empty() {
            continue;
        }
        line(text, &format!("{word} since"), Paint::new().bold(), style);
        let mut table = Table::new(vec![
            Column::number("before"),
            Column::number("now"),
            Column::number("times"),
            Column::words("since"),
            Column::words("what"),
        ]);
        for change in changes {
            table.add(changed(change, report.now), None);
        }
        table.render(text, style);
    }
    if let Some(pace) = &report.pace {
        line(text, &pace_words(pace, report.now), Paint::new(), style);
        text.push('\n');
    }
    let asked = report.options.sections != super::Sections::ALL;
    if asked && slower.is_empty() && faster.is_empty() && report.pace.is_none() {
        let runs = counted(report.runs_compared, "run");
        let words = if report.runs_compared < RUNS_FOR_TRENDS {
            format!(
                "Trends need at least {RUNS_FOR_TRENDS} runs on one machine with one version of Python: {runs} so far"
            )
        } else {
            format!("Nothing became slower or faster for good in the last {runs} on this machine")
        };
        line(text, &words, Paint::new().bold(), style);
        text.push('\n');
    }
}

fn changed(change: &Changed, now: f64) -> Vec<Cell> {
    let name = match change.kind {
        "fixture" => format!("fixture {}", change.name),
        _ => change.name.clone(),
    };
    let times = if change.before > 0.0 {
        format!("{:.2}", change.after / change.before)
    } else {
        "-".to_owned()
    };
    let row = [
        brief(change.before),
        brief(change.after),
        times,
        since(&change.first, &change.last_before, now),
        printable(&name),
    ];
    row.map(Cell::plain).into()
}

fn pace_words(pace: &Pace, now: f64) -> String {
    format!(
        "All tests take {:.2} times as long since {}: the suite, or this machine.",
        pace.ratio,
        since(&pace.first, &pace.last_before, now)
    )
}

/// Names the run in which something changed.
fn since(first: &When, last: &When, now: f64) -> String {
    let ago = ago(now - first.started_at);
    let short = |commit: &String| commit.chars().take(7).collect::<String>();
    match (&first.commit, &last.commit) {
        (None, _) => ago,
        (Some(commit), Some(before)) if commit == before => {
            format!("{ago}, at {} as before", short(commit))
        }
        (Some(commit), _) => format!("{}, {ago}", short(commit)),
    }
}

fn heading(
    text: &mut String,
    report: &Report,
    what: &str,
    listed: usize,
    all: usize,
    style: Style,
) {
    let by = match report.by {
        SortBy::Total => String::new(),
        by => format!(" by {}", phase(by)),
    };
    let heading = if listed == 0 {
        format!(
            "No {what} takes {}s{by} or more",
            report.options.min_seconds
        )
    } else if listed < all {
        format!("Slowest {listed} of {all} {what}s{by}")
    } else {
        format!("Slowest {what}s{by}")
    };
    line(text, &heading, Paint::new().bold(), style);
    if listed == 0 {
        text.push('\n');
    }
}

fn suite(text: &mut String, report: &Report, style: Style) {
    let suite = &report.suite;
    let Seconds {
        total,
        setup,
        call,
        teardown,
    } = suite.seconds;
    let (tests, files) = (counted(suite.tests, "test"), counted(suite.files, "file"));
    let what = if report.options.paths.is_empty() {
        "Suite".to_owned()
    } else {
        printable(&report.options.paths.join(", "))
    };
    let heading = format!(
        "{what}: {tests} in {files}, {} one after the other",
        long(total)
    );
    line(text, &heading, Paint::new().bold(), style);
    let mut rows = Vec::new();
    for (name, seconds) in [("setup", setup), ("call", call), ("teardown", teardown)] {
        rows.push((name, short(seconds), percent(share(seconds, total))));
    }
    if let Some(cpu) = &suite.cpu {
        let mut add = |name, seconds| {
            rows.push((name, short(seconds), percent(share(seconds, total))));
        };
        add("computing", cpu.total);
        let no_core = suite.no_core.unwrap_or(0.0);
        if no_core >= 0.005 {
            add("no core", no_core);
        }
        add("waiting", (total - cpu.total - no_core).max(0.0));
    }
    let names = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let width = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    for (name, seconds, share) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<names$}  {seconds:>width$}  {share:>6}");
    }
}

/// The columns with seconds of phases, and the share.
fn durations_heads(by: SortBy, style: Style) -> Vec<Column> {
    let of = |head: &'static str| {
        Column::number(head).only_if(style.width >= WIDE || head == phase(by) || head == "total")
    };
    let mut heads = ["total", "setup", "call", "teardown"].map(of).to_vec();
    heads.push(Column::number("share"));
    heads
}

fn durations(seconds: &Seconds, share: f64) -> Vec<Cell> {
    let Seconds {
        total,
        setup,
        call,
        teardown,
    } = *seconds;
    let mut row: Vec<Cell> = [total, setup, call, teardown]
        .map(|seconds| Cell::plain(short(seconds)))
        .into();
    row.push(Cell::plain(percent(share)));
    row
}
