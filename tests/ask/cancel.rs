//! Going away in the middle of an answer: the service must see it, or it goes on and bills.

use serde_json::json;

use super::ask;
use crate::support::Emulator;

/// An emulator whose answers stop in the middle and wait.
fn stalling() -> Emulator {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "fault": { "type": "stall", "after": 2 } }] }));
    emulator
}

#[test]
fn a_killed_client_closes_the_connection() {
    let emulator = stalling();
    let mut client = ask(&emulator, &["Tell me a long story"]).start();
    let held = emulator.wait_for("response_held");
    client.kill();
    let gone = emulator.wait_for("client_disconnected");
    assert_eq!(gone["requestId"], held["requestId"]);
    // The start of the message and two deltas: it was in the middle of the answer.
    assert_eq!(gone["frames"], 3);
}

#[test]
#[cfg(unix)]
fn ctrl_c_cancels_the_call() {
    let emulator = stalling();
    let mut client = ask(&emulator, &["--events", "Tell me a long story"]).start();
    client.wait_for("a part of the answer", |line| line.contains(r#""event":"delta""#).then_some(()));
    client.interrupt();
    let run = client.finish().exits_with(130);
    let error = &run.error_json()["error"];
    assert_eq!(error["kind"], "Cancelled", "{error}");
    assert!(!run.stdout.contains(r#""event":"end""#), "{}", run.stdout);
    emulator.wait_for("client_disconnected");
}

#[test]
#[cfg(unix)]
fn ctrl_c_before_the_first_word_cancels_the_call_too() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "fault": { "type": "slowFirstByte" } }] }));
    let client = ask(&emulator, &["Tell me a long story"]).start();
    emulator.wait_for("response_held");
    client.interrupt();
    let run = client.finish().exits_with(130);
    assert_eq!(run.stdout, "");
    emulator.wait_for("client_disconnected");
}

/// Whoever reads the output has stopped to, as a pager or a terminal does after Ctrl-S: nobody hears the first one.
#[test]
#[cfg(unix)]
fn a_second_ctrl_c_ends_what_waits_for_its_reader() {
    let emulator = Emulator::start();
    emulator
        .scenario(&json!({ "rules": [{ "reply": { "content": [{ "text": "word ".repeat(50_000) }] } }] }));
    let unread = "mkfifo unread; exec 3<>unread; exec >unread";
    let mut client = ask(&emulator, &["Tell me a long story"]).with_limits(unread).start();
    while emulator.requests().is_empty() {
        std::thread::yield_now();
    }
    client.interrupt_until_it_ends();
    client.finish().exits_with(130);
}
