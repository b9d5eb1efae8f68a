//! A prompt of prompt management in place of a model: it brings settings of its own.

use serde_json::Value;

use crate::error::ApiError;
use crate::model::Model;

/// What stands in the prompt and cannot stand in the request. Source: "Converse" in the Bedrock API reference, which also
/// says that `promptVariables` are ignored where no prompt is called.
const OF_THE_PROMPT: [&str; 4] = ["additionalModelRequestFields", "inferenceConfig", "system", "toolConfig"];

pub(super) fn check(model: &Model<'_>, body: &Value) -> Result<(), ApiError> {
    let given = |field: &&str| body.get(field).is_some_and(|value| !value.is_null());
    match OF_THE_PROMPT.into_iter().find(given) {
        Some(field) if model.is_prompt() => Err(ApiError::validation(format!(
            "The {field} field can't be overridden at runtime when you use a prompt resource. Remove {field} and try \
             again."
        ))),
        _ => Ok(()),
    }
}
