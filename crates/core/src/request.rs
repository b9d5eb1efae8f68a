//! What is asked of a model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CachePoint, CacheTtl, Error, ErrorKind, Guard, IntoContent, Message, ModelId, ProviderId, Result, Text,
};

/// A request to a model, neutral of its provider.
///
/// A setting that a model cannot take is a typed error or a [`crate::Warning`], never silently lost. What has no
/// field here goes, in this order, to [`Request::options`] (JSON, by provider) or [`Request::extensions`] (typed, in
/// process, for layers).
///
/// ```
/// use outcrop_core::Request;
/// let request = Request::new("eu.anthropic.claude-sonnet-4-6").system("Be brief.").user("Why is the sky blue?");
/// assert_eq!(request.messages.len(), 1);
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Request {
    /// The model to ask.
    pub model: ModelId,
    /// What stands before the conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<SystemContent>,
    /// The conversation, oldest turn first.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Limits and sampling.
    #[serde(default)]
    pub inference: Inference,
    /// The tools that the model may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Which of them it may or must use; `None` leaves it to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// How hard the model shall think before it answers; `None` leaves it to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    /// What the answer shall look like; `None` for plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputSchema>,
    /// Whether the provider puts cache points where they pay; `None` leaves it to the provider's settings. Cache points
    /// in the request itself stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caching: Option<Caching>,
    /// Settings that only one provider knows, by provider id. Entries of other providers are ignored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<ProviderId, Value>,
    /// Whether the stream shall carry the provider's own events as [`crate::Event::Raw`] too.
    #[serde(default)]
    pub raw: bool,
    /// Typed values for layers and providers of the same process; never sent anywhere.
    #[serde(skip)]
    pub extensions: http::Extensions,
}

impl Request {
    /// An empty conversation with a model.
    pub fn new(model: impl Into<ModelId>) -> Self {
        Self {
            model: model.into(),
            system: Vec::new(),
            messages: Vec::new(),
            inference: Inference::default(),
            tools: Vec::new(),
            tool_choice: None,
            thinking: None,
            output: None,
            caching: None,
            options: BTreeMap::new(),
            raw: false,
            extensions: http::Extensions::new(),
        }
    }

    /// Adds a system text.
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.system.push(SystemContent::Text(Text { text: text.into() }));
        self
    }

    /// Adds a user turn.
    pub fn user(mut self, content: impl IntoContent) -> Self {
        self.messages.push(Message::user(content));
        self
    }

    /// Adds an assistant turn.
    pub fn assistant(mut self, content: impl IntoContent) -> Self {
        self.messages.push(Message::assistant(content));
        self
    }

    /// Adds a tool.
    pub fn tool(mut self, tool: ToolSpec) -> Self {
        self.tools.push(Tool::Spec(tool));
        self
    }

    /// Sets how hard the model shall think.
    pub fn thinking(mut self, level: ThinkingLevel) -> Self {
        self.thinking = Some(Thinking::at(level));
        self
    }

    /// Asks for an answer that is JSON and follows a schema.
    pub fn output(mut self, schema: OutputSchema) -> Self {
        self.output = Some(schema);
        self
    }

    /// Sets the limit of answer tokens.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.inference.max_tokens = Some(tokens);
        self
    }
}

/// A part of the system prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum SystemContent {
    /// Text.
    Text(Text),
    /// Everything before this may be cached.
    CachePoint(CachePoint),
    /// Content that a guardrail shall look at.
    Guard(Guard),
}

/// Limits and sampling. What is `None` is not sent: the model's own default holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inference {
    /// The most tokens the answer may have, reasoning included; at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Randomness; Bedrock takes 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Share of the probability mass to sample from, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts at which the answer stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<String>,
}

macro_rules! thinking_levels {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal),+ $(,)?) => {
        /// How hard a model shall think, whatever its maker calls that.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ThinkingLevel {
            $($(#[$doc])* #[doc = concat!("`", $wire, "`")] #[serde(rename = $wire)] $variant,)+
        }

        impl ThinkingLevel {
            /// Every level, the lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The level's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }
        }
    };
}

thinking_levels! {
    Off = "off", Minimal = "minimal", Low = "low", Medium = "medium", High = "high", XHigh = "xhigh", Max = "max",
}

impl std::fmt::Display for ThinkingLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ThinkingLevel {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|level| level.as_str() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|level| level.as_str()).collect();
            let message = format!("`{name}` is no level of thinking: use one of `{}`", known.join("`, `"));
            Error::new(ErrorKind::InvalidRequest, message)
        })
    }
}

/// How hard a model shall think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Thinking {
    /// How hard.
    pub level: ThinkingLevel,
    /// The most tokens that the thoughts may have, in place of what the level stands for; only for models that are told
    /// a number. At least 1024 for Claude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_tokens: Option<u32>,
    /// Whether the model keeps its thoughts to itself: then only their signature comes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

impl Thinking {
    /// A level, with everything else as usual.
    pub const fn at(level: ThinkingLevel) -> Self {
        Self { level, budget_tokens: None, hidden: false }
    }
}

/// The JSON that an answer shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OutputSchema {
    /// What the answer is called, for the model to read; letters, digits, `_` and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the answer is for, for the model to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON schema of the answer, an object.
    pub schema: Value,
}

impl OutputSchema {
    /// A schema without name and description.
    pub const fn new(schema: Value) -> Self {
        Self { name: None, description: None, schema }
    }
}

/// Whether a provider puts cache points where they pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Caching {
    /// It does not.
    Off,
    /// At the end of the tools, of the system prompt, and of the last two user turns, as far as the model takes them.
    Auto {
        /// How long the prefixes live.
        #[serde(default)]
        ttl: CacheTtl,
    },
}

/// Something that a model may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Tool {
    /// A tool that the caller runs.
    Spec(ToolSpec),
    /// A tool that the service runs.
    System(SystemTool),
    /// Everything before this may be cached.
    CachePoint(CachePoint),
}

/// A tool that the caller runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON schema of its arguments, an object.
    pub input_schema: Value,
    /// Whether the arguments must follow the schema to the letter, where the model can promise that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl ToolSpec {
    /// A tool with a description.
    pub fn new(name: impl Into<String>, description: impl Into<String>, input_schema: Value) -> Self {
        Self { name: name.into(), description: Some(description.into()), input_schema, strict: None }
    }
}

/// A tool that the service runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemTool {
    /// Its name, as the service knows it.
    pub name: String,
}

/// Which tools a model may or must use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// At least one tool.
    Any,
    /// No tool, whatever the conversation holds.
    None,
    /// This tool.
    Tool {
        /// Its name.
        name: String,
    },
}

/// Texts to turn into vectors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmbedRequest {
    /// The embedding model.
    pub model: ModelId,
    /// The texts; none of them blank.
    pub texts: Vec<String>,
    /// Length of the vectors; the model's default if `None`. What the model does not offer is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// What the vectors are for. Some models give a text other vectors for other purposes, and need
    /// [`EmbedPurpose::Document`] if this is `None`; to all others it makes no difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<EmbedPurpose>,
    /// Settings that only one provider knows, by provider id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<ProviderId, Value>,
}

impl EmbedRequest {
    /// A request for one vector a text.
    pub fn new(model: impl Into<ModelId>, texts: Vec<String>) -> Self {
        Self { model: model.into(), texts, dimensions: None, purpose: None, options: BTreeMap::new() }
    }

    /// Sets the length of the vectors.
    pub const fn dimensions(mut self, dimensions: u32) -> Self {
        self.dimensions = Some(dimensions);
        self
    }

    /// Sets what the vectors are for.
    pub const fn purpose(mut self, purpose: EmbedPurpose) -> Self {
        self.purpose = Some(purpose);
        self
    }
}

/// What an embedding is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum EmbedPurpose {
    /// To search with.
    Query,
    /// To be found.
    Document,
    /// To tell what class a text belongs to.
    Classification,
    /// To group texts that are alike.
    Clustering,
}
