//! `application/vnd.amazon.eventstream`: an answer as frames.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Block};
use crate::json::insert;
use crate::scenario::{RawEvent, ReplyEvents};
use crate::tokens;

/// The content type of a stream.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// How many characters of a tool's input come in one delta.
const INPUT_PIECE: usize = 16;

/// One encoded frame, with what faults need to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    pub(crate) bytes: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    MessageStart,
    Delta,
    MessageStop,
    Metadata,
    /// The edges of blocks, and what nobody knows.
    Other,
}

impl FrameKind {
    /// The kind of the event with that name.
    fn of(name: &str) -> Self {
        match name {
            "messageStart" => Self::MessageStart,
            "contentBlockDelta" => Self::Delta,
            "messageStop" => Self::MessageStop,
            "metadata" => Self::Metadata,
            _ => Self::Other,
        }
    }
}

/// The events of an answer, in the order of the real service: text and reasoning blocks begin with their first delta,
/// and the metadata comes after `messageStop` unless a scenario wants it otherwise.
pub(crate) fn frames(answer: &Answer) -> Vec<Frame> {
    let mut frames = vec![event("messageStart", json!({ "role": "assistant" }))];
    for (index, block) in answer.blocks.iter().enumerate() {
        push_block(&mut frames, index, block);
    }
    let mut stop = json!({ "stopReason": answer.stop_reason });
    insert(&mut stop, "additionalModelResponseFields", answer.additional_fields.clone());
    let mut metadata = json!({ "usage": answer.usage, "metrics": { "latencyMs": answer.latency_ms } });
    insert(&mut metadata, "trace", answer.trace.clone());
    insert(&mut metadata, "performanceConfig", answer.performance_config.clone());
    insert(&mut metadata, "serviceTier", answer.service_tier.clone());
    let mut last = [event("messageStop", stop), event("metadata", metadata)];
    if answer.metadata_first {
        last.reverse();
    }
    frames.extend(last);
    frames
}

/// Events as a scenario wrote them.
pub(crate) fn scripted(script: &ReplyEvents) -> Vec<Frame> {
    let frame = |raw: &RawEvent| match raw {
        raw if raw.is_exception() => {
            Frame { kind: FrameKind::Other, bytes: exception(&raw.name, &raw.payload) }
        }
        raw if script.padding => event(&raw.name, raw.payload.clone()),
        raw => unpadded(&raw.name, &raw.payload),
    };
    script.events.iter().map(frame).collect()
}

fn push_block(frames: &mut Vec<Frame>, index: usize, block: &Block) {
    if let Some(start) = start(block) {
        frames.push(event("contentBlockStart", json!({ "start": start, "contentBlockIndex": index })));
    }
    for delta in deltas(block) {
        frames.push(event("contentBlockDelta", json!({ "delta": delta, "contentBlockIndex": index })));
    }
    frames.push(event("contentBlockStop", json!({ "contentBlockIndex": index })));
}

/// What a block begins with, if it has an event for that.
fn start(block: &Block) -> Option<Value> {
    match block {
        Block::ToolUse { id, name, kind, .. } => {
            let mut start = json!({ "toolUseId": id, "name": name });
            insert(&mut start, "type", kind.as_deref().map(Value::from));
            Some(json!({ "toolUse": start }))
        }
        Block::ToolResult { id, status, kind, .. } => {
            let mut start = json!({ "toolUseId": id });
            insert(&mut start, "status", status.as_deref().map(Value::from));
            insert(&mut start, "type", kind.as_deref().map(Value::from));
            Some(json!({ "toolResult": start }))
        }
        Block::Image { format, .. } => Some(json!({ "image": { "format": format } })),
        Block::Text(_) | Block::Citations { .. } | Block::Reasoning { .. } | Block::RedactedReasoning(_) => {
            None
        }
    }
}

fn deltas(block: &Block) -> Vec<Value> {
    match block {
        Block::Text(text) => tokens::pieces(text).map(|piece| json!({ "text": piece })).collect(),
        Block::Citations { text, citations } => {
            let texts = tokens::pieces(text).map(|piece| json!({ "text": piece }));
            texts.chain(citations.iter().map(|citation| json!({ "citation": citation }))).collect()
        }
        Block::Image { bytes, .. } => vec![json!({ "image": { "source": { "bytes": bytes } } })],
        Block::ToolResult { content, .. } => vec![json!({ "toolResult": content })],
        Block::Reasoning { text, signature } => {
            let texts = tokens::pieces(text).map(|piece| json!({ "reasoningContent": { "text": piece } }));
            let signature = signature.iter().map(|it| json!({ "reasoningContent": { "signature": it } }));
            texts.chain(signature).collect()
        }
        Block::RedactedReasoning(bytes) => {
            vec![json!({ "reasoningContent": { "redactedContent": bytes } })]
        }
        Block::ToolUse { input, .. } => {
            let characters: Vec<char> = input.chars().collect();
            let pieces = characters.chunks(INPUT_PIECE).map(|piece| piece.iter().collect::<String>());
            pieces.map(|piece| json!({ "toolUse": { "input": piece } })).collect()
        }
    }
}

/// An event, padded as the service does it: to a length that tells nothing about the text in it.
fn event(name: &str, mut payload: Value) -> Frame {
    const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let length = 1 + payload.to_string().len() * 7 % PADDING.len();
    insert(&mut payload, "p", PADDING.get(..length).map(Value::from));
    unpadded(name, &payload)
}

fn unpadded(name: &str, payload: &Value) -> Frame {
    let headers = [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")];
    Frame { kind: FrameKind::of(name), bytes: encode(&headers, payload.to_string()) }
}

/// An exception frame.
pub(crate) fn exception(name: &str, payload: &Value) -> Bytes {
    let headers =
        [(":exception-type", name), (":content-type", "application/json"), (":message-type", "exception")];
    encode(&headers, payload.to_string())
}

/// An error frame.
pub(crate) fn error(code: &str, message: &str) -> Bytes {
    encode(&[(":error-code", code), (":error-message", message), (":message-type", "error")], String::new())
}

fn encode(headers: &[(&'static str, &str)], payload: String) -> Bytes {
    let message = headers.iter().fold(Message::new(payload), |message, (name, value)| {
        message.add_header(Header::new(*name, HeaderValue::String((*value).to_owned().into())))
    });
    let mut buffer = Vec::new();
    // Only a header above 32 KiB cannot be written; a scenario that asks for one gets no frame.
    if write_message_to(&message, &mut buffer).is_err() {
        buffer.clear();
    }
    buffer.into()
}

#[cfg(test)]
mod tests;
