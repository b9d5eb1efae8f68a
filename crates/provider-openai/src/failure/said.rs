//! What a server says of a failure, in whatever shape.

use outcrop_core::Overflow;
use serde_json::Value;

/// Code, kind and words of a failure, as far as there are any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    pub(super) code: Option<String>,
    /// `error.type`: a rougher code.
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
    /// The field of the request that is wrong.
    pub(super) param: Option<String>,
    /// By how much the conversation is too long, where fields say so, as llama.cpp's do.
    pub(super) overflow: Option<Overflow>,
    /// Who failed behind a gateway.
    pub(super) provider: Option<String>,
}

/// Whether a value is an error rather than an answer or a piece of one.
pub(crate) fn is_error(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    let no_answer = !has("choices") && !has("usage");
    has("error")
        || value.get("object") == Some(&Value::from("error"))
        || (no_answer && Said::of(value).is_some())
}

impl Said {
    /// What a body says; text that is no JSON and no web page counts as a message.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Self::of(&value);
        }
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        let words = !text.is_empty() && !text.starts_with('<');
        words.then(|| Self { message: Some(text.to_owned()), ..Self::default() })
    }

    /// What a value says: `{error: {…}}`, `{error: "…"}`, `{object: "error", …}`, `{detail: …}`, `{message: "…"}`, or one
    /// of these in a list.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let value = value.get(0).unwrap_or(value);
        let error = match value.get("error").filter(|error| !error.is_null()) {
            Some(Value::Bool(_)) | None => value,
            Some(error) => error,
        };
        let text = |key: &str| error.get(key).and_then(words);
        let raw = error.pointer("/metadata/raw").and_then(words);
        let message = error
            .as_str()
            .map(str::to_owned)
            .or_else(|| text("message"))
            .or_else(|| text("Message"))
            .or_else(|| text("msg"))
            .or_else(|| value.get("message").and_then(words))
            .or_else(|| error.get("detail").and_then(detail));
        let message = match (message, raw) {
            (Some(message), Some(raw)) if !message.contains(&raw) => Some(format!("{message}: {raw}")),
            (message, raw) => message.or(raw),
        };
        let said = Self {
            code: text("code").or_else(|| text("__type")),
            kind: text("type").filter(|kind| kind != "error"),
            message,
            param: text("param"),
            overflow: overflow(error),
            provider: error.pointer("/metadata/provider_name").and_then(words),
        };
        let speaks = said.message.is_some() || said.code.is_some();
        speaks.then_some(said)
    }

    /// Whether it says no more than that nothing is at this path.
    pub(super) fn is_about_the_path(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        let message = message.trim_end_matches('.');
        let plain =
            ["not found", "404 page not found", "404 not found", "method not allowed", "file not found"];
        let path =
            ["no route", "invalid url", "unknown request url", "unknown path", "cannot post", "cannot get"];
        plain.contains(&message) || path.iter().any(|words| message.contains(words))
    }

    /// A code that is an HTTP status, as some write it into a stream.
    pub(super) fn status(&self) -> Option<u16> {
        self.code.as_deref()?.parse().ok().filter(|status| (400..600).contains(status))
    }
}

/// A text that says something; numbers count, as codes are written so.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn overflow(error: &Value) -> Option<Overflow> {
    let number = |key: &str| error.get(key).and_then(Value::as_u64);
    Some(Overflow::new(Some(number("n_prompt_tokens")?), None, Some(number("n_ctx")?)))
}

/// FastAPI's: a text, or a list of what is wrong where.
fn detail(value: &Value) -> Option<String> {
    let Some(list) = value.as_array() else {
        return words(value).or_else(|| value.get("message").and_then(words));
    };
    let told = list.iter().map(|problem| {
        let place = problem.get("loc").and_then(Value::as_array).into_iter().flatten();
        let place: Vec<_> = place.filter_map(words).collect();
        let what = problem.get("msg").and_then(words).unwrap_or_default();
        format!("{}: {what}", place.join("."))
    });
    Some(told.collect::<Vec<_>>().join("; ")).filter(|told| !told.is_empty())
}
