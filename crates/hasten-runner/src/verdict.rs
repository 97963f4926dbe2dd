//! The report of a test whose worker did not live to make one. Its form is that of
//! `pytest_report_to_serializable` (`_pytest/reports.py`).

use hasten_history::file_of;
use hasten_protocol::journal::Phase;
use hasten_protocol::record::{CALL, Outcome, Record, RecordKind, Records, SETUP, TEARDOWN};
use serde_json::{Value, json};

use crate::stacks::{self, Thread};

/// What is known of the test's end.
pub(crate) struct Verdict<'a> {
    pub(crate) index: u32,
    pub(crate) nodeid: &'a str,
    /// The worker that it was run on.
    pub(crate) worker: &'a str,
    /// The line of the summary: `Failed: Timeout (>50.0s)`.
    pub(crate) message: String,
    /// A sentence that follows it.
    pub(crate) explanation: Option<String>,
    pub(crate) phase: Phase,
    /// No phase of it has reported yet.
    pub(crate) unreported: bool,
    pub(crate) stacks: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) log: String,
    /// What it has reported of its output itself.
    pub(crate) sections: Vec<Value>,
    /// Seconds since the epoch.
    pub(crate) start: f64,
    /// Seconds.
    pub(crate) seconds: f64,
}

impl Verdict<'_> {
    fn report(&self) -> Value {
        let when = self.phase.when();
        let file = file_of(self.nodeid);
        let domain = self
            .nodeid
            .split_once("::")
            .map_or(self.nodeid, |(_, rest)| rest);
        let domain = domain.replace("::", ".");
        let threads = stacks::parse(&self.stacks);
        let mut sections = self.sections.clone();
        let streams = [
            ("log", &self.log),
            ("stdout", &self.stdout),
            ("stderr", &self.stderr),
        ];
        sections.extend(
            streams
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| json!([format!("Captured {name} {when}"), text])),
        );
        json!({
            "$report_type": "TestReport",
            "nodeid": self.nodeid,
            "worker_id": self.worker,
            "location": [file, null, domain],
            "keywords": {},
            "outcome": "failed",
            "when": when,
            "longrepr": self.longrepr(file, &threads),
            "sections": sections,
            "user_properties": [],
            "start": self.start,
            "stop": self.start + self.seconds,
            "duration": self.seconds,
        })
    }

    fn longrepr(&self, file: &str, threads: &[Thread]) -> Value {
        let site = stacks::crash_site(threads);
        let crash = json!({
            "path": site.map_or(file, |frame| &frame.file),
            "lineno": site.map_or(1, |frame| frame.line),
            "message": self.message,
        });
        let mut text = format!("{}\n", self.message);
        if let Some(explanation) = &self.explanation {
            text.push_str(explanation);
            text.push_str(".\n");
        }
        match stacks::fixture(threads) {
            Some(fixture) => {
                let when = self.phase.when();
                text.push_str(&format!("It was in {when}, in the fixture {fixture}.\n"));
            }
            None if self.phase != Phase::Call => {
                text.push_str(&format!("It was in {}.\n", self.phase.when()));
            }
            None => {}
        }
        if !threads.is_empty() {
            text.push('\n');
            text.push_str(&stacks::render(threads));
        }
        let traceback = json!({
            "reprentries": [{"type": "ReprEntryNative", "data": {"lines": [text], "reprfuncargs": null,
                "reprlocals": null, "reprfileloc": null, "style": "native"}}],
            "extraline": null,
            "style": "native",
        });
        json!({
            "reprcrash": crash,
            "reprtraceback": traceback,
            "sections": [],
            "chain": [[traceback, crash, null]],
        })
    }

    /// The reports of setup and call of a test that died in teardown before it could send
    /// them: both passed in silence, or the worker would have sent them at once.
    fn passed_before_teardown(&self, bytes: &mut Vec<u8>) {
        for (when, flag) in [("setup", SETUP), ("call", CALL)] {
            let mut report = self.report();
            report["when"] = json!(when);
            report["outcome"] = json!("passed");
            report["longrepr"] = Value::Null;
            report["sections"] = json!([]);
            report["duration"] = json!(0.0);
            let record = Record {
                index: Some(self.index),
                kind: RecordKind::Report,
                outcome: Outcome::Passed,
                flags: flag,
                start: self.start,
                setup: 0.0,
                call: 0.0,
                teardown: 0.0,
                processor: [0.0; 3],
                peak_memory: 0,
                payload: b"",
                bytes: b"",
            };
            record.write(&serde_json::to_vec(&report).unwrap_or_default(), bytes);
        }
    }

    /// The report and the end of the item, as records.
    pub(crate) fn records(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.phase == Phase::Teardown && self.unreported {
            self.passed_before_teardown(&mut bytes);
        }
        let payload = serde_json::to_vec(&self.report()).unwrap_or_default();
        let mut record = Record {
            index: Some(self.index),
            kind: RecordKind::Verdict,
            outcome: Outcome::Failed,
            flags: match self.phase {
                Phase::Setup => SETUP,
                Phase::Teardown | Phase::SessionFinish => TEARDOWN,
                Phase::Call | Phase::None | Phase::Collect => CALL,
            },
            start: self.start,
            setup: 0.0,
            call: self.seconds,
            teardown: 0.0,
            processor: [0.0; 3],
            peak_memory: 0,
            payload: b"",
            bytes: b"",
        };
        record.write(&payload, &mut bytes);
        record.kind = RecordKind::Finished;
        record.write(b"", &mut bytes);
        bytes
    }
}

/// The sections of the last report among these records.
pub(crate) fn last_sections(records: &[u8]) -> Vec<Value> {
    let reports = Records::new(records)
        .map_while(Result::ok)
        .filter(|record| record.kind == RecordKind::Report);
    let last = reports
        .last()
        .and_then(|record| serde_json::from_slice::<Value>(record.payload).ok());
    match last.as_ref().and_then(|report| report.get("sections")) {
        Some(Value::Array(sections)) => sections.clone(),
        _ => Vec::new(),
    }
}

/// Adds a section to a report; none where there is nothing to add, or the report cannot be read.
pub(crate) fn with_section(report: &[u8], title: &str, text: &str) -> Option<Vec<u8>> {
    if text.is_empty() {
        return None;
    }
    let mut report: Value = serde_json::from_slice(report).ok()?;
    report
        .get_mut("sections")?
        .as_array_mut()?
        .push(json!([title, text]));
    serde_json::to_vec(&report).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_a_report_that_pytest_can_read() {
        let verdict = Verdict {
            index: 4,
            nodeid: "test_a.py::Test::test_x",
            worker: "gw0",
            message: "Timeout (>1.0s)".into(),
            explanation: None,
            phase: Phase::Setup,
            unreported: true,
            stacks: "Current thread 0x1 (most recent call first):\n  File \"/s/test_a.py\", line 3 in fix\n".into(),
            stdout: "so far".into(),
            stderr: String::new(),
            log: String::new(),
            sections: Vec::new(),
            start: 10.0,
            seconds: 1.0,
        };
        let bytes = verdict.records();
        let records: Vec<_> = Records::new(&bytes).map(Result::unwrap).collect();
        assert_eq!(records.len(), 2);
        let report: Value = serde_json::from_slice(records[0].payload).unwrap();
        assert_eq!(report["when"], "setup");
        assert_eq!(
            report["sections"],
            json!([["Captured stdout setup", "so far"]])
        );
        assert_eq!(report["longrepr"]["reprcrash"]["lineno"], 3);
        assert_eq!(report["location"][2], "Test.test_x");
    }

    #[test]
    fn a_death_in_teardown_takes_no_pass_away() {
        let verdict = Verdict {
            index: 0,
            nodeid: "test_a.py::test_x",
            worker: "gw0",
            message: "gone".into(),
            explanation: None,
            phase: Phase::Teardown,
            unreported: true,
            stacks: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            log: String::new(),
            sections: Vec::new(),
            start: 1.0,
            seconds: 1.0,
        };
        let bytes = verdict.records();
        let outcomes: Vec<_> = Records::new(&bytes)
            .map(|record| record.map(|record| (record.flags, record.outcome)))
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            outcomes[..3],
            [
                (SETUP, Outcome::Passed),
                (CALL, Outcome::Passed),
                (TEARDOWN, Outcome::Failed)
            ]
        );
    }
}
