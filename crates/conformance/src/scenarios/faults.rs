//! What goes wrong is told for what it is.

use outcrop_core::{ErrorKind, StopReason};

use super::answers::{request, with_tools};
use crate::act::Act;
use crate::{Fault, Feature, Manifest, Reply, Step};

pub(super) fn refused(kind: ErrorKind) -> Vec<Act> {
    vec![Act::new(request(), Fault::new(kind))]
}

pub(super) fn retry_after() -> Vec<Act> {
    vec![Act::new(request(), Fault::new(ErrorKind::Throttled).retry_after_seconds(7))]
}

pub(super) fn failed(kind: ErrorKind) -> Vec<Act> {
    let fault = Fault::new(kind);
    vec![
        Act::new(request(), Reply::new().fail(fault)).label("before the first word"),
        Act::new(request(), Reply::new().text("Hel").text("lo").fail(fault)).label("within the text"),
    ]
}

pub(super) fn hang_up_first() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().hang_up())]
}

/// The richest answer that the provider can give, cut after each of its steps.
pub(super) fn hang_up_anywhere(manifest: &Manifest) -> Vec<Act> {
    let has = |feature: Feature| manifest.has(&feature);
    let mut reply = Reply::new();
    if has(Feature::Reasoning) {
        reply = reply.reasoning("They ask ").reasoning("for the weather.");
    }
    reply = reply.text("I shall ").text("look.");
    let tools = has(Feature::Tools);
    if tools {
        reply = reply.tool_call("call_1", "weather", &[r#"{"city": "#, r#""Oslo"}"#]);
    }
    if has(Feature::ParallelTools) {
        reply = reply.tool_call("call_2", "weather", &[r#"{"city": "Rome"}"#]);
    }
    let stop = if tools && has(Feature::Stop(StopReason::ToolUse)) {
        StopReason::ToolUse
    } else {
        StopReason::EndTurn
    };
    let whole = reply.end_for(stop).steps;
    let request = if tools { with_tools() } else { request() };
    let cut = |after: usize| {
        let steps = whole.iter().take(after).cloned();
        let reply = steps.chain([Step::HangUp]).fold(Reply::new(), Reply::step);
        Act::new(request.clone(), reply).label(format!("after {after} of {} steps", whole.len()))
    };
    (1..whole.len()).map(cut).collect()
}
