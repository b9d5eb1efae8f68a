//! Every stream here is real frames, read by the SDK, and every result is held against the laws of core.

mod blocks;
mod ends;
mod failures;
mod laws;

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
