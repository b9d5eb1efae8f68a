//! What may stand beside tool results in a turn of the user.
//!
//! Some models refuse what others take there: "Conversation blocks and tool result blocks cannot be provided in the same
//! turn", or, of documents, that results are missing which are there.

use outcrop_core::{Content, DocumentFormat, Message, Role};

use super::BESIDE;
use crate::normalise::{Warnings, plural};
use crate::target::Target;

/// What the assistant says between the results and the rest. Turns in a row of the same role are taken for one.
const RECEIVED: &str = "(I have the results.)";

/// Gives a turn of its own to what may not stand beside the results, with everything after it that is no result, so that
/// nothing changes its place.
pub(super) fn split(messages: &mut Vec<Message>, target: &Target, warnings: &mut Warnings) {
    let mut parted = 0;
    let mut turns = Vec::with_capacity(messages.len());
    for mut message in std::mem::take(messages) {
        let rest = rest(&mut message, target);
        turns.push(message);
        if let Some(rest) = rest {
            turns.push(Message::assistant(RECEIVED));
            turns.push(Message::user(rest));
            parted += 1;
        }
    }
    *messages = turns;
    warnings.counted(BESIDE, parted, |count| {
        format!(
            "put a short answer between the tool results and the rest of {}: this model takes no such thing beside \
             results",
            plural(count, "turn")
        )
    });
}

/// Takes out of a turn what stands behind its results, if a part of it may not stand there.
fn rest(message: &mut Message, target: &Target) -> Option<Vec<Content>> {
    if message.role != Role::User || !matches!(message.content.first(), Some(Content::ToolResult(_))) {
        return None;
    }
    // The results come first, and a cache point right behind them is theirs.
    let is_theirs = |content: &Content| matches!(content, Content::ToolResult(_) | Content::CachePoint(_));
    let front = message.content.iter().take_while(|content| is_theirs(content)).count();
    let mut behind = message.content.iter().skip(front);
    behind.any(|content| !may_stand(content, target)).then(|| message.content.split_off(front))
}

/// Whether a model takes a block beside results, as far as is known. (Tried with the models of each family by the
/// authors of Pydantic AI, <https://github.com/pydantic/pydantic-ai/pull/6098> and
/// <https://github.com/pydantic/pydantic-ai/pull/6318>: Nova, Qwen, GLM and Kimi take everything.)
fn may_stand(content: &Content, target: &Target) -> bool {
    match target.maker.as_deref() {
        Some("meta" | "mistral" | "writer") => false,
        Some("anthropic") => {
            !matches!(content, Content::Document(document) if document.format != DocumentFormat::Pdf)
        }
        _ => true,
    }
}
