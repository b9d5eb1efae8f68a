//! What a provider entry may say about calls.

use std::time::Duration;

use outcrop_aws::{AwsSettings, seconds};
use outcrop_core::{Error, Result, SettingProblem, Timeouts};
use serde_json::{Map, Value};

/// How long to wait for the first event: the slowest models think for minutes before they speak.
const FIRST_EVENT: Duration = Duration::from_mins(2);
const FIRST_EVENT_REASONING: Duration = Duration::from_mins(10);
const IDLE: Duration = Duration::from_mins(2);

const GUARDRAIL_KEYS: [&str; 4] =
    ["guardrailIdentifier", "guardrailVersion", "streamProcessingMode", "trace"];

/// The values of `guardrail.streamProcessingMode`.
pub(crate) const STREAM_PROCESSING_MODES: &[&str] = &["sync", "async"];
/// The values of `guardrail.trace`.
pub(crate) const TRACES: &[&str] = &["enabled", "disabled", "enabled_full"];

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
    /// Metadata for every request; a caller can add to it, and cannot change it.
    pub request_metadata: Map<String, Value>,
}

impl BedrockSettings {
    /// The settings of a configuration entry: those of [`AwsSettings::from_json`], `timeouts.firstEvent`,
    /// `timeouts.idle` and `timeouts.total` (seconds), `guardrail`, `requestMetadata`.
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
            },
            guardrail: object("guardrail").map(whole_guardrail),
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
        for (key, value) in entry.get("requestMetadata").and_then(Value::as_object).into_iter().flatten() {
            if !value.is_string() {
                let pointer = format!("/requestMetadata/{}", escaped(key));
                problem(pointer, format!("`requestMetadata.{key}` must be a text"));
            }
        }
        if let Some(guardrail) = entry.get("guardrail").and_then(Value::as_object) {
            check_guardrail(guardrail, &mut problems);
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
        }
    }
}

/// A guardrail with everything that Converse asks for, and nothing that is unset.
fn whole_guardrail(mut guardrail: Map<String, Value>) -> Map<String, Value> {
    guardrail.retain(|_, value| !value.is_null());
    guardrail.entry("guardrailVersion").or_insert_with(|| WORKING_DRAFT.into());
    guardrail
}

fn check_guardrail(guardrail: &Map<String, Value>, problems: &mut Vec<SettingProblem>) {
    let said = |key: &str| guardrail.get(key).filter(|value| !value.is_null());
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let place = |key: &str| format!("/guardrail/{}", escaped(key));
    if !said("guardrailIdentifier").is_some_and(is_text) {
        let message = "`guardrail.guardrailIdentifier` must be the id or the ARN of a guardrail".to_owned();
        problems.push(unlisted(place("guardrailIdentifier"), message));
    }
    if said("guardrailVersion").is_some_and(|version| !is_text(version)) {
        let message = format!("`guardrail.guardrailVersion` must be a number in quotes or `{WORKING_DRAFT}`");
        problems.push(unlisted(place("guardrailVersion"), message));
    }
    for (key, allowed) in [("streamProcessingMode", STREAM_PROCESSING_MODES), ("trace", TRACES)] {
        if said(key).is_some_and(|value| value.as_str().is_none_or(|value| !allowed.contains(&value))) {
            let message = format!("`guardrail.{key}` is none of `{}`", allowed.join("`, `"));
            problems.push(listed(place(key), message, allowed));
        }
    }
    for key in guardrail.keys().filter(|key| !GUARDRAIL_KEYS.contains(&key.as_str())) {
        let message = format!("`guardrail.{key}` is none of `{}`", GUARDRAIL_KEYS.join("`, `"));
        problems.push(listed(place(key), message, &GUARDRAIL_KEYS));
    }
}

fn unlisted(pointer: String, message: String) -> SettingProblem {
    listed(pointer, message, &[])
}

fn listed(pointer: String, message: String, allowed: &[&str]) -> SettingProblem {
    let allowed = allowed.iter().map(|value| (*value).to_owned()).collect();
    SettingProblem { pointer, message, allowed }
}

/// A key as a JSON pointer writes it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
