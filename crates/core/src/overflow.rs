//! By how much a conversation is too long.

use serde::{Deserialize, Serialize};

/// The numbers of an overflow, in tokens, as far as the service said them.
///
/// ```
/// use outcrop_core::Overflow;
/// let overflow = Overflow::new(Some(190_000), Some(20_000), Some(200_000));
/// assert_eq!(overflow.excess(), Some(10_000));
/// assert_eq!(overflow.fitting_max_tokens(), Some(10_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Overflow {
    /// The length of the prompt, as the service counted it.
    pub prompt_tokens: Option<u64>,
    /// The most tokens that the request allowed the answer, where they count against the same limit.
    pub max_tokens: Option<u64>,
    /// The most that the model takes.
    pub limit: Option<u64>,
}

impl Overflow {
    /// The numbers that are known.
    pub const fn new(prompt_tokens: Option<u64>, max_tokens: Option<u64>, limit: Option<u64>) -> Self {
        Self { prompt_tokens, max_tokens, limit }
    }

    /// How many tokens there are too many; `None` if that cannot be told.
    pub fn excess(&self) -> Option<u64> {
        let wanted = self.prompt_tokens?.saturating_add(self.max_tokens.unwrap_or(0));
        wanted.checked_sub(self.limit?).filter(|excess| *excess > 0)
    }

    /// The highest `maxTokens` with which the same prompt fits: where the prompt alone does, and the tokens that were
    /// asked for the answer are the reason that it all does not.
    pub fn fitting_max_tokens(&self) -> Option<u64> {
        let left = self.limit?.checked_sub(self.prompt_tokens?)?;
        self.max_tokens.filter(|max_tokens| left > 0 && *max_tokens > left).map(|_| left)
    }

    /// What to do about it, in one line, with the numbers; `None` if there are none to name.
    pub fn advice(&self) -> Option<String> {
        if let (Some(fitting), Some(prompt), Some(limit)) =
            (self.fitting_max_tokens(), self.prompt_tokens, self.limit)
        {
            return Some(format!(
                "lower `maxTokens` to at most {fitting}: the prompt takes {prompt} of the {limit} tokens that the model \
                 has for both"
            ));
        }
        let shorten = "shorten the prompt, or take a model with a larger context window";
        match (self.excess(), self.limit?, self.max_tokens) {
            (Some(1), ..) => Some(format!("1 token too long: {shorten}")),
            (Some(excess), ..) => Some(format!("{excess} tokens too long: {shorten}")),
            (None, limit, Some(max_tokens @ 1..)) => Some(format!(
                "the model takes {limit} tokens at most, and `maxTokens` keeps {max_tokens} of them for the answer: lower \
                 it, {shorten}"
            )),
            (None, limit, _) => Some(format!("the model takes {limit} tokens at most: {shorten}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(prompt: Option<u64>, max: Option<u64>, limit: Option<u64>) -> String {
        Overflow::new(prompt, max, limit).advice().unwrap_or_default()
    }

    #[test]
    fn a_prompt_that_fits_alone_calls_for_a_shorter_answer() {
        assert_eq!(
            advice(Some(190_000), Some(20_000), Some(200_000)),
            "lower `maxTokens` to at most 10000: the prompt takes 190000 of the 200000 tokens that the model has for \
             both"
        );
    }

    #[test]
    fn a_prompt_that_is_too_long_says_by_how_much() {
        let shorten = "too long: shorten the prompt, or take a model with a larger context window";
        assert_eq!(advice(Some(210_000), None, Some(200_000)), format!("10000 tokens {shorten}"));
        assert_eq!(advice(Some(200_001), None, Some(200_000)), format!("1 token {shorten}"));
        assert_eq!(advice(Some(210_000), Some(5), Some(200_000)), format!("10005 tokens {shorten}"));
        // Nothing of the answer would be left.
        assert_eq!(advice(Some(200_000), Some(5), Some(200_000)), format!("5 tokens {shorten}"));
    }

    #[test]
    fn numbers_that_say_too_little_are_not_made_up() {
        assert!(advice(None, None, Some(8192)).starts_with("the model takes 8192 tokens at most"));
        assert_eq!(
            advice(None, Some(4096), Some(8192)),
            "the model takes 8192 tokens at most, and `maxTokens` keeps 4096 of them for the answer: lower it, shorten the \
             prompt, or take a model with a larger context window"
        );
        // What the service says can contradict itself.
        assert!(advice(Some(5), None, Some(8192)).starts_with("the model takes 8192 tokens at most"));
        for (prompt, max) in [(None, None), (Some(5), None), (None, Some(5)), (Some(5), Some(5))] {
            assert_eq!(advice(prompt, max, None), "");
        }
        assert_eq!(Overflow::new(Some(u64::MAX), Some(u64::MAX), Some(1)).excess(), Some(u64::MAX - 1));
    }
}
