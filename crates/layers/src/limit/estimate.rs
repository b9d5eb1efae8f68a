//! About how many tokens a request takes, before anybody has counted them.

use outcrop_core::{
    Content, DocumentSource, EmbedRequest, GuardContent, Request, SystemContent, Tool, ToolResultContent,
    Usage,
};
use serde_json::Value;

/// Bytes of text a token, roughly, over languages and kinds of text.
const BYTES: u64 = 4;
/// A picture of a common size, or a page of a document, in the tokens of most models.
const PICTURE: u64 = 1600;

/// The prompt, and all that the answer may have: services count that much from the start, and give back what the answer
/// did not need when it is over.
pub(super) fn of_request(request: &Request) -> u64 {
    let mut estimate = Estimate::default();
    for part in &request.system {
        match part {
            SystemContent::Text(text) => estimate.text(&text.text),
            SystemContent::Guard(guard) => estimate.guard(&guard.content),
            _ => {}
        }
    }
    request
        .messages
        .iter()
        .flat_map(|message| &message.content)
        .for_each(|content| estimate.content(content));
    for tool in &request.tools {
        if let Tool::Spec(spec) = tool {
            estimate.text(&spec.name);
            estimate.text(spec.description.as_deref().unwrap_or_default());
            estimate.json(&spec.input_schema);
        }
    }
    estimate.tokens().saturating_add(request.inference.max_tokens.unwrap_or_default().into())
}

/// All texts.
pub(super) fn of_texts(request: &EmbedRequest) -> u64 {
    let mut estimate = Estimate::default();
    request.texts.iter().for_each(|text| estimate.text(text));
    estimate.tokens()
}

/// What counts against a quota of all that was used: what came from a cache does not.
pub(super) const fn used(usage: &Usage) -> u64 {
    usage.total_tokens().saturating_sub(usage.cache_read_tokens)
}

#[derive(Debug, Default)]
struct Estimate {
    bytes: u64,
    pictures: u64,
}

impl Estimate {
    fn tokens(&self) -> u64 {
        self.bytes.div_ceil(BYTES).saturating_add(self.pictures.saturating_mul(PICTURE))
    }

    fn text(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len().try_into().unwrap_or(u64::MAX));
    }

    fn json(&mut self, value: &Value) {
        self.text(&value.to_string());
    }

    fn guard(&mut self, content: &GuardContent) {
        match content {
            GuardContent::Text(text) => self.text(text),
            _ => self.pictures += 1,
        }
    }

    fn document(&mut self, source: &DocumentSource) {
        match source {
            DocumentSource::Text(text) => self.text(text),
            DocumentSource::Passages(passages) => passages.iter().for_each(|text| self.text(text)),
            _ => self.pictures += 1,
        }
    }

    fn content(&mut self, content: &Content) {
        match content {
            Content::Text(text) => self.text(&text.text),
            Content::Citations(cited) => self.text(&cited.text),
            Content::Reasoning(reasoning) => self.text(&reasoning.text),
            Content::ToolUse(call) => self.json(&call.input),
            Content::ToolResult(result) => result.content.iter().for_each(|part| self.part(part)),
            Content::Document(document) => self.document(&document.source),
            Content::Guard(guard) => self.guard(&guard.content),
            Content::SearchResult(found) => found.passages.iter().for_each(|text| self.text(text)),
            Content::Image(_) | Content::Video(_) | Content::Audio(_) => self.pictures += 1,
            _ => {}
        }
    }

    fn part(&mut self, part: &ToolResultContent) {
        match part {
            ToolResultContent::Text(text) => self.text(&text.text),
            ToolResultContent::Json(json) => self.json(&json.value),
            ToolResultContent::Document(document) => self.document(&document.source),
            ToolResultContent::SearchResult(found) => found.passages.iter().for_each(|text| self.text(text)),
            _ => self.pictures += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::{Blob, Image, ImageFormat, Source, ToolResult, ToolSpec};
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_count_wherever_they_stand_and_bytes_of_pictures_do_not() {
        let text = "x".repeat(400);
        let base = Request::new("m").user(text.clone());
        assert_eq!(of_request(&base), 100);
        let image = Image { format: ImageFormat::Png, source: Source::Bytes(Blob::new(vec![0; 1_000_000])) };
        let cases = [
            (base.clone().system(text.clone()), 200),
            (base.clone().max_tokens(50), 150),
            (base.clone().user(vec![Content::Image(image)]), 1700),
            (base.clone().user(vec![Content::ToolResult(ToolResult::text("c", text.clone()))]), 200),
        ];
        for (request, expected) in cases {
            assert_eq!(of_request(&request), expected);
        }
        let spec = ToolSpec::new("look", text.clone(), json!({}));
        assert!(of_request(&base.tool(spec)) > 200);
        assert_eq!(of_texts(&EmbedRequest::new("m", vec![text.clone(), text])), 200);
    }

    #[test]
    fn what_came_from_a_cache_does_not_count() {
        let usage = Usage {
            input_tokens: 1,
            output_tokens: 10,
            cache_read_tokens: 100,
            cache_write_5m_tokens: 1000,
            ..Usage::default()
        };
        assert_eq!(used(&usage), 1011);
    }
}
