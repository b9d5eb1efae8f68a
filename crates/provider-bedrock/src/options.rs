//! The members of a Converse request that only Bedrock knows: `Request.options["amazon-bedrock"]`.

use outcrop_core::{Error, ErrorKind, Request, Result};
use serde_json::{Map, Value};

use crate::BedrockSettings;

/// What may stand there, as Converse names it.
pub(crate) const OPTIONS: [&str; 8] = [
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "outputConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
    "serviceTier",
];

/// The options of a request, with what the settings add. `streaming`: ConverseStream takes more of a guardrail.
pub(crate) fn merged(
    request: &Request,
    provider: &str,
    settings: &BedrockSettings,
    streaming: bool,
) -> Result<Map<String, Value>> {
    let mut options = match request.options.get(provider) {
        None => Map::new(),
        Some(Value::Object(options)) => options.clone(),
        Some(_) => return Err(invalid(format!("`options.{provider}` is not an object"))),
    };
    if let Some(unknown) = options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        let known = OPTIONS.join("`, `");
        return Err(invalid(format!("`options.{provider}.{unknown}` is none of `{known}`")));
    }
    if let Some(guardrail) = &settings.guardrail {
        options.insert("guardrailConfig".into(), Value::Object(guardrail.clone()));
    }
    if !streaming && let Some(Value::Object(guardrail)) = options.get_mut("guardrailConfig") {
        guardrail.remove("streamProcessingMode");
    }
    if !settings.request_metadata.is_empty() {
        let mut metadata = match options.remove("requestMetadata") {
            None => Map::new(),
            Some(Value::Object(own)) => own,
            Some(_) => return Err(invalid(format!("`options.{provider}.requestMetadata` is not an object"))),
        };
        metadata.extend(settings.request_metadata.clone());
        options.insert("requestMetadata".into(), Value::Object(metadata));
    }
    Ok(options)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
