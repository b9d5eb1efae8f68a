//! What a message is made of.
//!
//! Every kind serialises as an object with a `type` field; field names are stable.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Blob, ModelId};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Role {
    /// The person, or the program that runs tools for the model.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub content: Vec<Content>,
    /// The model that wrote an assistant turn, where known. Reasoning signatures are replayed only to the family of
    /// models that signed them; without this, they count as signed by the model that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
}

impl Message {
    /// A user turn.
    pub fn user(content: impl IntoContent) -> Self {
        Self { role: Role::User, content: content.into_content(), model: None }
    }

    /// An assistant turn.
    pub fn assistant(content: impl IntoContent) -> Self {
        Self { role: Role::Assistant, content: content.into_content(), model: None }
    }
}

/// Something that can stand as the content of a message: a text, one block, or a list of blocks.
pub trait IntoContent {
    /// The blocks.
    fn into_content(self) -> Vec<Content>;
}

impl IntoContent for Vec<Content> {
    fn into_content(self) -> Vec<Content> {
        self
    }
}

impl IntoContent for Content {
    fn into_content(self) -> Vec<Content> {
        vec![self]
    }
}

impl IntoContent for &str {
    fn into_content(self) -> Vec<Content> {
        vec![Content::text(self)]
    }
}

impl IntoContent for String {
    fn into_content(self) -> Vec<Content> {
        vec![Content::text(self)]
    }
}

/// One block of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text(Text),
    /// A picture.
    Image(Image),
    /// A document to read.
    Document(Document),
    /// A film.
    Video(Video),
    /// A sound.
    Audio(Audio),
    /// The model asks for a tool to be run.
    ToolUse(ToolUse),
    /// What the tool answered.
    ToolResult(ToolResult),
    /// What the model thought before it answered.
    Reasoning(Reasoning),
    /// Everything before this block may be cached.
    CachePoint(CachePoint),
    /// Content that a guardrail shall look at.
    Guard(Guard),
    /// Text with the passages it rests on.
    Citations(Citations),
    /// A search result that the model may cite.
    SearchResult(SearchResult),
}

impl Content {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text { text: text.into() })
    }

    /// The text of a text block, or of one with citations.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.text),
            Self::Citations(citations) => Some(&citations.text),
            _ => None,
        }
    }
}

/// Plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// Where the bytes of an image, video or sound are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Source {
    /// Here.
    Bytes(Blob),
    /// In Amazon S3.
    S3(S3Location),
}

/// An object in Amazon S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Location {
    /// `s3://bucket/key`.
    pub uri: String,
    /// The twelve-digit account id of the bucket's owner, needed if it is another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_owner: Option<String>,
}

macro_rules! formats {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $wire:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = concat!("`", $wire, "`")] #[serde(rename = $wire)] $variant,)+
        }

        impl $name {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The format's name, as Bedrock writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)+
                }
            }
        }
    };
}

formats! {
    /// File format of an image (Converse `ImageBlock.format`).
    ImageFormat { Png = "png", Jpeg = "jpeg", Gif = "gif", Webp = "webp" }
}
formats! {
    /// File format of a document (Converse `DocumentBlock.format`).
    DocumentFormat {
        Pdf = "pdf", Csv = "csv", Doc = "doc", Docx = "docx", Xls = "xls", Xlsx = "xlsx", Html = "html", Txt = "txt",
        Md = "md",
    }
}
formats! {
    /// File format of a video (Converse `VideoBlock.format`).
    VideoFormat {
        Mkv = "mkv", Mov = "mov", Mp4 = "mp4", Webm = "webm", Flv = "flv", Mpeg = "mpeg", Mpg = "mpg", Wmv = "wmv",
        ThreeGp = "three_gp",
    }
}
formats! {
    /// File format of a sound (Converse `AudioBlock.format`).
    AudioFormat {
        Mp3 = "mp3", Opus = "opus", Wav = "wav", Aac = "aac", Flac = "flac", Mp4 = "mp4", Ogg = "ogg", Mkv = "mkv",
        Mka = "mka", XAac = "x-aac", M4a = "m4a", Mpeg = "mpeg", Mpga = "mpga", Pcm = "pcm", Webm = "webm",
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its file format.
    pub format: ImageFormat,
    /// Its bytes.
    pub source: Source,
}

/// A film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// Its file format.
    pub format: VideoFormat,
    /// Its bytes.
    pub source: Source,
}

/// A sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// Its file format.
    pub format: AudioFormat,
    /// Its bytes.
    pub source: Source,
}

/// A document to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its file format.
    pub format: DocumentFormat,
    /// Its name. Models see it, so a neutral one is best; without one, or with one the service refuses, it is named by
    /// its place in the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its content.
    pub source: DocumentSource,
    /// What the model shall know about the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Whether the model may cite passages of it.
    #[serde(default)]
    pub citations: bool,
}

impl Document {
    /// A document without a name or context, and not to be cited.
    pub const fn new(format: DocumentFormat, source: DocumentSource) -> Self {
        Self { format, name: None, source, context: None, citations: false }
    }
}

/// Where a document's content is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DocumentSource {
    /// Here, as a file's bytes.
    Bytes(Blob),
    /// In Amazon S3.
    S3(S3Location),
    /// Here, as text.
    Text(String),
    /// Here, as passages; a citation names the passage.
    Passages(Vec<String>),
}

/// The model asks for a tool to be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    /// Names this call; the result repeats it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments: an object, unless the model wrote something else.
    pub input: Value,
    /// The arguments as they came, if they are no valid JSON, or empty if they may have been cut off before the first
    /// byte: the call is broken and must not be run. `input` is then an empty object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed_input: Option<String>,
    /// Whether the service runs the tool itself, and answers the call in the same turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_service: bool,
}

impl ToolUse {
    /// A call of a tool that the caller runs.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: Value) -> Self {
        Self { id: id.into(), name: name.into(), input, malformed_input: None, by_service: false }
    }
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The `id` of the call that this answers.
    pub tool_use_id: String,
    /// The answer.
    pub content: Vec<ToolResultContent>,
    /// Whether the tool failed.
    #[serde(default)]
    pub is_error: bool,
    /// What kind of result it is, as the service wrote it, if the service ran the tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl ToolResult {
    /// A successful answer in text.
    pub fn text(tool_use_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            tool_use_id: tool_use_id.into(),
            content: vec![ToolResultContent::Text(Text { text: text.into() })],
            is_error: false,
            kind: None,
        }
    }
}

/// One part of a tool's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ToolResultContent {
    /// Text.
    Text(Text),
    /// A JSON value.
    Json(Json),
    /// A picture.
    Image(Image),
    /// A document.
    Document(Document),
    /// A film.
    Video(Video),
    /// A search result.
    SearchResult(SearchResult),
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Json {
    /// The value.
    pub value: Value,
}

/// What a model thought. To go on with a conversation it is sent back exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reasoning {
    /// The thoughts, or a summary; empty if the model keeps them to itself.
    #[serde(default)]
    pub text: String,
    /// Proves to the model that the text is its own: never touched, not even its white space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Encrypted thoughts, in place of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Blob>,
}

/// How long a cached prefix lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CacheTtl {
    /// Five minutes after its last use.
    #[default]
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour after its last use.
    #[serde(rename = "1h")]
    OneHour,
}

/// Everything before this may be cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CachePoint {
    /// How long.
    #[serde(default)]
    pub ttl: CacheTtl,
}

/// Content that a guardrail shall look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// The content.
    pub content: GuardContent,
    /// What it is to the guardrail: `grounding_source`, `query` or `guard_content`; for text only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
}

/// The content of a [`Guard`] block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum GuardContent {
    /// Text.
    Text(String),
    /// A picture (png or jpeg), here.
    Image(Image),
}

/// Text with the passages it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Citations {
    /// The text.
    pub text: String,
    /// The passages.
    pub citations: Vec<Citation>,
}

/// A passage that the model cites.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    /// Title of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The source, as it was named in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The cited text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<String>,
    /// Where in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<CitationLocation>,
}

/// A place in a source. Ranges are half open and count from zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum CitationLocation {
    /// A web page.
    Web {
        /// Its address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Its domain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain: Option<String>,
    },
    /// Characters of a document.
    DocumentCharacters(SourceRange),
    /// Pages of a document.
    DocumentPages(SourceRange),
    /// Passages of a document.
    DocumentPassages(SourceRange),
    /// Parts of a search result.
    SearchResult(SourceRange),
}

/// A range within the n-th source of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceRange {
    /// Which document or search result of the request, from zero.
    pub index: Option<u32>,
    /// First unit.
    pub start: Option<u32>,
    /// One past the last unit.
    pub end: Option<u32>,
}

/// A search result that the model may cite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResult {
    /// Where it is from: an address or a name.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its text, in passages.
    pub passages: Vec<String>,
    /// Whether the model may cite it.
    #[serde(default)]
    pub citations: bool,
}
