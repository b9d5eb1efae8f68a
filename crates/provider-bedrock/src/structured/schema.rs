//! The caller's schema, ready to hold answers against.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use outcrop_core::{Error, ErrorKind, Result};
use serde_json::Value;

/// A JSON schema that is known to be one.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    value: Value,
    validator: Arc<Validator>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Schema {
    /// Reads a schema. Nothing is ever fetched: a reference to another document is an error.
    pub(crate) fn compile(value: &Value) -> Result<Self> {
        if !value.is_object() {
            let message = "`output.schema` is no JSON schema: it has to be an object";
            return Err(Error::new(ErrorKind::InvalidRequest, message)
                .with_hint(r#"write it as `{"type": "object", "properties": {…}}`"#));
        }
        match jsonschema::options().offline().build(value) {
            Ok(validator) => Ok(Self { value: value.clone(), validator: Arc::new(validator) }),
            Err(error) => Err(invalid(&error)),
        }
    }

    /// What is wrong with an answer, in one line; `None` if it follows the schema.
    pub(super) fn problem(&self, answer: &str) -> Option<String> {
        if answer.trim().is_empty() {
            return Some("there is no answer".to_owned());
        }
        let value: Value = match serde_json::from_str(answer) {
            Ok(value) => value,
            Err(error) => return Some(format!("the answer is no JSON: {error}")),
        };
        let error = self.validator.validate(&value).err()?;
        let place = place(error.instance_path().as_str());
        Some(format!("the answer does not follow the schema, at {place}: {}", error.masked()))
    }
}

#[track_caller]
fn invalid(error: &ValidationError<'_>) -> Error {
    let place = place(error.instance_path().as_str());
    let message = format!("`output.schema` is no valid JSON schema, at {place}: {error}");
    let invalid = Error::new(ErrorKind::InvalidRequest, message);
    match error.kind() {
        ValidationErrorKind::Referencing(_) => invalid.with_hint(
            "nothing is fetched for a schema: let its references lead to the schema itself, as `#/$defs/item` does",
        ),
        _ if error.instance_path().as_str().ends_with("/type") => invalid
            .with_hint("a type is `array`, `boolean`, `integer`, `null`, `number`, `object` or `string`, or a list of them"),
        _ => invalid,
    }
}

/// A JSON pointer for people.
fn place(pointer: &str) -> String {
    if pointer.is_empty() { "its top".to_owned() } else { format!("`{pointer}`") }
}
