//! Models as programs read them.

use std::time::SystemTime;

use outcrop::ListedModel;
use outcrop_core::{LongContextRates, ModelCard, Price};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;

/// All that is known of a model.
pub(super) fn model(model: &ListedModel) -> Result<Map<String, Value>, Failure> {
    let card = &*model.card;
    let mut fields = object(card)?;
    fields.remove("priceTerms");
    fields.insert("cost".to_owned(), card.price.as_ref().map_or(Value::Null, cost));
    fields.insert("price".to_owned(), price(card)?);
    if let (Some(origin), Some(Value::Object(origins))) = (card.origin.get("cost"), fields.get_mut("origin"))
    {
        origins.insert("price".to_owned(), json!(origin));
    }
    fields.insert("key".to_owned(), model.reference.key().into());
    fields.insert("tags".to_owned(), json!(model.tags));
    fields.insert("hidden".to_owned(), json!(model.hidden));
    Ok(fields)
}

/// A moment, to the second.
pub(super) fn rfc3339(time: SystemTime) -> Option<String> {
    let whole_seconds = OffsetDateTime::from(time).replace_nanosecond(0).ok()?;
    whole_seconds.format(&Rfc3339).ok()
}

fn object(value: &impl serde::Serialize) -> Result<Map<String, Value>, Failure> {
    let value: Result<Map<_, _>, _> = serde_json::to_value(value).and_then(serde_json::from_value);
    Ok(value.map_err(|error| {
        outcrop::Error::new(outcrop::ErrorKind::Unexpected, "the model cannot be written as JSON")
            .with_source(error)
    })?)
}

/// US dollars per million tokens: the usual rates.
fn cost(price: &Price) -> Value {
    let rates = &price.rates;
    json!({
        "input": rates.input,
        "output": rates.output,
        "cacheRead": rates.cache_read,
        "cacheWrite": rates.cache_write_5m,
    })
}

/// The whole price: what it holds for, and every rate there is.
fn price(card: &ModelCard) -> Result<Value, Failure> {
    let Some(Price { rates, long_context }) = &card.price else { return Ok(Value::Null) };
    let mut fields = object(rates)?;
    let terms = card.price_terms.as_ref();
    fields.insert("scope".to_owned(), json!(terms.map(|terms| &terms.scope)));
    fields.insert("confidence".to_owned(), json!(terms.and_then(|terms| terms.confidence.as_ref())));
    fields.insert("asOf".to_owned(), json!(terms.and_then(|terms| terms.as_of.as_ref())));
    let bands = long_context.iter().map(band).collect::<Result<Vec<_>, _>>()?;
    fields.insert("longContext".to_owned(), bands.into());
    let tiers = terms.iter().flat_map(|terms| &terms.tiers);
    let tiers = tiers.map(|(tier, rates)| Ok((tier.clone(), object(rates)?.into())));
    fields.insert("tiers".to_owned(), Value::Object(tiers.collect::<Result<_, Failure>>()?));
    Ok(fields.into())
}

fn band(band: &LongContextRates) -> Result<Value, Failure> {
    let mut fields = object(&band.rates)?;
    fields.insert("abovePromptTokens".to_owned(), band.above_prompt_tokens.into());
    Ok(fields.into())
}
