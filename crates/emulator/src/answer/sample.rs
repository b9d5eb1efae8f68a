//! A plausible value for a JSON schema.

mod number;

use std::cell::Cell;

use serde_json::{Map, Value, json};

use crate::json::{at, list_at, text_at};

/// How deep references and nested objects are followed.
const DEEPEST: usize = 12;
/// How many values one answer may be made of.
const MOST_VALUES: usize = 4096;
/// The longest text that is made up, in characters.
const LONGEST_TEXT: usize = 4096;
/// The longest text where the schema wants none so long.
const USUAL_TEXT: usize = 200;

/// A value that fits the schema, with words of the prompt where the schema leaves a free choice; null if none is found.
/// Regular expressions and what excludes values (`not`, `uniqueItems`) are not looked at.
pub(super) fn value(schema: &Value, prompt: &str) -> Value {
    let sampler = Sampler { root: schema, prompt, values_left: Cell::new(MOST_VALUES) };
    sampler.value(schema, &Way { name: "", references: &[], depth: 0 }).unwrap_or(Value::Null)
}

struct Sampler<'a> {
    root: &'a Value,
    prompt: &'a str,
    values_left: Cell<usize>,
}

/// How a schema was come to.
#[derive(Clone, Copy)]
struct Way<'w> {
    /// The member that it is of.
    name: &'w str,
    /// The references that led to it.
    references: &'w [&'w str],
    depth: usize,
}

impl<'w> Way<'w> {
    const fn to(self, name: &'w str) -> Self {
        Self { name, depth: self.depth + 1, ..self }
    }
}

impl Sampler<'_> {
    /// `None` where the schema leads back to itself, or nothing fits.
    fn value(&self, schema: &Value, way: &Way<'_>) -> Option<Value> {
        self.values_left.set(self.values_left.get().checked_sub(1)?);
        if way.depth > DEEPEST {
            return None;
        }
        if let Some(path) = text_at(schema, "/$ref")
            && let Some(target) = self.resolve(path)
        {
            if way.references.contains(&path) {
                return None;
            }
            let references = [way.references, &[path]].concat();
            return self.value(target, &Way { references: &references, ..*way });
        }
        for fixed in ["const", "default"] {
            if let Some(value) = schema.get(fixed) {
                return Some(value.clone());
            }
        }
        for choice in ["/enum", "/examples"] {
            if let Some(value) = list_at(schema, choice).first() {
                return Some(value.clone());
            }
        }
        for alternatives in ["/anyOf", "/oneOf"] {
            // Nothing is the last resort.
            let (nulls, others): (Vec<_>, Vec<_>) =
                list_at(schema, alternatives).iter().partition(|option| at(option, "/type") == "null");
            if let Some(value) = others.into_iter().chain(nulls).find_map(|option| self.value(option, way)) {
                return Some(value);
            }
        }
        if let [first, rest @ ..] = list_at(schema, "/allOf") {
            let all =
                rest.iter().fold(self.resolved(first).clone(), |all, one| both(all, self.resolved(one)));
            return self.value(&all, way);
        }
        let plain = match kind(schema) {
            "object" => self.object(schema, way),
            "array" => self.array(schema, way),
            "integer" => number::integer(schema),
            "number" => number::number(schema),
            "boolean" => Some(json!(true)),
            "null" => Some(Value::Null),
            _ => self.text(schema, way.name).map(Value::String),
        };
        plain.or_else(|| allows_null(schema).then_some(Value::Null))
    }

    /// The required members; if none is required, all of those for which there is a value.
    fn object(&self, schema: &Value, way: &Way<'_>) -> Option<Value> {
        let none = Map::new();
        let properties = at(schema, "/properties").as_object().unwrap_or(&none);
        let required: Vec<_> = list_at(schema, "/required").iter().filter_map(Value::as_str).collect();
        let mut members = Map::new();
        for (name, property) in properties {
            let needed = required.contains(&name.as_str());
            if !needed && !required.is_empty() {
                continue;
            }
            match self.value(property, &way.to(name)) {
                Some(value) => drop(members.insert(name.clone(), value)),
                None if needed => return None,
                None => {}
            }
        }
        for name in required {
            if !members.contains_key(name) {
                let value = self.value(at(schema, "/additionalProperties"), &way.to(name))?;
                members.insert(name.to_owned(), value);
            }
        }
        Some(members.into())
    }

    fn array(&self, schema: &Value, way: &Way<'_>) -> Option<Value> {
        let count = |keyword| number::count(schema, keyword);
        let first = list_at(schema, "/prefixItems");
        let least = count("minItems").unwrap_or(0);
        let most = count("maxItems").unwrap_or(usize::MAX);
        let wanted = least.max(first.len()).max(1).min(most);
        let items = first.iter().chain(std::iter::repeat(at(schema, "/items")));
        let mut array = Vec::new();
        for item in items.take(wanted) {
            match self.value(item, &way.to(way.name)) {
                Some(value) => array.push(value),
                None if array.len() < least => return None,
                None => break,
            }
        }
        Some(Value::Array(array))
    }

    fn text(&self, schema: &Value, name: &str) -> Option<String> {
        let shortest = number::count(schema, "minLength").unwrap_or(0);
        if shortest > LONGEST_TEXT {
            return None;
        }
        let text = match text_at(schema, "/format") {
            Some("date") => "2026-01-31".to_owned(),
            Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
            Some("time") => "12:00:00Z".to_owned(),
            Some("duration") => "PT1H".to_owned(),
            Some("email") => "someone@example.com".to_owned(),
            Some("hostname") => "example.com".to_owned(),
            Some("ipv4") => "192.0.2.1".to_owned(),
            Some("ipv6") => "2001:db8::1".to_owned(),
            Some("uri" | "url") => "https://example.com/".to_owned(),
            Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
            _ => self.words(name),
        };
        let longest = number::count(schema, "maxLength").unwrap_or_else(|| shortest.max(USUAL_TEXT));
        let mut text: String = text.chars().take(longest).collect();
        let missing = shortest.saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n('x', missing));
        Some(text)
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

    /// What a schema refers to, if it does nothing else.
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        text_at(schema, "/$ref").and_then(|path| self.resolve(path)).unwrap_or(schema)
    }
}

/// A schema that says what two of them say; where they speak of the same, the second has the last word.
fn both(mut one: Value, other: &Value) -> Value {
    if let (Some(one), Some(other)) = (one.as_object_mut(), other.as_object()) {
        for (keyword, value) in other {
            match (one.get_mut(keyword), value) {
                (Some(Value::Object(members)), Value::Object(more)) => {
                    members.extend(more.iter().map(|(name, schema)| (name.clone(), schema.clone())));
                }
                (Some(Value::Array(names)), Value::Array(more)) if keyword == "required" => {
                    names.extend(more.iter().cloned());
                }
                _ => drop(one.insert(keyword.clone(), value.clone())),
            }
        }
    }
    one
}

/// The type of a schema; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    let named = match at(schema, "/type") {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    let is_object = || schema.get("properties").is_some() || schema.get("required").is_some();
    let is_array = || schema.get("items").is_some() || schema.get("prefixItems").is_some();
    named.unwrap_or_else(|| match () {
        () if is_object() => "object",
        () if is_array() => "array",
        () => "string",
    })
}

fn allows_null(schema: &Value) -> bool {
    list_at(schema, "/type").iter().any(|kind| kind == "null")
}
