//! What goes over the wire.

use serde_json::{Value, json};

use super::{MODEL, ask};
use crate::support::Emulator;

#[track_caller]
fn body(emulator: &Emulator) -> Value {
    let [request]: [Value; 1] = emulator.requests().try_into().expect("exactly one request");
    assert_eq!((&request["modelId"], &request["status"]), (&json!(MODEL), &json!(200)));
    request["body"].clone()
}

#[test]
fn nothing_is_sent_that_nobody_asked_for() {
    let emulator = Emulator::start();
    ask(&emulator, &["Hello"]).run().succeeds();
    assert_eq!(
        body(&emulator),
        json!({ "messages": [{ "role": "user", "content": [{ "text": "Hello" }] }] })
    );
}

#[test]
fn every_flag_arrives_as_it_was_written() {
    let flags = [
        ["-s", "Be brief."],
        ["--max-tokens", "64"],
        ["--temperature", "0.7"],
        ["--top-p", "0.95"],
        ["--stop", "END"],
        ["--stop", "\n\n"],
    ];
    let args: Vec<_> = flags.into_iter().flatten().chain(["Hello"]).collect();
    for mode in ["--json", "--no-stream"] {
        let emulator = Emulator::start();
        ask(&emulator, &args).arg(mode).run().succeeds();
        let expected = json!({
            "messages": [{ "role": "user", "content": [{ "text": "Hello" }] }],
            "system": [{ "text": "Be brief." }],
            // Exactly: a detour over single precision would send 0.699999988079071.
            "inferenceConfig":
                { "maxTokens": 64, "temperature": 0.7, "topP": 0.95, "stopSequences": ["END", "\n\n"] },
        });
        assert_eq!(body(&emulator), expected, "{mode}");
    }
}

#[test]
fn the_model_stops_where_it_is_told() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &["--json", "--stop", "emulator", "Hello"]).run().succeeds();
    let answer = run.json();
    assert_eq!(answer["stopReason"], "stop_sequence");
    assert!(answer["text"].as_str().unwrap().ends_with("Outcrop's "), "{answer}");
}
