//! The events of an answer, and their grammar: `Start (Open Delta* Close)* End`.
//!
//! Blocks are keyed by index, which may be sparse, and may interleave: the grammar holds per block. An error is the
//! stream's last item; an answer without [`Event::End`] was interrupted. [`crate::Laws`] checks all of it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Blob, Citation, ImageFormat, ModelId, ProviderId, Usage, Warning};

/// One step of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// The service accepted the request.
    Start(Start),
    /// A block begins.
    Open {
        /// The block's index.
        index: u32,
        /// Its kind.
        block: Block,
    },
    /// A block grows.
    Delta {
        /// The block's index.
        index: u32,
        /// By what.
        delta: Delta,
    },
    /// A block is complete.
    Close {
        /// The block's index.
        index: u32,
    },
    /// The provider's own event, if the request asked for them. May stand anywhere after `Start`.
    Raw {
        /// The event as the provider wrote it.
        value: Value,
    },
    /// The answer is complete.
    End(Box<End>),
}

/// What is known when the answer begins.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The model that was called, which may not be the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// What was adjusted, repaired or dropped to make the request acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The service's id of this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Who was asked in the place of the model that the request named, if somebody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
}

/// A model that was asked in the place of the one that a request named, since that one could not answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instead {
    /// Its provider.
    pub provider: ProviderId,
    /// The id that it was asked by, which may not be the one that was called.
    pub model: ModelId,
}

/// The kind of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Block {
    /// Text, perhaps with citations.
    Text,
    /// Reasoning: text and signature, or redacted bytes.
    Reasoning,
    /// A tool call.
    ToolUse {
        /// Names the call.
        id: String,
        /// The tool.
        name: String,
        /// Whether the service runs the tool itself.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_service: bool,
    },
    /// The result of a tool that the service ran.
    ToolResult {
        /// The call it answers.
        tool_use_id: String,
        /// Whether the tool failed.
        is_error: bool,
        /// What kind of result it is, as the service wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// A picture.
    Image {
        /// Its file format.
        format: ImageFormat,
    },
}

/// A piece of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Delta {
    /// Text, of a text or tool result block.
    Text {
        /// The piece.
        text: String,
    },
    /// A passage that the text of this block rests on.
    Citation {
        /// The passage.
        citation: Citation,
    },
    /// Text of a reasoning block.
    Reasoning {
        /// The piece.
        text: String,
    },
    /// A piece of a reasoning block's signature.
    Signature {
        /// The piece.
        signature: String,
    },
    /// A piece of a reasoning block's encrypted content.
    Redacted {
        /// The piece.
        data: Blob,
    },
    /// A piece of a tool call's arguments, as JSON text.
    ToolInput {
        /// The piece.
        json: String,
    },
    /// A JSON value in a tool result block.
    Json {
        /// The value.
        value: Value,
    },
    /// Bytes of an image block.
    Image {
        /// The piece.
        data: Blob,
    },
}

impl Block {
    /// A call of a tool that the caller runs.
    pub fn tool_use(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::ToolUse { id: id.into(), name: name.into(), by_service: false }
    }
}

impl Delta {
    /// Whether a block of that kind can grow by this.
    pub const fn belongs_to(&self, block: &Block) -> bool {
        matches!(
            (self, block),
            (Self::Text { .. } | Self::Citation { .. }, Block::Text)
                | (Self::Reasoning { .. } | Self::Signature { .. } | Self::Redacted { .. }, Block::Reasoning)
                | (Self::ToolInput { .. }, Block::ToolUse { .. })
                | (Self::Text { .. } | Self::Json { .. }, Block::ToolResult { .. })
                | (Self::Image { .. }, Block::Image { .. })
        )
    }
}

/// What is known when the answer is complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// Why the model stopped.
    pub stop_reason: StopReason,
    /// The tokens used; absent, not zero, if the service did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The service's id of this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How long the service says that it took; milliseconds in JSON.
    #[serde(
        default,
        rename = "latencyMs",
        with = "crate::milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub latency: Option<Duration>,
    /// What else the provider said about the answer, in its own words: trace, performance configuration, additional
    /// response fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

impl End {
    /// An end of which no more is known.
    pub const fn new(stop_reason: StopReason) -> Self {
        Self { stop_reason, usage: None, request_id: None, latency: None, metadata: None }
    }

    /// The same with the tokens used, or without them if the service did not say.
    pub const fn with_usage(mut self, usage: Option<Usage>) -> Self {
        self.usage = usage;
        self
    }
}

macro_rules! stop_reasons {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal),+ $(,)?) => {
        /// Why a model stopped. Serialises as the text given with each variant.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum StopReason {
            $($(#[$doc])* #[doc = concat!("\n\n`", $wire, "`")] $variant,)+
            /// A reason that this version does not know, as the provider wrote it.
            Other(String),
        }

        impl StopReason {
            /// The reason's name.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for StopReason {
            fn from(name: &str) -> Self {
                match name {
                    $($wire => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

stop_reasons! {
    /// The model was done.
    EndTurn = "end_turn",
    /// The model waits for the results of its tool calls.
    ToolUse = "tool_use",
    /// The limit of answer tokens was reached: a success, cut short.
    MaxTokens = "max_tokens",
    /// A stop sequence came.
    StopSequence = "stop_sequence",
    /// A guardrail blocked or changed the answer.
    GuardrailIntervened = "guardrail_intervened",
    /// The provider's own filter blocked the answer.
    ContentFiltered = "content_filtered",
    /// The model refused.
    Refusal = "refusal",
    /// Prompt and answer together filled the context window.
    ContextWindowExceeded = "model_context_window_exceeded",
    /// The model wrote something that is no valid answer.
    MalformedOutput = "malformed_model_output",
    /// The model wrote a tool call that is none.
    MalformedToolUse = "malformed_tool_use",
    /// The answer never ended: only in what a [`crate::Collector`] kept of a broken stream.
    Interrupted = "interrupted",
}

impl StopReason {
    /// Whether content was withheld: [`crate::ErrorKind::Filtered`].
    pub const fn is_filtered(&self) -> bool {
        matches!(self, Self::GuardrailIntervened | Self::ContentFiltered | Self::Refusal)
    }

    /// Whether a tool call may be cut short or broken under this reason.
    pub const fn may_break_tool_input(&self) -> bool {
        !matches!(self, Self::EndTurn | Self::ToolUse | Self::StopSequence)
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for StopReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StopReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|name| Self::from(&*name))
    }
}
