//! Answers that begin and do not end.

use serde_json::{Value, json};

use super::{Failure, check};

/// Long enough for the head of a response on a busy machine, where a row expects it.
const FIRST_EVENT: &str = "models.providers.\"amazon-bedrock\".timeouts.firstEvent=1";
const TOTAL: &str = "models.providers.\"amazon-bedrock\".timeouts.total=1";
const IDLE: &str = "models.providers.\"amazon-bedrock\".timeouts.idle=0.3";

/// Before the first frame, before the first delta, and in the middle of the text.
fn places() -> [(Value, &'static str); 3] {
    [(json!(0), "before everything"), (json!("messageStart"), "after the start"), (json!(3), "in the text")]
}

/// A row for each place.
fn everywhere(name: &str, row: impl Fn(&'static str, Value) -> Failure) -> Vec<Failure> {
    // Leaked: names of rows live as long as the test.
    let leak = |place: &str| &*format!("{name}, {place}").leak();
    places().into_iter().map(|(after, place)| row(leak(place), after)).collect()
}

/// The rows of one kind of exception frame.
fn exception(frame: &'static str, code: &'static str, kind: &'static str, exit: i32) -> Vec<Failure> {
    everywhere(frame, |name, after| {
        let fault = json!({ "type": "exception", "exception": frame, "after": after, "message": "These very words." });
        Failure::new(name, kind, exit, fault).says(code, "These very words.")
    })
}

#[test]
fn exception_frames_are_what_they_say() {
    let tables = [
        exception("internalServerException", "InternalServerException", "Unavailable", 9),
        exception("modelStreamErrorException", "ModelStreamErrorException", "Interrupted", 9),
        exception("validationException", "ValidationException", "InvalidRequest", 6),
        exception("throttlingException", "ThrottlingException", "Throttled", 8),
        exception("serviceUnavailableException", "ServiceUnavailableException", "Unavailable", 9),
    ];
    check(&tables.into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn an_exception_after_the_last_word_still_counts() {
    let fault =
        json!({ "type": "exception", "exception": "internalServerException", "after": "messageStop" });
    // All of the text came, so there is no part to compare: the row is checked by hand.
    let emulator = crate::support::Emulator::start();
    super::break_streams(&emulator, &fault, None);
    let run = super::ask(&emulator, 1, &["--json"]).run().exits_with(9);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("Unavailable")));
}

#[test]
fn error_frames_keep_their_code_and_words() {
    let error = |code: &'static str, kind, exit| {
        everywhere(code, move |name, after| {
            let fault =
                json!({ "type": "errorFrame", "code": code, "message": "These very words.", "after": after });
            Failure::new(name, kind, exit, fault).says(code, "These very words.")
        })
    };
    let tables = [error("InternalFailure", "Unavailable", 9), error("SomethingNew", "Unexpected", 1)];
    check(&tables.into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn a_connection_that_breaks_or_closes_is_no_end() {
    let reset = places().into_iter().filter(|(after, _)| *after != json!(0)).map(|(after, place)| {
        let name = &*format!("reset, {place}").leak();
        Failure::new(name, "Interrupted", 9, json!({ "type": "reset", "after": after }))
    });
    let closed = everywhere("closed without messageStop", |name, after| {
        Failure::new(name, "Interrupted", 9, json!({ "type": "eof", "after": after }))
    });
    check(&reset.chain(closed).collect::<Vec<_>>());
}

#[test]
fn a_reset_before_the_first_frame_may_take_the_head_of_the_reply_with_it() {
    let emulator = crate::support::Emulator::start();
    super::break_streams(&emulator, &json!({ "type": "reset", "after": 0 }), None);
    let run = super::ask(&emulator, 1, &["--json"]).run().exits_with(9);
    let kind = run.error_json()["error"]["kind"].take();
    // What a socket still holds when the reset arrives is lost or not, as the kernel likes.
    assert!(kind == "Interrupted" || kind == "Network", "{kind}");
    assert_eq!(run.stdout, "");
}

#[test]
fn damaged_frames_are_no_answer() {
    let damaged = |name, kind: &str, frame: u32| {
        Failure::new(name, "Interrupted", 9, json!({ "type": kind, "frame": frame }))
    };
    check(&[
        damaged("wrong checksum of the first frame", "corruptCrc", 1),
        damaged("wrong checksum in the text", "corruptCrc", 4),
        damaged("cut in the first frame", "cutFrame", 1),
        damaged("cut in the text", "cutFrame", 4),
    ]);
}

#[test]
fn silence_is_waited_for_as_long_as_the_settings_say() {
    let stall = |name, after: Value, set| {
        Failure::new(name, "Timeout", 9, json!({ "type": "stall", "after": after })).with_setting(set)
    };
    let held = Failure::new("silence before the head", "Timeout", 9, json!({ "type": "slowFirstByte" }));
    check(&[
        held.with_setting(FIRST_EVENT).before_the_head().with_hint("timeouts.firstEvent"),
        stall("silence after the start", json!("messageStart"), FIRST_EVENT).with_hint("timeouts.firstEvent"),
        stall("silence in the text", json!(3), IDLE).with_hint("timeouts.idle"),
        stall("too long in all", json!(3), TOTAL).with_hint("timeouts.total"),
    ]);
}
