//! Token counts in disjoint buckets, and what they cost.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Tokens of one answer, in buckets that do not overlap: their sum is the whole.
///
/// Bedrock's `inputTokens` excludes cached tokens already; a provider whose wire counts them in must subtract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// Input tokens that were neither read from nor written to a cache.
    pub input_tokens: u64,
    /// Tokens that the model produced, reasoning included.
    pub output_tokens: u64,
    /// Input tokens read from a prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to a prompt cache that lives five minutes.
    pub cache_write_5m_tokens: u64,
    /// Input tokens written to a prompt cache that lives one hour.
    pub cache_write_1h_tokens: u64,
}

impl Usage {
    /// All tokens written to a prompt cache.
    pub const fn cache_write_tokens(&self) -> u64 {
        self.cache_write_5m_tokens.saturating_add(self.cache_write_1h_tokens)
    }

    /// The whole prompt: uncached, read and written.
    pub const fn prompt_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.cache_read_tokens).saturating_add(self.cache_write_tokens())
    }

    /// The whole prompt and the answer.
    pub const fn total_tokens(&self) -> u64 {
        self.prompt_tokens().saturating_add(self.output_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cache_read_tokens = self.cache_read_tokens.saturating_add(other.cache_read_tokens);
        self.cache_write_5m_tokens = self.cache_write_5m_tokens.saturating_add(other.cache_write_5m_tokens);
        self.cache_write_1h_tokens = self.cache_write_1h_tokens.saturating_add(other.cache_write_1h_tokens);
    }
}

/// US dollars per million tokens, one figure per bucket of [`Usage`]; `None` where the price is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rates {
    /// Uncached input.
    pub input: f64,
    /// Output.
    pub output: f64,
    /// Cache reads.
    #[serde(default)]
    pub cache_read: Option<f64>,
    /// Cache writes that live five minutes.
    #[serde(default)]
    pub cache_write_5m: Option<f64>,
    /// Cache writes that live one hour.
    #[serde(default)]
    pub cache_write_1h: Option<f64>,
}

/// Rates that hold for the whole request once its prompt is longer than a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LongContextRates {
    /// The rates apply when the prompt (all input buckets) has more tokens than this.
    pub above_prompt_tokens: u64,
    /// The rates.
    pub rates: Rates,
}

/// What a model costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// The usual rates.
    pub rates: Rates,
    /// Rates of long prompts, by ascending threshold; mostly empty.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub long_context: Cow<'static, [LongContextRates]>,
}

impl Price {
    /// A price with the same rates for every prompt.
    pub const fn flat(rates: Rates) -> Self {
        Self { rates, long_context: Cow::Borrowed(&[]) }
    }

    /// The rates for a prompt of that many tokens.
    pub fn rates_for(&self, prompt_tokens: u64) -> &Rates {
        self.long_context
            .iter()
            .rev()
            .find(|tier| prompt_tokens > tier.above_prompt_tokens)
            .map_or(&self.rates, |tier| &tier.rates)
    }

    /// US dollars for `usage`; `None` if a bucket that was used has no known rate.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let rates = self.rates_for(usage.prompt_tokens());
        let buckets = [
            (usage.input_tokens, Some(rates.input)),
            (usage.output_tokens, Some(rates.output)),
            (usage.cache_read_tokens, rates.cache_read),
            (usage.cache_write_5m_tokens, rates.cache_write_5m),
            (usage.cache_write_1h_tokens, rates.cache_write_1h),
        ];
        buckets.into_iter().filter(|(tokens, _)| *tokens > 0).try_fold(0.0, |sum, (tokens, rate)| {
            #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
            let millions = tokens as f64 / 1e6;
            Some(rate?.mul_add(millions, sum))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        input: 3.0,
        output: 15.0,
        cache_read: Some(0.3),
        cache_write_5m: Some(3.75),
        cache_write_1h: None,
    };

    #[test]
    fn buckets_are_disjoint_and_add_up() {
        let usage = Usage {
            input_tokens: 1,
            output_tokens: 10,
            cache_read_tokens: 100,
            cache_write_5m_tokens: 1_000,
            cache_write_1h_tokens: 10_000,
        };
        assert_eq!(usage.cache_write_tokens(), 11_000);
        assert_eq!(usage.prompt_tokens(), 11_101);
        assert_eq!(usage.total_tokens(), 11_111);
    }

    #[test]
    fn cost_charges_each_bucket_at_its_own_rate() {
        let usage = Usage {
            input_tokens: 1_000_000,
            output_tokens: 100_000,
            cache_read_tokens: 1_000_000,
            cache_write_5m_tokens: 1_000_000,
            ..Usage::default()
        };
        let cost = Price::flat(RATES).cost(&usage).unwrap();
        assert!((cost - (3.0 + 1.5 + 0.3 + 3.75)).abs() < 1e-9, "{cost}");
    }

    #[test]
    fn a_used_bucket_without_a_rate_makes_the_cost_unknown_and_an_unused_one_does_not() {
        let price = Price::flat(RATES);
        assert_eq!(price.cost(&Usage { cache_write_1h_tokens: 1, ..Usage::default() }), None);
        assert_eq!(price.cost(&Usage::default()), Some(0.0));
    }

    #[test]
    fn a_long_prompt_switches_the_rates_of_the_whole_request() {
        let long = Rates { input: 30.0, output: 150.0, ..RATES };
        let price = Price {
            rates: RATES,
            long_context: vec![LongContextRates { above_prompt_tokens: 100, rates: long }].into(),
        };
        assert_eq!(price.rates_for(100), &RATES);
        assert_eq!(price.rates_for(101), &long);
    }
}
