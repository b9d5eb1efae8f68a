//! Each fault, as a client sees it.

use std::time::Duration;

use outcrop_emulator::EventKind;
use serde_json::{Value, json};

use crate::client::{Connection, End, ask, start_with_rule, wait_for};

const PROMPT: &str = "Why is the sky blue?";

/// The names of the events, and the end, of one stream under a fault.
async fn stream_under(fault: Value) -> (Vec<String>, End) {
    let emulator = start_with_rule(json!({ "match": "next", "fault": fault })).await;
    let mut connection = Connection::open(&emulator).await;
    let response = connection.converse_stream(&ask(PROMPT)).await.unwrap();
    assert_eq!(response.status, 200);
    let (events, end) = response.events().await;
    assert_eq!(emulator.requests()[0].fault.as_deref(), fault["type"].as_str());
    (events.into_iter().map(|(name, _)| name).collect(), end)
}

#[tokio::test]
async fn throttling_ends_after_so_many_times() {
    let rule = json!({ "match": { "operation": "Converse" }, "times": 2, "fault": { "type": "throttle", "retryAfter": 3 } });
    let emulator = start_with_rule(rule).await;
    let mut connection = Connection::open(&emulator).await;
    for _ in 0..2 {
        let response = connection.converse(&ask(PROMPT)).await.unwrap();
        assert_eq!(response.status, 429);
        assert!(response.header("x-amzn-errortype").starts_with("ThrottlingException:"));
        assert_eq!(response.header("retry-after"), "3");
        response.json().await;
    }
    assert_eq!(connection.converse(&ask(PROMPT)).await.unwrap().status, 200);
}

#[tokio::test]
async fn any_error_can_be_asked_for_on_any_operation() {
    let fault =
        json!({ "type": "error", "status": 503, "code": "ServiceUnavailableException", "message": "later" });
    let emulator = start_with_rule(json!({ "fault": fault })).await;
    let mut connection = Connection::open(&emulator).await;
    for (method, path, body) in [
        ("GET", "/foundation-models", Value::Null),
        ("POST", "/model/us.amazon.nova-lite-v1%3A0/converse-stream", ask(PROMPT)),
    ] {
        let response = connection.send(method, path, &body).await.unwrap();
        assert_eq!(response.status, 503, "{path}");
        assert!(response.header("x-amzn-errortype").starts_with("ServiceUnavailableException"));
        assert_eq!(response.json().await, json!({ "message": "later" }));
    }
}

#[tokio::test]
async fn exceptions_and_errors_end_the_stream_in_good_order() {
    let exception = json!({ "type": "exception", "exception": "throttlingException", "after": 2 });
    let (events, end) = stream_under(exception).await;
    assert_eq!(events, ["messageStart", "contentBlockDelta", "contentBlockDelta", "throttlingException"]);
    assert_eq!(end, End::Clean);
    let error = json!({ "type": "errorFrame", "code": "Internal", "message": "m", "after": "messageStart" });
    assert_eq!(
        stream_under(error).await,
        (vec!["messageStart".to_owned(), "Internal".to_owned()], End::Clean)
    );
}

#[tokio::test]
async fn a_reset_comes_after_what_was_sent() {
    let (events, end) = stream_under(json!({ "type": "reset", "after": 3 })).await;
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(end, End::Broken);
    assert_eq!(stream_under(json!({ "type": "reset" })).await, (vec![], End::Broken));
}

#[tokio::test]
async fn a_reset_without_a_stream_is_a_connection_without_an_answer() {
    let emulator = start_with_rule(json!({ "match": "next", "fault": { "type": "reset" } })).await;
    let mut connection = Connection::open(&emulator).await;
    let error = connection.converse(&ask(PROMPT)).await.err().expect("no answer");
    let cause = std::error::Error::source(&error).and_then(|it| it.downcast_ref::<std::io::Error>());
    assert_eq!(cause.map(std::io::Error::kind), Some(std::io::ErrorKind::ConnectionReset));
    assert_eq!(emulator.requests()[0].status, None);
    assert_eq!(Connection::open(&emulator).await.converse(&ask(PROMPT)).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_early_end_looks_clean() {
    let (events, end) = stream_under(json!({ "type": "eof", "after": 2 })).await;
    assert_eq!((events.len(), end), (3, End::Clean));
    let (events, end) = stream_under(json!({ "type": "noMetadata" })).await;
    assert_eq!((events.last().map(String::as_str), end), (Some("messageStop"), End::Clean));
}

#[tokio::test]
async fn broken_frames_do_not_decode() {
    let (events, end) = stream_under(json!({ "type": "corruptCrc", "frame": 3 })).await;
    assert_eq!((events.len(), end), (2, End::Corrupt));
    let (events, end) = stream_under(json!({ "type": "cutFrame", "frame": 3 })).await;
    assert_eq!((events.len(), end), (2, End::MidFrame));
}

#[tokio::test]
async fn a_stream_is_cut_at_a_byte_or_a_frame() {
    let (events, end) = stream_under(json!({ "type": "cutAt", "byte": 1 })).await;
    assert_eq!((events, end), (vec![], End::MidFrame));
    let (events, end) = stream_under(json!({ "type": "cutAt", "byte": 0 })).await;
    assert_eq!((events, end), (vec![], End::Clean));
    let (events, end) = stream_under(json!({ "type": "cutAt", "byte": 1_000_000 })).await;
    assert_eq!((events.last().map(String::as_str), end), (Some("metadata"), End::Clean));
    let (events, end) = stream_under(json!({ "type": "corruptCrc", "frame": 3, "prelude": true })).await;
    assert_eq!((events.len(), end), (2, End::Corrupt));
    let exception =
        json!({ "type": "exception", "exception": "throttlingException", "after": { "frames": 1 } });
    assert_eq!(stream_under(exception).await.0, ["messageStart", "throttlingException"]);
}

#[tokio::test]
async fn a_stream_is_cut_at_a_byte_of_a_promised_length_or_by_a_reset() {
    for cut in [json!({ "reset": true }), json!({ "sized": true }), json!({ "reset": true, "sized": true })] {
        let fault = |byte: u64| {
            let mut fault = json!({ "type": "cutAt", "byte": byte });
            fault.as_object_mut().unwrap().extend(cut.as_object().unwrap().clone());
            fault
        };
        let (events, end) = stream_under(fault(150)).await;
        assert_eq!((events, end), (vec!["messageStart".to_owned()], End::Broken), "{cut}");
    }
    let (events, end) = stream_under(json!({ "type": "cutAt", "byte": 1_000_000, "sized": true })).await;
    assert_eq!((events.last().map(String::as_str), end), (Some("metadata"), End::Clean));
    let (events, end) = stream_under(json!({ "type": "cutAt", "byte": 1_000_000, "reset": true })).await;
    assert_eq!((events.last().map(String::as_str), end), (Some("metadata"), End::Broken));
}

#[tokio::test]
async fn a_frame_that_says_another_length_does_not_decode() {
    for (lengths, expected) in [
        (json!({ "total": 40 }), End::Corrupt),
        (json!({ "total": 1_000_000 }), End::MidFrame),
        (json!({ "headers": 4_000 }), End::Corrupt),
    ] {
        let mut fault = json!({ "type": "wrongLength", "frame": 2 });
        fault.as_object_mut().unwrap().extend(lengths.as_object().unwrap().clone());
        let (events, end) = stream_under(fault).await;
        assert_eq!((events, end), (vec!["messageStart".to_owned()], expected), "{lengths}");
    }
}

#[tokio::test]
async fn single_bytes_add_up_to_the_same_stream() {
    let emulator = start_with_rule(json!({ "match": "next", "fault": { "type": "singleBytes" } })).await;
    let mut connection = Connection::open(&emulator).await;
    let body = ask(PROMPT);
    let (cut, end, pieces) = connection.converse_stream(&body).await.unwrap().events_and_pieces().await;
    assert_eq!(end, End::Clean);
    assert!(pieces > 10 * cut.len(), "{} messages in {pieces} pieces", cut.len());
    let (whole, _, pieces) = connection.converse_stream(&body).await.unwrap().events_and_pieces().await;
    assert_eq!(cut, whole);
    assert!(pieces < 2 * whole.len(), "the connection is back to normal: {pieces} pieces");
}

#[tokio::test]
async fn foreign_bodies_come_with_status_200() {
    for (body, content_type, expected) in [
        ("html", "text/html", "<!doctype html>"),
        ("unknownOperation", "application/json", "{\"Output\""),
        ("emptyObject", "application/json", "{}"),
    ] {
        let emulator = start_with_rule(json!({ "fault": { "type": "foreignBody", "body": body } })).await;
        let mut connection = Connection::open(&emulator).await;
        let response = connection.converse_stream(&ask(PROMPT)).await.unwrap();
        assert_eq!((response.status.as_u16(), response.header("content-type")), (200, content_type));
        assert!(response.text().await.starts_with(expected));
    }
}

#[tokio::test]
async fn a_stalled_stream_sees_the_client_go() {
    let emulator =
        start_with_rule(json!({ "match": "next", "fault": { "type": "stall", "after": 2 } })).await;
    let mut connection = Connection::open(&emulator).await;
    let mut response = connection.converse_stream(&ask(PROMPT)).await.unwrap();
    let events = response.first_events(3).await;
    assert_eq!(events.last().unwrap().0, "contentBlockDelta");
    let held = wait_for(&emulator, EventKind::ResponseHeld).await;
    assert_eq!(held.frames, 3);
    connection.close().await;
    let gone = wait_for(&emulator, EventKind::ClientDisconnected).await;
    assert_eq!((gone.request_id, gone.frames), (held.request_id, 3));
    let all = emulator.events_after(0, Duration::ZERO).await;
    assert!(all.iter().all(|event| event.kind != EventKind::ResponseFinished), "{all:?}");
}

#[tokio::test]
async fn a_held_answer_sees_the_client_go_too() {
    let emulator = start_with_rule(json!({ "match": "next", "fault": { "type": "stall" } })).await;
    let mut connection = Connection::open(&emulator).await;
    let asking = tokio::spawn(async move {
        let answer = connection.converse(&ask(PROMPT)).await;
        drop(answer);
    });
    wait_for(&emulator, EventKind::ResponseHeld).await;
    asking.abort();
    wait_for(&emulator, EventKind::ClientDisconnected).await;
}

#[tokio::test]
async fn a_slow_first_byte_waits_for_its_release() {
    let emulator = start_with_rule(json!({ "match": "next", "fault": { "type": "slowFirstByte" } })).await;
    let mut connection = Connection::open(&emulator).await;
    let body = ask(PROMPT);
    let (response, ()) = tokio::join!(connection.converse_stream(&body), async {
        wait_for(&emulator, EventKind::ResponseHeld).await;
        assert_eq!(emulator.requests()[0].status, None);
        emulator.release();
    });
    let (events, end) = response.unwrap().events().await;
    assert_eq!((events.last().unwrap().0.as_str(), end), ("metadata", End::Clean));
    wait_for(&emulator, EventKind::ResponseFinished).await;
}

#[tokio::test]
async fn rules_act_after_the_signature_and_before_the_rules_of_the_service() {
    let emulator = start_with_rule(json!({ "match": "next", "fault": { "type": "throttle" } })).await;
    let mut connection = Connection::open(&emulator).await;
    let unsigned = http::Request::get("/foundation-models")
        .header("host", "x")
        .body(http_body_util::Full::default())
        .unwrap();
    assert_eq!(connection.send_raw(unsigned).await.unwrap().status, 403);
    assert_eq!(connection.converse(&json!({})).await.unwrap().status, 429);
    assert_eq!(connection.converse(&json!({})).await.unwrap().status, 400);
}
