//! Attachments: what a model can take, and the names of documents.

use std::collections::HashSet;

use outcrop_model_facts::facts::ModelFacts;
use serde_json::Value;

use super::Messages;
use crate::error::ApiError;
use crate::json::{list_at, text_at};

pub(super) fn check(model: &ModelFacts, messages: Messages<'_>) -> Result<(), ApiError> {
    let mut names = HashSet::new();
    for place in messages.blocks() {
        for kind in ["image", "document", "video", "audio"] {
            if place.block.get(kind).is_some() && !takes(model, kind) {
                return Err(unsupported(kind, place.role));
            }
        }
        for content in list_at(place.block, "/toolResult/content") {
            if content.get("image").is_some() && (!takes(model, "image") || model.tool_result_images.is_no())
            {
                return Err(unsupported("image", place.role));
            }
            document(content, &mut names)?;
        }
        document(place.block, &mut names)?;
    }
    Ok(())
}

/// A model of which nothing is known takes everything.
fn takes(model: &ModelFacts, kind: &str) -> bool {
    let input = |kind: &str| model.input.iter().any(|modality| modality.as_str() == kind);
    // Converse extracts the text of documents; it does that for models that take images even where the table has no
    // word of PDF.
    model.input.is_empty() || input(kind) || (kind == "document" && input("image"))
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
