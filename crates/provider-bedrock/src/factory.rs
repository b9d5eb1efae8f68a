//! How the provider plugs in.

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_aws::{Auth, Aws};
use outcrop_core::{BuildContext, ModelProvider, ProviderFactory, Result, SettingProblem};
use serde_json::{Value, json};

use crate::settings::{CACHE_MODES, CACHE_TTLS, STREAM_PROCESSING_MODES, TRACES};
use crate::{Bedrock, BedrockSettings};

/// The `api` value of provider entries that this crate builds.
pub const API: &str = "bedrock-converse-stream";

/// Builds Bedrock providers; they share the sessions of `aws`.
pub fn factory(aws: Arc<Aws>) -> impl ProviderFactory {
    Factory { aws }
}

#[derive(Debug)]
struct Factory {
    aws: Arc<Aws>,
}

#[async_trait]
impl ProviderFactory for Factory {
    fn api(&self) -> &str {
        API
    }

    fn crate_name(&self) -> &'static str {
        env!("CARGO_PKG_NAME")
    }

    fn schema(&self) -> Value {
        let seconds =
            |description: &str| json!({"type": "number", "exclusiveMinimum": 0, "description": description});
        let text = |description: &str| json!({"type": "string", "description": description});
        let switch = |description: &str| json!({"type": "boolean", "description": description});
        json!({
            "type": "object",
            "properties": {
                "baseUrl": text("Endpoint of the runtime plane. One of a standard AWS host only names the region, when nothing else does."),
                "controlBaseUrl": text("Endpoint of the control plane."),
                "auth": {
                    "enum": Auth::NAMES,
                    "description": "Which credentials: whatever AWS would find, a Bedrock API key, a profile, or none for a proxy that signs.",
                },
                "apiKeyFile": text("File that holds a Bedrock API key and nothing else, as an absolute path or below `~/`; it is read again for every call."),
                "profile": text("Profile of the AWS configuration files."),
                "assumeRole": {
                    "type": "object",
                    "description": "A role to assume with whatever credentials are found.",
                    "required": ["roleArn"],
                    "additionalProperties": false,
                    "properties": {
                        "roleArn": text("ARN of the role, such as `arn:aws:iam::123456789012:role/bedrock`."),
                        "sessionName": text("Name of the role session, which shows in the audit log."),
                        "externalId": text("What the owner of the role demands from third parties."),
                        "durationSeconds": {"type": "integer", "minimum": 900, "maximum": 43200, "description": "How long the credentials of the role live; 3600 by default."},
                    },
                },
                "useFipsEndpoint": switch("Call the endpoints that are validated by FIPS 140; else `AWS_USE_FIPS_ENDPOINT` or the profile says so."),
                "useDualstackEndpoint": switch("Call the endpoints that speak IPv6 too; else `AWS_USE_DUALSTACK_ENDPOINT` or the profile says so."),
                "region": text("Region for calls, such as `eu-central-1`."),
                "timeouts": {
                    "type": "object",
                    "description": "Time limits in seconds.",
                    "properties": {
                        "connect": seconds("To make a connection, TLS and proxy included; 5 by default."),
                        "firstEvent": seconds("Until the model says something; 120 by default, 600 for models that reason."),
                        "idle": seconds("Between two events of an answer; 120 by default, more for models that are known to be silent for longer."),
                        "total": seconds("For a whole answer; none by default, 600 for one in one piece."),
                    },
                },
                "guardrail": {
                    "type": "object",
                    "description": "A guardrail for every request; a caller cannot take it away.",
                    "required": ["guardrailIdentifier"],
                    "properties": {
                        "guardrailIdentifier": text("Id or ARN of the guardrail."),
                        "guardrailVersion": text("Its version: a number, or `DRAFT`, which holds when it is unset."),
                        "streamProcessingMode": {"enum": STREAM_PROCESSING_MODES, "description": "Whether the guardrail holds the stream back while it looks."},
                        "trace": {"enum": TRACES, "description": "Whether answers say what the guardrail found."},
                    },
                },
                "cache": {
                    "enum": CACHE_MODES,
                    "description": "Whether cache points are put where they pay, as far as a model is known to take them; `off` by default. A request has the last word.",
                },
                "cacheTtl": {
                    "enum": CACHE_TTLS,
                    "description": "How long what is cached automatically lives after its last use, where the model knows an hour; `5m` by default.",
                },
                "requestMetadata": {
                    "type": "object",
                    "description": "Metadata for every request, for the invocation log.",
                    "additionalProperties": {"type": "string"},
                },
            },
        })
    }

    fn check(&self, settings: &Value) -> Vec<SettingProblem> {
        BedrockSettings::check(settings)
    }

    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<Arc<dyn ModelProvider>> {
        let settings = BedrockSettings::from_json(settings)?;
        let aws = Arc::clone(&self.aws);
        Ok(Arc::new(Bedrock::new(context.provider.clone(), aws, settings, context.resolver.clone())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use outcrop_aws::{AssumeRole, AwsSettings};
    use outcrop_core::{CacheTtl, Caching, Environment, ErrorKind, ModelProviderExt as _, Timeouts};

    use super::*;

    fn ours() -> impl ProviderFactory {
        factory(Arc::new(Aws::new(Environment::default())))
    }

    /// The pointers and schemas of all settings that have no settings below them.
    fn leaves(schema: &Value, pointer: &str) -> Vec<(String, Value)> {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return vec![(pointer.to_owned(), schema.clone())];
        };
        properties.iter().flat_map(|(key, schema)| leaves(schema, &format!("{pointer}/{key}"))).collect()
    }

    /// An entry with one value.
    fn entry(pointer: &str, value: Value) -> Value {
        pointer.rsplit('/').filter(|key| !key.is_empty()).fold(value, |value, key| json!({ key: value }))
    }

    #[test]
    fn every_setting_of_the_schema_is_described_and_read() {
        let leaves = leaves(&ours().schema(), "");
        assert!(leaves.len() >= 14, "{leaves:?}");
        for (pointer, schema) in leaves {
            let description = schema["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{pointer} is not described: {schema}");
            let problems = ours().check(&entry(&pointer, json!([])));
            let found = problems.iter().any(|problem| problem.pointer == pointer);
            assert!(found, "nobody looks at {pointer}: {problems:?}");
        }
    }

    #[test]
    fn everything_that_is_read_is_in_the_schema() {
        let full = json!({
            "auth": "profile",
            "apiKeyFile": "/key",
            "profile": "dev",
            "assumeRole": {
                "roleArn": "arn:aws:iam::123456789012:role/bedrock",
                "sessionName": "me",
                "externalId": "x",
                "durationSeconds": 900,
            },
            "useFipsEndpoint": true,
            "useDualstackEndpoint": true,
            "region": "eu-central-1",
            "baseUrl": "http://127.0.0.1:1",
            "controlBaseUrl": "http://127.0.0.1:2",
            "timeouts": { "connect": 1, "firstEvent": 2, "idle": 3, "total": 4 },
            "guardrail": {
                "guardrailIdentifier": "g",
                "guardrailVersion": "1",
                "streamProcessingMode": "sync",
                "trace": "enabled",
            },
            "cache": "auto",
            "cacheTtl": "1h",
            "requestMetadata": { "team": "growth" },
        });
        // A new field does not compile here until the entry above sets it.
        let BedrockSettings { aws, timeouts, guardrail, caching, request_metadata } =
            BedrockSettings::from_json(&full).unwrap();
        let AwsSettings {
            auth,
            api_key: _, // Of the shared schema.
            api_key_file,
            profile,
            assume_role,
            region,
            runtime_endpoint,
            control_endpoint,
            fips,
            dual_stack,
            connect_timeout,
            isolated: _, // For programs only.
        } = aws;
        let Timeouts { first_event, idle, total, whole: _ } = timeouts;
        assert_eq!(auth, Auth::Profile);
        assert!(api_key_file.is_some() && fips == Some(true) && dual_stack == Some(true));
        let AssumeRole { role_arn, session_name, external_id, duration } = assume_role.unwrap();
        assert_eq!(duration.map(|duration| duration.as_secs()), Some(900));
        let texts =
            [profile, region, runtime_endpoint, control_endpoint, Some(role_arn), session_name, external_id];
        assert!(texts.iter().all(Option::is_some), "{texts:?}");
        let limits = [connect_timeout, first_event, idle, total];
        assert_eq!(limits.map(|limit| limit.map(|limit| limit.as_secs())), [1, 2, 3, 4].map(Some));
        assert_eq!(guardrail.map(Value::Object), full.get("guardrail").cloned());
        assert_eq!(caching, Some(Caching::Auto { ttl: CacheTtl::OneHour }));
        assert_eq!(request_metadata["team"], "growth");

        let known: BTreeSet<_> =
            leaves(&ours().schema(), "").into_iter().map(|(pointer, _)| pointer).collect();
        for pointer in &known {
            assert!(full.pointer(pointer).is_some(), "{pointer} of the schema is not in the full entry");
        }
        let set: usize = full.as_object().unwrap().iter().fold(0, |sum, (key, value)| {
            sum + if key == "requestMetadata" { 1 } else { value.as_object().map_or(1, serde_json::Map::len) }
        });
        assert_eq!(set, known.len(), "the full entry has settings that the schema has not");
    }

    #[tokio::test]
    async fn a_provider_is_built_without_the_network() {
        let factory = ours();
        assert_eq!((factory.api(), factory.crate_name()), (API, "outcrop-provider-bedrock"));
        let context = BuildContext::new("bedrock-eu".into(), Environment::default());
        let provider = factory.build(&json!({ "region": "eu-central-1" }), &context).await.unwrap();
        assert_eq!(provider.id().as_str(), "bedrock-eu");
        assert!(provider.find::<Bedrock>().is_some());
    }

    #[tokio::test]
    async fn wrong_settings_build_nothing() {
        let context = BuildContext::new("bedrock-eu".into(), Environment::default());
        let broken = json!({ "guardrail": { "guardrailIdentifier": "" } });
        let error = ours().build(&broken, &context).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`guardrail.guardrailIdentifier`"), "{error}");
    }
}
