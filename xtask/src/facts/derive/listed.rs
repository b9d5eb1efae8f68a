//! models.dev, and the catalogues that are made from it. They have one origin and count as one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ids;
use crate::facts::row::{CacheMode, Effort, LongContext, Modality, Mode, Price, Recorded};

/// What one of them says about one id.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) prefix: Option<String>,
    pub(super) base: String,
    pub(super) name: Option<String>,
    pub(super) reasoning: Option<bool>,
    pub(super) tool_use: Option<bool>,
    pub(super) context_window: Option<u32>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) input: Vec<Modality>,
    pub(super) output: Vec<Modality>,
    pub(super) recorded: Option<Recorded>,
    pub(super) prompt_cache_min_tokens: Option<u32>,
    /// It is known to be reached through `bedrock-mantle`.
    pub(super) mantle: bool,
    pub(super) price: Option<Price>,
}

/// Turns the rows of a catalogue into one shape.
fn rows<T: DeserializeOwned>(
    catalogue: &Value,
    convert: impl Fn(T) -> Listed,
) -> Result<Vec<Listed>, String> {
    let rows: BTreeMap<String, T> = parse(catalogue)?;
    let listed = |(id, row): (String, T)| {
        let (prefix, base) = ids::split(&id);
        Listed { prefix: prefix.map(str::to_owned), base: base.to_owned(), ..convert(row) }
    };
    Ok(rows.into_iter().map(listed).collect())
}

fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

/// `NAME (US)` is the profile's name.
fn model_name(name: &str) -> String {
    let profile = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let geography = |word: &str| {
        ["Global", "GovCloud"].contains(&word)
            || (word.len() <= 6 && word.chars().all(|it| it.is_ascii_uppercase()))
    };
    match profile {
        Some((model, word)) if geography(word) => model.to_owned(),
        _ => name.to_owned(),
    }
}

/// Free is not a price: these catalogues write 0 for what they do not know.
fn rate(rate: Option<f64>) -> Option<f64> {
    rate.filter(|rate| *rate > 0.0)
}

fn price(input: Option<f64>, output: Option<f64>, read: Option<f64>, write: Option<f64>) -> Option<Price> {
    let price =
        Price { input, output, cache_read: rate(read), cache_write_5m: rate(write), ..Price::default() };
    rate(input).or(rate(output)).map(|_| price)
}

/// The row of pi-ai and of what grew out of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PiRow {
    name: String,
    reasoning: bool,
    input: Vec<Modality>,
    cost: PiCost,
    context_window: Option<u32>,
    max_tokens: Option<u32>,
    thinking: Option<PiThinking>,
    compat: Option<PiCompat>,
    requires_tool_result_image_hoisting: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PiCost {
    input: Option<f64>,
    output: Option<f64>,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

#[derive(Deserialize)]
struct PiThinking {
    mode: Mode,
    efforts: Vec<Effort>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PiCompat {
    prompt_cache_mode: Option<CacheMode>,
    prompt_cache_maximum_checkpoints: Option<u8>,
    prompt_cache_minimum_tokens: Option<u32>,
    supports_long_prompt_cache_retention: Option<bool>,
    stream_idle_timeout_ms: Option<u64>,
}

/// The rows of pi-ai, and of the catalogue of its fork with its metadata on thinking and caching.
pub(super) fn pi(catalogue: &Value) -> Result<Vec<Listed>, String> {
    rows(catalogue, |row: PiRow| Listed {
        name: Some(model_name(&row.name)),
        reasoning: Some(row.reasoning),
        context_window: row.context_window,
        max_output_tokens: row.max_tokens,
        input: row.input,
        output: vec![Modality::Text],
        prompt_cache_min_tokens: row.compat.as_ref().and_then(|it| it.prompt_cache_minimum_tokens),
        recorded: row.compat.map(|compat| Recorded {
            thinking_mode: row.thinking.as_ref().map(|thinking| thinking.mode),
            thinking_efforts: row.thinking.map(|thinking| thinking.efforts),
            prompt_cache_mode: compat.prompt_cache_mode,
            prompt_cache_max_checkpoints: compat.prompt_cache_maximum_checkpoints,
            prompt_cache_1h_ttl: compat.supports_long_prompt_cache_retention,
            stream_idle_timeout_ms: compat.stream_idle_timeout_ms,
            needs_tool_result_image_hoisting: row.requires_tool_result_image_hoisting,
            ..Recorded::default()
        }),
        price: price(row.cost.input, row.cost.output, row.cost.cache_read, row.cost.cache_write),
        ..Listed::default()
    })
}

/// The row of models.dev itself, out of its tables.
#[derive(Deserialize)]
struct ModelsDevRow {
    name: String,
    reasoning: u8,
    tool_call: u8,
    limit_context: u32,
    limit_output: u32,
    provider_npm: Option<String>,
    input: Vec<Modality>,
    output: Vec<Modality>,
    prices: Vec<ModelsDevPrice>,
}

#[derive(Deserialize)]
struct ModelsDevPrice {
    min_context: u64,
    cost_input: f64,
    cost_output: f64,
    cost_cache_read: Option<f64>,
    cost_cache_write: Option<f64>,
}

/// The rows of models.dev.
pub(super) fn models_dev(catalogue: &Value) -> Result<Vec<Listed>, String> {
    rows(catalogue, |row: ModelsDevRow| Listed {
        name: Some(model_name(&row.name)),
        reasoning: Some(row.reasoning != 0),
        tool_use: Some(row.tool_call != 0),
        context_window: Some(row.limit_context),
        max_output_tokens: Some(row.limit_output),
        input: row.input,
        output: row.output,
        mantle: row.provider_npm.is_some_and(|package| package.ends_with("/mantle")),
        price: models_dev_price(&row.prices),
        ..Listed::default()
    })
}

fn models_dev_price(bands: &[ModelsDevPrice]) -> Option<Price> {
    let (usual, long) = bands.split_first()?;
    let mut price = price(
        Some(usual.cost_input),
        Some(usual.cost_output),
        usual.cost_cache_read,
        usual.cost_cache_write,
    )?;
    price.long_context_tiers = long
        .iter()
        .map(|band| LongContext {
            above_input_tokens: band.min_context,
            input: band.cost_input,
            output: band.cost_output,
            cache_read: band.cost_cache_read,
            cache_write_5m: band.cost_cache_write,
            cache_write_1h: None,
        })
        .collect();
    Some(price)
}

/// The rows of model-prices: nothing but prices.
pub(super) fn model_prices(catalogue: &Value) -> Result<Vec<Listed>, String> {
    rows(catalogue, |row: Map<String, Value>| {
        let rate = |field: &str| row.get(field).and_then(Value::as_f64);
        Listed {
            price: price(rate("input"), rate("output"), rate("cache_read"), rate("cache_write")),
            ..Listed::default()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_pi_keep_what_they_record_about_thinking_and_caching() {
        let rows = pi(&json!({ "us.amazon.one": {
            "name": "One (US)", "reasoning": true, "input": ["text", "image"], "contextWindow": 1000, "maxTokens": 100,
            "cost": { "input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 1.25 },
            "thinking": { "mode": "anthropic-adaptive", "efforts": ["low", "high"] },
            "compat": { "promptCacheMode": "explicit", "promptCacheMinimumTokens": 512, "streamIdleTimeoutMs": 9 },
        } }))
        .unwrap();
        let row = &rows[0];
        assert_eq!(
            (row.prefix.as_deref(), row.base.as_str(), row.name.as_deref()),
            (Some("us"), "amazon.one", Some("One"))
        );
        let recorded = row.recorded.as_ref().unwrap();
        assert_eq!(recorded.thinking_mode, Some(Mode::AnthropicAdaptive));
        assert_eq!(
            (recorded.prompt_cache_mode, row.prompt_cache_min_tokens),
            (Some(CacheMode::Explicit), Some(512))
        );
        let price = row.price.as_ref().unwrap();
        assert_eq!((price.cache_read, price.cache_write_5m), (None, Some(1.25)), "0 is what nobody entered");
    }

    #[test]
    fn rows_of_models_dev_tell_the_other_endpoint() {
        let rows = models_dev(&json!({ "openai.one": {
            "name": "One", "reasoning": 1, "tool_call": 0, "limit_context": 5, "limit_output": 4,
            "provider_npm": "@ai-sdk/amazon-bedrock/mantle", "input": ["text"], "output": ["text"],
            "prices": [
                { "min_context": 0, "cost_input": 1.0, "cost_output": 2.0 },
                { "min_context": 200_000, "cost_input": 2.0, "cost_output": 3.0 },
            ],
        } }))
        .unwrap();
        assert!(rows[0].mantle && rows[0].reasoning == Some(true) && rows[0].tool_use == Some(false));
        assert_eq!(rows[0].price.as_ref().unwrap().long_context_tiers[0].above_input_tokens, 200_000);
    }

    #[test]
    fn only_the_geography_comes_off_a_name() {
        assert_eq!(model_name("Claude Opus 5 (Global)"), "Claude Opus 5");
        assert_eq!(model_name("Qwen3 32B (dense)"), "Qwen3 32B (dense)");
        assert_eq!(model_name("Mistral Small (24.02)"), "Mistral Small (24.02)");
    }
}
