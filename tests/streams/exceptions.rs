//! Every way in which the service itself ends a stream with an error, at every place.

use outcrop_core::{ErrorKind, Event, Retry};
use serde_json::json;

use super::{Answer, Service, frame, usual};

/// The exceptions of a stream, and what each means.
pub(super) const EXCEPTIONS: [(&str, &str, ErrorKind, Retry); 5] = [
    ("internalServerException", "InternalServerException", ErrorKind::Unavailable, Retry::Backoff),
    ("modelStreamErrorException", "ModelStreamErrorException", ErrorKind::Interrupted, Retry::Backoff),
    ("validationException", "ValidationException", ErrorKind::InvalidRequest, Retry::Never),
    ("throttlingException", "ThrottlingException", ErrorKind::Throttled, Retry::Backoff),
    ("serviceUnavailableException", "ServiceUnavailableException", ErrorKind::Unavailable, Retry::Backoff),
];

const WORDS: &str = "These very words.";

/// What comes before the first `count` frames are over.
async fn before(service: &Service, count: usize) -> Vec<Event> {
    service.replay(&usual()[..count], false, None).await.events
}

/// The places of a stream where it is not over yet: before and after each frame, the one with the usage excepted.
fn places() -> std::ops::Range<usize> {
    0..usual().len()
}

#[track_caller]
fn check(answer: &Answer, expected: (&str, ErrorKind, Retry), name: &str) {
    let Err(error) = &answer.outcome else { panic!("{name} is taken for a success: {answer:?}") };
    assert_eq!(
        (error.code(), error.kind(), error.retry()),
        (Some(expected.0), expected.1, expected.2),
        "{name}"
    );
    assert_eq!(error.provider_message(), Some(WORDS), "{name}");
    assert!(error.request_id().is_some(), "{name}: {error:?}");
}

#[tokio::test]
async fn every_exception_at_every_place() {
    let service = Service::start().await;
    for place in places() {
        let came = before(&service, place).await;
        for (exception, code, kind, retry) in EXCEPTIONS {
            let name = format!("{exception} after {place} frames");
            let mut frames = usual();
            frames.truncate(place);
            frames.push(frame(exception, json!({ "message": WORDS })));
            let answer = service.replay(&frames, false, None).await;
            check(&answer, (code, kind, retry), &name);
            assert_eq!(answer.events, came, "{name}: what came before is kept");
        }
    }
}

/// `:message-type: error` is the protocol's way to report what no exception models.
#[tokio::test]
async fn every_kind_of_error_frame_at_every_place() {
    let service = Service::start().await;
    let kinds = [
        ("InternalFailure", ErrorKind::Unavailable, Retry::Backoff),
        ("ThrottlingException", ErrorKind::Throttled, Retry::Backoff),
        ("SomethingNew", ErrorKind::Unexpected, Retry::Never),
    ];
    for place in places() {
        for (code, kind, retry) in kinds {
            let fault =
                json!({ "type": "errorFrame", "code": code, "message": WORDS, "after": { "frames": place } });
            let answer = service.replay(&usual(), false, Some(&fault)).await;
            check(&answer, (code, kind, retry), &format!("{code} after {place} frames"));
        }
    }
}
