//! Looking for what was asked for in what came to an upstream, whatever its wire.

use outcrop_core::Blob;
use serde_json::Value;

/// Something that must be in the body of a call.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    /// What it is, for people.
    pub(crate) what: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Text(String),
    Bytes(Blob),
}

impl Needle {
    pub(crate) fn text(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, kind: Kind::Text(text.into()) }
    }

    /// As they are, or in base64.
    pub(crate) fn bytes(what: &'static str, bytes: impl Into<Blob>) -> Self {
        Self { what, kind: Kind::Bytes(bytes.into()) }
    }

    /// Where it is in a body, in some measure that grows from the front to the back.
    pub(crate) fn find(&self, body: &Body) -> Option<usize> {
        match &self.kind {
            Kind::Text(text) => body.text(text.as_bytes()),
            Kind::Bytes(blob) => {
                let standard = serde_json::to_value(blob).ok()?.as_str()?.trim_end_matches('=').to_owned();
                let for_urls = standard.replace('+', "-").replace('/', "_");
                position(&body.raw, blob.as_bytes())
                    .or_else(|| body.text(standard.as_bytes()))
                    .or_else(|| body.text(for_urls.as_bytes()))
            }
        }
    }
}

/// The body of a call, and if it is JSON, all its texts one after the other, without their escapes.
#[derive(Debug)]
pub(crate) struct Body {
    raw: Vec<u8>,
    texts: Vec<u8>,
}

impl Body {
    pub(crate) fn new(raw: Vec<u8>) -> Self {
        let mut texts = Vec::new();
        if let Ok(value) = serde_json::from_slice(&raw) {
            spell(&value, &mut texts);
        }
        Self { raw, texts }
    }

    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn text(&self, text: &[u8]) -> Option<usize> {
        position(&self.texts, text).or_else(|| position(&self.raw, text))
    }
}

/// Puts down all keys and texts of a value.
fn spell(value: &Value, texts: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            texts.extend_from_slice(text.as_bytes());
            texts.push(0);
        }
        Value::Array(values) => values.iter().for_each(|value| spell(value, texts)),
        Value::Object(members) => {
            for (key, value) in members {
                texts.extend_from_slice(key.as_bytes());
                texts.push(0);
                spell(value, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle.first()?;
    let mut from = 0;
    loop {
        let rest = haystack.get(from..)?;
        let at = from + rest.iter().position(|byte| byte == first)?;
        if haystack.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needle: &Needle, body: &str) -> bool {
        needle.find(&Body::new(body.as_bytes().to_vec())).is_some()
    }

    #[test]
    fn a_text_is_found_behind_escapes_and_outside_of_json() {
        let needle = Needle::text("", "a \"b\" é");
        assert!(found(&needle, r#"{"x": ["say a \"b\" \u00e9!"]}"#));
        assert!(found(&needle, "field=a \"b\" é"));
        assert!(!found(&needle, r#"{"x": ["a", "\"b\" é"]}"#), "two texts are not one");
    }

    #[test]
    fn bytes_are_found_as_they_are_and_in_every_base64() {
        let needle = Needle::bytes("", vec![0xfb, 0xff, 0xfe, b'x']);
        for body in [r#""+//+eA==""#, r#""-__-eA""#, r#"{"url": "data:image/png;base64,+//+eA=="}"#] {
            assert!(found(&needle, body), "{body}");
        }
        assert!(!found(&needle, r#""+//+""#));
        assert!(needle.find(&Body::new(vec![1, 0xfb, 0xff, 0xfe, b'x'])) == Some(1));
    }

    #[test]
    fn what_comes_first_has_the_lower_place() {
        let body = Body::new(br#"{"messages": [{"text": "first"}, {"text": "second"}]}"#.to_vec());
        assert!(Needle::text("", "first").find(&body) < Needle::text("", "second").find(&body));
    }
}
