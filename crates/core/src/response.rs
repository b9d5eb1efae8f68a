//! Whole answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Content, Instead, Message, ModelId, Role, StopReason, ToolUse, Usage, Warning};

/// A whole answer, or what arrived of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Response {
    /// The model that was called, which may not be the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Who was asked in the place of the model that the request named, if somebody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
    /// The answer's blocks, by ascending index.
    pub content: Vec<Content>,
    /// Positions in `content` of blocks that never closed: they hold what arrived before an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<usize>,
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
    /// What was adjusted, repaired or dropped to make the request acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// What else the provider said about the answer, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            model: None,
            instead: None,
            content: Vec::new(),
            partial: Vec::new(),
            stop_reason: StopReason::Interrupted,
            usage: None,
            request_id: None,
            latency: None,
            warnings: Vec::new(),
            metadata: None,
        }
    }
}

impl Response {
    /// All text of the answer, without the reasoning.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(Content::as_text).collect()
    }

    /// The tool calls of the answer.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|content| match content {
            Content::ToolUse(tool_use) => Some(tool_use),
            _ => None,
        })
    }

    /// The answer as a turn to go on from: all of it but reasoning that never closed, whose signature may be half a one.
    pub fn into_message(self) -> Message {
        let Self { content, partial, model, .. } = self;
        let whole = |(position, content): &(usize, Content)| {
            !matches!(content, Content::Reasoning(_)) || !partial.contains(position)
        };
        let content = content.into_iter().enumerate().filter(whole).map(|(_, content)| content).collect();
        Message { role: Role::Assistant, content, model }
    }

    /// Marks a call as broken whose arguments may have been cut off before the first byte: one without arguments that
    /// never closed, or that comes last in an answer that ended for a reason such as its length
    /// ([`StopReason::may_break_tool_input`]). Nobody shall run a tool with arguments that the model did not mean.
    ///
    /// A [`crate::Collector`] does so by itself; a provider that puts an answer together on its own has to.
    pub fn distrust_cut_call(&mut self) {
        let last = self.content.len().checked_sub(1).filter(|_| self.stop_reason.may_break_tool_input());
        for position in self.partial.iter().copied().chain(last) {
            if let Some(Content::ToolUse(call)) = self.content.get_mut(position)
                && !call.by_service
                && call.malformed_input.is_none()
                && call.input.as_object().is_some_and(Map::is_empty)
            {
                call.malformed_input = Some(String::new());
            }
        }
    }
}

/// The length of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenCount {
    /// Tokens of the whole prompt.
    pub input_tokens: u64,
}

/// Vectors, one a text, in the order of the texts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Embeddings {
    /// The model that was called, which may not be the one that was asked for. Vectors of different models cannot be
    /// compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// The vectors, all of one length, of finite numbers.
    pub vectors: Vec<Vec<f32>>,
    /// The tokens used, if the service said so for every text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What was adjusted to make the request acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Embeddings {
    /// Vectors of which no more is known.
    pub const fn new(vectors: Vec<Vec<f32>>) -> Self {
        Self { model: None, vectors, usage: None, warnings: Vec::new() }
    }
}
