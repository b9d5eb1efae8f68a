//! What the configuration says of models, laid over what was found.

use std::cmp::Reverse;

use outcrop_core::{CachingCard, FactOrigin, Modality, ModelCard, PriceTerms, Support, ThinkingCard};
use outcrop_model_facts::BedrockId;
use wildmatch::WildMatchPattern;

use super::{Candidate, card};
use crate::settings::{DiscoverySettings, EFFORTS, ManualModel, ModelOverride};

/// The card of a model that AWS does not list, before the configuration's own words are laid over it. It has no region
/// but one that is said; `usual` serves to find the price.
pub(super) fn unlisted(
    id: &str,
    model: &ManualModel,
    usual: Option<&str>,
    settings: &DiscoverySettings,
    overrides: &Overrides<'_>,
) -> ModelCard {
    let said = model.region.as_deref().or_else(|| BedrockId::parse(id).region());
    let region = said.or(usual).unwrap_or_default();
    let configured = model.known.base_model.as_deref();
    let candidate = Candidate::of_unlisted(id, region, configured, overrides);
    let mut card = card::card(&candidate, settings);
    card.regions = said.map(str::to_owned).into_iter().collect();
    card
}

/// The overrides of the settings, ready to be asked about many ids.
pub(super) struct Overrides<'a>(Vec<Override<'a>>);

struct Override<'a> {
    id: &'a str,
    /// `None` for an id without `*`.
    pattern: Option<Pattern>,
    /// The characters of the pattern that stand for themselves.
    literal: usize,
    said: &'a ModelOverride,
}

/// `*` stands for any text, and nothing else for anything but itself.
type Pattern = WildMatchPattern<'*', '\0'>;

impl<'a> Overrides<'a> {
    pub(super) fn new(settings: &'a DiscoverySettings) -> Self {
        let overrides = settings.overrides.iter().map(|(id, said)| Override {
            id,
            pattern: id.contains('*').then(|| Pattern::new(id)),
            literal: id.chars().filter(|character| *character != '*').count(),
            said,
        });
        let mut overrides: Vec<_> = overrides.collect();
        // The more specific before the less; what is equally specific stays in the order of names.
        overrides.sort_by_key(|it| (it.pattern.is_some(), Reverse(it.literal)));
        Self(overrides)
    }

    /// What they say of an id and the model behind it, the more specific before the less.
    pub(super) fn of(&self, id: &str, base: Option<&str>) -> ModelOverride {
        let base = base.filter(|base| *base != id);
        let fits = |it: &'_ &Override<'_>| it.fits(id) || base.is_some_and(|base| it.fits(base));
        let mut fitting: Vec<_> = self.0.iter().filter(fits).map(|it| (it.fits(id), it)).collect();
        // What is called before what is behind it, where both are said equally well.
        fitting.sort_by_key(|(of_id, it)| (it.pattern.is_some(), Reverse(it.literal), !of_id));
        fitting.into_iter().fold(ModelOverride::default(), |merged, (of_id, it)| {
            let mut said = it.said.clone();
            // A price belongs to the id that is called.
            said.cost = said.cost.filter(|_| of_id);
            merged.or(said)
        })
    }

    /// The foundation model that they say is behind an id.
    pub(super) fn base_of(&self, id: &str) -> Option<&'a str> {
        self.0.iter().filter(|it| it.fits(id)).find_map(|it| it.said.base_model.as_deref())
    }
}

impl Override<'_> {
    fn fits(&self, id: &str) -> bool {
        self.pattern.as_ref().map_or(self.id == id, |pattern| pattern.matches(id))
    }
}

/// Lays a model of a provider entry over a card, field by field.
pub(super) fn overlay(card: &mut ModelCard, model: &ManualModel) {
    if let Some(region) = &model.region {
        card.regions = vec![region.clone()];
        card.origin.insert("regions".into(), FactOrigin::Config);
    }
    apply(card, &model.known);
}

/// Lays what the configuration says over a card, field by field.
pub(super) fn apply(card: &mut ModelCard, known: &ModelOverride) {
    let mut said = Vec::new();
    if let Some(name) = known.name.as_deref().filter(|name| !name.trim().is_empty()) {
        name.clone_into(&mut card.name);
        said.push("name");
    }
    let mut tokens = |field, value: Option<u32>, place: &mut u32| {
        if let Some(tokens) = value.filter(|tokens| *tokens > 0) {
            *place = tokens;
            said.push(field);
        }
    };
    tokens("contextWindow", known.context_window, &mut card.context_window);
    tokens("maxTokens", known.max_tokens, &mut card.max_tokens);
    let mut modalities = |field, value: &Option<Vec<String>>, place: &mut Vec<Modality>| {
        if let Some(names) = value.as_ref().filter(|names| !names.is_empty()) {
            *place = names.iter().map(|name| Modality::from(name.as_str())).collect();
            said.push(field);
        }
    };
    modalities("input", &known.input, &mut card.input);
    modalities("output", &known.output, &mut card.output);
    let mut support = |field, value: Option<bool>, place: &mut Support| {
        if let Some(value) = value {
            *place = value.into();
            said.push(field);
        }
    };
    support("reasoning", known.reasoning, &mut card.reasoning);
    support("tools", known.tools, &mut card.tools);
    if let Some(supported) = known.prompt_caching {
        if !supported {
            card.caching = CachingCard::default();
        }
        card.caching.supported = supported.into();
        said.push("caching");
    }
    if thinking(card, known) {
        said.push("thinking");
    }
    let mut text = |field, value: &Option<String>, place: &mut Option<String>| {
        if value.is_some() {
            place.clone_from(value);
            said.push(field);
        }
    };
    text("lifecycle", &known.lifecycle, &mut card.lifecycle);
    text("endOfLife", &known.end_of_life, &mut card.end_of_life);
    if let Some(price) = known.cost.as_ref().and_then(|cost| cost.price(card.price.as_ref())) {
        card.price = Some(price);
        card.price_terms = Some(PriceTerms::new("config"));
        said.extend(["cost", "price"]);
    }
    card.origin.extend(said.into_iter().map(|field| (field.into(), FactOrigin::Config)));
}

/// Lays the way of thinking over a card; whether there was anything to lay.
fn thinking(card: &mut ModelCard, known: &ModelOverride) -> bool {
    let ModelOverride { thinking, thinking_field, efforts, always_thinks, effort_ceiling, .. } = known;
    if (thinking, thinking_field, efforts, always_thinks, effort_ceiling)
        == (&None, &None, &None, &None, &None)
    {
        return false;
    }
    // Who names a field says that the model is told by one.
    let by_field = thinking_field.as_ref().map(|_| "field".to_owned());
    let mode = thinking.clone().or(by_field);
    let same_mode = |card: &ThinkingCard| mode.as_ref().is_none_or(|mode| *mode == card.mode);
    // Fields and efforts of another mode mean nothing in this one.
    let usual = card.thinking.take().filter(same_mode);
    let mut thinking = usual.unwrap_or_else(|| ThinkingCard::new(mode.as_deref().unwrap_or("adaptive")));
    let height = |effort: &str| EFFORTS.iter().position(|known| *known == effort);
    if thinking.mode == "field"
        && let Some(field) = thinking_field
    {
        thinking.field = Some(field.clone());
    }
    if let Some(efforts) = efforts {
        thinking.efforts.clone_from(efforts);
        thinking.efforts.sort_by_key(|effort| height(effort));
        thinking.efforts.dedup();
    }
    if let Some(always) = always_thinks {
        thinking.always_on = *always;
    }
    if let Some(ceiling) = effort_ceiling {
        if !thinking.efforts.is_empty() {
            thinking.efforts.retain(|effort| height(effort) < height(ceiling));
            thinking.efforts.push(ceiling.clone());
        }
        thinking.effort_ceiling = Some(ceiling.clone());
    }
    card.thinking = Some(thinking);
    true
}
