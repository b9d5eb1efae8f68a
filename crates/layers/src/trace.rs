//! A span for each call, in the words of the OpenTelemetry conventions.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use futures_core::Stream;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, Event, EventStream, Layer, ModelId, ModelProvider, ProviderId,
    Request, Response, Result, TokenCount,
};
use serde_json::json;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use record::Record;

mod content;
mod record;

/// Makes a `tracing` span of each call, as [`TraceProvider`] describes.
#[derive(Debug, Clone)]
pub struct TraceLayer {
    provider: String,
    content: bool,
}

impl TraceLayer {
    /// A layer around a provider of this kind, in the words of the conventions: `aws.bedrock`, `openai` and others
    /// (`gen_ai.provider.name`).
    pub fn new(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), content: false }
    }

    /// Says whether prompts, answers, and what tools are called with are written into the spans. They are not unless that
    /// is said: whoever reads traces is mostly not meant to read conversations.
    pub const fn with_content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }
}

impl Layer for TraceLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        Arc::new(TraceProvider { inner, layer: self.clone() })
    }
}

/// A provider with a span around each call.
///
/// The spans keep the conventions for generative AI clients
/// (<https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md> and
/// `client-embeddings.md` beside it), as they were in November 2026; they are still in development there. Their level is
/// `INFO`, their target `outcrop_layers::trace`, and their name `chat`, `count_tokens` or `embeddings`; the name by the
/// conventions, `chat MODEL`, is in `otel.name`, which `tracing-opentelemetry` takes for the span's name, as it does
/// `otel.kind` and `otel.status_code` for what they say.
///
/// | field | |
/// |---|---|
/// | `gen_ai.operation.name` | `chat`, `count_tokens`, `embeddings` |
/// | `gen_ai.provider.name` | as the layer was told |
/// | `gen_ai.request.model` | the id that was asked |
/// | `gen_ai.request.stream` | `true` for streams |
/// | `gen_ai.request.max_tokens`, `.temperature`, `.top_p`, `.stop_sequences` | what the request says; the last is JSON |
/// | `gen_ai.output.type` | `json` where a schema is given |
/// | `gen_ai.response.model` | the id that was called |
/// | `gen_ai.response.id` | the service's id of the call |
/// | `gen_ai.response.finish_reasons` | JSON: `["end_turn"]`, and `["error"]` if the answer did not come to its end |
/// | `gen_ai.response.time_to_first_chunk` | seconds from the call to the first piece of a stream |
/// | `gen_ai.usage.input_tokens`, `.output_tokens`, `.cache_read.input_tokens`, `.cache_write.input_tokens` | the first counts what was read from a cache and written to one too |
/// | `gen_ai.embeddings.dimension.count` | the length of the vectors |
/// | `error.type` | the name of the [`ErrorKind`](outcrop_core::ErrorKind); `Cancelled` where the caller dropped the call |
///
/// Only with [`TraceLayer::with_content`], as JSON: `gen_ai.system_instructions`, `gen_ai.input.messages`,
/// `gen_ai.output.messages`, `gen_ai.tool.definitions`. Settings of single providers, signatures and bytes are in no span.
///
/// A span lasts until the end of the stream, or until it is dropped, and is entered whenever the call or the stream is
/// polled: what others say meanwhile belongs to it. Where nobody listens nothing is put around a call.
#[derive(Debug)]
pub struct TraceProvider {
    inner: Arc<dyn ModelProvider>,
    layer: TraceLayer,
}

impl TraceProvider {
    fn chat(&self, request: &Request, stream: Option<bool>) -> Span {
        let inference = &request.inference;
        let stops = Some(&inference.stop_sequences).filter(|stops| !stops.is_empty());
        tracing::info_span!(
            target: "outcrop_layers::trace",
            "chat",
            otel.name = format_args!("chat {}", request.model),
            otel.kind = "client",
            otel.status_code = Empty,
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = self.layer.provider,
            gen_ai.request.model = request.model.as_str(),
            gen_ai.request.stream = stream,
            gen_ai.request.max_tokens = inference.max_tokens,
            gen_ai.request.temperature = inference.temperature,
            gen_ai.request.top_p = inference.top_p,
            gen_ai.request.stop_sequences = stops.map(|stops| display(json!(stops))),
            gen_ai.output.r#type = request.output.as_ref().map(|_| "json"),
            gen_ai.response.model = Empty,
            gen_ai.response.id = Empty,
            gen_ai.response.finish_reasons = Empty,
            gen_ai.response.time_to_first_chunk = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.usage.cache_read.input_tokens = Empty,
            gen_ai.usage.cache_write.input_tokens = Empty,
            gen_ai.system_instructions = Empty,
            gen_ai.input.messages = Empty,
            gen_ai.output.messages = Empty,
            gen_ai.tool.definitions = Empty,
            error.r#type = Empty,
        )
    }

    fn count(&self, request: &Request) -> Span {
        tracing::info_span!(
            target: "outcrop_layers::trace",
            "count_tokens",
            otel.name = format_args!("count_tokens {}", request.model),
            otel.kind = "client",
            otel.status_code = Empty,
            gen_ai.operation.name = "count_tokens",
            gen_ai.provider.name = self.layer.provider,
            gen_ai.request.model = request.model.as_str(),
            gen_ai.usage.input_tokens = Empty,
            error.r#type = Empty,
        )
    }

    fn embeddings(&self, request: &EmbedRequest) -> Span {
        tracing::info_span!(
            target: "outcrop_layers::trace",
            "embeddings",
            otel.name = format_args!("embeddings {}", request.model),
            otel.kind = "client",
            otel.status_code = Empty,
            gen_ai.operation.name = "embeddings",
            gen_ai.provider.name = self.layer.provider,
            gen_ai.request.model = request.model.as_str(),
            gen_ai.embeddings.dimension.count = request.dimensions,
            gen_ai.response.model = Empty,
            gen_ai.usage.input_tokens = Empty,
            error.r#type = Empty,
        )
    }

    /// The record of a conversation, with its content if that is wanted.
    fn record(&self, span: Span, request: &Request) -> Record {
        let mut record = Record::new(span, true);
        if self.layer.content {
            let span = &record.span;
            span.record("gen_ai.input.messages", display(content::input(request)));
            if let Some(system) = content::system(request) {
                span.record("gen_ai.system_instructions", display(system));
            }
            if let Some(tools) = content::tools(request) {
                span.record("gen_ai.tool.definitions", display(tools));
            }
            record.keep_content();
        }
        record
    }
}

#[async_trait]
impl ModelProvider for TraceProvider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let span = self.chat(request, Some(true));
        if span.is_disabled() {
            return self.inner.stream(request).await;
        }
        let mut record = self.record(span.clone(), request);
        match self.inner.stream(request).instrument(span).await {
            Ok(inner) => Ok(Box::pin(Traced { inner: Some(inner), record })),
            Err(error) => {
                record.failed(&error);
                Err(error)
            }
        }
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        let span = self.chat(request, None);
        if span.is_disabled() {
            return self.inner.generate(request).await;
        }
        let mut record = self.record(span.clone(), request);
        let done = self.inner.generate(request).instrument(span).await;
        match &done {
            Ok(response) => record.answered(response),
            Err(error) => record.failed(error),
        }
        done
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let span = self.count(request);
        if span.is_disabled() {
            return self.inner.count_tokens(request).await;
        }
        let mut record = Record::new(span.clone(), false);
        let done = self.inner.count_tokens(request).instrument(span).await;
        match &done {
            Ok(count) => record.done(None, Some(count.input_tokens)),
            Err(error) => record.failed(error),
        }
        done
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let span = self.embeddings(request);
        if span.is_disabled() {
            return self.inner.embed(request).await;
        }
        let mut record = Record::new(span.clone(), false);
        let done = self.inner.embed(request).instrument(span).await;
        match &done {
            Ok(embeddings) => {
                let tokens = embeddings.usage.map(|usage| usage.prompt_tokens());
                record.done(embeddings.model.as_ref().map(AsRef::as_ref), tokens);
            }
            Err(error) => record.failed(error),
        }
        done
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

/// A stream within its span.
struct Traced {
    /// `None` once it is over.
    inner: Option<EventStream>,
    record: Record,
}

impl Stream for Traced {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        let item = ready!(this.record.span.in_scope(|| inner.as_mut().poll_next(cx)));
        if let Some(item) = &item {
            this.record.saw(item);
        } else {
            this.record.closed();
            this.inner = None;
        }
        Poll::Ready(item)
    }
}

impl Drop for Traced {
    /// What runs inside ends within the span too.
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            self.record.span.in_scope(|| drop(inner));
        }
    }
}

#[cfg(test)]
mod tests;
