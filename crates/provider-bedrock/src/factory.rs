//! How the provider plugs in.

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_aws::{Auth, Aws};
use outcrop_core::{BuildContext, ModelProvider, ProviderFactory, Result, SettingProblem};
use serde_json::{Value, json};

use crate::settings::{STREAM_PROCESSING_MODES, TRACES};
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
        json!({
            "type": "object",
            "properties": {
                "baseUrl": text("Endpoint of the runtime plane. One of a standard AWS host only names the region, when nothing else does."),
                "controlBaseUrl": text("Endpoint of the control plane."),
                "auth": {
                    "enum": Auth::NAMES,
                    "description": "Which credentials: whatever AWS would find, a Bedrock API key, a profile, or none for a proxy that signs.",
                },
                "profile": text("Profile of the AWS configuration files."),
                "region": text("Region for calls, such as `eu-central-1`."),
                "timeouts": {
                    "type": "object",
                    "description": "Time limits in seconds.",
                    "properties": {
                        "connect": seconds("To make a connection; 5 by default."),
                        "firstEvent": seconds("Until the model says something; 120 by default, 600 for models that reason."),
                        "idle": seconds("Between two events of an answer; 120 by default."),
                        "total": seconds("For a whole answer; none by default."),
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
