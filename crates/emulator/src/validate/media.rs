//! Attachments: what a model can take, and the names of documents.

use std::collections::HashSet;

use serde_json::Value;

use super::Messages;
use crate::error::ApiError;
use crate::json::{list_at, text_at};
use crate::model::Model;

pub(super) fn check(model: &Model<'_>, messages: Messages<'_>) -> Result<(), ApiError> {
    let mut names = HashSet::new();
    for place in messages.blocks() {
        for kind in ["image", "document", "video", "audio"] {
            if place.block.get(kind).is_some() && !model.takes(kind) {
                return Err(unsupported(kind, place.role));
            }
        }
        for content in list_at(place.block, "/toolResult/content") {
            let takes_images =
                || model.takes("image") && !model.is_known(|facts| facts.tool_result_images.is_no());
            if content.get("image").is_some() && !takes_images() {
                return Err(unsupported("image", place.role));
            }
            document(content, &mut names)?;
        }
        document(place.block, &mut names)?;
    }
    Ok(())
}

fn unsupported(kind: &str, role: &str) -> ApiError {
    ApiError::validation(format!(
        "This model doesn't support the {kind} field for {role} messages. Remove {kind} and try again."
    ))
}

fn document<'a>(block: &'a Value, names: &mut HashSet<&'a str>) -> Result<(), ApiError> {
    let Some(name) = text_at(block, "/document/name") else { return Ok(()) };
    let allowed = |it: char| it.is_alphanumeric() || it.is_whitespace() || "-()[]".contains(it);
    let blanks: Vec<bool> = name.chars().map(char::is_whitespace).collect();
    if !name.chars().all(allowed) || blanks.windows(2).any(|pair| pair == [true, true]) {
        return Err(ApiError::validation(
            "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, \
             parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
        ));
    }
    if !names.insert(name) {
        return Err(ApiError::validation(format!(
            "The document file names in a request must be unique. '{name}' occurs more than once."
        )));
    }
    Ok(())
}
