//! Whole answers, broken ones, and the way back.

use serde_json::json;

use super::*;
use crate::{End, Instead, Start, StopReason, Usage};

fn collected(items: Vec<Result<Event>>) -> Collected {
    let mut collector = Collector::new();
    for item in items {
        collector.push(item);
    }
    collector.finish()
}

fn delta(index: u32, delta: Delta) -> Event {
    Event::Delta { index, delta }
}

#[test]
fn every_kind_of_block_is_put_together_in_order_of_index() {
    let usage = Usage { input_tokens: 3, ..Usage::default() };
    let items = vec![
        Ok(Event::Start(Start { request_id: Some("first".into()), ..Start::default() })),
        Ok(Event::Open { index: 7, block: Block::tool_use("c", "add") }),
        Ok(Event::Open { index: 2, block: Block::Reasoning }),
        Ok(delta(7, Delta::ToolInput { json: r#"{"a":"#.into() })),
        Ok(delta(2, Delta::Reasoning { text: "hm".into() })),
        Ok(delta(2, Delta::Signature { signature: "si".into() })),
        Ok(delta(2, Delta::Signature { signature: "g ".into() })),
        Ok(delta(7, Delta::ToolInput { json: "1}".into() })),
        Ok(Event::Close { index: 7 }),
        Ok(Event::Close { index: 2 }),
        Ok(Event::Open { index: 4, block: Block::Text }),
        Ok(delta(4, Delta::Text { text: "so".into() })),
        Ok(delta(
            4,
            Delta::Citation { citation: Citation { title: Some("t".into()), ..Citation::default() } },
        )),
        Ok(Event::Close { index: 4 }),
        Ok(Event::End(Box::new(End { usage: Some(usage), ..End::new(StopReason::ToolUse) }))),
    ];
    let response = collected(items).into_result().unwrap();
    assert_eq!(
        response.content,
        [
            Content::Reasoning(Reasoning {
                text: "hm".into(),
                signature: Some("sig ".into()),
                redacted: None
            }),
            Content::Citations(Citations {
                text: "so".into(),
                citations: vec![Citation { title: Some("t".into()), ..Citation::default() }],
            }),
            Content::ToolUse(ToolUse::new("c", "add", json!({"a": 1}))),
        ]
    );
    assert_eq!(response.text(), "so");
    assert_eq!((response.stop_reason, response.usage), (StopReason::ToolUse, Some(usage)));
    assert_eq!(response.request_id.as_deref(), Some("first"));
    assert_eq!(response.partial, [0_usize; 0]);
}

#[test]
fn what_arrived_before_an_error_is_kept_and_marked_partial() {
    let failed = Error::new(ErrorKind::Throttled, "slow down");
    let items = vec![
        Ok(Event::Start(Start::default())),
        Ok(Event::Open { index: 0, block: Block::Text }),
        Ok(delta(0, Delta::Text { text: "whole".into() })),
        Ok(Event::Close { index: 0 }),
        Ok(Event::Open { index: 1, block: Block::Text }),
        Ok(delta(1, Delta::Text { text: " half".into() })),
        Err(failed),
    ];
    let Collected { response, error } = collected(items);
    assert_eq!(error.unwrap().kind(), ErrorKind::Throttled);
    assert_eq!(response.text(), "whole half");
    assert_eq!(response.partial, [1]);
    assert_eq!(response.stop_reason, StopReason::Interrupted);
}

#[test]
fn an_answer_without_an_end_was_interrupted() {
    let start = Start { request_id: Some("r-1".into()), ..Start::default() };
    let error = collected(vec![Ok(Event::Start(start))]).error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.request_id(), Some("r-1"));
}

#[test]
fn a_tool_call_that_is_no_json_is_kept_as_it_came() {
    let items = vec![
        Ok(Event::Start(Start::default())),
        Ok(Event::Open { index: 0, block: Block::tool_use("c", "add") }),
        Ok(delta(0, Delta::ToolInput { json: r#"{"a": tru"#.into() })),
        Ok(Event::Close { index: 0 }),
        Ok(Event::End(Box::new(End::new(StopReason::MaxTokens)))),
    ];
    let response = collected(items).into_result().unwrap();
    let call = response.tool_uses().next().unwrap();
    assert_eq!(call.malformed_input.as_deref(), Some(r#"{"a": tru"#));
    assert_eq!(call.input, json!({}));
}

/// The calls of an answer with two tool calls, of which nothing came but that they began.
fn bare_calls(reason: StopReason) -> Vec<ToolUse> {
    let mut items = vec![Ok(Event::Start(Start::default()))];
    for index in [0, 1] {
        items.push(Ok(Event::Open { index, block: Block::tool_use(format!("c{index}"), "now") }));
        items.push(Ok(Event::Close { index }));
    }
    items.push(Ok(Event::End(Box::new(End::new(reason)))));
    collected(items).into_result().unwrap().tool_uses().cloned().collect()
}

#[test]
fn the_last_call_of_a_cut_answer_is_broken_if_nothing_of_its_arguments_came() {
    let broken = |reason| -> Vec<_> {
        bare_calls(reason).iter().map(|call| call.malformed_input.as_deref() == Some("")).collect()
    };
    for reason in [StopReason::ToolUse, StopReason::EndTurn, StopReason::StopSequence] {
        assert_eq!(broken(reason), [false, false]);
    }
    for reason in [StopReason::MaxTokens, StopReason::ContextWindowExceeded, StopReason::Interrupted] {
        assert_eq!(broken(reason), [false, true]);
    }
}

#[test]
fn what_follows_a_call_proves_it_whole() {
    let mut response = Response {
        content: vec![Content::ToolUse(ToolUse::new("c", "now", json!({}))), Content::text("So,")],
        stop_reason: StopReason::MaxTokens,
        ..Response::default()
    };
    let before = response.clone();
    response.distrust_cut_call();
    assert_eq!(response, before);
}

#[test]
fn a_call_that_never_closed_is_broken_wherever_it_stands() {
    let items = vec![
        Ok(Event::Start(Start::default())),
        Ok(Event::Open { index: 0, block: Block::tool_use("c", "now") }),
        Ok(Event::Open { index: 1, block: Block::tool_use("d", "add") }),
        Ok(delta(1, Delta::ToolInput { json: r#"{"a":1}"#.into() })),
        Ok(Event::Close { index: 1 }),
        Err(Error::new(ErrorKind::Network, "gone")),
    ];
    let calls: Vec<_> = collected(items).response.tool_uses().cloned().collect();
    assert_eq!(calls[0].malformed_input.as_deref(), Some(""));
    assert_eq!((calls[1].malformed_input.as_deref(), &calls[1].input), (None, &json!({"a": 1})));
}

#[test]
fn half_a_character_does_not_make_a_call_useless() {
    let items = vec![
        Ok(Event::Start(Start::default())),
        Ok(Event::Open { index: 0, block: Block::tool_use("c", "say") }),
        Ok(delta(0, Delta::ToolInput { json: r#"{"text":"hi \ud8"#.into() })),
        Ok(delta(0, Delta::ToolInput { json: r#"3d"}"#.into() })),
        Ok(Event::Close { index: 0 }),
        Ok(Event::End(Box::new(End::new(StopReason::ToolUse)))),
    ];
    let mut laws = crate::Laws::default();
    for item in &items {
        laws.check(item).unwrap();
    }
    let response = collected(items).into_result().unwrap();
    let call = response.tool_uses().next().unwrap();
    assert_eq!((&call.input, &call.malformed_input), (&json!({"text": "hi "}), &None));
}

#[test]
fn a_turn_to_go_on_from_has_no_half_reasoning() {
    let items = vec![
        Ok(Event::Start(Start::default())),
        Ok(Event::Open { index: 0, block: Block::Reasoning }),
        Ok(delta(0, Delta::Signature { signature: "whole".into() })),
        Ok(Event::Close { index: 0 }),
        Ok(Event::Open { index: 1, block: Block::Reasoning }),
        Ok(delta(1, Delta::Signature { signature: "ha".into() })),
        Ok(Event::Open { index: 2, block: Block::Text }),
        Ok(delta(2, Delta::Text { text: "half".into() })),
        Err(Error::new(ErrorKind::Network, "gone")),
    ];
    let response = collected(items).response;
    assert_eq!((response.content.len(), response.partial.as_slice()), (3, &[1, 2][..]));
    let whole = Reasoning { signature: Some("whole".into()), ..Reasoning::default() };
    assert_eq!(response.into_message().content, [Content::Reasoning(whole), Content::text("half")]);
}

#[test]
fn replayed_answers_are_lawful_and_collect_to_the_same_answer() {
    let response = Response {
        content: vec![
            Content::Reasoning(Reasoning {
                text: String::new(),
                signature: Some("s".into()),
                redacted: Some(Blob::new(&b"x"[..])),
            }),
            Content::text("hello"),
            Content::ToolUse(ToolUse::new("1", "f", json!([1]))),
        ],
        stop_reason: StopReason::ToolUse,
        request_id: Some("r".into()),
        instead: Some(Instead { provider: "other".into(), model: "n".into() }),
        ..Response::default()
    };
    let mut laws = crate::Laws::default();
    let items: Vec<_> = replay(response.clone()).into_iter().map(Ok).collect();
    for item in &items {
        laws.check(item).unwrap();
    }
    laws.finish().unwrap();
    assert_eq!(collected(items).into_result().unwrap(), response);
}

#[test]
fn events_and_content_round_trip_through_json_with_stable_names() {
    let event = Event::Open { index: 1, block: Block::tool_use("c", "add") };
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(
        json,
        json!({"event": "open", "index": 1, "block": {"type": "toolUse", "id": "c", "name": "add"}})
    );
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);

    let end = Event::End(Box::new(End {
        latency: Some(std::time::Duration::from_millis(550)),
        ..End::new(StopReason::EndTurn)
    }));
    let json = serde_json::to_value(&end).unwrap();
    assert_eq!(json, json!({"event": "end", "stopReason": "end_turn", "latencyMs": 550}));
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), end);

    let content = Content::ToolResult(ToolResult::text("c", "3"));
    let json = serde_json::to_value(&content).unwrap();
    assert_eq!(
        json,
        json!({"type": "toolResult", "toolUseId": "c", "content": [{"type": "text", "text": "3"}], "isError": false})
    );
    assert_eq!(serde_json::from_value::<Content>(json).unwrap(), content);
}
