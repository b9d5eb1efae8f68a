//! How many tokens something has, roughly: enough to tell whether a prefix is worth a cache point.
//!
//! A token is taken for four bytes of text, which is about right for English prose and too few for code and most other
//! languages. What is not text counts by a guess that is rather too high: a point that was not worth it costs nothing,
//! since the service ignores it. The same content always counts the same, so that a point does not come and go.

use std::io;

use outcrop_core::{
    Content, Document, DocumentFormat, DocumentSource, Guard, GuardContent, Message, SearchResult,
    SystemContent, Tool, ToolResultContent,
};
use serde_json::Value;

const BYTES_PER_TOKEN: usize = 4;
/// What a turn has beside its content.
const MESSAGE: u64 = 4;
/// Anthropic's "Vision" guide: width × height / 750, at most about 1600.
const IMAGE: u64 = 1_600;
/// A few pages.
const DOCUMENT: u64 = 4_096;
/// Bytes of a document that is no text, such as a PDF, for each token of it.
const DOCUMENT_BYTES_PER_TOKEN: usize = 16;
/// Half a minute.
const VIDEO: u64 = 8_192;
const AUDIO: u64 = 1_024;

/// The tokens of a tool's description.
pub(super) fn tool(tool: &Tool) -> u64 {
    match tool {
        Tool::Spec(spec) => {
            text(&spec.name) + spec.description.as_deref().map_or(0, text) + json(&spec.input_schema)
        }
        _ => 0,
    }
}

/// The tokens of a part of the system prompt.
pub(super) fn system(content: &SystemContent) -> u64 {
    match content {
        SystemContent::Text(said) => text(&said.text),
        SystemContent::Guard(guarded) => guard(guarded),
        _ => 0,
    }
}

/// The tokens of a whole turn.
pub(super) fn message(message: &Message) -> u64 {
    blocks(&message.content)
}

/// The tokens of the first blocks of a turn.
pub(super) fn blocks<'a>(blocks: impl IntoIterator<Item = &'a Content>) -> u64 {
    MESSAGE + blocks.into_iter().map(block).sum::<u64>()
}

fn block(content: &Content) -> u64 {
    match content {
        Content::Text(said) => text(&said.text),
        Content::Image(_) => IMAGE,
        Content::Document(given) => document(given),
        Content::Video(_) => VIDEO,
        Content::Audio(_) => AUDIO,
        Content::ToolUse(call) => text(&call.name) + json(&call.input),
        Content::ToolResult(result) => result.content.iter().map(answer).sum(),
        Content::Reasoning(reasoning) => {
            text(&reasoning.text)
                + reasoning.redacted.as_ref().map_or(0, |redacted| tokens(redacted.as_bytes().len()))
        }
        Content::Guard(guarded) => guard(guarded),
        Content::Citations(cited) => text(&cited.text),
        Content::SearchResult(result) => found(result),
        _ => 0,
    }
}

fn answer(content: &ToolResultContent) -> u64 {
    match content {
        ToolResultContent::Text(said) => text(&said.text),
        ToolResultContent::Json(value) => json(&value.value),
        ToolResultContent::Image(_) => IMAGE,
        ToolResultContent::Document(given) => document(given),
        ToolResultContent::Video(_) => VIDEO,
        ToolResultContent::SearchResult(result) => found(result),
        _ => 0,
    }
}

fn document(document: &Document) -> u64 {
    use DocumentFormat::{Csv, Html, Md, Txt};
    match &document.source {
        DocumentSource::Text(said) => text(said),
        DocumentSource::Passages(passages) => passages.iter().map(|said| text(said)).sum(),
        DocumentSource::Bytes(bytes) if matches!(document.format, Csv | Html | Md | Txt) => {
            tokens(bytes.as_bytes().len())
        }
        DocumentSource::Bytes(bytes) => count(bytes.as_bytes().len() / DOCUMENT_BYTES_PER_TOKEN),
        _ => DOCUMENT,
    }
}

fn found(result: &SearchResult) -> u64 {
    text(&result.source) + text(&result.title) + result.passages.iter().map(|said| text(said)).sum::<u64>()
}

fn guard(guard: &Guard) -> u64 {
    match &guard.content {
        GuardContent::Text(said) => text(said),
        _ => IMAGE,
    }
}

fn text(text: &str) -> u64 {
    tokens(text.len())
}

fn tokens(bytes: usize) -> u64 {
    count(bytes.div_ceil(BYTES_PER_TOKEN))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// By the length of its text, which is not kept.
fn json(value: &Value) -> u64 {
    struct Length(usize);

    impl io::Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut length = Length(0);
    // Nothing can fail: a JSON value is JSON, and counting always works.
    match serde_json::to_writer(&mut length, value) {
        Ok(()) => tokens(length.0),
        Err(_) => 0,
    }
}
