//! What may stand in a provider entry's `discovery` and `models`: a table of keys.

use outcrop_core::SettingProblem;
use outcrop_model_facts::Geography;
use serde_json::{Map, Value};

/// A key, whether a value fits it, and what fits, in words.
struct Key {
    name: &'static str,
    fits: fn(&Value) -> bool,
    what: &'static str,
}

const fn key(name: &'static str, fits: fn(&Value) -> bool, what: &'static str) -> Key {
    Key { name, fits, what }
}

const FLAG: &str = "`true` or `false`";
const TEXT: &str = "a text that is not blank";
const TEXTS: &str = "a list of texts that are not blank";
const TOKENS: &str = "a whole number of tokens from 1 to 4294967295";
const RATE: &str = "a number of US dollars of at least 0";

const DISCOVERY: &[Key] = &[
    key("enabled", Value::is_boolean, FLAG),
    key("region", is_text, TEXT),
    key("regions", are_texts, TEXTS),
    key("providerFilter", are_texts, TEXTS),
    key("refreshInterval", Value::is_u64, "a whole number of seconds of at least 0"),
    key("defaultContextWindow", is_tokens, TOKENS),
    key("defaultMaxTokens", is_tokens, TOKENS),
    key("geography", is_geography, "`auto`, `global`, or the prefix of a geography such as `us` or `eu`"),
    key("includeLegacy", Value::is_boolean, FLAG),
];

const MODEL: &[Key] = &[
    key("id", is_text, TEXT),
    key("name", Value::is_string, "a text"),
    key("baseModel", is_text, TEXT),
    key("region", is_text, TEXT),
    key("reasoning", Value::is_boolean, FLAG),
    key("input", are_texts, "a list of `text`, `image`, `document`, `video`, `audio`"),
    key("contextWindow", is_tokens, TOKENS),
    key("maxTokens", is_tokens, TOKENS),
];

const COST: &[Key] = &[
    key("input", is_rate, RATE),
    key("output", is_rate, RATE),
    key("cacheRead", is_rate, RATE),
    key("cacheWrite", is_rate, RATE),
];

/// All problems of the two keys of a provider entry.
pub(super) fn entry(entry: &Value) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    if let Some(discovery) = set(entry.get("discovery")) {
        object(discovery, DISCOVERY, "/discovery", &mut problems);
    }
    if let Some(models) = set(entry.get("models")) {
        match models.as_array() {
            None => problems.push(problem("/models", models, "a list of models")),
            Some(models) => {
                for (index, model) in models.iter().enumerate() {
                    self::model(model, &format!("/models/{index}"), &mut problems);
                }
            }
        }
    }
    problems
}

fn model(model: &Value, pointer: &str, problems: &mut Vec<SettingProblem>) {
    object(model, MODEL, pointer, problems);
    if model.is_object() && set(model.get("id")).is_none() {
        let message = format!("`{}` has no `id`", dotted(pointer));
        problems.push(SettingProblem { pointer: pointer.to_owned(), message, allowed: Vec::new() });
    }
    if let Some(cost) = set(model.get("cost")) {
        object(cost, COST, &format!("{pointer}/cost"), problems);
    }
}

fn object(value: &Value, keys: &[Key], pointer: &str, problems: &mut Vec<SettingProblem>) {
    let Some(object) = value.as_object() else {
        problems.push(problem(pointer, value, "an object"));
        return;
    };
    for key in keys {
        if let Some(value) = set(object.get(key.name)).filter(|value| !(key.fits)(value)) {
            problems.push(problem(&format!("{pointer}/{}", key.name), value, key.what));
        }
    }
}

fn problem(pointer: &str, value: &Value, what: &str) -> SettingProblem {
    let message = format!("`{}` is {value}, which is not {what}", dotted(pointer));
    // The values are listed where there are only so many.
    let allowed = if what == FLAG { vec!["true".to_owned(), "false".to_owned()] } else { Vec::new() };
    SettingProblem { pointer: pointer.to_owned(), message, allowed }
}

/// `/models/0/id` as people write it: `models[0].id`.
fn dotted(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| {
        let is_index = part.bytes().all(|byte| byte.is_ascii_digit());
        match (is_index, path.is_empty()) {
            (true, _) => format!("{path}[{part}]"),
            (false, true) => part.to_owned(),
            (false, false) => format!("{path}.{part}"),
        }
    })
}

/// A value that says something.
fn set(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// The members of an object that say something; none for nothing.
pub(super) fn members(value: Option<&Value>) -> Map<String, Value> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    let said = members.filter(|(_, value)| !value.is_null());
    said.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
}

/// The same without members that are `null`.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(_) => Value::Object(members(Some(value))),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn are_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_text))
}

fn is_tokens(value: &Value) -> bool {
    value.as_u64().is_some_and(|tokens| (1..=u64::from(u32::MAX)).contains(&tokens))
}

fn is_rate(value: &Value) -> bool {
    value.as_f64().is_some_and(|rate| rate >= 0.0)
}

fn is_geography(value: &Value) -> bool {
    value.as_str().is_some_and(|name| Geography::new(name.trim().to_ascii_lowercase().as_str()).is_some())
}
