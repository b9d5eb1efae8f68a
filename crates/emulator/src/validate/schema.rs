//! JSON schemas that an answer or a strict tool call shall be forced into: what the service can compile, and what it
//! refuses. Source: "Structured outputs" in the Bedrock user guide, and the refusals that users report.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::json::at;

/// Keywords that are refused, with the type that the refusal names when the schema has none.
const REFUSED: &[(&str, &str)] = &[
    ("exclusiveMaximum", "number"),
    ("exclusiveMinimum", "number"),
    ("maxItems", "array"),
    ("maxLength", "string"),
    ("maxProperties", "object"),
    ("maximum", "number"),
    ("minLength", "string"),
    ("minProperties", "object"),
    ("minimum", "number"),
    ("multipleOf", "number"),
    ("uniqueItems", "array"),
];

/// Checks the text of a schema. `field` is the model's own name for the place of the schema.
pub(super) fn check_text(text: &str, field: &str) -> Result<(), ApiError> {
    match serde_json::from_str(text) {
        Ok(schema) => check(&schema, field),
        Err(_) => Err(ApiError::from_model(format!("{field}: Schema is not valid JSON"))),
    }
}

/// Checks a schema.
pub(super) fn check(schema: &Value, field: &str) -> Result<(), ApiError> {
    let mut walk = Walk { root: schema, open: vec!["#"], done: HashSet::new() };
    let object = || match at(schema, "/$ref").as_str().and_then(|path| resolve(schema, path)) {
        Some(target) => is_object(target),
        None => is_object(schema),
    };
    let result = if object() { walk.node(schema) } else { Err("Schema must be of type 'object'".to_owned()) };
    result.map_err(|refusal| ApiError::from_model(format!("{field}: {refusal}")))
}

struct Walk<'a> {
    root: &'a Value,
    /// The references that lead to the present place.
    open: Vec<&'a str>,
    /// Those whose targets were found good.
    done: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn node(&mut self, schema: &'a Value) -> Result<(), String> {
        let Value::Object(members) = schema else { return Ok(()) };
        if let Some(path) = members.get("$ref").and_then(Value::as_str) {
            self.reference(path)?;
        }
        keywords(schema, members)?;
        if is_object(schema) && members.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(
                "For 'object' type, 'additionalProperties' must be explicitly set to false".to_owned()
            );
        }
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                    schemas.values().try_for_each(|schema| self.node(schema))?;
                }
                ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                    schemas.iter().try_for_each(|schema| self.node(schema))?;
                }
                ("items", schema) => self.node(schema)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn reference(&mut self, path: &'a str) -> Result<(), String> {
        if !path.starts_with('#') {
            return Err(format!("External '$ref' '{path}' is not supported"));
        }
        if self.open.contains(&path) {
            let circle = self.open.iter().skip_while(|open| **open != path).chain([&path]);
            let names: Vec<_> = circle.map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
            return Err(format!(
                "Circular reference detected in schema definitions: {}. Self-referencing or mutually-referencing \
                 definitions are not supported.",
                names.join(" -> ")
            ));
        }
        let target = resolve(self.root, path).ok_or_else(|| format!("'$ref' '{path}' leads nowhere"))?;
        if self.done.contains(path) {
            return Ok(());
        }
        self.open.push(path);
        self.node(target)?;
        self.open.pop();
        self.done.insert(path);
        Ok(())
    }
}

/// Names the refused keywords of one schema, as the service does: alphabetically.
fn keywords(schema: &Value, members: &Map<String, Value>) -> Result<(), String> {
    let refused: Vec<_> = REFUSED.iter().filter(|(keyword, _)| members.contains_key(*keyword)).collect();
    if let Some((_, usual)) = refused.first() {
        let names: Vec<_> = refused.iter().map(|(keyword, _)| *keyword).collect();
        let kind = kinds(schema).find(|kind| *kind != "null").unwrap_or(usual);
        return Err(match names.as_slice() {
            [name] => format!("For '{kind}' type, property '{name}' is not supported"),
            names => format!("For '{kind}' type, properties {} are not supported", names.join(", ")),
        });
    }
    if members.get("minItems").is_some_and(|count| count != 0 && count != 1) {
        return Err("For 'array' type, 'minItems' values other than 0 or 1 are not supported".to_owned());
    }
    Ok(())
}

fn kinds(schema: &Value) -> impl Iterator<Item = &str> {
    let one = at(schema, "/type").as_str();
    let several = at(schema, "/type").as_array().into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(several)
}

fn is_object(schema: &Value) -> bool {
    kinds(schema).any(|kind| kind == "object") || at(schema, "/properties").is_object()
}

fn resolve<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    root.pointer(path.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(schema: &Value) -> String {
        let message = check(schema, "here").expect_err("must be refused").message;
        message.replace("The model returned the following errors: here: ", "")
    }

    fn object(properties: &Value) -> Value {
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }

    #[test]
    fn ordinary_schemas_pass() {
        let point = object(&json!({ "x": { "type": "number" } }));
        for schema in [
            object(&json!({})),
            object(&json!({ "a": { "type": "array", "items": { "type": "string" }, "minItems": 1 },
                            "maximum": { "type": ["integer", "null"], "enum": [1, 2] } })),
            json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/p" }, "b": { "$ref": "#/$defs/p" } },
                    "additionalProperties": false, "$defs": { "p": point } }),
            json!({ "$ref": "#/$defs/p", "$defs": { "p": point } }),
        ] {
            assert_eq!(check(&schema, "here"), Ok(()), "{schema}");
        }
        assert_eq!(check_text(&object(&json!({})).to_string(), "here"), Ok(()));
    }

    #[test]
    fn refused_keywords_are_named_with_their_type() {
        for (keyword, usual) in REFUSED {
            let (schema, kind) = match *usual {
                "object" => {
                    (json!({ "type": "object", "additionalProperties": false, *keyword: 1 }), "object")
                }
                "number" => (json!({ "type": ["null", "integer"], *keyword: 1 }), "integer"),
                kind => (json!({ *keyword: 1 }), kind),
            };
            let expected = format!("For '{kind}' type, property '{keyword}' is not supported");
            assert_eq!(refusal(&object(&json!({ "a": schema }))), expected);
        }
        let both = json!({ "n": { "type": "integer", "minimum": 1, "maximum": 5 } });
        assert_eq!(
            refusal(&object(&both)),
            "For 'integer' type, properties maximum, minimum are not supported"
        );
        let items = json!({ "l": { "anyOf": [{ "type": "array", "minItems": 2 }, { "type": "null" }] } });
        assert!(refusal(&object(&items)).starts_with("For 'array' type, 'minItems' values"));
    }

    #[test]
    fn objects_are_closed_and_references_lead_inside_without_a_circle() {
        let open = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let expected = "For 'object' type, 'additionalProperties' must be explicitly set to false";
        assert_eq!(refusal(&open), expected);
        assert_eq!(refusal(&object(&json!({ "inner": { "type": "array", "items": open } }))), expected);

        let node = json!({ "l": { "$ref": "#/$defs/leaf" } });
        let leaf = json!({ "n": { "$ref": "#/$defs/node" } });
        let mut tree = object(&json!({ "top": { "$ref": "#/$defs/node" } }));
        tree["$defs"] = json!({ "node": object(&node), "leaf": object(&leaf) });
        assert!(
            refusal(&tree).contains("detected in schema definitions: node -> leaf -> node. Self-referencing")
                || refusal(&tree).contains("leaf -> node -> leaf"),
            "{}",
            refusal(&tree)
        );
        assert!(
            refusal(&object(&json!({ "self": { "$ref": "#" } }))).contains("Circular reference detected")
        );
        let external = object(&json!({ "a": { "$ref": "https://example.com/a.json" } }));
        assert_eq!(refusal(&external), "External '$ref' 'https://example.com/a.json' is not supported");
        assert!(refusal(&object(&json!({ "a": { "$ref": "#/$defs/a" } }))).contains("leads nowhere"));
    }

    #[test]
    fn only_objects_are_schemas_of_answers() {
        for schema in [json!({ "type": "string" }), json!([]), json!(true), json!({})] {
            assert_eq!(refusal(&schema), "Schema must be of type 'object'", "{schema}");
        }
        let message = check_text("{", "here").unwrap_err().message;
        assert!(message.ends_with("here: Schema is not valid JSON"), "{message}");
    }
}
