//! `models`: discovery, providers, and what is said about single models.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{BedrockDiscovery, Provider};

/// `models`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Models {
    /// Which models of the AWS account are listed.
    pub bedrock_discovery: BedrockDiscovery,
    /// The services that answer, each under an id of your own choice; `amazon-bedrock` is always there.
    pub providers: BTreeMap<String, Provider>,
    /// What you know better than AWS and the built-in table about a model, under the id of the model.
    pub overrides: BTreeMap<String, ModelOverride>,
}

/// A model of a provider, as an element of `models.providers.<id>.models`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["id"]))]
#[non_exhaustive]
pub struct ModelEntry {
    /// The id that the model is called by. Layers are merged by it.
    #[schemars(length(min = 1))]
    pub id: String,
    /// The name for people.
    pub name: Option<String>,
    /// The id of the model behind an application profile or a custom deployment, whose limits and price hold.
    #[schemars(length(min = 1))]
    pub base_model: Option<String>,
    /// The AWS region that the model is called in, such as `us-east-1`.
    #[schemars(length(min = 1))]
    pub region: Option<String>,
    /// Whether the model can think before it answers.
    pub reasoning: Option<bool>,
    /// What the model takes: `text`, `image`, `document`, `video`, `audio`.
    pub input: Option<Vec<String>>,
    /// What the model costs, in USD per million tokens. All zero counts as unset.
    pub cost: Option<Cost>,
    /// How much the model can take and give in one call, in tokens.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub context_window: Option<u64>,
    /// The longest answer of the model, in tokens: a limit, not a value that is sent.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub max_tokens: Option<u64>,
}

/// What is known better about a model, under `models.overrides.<model id>`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ModelOverride {
    /// The name for people.
    pub name: Option<String>,
    /// Whether the model can think before it answers.
    pub reasoning: Option<bool>,
    /// What the model takes: `text`, `image`, `document`, `video`, `audio`.
    pub input: Option<Vec<String>>,
    /// What the model costs, in USD per million tokens.
    pub cost: Option<Cost>,
    /// How much the model can take and give in one call, in tokens.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub context_window: Option<u64>,
    /// The longest answer of the model, in tokens: a limit, not a value that is sent.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub max_tokens: Option<u64>,
}

/// Prices in USD per million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Cost {
    /// Tokens sent that were in no cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub input: Option<f64>,
    /// Tokens of the answer, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub output: Option<f64>,
    /// Tokens read from the prompt cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_read: Option<f64>,
    /// Tokens written to the prompt cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_write: Option<f64>,
}

impl Cost {
    /// Whether every price that is there is zero, as in files that were filled in by a form. Such a cost says nothing.
    pub fn is_placeholder(&self) -> bool {
        [self.input, self.output, self.cache_read, self.cache_write]
            .into_iter()
            .flatten()
            .all(|price| price == 0.0)
    }
}
