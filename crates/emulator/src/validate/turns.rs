//! The order of a conversation, and text without words.

use serde_json::Value;

use super::{Messages, is_blank};
use crate::error::ApiError;
use crate::json::{list_at, text_at};

pub(super) fn check(messages: Messages<'_>, body: &Value) -> Result<(), ApiError> {
    roles(messages)?;
    for (index, block) in list_at(body, "/system").iter().enumerate() {
        if text_at(block, "/text").is_some_and(is_blank) {
            return Err(blank("SystemContentBlock", &format!("system.{index}")));
        }
    }
    texts(messages)
}

fn roles(messages: Messages<'_>) -> Result<(), ApiError> {
    let roles: Vec<_> =
        messages.0.iter().map(|message| text_at(message, "/role").unwrap_or_default()).collect();
    if roles.contains(&"system") {
        return Err(ApiError::validation(
            "This model doesn't support the system role in messages. Use the system field and try again.",
        ));
    }
    if roles.first() != Some(&"user") {
        return Err(ApiError::validation(
            "A conversation must start with a user message. Try again with a conversation that starts with a user \
             message.",
        ));
    }
    if roles.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(ApiError::validation(
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates \
             between user and assistant roles and try again.",
        ));
    }
    Ok(())
}

fn texts(messages: Messages<'_>) -> Result<(), ApiError> {
    let empty = messages.0.iter().position(|message| list_at(message, "/content").is_empty());
    if let Some(index) = empty {
        return Err(ApiError::validation(format!(
            "The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the \
             content field and try again."
        )));
    }
    for place in messages.blocks() {
        let path = format!("messages.{}.content.{}", place.message, place.content);
        if text_at(place.block, "/text").is_some_and(is_blank) {
            return Err(blank("ContentBlock", &path));
        }
        for (index, content) in list_at(place.block, "/toolResult/content").iter().enumerate() {
            if text_at(content, "/text").is_some_and(is_blank) {
                return Err(blank("ToolResultContentBlock", &format!("{path}.toolResult.content.{index}")));
            }
        }
    }
    Ok(())
}

fn blank(object: &str, path: &str) -> ApiError {
    ApiError::validation(format!(
        "The text field in the {object} object at {path} is blank. Add text to the text field, and try again."
    ))
}
