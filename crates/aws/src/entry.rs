//! The keys of a provider's configuration entry that say who calls and where.

use std::time::Duration;

use outcrop_core::{Error, Result, SettingProblem};
use serde_json::Value;

use crate::{Auth, AwsSettings};

const TEXTS: [&str; 4] = ["profile", "region", "baseUrl", "controlBaseUrl"];

impl AwsSettings {
    /// The settings of a provider entry: `auth`, `profile`, `region`, `baseUrl`, `controlBaseUrl` and
    /// `timeouts.connect` (seconds). Other keys are not looked at.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`AwsSettings::check`] finds.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = Self::check(entry).into_iter().next() {
            return Err(Error::config(problem.message));
        }
        let said = |text: &&str| !text.trim().is_empty();
        let text = |key| entry.get(key).and_then(Value::as_str).filter(said).map(str::to_owned);
        Ok(Self {
            auth: entry.get("auth").and_then(Value::as_str).and_then(Auth::from_name).unwrap_or_default(),
            profile: text("profile"),
            region: text("region"),
            runtime_endpoint: text("baseUrl"),
            control_endpoint: text("controlBaseUrl"),
            connect_timeout: entry.pointer("/timeouts/connect").and_then(seconds),
            isolated: None,
        })
    }

    /// What is wrong with these keys of a provider entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut problem = |pointer: String, message: String, allowed: &[&str]| {
            let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
            problems.push(SettingProblem { pointer, message, allowed });
        };
        if let Some(auth) = entry.get("auth")
            && auth.as_str().and_then(Auth::from_name).is_none()
        {
            let allowed = Auth::NAMES.join("`, `");
            problem("/auth".into(), format!("`auth` is {auth}, which is none of `{allowed}`"), Auth::NAMES);
        }
        for key in TEXTS {
            if entry.get(key).is_some_and(|value| !value.is_string()) {
                problem(format!("/{key}"), format!("`{key}` must be a text"), &[]);
            }
        }
        for (key, plane) in [("baseUrl", "runtime"), ("controlBaseUrl", "control")] {
            let url = entry.get(key).and_then(Value::as_str).filter(|url| !url.trim().is_empty());
            if let Some(Err(error)) = url.map(|url| crate::endpoint::Endpoint::parse(url, key)) {
                problem(format!("/{key}"), format!("{} ({plane} endpoint)", error.message()), &[]);
            }
        }
        if entry.pointer("/timeouts/connect").is_some_and(|value| seconds(value).is_none()) {
            let message = "`timeouts.connect` must be a number of seconds above 0".to_owned();
            problem("/timeouts/connect".into(), message, &[]);
        }
        problems
    }
}

/// A positive number of seconds.
pub fn seconds(value: &Value) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(value.as_f64()?).ok()?;
    (!duration.is_zero()).then_some(duration)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_of_the_seed_system_is_taken_as_it_is() {
        let entry = json!({
            "baseUrl": "https://bedrock-runtime.us-east-1.amazonaws.com",
            "api": "bedrock-converse-stream",
            "auth": "aws-sdk",
            "models": [],
            "timeouts": { "connect": 1.5 },
        });
        let settings = AwsSettings::from_json(&entry).unwrap();
        assert_eq!(settings.auth, Auth::AwsSdk);
        assert_eq!(settings.connect_timeout, Some(Duration::from_millis(1500)));
        assert!(settings.runtime_endpoint.is_some());
    }

    #[test]
    fn every_problem_is_found_at_its_place() {
        let entry = json!({
            "auth": "magic", "profile": 1, "baseUrl": "nowhere", "timeouts": { "connect": 0 },
        });
        let problems = AwsSettings::check(&entry);
        let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/auth", "/profile", "/baseUrl", "/timeouts/connect"]);
        assert_eq!(problems[0].allowed, Auth::NAMES);
        assert!(problems[0].message.contains("`bearer`"), "{}", problems[0].message);
    }
}
