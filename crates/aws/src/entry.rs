//! The keys of a provider's configuration entry that say who calls and where.

use std::time::Duration;

use outcrop_core::{Error, Result, Secret, SettingProblem};
use serde_json::Value;

use crate::endpoint::{Endpoint, Plane};
use crate::{AssumeRole, Auth, AwsSettings, Region};

const TEXTS: [&str; 6] = ["apiKey", "apiKeyFile", "profile", "region", "baseUrl", "controlBaseUrl"];
const SWITCHES: [&str; 2] = ["useFipsEndpoint", "useDualstackEndpoint"];
const ROLE_KEYS: [&str; 4] = ["roleArn", "sessionName", "externalId", "durationSeconds"];

/// What STS takes (API reference of `AssumeRole`), in seconds.
const ROLE_DURATION: std::ops::RangeInclusive<u64> = 900..=43_200;

impl AwsSettings {
    /// The settings of a provider entry: `auth`, `apiKey`, `apiKeyFile`, `profile`, `assumeRole`, `region`, `baseUrl`,
    /// `controlBaseUrl`, `headers`, `useFipsEndpoint`, `useDualstackEndpoint` and `timeouts.connect` (seconds). Other keys
    /// are not looked at.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`AwsSettings::check`] finds.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = Self::check(entry).into_iter().next() {
            return Err(Error::config(problem.message));
        }
        let text = |key| text(entry, key);
        let switch = |key| entry.get(key).and_then(Value::as_bool);
        Ok(Self {
            auth: entry.get("auth").and_then(Value::as_str).and_then(Auth::from_name).unwrap_or_default(),
            api_key: text("apiKey").map(Secret::new),
            api_key_file: text("apiKeyFile").map(Into::into),
            profile: text("profile"),
            assume_role: entry.get("assumeRole").and_then(role),
            region: text("region"),
            runtime_endpoint: text("baseUrl"),
            control_endpoint: text("controlBaseUrl"),
            fips: switch("useFipsEndpoint"),
            dual_stack: switch("useDualstackEndpoint"),
            connect_timeout: entry.pointer("/timeouts/connect").and_then(seconds),
            headers: headers(entry)
                .map(|(name, value)| (name.to_owned(), Secret::new(value.as_str().unwrap_or_default())))
                .collect(),
            isolated: None,
        })
    }

    /// What is wrong with these keys of a provider entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        let mut problems = Problems::default();
        if let Some(auth) = entry.get("auth")
            && auth.as_str().and_then(Auth::from_name).is_none()
        {
            let allowed = Auth::NAMES.join("`, `");
            problems.push("/auth", format!("`auth` is {auth}, which is none of `{allowed}`"), Auth::NAMES);
        }
        for key in TEXTS {
            if is_wrong(entry, key, Value::is_string) {
                problems.push(&format!("/{key}"), format!("`{key}` must be a text"), &[]);
            }
        }
        for key in SWITCHES {
            if is_wrong(entry, key, Value::is_boolean) {
                let message = format!("`{key}` must be `true` or `false`");
                problems.push(&format!("/{key}"), message, &["true", "false"]);
            }
        }
        for (key, plane) in [("baseUrl", "runtime"), ("controlBaseUrl", "control")] {
            let url = text(entry, key);
            if let Some(Err(error)) = url.map(|url| Endpoint::parse(&url, key)) {
                problems.push(&format!("/{key}"), format!("{} ({plane} endpoint)", error.message()), &[]);
            }
        }
        if let Some(region) = text(entry, "region").filter(|region| !Region::is_name(region)) {
            let message = format!("`{region}` is no region: those are named like `eu-central-1`");
            problems.push("/region", message, &[]);
        }
        if text(entry, "apiKeyFile").is_some_and(|path| !is_absolute(&path)) {
            // Elsewhere it would be another file, which somebody else may have put there.
            let message = "`apiKeyFile` must be an absolute path, or one that begins with `~/`";
            problems.push("/apiKeyFile", message.to_owned(), &[]);
        }
        if entry.pointer("/timeouts/connect").is_some_and(|value| seconds(value).is_none()) {
            let message = "`timeouts.connect` must be a number of seconds above 0".to_owned();
            problems.push("/timeouts/connect", message, &[]);
        }
        if is_wrong(entry, "headers", Value::is_object) {
            problems.push("/headers", "`headers` must be an object".to_owned(), &[]);
        }
        let is_signed = text(entry, "auth").is_none_or(|auth| Auth::from_name(&auth) != Some(Auth::None));
        for (name, value) in headers(entry) {
            let problem = match value.as_str() {
                Some(value) => crate::headers::problem(name, value, is_signed),
                None => Some(format!("`headers.{name}` must be a text")),
            };
            let pointer = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
            if let Some(problem) = problem {
                problems.push(&pointer, problem, &[]);
            }
        }
        check_role(entry, &mut problems);
        check_contradictions(entry, &mut problems);
        problems.0
    }
}

#[derive(Default)]
struct Problems(Vec<SettingProblem>);

impl Problems {
    fn push(&mut self, pointer: &str, message: String, allowed: &[&str]) {
        self.0.push(SettingProblem::new(pointer, message).with_allowed(allowed.iter().copied()));
    }
}

/// A text that says something.
fn headers(entry: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let headers = entry.get("headers").and_then(Value::as_object).into_iter().flatten();
    headers.map(|(name, value)| (name.as_str(), value))
}

fn text(entry: &Value, key: &str) -> Option<String> {
    entry.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_absolute(path: &str) -> bool {
    path.starts_with("~/") || path.starts_with("~\\") || std::path::Path::new(path).is_absolute()
}

/// `null` is what an unset value looks like.
fn is_wrong(entry: &Value, key: &str, is_right: fn(&Value) -> bool) -> bool {
    entry.get(key).is_some_and(|value| !value.is_null() && !is_right(value))
}

fn role(value: &Value) -> Option<AssumeRole> {
    Some(AssumeRole {
        role_arn: text(value, "roleArn")?,
        session_name: text(value, "sessionName"),
        external_id: text(value, "externalId"),
        duration: value.get("durationSeconds").and_then(Value::as_u64).map(Duration::from_secs),
    })
}

fn check_role(entry: &Value, problems: &mut Problems) {
    let Some(role) = entry.get("assumeRole").filter(|role| !role.is_null()) else { return };
    let Some(members) = role.as_object() else {
        let message =
            "`assumeRole` must be an object such as `{ roleArn: \"arn:aws:iam::123456789012:role/NAME\" }`";
        return problems.push("/assumeRole", message.to_owned(), &[]);
    };
    for key in members.keys().filter(|key| !ROLE_KEYS.contains(&key.as_str())) {
        let message = format!("`assumeRole` knows no `{key}`: it takes `{}`", ROLE_KEYS.join("`, `"));
        problems.push(&format!("/assumeRole/{key}"), message, &ROLE_KEYS);
    }
    for key in ["sessionName", "externalId"] {
        if is_wrong(role, key, Value::is_string) {
            problems.push(&format!("/assumeRole/{key}"), format!("`assumeRole.{key}` must be a text"), &[]);
        }
    }
    let is_role = |arn: &str| arn.starts_with("arn:") && arn.contains(":iam::") && arn.contains(":role/");
    if !text(role, "roleArn").is_some_and(|arn| is_role(&arn)) {
        let message =
            "`assumeRole.roleArn` must be the ARN of a role, such as `arn:aws:iam::123456789012:role/NAME`";
        problems.push("/assumeRole/roleArn", message.to_owned(), &[]);
    }
    let is_duration = |value: &Value| value.as_u64().is_some_and(|seconds| ROLE_DURATION.contains(&seconds));
    if is_wrong(role, "durationSeconds", Value::is_u64)
        || role.get("durationSeconds").is_some_and(|value| !value.is_null() && !is_duration(value))
    {
        let message = "`assumeRole.durationSeconds` must be a whole number from 900 to 43200";
        problems.push("/assumeRole/durationSeconds", message.to_owned(), &[]);
    }
}

/// Settings of which only one can hold: guessing which would call as somebody else than was meant.
fn check_contradictions(entry: &Value, problems: &mut Problems) {
    let said = |key| text(entry, key).is_some();
    let auth = entry.get("auth").and_then(Value::as_str).and_then(Auth::from_name);
    if said("apiKey") && said("apiKeyFile") {
        let message = "`apiKey` and `apiKeyFile` are two places for one key: leave one out";
        problems.push("/apiKeyFile", message.to_owned(), &[]);
    }
    let key = ["apiKey", "apiKeyFile"].into_iter().find(|key| said(key));
    let by_key =
        auth == Some(Auth::Bearer) || (key.is_some() && auth.is_none_or(|auth| auth == Auth::AwsSdk));
    if by_key {
        check_key_in_the_clear(entry, problems);
    }
    for other in ["profile", "assumeRole"] {
        let is_said =
            said(other) || (other == "assumeRole" && entry.get(other).is_some_and(Value::is_object));
        if by_key && is_said {
            let message = match key {
                Some(key) => {
                    format!("`{key}` and `{other}` are two ways to call: leave one out, or set `auth`")
                }
                None => format!("`auth: \"bearer\"` and `{other}` are two ways to call: leave one out"),
            };
            problems.push(&format!("/{other}"), message, &[]);
        }
    }
    if auth == Some(Auth::None) && entry.get("assumeRole").is_some_and(Value::is_object) {
        let message = "`auth` is `none`, and `assumeRole` needs credentials: leave one out";
        problems.push("/assumeRole", message.to_owned(), &[]);
    }
}

/// A session refuses to send a key in the clear; what it was told stands here.
fn check_key_in_the_clear(entry: &Value, problems: &mut Problems) {
    for (key, plane) in [("baseUrl", Plane::Runtime), ("controlBaseUrl", Plane::Control)] {
        let Some(Ok(endpoint)) = text(entry, key).map(|url| Endpoint::parse(&url, key)) else { continue };
        if endpoint.is_own(plane) && !endpoint.is_safe_for_tokens() {
            let message = format!(
                "`{key}` is `{}`, where a Bedrock API key would travel in the clear: use `https://`",
                endpoint.url()
            );
            problems.push(&format!("/{key}"), message, &[]);
        }
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
    fn every_key_is_read() {
        let entry = json!({
            "profile": " work ", "region": "eu-west-1", "useFipsEndpoint": true, "useDualstackEndpoint": false,
            "assumeRole": {
                "roleArn": "arn:aws:iam::123456789012:role/bedrock", "sessionName": "me", "externalId": "x",
                "durationSeconds": 900,
            },
        });
        let settings = AwsSettings::from_json(&entry).unwrap();
        assert_eq!(settings.profile.as_deref(), Some("work"));
        assert_eq!((settings.fips, settings.dual_stack), (Some(true), Some(false)));
        let role = settings.assume_role.unwrap();
        assert_eq!(role.duration, Some(Duration::from_mins(15)));
        assert_eq!(role.external_id.as_deref(), Some("x"));
        let settings = AwsSettings::from_json(&json!({ "apiKey": "ABSK" })).unwrap();
        assert_eq!(settings.api_key.unwrap().expose(), "ABSK");
        let settings = AwsSettings::from_json(&json!({ "apiKeyFile": "~/key", "auth": "bearer" })).unwrap();
        assert_eq!(settings.api_key_file, Some("~/key".into()));
    }

    fn pointers(entry: &Value) -> Vec<String> {
        AwsSettings::check(entry).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn every_problem_is_found_at_its_place() {
        let entry = json!({
            "auth": "magic", "profile": 1, "useFipsEndpoint": "yes", "baseUrl": "nowhere",
            "timeouts": { "connect": 0 },
            "assumeRole": { "roleArn": "bedrock", "role": 1, "externalId": 7, "durationSeconds": 60 },
        });
        let expected = [
            "/auth",
            "/profile",
            "/useFipsEndpoint",
            "/baseUrl",
            "/timeouts/connect",
            "/assumeRole/role",
            "/assumeRole/externalId",
            "/assumeRole/roleArn",
            "/assumeRole/durationSeconds",
        ];
        assert_eq!(pointers(&entry), expected);
        let problems = AwsSettings::check(&entry);
        assert_eq!(problems[0].allowed, Auth::NAMES);
        assert!(problems[0].message.contains("`bearer`"), "{}", problems[0].message);
    }

    #[test]
    fn what_a_session_would_refuse_is_told_before() {
        let proxy = "http://proxy.example";
        for (entry, expected) in [
            (json!({ "region": "EU-WEST-1" }), "/region"),
            (json!({ "region": "eu-west-1/x" }), "/region"),
            (json!({ "apiKey": "k", "baseUrl": proxy }), "/baseUrl"),
            (json!({ "auth": "bearer", "controlBaseUrl": proxy }), "/controlBaseUrl"),
        ] {
            assert_eq!(pointers(&entry), [expected], "{entry}");
        }
        // It only names a region.
        let of_aws = "http://bedrock-runtime.us-east-1.amazonaws.com";
        for entry in [
            json!({ "region": " eu-west-1 ", "auth": "none", "baseUrl": proxy }),
            json!({ "apiKey": "k", "baseUrl": "http://[::1]:8080", "controlBaseUrl": "https://proxy.example" }),
            json!({ "auth": "profile", "apiKey": "k", "baseUrl": proxy }),
            json!({ "apiKey": "k", "baseUrl": of_aws }),
        ] {
            assert_eq!(pointers(&entry), [""; 0], "{entry}");
        }
    }

    #[test]
    fn two_ways_to_call_are_one_too_many() {
        let role = json!({ "roleArn": "arn:aws:iam::123456789012:role/bedrock" });
        for (entry, expected) in [
            (json!({ "apiKey": "a", "apiKeyFile": "/b" }), "/apiKeyFile"),
            (json!({ "apiKeyFile": "b" }), "/apiKeyFile"),
            (json!({ "apiKey": "a", "profile": "b" }), "/profile"),
            (json!({ "auth": "bearer", "profile": "b" }), "/profile"),
            (json!({ "auth": "bearer", "assumeRole": role }), "/assumeRole"),
            (json!({ "auth": "none", "assumeRole": role }), "/assumeRole"),
        ] {
            assert_eq!(pointers(&entry), [expected], "{entry}");
        }
        for entry in [
            json!({ "auth": "profile", "apiKey": "a", "profile": "b" }),
            json!({ "auth": "profile", "profile": "b", "assumeRole": role }),
            json!({ "apiKey": null, "profile": null, "assumeRole": null, "useFipsEndpoint": null }),
        ] {
            assert_eq!(pointers(&entry), [""; 0], "{entry}");
        }
    }
}
