//! Ordinary answers over the wire.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use outcrop_emulator::{AuthKind, Operation};
use serde_json::{Value, json};

use crate::client::{Connection, End, HAIKU, ask, sign_as, start};

/// The text of a stream, its stop reason and its usage.
fn collect(events: &[(String, Value)]) -> (String, Value, Value) {
    let text = events.iter().filter_map(|(_, payload)| payload["delta"]["text"].as_str()).collect();
    let find = |name: &str| events.iter().find(|(kind, _)| kind == name).unwrap().1.clone();
    (text, find("messageStop")["stopReason"].clone(), find("metadata")["usage"].clone())
}

#[tokio::test]
async fn the_stream_and_the_whole_answer_say_the_same() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let body = ask("Why is the sky blue?");
    let whole = connection.converse(&body).await.unwrap();
    assert_eq!((whole.status.as_u16(), whole.header("content-type")), (200, "application/json"));
    let whole = whole.json().await;
    let stream = connection.converse_stream(&body).await.unwrap();
    assert_eq!(stream.header("content-type"), "application/vnd.amazon.eventstream");
    assert_eq!(stream.header("transfer-encoding"), "chunked");
    let (events, end) = stream.events().await;
    assert_eq!(end, End::Clean);
    let (text, stop_reason, usage) = collect(&events);
    assert_eq!(whole["output"]["message"]["content"], json!([{ "text": text }]));
    assert_eq!((&whole["stopReason"], &whole["usage"]), (&stop_reason, &usage));
    assert!(events.iter().filter(|(_, payload)| payload["delta"].get("text").is_some()).count() > 10);
    assert_eq!(events.last().unwrap().0, "metadata");
}

#[tokio::test]
async fn every_response_has_an_id_and_connections_are_kept() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let mut ids = Vec::new();
    for (method, path, body) in [
        ("GET", "/foundation-models?byProvider=Anthropic", Value::Null),
        ("GET", "/inference-profiles?type=APPLICATION&maxResults=1", Value::Null),
        ("GET", "/inference-profiles/us.amazon.nova-lite-v1%3A0", Value::Null),
        (
            "POST",
            "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens",
            json!({ "input": { "converse": ask("hi") } }),
        ),
        ("POST", "/model/nothing/converse", ask("hi")),
        ("GET", "/nothing", Value::Null),
    ] {
        let response = connection.send(method, path, &body).await.unwrap();
        assert_eq!(response.header("content-type"), "application/json", "{path}");
        assert!(response.headers.contains_key("date"), "{path}");
        ids.push(response.header("x-amzn-requestid").to_owned());
        response.json().await;
    }
    let requests = emulator.requests();
    assert_eq!(
        requests.iter().map(|request| &request.request_id).collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    assert!(requests.iter().all(|request| request.connection == requests[0].connection));
    let statuses: Vec<_> = requests.iter().map(|request| request.status.unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 400, 404]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn errors_carry_code_and_message() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let response = connection.send("POST", "/model/deepseek.r1-v1%3A0/converse", &ask("hi")).await.unwrap();
    assert_eq!(response.status, 400);
    assert_eq!(
        response.header("x-amzn-errortype"),
        "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"
    );
    let message = "Invocation of model ID deepseek.r1-v1:0 with on-demand throughput isn’t supported. Retry your \
                   request with the ID or ARN of an inference profile that contains this model.";
    assert_eq!(response.json().await, json!({ "message": message }));
    assert_eq!(emulator.requests()[0].error.as_deref(), Some("ValidationException"));
    let malformed = connection.converse(&json!("no object")).await.unwrap();
    assert_eq!(malformed.status, 400);
}

#[tokio::test]
async fn an_arn_that_is_not_encoded_gets_the_odd_answer() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let path = "/model/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0/converse";
    let response = connection.send("POST", path, &ask("hi")).await.unwrap();
    assert_eq!(response.status, 200);
    let expected = json!({
        "Output": { "__type": "com.amazon.coral.service#UnknownOperationException" }, "Version": "1.0",
    });
    assert_eq!(response.json().await, expected);
    let encoded = path.replace(
        "arn:aws:bedrock:us-east-1::foundation-model/",
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2F",
    );
    assert_eq!(connection.send("POST", &encoded, &ask("hi")).await.unwrap().status, 200);
}

#[tokio::test]
async fn callers_are_checked_and_no_secret_is_recorded() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let request = |authorization: Option<&str>| {
        let builder = Request::get("/foundation-models").header("host", emulator.addr().to_string());
        let builder = match authorization {
            Some(value) => builder.header("authorization", value),
            None => builder,
        };
        builder.body(Full::new(Bytes::new())).unwrap()
    };
    let mut wrong_secret = request(None);
    sign_as("wrong", &mut wrong_secret, "");
    let wrong_token = request(Some("Bearer wrong-token"));
    let right_token = request(Some("Bearer outcrop-emulator-token"));
    for (request, status, kind) in [
        (wrong_secret, 403, AuthKind::SigV4),
        (wrong_token, 403, AuthKind::Bearer),
        (request(None), 403, AuthKind::None),
        (right_token, 200, AuthKind::Bearer),
    ] {
        let response = connection.send_raw(request).await.unwrap();
        assert_eq!(response.status, status, "{kind:?}");
        response.json().await;
        let recorded = emulator.requests().pop().unwrap();
        assert_eq!((recorded.auth, recorded.status), (kind, Some(status)));
    }
    let journal = format!("{:?}", emulator.requests());
    for secret in ["wrong-token", "outcrop-emulator-token", "AKIAOUTCROPEMULATOR", "Signature="] {
        assert!(!journal.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_second_prompt_with_the_same_beginning_reads_the_cache() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let mut body = ask("one two three");
    body["system"] = json!([{ "text": "be brief" }, { "cachePoint": { "type": "default" } }]);
    let mut usage = Vec::new();
    for _ in 0..2 {
        usage.push(connection.converse(&body).await.unwrap().json().await["usage"].clone());
    }
    assert_eq!(
        (&usage[0]["cacheReadInputTokens"], &usage[0]["cacheWriteInputTokens"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(
        (&usage[1]["cacheReadInputTokens"], &usage[1]["cacheWriteInputTokens"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(usage[0]["totalTokens"], usage[1]["totalTokens"]);
}

#[tokio::test]
async fn a_scripted_reply_goes_out_instead() {
    let emulator = start().await;
    let scenario = json!({ "rules": [{ "match": { "operation": "Converse" }, "times": 1, "reply": {
        "content": [{ "text": "No." }], "stopReason": "guardrail_intervened" } }] });
    emulator.set_scenario(serde_json::from_value(scenario).unwrap());
    let mut connection = Connection::open(&emulator).await;
    let first = connection.converse(&ask("hi")).await.unwrap().json().await;
    assert_eq!(first["output"]["message"]["content"], json!([{ "text": "No." }]));
    assert_eq!(first["stopReason"], "guardrail_intervened");
    let second = connection.converse(&ask("hi")).await.unwrap().json().await;
    assert_eq!(second["stopReason"], "end_turn");
}

#[tokio::test]
async fn the_journal_tells_what_was_asked() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    connection.converse(&ask("hi")).await.unwrap().json().await;
    let request = emulator.requests().pop().unwrap();
    assert_eq!(request.operation, Some(Operation::Converse));
    assert_eq!(request.model_id.as_deref(), Some("us.anthropic.claude-haiku-4-5-20251001-v1:0"));
    assert_eq!(request.path, format!("/model/{HAIKU}/converse"));
    assert_eq!(request.region, "us-east-1");
    assert_eq!(request.access_key_id.as_deref(), Some("AKIAOUTC…ATOR"));
    assert_eq!(request.body, ask("hi"));
}
