//! `longrepr` of a report as pytest's terminal shows it: `toterminal` of the classes in `_pytest/_code/code.py`, read
//! from the form that `pytest_report_to_serializable` gives them.

use serde_json::Value;

/// Columns of a terminal whose width is not known.
const WIDTH: usize = 80;

/// Adds it.
pub(super) fn add(text: &mut String, longrepr: &Value) {
    match longrepr {
        Value::Null => {}
        Value::String(words) => line(text, words),
        Value::Object(_) => add_exception(text, longrepr),
        other => line(text, &word(other)),
    }
}

fn add_exception(text: &mut String, longrepr: &Value) {
    match longrepr["chain"].as_array() {
        Some(chain) => {
            for link in chain {
                add_traceback(text, &link[0]);
                if let Some(relation) = link[2].as_str() {
                    line(text, "");
                    line(text, relation);
                }
            }
        }
        None => add_traceback(text, &longrepr["reprtraceback"]),
    }
    for section in array(&longrepr["sections"]) {
        let separator = section[2].as_str().unwrap_or("-");
        separate(text, separator, section[0].as_str());
        line(text, section[1].as_str().unwrap_or_default());
    }
}

fn add_traceback(text: &mut String, traceback: &Value) {
    let entries = array(&traceback["reprentries"]);
    for (number, entry) in entries.iter().enumerate() {
        let style = style(entry);
        if style == "long" {
            line(text, "");
        }
        add_entry(text, &entry["data"], style);
        if let Some(next) = entries.get(number + 1)
            && (style == "long" || (style == "short" && self::style(next) == "long"))
        {
            separate(text, "_ ", None);
        }
    }
    if let Some(extra) = traceback["extraline"]
        .as_str()
        .filter(|all| !all.is_empty())
    {
        line(text, extra);
    }
}

fn style(entry: &Value) -> &str {
    match entry["type"].as_str() {
        Some("ReprEntryNative") => "native",
        _ => entry["data"]["style"].as_str().unwrap_or("long"),
    }
}

fn add_entry(text: &mut String, entry: &Value, style: &str) {
    let lines = array(&entry["lines"]);
    let locals = array(&entry["reprlocals"]["lines"]);
    let location = &entry["reprfileloc"];
    match style {
        "native" => lines.iter().for_each(|each| text.push_str(&word(each))),
        "short" => {
            add_location(text, location);
            lines.iter().for_each(|each| line(text, &word(each)));
            for local in locals {
                line(text, &format!("        {}", word(local)));
            }
        }
        _ => {
            add_arguments(text, array(&entry["reprfuncargs"]["args"]));
            lines.iter().for_each(|each| line(text, &word(each)));
            if !entry["reprlocals"].is_null() {
                line(text, "");
                locals.iter().for_each(|each| line(text, &word(each)));
            }
            if !location.is_null() {
                if !lines.is_empty() {
                    line(text, "");
                }
                add_location(text, location);
            }
        }
    }
}

fn add_arguments(text: &mut String, arguments: &[Value]) {
    if arguments.is_empty() {
        return;
    }
    let mut so_far = String::new();
    let mut length = 0;
    for argument in arguments {
        let words = format!("{} = {}", word(&argument[0]), word(&argument[1]));
        let more = words.chars().count();
        if more + length + 2 > WIDTH {
            if length > 0 {
                line(text, &so_far);
            }
            (so_far, length) = (words, more);
        } else if length > 0 {
            so_far.push_str(", ");
            so_far.push_str(&words);
            length += more + 2;
        } else {
            (so_far, length) = (words, more);
        }
    }
    line(text, &so_far);
    line(text, "");
}

fn add_location(text: &mut String, location: &Value) {
    if location.is_null() {
        return;
    }
    let message = location["message"].as_str().unwrap_or_default();
    let first = message.split('\n').next().unwrap_or_default();
    let place = format!("{}:{}", word(&location["path"]), word(&location["lineno"]));
    line(text, &format!("{place}: {first}"));
}

/// Adds a line of separators, as `TerminalWriter.sep` of pytest writes it.
pub(super) fn separate(text: &mut String, separator: &str, title: Option<&str>) {
    let wide = separator.chars().count().max(1);
    let mut all = match title {
        Some(title) => {
            let room = WIDTH.saturating_sub(title.chars().count() + 2);
            let fill = separator.repeat((room / (2 * wide)).max(1));
            format!("{fill} {title} {fill}")
        }
        None => separator.repeat(WIDTH / wide),
    };
    let one_more = separator.trim_end();
    if all.chars().count() + one_more.chars().count() <= WIDTH {
        all.push_str(one_more);
    }
    line(text, &all);
}

/// Adds a line.
pub(super) fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

/// A text as it is, anything else as JSON.
pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
