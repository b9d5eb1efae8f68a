//! Ordinary answers over the wire.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use outcrop_emulator::{AuthKind, Operation};
use serde_json::{Value, json};

use crate::client::{Connection, End, HAIKU, ask, sign_as, start, start_with_rule};

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
    // The model caches from 4,096 tokens on.
    body["system"] = json!([{ "text": "be brief ".repeat(2500) }, { "cachePoint": { "type": "default" } }]);
    let mut usage = Vec::new();
    for _ in 0..2 {
        usage.push(connection.converse(&body).await.unwrap().json().await["usage"].clone());
    }
    assert_eq!(
        (&usage[0]["cacheReadInputTokens"], &usage[0]["cacheWriteInputTokens"]),
        (&json!(0), &json!(5001))
    );
    assert_eq!(
        (&usage[1]["cacheReadInputTokens"], &usage[1]["cacheWriteInputTokens"]),
        (&json!(5001), &json!(0))
    );
    assert_eq!(usage[0]["totalTokens"], usage[1]["totalTokens"]);

    body["system"][0]["text"] = json!("be brief ".repeat(2000));
    for _ in 0..2 {
        let usage = connection.converse(&body).await.unwrap().json().await["usage"].clone();
        assert_eq!(
            (&usage["cacheReadInputTokens"], &usage["cacheWriteInputTokens"], usage.get("cacheDetails")),
            (&json!(0), &json!(0), None),
            "too short for the cache"
        );
        assert_eq!(usage["inputTokens"], 4001 + 7);
    }
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

#[tokio::test]
async fn a_prompt_resource_is_called_by_its_arn_without_messages() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let body = json!({ "promptVariables": { "question": { "text": "Why is the sky blue?" } } });
    let path = |account: &str| {
        format!("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A{account}%3Aprompt%2FABCDEF1234%3A2/converse")
    };
    let answer = connection.send("POST", &path("123456789012"), &body).await.unwrap().json().await;
    let text = answer["output"]["message"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("“Why is the sky blue?”") && text.contains("in place of ABCDEF1234"), "{text}");
    assert_eq!(connection.send("POST", &path("210987654321"), &body).await.unwrap().status, 404);
    let mut own = body.clone();
    own["inferenceConfig"] = json!({ "maxTokens": 5 });
    assert_eq!(connection.send("POST", &path("123456789012"), &own).await.unwrap().status, 400);
}

#[tokio::test]
async fn a_guardrail_steps_in_and_says_so() {
    let emulator = start().await;
    let mut connection = Connection::open(&emulator).await;
    let guarded = |text: &str, id: &str| {
        let mut body = ask(text);
        body["guardrailConfig"] =
            json!({ "guardrailIdentifier": id, "guardrailVersion": "1", "trace": "enabled" });
        body
    };
    let blocked = guarded("a forbidden thing", "emulatorguardrail");
    let answer = connection.converse(&blocked).await.unwrap().json().await;
    let content = json!([{ "text": "Sorry, the model cannot answer this question." }]);
    assert_eq!(answer["output"]["message"]["content"], content);
    assert_eq!(
        (&answer["stopReason"], &answer["usage"]["totalTokens"]),
        (&json!("guardrail_intervened"), &json!(0))
    );
    let found =
        &answer["trace"]["guardrail"]["inputAssessment"]["emulatorguardrail"]["wordPolicy"]["customWords"];
    assert_eq!(found[0]["match"], "forbidden");
    let (events, end) = connection.converse_stream(&blocked).await.unwrap().events().await;
    assert_eq!((collect(&events).1, end), (json!("guardrail_intervened"), End::Clean));
    assert_eq!(events.last().unwrap().1["trace"], answer["trace"]);

    let passed = connection.converse(&guarded("hello", "emulatorguardrail")).await.unwrap().json().await;
    assert_eq!(passed["stopReason"], "end_turn");
    assert_eq!(passed["trace"]["guardrail"]["actionReason"], "No action.");
    let refused = connection.converse(&guarded("hello", "nosuchguardrail")).await.unwrap();
    assert_eq!(refused.status, 400);
    let message = "The guardrail identifier or version provided in the request does not exist.";
    assert_eq!(refused.json().await, json!({ "message": message }));
}

#[tokio::test]
async fn scripted_events_go_out_on_streams_alone() {
    let events = json!([{ "messageStart": { "role": "assistant" } }, { "somethingNew": {} },
                        { "internalServerException": { "message": "m" } }]);
    let emulator = start_with_rule(json!({ "reply": { "events": events, "padding": false } })).await;
    let mut connection = Connection::open(&emulator).await;
    assert_eq!(connection.converse(&ask("hi")).await.unwrap().json().await["stopReason"], "end_turn");
    let (found, end) = connection.converse_stream(&ask("hi")).await.unwrap().events().await;
    let expected = [
        ("messageStart", json!({ "role": "assistant" })),
        ("somethingNew", json!({})),
        ("internalServerException", json!({ "message": "m" })),
    ];
    assert_eq!(
        (found, end),
        (expected.map(|(name, payload)| (name.to_owned(), payload)).to_vec(), End::Clean)
    );
    assert_eq!(
        connection.converse_stream(&json!({})).await.unwrap().status,
        400,
        "the request is checked all the same"
    );
}
