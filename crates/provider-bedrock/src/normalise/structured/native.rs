//! A schema in the words that the native mode knows.
//!
//! Source: "Get validated JSON results from models" in the Bedrock user guide; what it leaves open, "Structured outputs" in
//! Anthropic's documentation says. A keyword that is not known there makes the service refuse the whole request.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The formats that are known.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// A schema as it can be sent, and what was changed.
#[derive(Debug, PartialEq)]
pub(super) struct Native {
    pub schema: Value,
    /// Keywords that became words of a description.
    pub described: BTreeSet<String>,
    /// How many `oneOf` became `anyOf`.
    pub widened: usize,
}

/// The schema in the native mode's words. `patterns`: whether it knows regular expressions.
///
/// # Errors
/// What cannot be said natively, and where.
pub(super) fn rewrite(schema: &Value, patterns: bool) -> Result<Native, String> {
    let mut native = Native { schema: Value::Null, described: BTreeSet::new(), widened: 0 };
    let rewritten = Rewriter { native: &mut native, patterns }.schema(schema, "")?;
    follow(&rewritten, &rewritten, &mut Vec::new(), &mut BTreeSet::new())?;
    native.schema = rewritten;
    Ok(native)
}

struct Rewriter<'a> {
    native: &'a mut Native,
    patterns: bool,
}

impl Rewriter<'_> {
    fn schema(&mut self, schema: &Value, place: &str) -> Result<Value, String> {
        let Some(members) = schema.as_object() else { return Err(at(place, "anything goes")) };
        let mut sent = Map::new();
        let mut words = Vec::new();
        for (keyword, value) in members {
            match self.keyword(keyword, value, &format!("{place}/{}", escaped(keyword)))? {
                Sent::As(keyword, _) if sent.contains_key(keyword) => {
                    return Err(at(place, &format!("`{keyword}` would be there twice")));
                }
                Sent::As(keyword, value) => {
                    sent.insert(keyword.to_owned(), value);
                }
                Sent::InWords => {
                    self.native.described.insert(keyword.clone());
                    words.push(format!("{keyword}: {value}"));
                }
                Sent::Not => {}
            }
        }
        close(&mut sent, place)?;
        describe(&mut sent, &words);
        Ok(Value::Object(sent))
    }

    fn keyword<'k>(&mut self, keyword: &'k str, value: &Value, place: &str) -> Result<Sent<'k>, String> {
        let sent = match keyword {
            "type" | "required" | "title" | "description" | "default" => value.clone(),
            "properties" | "$defs" | "definitions" => self.members(value, place)?,
            "items" => self.schema(value, place)?,
            "anyOf" => self.each(value, place)?,
            "oneOf" => {
                self.native.widened += 1;
                return Ok(Sent::As("anyOf", self.each(value, place)?));
            }
            // Older generators can say something of a reference in no other way.
            "allOf" => match value.as_array().map(Vec::as_slice) {
                Some([only]) if is_reference(only) => {
                    return Ok(Sent::As("$ref", only.get("$ref").cloned().unwrap_or_default()));
                }
                _ => return Err(at(place, "`allOf` is more than a reference")),
            },
            "enum" if value.as_array().is_some_and(|values| values.iter().all(is_plain)) => value.clone(),
            "const" if is_plain(value) => value.clone(),
            "enum" | "const" => return Err(at(place, "a value is an object or a list")),
            "$ref" if is_definition(value) => value.clone(),
            "$ref" => return Err(at(place, "the reference leads to no definition")),
            "additionalProperties" if *value == json!(false) => value.clone(),
            "additionalProperties" | "patternProperties" => {
                return Err(at(place, "the object is open for other members"));
            }
            "prefixItems" | "additionalItems" | "$anchor" | "$dynamicRef" | "$dynamicAnchor"
            | "$recursiveRef" | "$recursiveAnchor" => {
                return Err(at(place, "there is no other way to say that"));
            }
            "format" if value.as_str().is_some_and(|format| FORMATS.contains(&format)) => value.clone(),
            "minItems" if value.as_u64().is_some_and(|count| count < 2) => value.clone(),
            "pattern" if self.patterns && value.as_str().is_some_and(is_simple) => value.clone(),
            "$id" if place != "/$id" => return Err(at(place, "references lead elsewhere")),
            "$schema" | "$id" | "$comment" => return Ok(Sent::Not),
            _ => return Ok(Sent::InWords),
        };
        Ok(Sent::As(keyword, sent))
    }

    fn members(&mut self, members: &Value, place: &str) -> Result<Value, String> {
        let members = members.as_object().into_iter().flatten();
        let rewritten: Result<Map<_, _>, _> = members
            .map(|(name, schema)| {
                Ok((name.clone(), self.schema(schema, &format!("{place}/{}", escaped(name)))?))
            })
            .collect();
        rewritten.map(Value::Object)
    }

    fn each(&mut self, schemas: &Value, place: &str) -> Result<Value, String> {
        let schemas = schemas.as_array().into_iter().flatten().enumerate();
        schemas.map(|(number, schema)| self.schema(schema, &format!("{place}/{number}"))).collect()
    }
}

/// Objects have to be closed, and lists have to say of what. That is nothing to warn of: what follows the closed schema
/// follows the open one, too.
fn close(sent: &mut Map<String, Value>, place: &str) -> Result<(), String> {
    let may_be = |sent: &Map<String, Value>, kind: &str| match sent.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    if !sent.contains_key("type") && sent.contains_key("properties") {
        sent.insert("type".to_owned(), json!("object"));
    }
    if may_be(sent, "object") && !sent.contains_key("additionalProperties") {
        if !sent.contains_key("properties") {
            return Err(at(place, "the object may have any members"));
        }
        sent.insert("additionalProperties".to_owned(), json!(false));
    }
    if may_be(sent, "array") && !sent.contains_key("items") {
        return Err(at(place, "the list may hold anything"));
    }
    if ["type", "$ref", "anyOf", "enum", "const"].iter().all(|keyword| !sent.contains_key(*keyword)) {
        return Err(at(place, "anything goes"));
    }
    Ok(())
}

/// What becomes of a keyword.
enum Sent<'k> {
    As(&'k str, Value),
    InWords,
    Not,
}

/// Says in words what has no keyword.
fn describe(sent: &mut Map<String, Value>, words: &[String]) {
    if words.is_empty() {
        return;
    }
    let words = words.join(", ");
    let text = match sent.get("description").and_then(Value::as_str) {
        Some(said) if !said.trim().is_empty() => format!("{said} ({words})"),
        _ => words,
    };
    sent.insert("description".to_owned(), Value::String(text));
}

/// Follows every reference, each once. `way`: those that lead here.
fn follow<'v>(
    schema: &'v Value,
    top: &'v Value,
    way: &mut Vec<&'v str>,
    seen: &mut BTreeSet<&'v str>,
) -> Result<(), String> {
    match schema {
        Value::Array(items) => items.iter().try_for_each(|item| follow(item, top, way, seen)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref").filter(|it| is_definition(it)) {
                if way.contains(&reference.as_str()) {
                    return Err(format!("`{reference}` refers to itself"));
                }
                let target = reference.strip_prefix('#').and_then(|pointer| top.pointer(pointer));
                if let Some(target) = target.filter(|_| seen.insert(reference)) {
                    way.push(reference);
                    follow(target, top, way, seen)?;
                    way.pop();
                }
            }
            members.values().try_for_each(|value| follow(value, top, way, seen))
        }
        _ => Ok(()),
    }
}

fn is_reference(schema: &Value) -> bool {
    schema.as_object().is_some_and(|members| members.len() == 1)
        && schema.get("$ref").is_some_and(is_definition)
}

fn is_definition(reference: &Value) -> bool {
    let leads = |text: &str| text.starts_with("#/$defs/") || text.starts_with("#/definitions/");
    reference.as_str().is_some_and(leads)
}

/// Whether a value is neither an object nor a list.
const fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

/// Whether a regular expression has nothing that is known to be refused: groups of a special kind, references to groups,
/// word boundaries; repetitions with numbers may be refused if they are large.
fn is_simple(pattern: &str) -> bool {
    let special = ["(?", "{", "\\b", "\\B", "\\k", "\\p", "\\P"];
    let reference = |digit: char| pattern.contains(&format!("\\{digit}"));
    !special.iter().any(|part| pattern.contains(part)) && !('1'..='9').any(reference)
}

fn at(place: &str, what: &str) -> String {
    if place.is_empty() { format!("{what} at its top") } else { format!("{what} at `{place}`") }
}

/// A member's name as a step of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
