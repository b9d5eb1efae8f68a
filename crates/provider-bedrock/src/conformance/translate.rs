//! From scripts to scenarios of the emulator.

use outcrop_conformance::{Answer, Fault, Reply, Script, Step, Unplayable};
use outcrop_core::{Block, Content, Delta, ErrorKind, Usage};
use serde_json::{Value, json};

/// What the emulator does with one call: how it answers, and what breaks that.
#[derive(Default)]
struct Act {
    reply: Option<Value>,
    fault: Option<Value>,
}

/// The scenario for a script: for each call one rule of ConverseStream and one of Converse, as nobody knows which of
/// them comes.
pub(super) fn scenario(script: &Script) -> Result<Value, Unplayable> {
    let mut rules = Vec::new();
    for (call, answer) in script.answers.iter().enumerate() {
        // A rule that works on every call comes last; the others are used up one by one.
        let times = (call + 1 < script.answers.len()).then_some(1);
        for operation in ["ConverseStream", "Converse"] {
            let Act { reply, fault } = act(answer, operation)?;
            rules.push(json!({
                "match": { "operation": operation }, "times": times, "reply": reply, "fault": fault,
            }));
        }
    }
    Ok(json!({ "rules": rules }))
}

fn act(answer: &Answer, operation: &str) -> Result<Act, Unplayable> {
    match answer {
        Answer::Refuse(fault) => Ok(Act { fault: Some(refusal(fault)?), reply: None }),
        Answer::Silence => Ok(Act { fault: Some(json!({ "type": "slowFirstByte" })), reply: None }),
        Answer::Reply(reply) if operation == "Converse" => whole(reply),
        Answer::Reply(reply) => stream(reply),
        // The emulator counts by itself.
        Answer::TokenCount { .. } => Ok(Act::default()),
        _ => Err(Unplayable::new("the emulator has no such answer")),
    }
}

/// Status, code and words of the service for an error.
fn words(kind: ErrorKind) -> Result<(u16, &'static str, &'static str), Unplayable> {
    Ok(match kind {
        ErrorKind::Unauthenticated => {
            (403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        ErrorKind::PermissionDenied => (
            403,
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/me is not authorized to perform: bedrock:InvokeModel on resource: *",
        ),
        ErrorKind::ModelAccess => {
            (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.")
        }
        ErrorKind::ModelNotFound => (400, "ValidationException", "The provided model identifier is invalid."),
        ErrorKind::ProfileRequired => (
            400,
            "ValidationException",
            "Invocation of model ID m with on-demand throughput isn’t supported. Retry your request with the ID or ARN \
             of an inference profile that contains this model.",
        ),
        ErrorKind::InvalidRequest => (
            400,
            "ValidationException",
            "The number of toolResult blocks exceeds the number of toolUse blocks.",
        ),
        ErrorKind::ContextOverflow => (
            400,
            "ValidationException",
            "The model returned the following errors: Input is too long for requested model.",
        ),
        ErrorKind::Throttled => {
            (429, "ThrottlingException", "Too many requests, please wait before trying again.")
        }
        ErrorKind::QuotaExceeded => {
            (400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account.")
        }
        ErrorKind::Unavailable => {
            (503, "ServiceUnavailableException", "Bedrock is unable to process your request.")
        }
        ErrorKind::Timeout => {
            (408, "ModelTimeoutException", "Model has timed out in processing the request.")
        }
        ErrorKind::Interrupted => (
            424,
            "ModelStreamErrorException",
            "An error occurred while streaming the response. Retry your request.",
        ),
        kind => return Err(Unplayable::new(format!("the service has no error of the kind {}", kind.name()))),
    })
}

fn refusal(fault: &Fault) -> Result<Value, Unplayable> {
    if fault.kind == ErrorKind::Network {
        // The harness sees to it that nobody is there.
        return Ok(json!({ "type": "reset" }));
    }
    if fault.kind == ErrorKind::Protocol {
        return Ok(json!({ "type": "foreignBody", "body": "html" }));
    }
    let (status, code, message) = words(fault.kind)?;
    let wait = fault.retry_after_seconds;
    Ok(json!({ "type": "error", "status": status, "code": code, "message": message, "retryAfter": wait }))
}

/// How the bytes travel, where nothing else breaks.
fn way(reply: &Reply) -> Option<Value> {
    match reply {
        Reply { delay_ms: delay @ 1.., .. } => Some(json!({ "type": "slowFirstByte", "millis": delay })),
        Reply { chunk_bytes: Some(_), .. } => Some(json!({ "type": "singleBytes" })),
        _ => None,
    }
}

/// The frames of a stream, and what breaks it.
fn stream(reply: &Reply) -> Result<Act, Unplayable> {
    let mut events = vec![json!({ "messageStart": { "role": "assistant" } })];
    let mut fault = way(reply);
    for step in &reply.steps {
        let frames = events.len();
        match step {
            Step::Fail(error) => fault = Some(failure(error, frames)?),
            Step::HangUp => fault = Some(json!({ "type": "eof", "after": { "frames": frames } })),
            Step::Stall => fault = Some(json!({ "type": "stall", "after": { "frames": frames } })),
            _ => events.extend(sent(step)?),
        }
    }
    Ok(Act { reply: Some(json!({ "events": events })), fault })
}

/// The events that a step is sent as.
fn sent(step: &Step) -> Result<Vec<Value>, Unplayable> {
    Ok(match step {
        Step::Open { index, block: Block::ToolUse { id, name, .. } } => {
            let start = json!({ "toolUse": { "toolUseId": id, "name": name } });
            vec![json!({ "contentBlockStart": { "contentBlockIndex": index, "start": start } })]
        }
        // Text and reasoning begin with their first delta.
        Step::Open { .. } => Vec::new(),
        Step::Delta { index, delta } => {
            vec![json!({ "contentBlockDelta": { "contentBlockIndex": index, "delta": piece(delta)? } })]
        }
        Step::Close { index } => vec![json!({ "contentBlockStop": { "contentBlockIndex": index } })],
        Step::End { stop_reason, usage } => {
            let ended = json!({ "messageStop": { "stopReason": stop_reason } });
            let metadata =
                |usage| json!({ "metadata": { "usage": tokens(usage), "metrics": { "latencyMs": 7 } } });
            [ended].into_iter().chain(usage.as_ref().map(metadata)).collect()
        }
        _ => return Err(Unplayable::new("the emulator has no such step")),
    })
}

fn piece(delta: &Delta) -> Result<Value, Unplayable> {
    Ok(match delta {
        Delta::Text { text } => json!({ "text": text }),
        Delta::Reasoning { text } => json!({ "reasoningContent": { "text": text } }),
        Delta::Signature { signature } => json!({ "reasoningContent": { "signature": signature } }),
        Delta::Redacted { data } => json!({ "reasoningContent": { "redactedContent": data } }),
        Delta::ToolInput { json } => json!({ "toolUse": { "input": json } }),
        _ => return Err(Unplayable::new("the emulator has no such piece of a block")),
    })
}

fn tokens(usage: &Usage) -> Value {
    json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens(),
        "cacheReadInputTokens": usage.cache_read_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens(),
    })
}

/// An error behind so many frames.
fn failure(fault: &Fault, frames: usize) -> Result<Value, Unplayable> {
    let after = json!({ "frames": frames });
    let exception = match fault.kind {
        ErrorKind::Throttled => "throttlingException",
        ErrorKind::Unavailable => "serviceUnavailableException",
        ErrorKind::Interrupted => "modelStreamErrorException",
        _ => {
            let (_, code, message) = words(fault.kind)?;
            return Ok(json!({ "type": "errorFrame", "code": code, "message": message, "after": after }));
        }
    };
    Ok(json!({ "type": "exception", "exception": exception, "after": after }))
}

/// The same as an answer of Converse: whole, or an error.
fn whole(reply: &Reply) -> Result<Act, Unplayable> {
    let ideal = reply.ideal().response;
    let fault = match reply.steps.last() {
        Some(Step::Fail(fault)) => refusal(fault)?,
        Some(Step::End { .. }) => {
            let content = ideal.content.iter().map(block).collect::<Result<Vec<_>, _>>()?;
            let usage = ideal.usage.as_ref().map_or_else(|| json!({}), tokens);
            let message = json!({ "content": content, "stopReason": ideal.stop_reason, "usage": usage });
            return Ok(Act { reply: Some(message), fault: way(reply) });
        }
        Some(Step::Stall) => json!({ "type": "slowFirstByte" }),
        _ => json!({ "type": "reset" }),
    };
    Ok(Act { fault: Some(fault), reply: None })
}

fn block(content: &Content) -> Result<Value, Unplayable> {
    Ok(match content {
        Content::Text(text) => json!({ "text": text.text }),
        Content::Reasoning(reasoning) => match (&reasoning.redacted, &reasoning.signature) {
            (Some(data), _) => json!({ "redactedReasoning": data }),
            (None, Some(signature)) => {
                json!({ "signedReasoning": { "text": reasoning.text, "signature": signature } })
            }
            // Left to itself, the emulator signs.
            (None, None) => json!({ "signedReasoning": { "text": reasoning.text, "signature": "" } }),
        },
        Content::ToolUse(call) => {
            json!({ "toolUse": { "name": call.name, "input": call.input, "toolUseId": call.id } })
        }
        _ => return Err(Unplayable::new("the emulator has no such block")),
    })
}
