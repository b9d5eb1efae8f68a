//! Blocks of all kinds, as they open, grow and close.

use super::*;

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html#conversation-inference-call-response-converse-stream>
/// shows a partial response: there is no start and no stop of the text block in it.
#[tokio::test]
async fn the_documented_stream() {
    let answer = answer(&[
        json!({ "messageStart": { "role": "assistant" } }),
        json!({ "contentBlockDelta": { "delta": { "text": "" }, "contentBlockIndex": 0 } }),
        json!({ "contentBlockDelta": { "delta": { "text": " Title" }, "contentBlockIndex": 0 } }),
        json!({ "contentBlockDelta": { "delta": { "text": ":" }, "contentBlockIndex": 0 } }),
        json!({ "contentBlockDelta": { "delta": { "text": " The" }, "contentBlockIndex": 0 } }),
        json!({ "messageStop": { "stopReason": "max_tokens" } }),
        json!({ "metadata": {
            "usage": { "inputTokens": 47, "outputTokens": 20, "totalTokens": 67 },
            "metrics": { "latencyMs": 100 },
        } }),
    ])
    .await;
    assert_eq!(
        answer.events,
        [open(0, Block::Text), text(0, " Title"), text(0, ":"), text(0, " The"), close(0)]
    );
    let usage = Usage { input_tokens: 47, output_tokens: 20, ..Usage::default() };
    assert_eq!(
        answer.end,
        End {
            stop_reason: StopReason::MaxTokens,
            usage: Some(usage),
            request_id: Some(REQUEST_ID.to_owned()),
            latency: Some(Duration::from_millis(100)),
            metadata: None,
        }
    );
}

/// The order of events that the same page draws: start (tool use only), deltas, stop, for each block by its index.
#[tokio::test]
async fn the_documented_order_of_a_tool_call() {
    let answer = answer(&[
        begins(),
        says(0, "Let me see."),
        ends(0),
        begins_tool(1, "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "top_song"),
        asks(1, ""),
        asks(1, r#"{"sign": "#),
        asks(1, r#""WZPZ"}"#),
        ends(1),
        stops("tool_use"),
        measured(),
    ])
    .await;
    assert_eq!(
        answer.events,
        [
            open(0, Block::Text),
            text(0, "Let me see."),
            close(0),
            open(1, tool("tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "top_song")),
            input(1, r#"{"sign": "#),
            input(1, r#""WZPZ"}"#),
            close(1),
        ]
    );
    assert_eq!(answer.end.stop_reason, StopReason::ToolUse);
}

#[tokio::test]
async fn sparse_and_interleaved_blocks_keep_their_indexes() {
    let answer = answer(&[
        begins(),
        begins_tool(3, "a", "weather"),
        begins_tool(8, "b", "time"),
        asks(8, "{\"zone\":"),
        asks(3, "{\"city\":\"Bern\"}"),
        asks(8, "1}"),
        ends(8),
        ends(3),
        stops("tool_use"),
        measured(),
    ])
    .await;
    assert_eq!(
        answer.events,
        [
            open(3, tool("a", "weather")),
            open(8, tool("b", "time")),
            input(8, "{\"zone\":"),
            input(3, "{\"city\":\"Bern\"}"),
            input(8, "1}"),
            close(8),
            close(3),
        ]
    );
    assert_eq!(answer.end.stop_reason, StopReason::ToolUse);
}

#[tokio::test]
async fn reasoning_opens_with_its_first_piece_and_keeps_its_signature() {
    let answer = answer(&[
        begins(),
        thinks(0, &json!({ "text": "Two and two" })),
        thinks(0, &json!({ "text": "" })),
        thinks(0, &json!({ "text": " is four." })),
        thinks(0, &json!({ "signature": "c2ln" })),
        thinks(0, &json!({ "signature": "" })),
        ends(0),
        says(1, "4"),
        ends(1),
        stops("end_turn"),
        measured(),
    ])
    .await;
    let thought = |text: &str| grows(0, Delta::Reasoning { text: text.to_owned() });
    assert_eq!(
        answer.events,
        [
            open(0, Block::Reasoning),
            thought("Two and two"),
            thought(" is four."),
            grows(0, Delta::Signature { signature: "c2ln".to_owned() }),
            close(0),
            open(1, Block::Text),
            text(1, "4"),
            close(1),
        ]
    );
}

#[tokio::test]
async fn redacted_reasoning_comes_in_pieces_of_bytes() {
    let answer = answer(&[
        begins(),
        thinks(0, &json!({ "redactedContent": "AAEC" })),
        thinks(0, &json!({ "redactedContent": "" })),
        thinks(0, &json!({ "redactedContent": "/w==" })),
        ends(0),
        stops("end_turn"),
        measured(),
    ])
    .await;
    let piece = |bytes: &[u8]| grows(0, Delta::Redacted { data: Blob::from(bytes.to_vec()) });
    assert_eq!(answer.events, [open(0, Block::Reasoning), piece(&[0, 1, 2]), piece(&[255]), close(0)]);
}

#[tokio::test]
async fn citations_belong_to_their_text() {
    let citation = json!({
        "title": "Service Cards",
        "source": "cards.pdf",
        "sourceContent": [{ "text": "Nova is fast." }],
        "location": { "documentPage": { "documentIndex": 0, "start": 2, "end": 3 } },
    });
    let answer = answer(&[
        begins(),
        says(0, "It is fast."),
        delta(0, &json!({ "citation": citation })),
        ends(0),
        stops("end_turn"),
        measured(),
    ])
    .await;
    let citation = Citation {
        title: Some("Service Cards".to_owned()),
        source: Some("cards.pdf".to_owned()),
        passages: vec!["Nova is fast.".to_owned()],
        location: Some(CitationLocation::DocumentPages(SourceRange {
            index: Some(0),
            start: Some(2),
            end: Some(3),
        })),
    };
    assert_eq!(
        answer.events,
        [open(0, Block::Text), text(0, "It is fast."), grows(0, Delta::Citation { citation }), close(0)]
    );
}

#[tokio::test]
async fn images_and_results_of_the_services_own_tools() {
    let start = |index: u32, start: Value| json!({ "contentBlockStart": { "start": start, "contentBlockIndex": index } });
    let answer = answer(&[
        begins(),
        start(0, json!({ "toolResult": { "toolUseId": "s1", "status": "error" } })),
        delta(0, &json!({ "toolResult": [{ "json": { "found": 0 } }, { "text": "nothing" }] })),
        ends(0),
        start(1, json!({ "image": { "format": "png" } })),
        delta(1, &json!({ "image": { "source": { "bytes": "iVBORw==" } } })),
        ends(1),
        stops("end_turn"),
        measured(),
    ])
    .await;
    assert_eq!(
        answer.events,
        [
            open(0, Block::ToolResult { tool_use_id: "s1".to_owned(), is_error: true, kind: None }),
            grows(0, Delta::Json { value: json!({ "found": 0 }) }),
            text(0, "nothing"),
            close(0),
            open(1, Block::Image { format: ImageFormat::Png }),
            grows(1, Delta::Image { data: Blob::from_base64("iVBORw==").unwrap() }),
            close(1),
        ]
    );
}
