//! What a failed report says.

use hasten_protocol::record::{RecordKind, Records};
use hasten_protocol::report::read_json;
use serde_json::Value;

/// What a failed report says, as patterns are matched against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error, and those that led to it.
    pub(super) chain: Vec<String>,
    /// The error, and those that it was raised from.
    pub(super) own: Vec<String>,
}

impl Failure {
    /// The failures among the records of an attempt.
    pub(crate) fn all(records: &[u8]) -> Vec<Self> {
        Records::new(records)
            .map_while(Result::ok)
            .filter(|record| {
                let report = matches!(record.kind, RecordKind::Report | RecordKind::Verdict);
                report && record.has_failed()
            })
            .map(|record| {
                let report = read_json(record.payload).unwrap_or(Value::Null);
                Self::from(&report["longrepr"])
            })
            .collect()
    }

    pub(super) fn from(longrepr: &Value) -> Self {
        let mut failure = Self::default();
        if let Some(text) = longrepr.as_str() {
            failure.add(text, true);
        } else if let Some(chain) = longrepr["chain"].as_array() {
            let mut direct = true;
            for (number, link) in chain.iter().rev().enumerate() {
                // What an error has to do with the one after it.
                let relation = link[2].as_str().unwrap_or_default();
                direct &= number == 0 || relation.contains("direct cause");
                failure.add(link[1]["message"].as_str().unwrap_or_default(), direct);
            }
        } else {
            let message = &longrepr["reprcrash"]["message"];
            failure.add(message.as_str().unwrap_or_default(), true);
        }
        failure
    }

    fn add(&mut self, message: &str, own: bool) {
        for form in forms(message) {
            if own {
                self.own.push(form.clone());
            }
            self.chain.push(form);
        }
    }
}

/// A message as pytest shows it, and as `Type: text`: pytest leaves `AssertionError: ` out of those that it rewrote,
/// and names the module of other types.
fn forms(message: &str) -> Vec<String> {
    let mut forms = vec![message.to_owned()];
    if message.starts_with("assert ") {
        forms.push(format!("AssertionError: {message}"));
    }
    let name = message.split([':', '\n']).next().unwrap_or_default();
    let dotted = |letter: char| letter.is_alphanumeric() || "._<>".contains(letter);
    if let Some(dot) = name.rfind('.')
        && name.chars().all(dotted)
    {
        forms.push(message[dot + 1..].to_owned());
    }
    forms
}
