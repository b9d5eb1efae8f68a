//! A plausible value for a JSON schema.

use serde_json::{Map, Value, json};

use crate::json::{at, text_at};
/// How deep references and nested objects are followed.
const DEEPEST: usize = 12;

/// A value that fits the schema, with words of the prompt where the schema leaves a free choice.
pub(super) fn value(schema: &Value, prompt: &str) -> Value {
    Sampler { root: schema, prompt }.value(schema, "", DEEPEST)
}

struct Sampler<'a> {
    root: &'a Value,
    prompt: &'a str,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let Some(deeper) = depth.checked_sub(1) else { return Value::Null };
        if let Some(target) = text_at(schema, "/$ref").and_then(|path| self.resolve(path)) {
            return self.value(target, name, deeper);
        }
        for fixed in ["const", "default"] {
            if let Some(value) = schema.get(fixed) {
                return value.clone();
            }
        }
        for choice in ["enum", "examples"] {
            if let Some(value) = schema[choice].get(0) {
                return value.clone();
            }
        }
        for alternatives in ["anyOf", "oneOf", "allOf"] {
            let options = schema[alternatives].as_array().map_or(&[][..], Vec::as_slice);
            if let Some(option) = options.iter().find(|option| at(option, "/type") != "null") {
                return self.value(option, name, deeper);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, deeper),
            "array" => {
                let count = at(schema, "/minItems").as_u64().unwrap_or(1).clamp(1, 8);
                (0..count).map(|_| self.value(at(schema, "/items"), name, deeper)).collect()
            }
            "integer" => integer(schema),
            "number" => json!(number(schema)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => Value::String(self.text(schema, name)),
        }
    }

    /// The required members; all of them if none is required.
    fn object(&self, schema: &Value, depth: usize) -> Value {
        let none = Map::new();
        let properties = at(schema, "/properties").as_object().unwrap_or(&none);
        let required: Vec<_> =
            at(schema, "/required").as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let wanted =
            properties.iter().filter(|(name, _)| required.is_empty() || required.contains(&name.as_str()));
        wanted
            .map(|(name, schema)| (name.clone(), self.value(schema, name, depth)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn text(&self, schema: &Value, name: &str) -> String {
        let text = match text_at(schema, "/format") {
            Some("date") => "2026-01-31".to_owned(),
            Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
            Some("time") => "12:00:00Z".to_owned(),
            Some("email") => "someone@example.com".to_owned(),
            Some("uri" | "url") => "https://example.com/".to_owned(),
            Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
            _ => self.words(name),
        };
        let longest =
            at(schema, "/maxLength").as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(200);
        let shortest = at(schema, "/minLength").as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let mut text: String = text.chars().take(longest).collect();
        let missing = shortest.min(longest).saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n('x', missing));
        text
    }

    /// A name out of the prompt for a place or a person, the whole prompt for anything else.
    fn words(&self, name: &str) -> String {
        let name = name.to_lowercase();
        let is_proper =
            ["city", "location", "place", "country", "name", "person"].iter().any(|it| name.contains(it));
        let words =
            self.prompt.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
        let proper = words.skip(1).filter(|word| word.chars().next().is_some_and(char::is_uppercase)).last();
        match proper {
            Some(word) if is_proper => word.to_owned(),
            _ if self.prompt.is_empty() => "something".to_owned(),
            _ => self.prompt.to_owned(),
        }
    }

    fn resolve(&self, path: &str) -> Option<&Value> {
        self.root.pointer(path.strip_prefix('#')?)
    }
}

/// The type of a schema; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    let named = match at(schema, "/type") {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    named.unwrap_or(if schema.get("properties").is_some() { "object" } else { "string" })
}

/// Bounds of whole numbers are whole numbers; other bounds are for numbers.
fn integer(schema: &Value) -> Value {
    let bound = |pointer: &str| at(schema, pointer).as_i64();
    let lowest = bound("/minimum").or_else(|| bound("/exclusiveMinimum").map(|it| it.saturating_add(1)));
    let highest = bound("/maximum").or_else(|| bound("/exclusiveMaximum").map(|it| it.saturating_sub(1)));
    json!(lowest.unwrap_or_else(|| highest.map_or(1, |it| it.min(1))))
}

fn number(schema: &Value) -> f64 {
    let minimum = at(schema, "/minimum").as_f64();
    let above = at(schema, "/exclusiveMinimum").as_f64().map(|it| it + 1.0);
    let below = at(schema, "/maximum")
        .as_f64()
        .or_else(|| at(schema, "/exclusiveMaximum").as_f64().map(|it| it - 1.0));
    minimum.or(above).unwrap_or_else(|| below.map_or(1.0, |it| it.min(1.0)))
}
