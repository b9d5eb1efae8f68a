//! Scripted answers: content that is sent as the service sends it, or events exactly as they were written.

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::operation::Operation;

/// A scripted answer: either content or events.
///
/// ```
/// # fn main() -> Result<(), serde_json::Error> {
/// use outcrop_emulator::Reply;
///
/// let message: Reply = serde_json::from_str(r#"{ "content": [{ "text": "No." }], "metadataFirst": true }"#)?;
/// assert!(matches!(message, Reply::Message(_)));
///
/// let events: Reply = serde_json::from_str(
///     r#"{ "events": [
///         { "messageStart": { "role": "assistant" } },
///         { "contentBlockDelta": { "contentBlockIndex": 3, "delta": { "text": "Well" } } },
///         { "somethingNew": { "sinceTheModelWasWritten": true } },
///         { "throttlingException": { "message": "Too many tokens, please wait before trying again." } }
///     ], "padding": false }"#,
/// )?;
/// assert!(matches!(events, Reply::Events(_)));
///
/// let error = serde_json::from_str::<Reply>(r#"{ "content": [], "events": [] }"#).unwrap_err();
/// assert!(error.to_string().contains("`content` or `events`, not both"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ReplyForm", into = "ReplyForm")]
#[non_exhaustive]
pub enum Reply {
    /// What the model says. Converse and ConverseStream say it each in their own way.
    Message(Box<ReplyMessage>),
    /// The events of a ConverseStream. Rules with such a reply fit no other operation.
    Events(ReplyEvents),
}

impl Reply {
    /// Whether the reply can be given to a request of the operation.
    pub(super) const fn works_on(&self, operation: Operation) -> bool {
        match self {
            Self::Message(_) => matches!(operation, Operation::Converse | Operation::ConverseStream),
            Self::Events(_) => matches!(operation, Operation::ConverseStream),
        }
    }

    /// What the model says, if that is scripted.
    pub(crate) fn message(&self) -> Option<&ReplyMessage> {
        match self {
            Self::Message(message) => Some(message),
            Self::Events(_) => None,
        }
    }
}

/// What the model says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplyMessage {
    /// The blocks, in order.
    pub content: Vec<ReplyBlock>,
    /// The stop reason; `tool_use` when there is a call of a tool of the client's, `end_turn` otherwise.
    pub stop_reason: Option<String>,
    /// The whole `usage` object, instead of the counted one.
    pub usage: Option<Value>,
    /// The `additionalModelResponseFields`, whatever the request asks for.
    pub additional_model_response_fields: Option<Value>,
    /// The `trace`: a guardrail's, a prompt router's.
    pub trace: Option<Value>,
    /// The stream's `metadata` comes before its `messageStop`.
    pub metadata_first: bool,
}

/// Events exactly as they were written, in this order, each in a frame of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyEvents {
    /// The events.
    pub events: Vec<RawEvent>,
    /// Whether they get the padding field `p` that the service adds to every event (never to an exception).
    pub padding: bool,
}

/// An event: an object with one member, whose name is the frame's type. A name that ends in `Exception` makes it an
/// exception frame.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEvent {
    /// `messageStart`, `contentBlockDelta`, a name that nobody knows.
    pub name: String,
    /// What is inside.
    pub payload: Value,
}

impl RawEvent {
    /// Whether the event ends the stream with an error.
    pub(crate) fn is_exception(&self) -> bool {
        self.name.ends_with("Exception")
    }
}

impl Serialize for RawEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_entry(&self.name, &self.payload)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for RawEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        let count = members.len();
        match (members.into_iter().next(), count) {
            (Some((name, payload)), 1) => Ok(Self { name, payload }),
            _ => Err(D::Error::custom(format_args!(
                "an event is an object with one member, the event's name, and this one has {count}"
            ))),
        }
    }
}

/// One block of a [`ReplyMessage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum ReplyBlock {
    /// Text.
    Text(String),
    /// Text with its sources.
    Citations {
        /// The text.
        text: String,
        /// The sources, as in the service model's `Citation`: `title`, `source`, `sourceContent`, `location`.
        citations: Vec<Value>,
    },
    /// Reasoning; signed as the model does it.
    Reasoning(String),
    /// Reasoning with a signature of its own, for models that sign. The model takes it back as it is, and not otherwise.
    SignedReasoning {
        /// The text; a model that keeps its thoughts to itself gives none.
        text: String,
        /// The signature.
        signature: String,
    },
    /// Reasoning that only the service can read: base64.
    RedactedReasoning(String),
    /// An image that the model made.
    Image {
        /// `png`, `jpeg`, `gif` or `webp`.
        format: String,
        /// Base64.
        bytes: String,
    },
    /// A tool call.
    ToolUse {
        /// Name of the tool.
        name: String,
        /// Arguments. A string is sent as it is, so that broken JSON can be sent too.
        input: Value,
        /// The id of the call, instead of one that depends on the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool_use_id: Option<String>,
        /// `server_tool_use` for a tool that the service itself runs.
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// What a tool that the service runs answered.
    ToolResult {
        /// `text` and `json` blocks.
        content: Vec<Value>,
        /// The id of the call; that of the last call before it when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool_use_id: Option<String>,
        /// `success` or `error`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<String>,
        /// What kind of result it is.
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
}

/// A reply as it is written.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplyForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Vec<ReplyBlock>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    additional_model_response_fields: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata_first: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<RawEvent>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    padding: Option<bool>,
}

/// Why a form is no reply.
#[derive(Debug)]
enum NoReply {
    Both,
    Neither,
    WithEvents(&'static str),
    PaddingWithContent,
}

impl fmt::Display for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Both => f.write_str("a reply has `content` or `events`, not both"),
            Self::Neither => {
                f.write_str("a reply needs `content` (what the model says) or `events` (the raw stream)")
            }
            Self::WithEvents(field) => {
                write!(f, "a reply of `events` takes no `{field}`: write it into the events")
            }
            Self::PaddingWithContent => f.write_str(
                "`padding` goes with `events`; an answer of `content` is padded as the service does it",
            ),
        }
    }
}

impl TryFrom<ReplyForm> for Reply {
    type Error = NoReply;

    fn try_from(form: ReplyForm) -> Result<Self, NoReply> {
        let ReplyForm {
            content,
            stop_reason,
            usage,
            additional_model_response_fields,
            trace,
            metadata_first,
            events,
            padding,
        } = form;
        let Some(events) = events else {
            if padding.is_some() {
                return Err(NoReply::PaddingWithContent);
            }
            return Ok(Self::Message(Box::new(ReplyMessage {
                content: content.ok_or(NoReply::Neither)?,
                stop_reason,
                usage,
                additional_model_response_fields,
                trace,
                metadata_first: metadata_first.unwrap_or_default(),
            })));
        };
        let others = [
            ("stopReason", stop_reason.is_some()),
            ("usage", usage.is_some()),
            ("additionalModelResponseFields", additional_model_response_fields.is_some()),
            ("trace", trace.is_some()),
            ("metadataFirst", metadata_first.is_some()),
        ];
        if content.is_some() {
            return Err(NoReply::Both);
        }
        match others.into_iter().find(|(_, is_there)| *is_there) {
            Some((field, _)) => Err(NoReply::WithEvents(field)),
            None => Ok(Self::Events(ReplyEvents { events, padding: padding.unwrap_or(true) })),
        }
    }
}

impl From<Reply> for ReplyForm {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Message(message) => Self {
                content: Some(message.content),
                stop_reason: message.stop_reason,
                usage: message.usage,
                additional_model_response_fields: message.additional_model_response_fields,
                trace: message.trace,
                metadata_first: message.metadata_first.then_some(true),
                ..Self::default()
            },
            Reply::Events(ReplyEvents { events, padding }) => {
                Self { events: Some(events), padding: (!padding).then_some(false), ..Self::default() }
            }
        }
    }
}
