//! An answer that is no object comes inside one.

use serde_json::{Map, Value, json};

/// The only member of the object.
const MEMBER: &str = "value";
/// Where references lead that stay as they are.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// Whether the schema is plainly one of an object: what tools and the native mode ask for at the top.
pub(super) fn is_object(schema: &Value) -> bool {
    let combined = ["anyOf", "oneOf", "allOf", "$ref"].iter().any(|keyword| schema.get(keyword).is_some());
    schema.get("type").and_then(Value::as_str) == Some("object") && !combined
}

/// The schema of `{"value": …}`. Definitions stay at the top, where references look for them.
pub(super) fn wrap(schema: &Value) -> Value {
    let mut inner = Map::new();
    let mut outer = Map::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "$schema" => {
                outer.insert(keyword.clone(), value.clone());
            }
            "$id" => {}
            definitions if DEFINITIONS.contains(&definitions) => {
                outer.insert(keyword.clone(), moved(value));
            }
            _ => {
                inner.insert(keyword.clone(), moved(value));
            }
        }
    }
    let mut wrapped = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), json!({ MEMBER: inner })),
        ("required".to_owned(), json!([MEMBER])),
        ("additionalProperties".to_owned(), json!(false)),
    ]);
    wrapped.extend(outer);
    Value::Object(wrapped)
}

/// With every reference to the schema's top, or to a place below it that is no definition, following the schema to its
/// new place.
fn moved(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(keyword, value)| match (keyword.as_str(), value.as_str()) {
                    ("$ref", Some(reference)) => (keyword.clone(), json!(follow(reference))),
                    _ => (keyword.clone(), moved(value)),
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(moved).collect()),
        other => other.clone(),
    }
}

fn follow(reference: &str) -> String {
    let to_definitions =
        DEFINITIONS.iter().any(|definitions| reference.starts_with(&format!("#/{definitions}/")));
    match reference.strip_prefix('#') {
        Some(pointer) if !to_definitions && (pointer.is_empty() || pointer.starts_with('/')) => {
            format!("#/properties/{MEMBER}{pointer}")
        }
        _ => reference.to_owned(),
    }
}
