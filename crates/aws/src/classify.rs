//! What Bedrock's errors mean, as data: rows for codes and words, and wordings that state numbers.
//!
//! Codes and statuses: AWS service models `bedrock` 2023-04-20 and `bedrock-runtime` 2023-09-30, and
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html>. Messages: recorded
//! traffic of the service, as the tests have it. Statuses alone say little here (a quota is a 400, a model that is not
//! ready a 429), so they come last.

mod rules;
#[cfg(test)]
mod tests;

pub use outcrop_core::classify::numbers::{output_limit, overflow};
use outcrop_core::classify::{HTTP_STATUS_RULES, Rule, Signal, classify};

pub use rules::RULES;

/// The row for what a service said.
pub fn rule_for(signal: &Signal<'_>) -> Option<&'static Rule> {
    classify(&[RULES, HTTP_STATUS_RULES], signal)
}
