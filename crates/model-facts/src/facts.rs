//! The table of what is known about foundation models.
//!
//! Every row was put together from public catalogues ([`SOURCES`]) on [`AS_OF`]; what they disagree on was decided
//! row by row, with a reason, in `data/overrides.json`. What nobody says stays [`Support::Unknown`] or `None`.

use std::time::Duration;

use outcrop_core::{CachingCard, Modality, ModelKind, Support};

use crate::Geography;

mod lookup;
mod price;
mod table;

pub use lookup::{Exactness, Match, find, lookup, price_of};
pub use price::{Confidence, PriceScope, ScopedPrice, ServiceTier};
pub use table::{AS_OF, SOURCES};

/// All rows, sorted by id.
pub fn all() -> &'static [ModelFacts] {
    table::MODELS
}

/// The prefixes of all makers in the table, sorted: `ai21`, `amazon`, `anthropic`, …
pub fn makers() -> &'static [&'static str] {
    table::MAKERS
}

/// Models that have on-demand throughput although inference profiles lead to them: the older ones. Source: "Supported
/// foundation models in Amazon Bedrock" and "Supported Regions and models for inference profiles" in the Bedrock user
/// guide.
const ON_DEMAND_BESIDE_PROFILES: &[&str] = &[
    "amazon.nova-canvas-",
    "amazon.nova-lite-v1:0",
    "amazon.nova-micro-v1:0",
    "amazon.nova-pro-v1:0",
    "anthropic.claude-3-5-sonnet-20240620-",
    "anthropic.claude-3-haiku-",
    "anthropic.claude-3-opus-",
    "anthropic.claude-3-sonnet-",
    "deepseek.v3.2",
    "meta.llama3-1-",
    "stability.",
];

/// What is known about one foundation model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The foundation model's id, without geography: `anthropic.claude-opus-5`.
    pub id: &'static str,
    /// The maker's prefix: `anthropic`.
    pub provider: &'static str,
    /// The maker's name as AWS spells it: `Anthropic`.
    pub provider_name: &'static str,
    /// The model's name, as in `Claude Opus 5`.
    pub name: Option<&'static str>,
    /// What the model is for.
    pub kind: ModelKind,
    /// Whether Converse and ConverseStream can call it.
    pub converse: bool,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// The most tokens that an answer may have. Asking for more is an error.
    pub max_output_tokens: Option<u32>,
    /// What it takes; empty if that is not known.
    pub input: &'static [Modality],
    /// What it gives; empty if that is not known.
    pub output: &'static [Modality],
    /// Whether it reasons before it answers.
    pub reasoning: Support,
    /// Whether it calls tools.
    pub tool_use: Support,
    /// Prompt caching.
    pub prompt_caching: PromptCaching,
    /// The geographies for which an inference profile has been seen. The account's own list is the truth.
    pub profile_prefixes: &'static [&'static str],
    /// How a request controls reasoning.
    pub thinking: Thinking,
    /// The highest effort that is accepted as `output_config.effort`.
    pub effort_ceiling: Option<Effort>,
    /// Whether it reasons when a request says nothing of it, for models that can also do without.
    pub thinks_unasked: Support,
    /// Whether it thinks between calls of tools when `anthropic_beta` asks for that. Adaptive thinking does so by itself.
    pub interleaved_thinking: Support,
    /// Whether `thinking.display` is accepted. Where it is not, thoughts come as summaries; where it is, newer models leave
    /// them out unless it says otherwise.
    pub thinking_display: Support,
    /// Whether `temperature` and `topP` are accepted. [`Support::Unknown`] means that no restriction is recorded.
    pub sampling: Support,
    /// Whether one request may have both of them. [`Support::Unknown`] means that no restriction is recorded.
    pub temperature_with_top_p: Support,
    /// Whether `stopSequences` is accepted. [`Support::Unknown`] means that no restriction is recorded.
    pub stop_sequences: Support,
    /// Whether tool choice may be `any` or `tool`. [`Support::Unknown`] means that no restriction is recorded.
    pub forced_tool_choice: Support,
    /// Whether `outputConfig` takes a JSON schema.
    pub native_structured_output: Support,
    /// Whether `toolSpec.strict` is accepted.
    pub strict_tools: Support,
    /// Whether the last message may be the beginning of the answer.
    pub assistant_prefill: Support,
    /// Whether images may stand inside tool results. If not, they have to move to a message of the user.
    pub tool_result_images: Support,
    /// How long the model may be silent between two events of a stream.
    pub idle_timeout: Option<Duration>,
    /// The day on which the model goes away, `YYYY-MM-DD`. What the service says in `modelLifecycle` beats this.
    pub end_of_life: Option<&'static str>,
    /// What it costs, by the scope of the id that is called. Empty if nothing is known.
    pub prices: &'static [ScopedPrice],
}

impl ModelFacts {
    /// Whether the model is called through an inference profile only, as far as is known: its bare id is refused, for
    /// want of on-demand throughput. The account's own list is the truth.
    pub fn needs_profile(&self) -> bool {
        let commercial = self.profile_prefixes.iter().any(|prefix| *prefix != Geography::US_GOV.as_str());
        commercial && !ON_DEMAND_BESIDE_PROFILES.iter().any(|start| self.id.starts_with(start))
    }

    /// Whether the model is a Claude of a generation before the fourth.
    pub fn is_before_claude_4(&self) -> bool {
        const OLDER: [&str; 3] = ["claude-3-", "claude-v", "claude-instant-"];
        let name = self.id.strip_prefix("anthropic.");
        name.is_some_and(|name| OLDER.iter().any(|start| name.starts_with(start)))
    }

    /// Whether the id is a name of `bedrock-mantle` only, which the runtime does not know: it is priced nowhere else
    /// and no inference profile has it.
    pub fn is_mantle_only(&self) -> bool {
        let mantle =
            |price: &ScopedPrice| matches!(price.scope, PriceScope::Mantle | PriceScope::MantleRegion(_));
        !self.prices.is_empty() && self.prices.iter().all(mantle) && self.profile_prefixes.is_empty()
    }
}

/// How a model caches prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptCaching {
    /// Whether it caches prompts in any way.
    pub supported: Support,
    /// Whether a request may mark the end of a cached prefix with `cachePoint`. A model that caches and takes no
    /// cache points does so by itself.
    pub cache_points: Support,
    /// The most cache points in one request.
    pub max_cache_points: Option<u8>,
    /// Whether a cache point may ask for `ttl: 1h`.
    pub one_hour_ttl: Support,
    /// Shorter prefixes are not cached; in tokens. A hint: the sources differ.
    pub min_tokens: Option<u32>,
}

impl PromptCaching {
    /// The same for a card of the catalogue.
    pub const fn card(&self) -> CachingCard {
        let mut card = CachingCard::new(self.supported);
        card.cache_points = self.cache_points;
        card.max_cache_points = self.max_cache_points;
        card.one_hour = self.one_hour_ttl;
        card.min_tokens = self.min_tokens;
        card
    }
}

/// How a request controls the reasoning of a model.
///
/// [`Budget`](Self::Budget) and [`Adaptive`](Self::Adaptive) are the two forms of Anthropic's `thinking` field in
/// `additionalModelRequestFields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// The model does not reason.
    None,
    /// `thinking: {type: "enabled", budget_tokens}`.
    Budget,
    /// `thinking: {type: "adaptive"}` with `output_config: {effort}`.
    Adaptive {
        /// The efforts that are accepted, lowest first.
        efforts: &'static [Effort],
        /// Reasoning cannot be turned off.
        always_on: bool,
    },
    /// A request field of the model's own.
    Field {
        /// The name inside `additionalModelRequestFields`: `reasoning_effort`, `reasoningConfig`, `reasoning`.
        name: &'static str,
        /// The efforts that are accepted, lowest first; empty if they are not known.
        efforts: &'static [Effort],
        /// Reasoning cannot be turned off.
        always_on: bool,
    },
    /// Whether it reasons, or how that can be controlled, is not known.
    Unknown,
}

/// How hard a model may think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// `minimal`.
    Minimal,
    /// `low`.
    Low,
    /// `medium`.
    Medium,
    /// `high`.
    High,
    /// `xhigh`.
    XHigh,
    /// `max`.
    Max,
}

impl Effort {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }
}

#[cfg(test)]
mod tests;
