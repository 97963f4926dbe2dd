//! Python has strings with lone surrogates (`os.fsdecode` makes them), which JSON can write and Rust cannot hold.

use serde::de::DeserializeOwned;

/// Reads JSON. Lone surrogates become replacement characters.
///
/// # Errors
/// It is no JSON, or of another form.
pub fn read_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json).or_else(|_| serde_json::from_slice(&without_lone_surrogates(json)))
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
    use serde_json::{Value, json};

    #[test]
    fn lone_surrogates_are_replaced_and_nothing_else() {
        for (text, value) in [
            (r#""a\udc80b""#, json!("a\u{fffd}b")),
            (r#""\ud83d\ude00\ud83d""#, json!("😀\u{fffd}")),
            (r#""\\udc80\ude00\ud83d""#, json!("\\udc80\u{fffd}\u{fffd}")),
            (r#""\ud83d\u0041\n""#, json!("\u{fffd}A\n")),
            (r#"{"a":"\ud800"}"#, json!({"a": "\u{fffd}"})),
        ] {
            assert_eq!(
                read_json::<Value>(text.as_bytes()).unwrap(),
                value,
                "{text}"
            );
        }
        assert!(read_json::<Value>(br#""\ud80"#).is_err());
        assert!(read_json::<Value>(b"\"\\").is_err());
    }
}
