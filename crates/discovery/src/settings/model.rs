//! What the configuration says about single models.

use outcrop_core::{LongContextRates, Price, Rates};
use serde::{Deserialize, Serialize};

/// The efforts that a model may be asked for, lowest first.
pub(crate) const EFFORTS: [&str; 6] = ["minimal", "low", "medium", "high", "xhigh", "max"];

/// A model of the configuration. What is unset stays as it was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ManualModel {
    /// The id to call it by.
    pub id: String,
    /// The region to call it in.
    pub region: Option<String>,
    /// What is known of it.
    #[serde(flatten)]
    pub known: ModelOverride,
}

impl ManualModel {
    /// A model of which only the id is said.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

/// What somebody knows better about a model. What is unset stays as it was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ModelOverride {
    /// The name for people.
    pub name: Option<String>,
    /// The foundation model behind it, where AWS does not tell.
    pub base_model: Option<String>,
    /// Whether Converse can call it.
    pub converse: Option<bool>,
    /// Whether it reasons visibly.
    pub reasoning: Option<bool>,
    /// How a request controls its reasoning: `none`, `budget`, `adaptive` or `field`.
    pub thinking: Option<String>,
    /// The request field of its own, where `thinking` is `field` or unset: `reasoning_effort`.
    pub thinking_field: Option<String>,
    /// The efforts that it accepts.
    pub efforts: Option<Vec<String>>,
    /// Whether reasoning cannot be turned off.
    pub always_thinks: Option<bool>,
    /// The highest effort that it accepts.
    pub effort_ceiling: Option<String>,
    /// Whether it can ask for tools.
    pub tools: Option<bool>,
    /// Whether it caches prompts.
    pub prompt_caching: Option<bool>,
    /// What it takes: `text`, `image`, `document`, `video`, `audio`.
    pub input: Option<Vec<String>>,
    /// What it gives: `text` and others.
    pub output: Option<Vec<String>>,
    /// What it costs.
    pub cost: Option<ManualCost>,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Tokens of an answer.
    pub max_tokens: Option<u32>,
    /// `ACTIVE` or `LEGACY`.
    pub lifecycle: Option<String>,
    /// The day on which it goes away, `YYYY-MM-DD`.
    pub end_of_life: Option<String>,
}

impl ModelOverride {
    /// What this one leaves open is as `weaker` says.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        Self {
            name: self.name.or(weaker.name),
            base_model: self.base_model.or(weaker.base_model),
            converse: self.converse.or(weaker.converse),
            reasoning: self.reasoning.or(weaker.reasoning),
            thinking: self.thinking.or(weaker.thinking),
            thinking_field: self.thinking_field.or(weaker.thinking_field),
            efforts: self.efforts.or(weaker.efforts),
            always_thinks: self.always_thinks.or(weaker.always_thinks),
            effort_ceiling: self.effort_ceiling.or(weaker.effort_ceiling),
            tools: self.tools.or(weaker.tools),
            prompt_caching: self.prompt_caching.or(weaker.prompt_caching),
            input: self.input.or(weaker.input),
            output: self.output.or(weaker.output),
            cost: match (self.cost, weaker.cost) {
                (Some(cost), Some(weaker)) => Some(cost.or(weaker)),
                (cost, weaker) => cost.or(weaker),
            },
            context_window: self.context_window.or(weaker.context_window),
            max_tokens: self.max_tokens.or(weaker.max_tokens),
            lifecycle: self.lifecycle.or(weaker.lifecycle),
            end_of_life: self.end_of_life.or(weaker.end_of_life),
        }
    }
}

/// US dollars per million tokens. All zero counts as unset: files that were filled in by a form are full of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ManualCost {
    /// Uncached input.
    pub input: Option<f64>,
    /// Output.
    pub output: Option<f64>,
    /// Cache reads.
    pub cache_read: Option<f64>,
    /// Cache writes that live five minutes.
    pub cache_write: Option<f64>,
    /// Cache writes that live one hour.
    pub cache_write_1h: Option<f64>,
    /// The rates of long prompts.
    pub long_context: Option<Vec<ManualLongContext>>,
}

/// What a request costs whose prompt is longer than a threshold: US dollars per million tokens. What is left out is as for
/// shorter prompts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ManualLongContext {
    /// The rates hold for prompts of more tokens than this.
    pub above_prompt_tokens: u64,
    /// Uncached input.
    pub input: Option<f64>,
    /// Output.
    pub output: Option<f64>,
    /// Cache reads.
    pub cache_read: Option<f64>,
    /// Cache writes that live five minutes.
    pub cache_write: Option<f64>,
    /// Cache writes that live one hour.
    pub cache_write_1h: Option<f64>,
}

impl ManualCost {
    /// Whether it says nothing: every figure that is there is zero.
    pub fn is_placeholder(&self) -> bool {
        let figures = [self.input, self.output, self.cache_read, self.cache_write, self.cache_write_1h];
        let bands = self.long_context.iter().flatten().flat_map(|band| {
            [band.input, band.output, band.cache_read, band.cache_write, band.cache_write_1h]
        });
        figures.into_iter().chain(bands).flatten().all(|figure| figure == 0.0)
    }

    /// What this one leaves open is as `weaker` says. A placeholder leaves everything open.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        if self.is_placeholder() {
            return weaker;
        }
        Self {
            input: self.input.or(weaker.input),
            output: self.output.or(weaker.output),
            cache_read: self.cache_read.or(weaker.cache_read),
            cache_write: self.cache_write.or(weaker.cache_write),
            cache_write_1h: self.cache_write_1h.or(weaker.cache_write_1h),
            long_context: self.long_context.or(weaker.long_context),
        }
    }

    /// The price that is meant: its figures, and for those that it leaves out the known ones. `None` if it says nothing,
    /// or too little to make a price of.
    pub(crate) fn price(&self, known: Option<&Price>) -> Option<Price> {
        if self.is_placeholder() {
            return None;
        }
        let known_rates = known.map(|price| price.rates);
        let rates = Rates {
            input: self.input.or(known_rates.map(|rates| rates.input))?,
            output: self.output.or(known_rates.map(|rates| rates.output))?,
            cache_read: self.cache_read.or(known_rates.and_then(|rates| rates.cache_read)),
            cache_write_5m: self.cache_write.or(known_rates.and_then(|rates| rates.cache_write_5m)),
            cache_write_1h: self.cache_write_1h.or(known_rates.and_then(|rates| rates.cache_write_1h)),
        };
        let long_context = match &self.long_context {
            Some(bands) => {
                let mut bands: Vec<_> = bands.iter().map(|band| band.rates(&rates)).collect();
                bands.sort_by_key(|band| band.above_prompt_tokens);
                bands.into()
            }
            // The known bands are of other rates than those that are said.
            None if self.input.is_some() || self.output.is_some() => Vec::new().into(),
            None => known.map(|price| price.long_context.clone()).unwrap_or_default(),
        };
        Some(Price { rates, long_context })
    }
}

impl ManualLongContext {
    /// What it leaves out is as for shorter prompts.
    fn rates(&self, usual: &Rates) -> LongContextRates {
        LongContextRates {
            above_prompt_tokens: self.above_prompt_tokens,
            rates: Rates {
                input: self.input.unwrap_or(usual.input),
                output: self.output.unwrap_or(usual.output),
                cache_read: self.cache_read.or(usual.cache_read),
                cache_write_5m: self.cache_write.or(usual.cache_write_5m),
                cache_write_1h: self.cache_write_1h.or(usual.cache_write_1h),
            },
        }
    }
}
