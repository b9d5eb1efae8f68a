//! Scenarios: which requests go wrong, and how.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;

/// Rules for requests that shall not get the ordinary answer; the first rule that fits a request acts on it.
///
/// Rules are looked at after the signature was checked, so that a wrong key is always a wrong key. What a rule cannot
/// act on (an exception frame needs a stream) does not fit and is not used up.
///
/// ```
/// # fn main() -> Result<(), serde_json::Error> {
/// use outcrop_emulator::Scenario;
///
/// let scenario: Scenario = serde_json::from_str(
///     r#"{ "rules": [
///         { "match": { "operation": "ConverseStream" }, "times": 2, "fault": { "type": "throttle", "retryAfter": 1 } },
///         { "match": { "model": "us.amazon.nova-lite-v1:0", "nth": 3 },
///           "fault": { "type": "exception", "exception": "modelStreamErrorException", "after": 2 } },
///         { "match": "next", "fault": { "type": "reset", "after": 1 } },
///         { "match": {}, "reply": { "content": [{ "text": "No." }], "stopReason": "guardrail_intervened" } }
///     ] }"#,
/// )?;
/// assert_eq!(scenario.rules.len(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// The rules, strongest first.
    pub rules: Vec<Rule>,
}

/// One rule of a [`Scenario`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Which requests.
    #[serde(rename = "match", default)]
    pub matches: Match,
    /// On how many matching requests the rule acts before it is used up; without limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What goes wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What the model says instead of its ordinary answer. Works together with a fault of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

impl Rule {
    /// Whether the rule is about such requests, and can act on them.
    pub(crate) fn fits(&self, operation: Operation, model_id: &str, region: &str) -> bool {
        let matches = &self.matches;
        matches.operation.is_none_or(|it| it == operation)
            && matches.region.as_deref().is_none_or(|it| it == region)
            && matches.model.as_deref().is_none_or(|it| it == model_id)
            && self.fault.as_ref().is_none_or(|fault| fault.works_on(operation))
            && (self.reply.is_none() || matches!(operation, Operation::Converse | Operation::ConverseStream))
    }
}

/// Which requests a [`Rule`] acts on. Everything that is given must hold; an empty match fits every request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "MatchForm", into = "MatchForm")]
pub struct Match {
    /// The operation.
    pub operation: Option<Operation>,
    /// The model id exactly as it was invoked, after percent-decoding.
    pub model: Option<String>,
    /// The region that the request was signed for, or the emulator's own.
    pub region: Option<String>,
    /// Only the n-th request, counted from 1, among those that fit and that no earlier rule took.
    pub nth: Option<u32>,
}

impl Match {
    /// Every request.
    pub const fn any() -> Self {
        Self { operation: None, model: None, region: None, nth: None }
    }

    /// The next request, whatever it is; written `"next"`.
    pub const fn next() -> Self {
        Self { operation: None, model: None, region: None, nth: Some(1) }
    }

    /// Every request of one operation.
    pub const fn operation(operation: Operation) -> Self {
        Self { operation: Some(operation), model: None, region: None, nth: None }
    }
}

impl Default for Match {
    fn default() -> Self {
        Self::any()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum MatchForm {
    Word(MatchWord),
    Fields(MatchFields),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MatchWord {
    Next,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MatchFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u32>,
}

impl From<MatchForm> for Match {
    fn from(form: MatchForm) -> Self {
        match form {
            MatchForm::Word(MatchWord::Next) => Self::next(),
            MatchForm::Fields(MatchFields { operation, model, region, nth }) => {
                Self { operation, model, region, nth }
            }
        }
    }
}

impl From<Match> for MatchForm {
    fn from(Match { operation, model, region, nth }: Match) -> Self {
        Self::Fields(MatchFields { operation, model, region, nth })
    }
}

/// What goes wrong.
///
/// `throttle`, `error`, `slowFirstByte`, `foreignBody`, `singleBytes`, `reset` and `stall` work on every operation
/// (the last two then act before the response); all others need the stream of ConverseStream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Status 429, `ThrottlingException`.
    Throttle {
        /// Seconds for a `retry-after` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        /// Another text than the service's usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Any error answer.
    Error {
        /// HTTP status, 400 to 599.
        status: u16,
        /// The exception's name, such as `ServiceUnavailableException`.
        code: String,
        /// The text.
        message: String,
        /// Seconds for a `retry-after` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// An exception frame ends the stream.
    Exception {
        /// Which of the five kinds.
        exception: StreamException,
        /// Where in the stream.
        #[serde(default)]
        after: After,
        /// Another text than the usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Only for `modelStreamErrorException`: the status that the model gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_status_code: Option<u16>,
        /// Only for `modelStreamErrorException`: the text that the model gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_message: Option<String>,
    },
    /// A frame with `:message-type: error`, the protocol's way to report what no exception models.
    ErrorFrame {
        /// Value of `:error-code`.
        code: String,
        /// Value of `:error-message`.
        message: String,
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The connection ends with an RST.
    Reset {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The response ends in good HTTP order, too early.
    Eof {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// The response ends in the middle of a frame, in good HTTP order.
    CutFrame {
        /// Which frame, counted from 1.
        frame: u32,
    },
    /// A frame with a wrong checksum.
    CorruptCrc {
        /// Which frame, counted from 1.
        frame: u32,
    },
    /// Nothing more is sent, and the connection stays open until the client goes away.
    Stall {
        /// Where in the stream.
        #[serde(default)]
        after: After,
    },
    /// Every byte of the response is a write of its own.
    SingleBytes {},
    /// The response is held before its first byte: for `millis`, or until `POST /_emulator/release`.
    SlowFirstByte {
        /// Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        millis: Option<u64>,
    },
    /// The stream ends after `messageStop`, without usage.
    NoMetadata {},
    /// Status 200 with a body that is not the operation's.
    ForeignBody {
        /// Which one.
        body: ForeignBody,
    },
}

impl Fault {
    /// Whether the fault can happen to a response of the operation.
    const fn works_on(&self, operation: Operation) -> bool {
        match self {
            Self::Throttle { .. }
            | Self::Error { .. }
            | Self::SlowFirstByte { .. }
            | Self::ForeignBody { .. }
            | Self::SingleBytes {}
            | Self::Reset { .. }
            | Self::Stall { .. } => true,
            Self::Exception { .. }
            | Self::ErrorFrame { .. }
            | Self::Eof { .. }
            | Self::CutFrame { .. }
            | Self::CorruptCrc { .. }
            | Self::NoMetadata {} => matches!(operation, Operation::ConverseStream),
        }
    }

    /// The `type` that the fault is written with.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Throttle { .. } => "throttle",
            Self::Error { .. } => "error",
            Self::Exception { .. } => "exception",
            Self::ErrorFrame { .. } => "errorFrame",
            Self::Reset { .. } => "reset",
            Self::Eof { .. } => "eof",
            Self::CutFrame { .. } => "cutFrame",
            Self::CorruptCrc { .. } => "corruptCrc",
            Self::Stall { .. } => "stall",
            Self::SingleBytes {} => "singleBytes",
            Self::SlowFirstByte { .. } => "slowFirstByte",
            Self::NoMetadata {} => "noMetadata",
            Self::ForeignBody { .. } => "foreignBody",
        }
    }
}

/// The position of a fault in a stream.
///
/// Written as a number or as the name of an event: `0`, `3`, `"messageStart"`, `"messageStop"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum After {
    /// After so many content deltas, or after the last one if there are fewer. 0 is before the first frame.
    Deltas(u32),
    /// After a named event.
    Event(NamedEvent),
}

impl Default for After {
    fn default() -> Self {
        Self::Deltas(0)
    }
}

/// An event that occurs once in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NamedEvent {
    /// The first event.
    MessageStart,
    /// The event with the stop reason.
    MessageStop,
}

/// The exceptions that may end a ConverseStream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamException {
    /// The service failed.
    InternalServerException,
    /// The model failed while it spoke.
    ModelStreamErrorException,
    /// The request was refused late.
    ValidationException,
    /// Too many requests or tokens.
    ThrottlingException,
    /// The service is not there for now.
    ServiceUnavailableException,
}

/// Bodies that come with status 200 and are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ForeignBody {
    /// A page, as a captive portal or a proxy sends it.
    Html,
    /// What the service itself sends for a path that it does not know.
    UnknownOperation,
    /// `{}`.
    EmptyObject,
}

/// A scripted answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reply {
    /// The blocks, in order.
    pub content: Vec<ReplyBlock>,
    /// The stop reason; `tool_use` when there is a tool call, `end_turn` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The whole `usage` object, instead of the counted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
}

/// One block of a [`Reply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ReplyBlock {
    /// Text.
    Text(String),
    /// Reasoning; signed as the model does it.
    Reasoning(String),
    /// Reasoning that only the service can read: base64.
    RedactedReasoning(String),
    /// A tool call.
    ToolUse {
        /// Name of the tool.
        name: String,
        /// Arguments. A string is sent as it is, so that broken JSON can be sent too.
        input: Value,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_survives_a_round_trip_and_typos_are_refused() {
        let after = After::Event(NamedEvent::MessageStop);
        let faults = [
            Fault::Throttle { retry_after: Some(2), message: None },
            Fault::Error { status: 503, code: "X".into(), message: "m".into(), retry_after: None },
            Fault::Exception {
                exception: StreamException::ModelStreamErrorException,
                after,
                message: None,
                original_status_code: Some(500),
                original_message: Some("o".into()),
            },
            Fault::ErrorFrame { code: "c".into(), message: "m".into(), after },
            Fault::Reset { after },
            Fault::Eof { after: After::Deltas(3) },
            Fault::CutFrame { frame: 2 },
            Fault::CorruptCrc { frame: 2 },
            Fault::Stall { after },
            Fault::SingleBytes {},
            Fault::SlowFirstByte { millis: None },
            Fault::NoMetadata {},
            Fault::ForeignBody { body: ForeignBody::Html },
        ];
        for fault in faults {
            let rule = Rule { matches: Match::next(), times: Some(1), fault: Some(fault), reply: None };
            let name = rule.fault.as_ref().unwrap().name();
            assert_eq!(serde_json::to_value(&rule).unwrap()["fault"]["type"], name);
            let text = serde_json::to_string(&Scenario { rules: vec![rule.clone()] }).unwrap();
            assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap().rules, [rule], "{text}");
        }
        for wrong in [
            r#"{"rules":[{"match":"nxt"}]}"#,
            r#"{"rules":[{"match":{"op":"Converse"}}]}"#,
            r#"{"rules":[{"fault":{"type":"explode"}}]}"#,
            r#"{"rules":[{"fault":{"type":"reset","after":"messageEnd"}}]}"#,
            r#"{"rules":[{"fault":{"type":"noMetadata","extra":1}}]}"#,
        ] {
            assert!(serde_json::from_str::<Scenario>(wrong).is_err(), "{wrong}");
        }
    }
}
