//! What may stand in a provider entry's `discovery`, `models` and `overrides`: a table of keys.

use outcrop_aws::Region;
use outcrop_core::SettingProblem;
use outcrop_model_facts::Geography;
use serde_json::{Map, Value};

use super::{EFFORTS, Further};

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
const REGION: &str = "the name of a region such as `eu-central-1`";
const REGIONS: &str = "a list of names of regions such as `eu-central-1`";
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
    key("checkAccess", Value::is_boolean, FLAG),
    key("include", are_further, "a list of `provisioned`, `imported`, `custom`, `marketplace`"),
];

const MODEL: &[Key] = &[key("id", is_text, TEXT), key("region", is_text, TEXT)];

/// What may be said of a model, in an entry of its own or in an override.
const KNOWN: &[Key] = &[
    key("name", Value::is_string, "a text"),
    key("baseModel", is_text, TEXT),
    key("converse", Value::is_boolean, FLAG),
    key("reasoning", Value::is_boolean, FLAG),
    key("thinking", is_thinking, "`none`, `budget`, `adaptive` or `field`"),
    key("thinkingField", is_text, TEXT),
    key("efforts", are_efforts, "a list of `minimal`, `low`, `medium`, `high`, `xhigh`, `max`"),
    key("alwaysThinks", Value::is_boolean, FLAG),
    key("effortCeiling", is_effort, "`minimal`, `low`, `medium`, `high`, `xhigh` or `max`"),
    key("tools", Value::is_boolean, FLAG),
    key("promptCaching", Value::is_boolean, FLAG),
    key("input", are_texts, "a list of `text`, `image`, `document`, `video`, `audio`"),
    key("output", are_texts, "a list of `text` and others"),
    key("contextWindow", is_tokens, TOKENS),
    key("maxTokens", is_tokens, TOKENS),
    key("lifecycle", is_text, TEXT),
    key("endOfLife", is_day, "a day as `2027-01-31`"),
];

const COST: &[Key] = &[
    key("input", is_rate, RATE),
    key("output", is_rate, RATE),
    key("cacheRead", is_rate, RATE),
    key("cacheWrite", is_rate, RATE),
    key("cacheWrite1h", is_rate, RATE),
    key("longContext", Value::is_array, "a list of rates, each with `abovePromptTokens`"),
];

const LONG_CONTEXT: &[Key] = &[key("abovePromptTokens", is_tokens, TOKENS)];

/// Regions that have no such name. Only what asks them for a list needs them, so these keep nothing from being built.
pub(super) fn regions(entry: &Value) -> Vec<SettingProblem> {
    const NAMES: &[Key] = &[key("region", is_region, REGION), key("regions", are_regions, REGIONS)];
    let mut problems = Vec::new();
    let discovery = entry.get("discovery").into_iter().map(|it| ("/discovery".to_owned(), it));
    let models = entry.get("models").and_then(Value::as_array).into_iter().flatten().enumerate();
    let models = models.map(|(index, model)| (format!("/models/{index}"), model));
    for (pointer, said) in discovery.chain(models) {
        check_keys(said, NAMES, &pointer, &mut problems);
    }
    problems
}

/// All problems of the three keys of a provider entry.
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
    if let Some(overrides) = set(entry.get("overrides")) {
        match overrides.as_object() {
            None => problems.push(problem("/overrides", overrides, "an object of models by id or pattern")),
            Some(overrides) => {
                for (id, said) in overrides.iter().filter(|(_, said)| !said.is_null()) {
                    let escaped = id.replace('~', "~0").replace('/', "~1");
                    known(said, &format!("/overrides/{escaped}"), &mut problems);
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
        problems.push(SettingProblem::new(pointer, message));
    }
    if model.is_object() {
        known(model, pointer, problems);
    }
}

fn known(said: &Value, pointer: &str, problems: &mut Vec<SettingProblem>) {
    object(said, KNOWN, pointer, problems);
    let Some(cost) = set(said.get("cost")) else { return };
    object(cost, COST, &format!("{pointer}/cost"), problems);
    let bands = set(cost.get("longContext")).and_then(Value::as_array).into_iter().flatten();
    for (index, band) in bands.enumerate() {
        let pointer = format!("{pointer}/cost/longContext/{index}");
        object(band, LONG_CONTEXT, &pointer, problems);
        if band.is_object() {
            let rates = COST.iter().filter(|key| key.name != "longContext");
            check_keys(band, rates, &pointer, problems);
            if set(band.get("abovePromptTokens")).is_none() {
                let message = format!("`{}` has no `abovePromptTokens`", dotted(&pointer));
                problems.push(SettingProblem::new(pointer.as_str(), message));
            }
        }
    }
}

fn object(value: &Value, keys: &[Key], pointer: &str, problems: &mut Vec<SettingProblem>) {
    if value.is_object() {
        check_keys(value, keys, pointer, problems);
    } else {
        problems.push(problem(pointer, value, "an object"));
    }
}

fn check_keys<'a>(
    object: &Value,
    keys: impl IntoIterator<Item = &'a Key>,
    pointer: &str,
    problems: &mut Vec<SettingProblem>,
) {
    for key in keys {
        if let Some(value) = set(object.get(key.name)).filter(|value| !(key.fits)(value)) {
            problems.push(problem(&format!("{pointer}/{}", key.name), value, key.what));
        }
    }
}

fn problem(pointer: &str, value: &Value, what: &str) -> SettingProblem {
    let message = format!("`{}` is {value}, which is not {what}", dotted(pointer));
    // The values are listed where there are only so many.
    let allowed: &[&str] = if what == FLAG { &["true", "false"] } else { &[] };
    SettingProblem::new(pointer, message).with_allowed(allowed.iter().copied())
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

fn is_region(value: &Value) -> bool {
    value.as_str().is_some_and(|name| Region::is_name(name.trim()))
}

fn are_regions(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_region))
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

fn are_further(value: &Value) -> bool {
    let is_kind = |item: &Value| Further::ALL.iter().any(|kind| item == kind.as_str());
    value.as_array().is_some_and(|items| items.iter().all(is_kind))
}

fn is_thinking(value: &Value) -> bool {
    value.as_str().is_some_and(|mode| ["none", "budget", "adaptive", "field"].contains(&mode))
}

fn is_effort(value: &Value) -> bool {
    value.as_str().is_some_and(|effort| EFFORTS.contains(&effort))
}

fn are_efforts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_effort))
}

/// `2027-01-31`; whether the month has that many days is nobody's trouble.
fn is_day(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let parts: Vec<_> = text.split('-').map(|part| (part.len(), part.parse::<u32>())).collect();
        matches!(parts.as_slice(), [(4, Ok(_)), (2, Ok(1..=12)), (2, Ok(1..=31))])
    })
}
