//! How an answer ended, and what to say about it.

use std::time::Duration;

use outcrop::{Error, ErrorKind, ModelReference};
use outcrop_core::{CitationLocation, Content, Response, StopReason};
use serde_json::{Value, json};

use crate::terminal::Terminal;

/// What is odd about an answer that is none the less one.
pub(super) fn remark(response: &Response, terminal: &mut Terminal) {
    match &response.stop_reason {
        StopReason::MaxTokens => {
            terminal.note(
                "the answer reached the limit of tokens and is cut short: `--max-tokens` lets it have more",
            );
        }
        StopReason::ContextWindowExceeded => {
            terminal.warn("the answer filled the context window and is cut short");
        }
        StopReason::Other(reason) => {
            terminal.warn(&format!("the model stopped for a reason that is not known: {reason}"));
        }
        _ if response.text().trim().is_empty() && unshown(response).is_none() => {
            terminal.warn("the answer is empty");
        }
        _ => {}
    }
    if let Some(unshown) = unshown(response) {
        terminal.note(&format!("the answer also has {unshown}: `--json` prints it"));
    }
}

/// What an answer has beside text and thoughts, in words.
fn unshown(response: &Response) -> Option<String> {
    let calls = response.tool_uses().map(|call| format!("a call of the tool `{}`", call.name));
    let media = response.content.iter().filter_map(|content| match content {
        Content::Image(_) => Some("an image".to_owned()),
        Content::Document(_) => Some("a document".to_owned()),
        Content::Video(_) => Some("a video".to_owned()),
        Content::Audio(_) => Some("sound".to_owned()),
        _ => None,
    });
    let all: Vec<_> = calls.chain(media).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What an answer cites, each source once, in the order in which it is cited: its title, its address.
pub(super) fn sources(response: &Response) -> Vec<String> {
    let mut sources = Vec::new();
    let cited = response.content.iter().filter_map(|content| match content {
        Content::Citations(cited) => Some(&cited.citations),
        _ => None,
    });
    for citation in cited.flatten() {
        let url = match &citation.location {
            Some(CitationLocation::Web { url, domain }) => url.as_ref().or(domain.as_ref()),
            _ => citation.source.as_ref(),
        };
        let source: Vec<_> =
            [citation.title.as_ref(), url].into_iter().flatten().map(String::as_str).collect();
        let source = source.join(" · ");
        if !source.is_empty() && !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// The failure of an answer that was withheld.
pub(super) fn filtered(response: &Response) -> Error {
    let reason = &response.stop_reason;
    let (message, hint) = if *reason == StopReason::Refusal {
        ("the model refused to answer", "change the prompt, or ask another model")
    } else if *reason == StopReason::GuardrailIntervened {
        (
            "a guardrail intervened",
            "change the prompt, or the guardrail; `--option guardrailConfig.trace=enabled --json` says why it did",
        )
    } else {
        ("the provider filtered the answer", "change the prompt")
    };
    Error::new(ErrorKind::Filtered, message)
        .with_code(reason.as_str().to_owned())
        .with_request_id(response.request_id.clone())
        .with_hint(hint)
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

/// A sum without what adding up in binary leaves behind: to a trillionth of a dollar.
fn plain(cost: f64) -> f64 {
    (cost * 1e12).round() / 1e12
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
        "costUsd": cost.map(plain),
        "requestId": response.request_id,
        "firstTokenMs": first_token.map(milliseconds),
        "latencyMs": milliseconds(took),
        "warnings": response.warnings,
        "metadata": response.metadata,
    })
}
