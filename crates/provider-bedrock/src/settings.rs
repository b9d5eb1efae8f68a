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
    /// Metadata for every request; a caller can add to it.
    pub request_metadata: Map<String, Value>,
}

impl BedrockSettings {
    /// The settings of a configuration entry: those of [`AwsSettings::from_json`], `timeouts.firstEvent`,
    /// `timeouts.idle` and `timeouts.total` (seconds), `guardrail`, `requestMetadata`.
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
            guardrail: object("guardrail"),
            request_metadata: object("requestMetadata").unwrap_or_default(),
        })
    }

    /// What is wrong with an entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        let mut problems = AwsSettings::check(entry);
        let mut problem = |pointer: String, message: String| {
            problems.push(SettingProblem { pointer, message, allowed: Vec::new() });
        };
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
        if let Some(guardrail) = entry.get("guardrail").and_then(Value::as_object) {
            for key in ["guardrailIdentifier", "guardrailVersion"] {
                if !guardrail.get(key).is_some_and(Value::is_string) {
                    problem("/guardrail".into(), format!("`guardrail` needs the text `{key}`"));
                }
            }
            for key in guardrail.keys().filter(|key| !GUARDRAIL_KEYS.contains(&key.as_str())) {
                let known = GUARDRAIL_KEYS.join("`, `");
                problem(format!("/guardrail/{key}"), format!("`guardrail.{key}` is none of `{known}`"));
            }
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
