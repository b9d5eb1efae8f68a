//! Images, documents, video and audio: what a model does not take, and where it does not take it.

use outcrop_core::{Message, Result};

use super::Warnings;
use crate::target::Target;

pub(super) const RULES: &[&str] = &[];

/// Moves, replaces or refuses what the model does not take.
pub(super) fn adapt(_messages: &mut [Message], _target: &Target, _warnings: &mut Warnings) -> Result<()> {
    Ok(())
}
