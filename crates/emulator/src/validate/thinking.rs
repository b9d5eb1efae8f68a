//! Reasoning: what a request may ask of which model, and where.

use outcrop_model_facts::facts::{Effort, Thinking};
use serde_json::Value;

use crate::error::ApiError;
use crate::json::{at, text_at};
use crate::model::Model;

pub(super) fn check(model: &Model<'_>, body: &Value, region: &str) -> Result<(), ApiError> {
    let fields = at(body, "/additionalModelRequestFields");
    nova(model, fields, at(body, "/inferenceConfig"))?;
    display(at(fields, "/thinking"), region)?;
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

/// The models of GovCloud have an older form of the field.
fn display(thinking: &Value, region: &str) -> Result<(), ApiError> {
    if region.starts_with("us-gov-") && thinking.get("display").is_some() {
        let kind = text_at(thinking, "/type").unwrap_or_default();
        return Err(ApiError::from_model(format!("thinking.{kind}.display: Extra inputs are not permitted")));
    }
    Ok(())
}
