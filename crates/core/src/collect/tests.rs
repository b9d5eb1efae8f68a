//! Whole answers, broken ones, and the way back.

use serde_json::json;

use super::*;
use crate::{End, Start, StopReason, Usage};

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
