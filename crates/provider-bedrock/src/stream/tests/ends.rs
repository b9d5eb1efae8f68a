//! How answers end, and what is known of them then.

use super::*;

#[tokio::test]
async fn an_answer_without_content_is_one() {
    let answer =
        answer(&[begins(), says(0, ""), ends(0), ends(7), stops("guardrail_intervened"), measured()]).await;
    assert_eq!(answer.events, []);
    assert_eq!(answer.end.stop_reason, StopReason::GuardrailIntervened);
}

#[tokio::test]
async fn metadata_may_come_before_the_stop() {
    let answer = answer(&[begins(), says(0, "Hi"), ends(0), measured(), stops("end_turn")]).await;
    assert_eq!(answer.end.usage.unwrap().output_tokens, 7);
    assert_eq!(answer.end.latency, Some(Duration::from_millis(250)));
}

#[tokio::test]
async fn a_tool_call_that_never_stopped_is_broken() {
    let frames = |reason: &str| {
        [begins(), says(0, "Hm."), begins_tool(1, "a", "weather"), asks(1, "{}"), stops(reason), measured()]
    };
    let cut = answer(&frames("tool_use")).await;
    assert_eq!(cut.end.stop_reason, StopReason::MalformedToolUse);
    assert_eq!(
        cut.events,
        [
            open(0, Block::Text),
            text(0, "Hm."),
            open(1, tool("a", "weather")),
            input(1, "{}"),
            close(0),
            close(1),
        ]
    );
    let limited = answer(&frames("max_tokens")).await;
    assert_eq!(limited.end.stop_reason, StopReason::MaxTokens, "the limit says all there is to say");
}

#[tokio::test]
async fn broken_arguments_are_reported_unless_the_stop_reason_explains_them() {
    for (reason, expected) in [
        ("tool_use", StopReason::MalformedToolUse),
        ("end_turn", StopReason::MalformedToolUse),
        ("max_tokens", StopReason::MaxTokens),
        ("model_context_window_exceeded", StopReason::ContextWindowExceeded),
        ("malformed_tool_use", StopReason::MalformedToolUse),
    ] {
        let frames = [
            begins(),
            begins_tool(0, "a", "weather"),
            asks(0, "{\"city\": \"Ber"),
            ends(0),
            stops(reason),
            measured(),
        ];
        let answer = answer(&frames).await;
        assert_eq!(answer.end.stop_reason, expected, "{reason}");
        assert_eq!(answer.events[1], input(0, "{\"city\": \"Ber"), "what came is kept");
    }
}

#[tokio::test]
async fn suppressed_tool_calls_vanish() {
    let frames = [
        begins(),
        says(0, "I would look it up."),
        ends(0),
        begins_tool(1, "a", "weather"),
        asks(1, "{\"city\": \"Ber"),
        ends(1),
        begins_tool(2, "b", "weather"),
        stops("tool_use"),
        measured(),
    ];
    let answer = whole(items(&frames, true).await);
    assert_eq!(answer.events, [open(0, Block::Text), text(0, "I would look it up."), close(0)]);
    assert_eq!(answer.end.stop_reason, StopReason::EndTurn);
}

/// The service ran it already: its result would be one of a call that nobody knows.
#[tokio::test]
async fn calls_of_the_services_own_tools_are_never_suppressed() {
    let call =
        json!({ "toolUse": { "toolUseId": "a", "name": "nova_grounding", "type": "server_tool_use" } });
    let frames = [
        begins(),
        json!({ "contentBlockStart": { "start": call, "contentBlockIndex": 0 } }),
        asks(0, "{}"),
        ends(0),
        stops("end_turn"),
        measured(),
    ];
    let answer = whole(items(&frames, true).await);
    let block = Block::ToolUse { id: "a".to_owned(), name: "nova_grounding".to_owned(), by_service: true };
    assert_eq!(answer.events, [open(0, block), input(0, "{}"), close(0)]);
}

#[tokio::test]
async fn every_stop_reason_is_kept() {
    for reason in [
        "end_turn",
        "tool_use",
        "max_tokens",
        "stop_sequence",
        "guardrail_intervened",
        "content_filtered",
        "malformed_model_output",
        "malformed_tool_use",
        "model_context_window_exceeded",
        "refusal",
        "a_reason_of_tomorrow",
    ] {
        let answer = answer(&[begins(), stops(reason), measured()]).await;
        assert_eq!(answer.end.stop_reason.as_str(), reason);
    }
    let unknown = answer(&[begins(), stops("a_reason_of_tomorrow"), measured()]).await;
    assert_eq!(unknown.end.stop_reason, StopReason::Other("a_reason_of_tomorrow".to_owned()));
}

#[tokio::test]
async fn cache_writes_are_told_apart_by_their_time_to_live() {
    let usage = json!({
        "inputTokens": 10, "outputTokens": 5, "totalTokens": 1315,
        "cacheReadInputTokens": 1000, "cacheWriteInputTokens": 300,
        "cacheDetails": [{ "ttl": "1h", "inputTokens": 100 }, { "ttl": "5m", "inputTokens": 200 }],
    });
    let answer = answer(&[begins(), stops("end_turn"), json!({ "metadata": { "usage": usage } })]).await;
    let usage = answer.end.usage.unwrap();
    assert_eq!(
        usage,
        Usage {
            input_tokens: 10,
            output_tokens: 5,
            cache_read_tokens: 1000,
            cache_write_5m_tokens: 200,
            cache_write_1h_tokens: 100,
        }
    );
    assert_eq!(usage.total_tokens(), 1315, "the buckets do not overlap");
    assert_eq!(answer.end.latency, None, "nobody said");
}

#[tokio::test]
async fn usage_and_latency_are_absent_rather_than_zero_if_nobody_said() {
    let answer = answer(&[begins(), says(0, "Hi"), stops("end_turn"), json!({ "metadata": {} })]).await;
    assert_eq!((answer.end.usage, answer.end.latency, answer.end.metadata), (None, None, None));
}

#[tokio::test]
async fn what_else_the_service_says_is_kept_in_its_words() {
    let answer = answer(&[
        begins(),
        json!({ "messageStop": {
            "stopReason": "stop_sequence",
            "additionalModelResponseFields": { "stop_sequence": "SUCCESS" },
        } }),
        json!({ "metadata": {
            "usage": { "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 },
            "metrics": { "latencyMs": 9 },
            "performanceConfig": { "latency": "optimized" },
            "serviceTier": { "type": "flex" },
            "trace": { "promptRouter": { "invokedModelId": "amazon.nova-micro-v1:0" } },
        } }),
    ])
    .await;
    assert_eq!(
        answer.end.metadata,
        Some(json!({
            "additionalModelResponseFields": { "stop_sequence": "SUCCESS" },
            "trace": { "promptRouter": { "invokedModelId": "amazon.nova-micro-v1:0" } },
            "performanceConfig": { "latency": "optimized" },
            "serviceTier": { "type": "flex" },
        }))
    );
}
