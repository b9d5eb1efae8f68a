//! Reasoning: what a request may ask of which model, and where.

use outcrop_model_facts::facts::{Effort, Thinking};
use serde_json::Value;

use super::Messages;
use crate::error::ApiError;
use crate::json::{at, list_at, text_at};
use crate::model::Model;

pub(super) fn check(
    model: &Model<'_>,
    messages: Messages<'_>,
    body: &Value,
    region: &str,
) -> Result<(), ApiError> {
    let fields = at(body, "/additionalModelRequestFields");
    nova(model, fields, at(body, "/inferenceConfig"))?;
    display(model, at(fields, "/thinking"), region)?;
    let refused = |kind: &str, instead: &str| {
        Err(ApiError::from_model(format!(
            "\"thinking.type.{kind}\" is not supported for this model. {instead}"
        )))
    };
    let thinking = at(fields, "/thinking");
    match (model.thinking(), text_at(thinking, "/type")) {
        (Thinking::Budget, Some("adaptive")) => {
            return Err(ApiError::from_model("adaptive thinking is not supported on this model"));
        }
        (Thinking::Budget | Thinking::Adaptive { .. }, Some("enabled")) => {
            // Those that refuse sampling parameters are also those that dropped budgets.
            if matches!(model.thinking(), Thinking::Adaptive { .. })
                && model.is_known(|facts| facts.sampling.is_no())
            {
                return refused(
                    "enabled",
                    "Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.",
                );
            }
            budget(thinking, at(body, "/inferenceConfig"))?;
            thoughts_come_first(messages)?;
            begins_with_thoughts(messages)?;
        }
        (Thinking::Adaptive { always_on: true, .. }, Some("disabled")) => {
            return refused("disabled", "This model always thinks.");
        }
        (Thinking::None, Some(_)) => {
            return Err(ApiError::from_model("thinking: Extra inputs are not permitted"));
        }
        _ => {}
    }
    effort(model, at(fields, "/output_config/effort"))?;
    effort(model, at(body, "/outputConfig/effort"))
}

fn budget(thinking: &Value, config: &Value) -> Result<(), ApiError> {
    let Some(budget) = at(thinking, "/budget_tokens").as_u64() else {
        return Err(ApiError::from_model("thinking.enabled.budget_tokens: Field required"));
    };
    if budget < 1024 {
        return Err(ApiError::from_model(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ));
    }
    if at(config, "/maxTokens").as_u64().is_some_and(|limit| limit <= budget) {
        return Err(ApiError::from_model(
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at \
             https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size",
        ));
    }
    Ok(())
}

/// Nothing stands before the thoughts of a message.
fn thoughts_come_first(messages: Messages<'_>) -> Result<(), ApiError> {
    for (index, message) in messages.0.iter().enumerate() {
        let content = list_at(message, "/content");
        let Some(first) = content.first().filter(|first| !is_thought(first)) else { continue };
        if content.iter().any(is_thought) {
            return Err(ApiError::from_model(format!(
                "messages.{index}.content.0: If an assistant message contains any thinking blocks, the first block \
                 must be `thinking` or `redacted_thinking`. Found `{}`.",
                kind(first)
            )));
        }
    }
    Ok(())
}

fn is_thought(block: &Value) -> bool {
    block.get("reasoningContent").is_some()
}

/// A block as the models call it.
fn kind(block: &Value) -> &'static str {
    if block.get("toolUse").is_some() { "tool_use" } else { "text" }
}

/// A turn that calls tools begins with thoughts, if there is a budget for them: from the user's words on, whatever was
/// called and answered since.
fn begins_with_thoughts(messages: Messages<'_>) -> Result<(), ApiError> {
    let answers = |message: &&Value| {
        let mut content = list_at(message, "/content").iter();
        content.any(|block| block.get("toolResult").is_some()) && at(message, "/role") == "user"
    };
    let Some(last) = messages.0.last().filter(answers) else { return Ok(()) };
    let loops = messages.0.rchunks(2).take_while(|pair| pair.last().is_some_and(|it| answers(&it))).count();
    let first = messages.0.len().saturating_sub(2 * loops);
    let begins = messages.0.get(first).unwrap_or(last);
    let block = list_at(begins, "/content").first();
    if block.is_some_and(is_thought) {
        return Ok(());
    }
    let found = block.map_or("nothing", kind);
    Err(ApiError::from_model(format!(
        "messages.{first}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When \
         `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost \
         set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To \
         avoid this requirement, disable `thinking`. Please consult our documentation at \
         https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
    )))
}

fn effort(model: &Model<'_>, effort: &Value) -> Result<(), ApiError> {
    let Some(word) = effort.as_str() else { return Ok(()) };
    let efforts = [Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max];
    let ceiling = model.fact(|facts| facts.effort_ceiling).unwrap_or(Effort::Max);
    let known = efforts.into_iter().find(|effort| effort.as_str() == word);
    if known.is_some_and(|effort| effort <= ceiling) {
        return Ok(());
    }
    let supported: Vec<_> = efforts.into_iter().filter(|it| *it <= ceiling).map(Effort::as_str).collect();
    Err(ApiError::from_model(format!(
        "This model does not support effort level '{word}'. Supported levels: {}.",
        supported.join(", ")
    )))
}

/// Nova's own field. Source of the rule: "Extended thinking" in the Amazon Nova 2 user guide.
fn nova(model: &Model<'_>, fields: &Value, config: &Value) -> Result<(), ApiError> {
    let wanted = at(fields, "/reasoningConfig");
    if model.maker() != Some("amazon") || wanted.is_null() {
        return Ok(());
    }
    let malformed = |what: &str| {
        Err(ApiError::from_model(format!(
            "Malformed input request: {what}, please reformat your input and try again."
        )))
    };
    if model.thinking() == Thinking::None {
        return malformed("the provided reasoning config value is invalid");
    }
    let set: Vec<_> =
        ["maxTokens", "temperature", "topP"].into_iter().filter(|name| config.get(name).is_some()).collect();
    let enabled = at(wanted, "/type") == "enabled";
    if enabled && at(wanted, "/maxReasoningEffort") == "high" && !set.is_empty() {
        return malformed(&format!(
            "{} must not be set when maxReasoningEffort is set to high",
            set.join(", ")
        ));
    }
    Ok(())
}

/// Older models have no such member, and neither has the form of the field in GovCloud.
fn display(model: &Model<'_>, thinking: &Value, region: &str) -> Result<(), ApiError> {
    let older = region.starts_with("us-gov-") || model.is_known(|facts| facts.thinking_display.is_no());
    if older && thinking.get("display").is_some() {
        let kind = text_at(thinking, "/type").unwrap_or_default();
        return Err(ApiError::from_model(format!("thinking.{kind}.display: Extra inputs are not permitted")));
    }
    Ok(())
}
