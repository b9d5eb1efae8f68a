//! Blank text: Converse refuses a whole conversation for one block of white space.

use outcrop_core::{Content, Message, SystemContent, ToolResultContent};

use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[BLANK_TEXT];

const BLANK_TEXT: &str = "blank-text";

/// Drops text blocks without any visible character, everywhere.
pub(super) fn drop_blank(messages: &mut Vec<Message>, warnings: &mut Warnings) {
    let mut dropped = 0;
    for message in messages.iter_mut() {
        let before = message.content.len();
        message.content.retain(|content| !is_blank(content));
        dropped += before - message.content.len();
        for content in &mut message.content {
            let Content::ToolResult(result) = content else { continue };
            let before = result.content.len();
            result.content.retain(
                |content| !matches!(content, ToolResultContent::Text(text) if text.text.trim().is_empty()),
            );
            dropped += before - result.content.len();
        }
    }
    messages.retain(|message| !message.content.is_empty());
    warnings
        .counted(BLANK_TEXT, dropped, |count| format!("left out {} of blank text", plural(count, "block")));
}

fn is_blank(content: &Content) -> bool {
    match content {
        Content::Text(text) => text.text.trim().is_empty(),
        Content::Citations(citations) => citations.text.trim().is_empty(),
        _ => false,
    }
}

/// The system prompt without its blank texts.
pub(super) fn without_blank_system(system: &[SystemContent], warnings: &mut Warnings) -> Vec<SystemContent> {
    let said: Vec<_> = system
        .iter()
        .filter(|content| !matches!(content, SystemContent::Text(text) if text.text.trim().is_empty()))
        .cloned()
        .collect();
    let dropped = system.len() - said.len();
    warnings.counted(BLANK_TEXT, dropped, |count| {
        format!("left out {} of blank system text", plural(count, "block"))
    });
    said
}
