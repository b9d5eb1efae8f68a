//! What may be shown of a text that has no tree.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::node::Span;
use crate::schema;

/// Every key of the schema, wherever it stands: none of them is a secret.
static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut keys = BTreeSet::new();
    collect(&schema::schema(), &mut keys);
    keys
});

fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Array(schemas) => schemas.iter().for_each(|inner| collect(inner, keys)),
        Value::Object(keywords) => {
            if let Some(Value::Object(properties)) = keywords.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            keywords.values().for_each(|inner| collect(inner, keys));
        }
        _ => {}
    }
}

/// The places that no excerpt may show where nobody knows which text belongs to which key: each line from the first thing
/// on it that may be a value. Brackets, `true`, `false`, `null` and keys of the schema are none.
pub(super) fn places(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let end = start + line.len();
        let shown = start + shown(line);
        if shown < end {
            spans.push(shown..end);
        }
        start = end;
    }
    spans
}

/// How many bytes at the beginning of a line are surely no part of a value.
fn shown(line: &str) -> usize {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '{', '}', '[', ']', ',', '\n', '\r']);
        match literal(rest).or_else(|| key(rest)) {
            Some(behind) => rest = behind,
            None => return line.len() - rest.len(),
        }
    }
}

/// What follows a literal that can be no secret.
fn literal(text: &str) -> Option<&str> {
    let behind = ["true", "false", "null"].iter().find_map(|literal| text.strip_prefix(literal))?;
    behind
        .is_empty()
        .then_some(behind)
        .or_else(|| behind.starts_with([' ', '\t', '}', ']', ',', '\n', '\r']).then_some(behind))
}

/// What follows a key of the schema and its colon.
fn key(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let name = quote.map_or(text, |quote| text.strip_prefix(quote).unwrap_or(text));
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$')))?;
    let (name, behind) = name.split_at(end);
    let behind = quote.map_or(Some(behind), |quote| behind.strip_prefix(quote))?;
    let behind = behind.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    KEYS.contains(name).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blotted(text: &str) -> String {
        let places = places(text);
        let hidden = |at: usize| places.iter().any(|place| place.contains(&at));
        text.char_indices()
            .map(|(at, c)| if hidden(at) && !matches!(c, '\n' | '\r') { '*' } else { c })
            .collect()
    }

    #[test]
    fn brackets_and_known_keys_are_shown() {
        for (text, shown) in [
            ("{\n  models: { 'providers': {\r\n", "{\n  models: { 'providers': {\r\n"),
            ("{ enabled: true, region : x }", "{ enabled: true, region : ***"),
            ("  headers: { 'x-team': 1 ]", "  headers: { *************"),
            ("apiKey: “sk”,\r  sk-2", "apiKey: *****\r  ****"),
            ("  sk, region: 'x'", "  ***************"),
            ("true: nullable", "**************"),
            ("  // apiKey: x", "  ************"),
            ("region", "******"),
            ("'region: x", "**********"),
        ] {
            assert_eq!(blotted(text), shown, "{text}");
        }
    }
}
