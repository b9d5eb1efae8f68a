//! The admin routes.

use outcrop_emulator::{Event, EventKind, RecordedRequest};
use serde_json::json;

use crate::client::{Connection, ask, start};

#[tokio::test]
async fn a_scenario_is_set_and_taken_back() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let scenario = json!({ "rules": [{ "fault": { "type": "throttle" } }] }).to_string();
    assert_eq!(connection.admin("POST", "scenario", &scenario).await.0, 200);
    assert_eq!(connection.converse(&ask("hi")).await.unwrap().status, 429);
    assert_eq!(connection.admin("DELETE", "scenario", "").await.0, 200);
    assert_eq!(connection.converse(&ask("hi")).await.unwrap().status, 200);
    let (status, answer) =
        connection.admin("POST", "scenario", r#"{"rules":[{"fault":{"type":"explode"}}]}"#).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("unknown variant `explode`"), "{answer}");
}

#[tokio::test]
async fn requests_and_events_can_be_read() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    connection.converse(&ask("hi")).await.unwrap().json().await;
    let (_, answer) = connection.admin("GET", "requests", "").await;
    let requests: Vec<RecordedRequest> = serde_json::from_value(answer["requests"].clone()).unwrap();
    assert_eq!(requests, emulator.requests());
    assert_eq!(requests[0].body, ask("hi"));

    let (_, answer) = connection.admin("GET", "events?after=0&wait=60", "").await;
    let events: Vec<Event> = serde_json::from_value(answer["events"].clone()).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::RequestStarted, EventKind::ResponseFinished]);
    assert_eq!((&answer["last"], &answer["events"][0]["type"]), (&json!(2), &json!("request_started")));
    let (_, answer) = connection.admin("GET", "events?after=2", "").await;
    assert_eq!(answer, json!({ "events": [], "last": 2 }));
    assert_eq!(connection.admin("GET", "events?after=x", "").await.0, 400);

    assert_eq!(connection.admin("DELETE", "requests", "").await.0, 200);
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn keys_expire_and_are_revoked_and_are_good_again() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let key = json!(["AKIAOUTCROPEMULATOR"]);
    for (body, code) in [
        (json!({ "expired": key }), "ExpiredTokenException"),
        (json!({ "revoked": key }), "UnrecognizedClientException"),
    ] {
        assert_eq!(connection.admin("POST", "keys", &body.to_string()).await.0, 200);
        let refused = connection.converse(&ask("hi")).await.unwrap();
        assert_eq!(
            (refused.status.as_u16(), refused.header("x-amzn-errortype").split(':').next()),
            (403, Some(code))
        );
    }
    assert_eq!(connection.admin("DELETE", "keys", "").await.0, 200);
    assert_eq!(connection.converse(&ask("hi")).await.unwrap().status, 200);

    for (body, words) in [
        (r#"{"expired":["AKIAOTHER"]}"#, "`AKIAOTHER` is none of the access key ids"),
        (r#"{"lost":[]}"#, "unknown field `lost`"),
    ] {
        let (status, answer) = connection.admin("POST", "keys", body).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[tokio::test]
async fn waiting_ends_with_the_next_event() {
    let emulator = start().await;
    let mut waiting = Connection::open(&emulator).await;
    let mut asking = Connection::open(&emulator).await;
    let body = ask("hi");
    let ((_, answer), response) =
        tokio::join!(waiting.admin("GET", "events?wait=60", ""), asking.converse(&body));
    assert_eq!(response.unwrap().status, 200);
    assert_eq!(answer["events"][0]["type"], "request_started");
}

#[tokio::test]
async fn health_answers_and_other_paths_tell_what_there_is() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    assert_eq!(
        connection.admin("GET", "health", "").await,
        (http::StatusCode::OK, json!({ "status": "ok" }))
    );
    let (status, answer) = connection.admin("GET", "nothing", "").await;
    assert_eq!(status, 404);
    assert!(answer["message"].as_str().unwrap().contains("GET health"));
    assert_eq!(emulator.requests(), [], "the admin routes leave no trace");
}

#[tokio::test]
async fn two_emulators_share_nothing_and_end_when_dropped() {
    let [first, second] = [start().await, start().await];
    Connection::open(&first).await.converse(&ask("hi")).await.unwrap().json().await;
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
    let mut open = Connection::open(&first).await;
    assert_eq!(open.converse(&ask("hi")).await.unwrap().status, 200);
    drop(first);
    assert!(open.converse(&ask("hi")).await.is_err());
    assert_eq!(Connection::open(&second).await.converse(&ask("hi")).await.unwrap().status, 200);
}
