//! What stands in an answer or a chunk of one, found in whatever shape the servers write it.

use outcrop_core::{StopReason, Usage};
use serde_json::{Map, Value};

/// A text that is not empty.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The one answer of a chunk: the first choice. More than one is never asked for.
pub(crate) fn choice(chunk: &Value) -> Option<&Value> {
    let choices = chunk.get("choices")?.as_array()?;
    choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0)
}

/// What a reason to stop means. Several servers have names of their own beside OpenAI's.
pub(crate) fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "stop" | "eos" | "eos_token" | "end_turn" | "end" => StopReason::EndTurn,
        "length" | "max_tokens" | "max_output_tokens" => StopReason::MaxTokens,
        "tool_calls" | "function_call" | "tool_use" => StopReason::ToolUse,
        "stop_sequence" => StopReason::StopSequence,
        "content_filter" | "content_filtered" | "sensitive" | "safety" => StopReason::ContentFiltered,
        "guardrail_intervened" => StopReason::GuardrailIntervened,
        "refusal" => StopReason::Refusal,
        "model_length" | "model_context_window_exceeded" => StopReason::ContextWindowExceeded,
        "malformed_model_output" => StopReason::MalformedOutput,
        "malformed_tool_use" => StopReason::MalformedToolUse,
        other => StopReason::Other(other.to_owned()),
    }
}

/// Reasons to stop by which servers say that they failed: none of them is the end of an answer.
pub(crate) fn is_failure(reason: &str) -> bool {
    matches!(reason, "error" | "network_error" | "insufficient_system_resource" | "abort" | "cancelled")
}

/// The tokens that were used; nothing if the server did not say. Tokens of the cache are counted in `prompt_tokens`, so
/// they are taken out; those of the thoughts are counted in `completion_tokens`, but by xAI, whose sum tells.
pub(crate) fn usage(value: &Value) -> Option<Usage> {
    let count = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| count(pointer));
    let prompt = first(&["/prompt_tokens", "/input_tokens"])?;
    let completion = first(&["/completion_tokens", "/output_tokens"]).unwrap_or(0);
    if prompt == 0 && completion == 0 {
        // No prompt has no tokens: nobody counted.
        return None;
    }
    let read = first(&[
        "/prompt_tokens_details/cached_tokens",
        "/input_tokens_details/cached_tokens",
        "/cached_tokens",
        "/prompt_cache_hit_tokens",
        "/cache_read_input_tokens",
    ])
    .unwrap_or(0)
    .min(prompt);
    let written = first(&["/prompt_tokens_details/cache_write_tokens", "/cache_creation_input_tokens"])
        .unwrap_or(0)
        .min(prompt.saturating_sub(read));
    let thoughts = reasoning_tokens(value).unwrap_or(0);
    let all = prompt.saturating_add(completion).saturating_add(thoughts);
    let apart = thoughts > 0 && count("/total_tokens") == Some(all);
    Some(Usage {
        input_tokens: prompt.saturating_sub(read).saturating_sub(written),
        output_tokens: completion.saturating_add(if apart { thoughts } else { 0 }),
        cache_read_tokens: read,
        cache_write_5m_tokens: written,
        cache_write_1h_tokens: 0,
    })
}

fn reasoning_tokens(usage: &Value) -> Option<u64> {
    let pointers = ["/completion_tokens_details/reasoning_tokens", "/output_tokens_details/reasoning_tokens"];
    pointers.iter().find_map(|pointer| usage.pointer(pointer)?.as_u64())
}

/// What else was said about the answer, in the server's own words.
#[derive(Debug, Default)]
pub(crate) struct Metadata(Map<String, Value>);

impl Metadata {
    /// Keeps what a chunk says.
    pub(crate) fn take(&mut self, chunk: &Value) {
        for key in ["service_tier", "system_fingerprint", "provider", "citations"] {
            self.keep(key, chunk.get(key));
        }
        if let Some(choice) = choice(chunk) {
            for key in ["native_finish_reason", "stop_reason", "matched_stop"] {
                self.keep(key, choice.get(key));
            }
        }
        let thoughts = chunk.get("usage").and_then(reasoning_tokens).map(Value::from);
        self.keep("reasoning_tokens", thoughts.as_ref());
    }

    fn keep(&mut self, key: &str, value: Option<&Value>) {
        if let Some(value) = value.filter(|value| !value.is_null() && **value != "") {
            self.0.insert(key.to_owned(), value.clone());
        }
    }

    /// All of it, if there is any.
    pub(crate) fn into_value(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn buckets(value: &Value) -> Option<[u64; 4]> {
        let usage = usage(value)?;
        assert_eq!(usage.cache_write_1h_tokens, 0);
        Some([usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_5m_tokens])
    }

    #[test]
    fn tokens_are_counted_once_whoever_counts_them() {
        for (usage, expected) in [
            (json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 }), Some([10, 5, 0, 0])),
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": { "cached_tokens": 8 } }),
                Some([2, 5, 8, 0]),
            ),
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 5,
                    "prompt_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 3 } }),
                Some([3, 5, 4, 3]),
            ),
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 4,
                    "prompt_cache_miss_tokens": 6 }),
                Some([6, 5, 4, 0]),
            ),
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 10 }),
                Some([0, 5, 10, 0]),
            ),
            // OpenAI counts thoughts in, xAI does not.
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 50, "total_tokens": 60,
                    "completion_tokens_details": { "reasoning_tokens": 45 } }),
                Some([10, 50, 0, 0]),
            ),
            (
                json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 60,
                    "completion_tokens_details": { "reasoning_tokens": 45 } }),
                Some([10, 50, 0, 0]),
            ),
            (json!({ "input_tokens": 3, "output_tokens": 4 }), Some([3, 4, 0, 0])),
            // What contradicts itself never goes below zero.
            (
                json!({ "prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": { "cached_tokens": 9 },
                    "cache_creation_input_tokens": 9 }),
                Some([0, 1, 3, 0]),
            ),
            // A server may say any number.
            (
                json!({ "prompt_tokens": u64::MAX, "completion_tokens": u64::MAX, "total_tokens": u64::MAX,
                    "completion_tokens_details": { "reasoning_tokens": u64::MAX } }),
                Some([u64::MAX, u64::MAX, 0, 0]),
            ),
            (json!({ "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 }), None),
            (json!({ "prompt_tokens": null }), None),
            (json!({}), None),
            (json!(null), None),
        ] {
            assert_eq!(buckets(&usage), expected, "{usage}");
        }
    }

    #[test]
    fn every_reason_to_stop_has_its_meaning() {
        use StopReason::*;
        for (names, reason) in [
            (&["stop", "eos_token", "end_turn"][..], EndTurn),
            (&["length", "max_tokens"], MaxTokens),
            (&["tool_calls", "function_call"], ToolUse),
            (&["content_filter", "sensitive"], ContentFiltered),
            (&["model_length"], ContextWindowExceeded),
            (&["stop_sequence"], StopSequence),
            // Bedrock's own, where a gateway passes them on.
            (&["malformed_model_output"], MalformedOutput),
            (&["malformed_tool_use"], MalformedToolUse),
            (&["pause"], Other("pause".to_owned())),
        ] {
            for name in names {
                assert_eq!(stop_reason(name), reason);
            }
        }
    }
}
