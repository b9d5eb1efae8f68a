//! What a provider entry may say about calls.

use std::time::Duration;

use outcrop_aws::{AwsSettings, seconds};
use outcrop_core::{CacheTtl, Caching, Error, Result, SettingProblem, Timeouts};
use serde_json::{Map, Value};

/// How long to wait for the first event: the slowest models think for minutes before they speak.
const FIRST_EVENT: Duration = Duration::from_mins(2);
const FIRST_EVENT_REASONING: Duration = Duration::from_mins(10);
const IDLE: Duration = Duration::from_mins(2);

const GUARDRAIL_KEYS: [&str; 4] =
    ["guardrailIdentifier", "guardrailVersion", "streamProcessingMode", "trace"];

/// The values of `guardrail.streamProcessingMode`.
pub(crate) const STREAM_PROCESSING_MODES: &[&str] = &["sync", "async"];
/// The values of `cache`.
pub(crate) const CACHE_MODES: &[&str] = &["auto", "off"];
/// The values of `cacheTtl`.
pub(crate) const CACHE_TTLS: &[&str] = &["5m", "1h"];

/// The values of `guardrail.trace`.
pub(crate) const TRACES: &[&str] = &["enabled", "disabled", "enabled_full"];

/// How much metadata a request may have, and of which characters.
const MOST_METADATA: usize = 16;
const METADATA_CHARACTERS: &str = "the characters a-z, A-Z, 0-9, white space and `:_@$#=/+,-.`";

/// What a guardrail is called before any version of it was made; it always exists.
const WORKING_DRAFT: &str = "DRAFT";

/// The settings of one Bedrock provider.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BedrockSettings {
    /// Who calls and where.
    pub aws: AwsSettings,
    /// Time limits; what is `None` is the provider's own default.
    pub timeouts: Timeouts,
    /// A guardrail for every request (`guardrailIdentifier`, `guardrailVersion`, `streamProcessingMode`, `trace`);
    /// a caller cannot take it away.
    pub guardrail: Option<Map<String, Value>>,
    /// Whether cache points are put where they pay, in requests that say nothing of it; `None` for no.
    pub caching: Option<Caching>,
    /// Metadata for every request; a caller can add to it, and cannot change it.
    pub request_metadata: Map<String, Value>,
}

impl BedrockSettings {
    /// The settings of a configuration entry: those of [`AwsSettings::from_json`], `timeouts.firstEvent`,
    /// `timeouts.idle` and `timeouts.total` (seconds), `guardrail`, `cache`, `cacheTtl`, `requestMetadata`.
    ///
    /// A guardrail without `guardrailVersion` is its working draft, `DRAFT`. One without `guardrailIdentifier` is
    /// refused: calls must not go through without a guardrail that somebody asked for.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`BedrockSettings::check`] finds.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = Self::check(entry).into_iter().next() {
            return Err(Error::config(problem.message));
        }
        let timeout = |key: &str| entry.pointer(&format!("/timeouts/{key}")).and_then(seconds);
        let object = |key: &str| entry.get(key).and_then(Value::as_object).cloned();
        Ok(Self {
            aws: AwsSettings::from_json(entry)?,
            timeouts: Timeouts {
                first_event: timeout("firstEvent"),
                idle: timeout("idle"),
                total: timeout("total"),
                whole: None,
            },
            guardrail: object("guardrail").map(whole_guardrail),
            caching: caching(entry),
            request_metadata: object("requestMetadata").unwrap_or_default(),
        })
    }

    /// What is wrong with an entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        let mut problems = AwsSettings::check(entry);
        let mut problem = |pointer: String, message: String| problems.push(unlisted(pointer, message));
        for key in ["firstEvent", "idle", "total"] {
            let pointer = format!("/timeouts/{key}");
            if entry.pointer(&pointer).is_some_and(|value| seconds(value).is_none()) {
                problem(pointer, format!("`timeouts.{key}` must be a number of seconds above 0"));
            }
        }
        for key in ["guardrail", "requestMetadata"] {
            if entry.get(key).is_some_and(|value| !value.is_object()) {
                problem(format!("/{key}"), format!("`{key}` must be an object"));
            }
        }
        if let Some(metadata) = entry.get("requestMetadata").and_then(Value::as_object) {
            problems.extend(metadata_problems("requestMetadata", metadata));
        }
        for (key, allowed) in [("cache", CACHE_MODES), ("cacheTtl", CACHE_TTLS)] {
            if !is_one_of(entry.get(key), allowed) {
                let message = format!("`{key}` is none of `{}`", allowed.join("`, `"));
                problems.push(listed(format!("/{key}"), message, allowed));
            }
        }
        if let Some(guardrail) = entry.get("guardrail").and_then(Value::as_object) {
            problems.extend(guardrail_problems("guardrail", guardrail));
        }
        problems
    }

    /// The time limits for a model that does or does not reason, and may be silent for so long.
    pub(crate) fn timeouts_for(&self, reasons: bool, idle: Option<Duration>) -> Timeouts {
        let first_event = if reasons { FIRST_EVENT_REASONING } else { FIRST_EVENT };
        Timeouts {
            first_event: self.timeouts.first_event.or(Some(first_event)),
            idle: self.timeouts.idle.or(idle).or(Some(IDLE)),
            total: self.timeouts.total,
            // Nothing comes in between by which life could be told from death.
            whole: Some(FIRST_EVENT_REASONING),
        }
    }
}

fn caching(entry: &Value) -> Option<Caching> {
    let said = |key: &str| entry.get(key).and_then(Value::as_str);
    let ttl = if said("cacheTtl") == Some("1h") { CacheTtl::OneHour } else { CacheTtl::FiveMinutes };
    said("cache").map(|mode| if mode == "auto" { Caching::Auto { ttl } } else { Caching::Off })
}

/// Whether a value is unset, or one of those.
fn is_one_of(value: Option<&Value>, allowed: &[&str]) -> bool {
    let value = value.filter(|value| !value.is_null());
    value.is_none_or(|value| value.as_str().is_some_and(|value| allowed.contains(&value)))
}

/// A guardrail with everything that Converse asks for, and nothing that is unset.
pub(crate) fn whole_guardrail(mut guardrail: Map<String, Value>) -> Map<String, Value> {
    guardrail.retain(|_, value| !value.is_null());
    guardrail.entry("guardrailVersion").or_insert_with(|| WORKING_DRAFT.into());
    guardrail
}

/// What is wrong with a guardrail that is called `name`.
pub(crate) fn guardrail_problems(name: &str, guardrail: &Map<String, Value>) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let said = |key: &str| guardrail.get(key).filter(|value| !value.is_null());
    let place = |key: &str| format!("/{}/{}", escaped(name), escaped(key));
    if !said("guardrailIdentifier").is_some_and(|id| id.as_str().is_some_and(is_guardrail)) {
        let message = format!("`{name}.guardrailIdentifier` must be the id or the ARN of a guardrail");
        problems.push(unlisted(place("guardrailIdentifier"), message));
    }
    if said("guardrailVersion").is_some_and(|version| !version.as_str().is_some_and(is_version)) {
        let message = format!("`{name}.guardrailVersion` must be a number in quotes or `{WORKING_DRAFT}`");
        problems.push(unlisted(place("guardrailVersion"), message));
    }
    for (key, allowed) in [("streamProcessingMode", STREAM_PROCESSING_MODES), ("trace", TRACES)] {
        if !is_one_of(guardrail.get(key), allowed) {
            let message = format!("`{name}.{key}` is none of `{}`", allowed.join("`, `"));
            problems.push(listed(place(key), message, allowed));
        }
    }
    for key in guardrail.keys().filter(|key| !GUARDRAIL_KEYS.contains(&key.as_str())) {
        let message = format!("`{name}.{key}` is none of `{}`", GUARDRAIL_KEYS.join("`, `"));
        problems.push(listed(place(key), message, &GUARDRAIL_KEYS));
    }
    problems
}

/// What is wrong with the metadata of a request that is called `name`. Bounds: `RequestMetadata` of the service model.
pub(crate) fn metadata_problems(name: &str, metadata: &Map<String, Value>) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    if metadata.len() > MOST_METADATA {
        let message = format!("`{name}` has {} pairs, and may have {MOST_METADATA} at most", metadata.len());
        problems.push(unlisted(format!("/{}", escaped(name)), message));
    }
    for (key, value) in metadata {
        let place = format!("/{}/{}", escaped(name), escaped(key));
        if key.is_empty() || !is_metadata(key) {
            let message =
                format!("`{name}` has the name `{key}`, which must have 1 to 256 of {METADATA_CHARACTERS}");
            problems.push(unlisted(place, message));
        } else if !value.as_str().is_some_and(is_metadata) {
            let message = format!("`{name}.{key}` must be a text of at most 256 of {METADATA_CHARACTERS}");
            problems.push(unlisted(place, message));
        }
    }
    problems
}

/// `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`, where `,-.` is a range from the comma to the full stop.
fn is_metadata(text: &str) -> bool {
    let allowed = |it: char| it.is_ascii_alphanumeric() || it.is_whitespace() || ":_@$#=/+,-.".contains(it);
    text.chars().count() <= 256 && text.chars().all(allowed)
}

/// `GuardrailIdentifier` of the service model: an id of small letters and digits, or an ARN.
fn is_guardrail(id: &str) -> bool {
    let plain = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    !id.is_empty() && (plain || (id.starts_with("arn:") && id.contains(":guardrail/")))
}

/// `GuardrailVersion` of the service model.
fn is_version(version: &str) -> bool {
    let number = !version.starts_with('0') && version.bytes().all(|byte| byte.is_ascii_digit());
    version == WORKING_DRAFT || (number && (1..=8).contains(&version.len()))
}

fn unlisted(pointer: String, message: String) -> SettingProblem {
    listed(pointer, message, &[])
}

fn listed(pointer: String, message: String, allowed: &[&str]) -> SettingProblem {
    SettingProblem::new(pointer, message).with_allowed(allowed.iter().copied())
}

/// A key as a JSON pointer writes it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use outcrop_core::ErrorKind;
    use serde_json::json;

    use super::*;

    fn problems(entry: &Value) -> Vec<(String, String)> {
        let problems = BedrockSettings::check(entry);
        if let Some(first) = problems.first() {
            let error = BedrockSettings::from_json(entry).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Config, first.message.as_str()));
        }
        problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect()
    }

    fn pointers(entry: &Value) -> Vec<String> {
        problems(entry).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn an_empty_entry_is_all_defaults() {
        assert_eq!(BedrockSettings::from_json(&json!({})).unwrap(), BedrockSettings::default());
    }

    #[test]
    fn every_problem_is_found_at_its_place() {
        let entry = json!({
            "auth": "magic",
            "timeouts": { "connect": 0, "firstEvent": -1, "idle": "2", "total": 0 },
            "cache": "always",
            "cacheTtl": 5,
            "guardrail": {
                "guardrailVersion": 3, "streamProcessingMode": "later", "trace": true, "a/b~c": 1,
            },
            "requestMetadata": { "team": "growth", "cost/centre": 7 },
        });
        assert_eq!(
            pointers(&entry),
            [
                "/auth",
                "/timeouts/connect",
                "/timeouts/firstEvent",
                "/timeouts/idle",
                "/timeouts/total",
                "/requestMetadata/cost~1centre",
                "/cache",
                "/cacheTtl",
                "/guardrail/guardrailIdentifier",
                "/guardrail/guardrailVersion",
                "/guardrail/streamProcessingMode",
                "/guardrail/trace",
                "/guardrail/a~1b~0c",
            ]
        );
        let named = BedrockSettings::check(&entry);
        let allowed =
            |pointer: &str| named.iter().find(|problem| problem.pointer == pointer).unwrap().allowed.clone();
        assert_eq!(allowed("/cache"), ["auto", "off"]);
        assert_eq!(allowed("/cacheTtl"), ["5m", "1h"]);
        assert_eq!(allowed("/guardrail/streamProcessingMode"), ["sync", "async"]);
        assert_eq!(allowed("/guardrail/trace"), ["enabled", "disabled", "enabled_full"]);
        assert_eq!(allowed("/guardrail/a~1b~0c"), GUARDRAIL_KEYS);

        assert_eq!(
            pointers(&json!({ "guardrail": "g", "requestMetadata": [] })),
            ["/guardrail", "/requestMetadata"]
        );
    }

    /// An empty identifier stands where the configuration had a mistake: calls must fail rather than go through.
    #[test]
    fn a_guardrail_without_an_identifier_lets_no_call_through() {
        for guardrail in [
            json!({}),
            json!({ "guardrailIdentifier": "" }),
            json!({ "guardrailIdentifier": " \t", "guardrailVersion": "1" }),
            json!({ "guardrailIdentifier": null }),
            json!({ "guardrailIdentifier": 7 }),
        ] {
            let entry = json!({ "guardrail": guardrail });
            let (pointer, message) = problems(&entry).remove(0);
            assert_eq!(pointer, "/guardrail/guardrailIdentifier", "{entry}");
            assert!(message.contains("`guardrail.guardrailIdentifier`"), "{message}");
        }
    }

    #[test]
    fn a_guardrail_without_a_version_is_its_working_draft() {
        let guardrail = |guardrail: Value| {
            BedrockSettings::from_json(&json!({ "guardrail": guardrail }))
                .unwrap()
                .guardrail
                .map(Value::Object)
        };
        let draft = json!({ "guardrailIdentifier": "g", "guardrailVersion": "DRAFT" });
        assert_eq!(guardrail(json!({ "guardrailIdentifier": "g" })), Some(draft.clone()));
        let unset = json!({
            "guardrailIdentifier": "g", "guardrailVersion": null, "streamProcessingMode": null, "trace": null,
        });
        assert_eq!(guardrail(unset), Some(draft));
        let whole = json!({
            "guardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/g",
            "guardrailVersion": "12",
            "streamProcessingMode": "async",
            "trace": "enabled_full",
        });
        assert_eq!(guardrail(whole.clone()), Some(whole));
    }

    #[test]
    fn caching_is_automatic_only_where_the_entry_says_so() {
        let caching = |entry: Value| BedrockSettings::from_json(&entry).unwrap().caching;
        let auto = |ttl| Some(Caching::Auto { ttl });
        for (entry, expected) in [
            (json!({}), None),
            (json!({ "cache": null, "cacheTtl": null }), None),
            (json!({ "cacheTtl": "1h" }), None),
            (json!({ "cache": "off", "cacheTtl": "1h" }), Some(Caching::Off)),
            (json!({ "cache": "auto" }), auto(CacheTtl::FiveMinutes)),
            (json!({ "cache": "auto", "cacheTtl": "5m" }), auto(CacheTtl::FiveMinutes)),
            (json!({ "cache": "auto", "cacheTtl": "1h" }), auto(CacheTtl::OneHour)),
        ] {
            assert_eq!(caching(entry.clone()), expected, "{entry}");
        }
    }

    #[test]
    fn a_version_is_a_number_or_the_working_draft() {
        for (version, right) in [
            ("1", true),
            ("12345678", true),
            ("DRAFT", true),
            ("", false),
            ("0", false),
            ("123456789", false),
            ("v1", false),
            ("draft", false),
        ] {
            let entry = json!({ "guardrail": { "guardrailIdentifier": "g", "guardrailVersion": version } });
            let expected: &[&str] = if right { &[] } else { &["/guardrail/guardrailVersion"] };
            assert_eq!(pointers(&entry), expected, "{version:?}");
        }
    }

    #[test]
    fn time_limits_are_the_entrys_then_the_models_then_ours() {
        let ours = BedrockSettings::default();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let whole = seconds(600);
        let limits = |first_event, idle, total| Timeouts { first_event, idle, total, whole };
        assert_eq!(ours.timeouts_for(false, None), limits(seconds(120), seconds(120), None));
        assert_eq!(ours.timeouts_for(true, seconds(300)), limits(seconds(600), seconds(300), None));
        let entry = json!({ "timeouts": { "firstEvent": 1, "idle": 2, "total": 3 } });
        let entry = BedrockSettings::from_json(&entry).unwrap();
        assert_eq!(entry.timeouts_for(true, seconds(300)), limits(seconds(1), seconds(2), seconds(3)));
    }
}
