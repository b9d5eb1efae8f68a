//! What a model can do, as far as anybody knows.

use std::time::Duration;

use crate::Support;

/// What a provider knows of a model without asking anybody. `Unknown` is an honest answer: whoever needs the feature
/// tries it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether answers can be streamed.
    pub streaming: Support,
    /// Whether the model can ask for tools.
    pub tools: Support,
    /// Whether it can do so while streaming.
    pub tool_streaming: Support,
    /// Whether it takes a system prompt.
    pub system: Support,
    /// Whether it takes images.
    pub images: Support,
    /// Whether it takes documents.
    pub documents: Support,
    /// Whether it takes video.
    pub video: Support,
    /// Whether it takes audio.
    pub audio: Support,
    /// Whether it reasons visibly.
    pub reasoning: Support,
    /// Whether prompts can be cached.
    pub prompt_caching: Support,
    /// Whether it can be held to a JSON schema.
    pub structured_output: Support,
    /// Whether [`crate::ModelProvider::count_tokens`] works.
    pub token_counting: Support,
    /// Whether [`crate::ModelProvider::embed`] works.
    pub embeddings: Support,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Tokens of an answer.
    pub max_output_tokens: Option<u32>,
    /// How long to wait, for a timeout layer to read.
    pub timeouts: Timeouts,
}

/// How long to wait for an answer. `None` sets no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// From the call to the first event after the start.
    pub first_event: Option<Duration>,
    /// Between two events: whatever the caller gets to see counts as one.
    pub idle: Option<Duration>,
    /// For the whole answer, retries included.
    pub total: Option<Duration>,
    /// For an answer in one piece, where `total` sets no limit.
    pub whole: Option<Duration>,
}
