//! Attachments: what a model can take, how many and how large they may be, and the names of documents. Source of the
//! limits: "Message" in the Bedrock API reference, and the refusals that users report.

use std::collections::HashSet;

use outcrop_model_facts::facts::ModelFacts;
use serde_json::Value;

use super::Messages;
use crate::error::ApiError;
use crate::json::{list_at, text_at};
use crate::model::Model;

/// The service counts an image as it is sent, in base64: 3.75 MB of it are 5 MB there.
const LARGEST_IMAGE: usize = 5 << 20;
/// 4.5 MB, before base64.
const LARGEST_DOCUMENT: usize = (9 << 20) / 2;
const MOST_IMAGES: usize = 20;
/// Of images and documents, for Claude from 4 on.
const MOST_FOR_CLAUDE: usize = 100;
const MOST_DOCUMENTS: usize = 5;

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
    beside_documents(messages)?;
    sizes(model, messages)?;
    counts(model, messages)
}

/// Whoever attaches a document says something about it.
fn beside_documents(messages: Messages<'_>) -> Result<(), ApiError> {
    for message in messages.0 {
        let has = |kind: &str| list_at(message, "/content").iter().any(|block| block.get(kind).is_some());
        if has("document") && !has("text") {
            return Err(ApiError::validation("A text block must be included when using documents."));
        }
    }
    Ok(())
}

/// Every attachment, with its path; those in the results of tools too.
fn attachments(messages: Messages<'_>) -> impl Iterator<Item = (String, &Value)> {
    messages.blocks().flat_map(|place| {
        let path = format!("messages.{}.content.{}", place.message, place.content);
        let shown = list_at(place.block, "/toolResult/content").iter().enumerate();
        let inner = path.clone();
        let shown = shown.map(move |(index, block)| (format!("{inner}.toolResult.content.{index}"), block));
        std::iter::once((path, place.block)).chain(shown)
    })
}

fn sizes(model: &Model<'_>, messages: Messages<'_>) -> Result<(), ApiError> {
    for (path, block) in attachments(messages) {
        let sent = text_at(block, "/image/source/bytes").map_or(0, str::len);
        if sent > LARGEST_IMAGE {
            return Err(ApiError::from_model(format!(
                "{path}.image.source.bytes: image exceeds 5 MB maximum: {sent} bytes > {LARGEST_IMAGE} bytes"
            )));
        }
        let bytes = text_at(block, "/document/source/bytes").map_or(0, decoded_length);
        if bytes > LARGEST_DOCUMENT && !reads_itself(model, text_at(block, "/document/format")) {
            return Err(ApiError::validation(format!(
                "The document at {path} exceeds the maximum size of 4.5 MB: {bytes} bytes > {LARGEST_DOCUMENT} bytes."
            )));
        }
    }
    Ok(())
}

/// Whether the model reads such a document itself, for which the service has no limit ("API restrictions" in the Bedrock
/// user guide).
fn reads_itself(model: &Model<'_>, format: Option<&str>) -> bool {
    match (model.maker(), format) {
        (Some("anthropic"), Some("pdf")) => !model.is_known(ModelFacts::is_before_claude_4),
        (Some("amazon"), Some("pdf" | "docx")) => true,
        _ => false,
    }
}

/// How many bytes a text in base64 stands for.
fn decoded_length(base64: &str) -> usize {
    base64.len() / 4 * 3 - base64.bytes().rev().take_while(|byte| *byte == b'=').count()
}

fn counts(model: &Model<'_>, messages: Messages<'_>) -> Result<(), ApiError> {
    let count = |kind: &str| attachments(messages).filter(|(_, block)| block.get(kind).is_some()).count();
    let (images, documents) = (count("image"), count("document"));
    let too_many =
        |most: &str| ApiError::validation(format!("You can't include more than {most} in a request."));
    if documents > MOST_DOCUMENTS {
        return Err(too_many("5 documents"));
    }
    let is_older = model.is_known(ModelFacts::is_before_claude_4);
    let most = if is_older { MOST_IMAGES } else { MOST_FOR_CLAUDE };
    if model.signs() && images + documents > most {
        return Err(ApiError::from_model(format!(
            "messages: too many images and documents: {images} + {documents} > {most}"
        )));
    }
    if !model.signs() && images > MOST_IMAGES {
        return Err(too_many("20 images"));
    }
    if count("video") > 1 { Err(too_many("1 video")) } else { Ok(()) }
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
        return Err(ApiError::validation("Messages can't contain duplicate document names."));
    }
    Ok(())
}
