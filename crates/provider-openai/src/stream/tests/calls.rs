//! Tool calls, in all the ways that servers tell them.

use super::*;

fn function(name: &str, arguments: &str) -> Value {
    json!({ "name": name, "arguments": arguments })
}

/// Each call's id, name and arguments, by the order of its block.
async fn calls(chunks: &[Value]) -> Vec<(String, String, String)> {
    let response = collected(bytes([sse(chunks).as_bytes()])).await;
    response
        .tool_uses()
        .map(|call| {
            let input = call.malformed_input.clone().unwrap_or_else(|| call.input.to_string());
            (call.id.clone(), call.name.clone(), input)
        })
        .collect()
}

fn named(calls: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    calls.iter().map(|(id, name, input)| ((*id).into(), (*name).into(), (*input).into())).collect()
}

#[tokio::test]
async fn pieces_come_as_they_are_written() {
    let chunks = [
        text("Let me see."),
        piece(json!({ "index": 0, "id": "a", "type": "function", "function": function("f", "") })),
        piece(json!({ "index": 0, "function": { "arguments": "{\"x\"" } })),
        piece(json!({ "index": 0, "function": { "arguments": ":1}" } })),
        stops("tool_calls"),
    ];
    let (events, end) = answer(&chunks).await;
    let expected = [
        opens(0, Block::Text),
        said(0, "Let me see."),
        closes(0),
        opens(1, Block::tool_use("a", "f")),
        input(1, "{\"x\""),
        input(1, ":1}"),
        closes(1),
    ];
    assert_eq!(events, expected);
    assert_eq!(end.stop_reason, StopReason::ToolUse);
}

#[tokio::test]
async fn calls_interleave_by_their_numbers() {
    let chunks = [
        piece(json!({ "index": 0, "id": "a", "function": function("f", "{") })),
        piece(json!({ "index": 1, "id": "b", "function": function("g", "[") })),
        piece(json!({ "index": 0, "function": { "arguments": "}" } })),
        says(json!({ "tool_calls": [
            { "index": 1, "function": { "arguments": "]" } },
            { "index": 5, "id": "c", "function": function("h", "") },
        ] })),
        stops("tool_calls"),
    ];
    assert_eq!(calls(&chunks).await, named(&[("a", "f", "{}"), ("b", "g", "[]"), ("c", "h", "{}")]));
}

#[tokio::test]
async fn an_id_and_a_name_may_come_late() {
    let chunks = [
        piece(json!({ "index": 0, "function": { "arguments": "{\"x\":" } })),
        piece(json!({ "index": 0, "function": { "name": "f", "arguments": "" } })),
        piece(json!({ "index": 1, "id": "b", "function": function("g", "{}") })),
        piece(json!({ "index": 0, "id": "a", "function": { "arguments": "1" } })),
        piece(json!({ "index": 0, "function": { "arguments": "}" } })),
        stops("tool_calls"),
    ];
    assert_eq!(calls(&chunks).await, named(&[("a", "f", "{\"x\":1}"), ("b", "g", "{}")]));
}

#[tokio::test]
async fn calls_without_numbers_are_told_apart_by_what_they_have() {
    let by_id = [
        piece(json!({ "id": "a", "function": function("f", "{") })),
        piece(json!({ "id": "b", "function": function("f", "{") })),
        piece(json!({ "id": "a", "function": { "arguments": "}" } })),
        piece(json!({ "id": "b", "function": { "arguments": "}" } })),
        stops("tool_calls"),
    ];
    assert_eq!(calls(&by_id).await, named(&[("a", "f", "{}"), ("b", "f", "{}")]));
    let by_name = [
        piece(json!({ "id": "a", "function": function("f", "") })),
        piece(json!({ "function": { "arguments": "{}" } })),
        piece(json!({ "id": "b", "function": function("g", "{") })),
        piece(json!({ "function": { "arguments": "}" } })),
        stops("tool_calls"),
    ];
    assert_eq!(calls(&by_name).await, named(&[("a", "f", "{}"), ("b", "g", "{}")]));
}

/// As Gemini's endpoint once did, and others do.
#[tokio::test]
async fn calls_that_all_have_the_number_zero_are_told_apart_by_id() {
    let chunks = [
        piece(json!({ "index": 0, "id": "a", "function": function("f", "{}") })),
        piece(json!({ "index": 0, "id": "b", "function": function("g", "{}") })),
        stops("stop"),
    ];
    assert_eq!(calls(&chunks).await, named(&[("a", "f", "{}"), ("b", "g", "{}")]));
}

#[tokio::test]
async fn a_new_id_with_every_piece_is_one_call() {
    let chunks = [
        piece(json!({ "index": 0, "id": "a", "function": function("f", "{") })),
        piece(json!({ "index": 0, "id": "a2", "function": { "name": null, "arguments": "}" } })),
        stops("tool_calls"),
    ];
    assert_eq!(calls(&chunks).await, named(&[("a", "f", "{}")]));
}

#[tokio::test]
async fn an_id_that_is_missing_or_stands_twice_is_made_up() {
    let chunks = [
        piece(json!({ "index": 0, "function": function("f", "{}") })),
        piece(json!({ "index": 1, "id": "", "function": function("g", "{}") })),
        piece(json!({ "index": 2, "id": "a", "function": function("h", "{}") })),
        piece(json!({ "index": 3, "id": "a", "function": function("i", "{}") })),
        stops("tool_calls"),
    ];
    let calls = calls(&chunks).await;
    let ids: std::collections::BTreeSet<_> = calls.iter().map(|(id, ..)| id.clone()).collect();
    assert_eq!(ids.len(), 4, "{calls:?}");
    assert!(ids.contains("a") && ids.iter().filter(|id| id.starts_with("call_")).count() == 3, "{ids:?}");
    let names: Vec<_> = calls.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["f", "g", "h", "i"]);
}

#[tokio::test]
async fn no_arguments_are_an_empty_object_however_they_are_written() {
    for arguments in [json!(""), json!(null), json!(" \n"), json!({}), json!("{}")] {
        let call = json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": arguments } });
        assert_eq!(
            calls(&[piece(call), stops("tool_calls")]).await,
            named(&[("a", "f", "{}")]),
            "{arguments}"
        );
    }
    let call = json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": { "x": 1 } } });
    assert_eq!(calls(&[piece(call), stops("tool_calls")]).await, named(&[("a", "f", "{\"x\":1}")]));
}

#[tokio::test]
async fn arguments_that_are_no_json_are_reported_broken() {
    for (reason, expected) in [
        ("tool_calls", StopReason::MalformedToolUse),
        ("stop", StopReason::MalformedToolUse),
        ("length", StopReason::MaxTokens),
    ] {
        let call = json!({ "index": 0, "id": "a", "function": function("f", "{\"x\":") });
        let response = collected(bytes([sse(&[piece(call), stops(reason)]).as_bytes()])).await;
        assert_eq!(response.stop_reason, expected);
        let broken = response.tool_uses().next().unwrap();
        assert_eq!(broken.malformed_input.as_deref(), Some("{\"x\":"), "{reason}");
    }
}

#[tokio::test]
async fn a_call_that_was_cut_before_its_arguments_is_not_run() {
    let call = json!({ "index": 0, "id": "a", "function": function("f", "") });
    let response = collected(bytes([sse(&[piece(call), stops("length")]).as_bytes()])).await;
    assert_eq!(response.tool_uses().next().unwrap().malformed_input.as_deref(), Some(""));
}

#[tokio::test]
async fn a_call_without_a_name_is_none() {
    let nameless = piece(json!({ "index": 0, "id": "a", "function": { "arguments": "{}" } }));
    let (_, error) = failure(&sse(&[nameless.clone(), stops("tool_calls")])).await;
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Protocol, "the endpoint sent a tool call without a name")
    );
    let (events, end) = answer(&[text("Hi"), nameless, stops("length")]).await;
    assert_eq!(events, [opens(0, Block::Text), said(0, "Hi"), closes(0)]);
    assert_eq!(end.stop_reason, StopReason::MaxTokens);
}
