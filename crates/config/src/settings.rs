//! The typed model: what a configuration can say, in the words of the file.
//!
//! These are wire types. Everything is optional, because every layer may leave everything out; a value that has a
//! default is there after loading, because `defaults.json5` is a layer like any other. The documentation of each field
//! is its description in the JSON schema.

mod agents;
mod cost;
mod discovery;
mod models;
mod overrides;
mod provider;
mod trace;

use schemars::JsonSchema;
use serde::Deserialize;

pub use agents::{AgentDefaults, Agents, DefaultModel};
pub use cost::{Cost, LongContextCost};
pub use discovery::{BedrockDiscovery, Further};
pub use models::{ModelEntry, Models};
pub use overrides::{Effort, ModelOverride, Thinking};
pub use provider::{Auth, Cache, CacheTtl, Guardrail, Limits, Provider, Retry, Timeouts};
pub use trace::Trace;

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(title = "Outcrop configuration")]
#[non_exhaustive]
pub struct Settings {
    /// The address of the JSON schema, for editors; it has no other effect.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// Models, where they come from and how they are called.
    pub models: Models,
    /// Which models are used when none is named.
    pub agents: Agents,
    /// What is written down of calls, for whoever listens.
    pub trace: Trace,
}
