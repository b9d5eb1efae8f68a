//! From the SDK's types to ours.

use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types as sdk;
use outcrop_core::{
    Blob, Citation, CitationLocation, Citations, Content, Error, ErrorKind, Image, ImageFormat, Json,
    Reasoning, Response, Result, S3Location, Source, SourceRange, StopReason, Text, ToolResult,
    ToolResultContent, ToolUse, Usage,
};
use serde_json::{Map, Value};

use super::document::to_value;
use super::trace::Said as _;

/// What the SDK puts in the place of a stop reason that is not there: the answer is not one of Converse.
const NO_STOP_REASON: &str = "no value was set";

/// A whole answer.
pub(crate) fn response(output: ConverseOutput, request_id: Option<&str>) -> Result<Response> {
    let (Some(sdk::ConverseOutput::Message(message)), Some(stop_reason)) =
        (output.output, stop_reason(&output.stop_reason))
    else {
        return Err(Error::new(ErrorKind::Protocol, "the reply is not one of Amazon Bedrock")
            .with_request_id(request_id)
            .with_hint("check the endpoint: something else answered"));
    };
    let mut response = Response::default();
    response.content = message.content.into_iter().filter_map(content).collect();
    response.stop_reason = stop_reason;
    response.usage = output.usage.as_ref().and_then(usage);
    response.request_id = request_id.map(str::to_owned);
    response.latency = output.metrics.and_then(|metrics| latency(metrics.latency_ms));
    response.metadata = Metadata {
        fields: output.additional_model_response_fields.as_ref().map(to_value),
        trace: output.trace.json(),
        performance: output.performance_config.json(),
        service_tier: output.service_tier.json(),
    }
    .into_json();
    Ok(response)
}

/// Why the model stopped, if the service says so.
pub(crate) fn stop_reason(reason: &sdk::StopReason) -> Option<StopReason> {
    Some(reason.as_str()).filter(|reason| *reason != NO_STOP_REASON).map(StopReason::from)
}

/// What an answer says beside its content, as the service writes it.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub fields: Option<Value>,
    trace: Option<Value>,
    performance: Option<Value>,
    service_tier: Option<Value>,
}

impl Metadata {
    /// Takes what the last event of a stream says.
    pub(crate) fn measure(&mut self, measured: &mut sdk::ConverseStreamMetadataEvent) {
        self.trace = measured.trace.take().json();
        self.performance = measured.performance_config.take().json();
        self.service_tier = measured.service_tier.take().json();
    }

    /// The members as Converse names them; `None` if there are none.
    pub(crate) fn into_json(self) -> Option<Value> {
        let Self { fields, trace, performance, service_tier } = self;
        let members = [
            ("additionalModelResponseFields", fields.filter(|fields| !fields.is_null())),
            ("trace", trace),
            ("performanceConfig", performance),
            ("serviceTier", service_tier),
        ];
        let said: Map<_, _> =
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        (!said.is_empty()).then_some(Value::Object(said))
    }
}

/// The token counts, in disjoint buckets: Bedrock's `inputTokens` excludes what was cached. `None` if all are zero: the
/// SDK fills in zeros where the service says nothing.
pub(crate) fn usage(usage: &sdk::TokenUsage) -> Option<Usage> {
    let count = |number: i32| u64::try_from(number).unwrap_or(0);
    let written = usage.cache_write_input_tokens.map_or(0, count);
    let one_hour: u64 = usage
        .cache_details()
        .iter()
        .filter(|detail| detail.ttl == sdk::CacheTtl::OneHour)
        .map(|detail| count(detail.input_tokens))
        .sum();
    let usage = Usage {
        input_tokens: count(usage.input_tokens),
        output_tokens: count(usage.output_tokens),
        cache_read_tokens: usage.cache_read_input_tokens.map_or(0, count),
        cache_write_5m_tokens: written.saturating_sub(one_hour),
        cache_write_1h_tokens: one_hour.min(written),
    };
    (usage != Usage::default()).then_some(usage)
}

/// How long the service says that it took; `None` for zero, which the SDK fills in where it says nothing.
pub(crate) fn latency(milliseconds: i64) -> Option<std::time::Duration> {
    u64::try_from(milliseconds).ok().filter(|taken| *taken > 0).map(std::time::Duration::from_millis)
}

/// A block; `None` for what holds nothing, and for what this version does not know.
fn content(block: sdk::ContentBlock) -> Option<Content> {
    Some(match block {
        sdk::ContentBlock::Text(text) if text.is_empty() => return None,
        sdk::ContentBlock::Text(text) => Content::text(text),
        sdk::ContentBlock::ReasoningContent(reasoning) => Content::Reasoning(thoughts(reasoning)?),
        sdk::ContentBlock::ToolUse(call) => Content::ToolUse(ToolUse {
            id: call.tool_use_id,
            name: call.name,
            input: to_value(&call.input),
            malformed_input: None,
            by_service: call.r#type.is_some(),
        }),
        sdk::ContentBlock::ToolResult(result) => Content::ToolResult(ToolResult {
            tool_use_id: result.tool_use_id,
            content: result.content.into_iter().filter_map(tool_result_content).collect(),
            is_error: result.status == Some(sdk::ToolResultStatus::Error),
            kind: result.r#type,
        }),
        sdk::ContentBlock::Image(block) => Content::Image(image(block)?),
        sdk::ContentBlock::CitationsContent(block) => cited(block)?,
        other => {
            tracing::warn!(block = ?std::mem::discriminant(&other), "a kind of content block that is not known was left out");
            return None;
        }
    })
}

/// Text with its citations, or plain text if it has none.
fn cited(block: sdk::CitationsContentBlock) -> Option<Content> {
    let text: String =
        block.content().iter().filter_map(|part| part.as_text().ok()).map(String::as_str).collect();
    let citations: Vec<_> = block.citations.unwrap_or_default().into_iter().map(citation).collect();
    match (text.is_empty(), citations.is_empty()) {
        (true, true) => None,
        (false, true) => Some(Content::text(text)),
        (_, false) => Some(Content::Citations(Citations { text, citations })),
    }
}

fn thoughts(block: sdk::ReasoningContentBlock) -> Option<Reasoning> {
    let reasoning = match block {
        sdk::ReasoningContentBlock::ReasoningText(text) => {
            let signature = text.signature.filter(|signature| !signature.is_empty());
            Reasoning { text: text.text, signature, redacted: None }
        }
        sdk::ReasoningContentBlock::RedactedContent(bytes) => {
            let redacted = Some(bytes.into_inner()).filter(|bytes| !bytes.is_empty()).map(Blob::new);
            Reasoning { redacted, ..Reasoning::default() }
        }
        _ => return None,
    };
    (reasoning != Reasoning::default()).then_some(reasoning)
}

fn tool_result_content(block: sdk::ToolResultContentBlock) -> Option<ToolResultContent> {
    match block {
        sdk::ToolResultContentBlock::Text(text) => Some(ToolResultContent::Text(Text { text })),
        sdk::ToolResultContentBlock::Json(value) => {
            Some(ToolResultContent::Json(Json { value: to_value(&value) }))
        }
        sdk::ToolResultContentBlock::Image(block) => image(block).map(ToolResultContent::Image),
        _ => None,
    }
}

fn image(block: sdk::ImageBlock) -> Option<Image> {
    Some(Image { format: image_format(&block.format)?, source: image_source(block.source?)? })
}

pub(crate) fn image_format(format: &sdk::ImageFormat) -> Option<ImageFormat> {
    ImageFormat::ALL.iter().copied().find(|known| known.as_str() == format.as_str())
}

pub(crate) fn image_source(source: sdk::ImageSource) -> Option<Source> {
    match source {
        sdk::ImageSource::Bytes(bytes) => Some(Source::Bytes(Blob::new(bytes.into_inner()))),
        sdk::ImageSource::S3Location(location) => {
            Some(Source::S3(S3Location { uri: location.uri, bucket_owner: location.bucket_owner }))
        }
        _ => None,
    }
}

fn citation(citation: sdk::Citation) -> Citation {
    let passages = citation.source_content.unwrap_or_default().into_iter();
    Citation {
        title: citation.title,
        source: citation.source,
        passages: passages.filter_map(|part| part.as_text().ok().cloned()).collect(),
        location: citation.location.and_then(citation_location),
    }
}

/// A citation of a stream.
pub(crate) fn citation_delta(citation: sdk::CitationsDelta) -> Citation {
    let passages = citation.source_content.unwrap_or_default().into_iter();
    Citation {
        title: citation.title,
        source: citation.source,
        passages: passages.filter_map(|part| part.text).collect(),
        location: citation.location.and_then(citation_location),
    }
}

fn citation_location(location: sdk::CitationLocation) -> Option<CitationLocation> {
    let range = |index: Option<i32>, start: Option<i32>, end: Option<i32>| {
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
        SourceRange { index: count(index), start: count(start), end: count(end) }
    };
    Some(match location {
        sdk::CitationLocation::Web(web) => CitationLocation::Web { url: web.url, domain: web.domain },
        sdk::CitationLocation::DocumentChar(place) => {
            CitationLocation::DocumentCharacters(range(place.document_index, place.start, place.end))
        }
        sdk::CitationLocation::DocumentPage(place) => {
            CitationLocation::DocumentPages(range(place.document_index, place.start, place.end))
        }
        sdk::CitationLocation::DocumentChunk(place) => {
            CitationLocation::DocumentPassages(range(place.document_index, place.start, place.end))
        }
        sdk::CitationLocation::SearchResultLocation(place) => {
            CitationLocation::SearchResult(range(place.search_result_index, place.start, place.end))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
