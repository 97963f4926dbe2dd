//! Values that JSON does not have (`python/hasten_worker/messages/values.py`).

use serde_json::{Map, Value};

/// Takes the tags away: a tuple becomes an array, a dict with other keys than text an array of pairs, and what cannot
/// travel the text that it has for itself.
#[must_use]
pub fn untagged(value: &Value) -> Value {
    match value {
        Value::Array(parts) => Value::Array(parts.iter().map(untagged).collect()),
        Value::Object(map) => only_tag(map).unwrap_or_else(|| {
            let parts = map.iter();
            Value::Object(
                parts
                    .map(|(key, part)| (key.clone(), untagged(part)))
                    .collect(),
            )
        }),
        other => other.clone(),
    }
}

fn only_tag(map: &Map<String, Value>) -> Option<Value> {
    let (tag, content) = map.iter().next().filter(|_| map.len() == 1)?;
    match tag.as_str() {
        "$tuple" | "$pairs" => Some(untagged(content)),
        "$opaque" => content.get(0).cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_become_what_json_has() {
        let tagged = json!({"a": {"$tuple": [1, {"$opaque": ["Path", "Path()"]}]}, "b": {"$pairs": [[1, {"$tuple": []}]]}});
        assert_eq!(untagged(&tagged), json!({"a": [1, "Path"], "b": [[1, []]]}));
    }
}
