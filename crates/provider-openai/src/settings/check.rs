//! What is wrong with an entry, each at its place.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use outcrop_core::SettingProblem;
use serde_json::Value;

use crate::compat::Compat;
use crate::endpoint::Endpoint;

/// The values of `auth` that mean something here.
const AUTH: &[&str] = &["bearer", "api-key", "none"];

/// Headers that say how a message is to be read, which is for the transport to say.
const RESERVED: [&str; 6] =
    ["content-length", "content-type", "host", "transfer-encoding", "connection", "accept-encoding"];

/// The most tokens that anybody would write.
const MOST_TOKENS: f64 = 1e9;

pub(super) fn problems(entry: &Value) -> Vec<SettingProblem> {
    let mut problems = Problems::default();
    let said = |key: &str| entry.get(key).filter(|value| !value.is_null());
    let endpoint = match said("baseUrl").map(Value::as_str) {
        None => {
            problems.add(
                "/baseUrl",
                "`baseUrl` is missing: it says where the endpoint is, such as `https://openrouter.ai/api/v1`",
            );
            None
        }
        Some(None) => {
            problems.add("/baseUrl", "`baseUrl` must be a text");
            None
        }
        Some(Some(url)) => Endpoint::parse(url).map_err(|message| problems.add("/baseUrl", message)).ok(),
    };
    if let Some(auth) = said("auth")
        && !auth.as_str().is_some_and(|auth| AUTH.contains(&auth))
    {
        problems.listed("/auth", format!("`auth` is none of `{}` for this `api`", AUTH.join("`, `")), AUTH);
    }
    let key = said("apiKey");
    if key.is_some_and(|key| !key.as_str().is_some_and(is_header_value)) {
        problems.add("/apiKey", "`apiKey` must be a text without line breaks");
    }
    let wants_key = said("auth").is_none_or(|auth| auth != "none");
    let has_headers = said("headers").and_then(Value::as_object).is_some_and(|headers| !headers.is_empty());
    if let Some(message) =
        endpoint.and_then(|endpoint| endpoint.exposed(key.is_some() && wants_key, has_headers))
    {
        problems.add("/baseUrl", message);
    }
    if said("guardrail").is_some() {
        problems.add(
            "/guardrail",
            "`guardrail` goes with calls of Bedrock only: nothing of this `api` would go through it",
        );
    }
    headers(entry, &mut problems);
    timeouts(entry, &mut problems);
    models(entry, &mut problems);
    object(entry, "compat", "", "", &mut problems);
    problems.0
}

fn headers(entry: &Value, problems: &mut Problems) {
    let Some(headers) = entry.get("headers").filter(|value| !value.is_null()) else { return };
    let Some(headers) = headers.as_object() else {
        return problems.add("/headers", "`headers` must be an object of texts");
    };
    for (name, value) in headers {
        let place = format!("/headers/{}", escaped(name));
        // The value may be a secret, and so may a name that is none.
        if HeaderName::try_from(name).is_err() {
            problems.add(&place, "`headers` has a name that no header can have");
        } else if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            problems.add(&place, format!("`headers.{name}` is written by this program itself"));
        } else if !value.as_str().is_some_and(is_header_value) {
            problems.add(&place, format!("`headers.{name}` must be a text without line breaks"));
        }
    }
}

fn timeouts(entry: &Value, problems: &mut Problems) {
    for key in ["connect", "firstEvent", "idle", "total"] {
        let pointer = format!("/timeouts/{key}");
        let value = entry.pointer(&pointer).filter(|value| !value.is_null());
        if value.is_some_and(|value| seconds(value).is_none()) {
            problems.add(&pointer, format!("`timeouts.{key}` must be a number of seconds above 0"));
        }
    }
}

fn models(entry: &Value, problems: &mut Problems) {
    let Some(models) = entry.get("models").filter(|value| !value.is_null()) else { return };
    let Some(models) = models.as_array() else {
        return problems.add("/models", "`models` must be a list");
    };
    let mut seen = BTreeSet::new();
    for (position, model) in models.iter().enumerate() {
        let place = format!("/models/{position}");
        let said = |key: &str| model.get(key).filter(|value| !value.is_null());
        let id = super::text(model, "id");
        match &id {
            None => problems.add(&format!("{place}/id"), "a model of `models` has no `id`"),
            Some(id) if !seen.insert(id.clone()) => {
                problems.add(&format!("{place}/id"), format!("`models` has `{id}` twice"));
            }
            Some(_) => {}
        }
        let id = id.unwrap_or_default();
        for key in ["reasoning", "tools"] {
            if said(key).is_some_and(|value| !value.is_boolean()) {
                let message = format!("`{key}` of the model `{id}` must be `true` or `false`");
                problems.listed(&format!("{place}/{key}"), message, &["true", "false"]);
            }
        }
        for key in ["contextWindow", "maxTokens"] {
            if said(key).is_some_and(|value| tokens(value).is_none()) {
                let message = format!("`{key}` of the model `{id}` must be a number of tokens above 0");
                problems.add(&format!("{place}/{key}"), message);
            }
        }
        let texts = |input: &Value| input.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        if said("input").is_some_and(|input| !texts(input)) {
            problems.add(
                &format!("{place}/input"),
                format!("`input` of the model `{id}` must be a list of texts"),
            );
        }
        if let Some(cost) = said("cost") {
            let name = format!("models[{position}].cost");
            super::cost::check(cost, &format!("{place}/cost"), &name, problems);
        }
        object(model, "compat", &place, &format!("models[{position}]."), problems);
    }
}

/// The quirks below `key`.
fn object(entry: &Value, key: &str, place: &str, name: &str, problems: &mut Problems) {
    let Some(compat) = entry.get(key).filter(|value| !value.is_null()) else { return };
    let (place, name) = (format!("{place}/{key}"), format!("{name}{key}"));
    if !compat.is_object() {
        return problems.add(&place, format!("`{name}` must be an object"));
    }
    problems.0.extend(Compat::check(compat, &place, &name));
}

/// A positive number of seconds.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(value.as_f64()?).ok()?;
    (!duration.is_zero()).then_some(duration)
}

/// A positive number of tokens, written in any way that JSON has.
pub(super) fn tokens(value: &Value) -> Option<u32> {
    let number = value.as_f64().filter(|number| (1.0..=MOST_TOKENS).contains(number))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was looked at")]
    let tokens = number as u32;
    Some(tokens)
}

fn is_header_value(text: &str) -> bool {
    HeaderValue::from_str(text).is_ok()
}

/// A key as a JSON pointer writes it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[derive(Default)]
pub(super) struct Problems(Vec<SettingProblem>);

impl Problems {
    pub(super) fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.listed(pointer, message, &[]);
    }

    fn listed(&mut self, pointer: &str, message: impl Into<String>, allowed: &[&str]) {
        self.0.push(SettingProblem::new(pointer, message).with_allowed(allowed.iter().copied()));
    }
}
