//! From a normalised request to the body on the wire.
//!
//! Written here rather than by the SDK, for three reasons: the SDK keeps JSON objects in hash maps, so that the same
//! tool schema would come out in another order each time and no prompt cache would ever hit; it keeps temperatures as
//! `f32`, so that 0.7 would go out as 0.699999988079071; and it could not send members that it does not know yet.
//! Member names: service model `bedrock-runtime` 2023-09-30.

use outcrop_core::{
    Audio, CachePoint, CacheTtl, Citation, CitationLocation, Citations, Content, Document, DocumentSource,
    Error, ErrorKind, Guard, GuardContent, Image, Inference, Message, Reasoning, Result, Role, SearchResult,
    Source, SourceRange, SystemContent, Tool, ToolChoice, ToolResult, ToolResultContent, ToolSpec, ToolUse,
    Video,
};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::normalise::Normalised;

/// The body of a Converse or ConverseStream request.
pub(crate) fn converse_body(request: &Normalised, options: &Map<String, Value>) -> Result<Vec<u8>> {
    to_bytes(&Body { request, options, counting: false })
}

/// The body of a CountTokens request.
pub(crate) fn count_tokens_body(request: &Normalised, options: &Map<String, Value>) -> Result<Vec<u8>> {
    let body = Body { request, options, counting: true };
    to_bytes(&Only("input", Only("converse", body)))
}

fn to_bytes(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "the request cannot be written as JSON").with_source(error)
    })
}

/// What CountTokens takes of a request's options.
const COUNTED_OPTIONS: &[&str] = &["additionalModelRequestFields"];

struct Body<'a> {
    request: &'a Normalised,
    options: &'a Map<String, Value>,
    counting: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Normalised { system, messages, inference, tools, tool_choice, .. } = self.request;
        let mut map = serializer.serialize_map(None)?;
        if !tools.is_empty() {
            map.serialize_entry("toolConfig", &ToolConfig { tools, choice: tool_choice.as_ref() })?;
        }
        if !system.is_empty() {
            map.serialize_entry("system", &List(system, System))?;
        }
        if !messages.is_empty() {
            map.serialize_entry("messages", &List(messages, Turn))?;
        }
        if !self.counting && *inference != Inference::default() {
            map.serialize_entry("inferenceConfig", inference)?;
        }
        for (name, value) in self.options {
            if !self.counting || COUNTED_OPTIONS.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// A slice whose items are written through a wrapper.
struct List<'a, T, F>(&'a [T], F);

impl<'a, T, W: Serialize, F: Fn(&'a T) -> W> Serialize for List<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

/// An object with one member: how unions look on the wire.
struct Only<T>(&'static str, T);

impl<T: Serialize> Serialize for Only<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

fn only<S: Serializer>(serializer: S, name: &'static str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    Only(name, value).serialize(serializer)
}

struct Turn<'a>(&'a Message);

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", if self.0.role == Role::Assistant { "assistant" } else { "user" })?;
        map.serialize_entry("content", &List(&self.0.content, Block))?;
        map.end()
    }
}

struct System<'a>(&'a SystemContent);

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            SystemContent::Text(text) => only(serializer, "text", &text.text),
            SystemContent::CachePoint(point) => only(serializer, "cachePoint", &Cache(point)),
            SystemContent::Guard(guard) => only(serializer, "guardContent", &Guarded(guard)),
            _ => Err(unknown("system content")),
        }
    }
}

fn unknown<E: serde::ser::Error>(what: &str) -> E {
    E::custom(format_args!("this version cannot send this kind of {what}"))
}

struct Block<'a>(&'a Content);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Content::Text(text) => only(serializer, "text", &text.text),
            Content::Image(image) => only(serializer, "image", &Picture(image)),
            Content::Document(document) => only(serializer, "document", &File(document)),
            Content::Video(video) => only(serializer, "video", &Film(video)),
            Content::Audio(audio) => only(serializer, "audio", &Sound(audio)),
            Content::ToolUse(tool_use) => only(serializer, "toolUse", &Call(tool_use)),
            Content::ToolResult(result) => only(serializer, "toolResult", &Answer(result)),
            Content::Reasoning(reasoning) => only(serializer, "reasoningContent", &Thoughts(reasoning)),
            Content::CachePoint(point) => only(serializer, "cachePoint", &Cache(point)),
            Content::Guard(guard) => only(serializer, "guardContent", &Guarded(guard)),
            Content::Citations(citations) => only(serializer, "citationsContent", &Cited(citations)),
            Content::SearchResult(result) => only(serializer, "searchResult", &Found(result)),
            _ => Err(unknown("content")),
        }
    }
}

struct Bytes<'a>(&'a Source);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Source::Bytes(bytes) => only(serializer, "bytes", bytes),
            Source::S3(location) => only(serializer, "s3Location", location),
            _ => Err(unknown("source")),
        }
    }
}

fn media<S: Serializer>(serializer: S, format: &str, source: &Source) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("format", format)?;
    map.serialize_entry("source", &Bytes(source))?;
    map.end()
}

struct Picture<'a>(&'a Image);

impl Serialize for Picture<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        media(serializer, self.0.format.as_str(), &self.0.source)
    }
}

struct Film<'a>(&'a Video);

impl Serialize for Film<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        media(serializer, self.0.format.as_str(), &self.0.source)
    }
}

struct Sound<'a>(&'a Audio);

impl Serialize for Sound<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        media(serializer, self.0.format.as_str(), &self.0.source)
    }
}

struct File<'a>(&'a Document);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { format, name, source, context, citations } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", format)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("source", &FileSource(source))?;
        if let Some(context) = context {
            map.serialize_entry("context", context)?;
        }
        if *citations {
            map.serialize_entry("citations", &Only("enabled", true))?;
        }
        map.end()
    }
}

struct FileSource<'a>(&'a DocumentSource);

impl Serialize for FileSource<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            DocumentSource::Bytes(bytes) => only(serializer, "bytes", bytes),
            DocumentSource::S3(location) => only(serializer, "s3Location", location),
            DocumentSource::Text(text) => only(serializer, "text", text),
            DocumentSource::Passages(passages) => only(serializer, "content", &texts(passages)),
            _ => Err(unknown("document source")),
        }
    }
}

fn texts(texts: &[String]) -> impl Serialize {
    List(texts, |text| Only("text", text))
}

struct Call<'a>(&'a ToolUse);

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolUseId", &self.0.id)?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("input", &self.0.input)?;
        if self.0.by_service {
            map.serialize_entry("type", "server_tool_use")?;
        }
        map.end()
    }
}

struct Answer<'a>(&'a ToolResult);

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolUseId", &self.0.tool_use_id)?;
        map.serialize_entry("content", &List(&self.0.content, AnswerPart))?;
        if self.0.is_error {
            map.serialize_entry("status", "error")?;
        }
        if let Some(kind) = &self.0.kind {
            map.serialize_entry("type", kind)?;
        }
        map.end()
    }
}

struct AnswerPart<'a>(&'a ToolResultContent);

impl Serialize for AnswerPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ToolResultContent::Text(text) => only(serializer, "text", &text.text),
            ToolResultContent::Json(json) => only(serializer, "json", &json.value),
            ToolResultContent::Image(image) => only(serializer, "image", &Picture(image)),
            ToolResultContent::Document(document) => only(serializer, "document", &File(document)),
            ToolResultContent::Video(video) => only(serializer, "video", &Film(video)),
            ToolResultContent::SearchResult(result) => only(serializer, "searchResult", &Found(result)),
            _ => Err(unknown("tool result content")),
        }
    }
}

struct Thoughts<'a>(&'a Reasoning);

impl Serialize for Thoughts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Reasoning { redacted: Some(redacted), .. } => only(serializer, "redactedContent", redacted),
            reasoning => only(serializer, "reasoningText", &SignedText(reasoning)),
        }
    }
}

struct SignedText<'a>(&'a Reasoning);

impl Serialize for SignedText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.0.text)?;
        if let Some(signature) = &self.0.signature {
            map.serialize_entry("signature", signature)?;
        }
        map.end()
    }
}

struct Cache<'a>(&'a CachePoint);

impl Serialize for Cache<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "default")?;
        // Five minutes is the service's default; models that know no other refuse to be told.
        if self.0.ttl == CacheTtl::OneHour {
            map.serialize_entry("ttl", &self.0.ttl)?;
        }
        map.end()
    }
}

struct Guarded<'a>(&'a Guard);

impl Serialize for Guarded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.content {
            GuardContent::Text(text) => only(serializer, "text", &GuardedText(text, &self.0.qualifiers)),
            GuardContent::Image(image) => only(serializer, "image", &Picture(image)),
            _ => Err(unknown("guarded content")),
        }
    }
}

struct GuardedText<'a>(&'a str, &'a [String]);

impl Serialize for GuardedText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", self.0)?;
        if !self.1.is_empty() {
            map.serialize_entry("qualifiers", self.1)?;
        }
        map.end()
    }
}

struct Cited<'a>(&'a Citations);

impl Serialize for Cited<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("content", &[Only("text", &self.0.text)])?;
        map.serialize_entry("citations", &List(&self.0.citations, Passage))?;
        map.end()
    }
}

struct Found<'a>(&'a SearchResult);

impl Serialize for Found<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", &self.0.source)?;
        map.serialize_entry("title", &self.0.title)?;
        map.serialize_entry("content", &texts(&self.0.passages))?;
        if self.0.citations {
            map.serialize_entry("citations", &Only("enabled", true))?;
        }
        map.end()
    }
}

struct Passage<'a>(&'a Citation);

impl Serialize for Passage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Citation { title, source, passages, location } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(title) = title {
            map.serialize_entry("title", title)?;
        }
        if let Some(source) = source {
            map.serialize_entry("source", source)?;
        }
        if !passages.is_empty() {
            map.serialize_entry("sourceContent", &texts(passages))?;
        }
        if let Some(location) = location {
            map.serialize_entry("location", &Place(location))?;
        }
        map.end()
    }
}

struct Place<'a>(&'a CitationLocation);

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = "documentIndex";
        match self.0 {
            CitationLocation::Web { url, domain } => {
                let members = [("url", url), ("domain", domain)].into_iter();
                let said: Map<String, Value> = members
                    .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value.clone()?))))
                    .collect();
                only(serializer, "web", &said)
            }
            CitationLocation::DocumentCharacters(range) => {
                only(serializer, "documentChar", &Range(range, document))
            }
            CitationLocation::DocumentPages(range) => {
                only(serializer, "documentPage", &Range(range, document))
            }
            CitationLocation::DocumentPassages(range) => {
                only(serializer, "documentChunk", &Range(range, document))
            }
            CitationLocation::SearchResult(range) => {
                only(serializer, "searchResultLocation", &Range(range, "searchResultIndex"))
            }
            _ => Err(unknown("citation")),
        }
    }
}

struct Range<'a>(&'a SourceRange, &'static str);

impl Serialize for Range<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let SourceRange { index, start, end } = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in [(self.1, index), ("start", start), ("end", end)] {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

struct ToolConfig<'a> {
    tools: &'a [Tool],
    choice: Option<&'a ToolChoice>,
}

impl Serialize for ToolConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("tools", &List(self.tools, ToolEntry))?;
        let empty = Map::new();
        match self.choice {
            None | Some(ToolChoice::None) => {}
            Some(ToolChoice::Auto) => map.serialize_entry("toolChoice", &Only("auto", empty))?,
            Some(ToolChoice::Any) => map.serialize_entry("toolChoice", &Only("any", empty))?,
            Some(ToolChoice::Tool { name }) => {
                map.serialize_entry("toolChoice", &Only("tool", Only("name", name)))?;
            }
            Some(_) => return Err(unknown("tool choice")),
        }
        map.end()
    }
}

struct ToolEntry<'a>(&'a Tool);

impl Serialize for ToolEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Tool::Spec(spec) => only(serializer, "toolSpec", &Spec(spec)),
            Tool::System(tool) => only(serializer, "systemTool", tool),
            Tool::CachePoint(point) => only(serializer, "cachePoint", &Cache(point)),
            _ => Err(unknown("tool")),
        }
    }
}

struct Spec<'a>(&'a ToolSpec);

impl Serialize for Spec<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ToolSpec { name, description, input_schema, strict } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        // The service wants at least one character or none at all.
        if let Some(description) = description {
            map.serialize_entry("description", description)?;
        }
        map.serialize_entry("inputSchema", &Only("json", input_schema))?;
        if let Some(strict) = strict {
            map.serialize_entry("strict", strict)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
