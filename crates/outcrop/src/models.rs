//! Lists of models, as people and programs want them.

use std::sync::Arc;

use outcrop_core::{ModelCard, ProviderId, Query, Result, Snapshot};

use crate::{DEFAULT_PROVIDER, ModelReference, Outcrop};

/// What to list.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ModelFilter {
    /// Only models of this provider entry, or of a maker by name or id prefix; in any case.
    pub provider: Option<String>,
    /// Only models whose id or name has all these words; in any case.
    pub words: Vec<String>,
}

impl ModelFilter {
    /// Only models of this provider entry or maker.
    pub fn of(provider: Option<String>) -> Self {
        Self { provider, words: Vec::new() }
    }

    /// Only models whose id or name has all these words.
    pub fn with_words(mut self, words: Vec<String>) -> Self {
        self.words = words;
        self
    }

    fn admits(&self, provider: &ProviderId, card: &ModelCard) -> bool {
        let same = |wanted: &str, name: &str| name.trim().eq_ignore_ascii_case(wanted.trim());
        let of_provider = self.provider.as_deref().is_none_or(|wanted| {
            same(wanted, provider.as_str())
                || same(wanted, &card.maker)
                || card.maker_name.as_deref().is_some_and(|name| same(wanted, name))
        });
        let text = format!("{} {}", card.id, card.name).to_lowercase();
        of_provider && self.words.iter().all(|word| text.contains(&word.to_lowercase()))
    }
}

/// A model in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedModel {
    /// The model.
    pub reference: ModelReference,
    /// All that is known of it.
    pub card: Arc<ModelCard>,
    /// What it is to the configuration: `default`, `fallback#1`, `configured`.
    pub tags: Vec<String>,
}

/// A list of models, filtered, with its [`Snapshot`] for what else there is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelList {
    /// The models.
    pub models: Vec<ListedModel>,
    /// Where they are from.
    pub snapshot: Snapshot,
}

impl Outcrop {
    /// The models of Amazon Bedrock that can be called.
    ///
    /// # Errors
    /// If nothing could be listed.
    pub async fn models(&self, query: &Query, filter: &ModelFilter) -> Result<ModelList> {
        let provider = ProviderId::from(DEFAULT_PROVIDER);
        let snapshot = self.snapshot(&provider, query).await?;
        let models = snapshot
            .models
            .iter()
            .filter(|card| filter.admits(&provider, card))
            .map(|card| {
                let reference = ModelReference { provider: provider.clone(), model: card.id.clone() };
                ListedModel { tags: self.tags(&reference), reference, card: Arc::clone(card) }
            })
            .collect();
        Ok(ModelList { models, snapshot })
    }

    fn tags(&self, reference: &ModelReference) -> Vec<String> {
        let settings = self.settings();
        let defaults = &settings.agents.defaults.model;
        let is_meant = |name: &str| self.reference(name) == *reference;
        let mut tags = Vec::new();
        if defaults.primary.as_deref().is_some_and(is_meant) {
            tags.push("default".to_owned());
        }
        if let Some(place) = defaults.fallbacks.iter().position(|name| is_meant(name)) {
            tags.push(format!("fallback#{}", place + 1));
        }
        let entry = settings.models.providers.get(reference.provider.as_str());
        let models = entry.and_then(|entry| entry.models.as_deref()).unwrap_or_default();
        if models.iter().any(|model| reference.model == model.id.as_str()) {
            tags.push("configured".to_owned());
        }
        tags
    }
}
