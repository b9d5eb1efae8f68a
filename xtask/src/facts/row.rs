//! One model of the data file, as it is written and read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One model as the sources have it.
#[derive(Debug, Serialize, Deserialize)]
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
    #[serde(default)]
    pub(super) input: Vec<Modality>,
    #[serde(default)]
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
    pub(super) confirmed_by_families: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Modality {
    Text,
    Image,
    #[serde(rename = "pdf")]
    Document,
    Audio,
    Video,
    Embedding,
    Score,
}

/// Quirks that one source records one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flags {
    pub(super) accepts_forced_tool_choice_any_or_tool: Option<bool>,
    pub(super) accepts_output_config_effort: Option<bool>,
    pub(super) accepts_stop_sequences: Option<bool>,
    pub(super) accepts_temperature_top_p: Option<bool>,
    pub(super) accepts_temperature_with_top_p: Option<bool>,
    pub(super) accepts_thinking_display: Option<bool>,
    pub(super) adaptive_thinking: Option<bool>,
    pub(super) assistant_prefill: Option<bool>,
    pub(super) converse_output_config_json_schema: Option<bool>,
    pub(super) converse_strict_tools: Option<bool>,
    pub(super) effort_max: Option<bool>,
    pub(super) effort_minimal: Option<bool>,
    pub(super) effort_none: Option<bool>,
    pub(super) effort_xhigh: Option<bool>,
    pub(super) interleaved_thinking_beta: Option<bool>,
    pub(super) native_structured_output_anthropic_style: Option<bool>,
    pub(super) output_config_effort_ceiling: Option<Effort>,
    pub(super) thinking_always_on: Option<bool>,
    pub(super) thinks_unasked: Option<bool>,
    pub(super) tool_result_images: Option<bool>,
}

/// What another source records about thinking and caching, and what the overrides add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    Budget,
    AnthropicBudgetEffort,
    AnthropicAdaptive,
    Effort,
    Field,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CacheMode {
    Explicit,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

/// US dollars per million tokens, for one scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Kept out of the table: batch jobs are not called through the runtime.
    pub(super) tier_batch: Option<Tier>,
    pub(super) confidence: Option<String>,
}

/// The rates of the whole request once its prompt is longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongContext {
    pub(super) above_input_tokens: u64,
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_read: Option<f64>,
    pub(super) cache_write_5m: Option<f64>,
    pub(super) cache_write_1h: Option<f64>,
}

/// The rates of a service tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_read: Option<f64>,
}
