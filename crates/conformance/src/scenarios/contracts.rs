//! The contract of the trait.

use std::fmt::Write as _;

use outcrop_core::StopReason;

use super::answers::{request, with_tools};
use crate::act::{Act, Drive};
use crate::{Answer, Feature, Manifest, Reply};

pub(super) fn drop_call() -> Vec<Act> {
    vec![Act::new(request(), Answer::Silence).drive(Drive::DropCall)]
}

pub(super) fn drop_whole() -> Vec<Act> {
    vec![Act::new(request(), Answer::Silence).drive(Drive::DropWhole)]
}

pub(super) fn drop_stream() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hel").stall()).drive(Drive::DropStream)]
}

pub(super) fn deliver() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hel").text("lo").stall()).drive(Drive::ReadAndDrop)]
}

/// How many calls go at once.
const CALLS: usize = 8;

pub(super) fn at_once(manifest: &Manifest) -> Vec<Act> {
    let tools = manifest.has(&Feature::Tools) && manifest.has(&Feature::Stop(StopReason::ToolUse));
    let mut answers = (0..CALLS).map(|call| {
        let said = (0..24).fold(Reply::new(), |reply, word| {
            let mut text = String::new();
            // Writing to a text does not fail.
            write!(text, "<{call}.{word}> ").ok();
            reply.text(&text)
        });
        if tools && call % 2 == 1 {
            let place = format!("\"{call}\"}}");
            let called = said.tool_call(&format!("call_{call}"), "weather", &["{\"city\": ", &place]);
            called.end_for(StopReason::ToolUse)
        } else {
            said.end()
        }
    });
    let Some(first) = answers.next() else { return Vec::new() };
    let act = Act::new(if tools { with_tools() } else { request() }, first).drive(Drive::AtOnce);
    vec![answers.fold(act, Act::then)]
}

pub(super) fn capabilities() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hello").end()).drive(Drive::Capabilities)]
}

pub(super) fn count_tokens(manifest: &Manifest) -> Vec<Act> {
    let lacking = Act::new(request(), Reply::new().text("Hello").end());
    vec![if manifest.has(&Feature::TokenCounting) {
        Act::new(request(), Answer::TokenCount { input_tokens: 1_234 }).drive(Drive::CountTokens)
    } else {
        lacking.drive(Drive::Disclaimed(Feature::TokenCounting))
    }]
}

pub(super) fn embed(manifest: &Manifest) -> Vec<Act> {
    let lacking = Act::new(request(), Reply::new().text("Hello").end());
    vec![if manifest.has(&Feature::Embeddings) {
        let vectors = vec![vec![0.25, -0.5, 0.125], vec![1.0, 0.0, -1.0]];
        Act::new(request(), Answer::Embeddings { vectors }).drive(Drive::Embed)
    } else {
        lacking.drive(Drive::Disclaimed(Feature::Embeddings))
    }]
}

pub(super) fn catalog() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hello").end()).drive(Drive::Snapshot)]
}
