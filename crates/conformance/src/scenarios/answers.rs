//! What the upstream says comes out whole.

use std::fmt::Write as _;
use std::time::Duration;

use outcrop_core::{Block, Delta, Request, StopReason, ToolSpec, Usage};
use serde_json::json;

use crate::act::Act;
use crate::{Reply, Step};

/// Replaced by the model of the manifest.
pub(super) fn request() -> Request {
    Request::new("").user("Say something.")
}

pub(crate) fn weather() -> ToolSpec {
    let schema = json!({
        "type": "object",
        "properties": { "city": { "type": "string" }, "days": { "type": "integer" } }
    });
    ToolSpec::new("weather", "Tells the weather of a city.", schema)
}

/// A request that offers tools: one with arguments, one without.
pub(super) fn with_tools() -> Request {
    let clock = ToolSpec::new("clock", "Tells the time.", json!({ "type": "object", "properties": {} }));
    request().tool(weather()).tool(clock)
}

fn says(reply: Reply) -> Vec<Act> {
    vec![Act::new(request(), reply)]
}

fn calls(reply: Reply) -> Vec<Act> {
    vec![Act::new(with_tools(), reply)]
}

pub(super) fn text() -> Vec<Act> {
    says(Reply::new().text("Hel").text("lo").text(", world").end())
}

pub(super) fn empty() -> Vec<Act> {
    says(Reply::new().end())
}

const UNICODE: [&str; 6] = [
    "naïve café\u{301} — ",
    "日本語 עברית ",
    "👩‍👩‍👧‍👦🏳️‍🌈 ",
    "\"quoted\\\" \\u0041 {}[] ",
    "a\ttab\r\n\nand \u{7f}\u{85}\u{2028} ",
    "data: [DONE]\n\n ",
];

pub(super) fn unicode() -> Vec<Act> {
    says(UNICODE.iter().fold(Reply::new(), |reply, piece| reply.text(piece)).end())
}

pub(super) fn cut_anywhere() -> Vec<Act> {
    let piecewise = |bytes: usize| {
        let reply = UNICODE.iter().fold(Reply::new(), |reply, piece| reply.text(piece)).end();
        Act::new(request(), reply.in_chunks_of(bytes)).label(format!("in pieces of {bytes} bytes"))
    };
    [1, 2, 3, 7, 64].map(piecewise).into()
}

pub(super) fn long() -> Vec<Act> {
    let reply = (0..3000).fold(Reply::new(), |reply, word| {
        let mut text = String::new();
        // Writing to a text does not fail.
        write!(text, "word {word} ").ok();
        reply.text(&text)
    });
    says(reply.end())
}

pub(super) fn reasoning() -> Vec<Act> {
    says(Reply::new().reasoning("They ask ").reasoning("for a greeting.").text("Hello").end())
}

pub(super) fn signed_reasoning() -> Vec<Act> {
    says(Reply::new().reasoning("A greeting.").signature("EqQB+/s=").text("Hello").end())
}

pub(super) fn redacted_reasoning() -> Vec<Act> {
    says(Reply::new().redacted(&[0, 255, 254, 128, 7]).text("Hello").end())
}

pub(super) fn tool_call() -> Vec<Act> {
    let pieces = ["{\"ci", "ty\": \"M\u{fc}nch", "en\", \"days\"", ": 3}"];
    calls(Reply::new().tool_call("call_1", "weather", &pieces).end_for(StopReason::ToolUse))
}

pub(super) fn tool_call_after_text() -> Vec<Act> {
    let reply = Reply::new().text("I shall look.").tool_call("call_1", "weather", &[r#"{"city": "Oslo"}"#]);
    calls(reply.end_for(StopReason::ToolUse))
}

pub(super) fn no_arguments() -> Vec<Act> {
    let call = |label: &str, pieces: &[&str]| {
        let reply = Reply::new().tool_call("call_1", "clock", pieces).end_for(StopReason::ToolUse);
        Act::new(with_tools(), reply).label(label)
    };
    vec![call("no text at all", &[]), call("an empty object", &["{}"])]
}

pub(super) fn parallel_calls() -> Vec<Act> {
    let reply = Reply::new()
        .tool_call("call_1", "weather", &[r#"{"city":"#, r#" "Oslo"}"#])
        .tool_call("call_2", "weather", &[r#"{"city": "Rome"}"#])
        .tool_call("call_3", "clock", &["{}"]);
    calls(reply.end_for(StopReason::ToolUse))
}

pub(super) fn interleaved_calls() -> Vec<Act> {
    let open = |index, id: &str| Step::Open { index, block: Block::tool_use(id, "weather") };
    let piece = |index, json: &str| Step::Delta { index, delta: Delta::ToolInput { json: json.to_owned() } };
    let steps = [
        open(0, "call_1"),
        open(1, "call_2"),
        piece(0, "{\"city\": "),
        piece(1, "{\"city\""),
        piece(0, "\"Oslo\""),
        piece(1, ": \"Rome\"}"),
        Step::Close { index: 1 },
        piece(0, "}"),
        Step::Close { index: 0 },
        Step::End { stop_reason: StopReason::ToolUse, usage: None },
    ];
    calls(steps.into_iter().fold(Reply::new(), Reply::step))
}

pub(super) fn broken_arguments() -> Vec<Act> {
    calls(Reply::new().tool_call("call_1", "weather", &["{\"city\": ", "Oslo}"]).end_for(StopReason::ToolUse))
}

pub(super) fn cut_arguments() -> Vec<Act> {
    calls(
        Reply::new().tool_call("call_1", "weather", &["{\"city\": ", "\"Os"]).end_for(StopReason::MaxTokens),
    )
}

pub(super) fn usage() -> Vec<Act> {
    let usage = Usage { input_tokens: 1_234, output_tokens: 56, ..Usage::default() };
    says(Reply::new().text("Hello").end_with_usage(usage))
}

pub(super) fn cache_usage() -> Vec<Act> {
    let usage = Usage {
        input_tokens: 100,
        output_tokens: 56,
        cache_read_tokens: 3_000,
        cache_write_5m_tokens: 700,
        ..Usage::default()
    };
    says(Reply::new().text("Hello").end_with_usage(usage))
}

pub(super) fn no_usage() -> Vec<Act> {
    says(Reply::new().text("Hello").end())
}

pub(super) fn stop(reason: StopReason) -> Vec<Act> {
    says(Reply::new().text("So far").end_for(reason))
}

pub(super) fn slow() -> Vec<Act> {
    says(Reply::new().delayed(Duration::from_millis(150)).text("Hello").end())
}
