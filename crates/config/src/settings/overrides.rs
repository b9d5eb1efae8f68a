//! `models.overrides`: what somebody knows better about a model.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Cost;

/// What is known better about a model, under `models.overrides.<model id or pattern>`. What is unset stays as it was
/// found.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ModelOverride {
    /// The name for people.
    pub name: Option<String>,
    /// The id of the model behind an application profile or a custom deployment, whose limits and price hold.
    #[schemars(length(min = 1))]
    pub base_model: Option<String>,
    /// What the model takes: `text`, `image`, `document`, `video`, `audio`.
    #[schemars(with = "Option<Vec<Input>>")]
    pub input: Option<Vec<String>>,
    /// What the model gives: `text`, `image`, `video`, `audio`, `embedding`, `score`.
    #[schemars(with = "Option<Vec<Output>>")]
    pub output: Option<Vec<String>>,
    /// How much the model can take and give in one call, in tokens.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub context_window: Option<u64>,
    /// The longest answer of the model, in tokens: a limit, not a value that is sent.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub max_tokens: Option<u64>,
    /// Whether the Converse API can call the model.
    pub converse: Option<bool>,
    /// Whether the model can call tools.
    pub tools: Option<bool>,
    /// Whether prompts to the model can be cached.
    pub prompt_caching: Option<bool>,
    /// Whether the model can think before it answers.
    pub reasoning: Option<bool>,
    /// How the model is told to think.
    pub thinking: Option<Thinking>,
    /// The request field that tells the model to think, where `thinking` is `field`, such as `reasoning_effort`. What is
    /// written there is the effort; `reasoning` and `reasoningConfig` are objects that hold it.
    #[schemars(length(min = 1))]
    pub thinking_field: Option<String>,
    /// The efforts that the model accepts.
    pub efforts: Option<Vec<Effort>>,
    /// Whether the model always thinks, so that it cannot be told not to.
    pub always_thinks: Option<bool>,
    /// The highest effort that the model accepts.
    pub effort_ceiling: Option<Effort>,
    /// What the model costs, in USD per million tokens. It holds for this very id: another profile of the same model
    /// may have another price.
    pub cost: Option<Cost>,
    /// Where the model is in its life, in AWS's words, such as `ACTIVE` or `LEGACY`.
    #[schemars(length(min = 1))]
    pub lifecycle: Option<String>,
    /// The day on which the model stops to answer, as `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    pub end_of_life: Option<String>,
}

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Thinking {
    /// It does not think.
    None,
    /// By a number of tokens that it may think for.
    Budget,
    /// By an effort; it decides itself how long it thinks.
    Adaptive,
    /// By a request field of its own.
    Field,
}

/// How hard a model may think, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Effort {
    /// As little as possible.
    Minimal,
    /// A little.
    Low,
    /// In between.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as it can.
    Max,
}

/// The schema of what a model takes.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(
    dead_code,
    reason = "the catalogue reads the names, which are open there; only the schema is needed"
)]
pub(super) enum Input {
    Text,
    Image,
    Document,
    Video,
    Audio,
}

/// The schema of what a model gives.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(
    dead_code,
    reason = "the catalogue reads the names, which are open there; only the schema is needed"
)]
enum Output {
    Text,
    Image,
    Video,
    Audio,
    Embedding,
    Score,
}

#[cfg(test)]
mod tests;
