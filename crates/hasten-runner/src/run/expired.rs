//! Reports of an item that exceeded its limit.
//!
//! As a rule the limit was raised in the test, and pytest has made a report of it. A test that caught it and went on
//! as if nothing had happened has failed all the same.

use hasten_protocol::record::{self, Outcome, Record, RecordKind, Records};

use super::Run;
use super::watch::Watch;
use crate::stacks;
use crate::verdict::with_section;

impl Run {
    /// Takes a record of an item whose limit was reached; false when it is none.
    pub(super) fn take_expired_record(&mut self, number: usize, record: &Record<'_>) -> bool {
        let worker = &mut self.workers[number];
        let Some(expiry) = worker.watch.expired_in(record.index) else {
            return false;
        };
        match record.kind {
            RecordKind::Report => {
                let failed = record.outcome == Outcome::Failed || record.flags & record::XFAIL != 0;
                if failed && !expiry.reported {
                    expiry.reported = true;
                    let threads = stacks::parse(&worker.memory.stacks_from(expiry.stacks_from));
                    let others = stacks::render_others(&threads);
                    let title = "Stacks of the other threads at the limit";
                    let payload = with_section(record.payload, title, &others);
                    record.write(
                        payload.as_deref().unwrap_or(record.payload),
                        &mut expiry.reports,
                    );
                } else {
                    expiry.reports.extend_from_slice(record.bytes);
                }
            }
            RecordKind::Warning => expiry.reports.extend_from_slice(record.bytes),
            RecordKind::Finished | RecordKind::Passed => self.finish_expired(number, record),
            RecordKind::Verdict | RecordKind::Attempt | RecordKind::Fixtures | RecordKind::Late => {
            }
        }
        true
    }

    fn finish_expired(&mut self, number: usize, last: &Record<'_>) {
        let Watch::Expired(mut expiry) = std::mem::take(&mut self.workers[number].watch) else {
            return;
        };
        let worker = &mut self.workers[number];
        worker.stacks_seen = worker.memory.stacks_length();
        let (Some(suite), Some(item)) = (&mut self.suite, expiry.item) else {
            return;
        };
        if !expiry.reported {
            self.time_out(
                number,
                &expiry,
                "The test caught that, and went on",
                last.seconds(),
            );
            return;
        }
        expiry.reports.extend_from_slice(last.bytes);
        suite.ledger.times_out(item);
        for record in Records::new(&expiry.reports).map_while(Result::ok) {
            suite.ledger.record(number, &record);
            suite.order.record(item, record.bytes);
        }
        suite.over(number, item, last.seconds(), self.stop.is_some());
        self.workers[number].ran.push(item);
    }
}
