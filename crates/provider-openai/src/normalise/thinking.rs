//! How a model is told to think: each kind of endpoint has fields of its own.

use outcrop_core::{Thinking, ThinkingLevel};
use serde_json::{Map, Value, json};

use super::{Target, Warnings};
use crate::compat::ThinkingFormat;

pub(super) const RULES: &[&str] = &[UNSUPPORTED, EFFORT, ALWAYS_ON, BUDGET, DISPLAY];

const UNSUPPORTED: &str = "thinking-unsupported";
const EFFORT: &str = "thinking-effort";
const ALWAYS_ON: &str = "thinking-always-on";
const BUDGET: &str = "thinking-budget";
const DISPLAY: &str = "thinking-display";

/// Puts into the body what tells the model how hard to think.
pub(super) fn put(
    body: &mut Map<String, Value>,
    thinking: Option<Thinking>,
    target: &Target,
    warnings: &mut Warnings,
) {
    let Some(thinking) = thinking else { return };
    let on = thinking.level != ThinkingLevel::Off;
    if target.reasoning.is_no() {
        if on {
            warnings.say(UNSUPPORTED, "left out `thinking`: this model does not think");
        }
        return;
    }
    let format = target.compat.thinking_format.unwrap_or(ThinkingFormat::OpenAi);
    let mut budget = thinking.budget_tokens.filter(|_| on);
    let mut hidden = thinking.hidden && on;
    let mut put = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
    match format {
        ThinkingFormat::OpenAi => {
            if target.compat.supports_reasoning_effort == Some(false) {
                warnings
                    .say(UNSUPPORTED, "left out `thinking`: this endpoint does not know `reasoning_effort`");
                return;
            }
            if let Some(effort) = effort(thinking.level, target, warnings) {
                put("reasoning_effort", effort.into());
            }
        }
        ThinkingFormat::OpenRouter => {
            let mut reasoning = Map::new();
            if !on {
                reasoning.insert("enabled".to_owned(), false.into());
            } else if let Some(tokens) = budget.take() {
                reasoning.insert("max_tokens".to_owned(), tokens.into());
            } else {
                let level =
                    if thinking.level == ThinkingLevel::Max { ThinkingLevel::XHigh } else { thinking.level };
                reasoning.insert("effort".to_owned(), level.as_str().into());
                differs(thinking.level, level.as_str(), warnings);
            }
            if std::mem::take(&mut hidden) {
                reasoning.insert("exclude".to_owned(), true.into());
            }
            put("reasoning", Value::Object(reasoning));
        }
        ThinkingFormat::DeepSeek | ThinkingFormat::Zai => {
            put("thinking", json!({ "type": if on { "enabled" } else { "disabled" } }));
            let levels =
                format == ThinkingFormat::DeepSeek && target.compat.supports_reasoning_effort == Some(true);
            if on && levels {
                if let Some(effort) = effort(thinking.level, target, warnings) {
                    put("reasoning_effort", effort.into());
                }
            } else {
                on_or_off(thinking.level, warnings);
            }
        }
        ThinkingFormat::Qwen => {
            put("enable_thinking", on.into());
            match budget.take() {
                Some(tokens) => put("thinking_budget", tokens.into()),
                None => on_or_off(thinking.level, warnings),
            }
        }
        ThinkingFormat::QwenChatTemplate => {
            put("chat_template_kwargs", json!({ "enable_thinking": on }));
            on_or_off(thinking.level, warnings);
        }
    }
    if budget.is_some() {
        warnings.say(BUDGET, "left out `thinking.budgetTokens`: this endpoint is told no number");
    }
    if hidden {
        warnings.say(
            DISPLAY,
            "left out `thinking.hidden`: this endpoint cannot be told to keep thoughts to itself",
        );
    }
}

/// What a level is called in `reasoning_effort`. Those that are not named are the nearest of the three that all endpoints
/// with the field have.
fn effort(level: ThinkingLevel, target: &Target, warnings: &mut Warnings) -> Option<String> {
    let named = target.compat.reasoning_effort_map.as_ref().and_then(|map| map.get(&level)).cloned();
    let effort = named.unwrap_or_else(|| {
        let usual = match level {
            ThinkingLevel::Off => "",
            ThinkingLevel::Minimal | ThinkingLevel::Low => "low",
            ThinkingLevel::Medium => "medium",
            ThinkingLevel::High | ThinkingLevel::XHigh | ThinkingLevel::Max => "high",
        };
        usual.to_owned()
    });
    if effort.is_empty() {
        let message = format!(
            "left out `thinking`: this endpoint is not known to have a word for `{level}` (`compat.reasoningEffortMap`)"
        );
        warnings.say(ALWAYS_ON, message);
        return None;
    }
    if level != ThinkingLevel::Off {
        differs(level, &effort, warnings);
    }
    Some(effort)
}

fn differs(level: ThinkingLevel, effort: &str, warnings: &mut Warnings) {
    if effort != level.as_str() {
        warnings.say(EFFORT, format!("asked for the effort `{effort}`: this endpoint has no `{level}`"));
    }
}

fn on_or_off(level: ThinkingLevel, warnings: &mut Warnings) {
    if level != ThinkingLevel::Off {
        warnings.say(
            EFFORT,
            format!("turned thinking on without `{level}`: this endpoint knows on and off only"),
        );
    }
}
