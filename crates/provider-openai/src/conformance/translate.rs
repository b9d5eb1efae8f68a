//! From scripts to what a server of chat completions says.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use outcrop_conformance::{Answer, Fault, Reply, Step, Unplayable};
use outcrop_core::{Block, Delta, ErrorKind, StopReason, Usage};
use serde_json::{Map, Value, json};

/// What the server says to one call.
#[derive(Debug, Clone)]
pub(super) struct Spoken {
    /// How long it waits before the first byte.
    pub(super) delay: Duration,
    pub(super) status: u16,
    pub(super) content_type: HeaderValue,
    /// In seconds.
    pub(super) retry_after: Option<u64>,
    /// The body, in the pieces in which it leaves.
    pub(super) pieces: Vec<Bytes>,
    pub(super) ending: Ending,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should.
    Whole,
    /// The connection closes.
    HangUp,
    /// Nothing more comes.
    Stall,
}

impl Spoken {
    /// A whole body of JSON.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    fn whole(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            delay: Duration::ZERO,
            status,
            content_type: HeaderValue::from_static(content_type),
            retry_after: None,
            pieces: vec![body.into()],
            ending: Ending::Whole,
        }
    }
}

/// What is said for an answer; nothing at all for silence.
pub(super) fn spoken(answer: &Answer, model: &str) -> Result<Option<Spoken>, Unplayable> {
    Ok(Some(match answer {
        Answer::Refuse(fault) => refusal(fault)?,
        Answer::Silence => return Ok(None),
        Answer::Reply(reply) => stream(reply, model)?,
        Answer::Embeddings { vectors } => Spoken::json(200, &embeddings(vectors, model)),
        _ => return Err(Unplayable::new("the server has no such answer")),
    }))
}

/// The last one first: it is their numbers that say which text they are of.
fn embeddings(vectors: &[Vec<f32>], model: &str) -> Value {
    let rows = vectors.iter().enumerate().rev();
    let rows =
        rows.map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }));
    json!({ "object": "list", "data": rows.collect::<Vec<_>>(), "model": model })
}

fn refusal(fault: &Fault) -> Result<Spoken, Unplayable> {
    let (status, error) = match fault.kind {
        // Somebody else is there.
        ErrorKind::Protocol => {
            let page = "<!DOCTYPE html>\n<title>Welcome</title>\n<p>It works!</p>\n";
            return Ok(Spoken::whole(200, "text/html", page.to_owned()));
        }
        // The harness sees to it that nobody is there.
        ErrorKind::Network => (503, Value::Null),
        kind => words(kind)?,
    };
    let retry_after = fault.retry_after_seconds;
    Ok(Spoken { retry_after, ..Spoken::json(status, &json!({ "error": error })) })
}

/// Status and words for an error, as OpenAI's own endpoint has them, and gateways where it has no such error.
fn words(kind: ErrorKind) -> Result<(u16, Value), Unplayable> {
    let said = |status, message: &str, kind: &str, code: Option<&str>| {
        Ok((status, json!({ "message": message, "type": kind, "param": null, "code": code })))
    };
    match kind {
        ErrorKind::Unauthenticated => {
            said(401, "Incorrect API key provided.", "invalid_request_error", Some("invalid_api_key"))
        }
        ErrorKind::PermissionDenied => {
            said(403, "You have insufficient permissions for this operation.", "permission_error", None)
        }
        ErrorKind::ModelAccess => said(
            403,
            "Country, region, or territory not supported",
            "request_forbidden",
            Some("unsupported_country_region_territory"),
        ),
        ErrorKind::ModelNotFound => {
            said(404, "The model `m` does not exist.", "invalid_request_error", Some("model_not_found"))
        }
        // A gateway in front of Bedrock passes its words on.
        ErrorKind::ProfileRequired => said(
            400,
            "Invocation of model ID m with on-demand throughput isn’t supported. Retry your request with the ID or ARN \
             of an inference profile that contains this model.",
            "invalid_request_error",
            None,
        ),
        ErrorKind::InvalidRequest => {
            said(400, "Invalid 'messages[2].role': 'robot'.", "invalid_request_error", None)
        }
        ErrorKind::ContextOverflow => said(
            400,
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
            "invalid_request_error",
            Some("context_length_exceeded"),
        ),
        ErrorKind::Filtered => said(
            400,
            "Your request was rejected as a result of our safety system.",
            "invalid_request_error",
            Some("content_policy_violation"),
        ),
        ErrorKind::Throttled => {
            said(429, "Rate limit reached for requests.", "requests", Some("rate_limit_exceeded"))
        }
        ErrorKind::QuotaExceeded => said(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            Some("insufficient_quota"),
        ),
        ErrorKind::Unavailable => {
            said(503, "The server had an error while processing your request.", "server_error", None)
        }
        ErrorKind::Timeout => said(504, "The model did not answer in time.", "timeout_error", None),
        ErrorKind::Interrupted => said(502, "The stream of the model broke off.", "stream_error", None),
        kind => Err(Unplayable::new(format!("the protocol has no error of the kind {}", kind.name()))),
    }
}

/// An answer in chunks, and what breaks it.
fn stream(reply: &Reply, model: &str) -> Result<Spoken, Unplayable> {
    let mut chunks = Chunks::new(reply, model);
    let mut ending = Ending::Whole;
    for step in &reply.steps {
        match step {
            Step::Open { index, block: Block::ToolUse { id, name, .. } } => chunks.call(*index, id, name),
            // A text and a thought begin with their first piece, and nothing has an end of its own.
            Step::Open { .. } | Step::Close { .. } => {}
            Step::Delta { index, delta } => chunks.grow(*index, delta)?,
            Step::End { stop_reason, usage } => chunks.end(stop_reason, usage.as_ref()),
            Step::Fail(fault) if fault.kind == ErrorKind::Protocol => chunks.line("<p>Bad gateway</p>"),
            Step::Fail(fault) => chunks.line(&json!({ "error": words(fault.kind)?.1 }).to_string()),
            Step::HangUp => ending = Ending::HangUp,
            Step::Stall => ending = Ending::Stall,
            _ => return Err(Unplayable::new("the server has no such step")),
        }
    }
    let pieces = match reply.chunk_bytes {
        Some(bytes) => {
            chunks.lines.concat().as_bytes().chunks(bytes.max(1)).map(Bytes::copy_from_slice).collect()
        }
        None => chunks.lines.into_iter().map(Bytes::from).collect(),
    };
    Ok(Spoken {
        delay: Duration::from_millis(reply.delay_ms),
        pieces,
        ending,
        ..Spoken::whole(200, "text/event-stream", String::new())
    })
}

/// The events of a stream so far.
struct Chunks<'a> {
    model: &'a str,
    /// Whether all that is said is a refusal, for which the protocol has a field of its own.
    refuses: bool,
    /// The blocks that are calls, by the numbers that the wire gives them.
    calls: Vec<u32>,
    lines: Vec<String>,
}

impl<'a> Chunks<'a> {
    /// An answer that has begun, unless it breaks off before.
    fn new(reply: &Reply, model: &'a str) -> Self {
        let refuses =
            reply.steps.iter().any(|step| matches!(step, Step::End { stop_reason: StopReason::Refusal, .. }));
        let mut chunks = Self { model, refuses, calls: Vec::new(), lines: Vec::new() };
        if !matches!(reply.steps.first(), None | Some(Step::HangUp)) {
            chunks.delta(&json!({ "role": "assistant", "content": "" }));
        }
        chunks
    }

    fn line(&mut self, data: &str) {
        self.lines.push(format!("data: {data}\n\n"));
    }

    fn chunk(&mut self, members: Value) {
        let mut chunk = Map::new();
        chunk.insert("id".to_owned(), "chatcmpl-1".into());
        chunk.insert("object".to_owned(), "chat.completion.chunk".into());
        chunk.insert("created".to_owned(), 1_758_000_000.into());
        chunk.insert("model".to_owned(), self.model.into());
        if let Value::Object(members) = members {
            chunk.extend(members);
        }
        self.line(&Value::Object(chunk).to_string());
    }

    fn delta(&mut self, delta: &Value) {
        self.chunk(json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }));
    }

    fn call(&mut self, index: u32, id: &str, name: &str) {
        let number = self.calls.len();
        self.calls.push(index);
        let function = json!({ "name": name, "arguments": "" });
        let call = json!({ "index": number, "id": id, "type": "function", "function": function });
        self.delta(&json!({ "tool_calls": [call] }));
    }

    fn grow(&mut self, index: u32, delta: &Delta) -> Result<(), Unplayable> {
        let said = match delta {
            Delta::Text { text } if self.refuses => json!({ "refusal": text }),
            Delta::Text { text } => json!({ "content": text }),
            Delta::Reasoning { text } => {
                let detail = json!({ "type": "reasoning.text", "text": text, "index": 0 });
                json!({ "reasoning": text, "reasoning_details": [detail] })
            }
            Delta::Signature { signature } => {
                let detail = json!({ "type": "reasoning.text", "signature": signature, "index": 0 });
                json!({ "reasoning_details": [detail] })
            }
            Delta::ToolInput { json } => {
                let number = self.calls.iter().position(|call| *call == index);
                json!({ "tool_calls": [{ "index": number, "function": { "arguments": json } }] })
            }
            _ => return Err(Unplayable::new("the protocol has no such piece of a block")),
        };
        self.delta(&said);
        Ok(())
    }

    fn end(&mut self, reason: &StopReason, usage: Option<&Usage>) {
        let mut choice = json!({ "index": 0, "delta": {}, "finish_reason": finish_reason(reason) });
        if let (StopReason::StopSequence, Some(choice)) = (reason, choice.as_object_mut()) {
            // As vLLM tells it from an answer that was done.
            choice.insert("stop_reason".to_owned(), "END".into());
        }
        self.chunk(json!({ "choices": [choice] }));
        if let Some(usage) = usage {
            self.chunk(json!({ "choices": [], "usage": tokens(usage) }));
        }
        self.line("[DONE]");
    }
}

/// The protocol's word for a reason to stop. For those that only Bedrock has, gateways in front of it use its own.
fn finish_reason(reason: &StopReason) -> &str {
    match reason {
        StopReason::EndTurn | StopReason::StopSequence | StopReason::Refusal => "stop",
        StopReason::MaxTokens => "length",
        StopReason::ToolUse => "tool_calls",
        StopReason::ContentFiltered => "content_filter",
        other => other.as_str(),
    }
}

fn tokens(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens(),
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens(),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens(),
        },
    })
}
