//! Amazon Nova Multimodal Embeddings, one vector a request. Source: "Complete embeddings request and response schema" in
//! the Amazon Nova user guide.

use serde_json::{Value, json};

use super::malformed::{self, Member, Rule, TEXT, may, needs};
use super::titan::dimensions;
use super::{Invoked, vector};
use crate::error::ApiError;
use crate::json::{at, insert, text_at};
use crate::model::Model;
use crate::tokens;

/// The characters of a text that the model reads. Source: the same page.
const MOST_CHARACTERS: usize = 50_000;

const KINDS: [(&str, &str); 4] =
    [("text", "TEXT"), ("image", "IMAGE"), ("audio", "AUDIO"), ("video", "VIDEO")];

const PURPOSES: &[&str] = &[
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
];
const WORDS: &[Member] = &[
    needs("truncationMode", Rule::Word(&["START", "END", "NONE"])),
    may("value", Rule::Text { min: 1, max: usize::MAX }),
    may("source", Rule::Any),
];
const MEDIA: &[Member] = &[
    needs("format", TEXT),
    needs("source", Rule::Any),
    may("detailLevel", Rule::Word(&["STANDARD_IMAGE", "DOCUMENT_IMAGE"])),
    may("embeddingMode", Rule::Word(&["AUDIO_VIDEO_COMBINED", "AUDIO_VIDEO_SEPARATE"])),
];
const SINGLE: &[Member] = &[
    needs("embeddingPurpose", Rule::Word(PURPOSES)),
    may("embeddingDimension", Rule::Number(&[256, 384, 1024, 3072])),
    may("text", Rule::Object(WORDS)),
    may("image", Rule::Object(MEDIA)),
    may("audio", Rule::Object(MEDIA)),
    may("video", Rule::Object(MEDIA)),
];
const MEMBERS: &[Member] = &[
    may("schemaVersion", Rule::Word(&["nova-multimodal-embed-v1"])),
    // Longer inputs in segments are for asynchronous calls.
    needs("taskType", Rule::Word(&["SINGLE_EMBEDDING"])),
    needs("singleEmbeddingParams", Rule::Object(SINGLE)),
];

pub(super) fn answer(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    malformed::check(MEMBERS, body)?;
    let params = at(body, "/singleEmbeddingParams");
    let given: Vec<_> = KINDS.iter().filter(|(kind, _)| params.get(kind).is_some()).collect();
    let [(kind, label)] = given.as_slice() else {
        return Err(malformed::error(
            "#/singleEmbeddingParams: exactly one of [text, image, audio, video] is required",
        ));
    };
    let input = at(params, &format!("/{kind}")).clone();
    let text = text_at(&input, "/value");
    if *kind == "text" && text.is_none() && input.get("source").is_none() {
        return Err(malformed::error("#/singleEmbeddingParams/text: required key [value] not found"));
    }
    let kept =
        text.map(|text| truncated(model, text, text_at(&input, "/truncationMode").unwrap_or_default()));
    let kept = kept.transpose()?;
    let source = kept.clone().unwrap_or_else(|| at(&input, "/source").to_string());
    let vector = vector::unit(&source, dimensions(params, "/embeddingDimension", 3072));
    let mut embedding = json!({ "embeddingType": label, "embedding": vector });
    let cut = kept.as_ref().filter(|kept| text.is_some_and(|text| text.len() > kept.len()));
    insert(&mut embedding, "truncatedCharLength", cut.map(|kept| kept.chars().count().into()));
    let input_tokens = kept.map_or_else(|| tokens::of_bytes(source.len()), |kept| tokens::count(&kept));
    Ok(Invoked { body: json!({ "embeddings": [embedding] }), input_tokens })
}

/// What the model reads of a text.
fn truncated(model: &Model<'_>, text: &str, mode: &str) -> Result<String, ApiError> {
    let most = model.fact(|facts| facts.context_window).unwrap_or(8192);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let pieces: Vec<_> = tokens::pieces(text).collect();
    if pieces.len() <= most && text.chars().count() <= MOST_CHARACTERS {
        return Ok(text.to_owned());
    }
    let kept: String = match mode {
        "END" => pieces.iter().take(most).copied().collect(),
        "START" => pieces.iter().skip(pieces.len().saturating_sub(most)).copied().collect(),
        _ => return Err(ApiError::validation("Input is too long for requested model.")),
    };
    let surplus = kept.chars().count().saturating_sub(MOST_CHARACTERS);
    Ok(match mode {
        "START" => kept.chars().skip(surplus).collect(),
        _ => kept.chars().take(MOST_CHARACTERS).collect(),
    })
}
