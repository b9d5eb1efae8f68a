//! The two data files: read strictly, merged, checked for what would make nonsense of a table.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// Flags that the sources record and nothing here needs: they are about other products or other surfaces.
const NOT_NEEDED: [&str; 9] = [
    "budget_tokens_thinking_still_accepted",
    "computer_use",
    "disable_parallel_tool_use",
    "mantle_uses_openai_v1_path",
    "openai_chat_completions_inline_reasoning",
    "openai_chat_completions_response_format",
    "openai_chat_completions_tools_with_reasoning",
    "system_role_mid_conversation",
    "tool_search",
];

pub(super) struct Source {
    pub(super) as_of: String,
    pub(super) sources: Vec<String>,
    pub(super) models: Vec<Row>,
}

/// One model as the sources have it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) provider_name: String,
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
    pub(super) converse: bool,
    pub(super) context_window: Option<u32>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) input: Vec<Modality>,
    pub(super) output: Vec<Modality>,
    pub(super) reasoning: Option<bool>,
    pub(super) tool_use: Option<bool>,
    pub(super) prompt_caching: Option<bool>,
    pub(super) prompt_cache_min_tokens: Option<u32>,
    #[serde(default)]
    pub(super) profile_prefixes: Vec<String>,
    #[serde(default)]
    pub(super) flags: Flags,
    #[serde(default)]
    pub(super) thinking: Recorded,
    pub(super) end_of_life: Option<String>,
    #[serde(default)]
    pub(super) prices_usd_per_mtok: BTreeMap<String, Price>,
    /// How many independent sources know the model: a matter of the data's making, kept out of the table.
    #[serde(rename = "confirmed_by_families")]
    _confirmed_by_families: u8,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) enum Kind {
    #[serde(rename = "chat")]
    Chat,
    #[serde(rename = "image_generation")]
    ImageGeneration,
    #[serde(rename = "image_edit")]
    ImageEdit,
    #[serde(rename = "embedding")]
    Embedding,
    #[serde(rename = "speech-to-speech")]
    SpeechToSpeech,
    #[serde(rename = "rerank")]
    Rerank,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Modality {
    Text,
    Image,
    #[serde(rename = "pdf")]
    Document,
    Video,
    Audio,
    Embedding,
    Score,
}

/// Quirks that one source records one by one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flags {
    pub(super) accepts_forced_tool_choice_any_or_tool: Option<bool>,
    pub(super) accepts_output_config_effort: Option<bool>,
    pub(super) accepts_temperature_top_p: Option<bool>,
    pub(super) adaptive_thinking: Option<bool>,
    pub(super) assistant_prefill: Option<bool>,
    pub(super) converse_output_config_json_schema: Option<bool>,
    pub(super) converse_strict_tools: Option<bool>,
    pub(super) effort_max: Option<bool>,
    pub(super) effort_minimal: Option<bool>,
    pub(super) effort_none: Option<bool>,
    pub(super) effort_xhigh: Option<bool>,
    pub(super) native_structured_output_anthropic_style: Option<bool>,
    pub(super) output_config_effort_ceiling: Option<Effort>,
    pub(super) thinking_always_on: Option<bool>,
    pub(super) tool_result_images: Option<bool>,
}

/// What another source records about thinking and caching, and what the overrides add.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    pub(super) thinking_mode: Option<Mode>,
    pub(super) thinking_field: Option<String>,
    pub(super) thinking_efforts: Option<Vec<Effort>>,
    pub(super) prompt_cache_mode: Option<CacheMode>,
    pub(super) prompt_cache_max_checkpoints: Option<u8>,
    pub(super) prompt_cache_1h_ttl: Option<bool>,
    pub(super) stream_idle_timeout_ms: Option<u64>,
    pub(super) needs_tool_result_image_hoisting: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    Budget,
    AnthropicBudgetEffort,
    AnthropicAdaptive,
    Effort,
    Field,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CacheMode {
    Explicit,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    pub(super) cache_read: Option<f64>,
    pub(super) cache_write_5m: Option<f64>,
    pub(super) cache_write_1h: Option<f64>,
    #[serde(default)]
    pub(super) long_context_tiers: Vec<LongContext>,
    pub(super) tier_flex: Option<Tier>,
    pub(super) tier_priority: Option<Tier>,
    /// Batch jobs are not called through the runtime.
    #[serde(rename = "tier_batch")]
    _tier_batch: Option<Tier>,
    pub(super) confidence: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongContext {
    pub(super) above_input_tokens: u64,
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_read: Option<f64>,
    pub(super) cache_write_5m: Option<f64>,
    pub(super) cache_write_1h: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_read: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsFile {
    as_of: String,
    #[serde(rename = "units")]
    _units: Value,
    sources: Vec<String>,
    models: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverridesFile {
    #[serde(rename = "about")]
    _about: String,
    overrides: Vec<Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    ids: Vec<String>,
    set: Value,
    reason: String,
}

/// Reads both files and merges the second into the first. The models come out sorted by id.
pub(super) fn load(facts: &str, overrides: &str) -> Result<Source, String> {
    let file: FactsFile =
        serde_json::from_str(facts).map_err(|error| format!("model-facts.json: {error}"))?;
    let overrides: OverridesFile =
        serde_json::from_str(overrides).map_err(|error| format!("overrides.json: {error}"))?;
    let mut models = BTreeMap::new();
    for model in file.models {
        let id = model
            .get("id")
            .and_then(Value::as_str)
            .ok_or("model-facts.json: a model without `id`")?
            .to_owned();
        if models.insert(id.clone(), model).is_some() {
            return Err(format!("model-facts.json: `{id}` stands there twice"));
        }
    }
    apply(&mut models, &overrides.overrides)?;
    let models = models.into_iter().map(|(id, model)| row(&id, model)).collect::<Result<_, _>>()?;
    Ok(Source { as_of: file.as_of, sources: file.sources, models })
}

fn apply(models: &mut BTreeMap<String, Value>, overrides: &[Override]) -> Result<(), String> {
    for Override { ids, set, reason } in overrides {
        if reason.trim().is_empty() {
            return Err(format!("overrides.json: the row for `{}` has no reason", ids.join("`, `")));
        }
        let mut seen = BTreeSet::new();
        for id in ids {
            let model = models.get_mut(id).filter(|_| seen.insert(id)).ok_or_else(|| {
                format!("overrides.json: `{id}` is no model of model-facts.json, or named twice")
            })?;
            let before = model.clone();
            merge(model, set);
            if *model == before {
                return Err(format!(
                    "overrides.json: a row changes nothing about `{id}`; it can go: {reason}"
                ));
            }
        }
    }
    Ok(())
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn row(id: &str, mut model: Value) -> Result<Row, String> {
    if let Some(flags) = model.get_mut("flags").and_then(Value::as_object_mut) {
        flags.retain(|flag, _| !NOT_NEEDED.contains(&flag.as_str()));
    }
    serde_json::from_value(model).map_err(|error| format!("`{id}`: {error}"))
}
