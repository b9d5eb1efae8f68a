//! Turns: they alternate, and the user speaks first.

use outcrop_core::{Content, Error, ErrorKind, Message, Result, Role};

use super::{Warnings, plural};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[MERGED_TURNS, FIRST_TURN, TRAILING_SPACE];

const MERGED_TURNS: &str = "merged-turns";
const FIRST_TURN: &str = "first-turn";
const TRAILING_SPACE: &str = "trailing-space";

/// What stands in for the user where a conversation begins with the assistant.
const OPENING: &str = "(The conversation begins with the assistant.)";

/// Takes out messages in which nothing is left. Where the user was to speak after an answer and says nothing at all, an
/// empty turn stays behind, for the conversation to go on from there; [`super::tools::pair`] fills it. Else the model
/// would be asked to go on with an answer that was complete.
pub(super) fn drop_empty(messages: Vec<Message>) -> Vec<Message> {
    let mut kept = Vec::with_capacity(messages.len());
    let (mut speaker, mut silence) = (None, false);
    for message in messages {
        if says_nothing(&message) {
            silence |= message.role == Role::User && speaker == Some(Role::Assistant);
            if !message.content.is_empty() {
                kept.push(message);
            }
            continue;
        }
        if silence && message.role == Role::Assistant {
            kept.push(Message::user(Vec::new()));
        }
        silence = false;
        speaker = Some(message.role);
        kept.push(message);
    }
    if silence {
        kept.push(Message::user(Vec::new()));
    }
    kept
}

/// Whether a message has nothing but cache points.
pub(super) fn says_nothing(message: &Message) -> bool {
    message.content.iter().all(|content| matches!(content, Content::CachePoint(_)))
}

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

/// Whether the conversation may end as it does: with the beginning of the answer, where the model goes on with one. It
/// must not end in white space then.
pub(super) fn check_ending(messages: &mut [Message], target: &Target, warnings: &mut Warnings) -> Result<()> {
    let Some(last) = messages.last_mut().filter(|message| message.role == Role::Assistant) else {
        return Ok(());
    };
    // A turn in which the service ran a tool is no beginning: the service goes on with it.
    let goes_on = |content: &Content| matches!(content, Content::ToolUse(call) if call.by_service);
    if last.content.iter().any(goes_on) {
        return Ok(());
    }
    if target.fact(|facts| facts.assistant_prefill).is_no() {
        let message = format!("the answer cannot be begun for {}", super::named(target));
        return Err(Error::new(ErrorKind::Unsupported, message).with_hint(
            "let `messages` end with a turn of the user, and ask there for what the answer begins with",
        ));
    }
    let text = last.content.iter_mut().rev().find_map(|content| match content {
        Content::Text(text) => Some(&mut text.text),
        Content::Citations(citations) => Some(&mut citations.text),
        _ => None,
    });
    let Some(text) = text else { return Ok(()) };
    let end = text.trim_end().len();
    warnings.counted(TRAILING_SPACE, usize::from(end < text.len()), |_| {
        "left out the white space at the end of the answer's beginning, which models refuse".to_owned()
    });
    text.truncate(end);
    Ok(())
}
