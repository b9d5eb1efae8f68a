//! Answers that follow a JSON schema: by the model's own means where it has them, else by a tool that it has to call.

use outcrop_core::{OutputSchema, Result};
use serde_json::{Map, Value};

use super::{Normalised, Warnings};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[];

/// How the JSON of an answer comes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Structured {
    /// The schema that the answer has to follow.
    pub schema: Value,
    /// The tool by whose arguments the answer comes; `None` where it comes as text.
    pub tool: Option<String>,
}

/// Asks for an answer that follows the schema.
pub(super) fn apply(
    _normalised: &mut Normalised,
    _wanted: Option<&OutputSchema>,
    _options: &Map<String, Value>,
    _target: &Target,
    _warnings: &mut Warnings,
) -> Result<()> {
    Ok(())
}
