//! The frames in `golden/`, which the Python side reads too (`python/tests`).

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use hasten_protocol::frame::{self, Decoder, FromPython, ToPython};
use hasten_protocol::record::Records;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/");

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}{name}")).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&bytes(name)).unwrap()
}

#[test]
fn records_mean_what_the_golden_file_says() {
    let mut decoder = Decoder::default();
    decoder.extend(&bytes("records.bin"));
    let (kind, payload) = decoder.next_frame().unwrap().unwrap();
    assert_eq!(kind, FromPython::Records);
    let expected = json("records.json");
    let expected = expected.as_array().unwrap();
    let records: Vec<_> = Records::new(payload).map(Result::unwrap).collect();
    assert_eq!(records.len(), expected.len());
    let mut again = Vec::new();
    for (record, expected) in records.iter().zip(expected) {
        assert_eq!(
            u64::from(record.index.unwrap_or(u32::MAX)),
            expected["index"].as_u64().unwrap()
        );
        assert_eq!(record.kind as u64, expected["kind"].as_u64().unwrap());
        assert_eq!(record.outcome as u64, expected["outcome"].as_u64().unwrap());
        assert_eq!(u64::from(record.flags), expected["flags"].as_u64().unwrap());
        for (name, value) in [
            ("start", record.start),
            ("setup", record.setup),
            ("call", record.call),
            ("teardown", record.teardown),
        ] {
            assert!(
                (value - expected[name].as_f64().unwrap()).abs() < 1e-12,
                "{name}"
            );
        }
        let processor: Vec<f64> = record.processor.map(f64::from).to_vec();
        assert_eq!(serde_json::json!(processor), expected["processor"]);
        assert_eq!(
            u64::from(record.peak_memory),
            expected["peak_memory"].as_u64().unwrap()
        );
        assert_eq!(
            record.payload,
            expected["payload"].as_str().unwrap().as_bytes()
        );
        record.write(record.payload, &mut again);
    }
    assert_eq!(again, payload, "writing is the reverse of reading");
}

#[test]
fn a_run_frame_is_encoded_as_the_golden_file() {
    let expected = json("run.json");
    let mut payload = vec![u8::from(expected["last"].as_bool().unwrap())];
    for item in expected["items"].as_array().unwrap() {
        payload.extend(u32::try_from(item.as_u64().unwrap()).unwrap().to_le_bytes());
    }
    assert_eq!(frame::encode(ToPython::Run, &payload), bytes("run.bin"));
}
