//! What is tried again, how often, and what is not.

use serde_json::{Value, json};

use super::{ask, break_streams};
use crate::support::Emulator;

/// The exception frames, and whether they are worth another attempt.
const EXCEPTIONS: [(&str, i32, bool); 5] = [
    ("internalServerException", 9, true),
    ("modelStreamErrorException", 9, true),
    ("validationException", 6, false),
    ("throttlingException", 8, true),
    ("serviceUnavailableException", 9, true),
];

/// How many requests an answer takes when the first one goes wrong, and how that ends.
#[track_caller]
fn after_one_fault(fault: &Value) -> (usize, Option<i32>) {
    let emulator = Emulator::start();
    break_streams(&emulator, fault, Some(1));
    let run = ask(&emulator, 3, &[]).run();
    let requests = emulator.requests_of("ConverseStream");
    if run.code == Some(0) {
        let without = ask(&emulator, 1, &[]).run().succeeds();
        assert_eq!(run.stdout, without.stdout, "{fault}: nothing of the failed attempt is left");
        assert_eq!(run.stderr, "", "{fault}");
    }
    (requests.len(), run.code)
}

#[test]
fn throttling_is_waited_out() {
    for (operation, mode) in [("ConverseStream", &["--json"][..]), ("Converse", &["--json", "--no-stream"])] {
        let emulator = Emulator::start();
        emulator.scenario(&json!({ "rules": [{ "times": 2, "fault": { "type": "throttle" } }] }));
        let answer = ask(&emulator, 3, mode).run().succeeds().json();
        let requests = emulator.requests_of(operation);
        let statuses: Vec<_> = requests.iter().map(|request| &request["status"]).collect();
        assert_eq!(statuses, [429, 429, 200]);
        assert_eq!(answer["requestId"], requests[2]["requestId"]);
    }
}

#[test]
fn throttling_that_does_not_end_is_given_back_as_it_came() {
    for (operation, mode) in [("ConverseStream", &["--json"][..]), ("Converse", &["--json", "--no-stream"])] {
        let emulator = Emulator::start();
        let words = "Too many requests, says the test.";
        emulator.scenario(&json!({ "rules": [{ "fault": { "type": "throttle", "message": words } }] }));
        let run = ask(&emulator, 3, mode).run().exits_with(8);
        assert_eq!(run.stdout, "");
        let requests = emulator.requests_of(operation);
        assert_eq!(requests.len(), 3);
        let error = &run.error_json()["error"];
        assert_eq!((&error["kind"], &error["code"]), (&json!("Throttled"), &json!("ThrottlingException")));
        assert_eq!((&error["status"], &error["requestId"]), (&json!(429), &requests[2]["requestId"]));
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        let hint = error["hints"][0].as_str().unwrap();
        assert!(hint.contains("3 times") && hint.contains("retry.attempts"), "{hint}");
    }
}

#[test]
fn a_wait_beyond_the_budget_is_not_begun() {
    let emulator = Emulator::start();
    break_streams(&emulator, &json!({ "type": "throttle", "retryAfter": 3600 }), None);
    let run = ask(&emulator, 3, &[]).run().exits_with(8);
    assert!(run.stderr.contains("3600 s") && run.stderr.contains("retry.budget"), "{}", run.stderr);
    assert_eq!(emulator.requests().len(), 1);
}

#[test]
fn the_variable_of_the_aws_tools_counts_where_the_configuration_says_nothing() {
    let emulator = Emulator::start();
    break_streams(&emulator, &json!({ "type": "throttle" }), None);
    super::Outcrop::new(["ask", "-m", super::MODEL, "Hello"])
        .via(&emulator)
        .env("OUTCROP_RETRY_MAX_DELAY", "0.01")
        .env("AWS_MAX_ATTEMPTS", "4")
        .run()
        .exits_with(8);
    assert_eq!(emulator.requests().len(), 4);
}

#[test]
fn exceptions_are_tried_again_before_the_first_delta_only() {
    for (exception, exit, worth_it) in EXCEPTIONS {
        let fault = |after: Value| json!({ "type": "exception", "exception": exception, "after": after });
        for before in [json!(0), json!("messageStart")] {
            let expected = if worth_it { (2, Some(0)) } else { (1, Some(exit)) };
            assert_eq!(after_one_fault(&fault(before.clone())), expected, "{exception} after {before}");
        }
        assert_eq!(after_one_fault(&fault(json!(2))), (1, Some(exit)), "{exception} after two deltas");
    }
}

#[test]
fn broken_streams_are_tried_again_before_the_first_delta_only() {
    for (fault, expected) in [
        (json!({ "type": "eof" }), (2, Some(0))),
        (json!({ "type": "eof", "after": "messageStart" }), (2, Some(0))),
        (json!({ "type": "eof", "after": 2 }), (1, Some(9))),
        (json!({ "type": "reset", "after": "messageStart" }), (2, Some(0))),
        (json!({ "type": "reset", "after": 2 }), (1, Some(9))),
        (json!({ "type": "corruptCrc", "frame": 1 }), (2, Some(0))),
        (json!({ "type": "corruptCrc", "frame": 1, "prelude": true }), (2, Some(0))),
        (json!({ "type": "corruptCrc", "frame": 4 }), (1, Some(9))),
        (json!({ "type": "cutFrame", "frame": 2 }), (2, Some(0))),
        (json!({ "type": "cutFrame", "frame": 4 }), (1, Some(9))),
    ] {
        assert_eq!(after_one_fault(&fault), expected, "{fault}");
    }
}

#[test]
fn only_what_may_pass_is_tried_again() {
    let error = |status: u16, code: &str, message: &str| json!({ "type": "error", "status": status, "code": code, "message": message });
    for (fault, expected) in [
        (error(500, "InternalServerException", "Oh."), (2, Some(0))),
        (error(503, "ServiceUnavailableException", "Oh."), (2, Some(0))),
        (error(429, "ModelNotReadyException", "Oh."), (2, Some(0))),
        (error(408, "ModelTimeoutException", "Oh."), (2, Some(0))),
        (error(400, "ValidationException", "Oh."), (1, Some(6))),
        (error(400, "ServiceQuotaExceededException", "Oh."), (1, Some(8))),
        (error(403, "AccessDeniedException", "Oh."), (1, Some(4))),
        (error(404, "ResourceNotFoundException", "Oh."), (1, Some(5))),
        (json!({ "type": "foreignBody", "body": "html" }), (1, Some(1))),
    ] {
        assert_eq!(after_one_fault(&fault), expected, "{fault}");
    }
}

#[test]
fn silence_before_the_first_word_is_tried_again() {
    let emulator = Emulator::start();
    break_streams(&emulator, &json!({ "type": "stall", "after": "messageStart" }), Some(1));
    // More attempts than it takes: on a busy machine a second may be too short once more.
    let run = ask(&emulator, 4, &[]).env("OUTCROP_TIMEOUT_FIRST_EVENT", "1").run().succeeds();
    assert!(run.stdout.contains(super::PROMPT), "{}", run.stdout);
    assert!(emulator.requests_of("ConverseStream").len() > 1);
}

#[test]
fn a_service_that_is_not_there_is_a_network_error() {
    let emulator = Emulator::start();
    let endpoint = emulator.endpoint();
    let gone = super::Outcrop::new(["ask", "--json", "-m", super::MODEL, "Hello"])
        .via(&emulator)
        .env("OUTCROP_RETRY_ATTEMPTS", "2")
        .env("OUTCROP_RETRY_MAX_DELAY", "0.01");
    drop(emulator);
    let run = gone.run().exits_with(9);
    let error = &run.error_json()["error"];
    assert_eq!((run.stdout.as_str(), &error["kind"]), ("", &json!("Network")), "{endpoint}: {error}");
    assert!(error["hints"].to_string().contains("2 times"), "{error}");
}
