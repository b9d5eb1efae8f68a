//! Tools: what is offered, what was called, what was answered.

use std::collections::HashSet;

use serde_json::Value;

use super::{Messages, schema};
use crate::error::ApiError;
use crate::json::{at, list_at, text_at};
use crate::model::Model;

pub(super) fn check(model: &Model<'_>, messages: Messages<'_>, body: &Value) -> Result<(), ApiError> {
    let config = at(body, "/toolConfig");
    let in_history = |block: &Value| block.get("toolUse").is_some() || block.get("toolResult").is_some();
    if config.is_null() {
        if messages.blocks().any(|place| in_history(place.block)) {
            return Err(ApiError::validation(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            ));
        }
        return Ok(());
    }
    if model.is_known(|facts| facts.tool_use.is_no()) {
        return Err(ApiError::validation("This model doesn't support tool use."));
    }
    offered(model, config, body)?;
    sides(messages)?;
    for (index, message) in messages.0.iter().enumerate() {
        results(model, index, message, index.checked_sub(1).and_then(|before| messages.0.get(before)))?;
    }
    // Calls at the very end have no message after them that could answer.
    match messages.0.last() {
        Some(last) if !calls(last).is_empty() => Err(missing(messages.0.len(), &calls(last))),
        _ => Ok(()),
    }
}

/// The definitions and the choice.
fn offered(model: &Model<'_>, config: &Value, body: &Value) -> Result<(), ApiError> {
    let mut names = HashSet::new();
    for (index, tool) in list_at(config, "/tools").iter().enumerate() {
        let Some(spec) = tool.get("toolSpec") else { continue };
        let name = text_at(spec, "/name").unwrap_or_default();
        if !names.insert(name) {
            return Err(ApiError::from_model("tools: Tool names must be unique."));
        }
        if at(spec, "/inputSchema/json/type") != "object" {
            return Err(ApiError::validation(format!(
                "The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be one of the following: \
                 object."
            )));
        }
        if at(spec, "/strict").as_bool() == Some(true) && model.is_known(|facts| facts.strict_tools.is_no()) {
            return Err(ApiError::from_model(format!(
                "tools.{index}.custom.strict: Extra inputs are not permitted"
            )));
        }
        if at(spec, "/strict").as_bool() == Some(true) && model.signs() {
            schema::check(at(spec, "/inputSchema/json"), &format!("tools.{index}.custom"))?;
        }
    }
    let choice = at(config, "/toolChoice");
    let forced = choice.get("any").is_some() || choice.get("tool").is_some();
    if let Some(name) = text_at(choice, "/tool/name")
        && !names.contains(name)
    {
        return Err(ApiError::from_model(format!("Tool '{name}' not found in provided tools")));
    }
    if forced && model.is_known(|facts| facts.forced_tool_choice.is_no()) {
        return Err(ApiError::from_model("tool_choice forces tool use is not compatible with this model."));
    }
    let thinking = at(body, "/additionalModelRequestFields/thinking/type");
    if forced && model.signs() && (thinking == "enabled" || thinking == "adaptive") {
        return Err(ApiError::from_model("Thinking may not be enabled when tool_choice forces tool use."));
    }
    Ok(())
}

/// Models call, users answer; what the service itself runs is answered right behind the call.
fn sides(messages: Messages<'_>) -> Result<(), ApiError> {
    let mut run_by_the_service = HashSet::new();
    for place in messages.blocks() {
        if is_server_call(place.block) {
            run_by_the_service.extend(text_at(place.block, "/toolUse/toolUseId"));
        }
        let answers_itself = text_at(place.block, "/toolResult/toolUseId")
            .is_some_and(|id| place.role == "assistant" && run_by_the_service.contains(id));
        for (kind, role) in [("toolUse", "assistant"), ("toolResult", "user")] {
            if place.block.get(kind).is_some() && place.role != role && !answers_itself {
                return Err(ApiError::validation(format!(
                    "The {kind} content block at messages.{}.content.{} isn't supported for the {} role. Use the \
                     {role} role and try again.",
                    place.message, place.content, place.role
                )));
            }
        }
    }
    Ok(())
}

/// The results in one message answer exactly the calls of the message before.
fn results(model: &Model<'_>, index: usize, message: &Value, before: Option<&Value>) -> Result<(), ApiError> {
    let calls = before.map(calls).unwrap_or_default();
    if calls.iter().collect::<HashSet<_>>().len() < calls.len() {
        return Err(ApiError::from_model(format!(
            "messages.{}: `tool_use` ids must be unique",
            index.saturating_sub(1)
        )));
    }
    if at(message, "/role") == "assistant" {
        return Ok(());
    }
    let content = list_at(message, "/content");
    let answered: Vec<_> =
        content.iter().filter_map(|block| text_at(block, "/toolResult/toolUseId")).collect();
    if answered.len() > calls.len() {
        return Err(ApiError::validation(format!(
            "The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of \
             previous turn."
        )));
    }
    let unanswered: Vec<_> = calls.iter().filter(|id| !answered.contains(id)).copied().collect();
    if !unanswered.is_empty() {
        return Err(missing(index, &unanswered));
    }
    // The count is right and every call is answered, so nothing else can be in the list.
    let first_other = content.iter().position(|block| block.get("toolResult").is_none());
    let last_result = content.iter().rposition(|block| block.get("toolResult").is_some());
    if model.signs()
        && let (Some(other), Some(result)) = (first_other, last_result)
        && other < result
    {
        return Err(ApiError::from_model(format!(
            "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
             `tool_use` block must have a corresponding `tool_result` block in the next message.",
            calls.join(", ")
        )));
    }
    Ok(())
}

/// The calls that the client has to answer.
fn calls(message: &Value) -> Vec<&str> {
    let content = list_at(message, "/content").iter().filter(|block| !is_server_call(block));
    content.filter_map(|block| text_at(block, "/toolUse/toolUseId")).collect()
}

fn is_server_call(block: &Value) -> bool {
    at(block, "/toolUse/type") == "server_tool_use"
}

fn missing(index: usize, ids: &[&str]) -> ApiError {
    ApiError::validation(format!(
        "Expected toolResult blocks at messages.{index}.content for the following Ids: {}",
        ids.join(", ")
    ))
}
