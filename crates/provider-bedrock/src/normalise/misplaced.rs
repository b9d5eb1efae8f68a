//! Blocks in a turn of the wrong role: calls and thoughts are the model's, results the user's. The service refuses a
//! conversation for one of them that stands elsewhere.

use std::collections::BTreeSet;

use outcrop_core::{Content, Message, Role};

use super::names::shown;
use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[MISPLACED];

const MISPLACED: &str = "misplaced-content";

/// Tells calls of the user's in words, leaves out the user's thoughts, and gives results in an answer to the user, with
/// what follows them as an answer of its own. Results of tools that the service ran stay: their place is the answer.
pub(super) fn put_right(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let (mut told, mut dropped, mut moved) = (0, 0, 0);
    let mut right = Vec::with_capacity(messages.len());
    for mut message in messages {
        if message.role == Role::Assistant {
            moved += split(message, &mut right);
            continue;
        }
        let before = message.content.len();
        message.content.retain(|content| !matches!(content, Content::Reasoning(_)));
        dropped += before - message.content.len();
        for content in &mut message.content {
            if let Content::ToolUse(call) = content {
                *content =
                    Content::text(format!("[called the tool {} with {}]", shown(&call.name), call.input));
                told += 1;
            }
        }
        right.push(message);
    }
    warnings.counted(MISPLACED, told, |count| {
        format!("told {} of the user's in words: only models call tools", plural(count, "tool call"))
    });
    warnings.counted(MISPLACED, dropped, |count| {
        format!("left out {} of reasoning of the user's: only models send any", plural(count, "block"))
    });
    warnings.counted(MISPLACED, moved, |count| {
        format!("moved {} out of an answer into a turn of the user", plural(count, "tool result"))
    });
    right
}

/// Puts the parts of an answer behind each other, results as turns of the user; says how many results those are.
fn split(message: Message, right: &mut Vec<Message>) -> usize {
    let by_service: BTreeSet<_> = message
        .content
        .iter()
        .filter_map(|content| match content {
            Content::ToolUse(call) if call.by_service => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    let role = |content: &Content| match content {
        Content::ToolResult(result) if result.kind.is_none() && !by_service.contains(&result.tool_use_id) => {
            Role::User
        }
        _ => Role::Assistant,
    };
    let moved = message.content.iter().filter(|content| role(content) == Role::User).count();
    if moved == 0 {
        right.push(message);
        return 0;
    }
    let Message { content, model, .. } = message;
    let mut parts: Vec<Message> = Vec::new();
    for block in content {
        let role = role(&block);
        if let Some(part) = parts.last_mut().filter(|part| part.role == role) {
            part.content.push(block);
        } else {
            let model = model.clone().filter(|_| role == Role::Assistant);
            parts.push(Message { role, content: vec![block], model });
        }
    }
    right.extend(parts);
    moved
}
