//! JSON values of the SDK.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// The serde form of a JSON value of the SDK.
pub(crate) fn to_value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => Value::Bool(*flag),
        Document::Number(Number::PosInt(number)) => (*number).into(),
        Document::Number(Number::NegInt(number)) => (*number).into(),
        Document::Number(Number::Float(number)) => (*number).into(),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(items) => items.iter().map(to_value).collect(),
        Document::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), to_value(value))).collect()
        }
    }
}
