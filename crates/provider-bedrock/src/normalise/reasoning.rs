//! Reasoning of earlier turns: a signature convinces only the family that made it, and only byte for byte.

use outcrop_core::{Content, Message, Reasoning, Role};
use outcrop_model_facts::BedrockId;

use super::{Warnings, plural};
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) const RULES: &[&str] = &[REFUSED_REASONING, FOREIGN_REASONING, REASONING_SIGNATURE];

const REFUSED_REASONING: &str = "reasoning-refused";
const FOREIGN_REASONING: &str = "foreign-reasoning";
const REASONING_SIGNATURE: &str = "reasoning-signature";

/// What becomes of a block.
#[derive(PartialEq)]
enum Fate {
    Kept,
    Unsigned,
    Dropped,
}

/// Leaves out reasoning that this model would refuse. What is kept is kept byte for byte, but for a signature where the
/// model takes none. Nothing is known of a model without a maker, so that everything is tried.
pub(super) fn adapt(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    if target.refuses(&Refusal::Reasoning) {
        let dropped = drop_all(messages);
        warnings.counted(REFUSED_REASONING, dropped, |count| {
            let blocks = plural(count, "block");
            format!("left out {blocks} of thinking of earlier turns: the model refused it as it stands there")
        });
        return;
    }
    let Some(maker) = target.maker.as_deref() else { return };
    let (mut dropped, mut unsigned) = (0, 0);
    for message in messages.iter_mut().filter(|message| message.role == Role::Assistant) {
        let author = message.model.as_ref().and_then(|model| BedrockId::parse(model.as_str()).maker());
        message.content.retain_mut(|content| {
            let Content::Reasoning(reasoning) = content else { return true };
            match fate(reasoning, maker, author) {
                Fate::Kept => return true,
                Fate::Dropped => dropped += 1,
                Fate::Unsigned => {
                    reasoning.signature = None;
                    unsigned += 1;
                    return true;
                }
            }
            false
        });
    }
    warnings.counted(FOREIGN_REASONING, dropped, |count| {
        format!("left out {} of reasoning that this model would not accept", plural(count, "block"))
    });
    warnings.counted(REASONING_SIGNATURE, unsigned, |count| {
        format!("left out the signature of {} of reasoning: this model takes none", plural(count, "block"))
    });
}

fn drop_all(messages: &mut [Message]) -> usize {
    let mut dropped = 0;
    for message in messages {
        let before = message.content.len();
        message.content.retain(|content| !matches!(content, Content::Reasoning(_)));
        dropped += before - message.content.len();
    }
    dropped
}

/// Claude takes what Claude signed or encrypted, be it empty but for the signature. Others refuse a signature as a field
/// that they do not know, and take their own thoughts as text; where nobody says whose thoughts they are, signed and
/// encrypted ones are taken for Claude's.
fn fate(reasoning: &Reasoning, maker: &str, author: Option<&str>) -> Fate {
    let signed = reasoning.signature.as_deref().is_some_and(|signature| !signature.trim().is_empty());
    let encrypted = reasoning.redacted.is_some();
    let own = author == Some(maker);
    match maker {
        _ if author.is_some() && !own => Fate::Dropped,
        "anthropic" if signed || encrypted => Fate::Kept,
        "anthropic" => Fate::Dropped,
        _ if encrypted && own => Fate::Kept,
        _ if encrypted || signed && !own => Fate::Dropped,
        _ if reasoning.signature.is_none() => Fate::Kept,
        _ if reasoning.text.trim().is_empty() => Fate::Dropped,
        _ => Fate::Unsigned,
    }
}
