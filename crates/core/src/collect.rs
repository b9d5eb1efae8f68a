//! From events to a whole answer.

use std::collections::BTreeMap;
use std::future::poll_fn;

use bytes::BytesMut;

use crate::arguments::{no_arguments, tool_input};
use crate::{
    Blob, Block, Citation, Citations, Content, Delta, Error, ErrorKind, Event, EventStream, Image, Json,
    Reasoning, Response, Result, Source, ToolResult, ToolResultContent, ToolUse,
};

/// Puts a stream's events together. What came before an error is kept.
#[derive(Debug, Default)]
pub struct Collector {
    response: Response,
    blocks: BTreeMap<u32, Partial>,
    ended: bool,
    error: Option<Error>,
}

/// What a [`Collector`] has at the end.
#[derive(Debug)]
pub struct Collected {
    /// The answer, or what arrived of it.
    pub response: Response,
    /// Why the answer is not whole.
    pub error: Option<Error>,
}

impl Collected {
    /// The answer if it is whole.
    ///
    /// # Errors
    /// The failure, if it is not.
    pub fn into_result(self) -> Result<Response> {
        match self.error {
            None => Ok(self.response),
            Some(error) => Err(error),
        }
    }
}

#[derive(Debug)]
struct Partial {
    block: Block,
    closed: bool,
    text: String,
    signature: String,
    data: BytesMut,
    citations: Vec<Citation>,
    parts: Vec<ToolResultContent>,
}

impl Collector {
    /// An empty collector.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an item of the stream.
    pub fn push(&mut self, item: Result<Event>) {
        match item {
            Ok(Event::Start(start)) => {
                self.response.model = start.model;
                self.response.warnings = start.warnings;
                self.response.request_id = start.request_id;
                self.response.instead = start.instead;
            }
            Ok(Event::Open { index, block }) => {
                self.blocks.insert(index, Partial::new(block));
            }
            Ok(Event::Delta { index, delta }) => {
                if let Some(partial) = self.blocks.get_mut(&index) {
                    partial.grow(delta);
                }
            }
            Ok(Event::Close { index }) => {
                if let Some(partial) = self.blocks.get_mut(&index) {
                    partial.closed = true;
                }
            }
            Ok(Event::Raw { .. }) => {}
            Ok(Event::End(end)) => {
                self.ended = true;
                self.response.stop_reason = end.stop_reason;
                self.response.usage = end.usage;
                self.response.latency = end.latency;
                self.response.metadata = end.metadata;
                if end.request_id.is_some() {
                    self.response.request_id = end.request_id;
                }
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// The answer so far; an answer that did not end is [`ErrorKind::Interrupted`].
    pub fn finish(mut self) -> Collected {
        for partial in self.blocks.into_values() {
            if !partial.closed {
                self.response.partial.push(self.response.content.len());
            }
            self.response.content.push(partial.into_content());
        }
        self.response.distrust_cut_call();
        let error = self.error.or_else(|| {
            let interrupted = || {
                Error::new(ErrorKind::Interrupted, "the answer broke off before its end")
                    .with_request_id(self.response.request_id.clone())
            };
            (!self.ended).then(interrupted)
        });
        Collected { response: self.response, error }
    }
}

impl Partial {
    fn new(block: Block) -> Self {
        Self {
            block,
            closed: false,
            text: String::new(),
            signature: String::new(),
            data: BytesMut::new(),
            citations: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn grow(&mut self, delta: Delta) {
        match delta {
            Delta::Text { text } | Delta::Reasoning { text } | Delta::ToolInput { json: text } => {
                self.text.push_str(&text);
            }
            Delta::Signature { signature } => self.signature.push_str(&signature),
            Delta::Redacted { data } | Delta::Image { data } => self.data.extend_from_slice(data.as_bytes()),
            Delta::Citation { citation } => self.citations.push(citation),
            Delta::Json { value } => self.parts.push(ToolResultContent::Json(Json { value })),
        }
    }

    fn into_content(self) -> Content {
        match self.block {
            Block::Text if self.citations.is_empty() => Content::text(self.text),
            Block::Text => Content::Citations(Citations { text: self.text, citations: self.citations }),
            Block::Reasoning => Content::Reasoning(Reasoning {
                text: self.text,
                signature: (!self.signature.is_empty()).then_some(self.signature),
                redacted: (!self.data.is_empty()).then(|| Blob::new(self.data.freeze())),
            }),
            Block::ToolUse { id, name, by_service } => {
                let (input, malformed_input) = match tool_input(&self.text) {
                    Some(input) => (input, None),
                    None => (no_arguments(), Some(self.text)),
                };
                Content::ToolUse(ToolUse { id, name, input, malformed_input, by_service })
            }
            Block::ToolResult { tool_use_id, is_error, kind } => {
                let mut content = self.parts;
                if !self.text.is_empty() {
                    content.insert(0, ToolResultContent::Text(crate::Text { text: self.text }));
                }
                Content::ToolResult(ToolResult { tool_use_id, content, is_error, kind })
            }
            Block::Image { format } => {
                Content::Image(Image { format, source: Source::Bytes(Blob::new(self.data.freeze())) })
            }
        }
    }
}

/// The whole answer of a stream.
///
/// # Errors
/// The stream's error; [`ErrorKind::Interrupted`] if it was over without an end. To keep what came before an error,
/// use [`Collector`].
pub async fn collect(mut stream: EventStream) -> Result<Response> {
    let mut collector = Collector::new();
    while let Some(item) = next(&mut stream).await {
        collector.push(item);
    }
    collector.finish().into_result()
}

/// The next item of a stream.
pub async fn next(stream: &mut EventStream) -> Option<Result<Event>> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

/// The events of a whole answer, one delta a block: how a provider without streaming fits the grammar.
pub fn replay(response: Response) -> Vec<Event> {
    let Response {
        model,
        instead,
        content,
        stop_reason,
        usage,
        request_id,
        latency,
        warnings,
        metadata,
        partial: _,
    } = response;
    let start = crate::Start { model, warnings, request_id: request_id.clone(), instead };
    let mut events = vec![Event::Start(start)];
    for (index, content) in (0_u32..).zip(content) {
        let Some((block, deltas)) = open(content) else { continue };
        events.push(Event::Open { index, block });
        events.extend(deltas.into_iter().map(|delta| Event::Delta { index, delta }));
        events.push(Event::Close { index });
    }
    events.push(Event::End(Box::new(crate::End { stop_reason, usage, request_id, latency, metadata })));
    events
}

/// A block and its deltas; `None` for content that models take and never give.
fn open(content: Content) -> Option<(Block, Vec<Delta>)> {
    let opened = match content {
        Content::Text(text) => (Block::Text, vec![Delta::Text { text: text.text }]),
        Content::Citations(Citations { text, citations }) => {
            let citations = citations.into_iter().map(|citation| Delta::Citation { citation });
            (Block::Text, std::iter::once(Delta::Text { text }).chain(citations).collect())
        }
        Content::Reasoning(Reasoning { text, signature, redacted }) => {
            let text = (!text.is_empty()).then_some(Delta::Reasoning { text });
            let signature = signature.map(|signature| Delta::Signature { signature });
            let redacted = redacted.map(|data| Delta::Redacted { data });
            (Block::Reasoning, text.into_iter().chain(signature).chain(redacted).collect())
        }
        Content::ToolUse(ToolUse { id, name, input, malformed_input, by_service }) => {
            let json = malformed_input.unwrap_or_else(|| input.to_string());
            (Block::ToolUse { id, name, by_service }, vec![Delta::ToolInput { json }])
        }
        Content::ToolResult(ToolResult { tool_use_id, content, is_error, kind }) => {
            let deltas = content.into_iter().filter_map(tool_result_delta).collect();
            (Block::ToolResult { tool_use_id, is_error, kind }, deltas)
        }
        Content::Image(Image { format, source: Source::Bytes(data) }) => {
            (Block::Image { format }, vec![Delta::Image { data }])
        }
        _ => return None,
    };
    Some(opened)
}

fn tool_result_delta(content: ToolResultContent) -> Option<Delta> {
    match content {
        ToolResultContent::Text(text) => Some(Delta::Text { text: text.text }),
        ToolResultContent::Json(json) => Some(Delta::Json { value: json.value }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
