//! `models`: discovery, providers, and what is said about single models.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::overrides::Input;
use super::{BedrockDiscovery, Cost, ModelOverride, Provider};

/// `models`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Models {
    /// Which models of the AWS account are listed.
    pub bedrock_discovery: BedrockDiscovery,
    /// The services that answer, each under an id of your own choice; `amazon-bedrock` is always there.
    pub providers: BTreeMap<String, Provider>,
    /// What you know better than AWS and the built-in table of the models of Bedrock, under the id of a model or a pattern. In a pattern, `*` is
    /// any run of characters. What is said under an id holds for the model that is called by it and, but for the cost,
    /// for every profile of that model. Of several that fit, the more specific one counts, field by field: an id before
    /// a pattern, a longer pattern before a shorter one, the id that is called before the model behind it. What
    /// `models.providers.<id>.models` says about a model wins over all of them.
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
    /// Whether the model can call tools.
    pub tools: Option<bool>,
    /// What the model takes: `text`, `image`, `document`, `video`, `audio`.
    #[schemars(with = "Option<Vec<Input>>")]
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
