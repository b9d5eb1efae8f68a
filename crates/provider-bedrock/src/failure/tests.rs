//! Over the real wire, with the real SDK.

use std::time::Duration;

use futures_util::StreamExt as _;
use outcrop_core::{ErrorKind, ModelProvider as _, Request, Result, Retry};
use serde_json::{Value, json};

use crate::canned;
use crate::content_type::EVENT_STREAM;
use crate::loopback::{Answer, Loopback};

async fn refused(answer: impl Fn() -> Answer + Send + Sync + 'static) -> [outcrop_core::Error; 2] {
    let service = Loopback::start(move |_| answer());
    let provider = service.provider();
    let request = Request::new("amazon.nova-lite-v1:0").user("Hi");
    let streamed = provider.stream(&request).await.map(|_| ()).unwrap_err();
    [streamed, provider.generate(&request).await.unwrap_err()]
}

#[tokio::test]
async fn the_services_own_wait_comes_through() {
    let throttled =
        || Answer::error(429, "ThrottlingException", "Too many requests, please wait before trying again.");
    for error in refused(move || throttled().with_header("retry-after", "17")).await {
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Throttled, Retry::After(Duration::from_secs(17)))
        );
    }
    for error in refused(move || throttled().with_header("x-amz-retry-after", "1700")).await {
        assert_eq!(error.retry(), Retry::After(Duration::from_millis(1700)));
    }
    // Dates: one that is over, and one that lies far ahead.
    let unavailable =
        || Answer::error(503, "ServiceUnavailableException", "Bedrock is unable to process your request.");
    for error in
        refused(move || unavailable().with_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")).await
    {
        assert_eq!(error.retry(), Retry::After(Duration::ZERO));
    }
    for error in
        refused(move || unavailable().with_header("retry-after", "Thu, 31 Dec 2099 23:59:59 GMT")).await
    {
        let Retry::After(wait) = error.retry() else { panic!("{error:?}") };
        assert!(wait > Duration::from_hours(24), "{wait:?}");
    }
    for error in refused(move || unavailable().with_header("retry-after", "later")).await {
        assert_eq!(error.retry(), Retry::Backoff);
    }
}

async fn in_a_stream(events: &[Value]) -> outcrop_core::Error {
    match canned::streamed(events, false).await {
        Err(error) => error,
        Ok(stream) => stream.filter_map(async |item: Result<_>| item.err()).boxed().next().await.unwrap(),
    }
}

#[tokio::test]
async fn an_overflow_inside_a_stream_is_one() {
    let says = json!({ "contentBlockDelta": { "delta": { "text": "Hi" }, "contentBlockIndex": 0 } });
    let llama = "The model returned the following errors: This model's maximum context length is 131072 tokens. Please \
                 reduce the length of the prompt";
    let refusal = json!({ "validationException": { "message": llama } });
    for events in [vec![refusal.clone()], vec![says, refusal]] {
        let error = in_a_stream(&events).await;
        assert_eq!(
            (error.kind(), error.overflow().and_then(|it| it.limit)),
            (ErrorKind::ContextOverflow, Some(131_072))
        );
        assert!(error.hints()[0].starts_with("the model takes 131072 tokens at most"), "{error:?}");
    }
}

#[tokio::test]
async fn what_a_model_said_to_the_service_is_passed_on() {
    let original = "prompt is too long: 207848 tokens > 200000 maximum";
    let failure = json!({ "message": "An error occurred while streaming the response. Retry your request.",
        "originalStatusCode": 400, "originalMessage": original });
    let error = in_a_stream(&[json!({ "modelStreamErrorException": failure })]).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::ContextOverflow, Some("ModelStreamErrorException")));
    assert!(error.provider_message().unwrap().ends_with(original), "{error}");
    let plain = json!({ "message": "An error occurred while streaming the response. Retry your request." });
    let error = in_a_stream(&[json!({ "modelStreamErrorException": plain })]).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Interrupted, Retry::Backoff));
}

/// A reply that says it is an event stream is one, and can only be damaged.
#[tokio::test]
async fn damage_in_the_first_frame_is_an_interruption_of_what_says_to_be_a_stream() {
    let good = || canned::frame(&json!({ "messageStart": { "role": "assistant" } }));
    let (prelude, message) = (9, good().len() - 1);
    let damaged = |at: usize| {
        let mut bytes = good();
        bytes[at] ^= 1;
        bytes
    };
    for body in [damaged(prelude), damaged(message), good()[..7].to_vec(), b"<html>Sign in</html>".to_vec()] {
        let error = canned::streamed_as(EVENT_STREAM, body).await.err().unwrap();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Interrupted, Retry::Backoff), "{error:?}");
    }
    for page in [
        canned::streamed_as("text/html", good()).await,
        canned::streamed_bytes(damaged(prelude), false).await,
    ] {
        let error = page.err().unwrap();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::Never), "{error:?}");
    }
}
