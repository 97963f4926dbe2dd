//! What pytest prints of a failure: `toterminal` of `_pytest/_code/code.py`, without colours.

use serde_json::Value;

use super::{Crash, Entry, EntryData, FuncArgs, LongRepr, Traceback};

impl LongRepr {
    /// The text, without a line end, on a terminal of so many columns.
    pub(super) fn text(&self, columns: usize) -> String {
        let mut page = Page {
            text: String::new(),
            columns,
        };
        match self {
            Self::Text(text) => return text.clone(),
            Self::Skip(_, _, reason) => return reason.clone(),
            Self::Other(value) => return plain(value),
            Self::Exception(exception) => {
                match &exception.chain {
                    Some(chain) => {
                        for (traceback, _, then) in chain {
                            page.traceback(traceback);
                            if let Some(then) = then {
                                page.line("");
                                page.line(then);
                            }
                        }
                    }
                    None => page.traceback(&exception.reprtraceback),
                }
                for (title, text, character) in &exception.sections {
                    page.separator(character, Some(title));
                    page.line(text);
                }
            }
        }
        page.text.trim_matches('\n').to_owned()
    }
}

/// A line of these characters, with a title in its middle, as pytest's terminal of so many columns has it.
#[must_use]
pub fn separator(character: &str, title: Option<&str>, columns: usize) -> String {
    let width = character.chars().count().max(1);
    let mut line = match title {
        Some(title) => {
            let room = columns.saturating_sub(title.chars().count() + 2);
            let fill = character.repeat((room / (2 * width)).max(1));
            format!("{fill} {title} {fill}")
        }
        None => character.repeat(columns / width),
    };
    let end = character.trim_end();
    if line.chars().count() + end.chars().count() <= columns {
        line.push_str(end);
    }
    line
}

/// The text so far.
struct Page {
    text: String,
    columns: usize,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn separator(&mut self, character: &str, title: Option<&str>) {
        self.line(&separator(character, title, self.columns));
    }

    fn traceback(&mut self, traceback: &Traceback) {
        // The style of a native entry is its class's, and does not travel.
        let style = |entry: &Entry| match entry.kind.as_str() {
            "ReprEntryNative" => "native".to_owned(),
            _ => entry.data.style.clone().unwrap_or_default(),
        };
        let entries = &traceback.reprentries;
        for (number, entry) in entries.iter().enumerate() {
            let own = style(entry);
            if own == "long" {
                self.line("");
            }
            self.entry(&entry.data, &own);
            if let Some(next) = entries.get(number + 1)
                && (own == "long" || (own == "short" && style(next) == "long"))
            {
                self.separator("_ ", None);
            }
        }
        if let Some(line) = &traceback.extraline {
            self.line(line);
        }
    }

    fn entry(&mut self, data: &EntryData, style: &str) {
        let locals = data.reprlocals.iter().flat_map(|locals| &locals.lines);
        match style {
            "native" => self.text.extend(data.lines.iter().map(String::as_str)),
            "short" => {
                if let Some(place) = &data.reprfileloc {
                    self.place(place);
                }
                data.lines.iter().for_each(|line| self.line(line));
                locals.for_each(|line| self.line(&format!("        {line}")));
            }
            _ => {
                if let Some(arguments) = &data.reprfuncargs {
                    self.arguments(arguments);
                }
                data.lines.iter().for_each(|line| self.line(line));
                if data.reprlocals.is_some() {
                    self.line("");
                    locals.for_each(|line| self.line(line));
                }
                if let Some(place) = &data.reprfileloc {
                    if !data.lines.is_empty() {
                        self.line("");
                    }
                    self.place(place);
                }
            }
        }
    }

    fn place(&mut self, place: &Crash) {
        let message = place.message.lines().next().unwrap_or_default();
        self.line(&format!("{}:{}: {message}", place.path, place.lineno));
    }

    fn arguments(&mut self, arguments: &FuncArgs) {
        let mut line = String::new();
        for (name, value) in &arguments.args {
            let next = format!("{name} = {}", plain(value));
            if line.is_empty() {
                line = next;
            } else if next.chars().count() + line.chars().count() + 2 > self.columns {
                self.line(&line);
                line = next;
            } else {
                line.push_str(", ");
                line.push_str(&next);
            }
        }
        if !line.is_empty() {
            self.line(&line);
        }
        if !arguments.args.is_empty() {
            self.line("");
        }
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
