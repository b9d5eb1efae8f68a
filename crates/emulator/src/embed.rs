//! InvokeModel for models of embeddings: their requests, their refusals, and vectors that depend on the text alone.

mod cohere;
mod malformed;
mod marengo;
mod nova;
mod titan;
mod vector;

use serde_json::Value;

use crate::error::ApiError;
use crate::model::Model;

/// An answer of InvokeModel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invoked {
    pub(crate) body: Value,
    /// For the header `x-amzn-bedrock-input-token-count`.
    pub(crate) input_tokens: u64,
}

/// Embeds what a request brings.
pub(crate) fn answer(model: &Model<'_>, body: &Value) -> Result<Invoked, ApiError> {
    if !body.is_object() {
        return Err(ApiError::validation(
            "Malformed input request, please reformat your input and try again.",
        ));
    }
    match model.id.unwrap_or_default() {
        "amazon.titan-embed-text-v1" | "amazon.titan-embed-g1-text-02" => titan::first(model, body),
        "amazon.titan-embed-text-v2:0" => titan::second(model, body),
        "amazon.titan-embed-image-v1" => titan::image(model, body),
        "amazon.nova-2-multimodal-embeddings-v1:0" => nova::answer(model, body),
        "cohere.embed-english-v3" | "cohere.embed-multilingual-v3" => cohere::third(model, body),
        "cohere.embed-v4:0" => cohere::fourth(model, body),
        "twelvelabs.marengo-embed-2-7-v1:0" => marengo::second(model, body),
        "twelvelabs.marengo-embed-3-0-v1:0" => marengo::third(model, body),
        _ if model.converses() => Err(ApiError::validation(format!(
            "The emulator answers InvokeModel for models of embeddings only. Call Converse for {}.",
            model.name()
        ))),
        _ => Err(ApiError::validation(format!(
            "The emulator does not know what InvokeModel takes for {}: it answers for models of embeddings only.",
            model.name()
        ))),
    }
}

#[cfg(test)]
mod tests;
