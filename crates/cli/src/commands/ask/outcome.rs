//! How an answer ended, and what to say about it.

use std::time::Duration;

use outcrop::{Error, ErrorKind, ModelReference};
use outcrop_core::{Response, StopReason};
use serde_json::{Value, json};

use crate::terminal::Terminal;

/// What is odd about an answer that is none the less one.
pub(super) fn remark(response: &Response, terminal: &mut Terminal) {
    match &response.stop_reason {
        StopReason::MaxTokens => terminal.note("the answer reached the limit of tokens and is cut short"),
        StopReason::ContextWindowExceeded => {
            terminal.warn("the answer filled the context window and is cut short");
        }
        StopReason::Other(reason) => {
            terminal.warn(&format!("the model stopped for a reason that is not known: {reason}"));
        }
        _ if response.content.is_empty() => terminal.warn("the answer is empty"),
        _ => {}
    }
}

/// The failure of an answer that was withheld.
pub(super) fn filtered(response: &Response) -> Error {
    let reason = &response.stop_reason;
    let message = if *reason == StopReason::Refusal {
        "the model refused to answer"
    } else if *reason == StopReason::GuardrailIntervened {
        "a guardrail intervened"
    } else {
        "the provider filtered the answer"
    };
    Error::new(ErrorKind::Filtered, message)
        .with_code(reason.as_str().to_owned())
        .with_request_id(response.request_id.clone())
}

/// The failure of an answer that is none.
pub(super) fn malformed(response: &Response) -> Option<Error> {
    let reason = &response.stop_reason;
    matches!(reason, StopReason::MalformedOutput | StopReason::MalformedToolUse).then(|| {
        Error::new(ErrorKind::Protocol, "the model wrote something that is no valid answer")
            .with_code(reason.as_str().to_owned())
            .with_request_id(response.request_id.clone())
            .with_hint("ask again, or ask another model")
    })
}

/// An answer as programs read it. `called`: the model; `cost`: US dollars.
pub(super) fn summary(
    response: &Response,
    called: &ModelReference,
    cost: Option<f64>,
    first_token: Option<Duration>,
    took: Duration,
) -> Value {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let usage = response.usage.map(|usage| {
        json!({
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "cacheReadTokens": usage.cache_read_tokens,
            "cacheWriteTokens": usage.cache_write_tokens(),
            "totalTokens": usage.total_tokens(),
        })
    });
    json!({
        "model": called.key(),
        "text": response.text(),
        "content": response.content,
        "stopReason": response.stop_reason,
        "usage": usage,
        "costUsd": cost,
        "requestId": response.request_id,
        "firstTokenMs": first_token.map(milliseconds),
        "latencyMs": milliseconds(took),
        "warnings": response.warnings,
        "metadata": response.metadata,
    })
}
