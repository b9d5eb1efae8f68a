//! Amazon Titan. Source: "Amazon Titan Embeddings G1 - Text" and "Amazon Titan Multimodal Embeddings G1" in the Bedrock
//! user guide.

use serde_json::{Value, json};

use super::malformed::{self, Member, Rule, TEXT, may, needs};
use super::{Invoked, vector};
use crate::error::ApiError;
use crate::json::{at, insert, text_at};
use crate::model::Model;
use crate::tokens;

/// What the service takes of a text, if the table of facts does not know.
const USUAL_WINDOW: u32 = 8192;

const WORDS: Rule = Rule::Text { min: 1, max: 50_000 };

/// Text v1 and G1: always 1536 numbers.
pub(super) fn first(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const MEMBERS: &[Member] = &[needs("inputText", WORDS)];
    malformed::check(MEMBERS, body)?;
    let text = text_at(body, "/inputText").unwrap_or_default();
    let tokens = counted(model, text)?;
    Ok(Invoked {
        body: json!({ "embedding": vector::unit(text, 1536), "inputTextTokenCount": tokens }),
        input_tokens: tokens,
    })
}

/// Text v2: as many numbers as one likes, and bits.
pub(super) fn second(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const KINDS: Rule = Rule::Word(&["float", "binary"]);
    const MEMBERS: &[Member] = &[
        needs("inputText", WORDS),
        may("dimensions", Rule::Number(&[256, 512, 1024])),
        may("normalize", Rule::Boolean),
        may("embeddingTypes", Rule::List { of: &KINDS, max: 2 }),
    ];
    malformed::check(MEMBERS, body)?;
    let text = text_at(body, "/inputText").unwrap_or_default();
    let tokens = counted(model, text)?;
    let dimensions = dimensions(body, "/dimensions", 1024);
    let normalize = at(body, "/normalize").as_bool().unwrap_or(true);
    let floats = if normalize { vector::unit(text, dimensions) } else { vector::raw(text, dimensions) };
    let wants = |kind: &str| match at(body, "/embeddingTypes").as_array() {
        Some(kinds) => kinds.iter().any(|it| it == kind),
        None => kind == "float",
    };
    let mut by_type = json!({});
    if wants("binary") {
        let bits: Vec<_> = floats.iter().map(|it| u8::from(*it > 0.0)).collect();
        insert(&mut by_type, "binary", Some(bits.into()));
    }
    let mut answer = json!({ "inputTextTokenCount": tokens });
    if wants("float") {
        insert(&mut by_type, "float", Some(floats.clone().into()));
        insert(&mut answer, "embedding", Some(floats.into()));
    }
    insert(&mut answer, "embeddingsByType", Some(by_type));
    Ok(Invoked { body: answer, input_tokens: tokens })
}

/// Text, an image, or both in one vector.
pub(super) fn image(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const CONFIG: &[Member] = &[may("outputEmbeddingLength", Rule::Number(&[256, 384, 1024]))];
    const MEMBERS: &[Member] =
        &[may("inputText", WORDS), may("inputImage", TEXT), may("embeddingConfig", Rule::Object(CONFIG))];
    malformed::check(MEMBERS, body)?;
    let (text, image) = (text_at(body, "/inputText"), text_at(body, "/inputImage"));
    if text.is_none() && image.is_none() {
        return Err(malformed::error(
            "#: required key [inputText] not found, #: required key [inputImage] not found",
        ));
    }
    let tokens = counted(model, text.unwrap_or_default())?;
    let both = [text.unwrap_or_default(), image.unwrap_or_default()].join("\0");
    let dimensions = dimensions(body, "/embeddingConfig/outputEmbeddingLength", 1024);
    Ok(Invoked {
        body: json!({
            "embedding": vector::unit(&both, dimensions), "inputTextTokenCount": tokens, "message": null,
        }),
        input_tokens: tokens,
    })
}

/// The tokens of a text. Titan cuts nothing off.
fn counted(model: &Model<'_>, text: &str) -> Result<u64, ApiError> {
    let (tokens, most) =
        (tokens::count(text), model.fact(|facts| facts.context_window).unwrap_or(USUAL_WINDOW));
    if tokens > u64::from(most) {
        return Err(ApiError::validation(format!(
            "400 Bad Request: Too many input tokens. Max input tokens: {most}, request input token count: {tokens} "
        )));
    }
    Ok(tokens)
}

pub(super) fn dimensions(body: &Value, pointer: &str, usual: usize) -> usize {
    at(body, pointer).as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(usual)
}
