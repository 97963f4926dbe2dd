//! pytest-split's `.test_durations`.

use serde_json::Value;

/// Node ids and seconds; none if the text is something else.
pub(super) fn read(text: &str) -> Option<Vec<(String, f64)>> {
    let pairs = match serde_json::from_str(text).ok()? {
        Value::Object(object) => object
            .into_iter()
            .map(|(nodeid, seconds)| Some((nodeid, seconds.as_f64()?)))
            .collect::<Option<Vec<_>>>()?,
        // What its first versions wrote.
        Value::Array(list) => list.into_iter().map(pair).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    Some(pairs)
}

fn pair(value: Value) -> Option<(String, f64)> {
    match value.as_array()?.as_slice() {
        [Value::String(nodeid), seconds] => Some((nodeid.clone(), seconds.as_f64()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats() {
        let expected = Some(vec![
            ("a.py::t".to_owned(), 0.5),
            ("b.py::t".to_owned(), 2.0),
        ]);
        assert_eq!(read(r#"{"a.py::t": 0.5, "b.py::t": 2}"#), expected);
        assert_eq!(read(r#"[["a.py::t", 0.5], ["b.py::t", 2]]"#), expected);
        assert_eq!(read("{}"), Some(Vec::new()));
    }

    #[test]
    fn something_else() {
        for text in [
            "",
            "1",
            "{\"a\": \"b\"}",
            "[1, 2]",
            "[[\"a\", 1, 2]]",
            "{\"a\": 1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
