//! What a model costs.

use schemars::JsonSchema;
use serde::Deserialize;

/// Prices in USD per million tokens.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Cost {
    /// Tokens sent that were in no cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub input: Option<f64>,
    /// Tokens of the answer, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub output: Option<f64>,
    /// Tokens read from the prompt cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_read: Option<f64>,
    /// Tokens written to the prompt cache for five minutes, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_write: Option<f64>,
    /// Tokens written to the prompt cache for an hour, in USD per million.
    #[serde(rename = "cacheWrite1h")]
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_write_1h: Option<f64>,
    /// The prices of long prompts, in any order: for a prompt, the one with the highest `abovePromptTokens` that it
    /// exceeds holds. What one leaves out is as for shorter prompts.
    pub long_context: Option<Vec<LongContextCost>>,
}

/// The prices of prompts above a length, for the whole prompt and its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["abovePromptTokens"]))]
#[non_exhaustive]
pub struct LongContextCost {
    /// How long a prompt may be without these prices, in tokens, cached ones included.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("x-unit" = "tokens"))]
    pub above_prompt_tokens: u64,
    /// Tokens sent that were in no cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub input: Option<f64>,
    /// Tokens of the answer, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub output: Option<f64>,
    /// Tokens read from the prompt cache, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_read: Option<f64>,
    /// Tokens written to the prompt cache for five minutes, in USD per million.
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_write: Option<f64>,
    /// Tokens written to the prompt cache for an hour, in USD per million.
    #[serde(rename = "cacheWrite1h")]
    #[schemars(range(min = 0), extend("x-unit" = "USD per million tokens"))]
    pub cache_write_1h: Option<f64>,
}

impl Cost {
    /// Whether every price that is there is zero, as in files that were filled in by a form. Such a cost says nothing.
    pub fn is_placeholder(&self) -> bool {
        let usual = [self.input, self.output, self.cache_read, self.cache_write, self.cache_write_1h];
        let long = self.long_context.iter().flatten().flat_map(|band| {
            [band.input, band.output, band.cache_read, band.cache_write, band.cache_write_1h]
        });
        usual.into_iter().chain(long).flatten().all(|price| price == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_of_zeros_says_nothing() {
        let says_something = |text: &str| !serde_json::from_str::<Cost>(text).unwrap().is_placeholder();
        for nothing in [
            "{}",
            r#"{"input": 0, "output": 0.0, "cacheWrite1h": 0}"#,
            r#"{"input": 0, "longContext": [{"abovePromptTokens": 200000, "input": 0}]}"#,
        ] {
            assert!(!says_something(nothing), "{nothing}");
        }
        for something in [
            r#"{"output": 0.1}"#,
            r#"{"input": 0, "cacheWrite1h": 4}"#,
            r#"{"input": 0, "longContext": [{"abovePromptTokens": 200000, "input": 0, "cacheWrite1h": 6}]}"#,
        ] {
            assert!(says_something(something), "{something}");
        }
    }
}
