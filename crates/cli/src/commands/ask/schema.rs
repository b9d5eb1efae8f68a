//! The JSON schema that the answer has to follow.

use std::path::Path;

use outcrop::{Error, ErrorKind};
use outcrop_core::{OutputSchema, Response, StopReason};
use serde_json::Value;

use crate::failure::Failure;

/// Reads the file of `--schema`.
pub(super) fn read(path: &Path) -> Result<OutputSchema, Failure> {
    let shown = path.display();
    if path.as_os_str() == "-" {
        let message = "`--schema -` names no file: standard input is a part of the prompt already";
        return Err(Failure::usage(message));
    }
    let bytes = super::attachments::read_file(path).map_err(|problem| problem.of(&format!("`{shown}`")))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let schema: Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let words = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
        // What serde_json says where a letter stands that begins neither `true`, `false` nor `null`.
        let words = if words == "expected ident" { "expected a value" } else { words };
        invalid(format!("{shown}:{line}:{column}: this is no JSON: {words}"))
    })?;
    if !schema.is_object() {
        return Err(invalid(format!("`{shown}` holds no JSON schema, which is an object")).into());
    }
    Ok(OutputSchema::new(schema))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message).with_hint("the file of `--schema` is a JSON schema, such as \
        `{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}}, \"required\": [\"name\"]}`")
}

/// Why an answer is none that was asked for, if it is none: the provider has held it against the schema.
pub(super) fn problem(response: &Response) -> Option<Error> {
    let said = response.metadata.as_ref().and_then(|metadata| metadata.get("outputProblem")?.as_str());
    let message = match (said, &response.stop_reason) {
        (Some(said), _) => said.to_owned(),
        (None, StopReason::MalformedOutput) => "the answer does not follow the schema".to_owned(),
        (None, _) => return None,
    };
    let hint = match response.stop_reason {
        StopReason::MaxTokens => "let it have more tokens: `--max-tokens`",
        StopReason::StopSequence => "leave `--stop` out: JSON ends by itself",
        _ => {
            "ask again, say in the prompt what is wanted, or make the schema simpler: not every keyword holds a model \
             to it"
        }
    };
    Some(
        Error::new(ErrorKind::Protocol, message)
            .with_code(response.stop_reason.as_str().to_owned())
            .with_request_id(response.request_id.clone())
            .with_hint(hint),
    )
}
