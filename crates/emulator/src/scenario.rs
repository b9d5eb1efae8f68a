//! Scenarios: which requests go wrong, and how.

mod fault;
mod reply;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

pub use fault::{After, Fault, ForeignBody, NamedEvent, StreamException};
pub use reply::{RawEvent, Reply, ReplyBlock, ReplyEvents, ReplyMessage};

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
            && self.reply.as_ref().is_none_or(|reply| reply.works_on(operation))
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

#[cfg(test)]
mod tests;
