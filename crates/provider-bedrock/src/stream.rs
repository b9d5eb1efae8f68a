//! ConverseStream's events as the grammar of core wants them.
//!
//! What the wire does not say is made up here: a text or reasoning block has no start event, so it opens with its
//! first delta; usage comes after `messageStop`, so the end waits for it; and a connection that closes without
//! `messageStop` looks like a finished one to the SDK, and is not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types as sdk;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::event_stream::{Header, RawMessage};
use futures_util::stream::unfold;
use outcrop_core::{
    Blob, Block, Delta, End, Error, ErrorKind, Event, EventStream, ImageFormat, Result, Source, Start,
    StopReason, is_tool_input,
};

use crate::failure;
use crate::normalise::Names;
use crate::wire::decode::{self, Metadata};
use crate::wire::document::to_value;

type Receiver = EventReceiver<sdk::ConverseStreamOutput, ConverseStreamOutputError>;

/// How long to wait for the usage once the model has stopped.
const PATIENCE_FOR_METADATA: Duration = Duration::from_secs(5);
/// How long to wait for the end of the body after the end of the answer, so that its connection can serve the next call.
const PATIENCE_FOR_CONNECTION: Duration = Duration::from_secs(1);

/// What the caller shall see otherwise than it comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shaping {
    /// Tool calls are left out.
    pub suppress_tool_calls: bool,
    /// What the tools are called by the caller.
    pub names: Names,
}

/// Waits for the first frame, so that a failure in it is a failure of the call, and streams from there. `declared`: the
/// reply says that it is an event stream, so that a first frame that is none was damaged.
pub(crate) async fn open(
    mut receiver: Receiver,
    start: Start,
    shaping: Shaping,
    declared: bool,
) -> Result<EventStream> {
    let mut translator = Translator::new(start.request_id.clone(), shaping);
    match receiver.recv().await {
        Ok(Some(frame)) => {
            translator.queue.push_back(Event::Start(start));
            translator.take(frame)?;
        }
        Ok(None) => return Err(translator.cut_off()),
        Err(error) => return Err(failure::in_stream(error, start.request_id.as_deref(), declared)),
    }
    let state = Box::new(Running { receiver, translator, over: false, drained: false });
    Ok(Box::pin(unfold(state, async |mut state: Box<Running>| {
        let item = state.next().await?;
        Some((item, state))
    })))
}

struct Running {
    receiver: Receiver,
    translator: Translator,
    over: bool,
    /// Whether the body was read to its end, or nobody shall try that any more.
    drained: bool,
}

impl Running {
    async fn next(&mut self) -> Option<Result<Event>> {
        loop {
            if let Some(event) = self.translator.queue.pop_front() {
                return Some(Ok(event));
            }
            if self.over {
                self.drain().await;
                return None;
            }
            if let Err(error) = self.advance().await {
                (self.over, self.drained) = (true, true);
                return Some(Err(error));
            }
        }
    }

    /// Takes the next frame, or finds that there is none.
    async fn advance(&mut self) -> Result<()> {
        let stopped = self.translator.stopped.is_some();
        let received = if stopped {
            match tokio::time::timeout(PATIENCE_FOR_METADATA, self.receiver.recv()).await {
                Ok(received) => received,
                Err(_) => Ok(None),
            }
        } else {
            self.receiver.recv().await
        };
        match received {
            Ok(Some(frame)) => self.translator.take(frame)?,
            Ok(None) if stopped => self.translator.end(),
            Ok(None) => return Err(self.translator.cut_off()),
            // The answer is complete; only what is said about it was lost.
            Err(error) if stopped && !is_exception(&error) => self.translator.end(),
            Err(error) => return Err(failure::in_stream(error, self.translator.request_id.as_deref(), true)),
        }
        self.over = self.translator.ended;
        Ok(())
    }
}

impl Running {
    /// Reads what follows the end of the answer, which is nothing but the end of the body: over HTTP/1.1, a connection
    /// whose answer was not read to its end cannot be used again.
    async fn drain(&mut self) {
        if !std::mem::replace(&mut self.drained, true) {
            let rest = async { while let Ok(Some(_)) = self.receiver.recv().await {} };
            tokio::time::timeout(PATIENCE_FOR_CONNECTION, rest).await.ok();
        }
    }
}

/// Whether the service itself reports a failure, in an exception or error frame.
fn is_exception<E>(error: &SdkError<E, RawMessage>) -> bool {
    let reports = |header: &Header| matches!(header.name().as_str(), ":error-code" | ":exception-type");
    match error {
        SdkError::ServiceError(_) => true,
        SdkError::ResponseError(response) => {
            matches!(response.raw(), RawMessage::Decoded(message) if message.headers().iter().any(reports))
        }
        _ => false,
    }
}

/// Turns frames into events.
struct Translator {
    queue: VecDeque<Event>,
    open: BTreeMap<u32, OpenBlock>,
    closed: BTreeSet<u32>,
    request_id: Option<String>,
    stopped: Option<StopReason>,
    metadata: Metadata,
    measured: Option<sdk::ConverseStreamMetadataEvent>,
    shaping: Shaping,
    broken_tool_call: bool,
    ended: bool,
}

enum OpenBlock {
    /// A block that the caller sees.
    Shown { block: Block, tool_input: String },
    /// An image of which nothing came yet: it may still fail, and an image of nothing is none.
    Announced(ImageFormat),
    /// A tool call that the caller did not want.
    Suppressed,
}

impl Translator {
    fn new(request_id: Option<String>, shaping: Shaping) -> Self {
        Self {
            queue: VecDeque::with_capacity(4),
            open: BTreeMap::new(),
            closed: BTreeSet::new(),
            request_id,
            stopped: None,
            metadata: Metadata::default(),
            measured: None,
            shaping,
            broken_tool_call: false,
            ended: false,
        }
    }

    fn take(&mut self, frame: sdk::ConverseStreamOutput) -> Result<()> {
        match frame {
            sdk::ConverseStreamOutput::Metadata(event) => self.measured = Some(event),
            _ if self.stopped.is_some() => {
                tracing::warn!("an event after the end of the message was left out");
            }
            sdk::ConverseStreamOutput::ContentBlockDelta(event) => {
                if let Some(delta) = event.delta {
                    self.grow(index(event.content_block_index), delta)?;
                }
            }
            sdk::ConverseStreamOutput::ContentBlockStart(event) => {
                if let Some(start) = event.start {
                    self.begin(index(event.content_block_index), start)?;
                }
            }
            sdk::ConverseStreamOutput::ContentBlockStop(event) => {
                self.close(index(event.content_block_index));
            }
            sdk::ConverseStreamOutput::MessageStop(event) => {
                // It may have been the limit, a filter or anything else: nobody shall take it for a whole answer.
                let Some(reason) = decode::stop_reason(&event.stop_reason) else {
                    return Err(self.broken("the service ended the answer without saying why".to_owned()));
                };
                self.metadata.fields = event.additional_model_response_fields.as_ref().map(to_value);
                self.stop(reason);
            }
            sdk::ConverseStreamOutput::MessageStart(_) => {}
            _ => tracing::warn!("an event that is not known was left out"),
        }
        if self.stopped.is_some() && self.measured.is_some() {
            self.end();
        }
        Ok(())
    }

    fn begin(&mut self, index: u32, start: sdk::ContentBlockStart) -> Result<()> {
        if self.open.contains_key(&index) || self.closed.contains(&index) {
            return Err(self.broken(format!("the service began block {index} twice")));
        }
        let block = match start {
            sdk::ContentBlockStart::ToolUse(call)
                if self.shaping.suppress_tool_calls && call.r#type.is_none() =>
            {
                self.open.insert(index, OpenBlock::Suppressed);
                return Ok(());
            }
            sdk::ContentBlockStart::ToolUse(call) => Block::ToolUse {
                id: call.tool_use_id,
                name: self.shaping.names.original(call.name),
                by_service: call.r#type.is_some(),
            },
            sdk::ContentBlockStart::ToolResult(result) => Block::ToolResult {
                tool_use_id: result.tool_use_id,
                is_error: result.status == Some(sdk::ToolResultStatus::Error),
                kind: result.r#type,
            },
            sdk::ContentBlockStart::Image(image) => {
                let format = decode::image_format(&image.format);
                self.open.extend(format.map(|format| (index, OpenBlock::Announced(format))));
                return Ok(());
            }
            _ => {
                tracing::warn!("a kind of block that is not known was left out");
                return Ok(());
            }
        };
        self.show(index, block);
        Ok(())
    }

    fn show(&mut self, index: u32, block: Block) {
        self.queue.push_back(Event::Open { index, block: block.clone() });
        self.open.insert(index, OpenBlock::Shown { block, tool_input: String::new() });
    }

    fn grow(&mut self, index: u32, delta: sdk::ContentBlockDelta) -> Result<()> {
        match delta {
            // The JSON of a result may come in several values; each is one delta.
            sdk::ContentBlockDelta::ToolResult(parts) => {
                let deltas = parts.into_iter().filter_map(|part| match part {
                    sdk::ToolResultBlockDelta::Text(text) => Some(Delta::Text { text }),
                    sdk::ToolResultBlockDelta::Json(value) => Some(Delta::Json { value: to_value(&value) }),
                    _ => None,
                });
                deltas.into_iter().try_for_each(|delta| self.push(index, delta))
            }
            other => translate(other).map_or(Ok(()), |delta| self.push(index, delta)),
        }
    }

    fn push(&mut self, index: u32, delta: Delta) -> Result<()> {
        if self.closed.contains(&index) {
            return Err(self.broken(format!("the service went on with block {index} after its end")));
        }
        if !self.open.contains_key(&index) {
            let block = match &delta {
                Delta::Text { .. } | Delta::Citation { .. } => Block::Text,
                Delta::Reasoning { .. } | Delta::Signature { .. } | Delta::Redacted { .. } => {
                    Block::Reasoning
                }
                // Everything else is announced by a start event; without one nobody knows what it belongs to.
                _ => {
                    tracing::warn!(index, "a piece of a block that never began was left out");
                    return Ok(());
                }
            };
            self.show(index, block);
        }
        if let (Some(OpenBlock::Announced(format)), Delta::Image { .. }) = (self.open.get(&index), &delta) {
            self.show(index, Block::Image { format: *format });
        }
        match self.open.get_mut(&index) {
            Some(OpenBlock::Shown { block, tool_input }) if delta.belongs_to(block) => {
                if let Delta::ToolInput { json } = &delta {
                    tool_input.push_str(json);
                }
                self.queue.push_back(Event::Delta { index, delta });
                Ok(())
            }
            Some(OpenBlock::Suppressed) | None => Ok(()),
            Some(OpenBlock::Shown { .. } | OpenBlock::Announced(_)) => {
                Err(self.broken(format!("the service mixed two kinds of content in block {index}")))
            }
        }
    }

    fn close(&mut self, index: u32) {
        let Some(block) = self.open.remove(&index) else { return };
        self.closed.insert(index);
        if let OpenBlock::Shown { tool_input, .. } = block {
            self.broken_tool_call |= !is_tool_input(&tool_input);
            self.queue.push_back(Event::Close { index });
        }
    }

    /// The model is done; blocks that it left open end here.
    fn stop(&mut self, reason: StopReason) {
        let suppressed = self.shaping.suppress_tool_calls && reason == StopReason::ToolUse;
        while let Some((&index, block)) = self.open.first_key_value() {
            let unfinished_call = matches!(block, OpenBlock::Shown { block: Block::ToolUse { .. }, .. })
                && !reason.may_break_tool_input();
            self.broken_tool_call |= unfinished_call;
            self.close(index);
        }
        self.stopped = Some(match reason {
            _ if suppressed => StopReason::EndTurn,
            reason if self.broken_tool_call && !reason.may_break_tool_input() => StopReason::MalformedToolUse,
            reason => reason,
        });
    }

    fn end(&mut self) {
        let measured = self.measured.take();
        let mut metadata = std::mem::take(&mut self.metadata);
        let mut end = End::new(self.stopped.take().unwrap_or(StopReason::EndTurn));
        if let Some(mut measured) = measured {
            metadata.measure(&mut measured);
            end.usage = measured.usage.as_ref().and_then(decode::usage);
            end.latency = measured.metrics.and_then(|metrics| decode::latency(metrics.latency_ms));
        }
        end.metadata = metadata.into_json();
        end.request_id.clone_from(&self.request_id);
        self.queue.push_back(Event::End(Box::new(end)));
        self.ended = true;
    }

    /// The service broke its own order of events.
    #[track_caller]
    fn broken(&self, message: String) -> Error {
        Error::new(ErrorKind::Protocol, message).with_request_id(self.request_id.clone())
    }

    /// The connection closed in the middle of the answer.
    #[track_caller]
    fn cut_off(&self) -> Error {
        Error::new(ErrorKind::Interrupted, "the connection closed before the answer was complete")
            .with_request_id(self.request_id.clone())
    }
}

/// A delta that stands for itself; `None` for an empty one, and for a kind that this version does not know.
fn translate(delta: sdk::ContentBlockDelta) -> Option<Delta> {
    match delta {
        sdk::ContentBlockDelta::Text(text) => (!text.is_empty()).then_some(Delta::Text { text }),
        sdk::ContentBlockDelta::ToolUse(call) => {
            (!call.input.is_empty()).then_some(Delta::ToolInput { json: call.input })
        }
        sdk::ContentBlockDelta::ReasoningContent(reasoning) => match reasoning {
            sdk::ReasoningContentBlockDelta::Text(text) => {
                (!text.is_empty()).then_some(Delta::Reasoning { text })
            }
            sdk::ReasoningContentBlockDelta::Signature(signature) => {
                (!signature.is_empty()).then_some(Delta::Signature { signature })
            }
            sdk::ReasoningContentBlockDelta::RedactedContent(bytes) => {
                let data = bytes.into_inner();
                (!data.is_empty()).then(|| Delta::Redacted { data: Blob::new(data) })
            }
            _ => None,
        },
        sdk::ContentBlockDelta::Citation(citation) => {
            Some(Delta::Citation { citation: decode::citation_delta(citation) })
        }
        sdk::ContentBlockDelta::Image(image) => match image.source.and_then(decode::image_source)? {
            Source::Bytes(data) => (!data.as_bytes().is_empty()).then_some(Delta::Image { data }),
            _ => None,
        },
        _ => None,
    }
}

/// The service counts blocks from zero upwards.
fn index(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
