//! Failures inside a stream, and what is no stream at all.

use super::*;

#[tokio::test]
async fn an_error_in_the_first_chunk_is_a_failure_of_the_call() {
    let error = json!({ "error": { "message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded" } });
    let Err(error) = open_with(bytes([sse(&[error]).as_bytes()]), Shaping::default()).await else {
        panic!("it opened")
    };
    assert_eq!((error.kind(), error.code()), (ErrorKind::Throttled, Some("rate_limit_exceeded")));
    assert_eq!(error.retry(), Retry::Backoff);
    assert_eq!(error.to_string(), "the endpoint asks to slow down: Rate limit reached");
}

#[tokio::test]
async fn an_error_in_the_middle_ends_the_stream_and_keeps_what_came() {
    for (error, kind) in [
        (json!({ "error": { "message": "Provider disconnected", "code": 502 } }), ErrorKind::Unavailable),
        (json!({ "error": "model runner has unexpectedly stopped" }), ErrorKind::Unexpected),
        (
            json!({ "object": "error", "message": "x", "type": "InternalServerError", "code": 500 }),
            ErrorKind::Unavailable,
        ),
        (json!({ "error": { "message": "Slow down", "type": "rate_limit_error" } }), ErrorKind::Throttled),
        (
            json!({ "error": { "code": 429, "message": "Rate limited" }, "choices": [{ "delta": {}, "finish_reason": "error" }] }),
            ErrorKind::Throttled,
        ),
        (json!({ "choices": [{ "delta": {}, "finish_reason": "network_error" }] }), ErrorKind::Interrupted),
        (json!({ "choices": [{ "delta": {}, "finish_reason": "error" }] }), ErrorKind::Interrupted),
        (json!({ "message": "The model crashed", "code": "server_error" }), ErrorKind::Unavailable),
        (
            json!({ "error": { "message": "Wrong", "type": "invalid_request_error", "code": null } }),
            ErrorKind::InvalidRequest,
        ),
    ] {
        let (events, found) = failure(&sse(&[text("Hi"), error.clone()])).await;
        assert_eq!(found.kind(), kind, "{error}");
        assert_eq!(events[1..], [opens(0, Block::Text), said(0, "Hi")], "{error}");
        assert_eq!(found.request_id(), Some(ID));
    }
}

/// Behind the reason to stop, too: the server takes its answer back.
#[tokio::test]
async fn an_error_after_the_reason_to_stop_is_an_error() {
    let error = json!({ "error": { "message": "x", "code": "content_filter" } });
    assert_eq!(failure(&sse(&[text("Hi"), stops("stop"), error])).await.1.kind(), ErrorKind::Filtered);
}

#[tokio::test]
async fn an_event_that_is_called_an_error_is_one() {
    for data in ["{\"message\":\"overloaded\",\"code\":503}", "overloaded", "\"overloaded\""] {
        let (_, error) = failure(&format!("data: {}\n\nevent: error\ndata: {data}\n\n", text("Hi"))).await;
        assert_eq!(error.provider_message(), Some("overloaded"), "{data}");
    }
}

#[tokio::test]
async fn a_stream_without_a_reason_to_stop_was_interrupted() {
    for text in [
        sse(&[text("Hi")]),
        format!("data: {}\n\n", text("Hi")),
        sse(&[]),
        String::new(),
        " \n\n".to_owned(),
        ": ping\n\n".to_owned(),
        "dat".to_owned(),
        "Hello\ndata: {}\n\n".to_owned(),
    ] {
        let (_, error) = failure(&text).await;
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Interrupted, "the answer broke off before its end"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_is_no_stream_says_so() {
    for (body, message) in [
        ("<!doctype html><title>Sign in</title>", "`http://127.0.0.1:1/v1` answered with a web page"),
        ("{\"models\": []}", "`http://127.0.0.1:1/v1` answered with JSON that is no chat completion"),
        ("{not json}", "`http://127.0.0.1:1/v1` answered with something else than JSON"),
        ("It works!", "`http://127.0.0.1:1/v1` answered with text that is no stream of events"),
        (" \n\nok\n\n", "`http://127.0.0.1:1/v1` answered with text that is no stream of events"),
        ("data: {not json}\n\n", "the endpoint sent an event that is no JSON"),
        ("data: {}\n\ndata: oops\n\n", "the endpoint sent an event that is no JSON"),
        ("data: {}\n\ndata: oops\n\ndata: {}\n\n", "the endpoint sent an event that is no JSON"),
    ] {
        let (_, error) = failure(body).await;
        assert_eq!((error.kind(), error.message()), (ErrorKind::Protocol, message), "{body}");
        assert!(!error.retry().is_advised());
    }
    let (_, error) = failure("{\"choices\": [{\"message\": {\"content\": \"Hel").await;
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    let (_, error) =
        failure("{\"error\": {\"message\": \"no such model\", \"code\": \"model_not_found\"}}").await;
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_shown() {
    let error = json!({ "error": { "message": "Incorrect API key provided: sk-very-secret.", "code": "invalid_api_key" } });
    let (_, error) = failure(&sse(&[error])).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!format!("{error} {error:?}").contains("very-secret"), "{error:?}");
}

#[tokio::test]
async fn endless_white_space_is_no_answer() {
    let mut left = 1 << 12;
    let endless = futures_util::stream::repeat_with(move || {
        left -= 1;
        assert!(left > 0, "all of it is read");
        Ok(Bytes::from_static(&[b'\n'; 1 << 10]))
    });
    let error = items_of(Box::pin(endless)).await.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    // Some keep a connection alive with it as long as the model thinks.
    let patient = " \n".repeat(1000) + &sse(&[text("Hi"), stops("stop")]);
    let parts: Vec<_> = patient.as_bytes().chunks(3).collect();
    assert_eq!(collected(bytes(parts)).await.text(), "Hi");
}
