//! How the provider plugs in.

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_aws::Aws;
use outcrop_core::{BuildContext, ModelProvider, ProviderFactory, Result, SettingProblem};
use serde_json::{Value, json};

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

    /// What every entry may have besides, such as `region` and `guardrail`, is in the schema of the configuration.
    fn schema(&self) -> Value {
        let text = |description: &str| json!({"type": "string", "description": description});
        let switch = |description: &str| json!({"type": "boolean", "description": description});
        json!({
            "type": "object",
            "properties": {
                "apiKeyFile": text("File that holds a Bedrock API key and nothing else, as an absolute path or below `~/`; it is read again for every call."),
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
    use outcrop_core::{Environment, ErrorKind, ModelProviderExt as _};

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
        assert!(leaves.len() >= 7, "{leaves:?}");
        for (pointer, schema) in leaves {
            let description = schema["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{pointer} is not described: {schema}");
            let problems = ours().check(&entry(&pointer, json!([])));
            let found = problems.iter().any(|problem| problem.pointer == pointer);
            assert!(found, "nobody looks at {pointer}: {problems:?}");
        }
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
