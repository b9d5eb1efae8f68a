//! A card from what AWS lists and what the table of facts knows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use outcrop_core::{
    FactOrigin, Modality, ModelCard, ModelId, ModelKind, PriceTerms, ProfileCard, Support, ThinkingCard,
};
use outcrop_model_facts::facts::{self, ModelFacts, ScopedPrice, Thinking};
use outcrop_model_facts::{BedrockId, Geography};

use super::candidate::{Candidate, destinations, single_model};
use super::{access, manual};
use crate::rows::{InferenceProfileRow, SYSTEM_DEFINED};
use crate::settings::DiscoverySettings;
use crate::source::Source;

/// The maker of a model that says nothing about itself.
const UNKNOWN_MAKER: &str = "unknown";

/// Who says so, by the name of the field in JSON.
type Origins = BTreeMap<Cow<'static, str>, FactOrigin>;

/// The card of a candidate.
pub(super) fn card(candidate: &Candidate<'_>, settings: &DiscoverySettings) -> ModelCard {
    let mut origin = Origins::new();
    let (context_window, max_tokens) = limits(candidate.facts, settings, &mut origin);
    let (input, output) = modalities(candidate, &mut origin);
    let row = candidate.row;
    let price = price(candidate);
    let thinking = candidate.facts.and_then(thinking);
    let caching = candidate.facts.map(|facts| facts.prompt_caching.card()).unwrap_or_default();
    let retires = row.and_then(|row| row.end_of_life.as_deref());
    let end_of_life = retires.or_else(|| candidate.facts?.end_of_life);
    let access = candidate.access.map(|row| access::card(row, candidate));
    provenance(candidate, &mut origin);
    for field in ["cost", "price"] {
        mark(&mut origin, field, price.map(|_| as_of()));
    }
    mark(&mut origin, "thinking", thinking.as_ref().map(|_| as_of()));
    mark(&mut origin, "caching", caching.supported.known().map(|_| as_of()));
    let from_aws = || retires.map_or_else(as_of, |_| FactOrigin::Aws);
    mark(&mut origin, "endOfLife", end_of_life.map(|_| from_aws()));
    mark(&mut origin, "available", access.as_ref().map(|_| FactOrigin::Aws));
    mark(&mut origin, "lifecycle", row.and_then(|row| row.lifecycle.as_ref()).map(|_| FactOrigin::Aws));
    mark(&mut origin, "streaming", row.and_then(|row| row.streaming).map(|_| FactOrigin::Aws));
    let maker = candidate.maker().unwrap_or(UNKNOWN_MAKER);
    let mut card = ModelCard::new(candidate.id, maker, context_window, max_tokens);
    card.name = name(candidate, &mut origin);
    card.maker_name = candidate.maker_name().map(str::to_owned);
    card.base_model = candidate.base.map(ModelId::from);
    card.kind = kind(candidate.facts, &output);
    card.regions =
        Some(candidate.region.to_owned()).into_iter().filter(|region| !region.is_empty()).collect();
    card.profile = candidate.profile.map(|profile| profile_card(profile, candidate));
    card.input = input;
    card.output = output;
    card.reasoning = fact(candidate.facts, "reasoning", |facts| facts.reasoning, &mut origin);
    card.tools = fact(candidate.facts, "tools", |facts| facts.tool_use, &mut origin);
    card.streaming = Support::from(row.and_then(|row| row.streaming));
    card.thinking = thinking;
    card.caching = caching;
    card.price = price.map(|found| found.price.clone());
    card.price_terms = price.map(terms);
    card.lifecycle = row.and_then(|row| row.lifecycle.clone());
    card.end_of_life = end_of_life.map(str::to_owned);
    card.available = Support::from(access.as_ref().map(|access| access.reason.is_none()));
    card.access = access;
    card.origin = origin;
    manual::apply(&mut card, &candidate.said);
    card
}

/// Who says what a card is, apart from what it can do.
fn provenance(candidate: &Candidate<'_>, origin: &mut Origins) {
    let named = candidate.row.and_then(|row| row.provider_name.as_ref());
    let known = candidate.facts.map(|_| as_of());
    mark(origin, "makerName", named.map(|_| FactOrigin::Aws).or(known.clone()));
    mark(origin, "kind", known);
    let listed = candidate.row.is_some() || candidate.profile.is_some() || candidate.deployment.is_some();
    mark(origin, "regions", listed.then_some(FactOrigin::Aws));
    mark(origin, "profile", candidate.profile.map(|_| FactOrigin::Aws));
    let base = if candidate.base_is_configured { FactOrigin::Config } else { FactOrigin::Aws };
    mark(
        origin,
        "baseModel",
        candidate.base.filter(|_| listed || candidate.base_is_configured).map(|_| base),
    );
}

fn thinking(facts: &ModelFacts) -> Option<ThinkingCard> {
    let (mode, field, efforts, always_on) = match facts.thinking {
        Thinking::None => ("none", None, &[][..], false),
        Thinking::Budget => ("budget", None, &[][..], false),
        Thinking::Adaptive { efforts, always_on } => ("adaptive", None, efforts, always_on),
        Thinking::Field { name, efforts, always_on } => ("field", Some(name), efforts, always_on),
        Thinking::Unknown => return None,
    };
    let mut card = ThinkingCard::new(mode);
    card.field = field.map(str::to_owned);
    card.efforts = efforts.iter().map(|effort| effort.as_str().to_owned()).collect();
    card.effort_ceiling = facts.effort_ceiling.map(|effort| effort.as_str().to_owned());
    card.always_on = always_on;
    Some(card)
}

fn terms(found: &ScopedPrice) -> PriceTerms {
    let mut terms = PriceTerms::new(found.scope.to_string());
    terms.confidence = Some(found.confidence.as_str().to_owned());
    terms.as_of = Some(facts::AS_OF.to_owned());
    terms.tiers = found.tiers.iter().map(|(tier, rates)| (tier.as_str().to_owned(), *rates)).collect();
    terms
}

/// The table of facts, as of a month.
fn as_of() -> FactOrigin {
    FactOrigin::Facts(facts::AS_OF.get(.."2026-11".len()).unwrap_or(facts::AS_OF).into())
}

fn mark(origin: &mut Origins, field: &'static str, who: Option<FactOrigin>) {
    origin.extend(who.map(|who| (field.into(), who)));
}

/// AWS's name, else that of the table, else the id.
fn name(candidate: &Candidate<'_>, origin: &mut Origins) -> String {
    let profile = candidate.profile.map(|profile| profile.name.as_str());
    let deployment = candidate.deployment.map(|(_, row)| row.name.as_str());
    let model = candidate.row.and_then(|row| row.name.as_deref());
    let listed = profile.or(deployment).or(model).filter(|name| !name.trim().is_empty());
    let known = candidate.facts.and_then(|facts| facts.name);
    let (name, who) = match (listed, known) {
        (Some(name), _) => (name, FactOrigin::Aws),
        (None, Some(name)) => (name, as_of()),
        (None, None) => (candidate.id, FactOrigin::Default),
    };
    mark(origin, "name", Some(who));
    name.to_owned()
}

/// Context window and longest answer: the table's, else the guesses of the settings. A guessed answer is no longer than
/// what fits.
fn limits(facts: Option<&ModelFacts>, settings: &DiscoverySettings, origin: &mut Origins) -> (u32, u32) {
    let mut limit = |field, known: Option<u32>, guess| {
        mark(origin, field, Some(known.map_or(FactOrigin::Default, |_| as_of())));
        known.unwrap_or(guess)
    };
    let context_window =
        limit("contextWindow", facts.and_then(|facts| facts.context_window), settings.default_context_window);
    let guess = settings.default_max_tokens.min(context_window);
    let max_tokens = limit("maxTokens", facts.and_then(|facts| facts.max_output_tokens), guess);
    (context_window, max_tokens)
}

/// What it takes and gives: AWS's lists, else the table's, else text. AWS has no word for documents, so the table's
/// word on them is added.
fn modalities(candidate: &Candidate<'_>, origin: &mut Origins) -> (Vec<Modality>, Vec<Modality>) {
    let read = |texts: &[String]| texts.iter().map(|text| Modality::from(text.as_str())).collect::<Vec<_>>();
    let mut choose = |field, listed: Vec<Modality>, known: &[Modality]| {
        let (chosen, who) = match (listed.is_empty(), known.is_empty()) {
            (false, _) => (listed, FactOrigin::Aws),
            (true, false) => (known.to_vec(), as_of()),
            (true, true) => (vec![Modality::Text], FactOrigin::Default),
        };
        mark(origin, field, Some(who));
        chosen
    };
    let known = |list: fn(&'static ModelFacts) -> &'static [Modality]| candidate.facts.map_or(&[][..], list);
    let listed = candidate.row.map(|row| (read(&row.input_modalities), read(&row.output_modalities)));
    let (listed_input, listed_output) = listed.unwrap_or_default();
    let known_input = known(|facts| facts.input);
    let mut input = choose("input", listed_input, known_input);
    let output = choose("output", listed_output, known(|facts| facts.output));
    if known_input.contains(&Modality::Document) && !input.contains(&Modality::Document) {
        input.push(Modality::Document);
    }
    (input, output)
}

fn kind(facts: Option<&ModelFacts>, output: &[Modality]) -> ModelKind {
    match facts {
        Some(facts) => facts.kind,
        None if output.contains(&Modality::Text) => ModelKind::Chat,
        None if output.contains(&Modality::Embedding) => ModelKind::Embedding,
        None if output.contains(&Modality::Image) => ModelKind::ImageGeneration,
        None => ModelKind::Chat,
    }
}

fn fact(
    facts: Option<&ModelFacts>,
    field: &'static str,
    get: fn(&ModelFacts) -> Support,
    origin: &mut Origins,
) -> Support {
    let support = facts.map_or(Support::Unknown, get);
    mark(origin, field, support.known().map(|_| as_of()));
    support
}

/// The price of what is called: the id itself, or what a profile of the account was copied from.
///
/// What has an ARN of its own has a price of its own: bought throughput by the hour, imported models by the minute.
fn price(candidate: &Candidate<'_>) -> Option<&'static ScopedPrice> {
    if let Some((source, _)) = candidate.deployment
        && source != Source::CustomModelDeployments
    {
        return None;
    }
    let called = match candidate.profile {
        Some(profile) if profile.kind != SYSTEM_DEFINED => {
            candidate.copied_from.or_else(|| single_model(profile))?
        }
        _ => candidate.id,
    };
    let region = Some(candidate.region).filter(|region| !region.is_empty());
    let of = |id: &str| facts::price_of(&BedrockId::parse(id), region);
    // Only ids that name no model are priced by the model that they are said to stand for.
    of(called).or_else(|| BedrockId::parse(called).base().is_none().then(|| of(candidate.base?))?)
}

fn profile_card(profile: &InferenceProfileRow, candidate: &Candidate<'_>) -> ProfileCard {
    let named = if profile.kind == SYSTEM_DEFINED { Some(candidate.id) } else { candidate.copied_from };
    let geography = named.and_then(|id| BedrockId::parse(id).geography()).map(Geography::as_str);
    let mut card = ProfileCard::new(profile.kind.as_str(), destinations(profile));
    card.geography = geography.map(str::to_owned);
    card
}
