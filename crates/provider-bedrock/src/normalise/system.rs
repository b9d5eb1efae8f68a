//! The system prompt, for models that have none.

use outcrop_core::{Content, Message, SystemContent};

use super::Warnings;
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) const RULES: &[&str] = &[SYSTEM_AS_TEXT];

const SYSTEM_AS_TEXT: &str = "system-as-text";

/// Puts the system prompt in front of the first turn where the model refuses it: older models of Mistral, Titan and
/// Cohere know no such thing.
pub(super) fn place(
    system: Vec<SystemContent>,
    messages: &mut [Message],
    target: &Target,
    warnings: &mut Warnings,
) -> Vec<SystemContent> {
    let Some(first) = messages.first_mut().filter(|_| target.refuses(&Refusal::System)) else {
        return system;
    };
    let texts: Vec<_> = system
        .into_iter()
        .filter_map(|content| match content {
            SystemContent::Text(text) => Some(Content::Text(text)),
            SystemContent::Guard(guard) => Some(Content::Guard(guard)),
            SystemContent::CachePoint(point) => Some(Content::CachePoint(point)),
            _ => None,
        })
        // With nothing before it, a point would stand for nothing.
        .skip_while(|content| matches!(content, Content::CachePoint(_)))
        .collect();
    warnings.counted(SYSTEM_AS_TEXT, texts.len().min(1), |_| {
        "put the system prompt in front of the first turn: this model knows no system prompts".to_owned()
    });
    first.content.splice(0..0, texts);
    Vec::new()
}
