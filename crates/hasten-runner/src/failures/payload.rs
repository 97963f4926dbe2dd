//! The JSON of a report.

use serde_json::Value;

/// Reads it. Python has strings with lone surrogates (`os.fsdecode` makes them), which JSON can write and Rust cannot
/// hold: they become replacement characters.
pub(crate) fn read(payload: &[u8]) -> Option<Value> {
    match serde_json::from_slice(payload) {
        Ok(report) => Some(report),
        Err(_) => serde_json::from_slice(&without_lone_surrogates(payload)).ok(),
    }
}

fn without_lone_surrogates(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            out.push(json[at]);
            at += 1;
            continue;
        }
        let length = match (escaped(json, at), escaped(json, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        let end = (at + length).min(json.len());
        out.extend_from_slice(&json[at..end]);
        at = end;
    }
    out
}

/// The number in an escape `\u1234` that begins here.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lone_surrogates_are_replaced_and_nothing_else() {
        for (text, value) in [
            (r#""a\udc80b""#, json!("a\u{fffd}b")),
            (r#""\ud83d\ude00\ud83d""#, json!("😀\u{fffd}")),
            (r#""\\udc80\ude00\ud83d""#, json!("\\udc80\u{fffd}\u{fffd}")),
            (r#""\ud83d\u0041\n""#, json!("\u{fffd}A\n")),
            (r#"{"a":"\ud800"}"#, json!({"a": "\u{fffd}"})),
        ] {
            assert_eq!(read(text.as_bytes()), Some(value), "{text}");
        }
        assert_eq!(read(br#""\ud80"#), None);
        assert_eq!(read(b"\"\\"), None);
    }
}
