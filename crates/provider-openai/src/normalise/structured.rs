//! Answers that are JSON and follow a schema.

use outcrop_core::OutputSchema;
use serde_json::{Map, Value, json};

use super::{Target, Warnings};
use crate::compat::StructuredOutput;

pub(super) const RULES: &[&str] = &[NAME, BY_INSTRUCTION, LOOSE];

const NAME: &str = "output-name";
const BY_INSTRUCTION: &str = "output-by-instruction";
const LOOSE: &str = "output-loose";

/// What an answer is called that has no name.
const ANSWER: &str = "answer";
/// The most characters of a name (OpenAI, "Structured model outputs").
const LONGEST_NAME: usize = 64;
/// How deep a schema is looked into.
const DEEPEST: usize = 64;

/// Puts the schema into the body, or where the endpoint takes none, into the system prompt.
pub(super) fn put(
    body: &mut Map<String, Value>,
    output: Option<&OutputSchema>,
    system: &mut Vec<String>,
    target: &Target,
    warnings: &mut Warnings,
) {
    let Some(output) = output else { return };
    let way = target.compat.structured_output.unwrap_or(StructuredOutput::JsonSchema);
    if way != StructuredOutput::JsonSchema {
        if way == StructuredOutput::JsonObject {
            body.insert("response_format".to_owned(), json!({ "type": "json_object" }));
        }
        system.push(instruction(output));
        warnings.say(
            BY_INSTRUCTION,
            "asked for the answer's schema in the system prompt: this endpoint does not hold answers to one",
        );
        return;
    }
    let mut format = Map::new();
    format.insert("name".to_owned(), name(output, warnings).into());
    if let Some(description) = output.description.as_ref().filter(|text| !text.trim().is_empty()) {
        format.insert("description".to_owned(), description.as_str().into());
    }
    format.insert("schema".to_owned(), output.schema.clone());
    if target.compat.supports_strict_mode == Some(true) {
        let strict = is_closed(&output.schema, DEEPEST);
        if !strict {
            warnings.say(
                LOOSE,
                "asked for the answer's schema without `strict`: it wants all properties in `required`, and \
                 `additionalProperties: false`, in every object",
            );
        }
        format.insert("strict".to_owned(), strict.into());
    }
    body.insert("response_format".to_owned(), json!({ "type": "json_schema", "json_schema": format }));
}

fn instruction(output: &OutputSchema) -> String {
    let purpose = output.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let purpose = purpose.map(|text| format!(" ({text})")).unwrap_or_default();
    format!(
        "Answer with a JSON object{purpose} and nothing else. It follows this JSON schema:\n{}",
        output.schema
    )
}

fn name(output: &OutputSchema, warnings: &mut Warnings) -> String {
    let Some(name) = output.name.as_deref().filter(|name| !name.is_empty()) else { return ANSWER.to_owned() };
    let is_accepted = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let fitting = name.chars().map(|character| if is_accepted(character) { character } else { '_' });
    let fitting: String = fitting.take(LONGEST_NAME).collect();
    if fitting != name {
        warnings.say(NAME, format!("called the answer `{fitting}`: names are letters, digits, `_` and `-`"));
    }
    fitting
}

/// Whether a schema leaves nothing open, as strict mode wants it.
fn is_closed(schema: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let Some(members) = schema.as_object() else { return true };
    let properties = members.get("properties").and_then(Value::as_object);
    let is_object = properties.is_some() || members.get("type") == Some(&Value::from("object"));
    if is_object {
        let required = members.get("required").and_then(Value::as_array);
        let has = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        let all = properties.is_none_or(|properties| properties.keys().all(|name| has(name)));
        if !all || members.get("additionalProperties") != Some(&Value::Bool(false)) {
            return false;
        }
    }
    let below = |key: &str| members.get(key).into_iter();
    let maps = ["properties", "$defs", "definitions"].into_iter().flat_map(below);
    let maps = maps.filter_map(Value::as_object).flat_map(|map| map.values());
    let lists = ["anyOf", "allOf", "oneOf"].into_iter().flat_map(below);
    let lists = lists.filter_map(Value::as_array).flatten();
    maps.chain(lists).chain(below("items")).all(|inner| is_closed(inner, depth))
}
