//! The default model with its fallbacks.

use std::sync::Arc;

use outcrop_config::Config;
use outcrop_core::{Layer as _, ModelId, ModelProvider, ProviderId, Result};
use outcrop_layers::{FallbackLayer, FallbackTarget};
use outcrop_model_facts::BedrockId;
use serde_json::Value;

use crate::{Chosen, ModelReference, Outcrop};

/// Who answers for a model that was chosen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answerer {
    /// The provider of the model, which asks the fallbacks by itself when the model cannot answer. Ask it for the model
    /// that was chosen.
    pub provider: Arc<dyn ModelProvider>,
    /// The fallbacks that are left out, each with the reason.
    pub notes: Vec<String>,
}

impl Outcrop {
    /// Who answers for a model that was chosen: its provider, with its fallbacks around it. A model that failed is left
    /// alone for a time by all who ask through this object.
    ///
    /// A fallback whose provider cannot be built is left out, with a note, and so is one without a guardrail where the
    /// model's own provider has one: nobody shall get around it by waiting for a failure. For the same reason a request that
    /// names a guardrail itself goes to no other provider.
    ///
    /// # Errors
    /// As [`Outcrop::provider`], for the model itself.
    pub async fn answerer(&self, chosen: &Chosen) -> Result<Answerer> {
        let first = self.provider(&chosen.reference.provider).await?;
        let mut layer = FallbackLayer::new(self.cooldowns().clone()).with_base(base);
        let mut notes = Vec::new();
        for fallback in &chosen.fallbacks {
            if let Some(reason) = unguarded(self.config(), &chosen.reference, fallback) {
                notes.push(format!("the fallback `{}` is left out: {reason}", fallback.key()));
                continue;
            }
            match self.provider(&fallback.provider).await {
                Ok(provider) => layer = layer.then(FallbackTarget::new(provider, fallback.model.clone())),
                Err(error) => notes.push(format!("the fallback `{}` is left out: {error}", fallback.key())),
            }
        }
        Ok(Answerer { provider: layer.layer(first), notes })
    }

    /// The fallbacks of the configuration for a model, without that model and without those that come twice.
    pub(crate) fn fallbacks_of(&self, reference: &ModelReference) -> Vec<ModelReference> {
        let mut fallbacks: Vec<ModelReference> = Vec::new();
        for name in &self.settings().agents.defaults.model.fallbacks {
            let fallback = self.reference(name);
            let says_nothing = fallback.model.as_str().trim().is_empty();
            if !says_nothing && fallback != *reference && !fallbacks.contains(&fallback) {
                fallbacks.push(fallback);
            }
        }
        fallbacks
    }
}

/// Whether the configuration puts a guardrail around every request of a provider.
pub(crate) fn is_guarded(config: &Config, provider: &ProviderId) -> bool {
    /// What names a guardrail to Bedrock's OpenAI-compatible endpoint
    /// (<https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html>).
    const HEADER: &str = "X-Amzn-Bedrock-GuardrailIdentifier";
    let Some(entry) = config.provider(provider.as_str()) else { return false };
    let headers = entry.settings().get("headers").and_then(Value::as_object);
    let has_header =
        || headers.is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case(HEADER)));
    entry.settings().pointer("/guardrail/guardrailIdentifier").is_some()
        || (entry.api() == Some(outcrop_provider_openai::API) && has_header())
}

/// Why a fallback would get around the guardrail of the model that was chosen; `None` if it would not.
pub(crate) fn unguarded(
    config: &Config,
    chosen: &ModelReference,
    fallback: &ModelReference,
) -> Option<String> {
    let (asked, other) = (&chosen.provider, &fallback.provider);
    let gets_around = is_guarded(config, asked) && !is_guarded(config, other);
    gets_around.then(|| format!("the provider `{asked}` has a guardrail, and `{other}` has none"))
}

/// The model behind an id, wherever it is called: without its region and its profile.
fn base(id: &ModelId) -> ModelId {
    let id = id.as_str();
    let id = outcrop_discovery::region_of(id)
        .and_then(|region| id.strip_suffix(region)?.strip_suffix('@'))
        .unwrap_or(id);
    ModelId::from(BedrockId::parse(id).base().unwrap_or(id))
}

#[cfg(test)]
mod tests;
