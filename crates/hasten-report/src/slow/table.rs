//! Tables, numbers and names for a terminal.

use owo_colors::{OwoColorize, Style as Paint};
use unicode_width::UnicodeWidthStr;

use super::Style;
use crate::words::{counted, short};

/// A terminal with fewer columns gets narrow tables: beside the wide ones a node id of 40
/// characters would not fit.
pub(super) const WIDE: usize = 100;

/// A column of a table.
#[derive(Clone, Copy)]
pub(super) struct Column {
    head: &'static str,
    /// Its texts begin below each other, else they end so.
    left: bool,
    shown: bool,
}

impl Column {
    /// Of numbers.
    pub(super) const fn number(head: &'static str) -> Self {
        Self {
            head,
            left: false,
            shown: true,
        }
    }

    /// Of words.
    pub(super) const fn words(head: &'static str) -> Self {
        Self {
            left: true,
            ..Self::number(head)
        }
    }

    /// Is left out unless something holds.
    pub(super) const fn only_if(mut self, shown: bool) -> Self {
        self.shown = self.shown && shown;
        self
    }
}

/// A table whose last column is a name: it is shown whole, and wraps if it has to.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<Cell>,
    /// A line below it, under the name.
    below: Option<String>,
}

/// A part of a row.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) paint: Paint,
}

impl Cell {
    pub(super) const fn plain(text: String) -> Self {
        Self {
            text,
            paint: Paint::new(),
        }
    }
}

impl Table {
    pub(super) const fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell for each column, shown or not.
    pub(super) fn add(&mut self, cells: Vec<Cell>, below: Option<String>) {
        self.rows.push(Row { cells, below });
    }

    /// Adds the lines, and an empty one; nothing if there is no row.
    pub(super) fn render(mut self, text: &mut String, style: Style) {
        if self.rows.is_empty() {
            return;
        }
        let head = |column: &Column| Cell {
            text: column.head.to_owned(),
            paint: Paint::new().dimmed(),
        };
        let cells = self.columns.iter().map(head).collect();
        self.rows.insert(0, Row { cells, below: None });
        let shown: Vec<usize> = (0..self.columns.len())
            .filter(|number| self.columns[*number].shown)
            .collect();
        let width = |number: &usize| {
            let cells = self.rows.iter().map(|row| &row.cells[*number]);
            cells.map(|cell| cell.text.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = shown.iter().map(width).collect();
        let before_name = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        for row in &self.rows {
            for (position, (&number, width)) in shown.iter().zip(&widths).enumerate() {
                let cell = &row.cells[number];
                let padding = " ".repeat(width - cell.text.width());
                let gap = if position == 0 { "" } else { "  " };
                let is_last = position + 1 == shown.len();
                let (before, after) = match self.columns[number].left {
                    true => ("", if is_last { "" } else { padding.as_str() }),
                    false => (padding.as_str(), ""),
                };
                text.push_str(gap);
                text.push_str(before);
                text.push_str(&painted(&cell.text, cell.paint, style));
                text.push_str(after);
            }
            text.push('\n');
            if let Some(below) = &row.below {
                text.push_str(&" ".repeat(if style.width >= WIDE { before_name } else { 2 }));
                line(text, below, Paint::new().dimmed(), style);
            }
        }
        text.push('\n');
    }
}

/// Seconds as pytest's last line prints them: `75.20s (0:01:15)` from a minute on.
pub(super) fn long(seconds: f64) -> String {
    if seconds < 60.0 {
        return short(seconds);
    }
    let whole = seconds as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    format!(
        "{} ({days}{hours}:{minutes:02}:{:02})",
        short(seconds),
        whole % 60
    )
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// How long ago something was, in its largest unit.
pub(super) fn ago(seconds: f64) -> String {
    let minutes = (seconds.max(0.0) / 60.0) as u64;
    let (number, unit) = match minutes {
        0 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{} ago", counted(number, unit))
}

/// The colour that pytest has for an outcome.
pub(super) fn colour(outcome: &str) -> Paint {
    match outcome {
        "passed" => Paint::new().green(),
        "skipped" | "xfailed" | "xpassed" | "quarantined" => Paint::new().yellow(),
        _ => Paint::new().red(),
    }
}

pub(super) fn painted(text: &str, paint: Paint, style: Style) -> String {
    if style.colour && !paint.is_plain() {
        text.style(paint).to_string()
    } else {
        text.to_owned()
    }
}

pub(super) fn line(text: &mut String, words: &str, paint: Paint, style: Style) {
    text.push_str(&painted(words, paint, style));
    text.push('\n');
}
