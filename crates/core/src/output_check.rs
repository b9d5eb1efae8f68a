//! The caller's schema, ready to hold answers against.

use std::fmt;
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};

use crate::{End, Error, ErrorKind, Result, StopReason};

/// The member of the end's metadata that says why the answer is not what was asked for.
const PROBLEM: &str = "outputProblem";

/// A JSON schema that is known to be one: what a provider holds answers against where [`crate::Request::output`] asks for
/// one. Services promise more than their models keep.
///
/// ```
/// use outcrop_core::{End, OutputCheck, StopReason};
/// let schema = serde_json::json!({ "type": "object", "required": ["name"] });
/// let check = OutputCheck::compile(&schema)?;
/// let mut end = End::new(StopReason::EndTurn);
/// check.judge("{}", &mut end);
/// assert_eq!(end.stop_reason, StopReason::MalformedOutput);
/// # Ok::<_, outcrop_core::Error>(())
/// ```
#[derive(Clone)]
pub struct OutputCheck {
    value: Value,
    validator: Arc<Validator>,
}

impl fmt::Debug for OutputCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputCheck").field(&self.value).finish()
    }
}

impl PartialEq for OutputCheck {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl OutputCheck {
    /// Reads a schema. Nothing is ever fetched: a reference to another document is an error.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`], saying where in `output.schema` what is wrong.
    pub fn compile(value: &Value) -> Result<Self> {
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
    pub fn problem(&self, answer: &str) -> Option<String> {
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

    /// Says at the end of an answer what is wrong with it: as `outputProblem` in the metadata, and by the stop reason
    /// [`StopReason::MalformedOutput`] where the model meant to be done.
    pub fn judge(&self, answer: &str, end: &mut End) {
        let Some(problem) = self.problem(answer) else { return };
        let cut = !matches!(end.stop_reason, StopReason::EndTurn | StopReason::MalformedOutput);
        let problem = if cut { format!("cut short by `{}`: {problem}", end.stop_reason) } else { problem };
        if let Value::Object(members) = end.metadata.get_or_insert_with(|| Value::Object(Map::new())) {
            members.insert(PROBLEM.to_owned(), Value::String(problem));
        }
        if end.stop_reason == StopReason::EndTurn {
            end.stop_reason = StopReason::MalformedOutput;
        }
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
