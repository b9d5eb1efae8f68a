//! Turns: they alternate, and the user speaks first.

use outcrop_core::{Content, Message, Result, Role};

use super::{Warnings, plural};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[MERGED_TURNS, FIRST_TURN];

const MERGED_TURNS: &str = "merged-turns";
const FIRST_TURN: &str = "first-turn";

/// What stands in for the user where a conversation begins with the assistant.
const OPENING: &str = "(The conversation begins with the assistant.)";

/// Joins neighbours of the same role.
pub(super) fn merge(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let before = messages.len();
    let mut merged: Vec<Message> = Vec::with_capacity(before);
    for message in messages {
        match merged.last_mut() {
            Some(last) if last.role == message.role => last.content.extend(message.content),
            _ => merged.push(message),
        }
    }
    let joined = before - merged.len();
    warnings.counted(MERGED_TURNS, joined, |count| {
        format!("joined {} with the one before, of the same role", plural(count, "turn"))
    });
    merged
}

/// Puts a user turn in front of an assistant that speaks first.
pub(super) fn start_with_user(mut messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let assistant_first = messages.first().is_some_and(|message| message.role == Role::Assistant);
    if assistant_first {
        messages.insert(0, Message::user(Content::text(OPENING)));
    }
    warnings.counted(FIRST_TURN, usize::from(assistant_first), |_| {
        "put a user turn in front of the assistant's first one".to_owned()
    });
    messages
}

/// Whether the conversation may end as it does.
pub(super) fn check_ending(
    _messages: &mut [Message],
    _target: &Target,
    _warnings: &mut Warnings,
) -> Result<()> {
    Ok(())
}
