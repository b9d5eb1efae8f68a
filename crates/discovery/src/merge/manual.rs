//! Models of the configuration, laid over what was found.

use outcrop_core::{FactOrigin, Modality, ModelCard, Price, Rates, Support};
use outcrop_model_facts::BedrockId;

use super::{Candidate, card};
use crate::settings::{DiscoverySettings, ManualCost, ManualModel};

/// The card of a model that AWS does not list, before the configuration's own words are laid over it. It has no region
/// but one that is said; `usual` serves to find the price.
pub(super) fn unlisted(
    id: &str,
    model: &ManualModel,
    usual: Option<&str>,
    settings: &DiscoverySettings,
) -> ModelCard {
    let said = model.region.as_deref().or_else(|| BedrockId::parse(id).region());
    let region = said.or(usual).unwrap_or_default();
    let base = model.base_model.as_deref().or_else(|| BedrockId::parse(id).customized_from());
    let mut card = card::card(&Candidate::unlisted(id, region, base), settings);
    card.regions = said.map(str::to_owned).into_iter().collect();
    card
}

/// Lays what the configuration says over a card, field by field.
pub(super) fn overlay(card: &mut ModelCard, model: &ManualModel) {
    let mut said = Vec::new();
    if let Some(name) = model.name.as_deref().filter(|name| !name.trim().is_empty()) {
        name.clone_into(&mut card.name);
        said.push("name");
    }
    if let Some(region) = &model.region {
        card.regions = vec![region.clone()];
        said.push("regions");
    }
    if let Some(reasoning) = model.reasoning {
        card.reasoning = Support::from(reasoning);
        said.push("reasoning");
    }
    if let Some(input) = model.input.as_ref().filter(|input| !input.is_empty()) {
        card.input = input.iter().map(|name| Modality::from(name.as_str())).collect();
        said.push("input");
    }
    if let Some(context_window) = model.context_window.filter(|tokens| *tokens > 0) {
        card.context_window = context_window;
        said.push("contextWindow");
    }
    if let Some(max_tokens) = model.max_tokens.filter(|tokens| *tokens > 0) {
        card.max_tokens = max_tokens;
        said.push("maxTokens");
    }
    if let Some(price) = model.cost.and_then(|cost| price(cost, card.price.as_ref())) {
        card.price = Some(price);
        said.push("cost");
    }
    card.origin.extend(said.into_iter().map(|field| (field.to_owned(), FactOrigin::Config)));
}

/// The price that the configuration means: its figures, and for those that it leaves out the known ones. `None` if it
/// says nothing, or too little to make a price of.
fn price(cost: ManualCost, known: Option<&Price>) -> Option<Price> {
    if cost.is_placeholder() {
        return None;
    }
    let known = known.map(|price| price.rates);
    Some(Price::flat(Rates {
        input: cost.input.or(known.map(|rates| rates.input))?,
        output: cost.output.or(known.map(|rates| rates.output))?,
        cache_read: cost.cache_read.or(known.and_then(|rates| rates.cache_read)),
        cache_write_5m: cost.cache_write.or(known.and_then(|rates| rates.cache_write_5m)),
        cache_write_1h: known.and_then(|rates| rates.cache_write_1h),
    }))
}
