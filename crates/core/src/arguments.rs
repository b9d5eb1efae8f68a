//! The arguments of a tool call, as the model writes them: JSON, put together from pieces.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Whether a tool call's arguments, put together, are valid: no text at all means no arguments. Whatever is valid here
/// is what a [`crate::Collector`] makes arguments of, and nothing else is.
pub fn is_tool_input(json: &str) -> bool {
    tool_input(json).is_some()
}

/// The arguments that the JSON text stands for; `None` if it is none. Halves of a surrogate pair are left out: they stand
/// for no character, and models write one where they are cut inside an emoji.
pub(crate) fn tool_input(json: &str) -> Option<Value> {
    if json.is_empty() {
        return Some(no_arguments());
    }
    serde_json::from_str(json).ok().or_else(|| match without_lone_surrogates(json) {
        Cow::Borrowed(_) => None,
        Cow::Owned(json) => serde_json::from_str(&json).ok(),
    })
}

/// The arguments of a call that has none.
pub(crate) fn no_arguments() -> Value {
    Value::Object(Map::new())
}

/// The JSON text without escapes of half a surrogate pair. (A backslash stands in strings only.)
fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = json;
    let mut seen = 0;
    while let Some(backslash) = json.get(seen..).and_then(|text| text.find('\\')) {
        let escape = seen + backslash;
        let next = |at| json.get(at..).and_then(escaped_unit);
        seen = match next(escape) {
            Some(0xD800..=0xDBFF) if matches!(next(escape + 6), Some(0xDC00..=0xDFFF)) => escape + 12,
            Some(0xD800..=0xDFFF) => {
                let done = json.len() - rest.len();
                kept.push_str(json.get(done..escape).unwrap_or_default());
                rest = json.get(escape + 6..).unwrap_or_default();
                escape + 6
            }
            // The character behind may be another backslash, or more than a byte long.
            _ => json
                .get(escape + 1..)
                .and_then(|text| text.chars().next())
                .map_or(json.len(), |character| escape + 1 + character.len_utf8()),
        };
    }
    if rest.len() == json.len() {
        return Cow::Borrowed(json);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The number of the `\uXXXX` that a text begins with.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_at_all_means_no_arguments() {
        assert_eq!(tool_input(""), Some(json!({})));
        assert_eq!(tool_input(" "), None);
        assert_eq!(tool_input(r#"{"a": [1.5, null]}"#), Some(json!({ "a": [1.5, null] })));
        assert_eq!(tool_input(r#"{"a": tru"#), None);
    }

    #[test]
    fn what_is_no_value_is_no_arguments() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for json in [r#"{"a": 1e999}"#, &deep, r#"{"a": "\ud8"}"#, r#"{"a": "\ud83d"#, "{\"a\": \"\n\"}"] {
            assert_eq!(tool_input(json), None, "{json}");
            assert!(!is_tool_input(json), "{json}");
        }
    }

    #[test]
    fn half_a_pair_is_left_out_and_nothing_else() {
        for (json, value) in [
            (r#""\ud83d""#, ""),
            (r#""a\ude00b\uD83Dc""#, "abc"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "😀"),
            (r#""\\ud83d \ud83d""#, "\\ud83d "),
            (r#""\"\ud83d\\""#, "\"\\"),
            (r#""\u00e9\udfff é""#, "é é"),
        ] {
            assert_eq!(tool_input(json), Some(Value::from(value)), "{json}");
        }
        let cut = r#"{"\udc00key": ["\ud800"], "b": "\u0041"}"#;
        assert_eq!(tool_input(cut), Some(json!({ "key": [""], "b": "A" })));
    }
}
