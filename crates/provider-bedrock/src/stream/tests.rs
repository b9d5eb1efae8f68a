//! Every stream here is real frames, read by the SDK, and every result is held against the laws of core.

use std::time::Duration;

use outcrop_core::{
    Blob, Block, Citation, CitationLocation, Delta, End, Error, ErrorKind, Event, ImageFormat, Laws, Result,
    Retry, SourceRange, Start, StopReason, Usage, next,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::canned::{self, REQUEST_ID};

/// Everything that comes of these frames. Fails if a law is broken.
async fn items(frames: &[Value], suppress_tool_calls: bool) -> Vec<Result<Event>> {
    items_of(frames.iter().flat_map(canned::frame).collect(), suppress_tool_calls).await
}

async fn items_of(body: Vec<u8>, suppress_tool_calls: bool) -> Vec<Result<Event>> {
    let mut items = Vec::new();
    match canned::streamed_bytes(body, suppress_tool_calls).await {
        Err(error) => items.push(Err(error)),
        Ok(mut stream) => {
            while let Some(item) = next(&mut stream).await {
                items.push(item);
            }
        }
    }
    let mut laws = Laws::default();
    // A stream that did not even open has an error and no start.
    for item in &items {
        assert_eq!(laws.check(item), Ok(()), "at {item:?} of {items:?}");
    }
    assert_eq!(laws.finish(), Ok(()), "after {items:?}");
    items
}

fn whole(items: Vec<Result<Event>>) -> Answer {
    let mut events: Vec<Event> = items.into_iter().collect::<Result<_>>().unwrap();
    let Some(Event::End(end)) = events.pop() else { panic!("no end in {events:?}") };
    let start = events.remove(0);
    let expected = Start { request_id: Some(REQUEST_ID.to_owned()), ..Start::default() };
    assert_eq!(start, Event::Start(expected));
    Answer { events, end: *end }
}

/// An answer that ended: what came between start and end, and the end.
struct Answer {
    events: Vec<Event>,
    end: End,
}

async fn answer(frames: &[Value]) -> Answer {
    whole(items(frames, false).await)
}

/// What came before the failure, and the failure.
async fn failure(frames: &[Value]) -> (Vec<Event>, Error) {
    broken(items(frames, false).await)
}

fn broken(mut items: Vec<Result<Event>>) -> (Vec<Event>, Error) {
    let error = items.pop().unwrap().unwrap_err();
    (items.into_iter().collect::<Result<_>>().unwrap(), error)
}

fn open(index: u32, block: Block) -> Event {
    Event::Open { index, block }
}

fn tool(id: &str, name: &str) -> Block {
    Block::tool_use(id, name)
}

fn grows(index: u32, delta: Delta) -> Event {
    Event::Delta { index, delta }
}

fn text(index: u32, text: &str) -> Event {
    grows(index, Delta::Text { text: text.to_owned() })
}

fn input(index: u32, json: &str) -> Event {
    grows(index, Delta::ToolInput { json: json.to_owned() })
}

fn close(index: u32) -> Event {
    Event::Close { index }
}

fn begins() -> Value {
    json!({ "messageStart": { "role": "assistant" } })
}

fn begins_tool(index: u32, id: &str, name: &str) -> Value {
    let start = json!({ "toolUse": { "toolUseId": id, "name": name } });
    json!({ "contentBlockStart": { "start": start, "contentBlockIndex": index } })
}

fn delta(index: u32, delta: &Value) -> Value {
    json!({ "contentBlockDelta": { "delta": delta, "contentBlockIndex": index } })
}

fn says(index: u32, text: &str) -> Value {
    delta(index, &json!({ "text": text }))
}

fn asks(index: u32, input: &str) -> Value {
    delta(index, &json!({ "toolUse": { "input": input } }))
}

fn thinks(index: u32, part: &Value) -> Value {
    delta(index, &json!({ "reasoningContent": part }))
}

fn ends(index: u32) -> Value {
    json!({ "contentBlockStop": { "contentBlockIndex": index } })
}

fn stops(reason: &str) -> Value {
    json!({ "messageStop": { "stopReason": reason } })
}

fn measured() -> Value {
    let usage = json!({ "inputTokens": 11, "outputTokens": 7, "totalTokens": 18 });
    json!({ "metadata": { "usage": usage, "metrics": { "latencyMs": 250 } } })
}

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

#[tokio::test]
async fn a_connection_that_closes_before_the_stop_is_no_success() {
    for frames in [
        vec![],
        vec![begins()],
        vec![begins(), says(0, "Half an ans")],
        vec![begins(), says(0, "A whole one."), ends(0)],
        vec![begins(), says(0, "A whole one."), ends(0), measured()],
    ] {
        let (events, error) = failure(&frames).await;
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{frames:?}");
        assert_eq!(error.request_id(), Some(REQUEST_ID));
        assert_eq!(events.is_empty(), frames.is_empty(), "what came is kept: {events:?}");
    }
}

#[tokio::test]
async fn after_the_stop_a_cut_connection_costs_the_usage_only() {
    let frames = [begins(), says(0, "Done."), ends(0), stops("end_turn")];
    let cut = answer(&frames).await;
    assert_eq!((cut.end.stop_reason, cut.end.usage), (StopReason::EndTurn, None));

    let mut body: Vec<u8> = frames.iter().flat_map(canned::frame).collect();
    body.extend(corrupt(&measured()));
    let garbled = whole(items_of(body, false).await);
    assert_eq!((garbled.end.stop_reason, garbled.end.usage), (StopReason::EndTurn, None));
}

#[tokio::test]
async fn a_frame_with_a_wrong_checksum_breaks_the_answer() {
    let mut body = canned::frame(&begins());
    body.extend(canned::frame(&says(0, "Half")));
    body.extend(corrupt(&says(0, " an answer")));
    let (events, error) = broken(items_of(body, false).await);
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
    assert_eq!(events[1..], [open(0, Block::Text), text(0, "Half")]);

    let (events, error) = broken(items_of(corrupt(&begins()), false).await);
    assert_eq!((error.kind(), events.len()), (ErrorKind::Interrupted, 0), "{error:?}");
}

/// A frame whose last byte, which is of its checksum, is wrong.
fn corrupt(event: &Value) -> Vec<u8> {
    let mut frame = canned::frame(event);
    *frame.last_mut().unwrap() ^= 0xff;
    frame
}

#[tokio::test]
async fn every_exception_is_classified_wherever_it_comes() {
    for (name, kind) in [
        ("internalServerException", ErrorKind::Unavailable),
        ("modelStreamErrorException", ErrorKind::Interrupted),
        ("validationException", ErrorKind::InvalidRequest),
        ("throttlingException", ErrorKind::Throttled),
        ("serviceUnavailableException", ErrorKind::Unavailable),
    ] {
        let exception = json!({ name: { "message": "not today" } });
        for before in [
            vec![],
            vec![begins(), says(0, "Half an ans")],
            vec![begins(), says(0, "A whole one."), ends(0), stops("end_turn")],
        ] {
            let frames: Vec<_> = before.iter().cloned().chain([exception.clone()]).collect();
            let (events, error) = failure(&frames).await;
            assert_eq!(error.kind(), kind, "{frames:?}");
            assert_eq!(error.request_id(), Some(REQUEST_ID), "{frames:?}");
            assert!(format!("{error:?}").contains("not today"), "the service's own words: {error:?}");
            assert_eq!(events.is_empty(), before.is_empty());
            if kind == ErrorKind::InvalidRequest {
                assert_eq!(error.retry(), Retry::Never);
            }
        }
    }
}

#[tokio::test]
async fn a_block_that_is_used_twice_is_a_broken_protocol_and_nothing_is_lost() {
    let twice = |again: Value| vec![begins(), says(0, "One"), ends(0), again, stops("end_turn"), measured()];
    for frames in [
        twice(says(0, "Two")),
        twice(begins_tool(0, "a", "weather")),
        vec![begins(), begins_tool(0, "a", "weather"), begins_tool(0, "b", "weather"), stops("tool_use")],
        vec![begins(), says(0, "One"), begins_tool(0, "b", "weather"), stops("tool_use")],
        vec![begins(), says(0, "One"), thinks(0, &json!({ "text": "Hm" })), stops("end_turn")],
    ] {
        let (_, error) = failure(&frames).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{frames:?}");
        assert_eq!(error.request_id(), Some(REQUEST_ID));
    }
}

#[tokio::test]
async fn nothing_grows_after_the_stop() {
    let frames = [
        begins(),
        says(0, "Done."),
        stops("end_turn"),
        ends(0),
        says(1, "And another thing"),
        begins_tool(2, "a", "weather"),
        stops("tool_use"),
        measured(),
        says(3, "!"),
    ];
    let answer = answer(&frames).await;
    assert_eq!(answer.events, [open(0, Block::Text), text(0, "Done."), close(0)]);
    assert_eq!(answer.end.stop_reason, StopReason::EndTurn);
    assert!(answer.end.usage.is_some());
}

#[tokio::test]
async fn what_is_not_known_is_left_out_and_the_rest_goes_on() {
    let answer = answer(&[
        begins(),
        json!({ "aNewEvent": { "hello": 1 } }),
        json!({ "contentBlockStart": { "start": { "aNewBlock": {} }, "contentBlockIndex": 0 } }),
        delta(0, &json!({ "aNewDelta": {} })),
        asks(5, "{}"),
        says(0, "Hi"),
        ends(0),
        stops("end_turn"),
        measured(),
    ])
    .await;
    assert_eq!(answer.events, [open(0, Block::Text), text(0, "Hi"), close(0)]);
}

fn frames() -> impl Strategy<Value = Vec<Value>> {
    let frame = prop_oneof![
        (0..3_u32).prop_map(|index| says(index, "word ")),
        (0..3_u32).prop_map(|index| says(index, "")),
        (0..3_u32).prop_map(|index| begins_tool(index, "id", "name")),
        (0..3_u32, prop_oneof!["\\{", "\\}", "\"a\":1"]).prop_map(|(index, json)| asks(index, &json)),
        (0..3_u32).prop_map(|index| thinks(index, &json!({ "text": "hm " }))),
        (0..3_u32).prop_map(|index| thinks(index, &json!({ "signature": "s" }))),
        (0..3_u32).prop_map(|index| delta(index, &json!({ "citation": { "title": "t" } }))),
        (0..3_u32).prop_map(ends),
        (0..3_u32).prop_map(ends),
        Just(stops("end_turn")),
        Just(stops("tool_use")),
        Just(stops("max_tokens")),
        Just(measured()),
        Just(json!({ "throttlingException": { "message": "slow down" } })),
    ];
    proptest::collection::vec(frame, 0..16)
}

proptest! {
    /// [`items`] fails if a law is broken.
    #[test]
    fn whatever_the_service_sends_the_laws_hold(frames in frames(), suppress in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(items(&frames, suppress));
    }
}
