//! Faults that are none to whoever waits for the answer.

use serde_json::{Value, json};

use super::{ask, break_streams};
use crate::support::Emulator;

#[test]
fn frames_may_come_in_single_bytes() {
    let emulator = Emulator::start();
    let whole = ask(&emulator, 1, &[]).run().succeeds().stdout;
    break_streams(&emulator, &json!({ "type": "singleBytes" }), None);
    assert_eq!(ask(&emulator, 1, &[]).run().succeeds().stdout, whole);
    assert_eq!(emulator.requests_of("ConverseStream")[1]["fault"], "singleBytes");
}

#[test]
fn the_first_byte_may_be_late() {
    for mode in [&[][..], &["--no-stream"]] {
        let emulator = Emulator::start();
        emulator.scenario(&json!({ "rules": [{ "fault": { "type": "slowFirstByte" } }] }));
        let asking = ask(&emulator, 1, mode).start();
        let held = emulator.wait_for("response_held");
        emulator.release();
        let run = asking.finish().succeeds();
        assert!(run.stdout.contains(super::PROMPT), "{}", run.stdout);
        assert_eq!(emulator.requests()[0]["requestId"], held["requestId"]);
    }
}

#[test]
fn a_whole_answer_without_its_usage_is_a_success() {
    let emulator = Emulator::start();
    let whole = ask(&emulator, 1, &[]).run().succeeds().stdout;
    for fault in [json!({ "type": "noMetadata" }), json!({ "type": "reset", "after": "messageStop" })] {
        break_streams(&emulator, &fault, None);
        let answer = ask(&emulator, 1, &["--json"]).run().succeeds().json();
        assert_eq!(format!("{}\n", answer["text"].as_str().unwrap()), whole, "{fault}");
        assert_eq!((&answer["usage"], &answer["costUsd"]), (&Value::Null, &Value::Null), "{fault}");
        assert_eq!(answer["requestId"], emulator.requests().last().unwrap()["requestId"], "{fault}");
    }
}
