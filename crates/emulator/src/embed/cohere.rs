//! Cohere Embed. Source: "Cohere Embed v3" and "Cohere Embed v4" in the Bedrock user guide.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::malformed::{self, Member, Rule, TEXT, may, needs};
use super::titan::dimensions;
use super::{Invoked, vector};
use crate::error::ApiError;
use crate::json::{insert, list_at, text_at};
use crate::model::Model;
use crate::tokens;

const KINDS: Rule = Rule::Word(&["float", "int8", "uint8", "binary", "ubinary"]);
const KINDS_LIST: Rule = Rule::List { of: &KINDS, max: 5 };
const TEXTS_AT_ONCE: usize = 96;

/// English and multilingual v3: 1024 numbers, short texts.
pub(super) fn third(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const WORDS: Rule = Rule::Text { min: 0, max: 2048 };
    const MEMBERS: &[Member] = &[
        needs(
            "input_type",
            Rule::Word(&["search_document", "search_query", "classification", "clustering", "image"]),
        ),
        may("texts", Rule::List { of: &WORDS, max: TEXTS_AT_ONCE }),
        may("images", Rule::List { of: &TEXT, max: 1 }),
        may("truncate", Rule::Word(&["NONE", "START", "END"])),
        may("embedding_types", KINDS_LIST),
    ];
    malformed::check(MEMBERS, body)?;
    let inputs = inputs(body, &["texts", "images"])?;
    let tokens = counted(model, body, &inputs)?;
    Ok(answered(body, &inputs, 1024, tokens))
}

/// v4: as many numbers as one likes, long texts.
pub(super) fn fourth(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    const MEMBERS: &[Member] = &[
        needs("input_type", Rule::Word(&["search_document", "search_query", "classification", "clustering"])),
        may("texts", Rule::List { of: &TEXT, max: TEXTS_AT_ONCE }),
        may("images", Rule::List { of: &TEXT, max: TEXTS_AT_ONCE }),
        may("inputs", Rule::List { of: &Rule::Any, max: TEXTS_AT_ONCE }),
        may("truncate", Rule::Word(&["NONE", "LEFT", "RIGHT"])),
        may("embedding_types", KINDS_LIST),
        may("output_dimension", Rule::Number(&[256, 512, 1024, 1536])),
        may("max_tokens", Rule::Any),
    ];
    malformed::check(MEMBERS, body)?;
    let inputs = inputs(body, &["texts", "images", "inputs"])?;
    let tokens = counted(model, body, &inputs)?;
    Ok(answered(body, &inputs, dimensions(body, "/output_dimension", 1536), tokens))
}

/// What is to be embedded: exactly one of the lists.
fn inputs(body: &Value, lists: &[&str]) -> Result<Vec<String>, ApiError> {
    let given: Vec<_> = lists.iter().filter(|list| body.get(list).is_some()).collect();
    let [list] = given.as_slice() else {
        let missing = lists.iter().map(|list| format!("#: required key [{list}] not found"));
        return Err(match given.as_slice() {
            [] => malformed::error(&missing.collect::<Vec<_>>().join(", ")),
            _ => malformed::error("#: only one of the keys [texts], [images] and [inputs] is permitted"),
        });
    };
    let items = list_at(body, &format!("/{list}"));
    Ok(items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect())
}

/// The tokens of all inputs. One that is too long is an error unless the request lets it be cut.
fn counted(model: &Model<'_>, body: &Value, inputs: &[String]) -> Result<u64, ApiError> {
    let most = model.fact(|facts| facts.context_window).map_or(u64::MAX, u64::from);
    let cuts = text_at(body, "/truncate").is_some_and(|mode| mode != "NONE");
    let mut all = 0;
    for input in inputs {
        let tokens = if body.get("texts").is_some() { tokens::count(input) } else { 0 };
        if tokens > most && !cuts {
            return Err(ApiError::validation("Input is too long for requested model."));
        }
        all += tokens.min(most);
    }
    Ok(all)
}

/// The vectors: plain, or by type if the request names types.
fn answered(body: &Value, inputs: &[String], dimensions: usize, input_tokens: u64) -> Invoked {
    let vectors: Vec<_> = inputs.iter().map(|input| vector::unit(input, dimensions)).collect();
    let kinds = list_at(body, "/embedding_types");
    let (embeddings, response_type) = if kinds.is_empty() {
        (json!(vectors), "embeddings_floats")
    } else {
        let mut by_type = json!({});
        for kind in kinds.iter().filter_map(Value::as_str) {
            let rows: Value = vectors.iter().map(|vector| as_kind(vector, kind)).collect();
            insert(&mut by_type, kind, Some(rows));
        }
        (by_type, "embeddings_by_type")
    };
    let mut answer = json!({ "id": id(body), "embeddings": embeddings, "response_type": response_type });
    insert(&mut answer, "texts", body.get("texts").cloned());
    Invoked { body: answer, input_tokens }
}

fn as_kind(vector: &[f64], kind: &str) -> Value {
    match kind {
        "int8" => vector::whole(vector).into(),
        "uint8" => vector::whole(vector).into_iter().map(|it| it + 128).collect(),
        "binary" => vector::signs(vector).into_iter().map(|byte| i16::from(byte) - 128).collect(),
        "ubinary" => vector::signs(vector).into(),
        _ => vector.into(),
    }
}

/// An id in the form of a UUID, the same for the same request.
fn id(body: &Value) -> String {
    let digest = Sha256::digest(body.to_string());
    let hex = digest.iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| hex.get(part).unwrap_or_default().to_owned()).join("-")
}
