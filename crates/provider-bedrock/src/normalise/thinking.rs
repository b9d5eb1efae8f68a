//! Thinking: each family of models has its own words for how hard it shall think.

use outcrop_core::{Result, Thinking};
use serde_json::{Map, Value};

use super::{Normalised, Warnings};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[];

/// Writes the level in the model's own words, and takes out what does not go together with thinking.
pub(super) fn apply(
    _normalised: &mut Normalised,
    _wanted: Option<Thinking>,
    _options: &Map<String, Value>,
    _target: &Target,
    _warnings: &mut Warnings,
) -> Result<()> {
    Ok(())
}
