//! `trace`: what is written down of calls.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is written down of calls, for whoever listens: `-v` on the command line, a collector of traces in a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Trace {
    /// Whether prompts, answers, and what tools are called with are written down too.
    #[schemars(extend("x-project" = false))]
    pub content: Option<bool>,
}
