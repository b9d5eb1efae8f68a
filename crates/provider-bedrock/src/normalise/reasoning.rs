//! Reasoning of other models: a signature convinces only the family that made it.

use outcrop_core::{Content, Message, Reasoning, Role};
use outcrop_model_facts::BedrockId;

use super::{Warnings, plural};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[FOREIGN_REASONING];

const FOREIGN_REASONING: &str = "foreign-reasoning";

/// Leaves out reasoning that this model would refuse: signed by another maker's model, or without the signature that
/// Claude asks for, or with one where the model takes none. What is kept is kept byte for byte.
pub(super) fn drop_foreign(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    let Some(maker) = target.maker.as_deref() else { return };
    let mut dropped = 0;
    for message in messages.iter_mut().filter(|message| message.role == Role::Assistant) {
        let author = message.model.as_ref().and_then(|model| BedrockId::parse(model.as_str()).maker());
        let same_maker = author.is_none_or(|author| author == maker);
        let before = message.content.len();
        message.content.retain(|content| match content {
            Content::Reasoning(reasoning) => same_maker && is_accepted(reasoning, maker),
            _ => true,
        });
        dropped += before - message.content.len();
    }
    warnings.counted(FOREIGN_REASONING, dropped, |count| {
        format!("left out {} of reasoning that this model would not accept", plural(count, "block"))
    });
}

fn is_accepted(reasoning: &Reasoning, maker: &str) -> bool {
    let signed = reasoning.signature.as_deref().is_some_and(|signature| !signature.trim().is_empty());
    if maker == "anthropic" {
        signed || reasoning.redacted.is_some()
    } else {
        !signed && reasoning.redacted.is_none()
    }
}
