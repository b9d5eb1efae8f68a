//! Models as programs read them: written straight from the cards, because a list of them is what programs ask for most.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::SystemTime;

use outcrop::{ListedModel, ModelReference};
use outcrop_core::{
    AccessCard, CachingCard, CatalogProblem, FactOrigin, Freshness, Hidden, Modality, ModelCard, ModelId,
    ModelKind, ProfileCard, Rates, Support, ThinkingCard,
};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A list of models.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<'a> {
    pub(super) count: usize,
    pub(super) freshness: Freshness,
    pub(super) taken_at: Option<String>,
    pub(super) problems: &'a [CatalogProblem],
    pub(super) models: Vec<Model<'a>>,
}

/// All that is known of a model.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields have the names that they have in JSON")]
pub(super) struct Model<'a> {
    key: Key<'a>,
    id: &'a ModelId,
    name: &'a str,
    provider: &'a str,
    maker_name: Option<&'a str>,
    base_model: Option<&'a ModelId>,
    kind: ModelKind,
    regions: &'a [String],
    profile: Option<&'a ProfileCard>,
    input: &'a [Modality],
    output: &'a [Modality],
    context_window: u32,
    max_tokens: u32,
    reasoning: Support,
    tools: Support,
    streaming: Support,
    thinking: Option<&'a ThinkingCard>,
    caching: CachingCard,
    cost: Option<Cost>,
    price: Option<Price<'a>>,
    lifecycle: Option<&'a str>,
    end_of_life: Option<&'a str>,
    available: Support,
    access: Option<&'a AccessCard>,
    origin: &'a BTreeMap<Cow<'static, str>, FactOrigin>,
    tags: &'a [String],
    hidden: Option<&'a Hidden>,
}

/// `provider/id`, written without a copy.
struct Key<'a>(&'a ModelReference);

impl Serialize for Key<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", self.0.provider, self.0.model))
    }
}

/// US dollars per million tokens: the usual rates.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

/// The whole price: what it holds for, and every rate there is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Price<'a> {
    scope: Option<&'a str>,
    confidence: Option<&'a str>,
    as_of: Option<&'a str>,
    #[serde(flatten)]
    rates: Rates,
    long_context: Vec<Band>,
    tiers: Option<&'a BTreeMap<String, Rates>>,
}

/// The rates of long prompts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Band {
    above_prompt_tokens: u64,
    #[serde(flatten)]
    rates: Rates,
}

impl<'a> Model<'a> {
    pub(super) fn of(model: &'a ListedModel) -> Self {
        let card = &*model.card;
        Self {
            key: Key(&model.reference),
            id: &card.id,
            name: &card.name,
            provider: &card.maker,
            maker_name: card.maker_name.as_deref(),
            base_model: card.base_model.as_ref(),
            kind: card.kind,
            regions: &card.regions,
            profile: card.profile.as_ref(),
            input: &card.input,
            output: &card.output,
            context_window: card.context_window,
            max_tokens: card.max_tokens,
            reasoning: card.reasoning,
            tools: card.tools,
            streaming: card.streaming,
            thinking: card.thinking.as_ref(),
            caching: card.caching,
            cost: card.price.as_ref().map(cost),
            price: price(card),
            lifecycle: card.lifecycle.as_deref(),
            end_of_life: card.end_of_life.as_deref(),
            available: card.available,
            access: card.access.as_ref(),
            origin: &card.origin,
            tags: &model.tags,
            hidden: model.hidden.as_ref(),
        }
    }
}

fn cost(price: &outcrop_core::Price) -> Cost {
    let rates = &price.rates;
    Cost {
        input: rates.input,
        output: rates.output,
        cache_read: rates.cache_read,
        cache_write: rates.cache_write_5m,
    }
}

fn price(card: &ModelCard) -> Option<Price<'_>> {
    let price = card.price.as_ref()?;
    let terms = card.price_terms.as_ref();
    let bands = price.long_context.iter();
    Some(Price {
        scope: terms.map(|terms| &*terms.scope),
        confidence: terms.and_then(|terms| terms.confidence.as_deref()),
        as_of: terms.and_then(|terms| terms.as_of.as_deref()),
        rates: price.rates,
        long_context: bands
            .map(|band| Band { above_prompt_tokens: band.above_prompt_tokens, rates: band.rates })
            .collect(),
        tiers: terms.map(|terms| &terms.tiers),
    })
}

/// A moment, to the second.
pub(super) fn rfc3339(time: SystemTime) -> Option<String> {
    let whole_seconds = OffsetDateTime::from(time).replace_nanosecond(0).ok()?;
    whole_seconds.format(&Rfc3339).ok()
}
