//! TwelveLabs Marengo, one vector a request. Videos and sounds are for asynchronous calls. Source: "TwelveLabs Marengo
//! Embed 2.7" and "TwelveLabs Marengo Embed 3.0" in the Bedrock user guide.

use serde_json::{Value, json};

use super::malformed::{self, Member, Rule, TEXT, may, needs};
use super::{Invoked, vector};
use crate::error::ApiError;
use crate::json::{at, text_at};
use crate::model::Model;
use crate::tokens;

const WORDS: Rule = Rule::Text { min: 1, max: usize::MAX };
const IN_S3: &[Member] = &[needs("uri", TEXT), may("bucketOwner", TEXT)];
const SOURCE: &[Member] = &[may("base64String", TEXT), may("s3Location", Rule::Object(IN_S3))];

/// Embed 2.7: the text stands beside its type, and is cut in silence unless the request forbids it.
pub(super) fn second(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const MEMBERS: &[Member] = &[
        needs("inputType", Rule::Word(&["text", "image"])),
        may("inputText", WORDS),
        may("textTruncate", Rule::Word(&["end", "none"])),
        may("mediaSource", Rule::Object(SOURCE)),
    ];
    malformed::check(MEMBERS, body)?;
    let source = if text_at(body, "/inputType") == Some("image") {
        medium(body, "#")?
    } else {
        let text = text_at(body, "/inputText").ok_or_else(|| missing("#", "inputText"))?;
        truncated(model, text, text_at(body, "/textTruncate") != Some("none"))?
    };
    Ok(invoked(&source, 1024))
}

/// Embed 3.0: each type has an object of its own, and a text may stand beside an image.
pub(super) fn third(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const SPOKEN: &[Member] = &[needs("inputText", WORDS)];
    const SEEN: &[Member] = &[needs("mediaSource", Rule::Object(SOURCE))];
    const BOTH: &[Member] = &[needs("inputText", WORDS), needs("mediaSource", Rule::Object(SOURCE))];
    const MEMBERS: &[Member] = &[
        needs("inputType", Rule::Word(&["text", "image", "text_image"])),
        may("text", Rule::Object(SPOKEN)),
        may("image", Rule::Object(SEEN)),
        may("text_image", Rule::Object(BOTH)),
    ];
    malformed::check(MEMBERS, body)?;
    let kind = text_at(body, "/inputType").unwrap_or_default();
    let input = at(body, &format!("/{kind}"));
    if input.is_null() {
        return Err(missing("#", kind));
    }
    let mut source = String::new();
    if let Some(text) = text_at(input, "/inputText") {
        source += &truncated(model, text, false)?;
    }
    if kind != "text" {
        source += "\0";
        source += &medium(input, &format!("#/{kind}"))?;
    }
    Ok(invoked(&source, 512))
}

fn invoked(source: &str, dimensions: usize) -> Invoked {
    let body = json!({ "data": [{ "embedding": vector::unit(source, dimensions) }] });
    Invoked { body, input_tokens: tokens::count(source) }
}

/// What the model reads of a text.
fn truncated(model: &Model<'_>, text: &str, cut: bool) -> Result<String, ApiError> {
    let most = model.fact(|facts| facts.context_window).map_or(usize::MAX, |most| most as usize);
    if tokens::pieces(text).count() > most && !cut {
        return Err(ApiError::validation("Input is too long for requested model."));
    }
    Ok(tokens::pieces(text).take(most).collect())
}

/// The image, wherever it is.
fn medium(input: &Value, path: &str) -> Result<String, ApiError> {
    let source = at(input, "/mediaSource");
    if source.is_null() {
        return Err(missing(path, "mediaSource"));
    }
    let inline = text_at(source, "/base64String").or_else(|| text_at(source, "/s3Location/uri"));
    inline.map(str::to_owned).ok_or_else(|| {
        let path = format!("{path}/mediaSource");
        malformed::error(&format!(
            "{path}: required key [base64String] not found, {path}: required key [s3Location] not found"
        ))
    })
}

fn missing(path: &str, key: &str) -> ApiError {
    malformed::error(&format!("{path}: required key [{key}] not found"))
}
