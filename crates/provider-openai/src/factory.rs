//! How the provider and its catalogue plug in.

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_core::{
    BuildContext, BuiltCatalog, CatalogFactory, ModelProvider, ProviderFactory, Result, SettingProblem,
};
use serde_json::{Value, json};

use crate::compat::Compat;
use crate::settings::AUTH;
use crate::{OpenAi, OpenAiCatalog, OpenAiSettings};

/// The `api` value of provider entries that this crate builds.
pub const API: &str = "openai-completions";

/// Builds providers for OpenAI-compatible endpoints.
///
/// ```
/// use outcrop_core::Registry;
/// let registry = Registry::new()
///     .with(outcrop_provider_openai::factory())
///     .with_catalog(outcrop_provider_openai::catalog_factory());
/// let settings = serde_json::json!({ "baseUrl": "http://127.0.0.1:11434/v1" });
/// assert!(registry.factory("openai-completions")?.check(&settings).is_empty());
/// # Ok::<(), outcrop_core::Error>(())
/// ```
pub fn factory() -> impl ProviderFactory {
    Factory
}

/// Builds catalogues of what such an endpoint lists at `/models`.
pub fn catalog_factory() -> impl CatalogFactory {
    Factory
}

#[derive(Debug)]
struct Factory;

#[async_trait]
impl ProviderFactory for Factory {
    fn api(&self) -> &'static str {
        API
    }

    fn crate_name(&self) -> &'static str {
        env!("CARGO_PKG_NAME")
    }

    fn schema(&self) -> Value {
        schema()
    }

    fn check(&self, settings: &Value) -> Vec<SettingProblem> {
        OpenAiSettings::check(settings)
    }

    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<Arc<dyn ModelProvider>> {
        let settings = OpenAiSettings::from_json(settings)?;
        Ok(Arc::new(OpenAi::new(context.provider.clone(), settings, &context.environment)?))
    }
}

#[async_trait]
impl CatalogFactory for Factory {
    fn api(&self) -> &'static str {
        API
    }

    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<BuiltCatalog> {
        let settings = OpenAiSettings::from_json(settings)?;
        let catalog = OpenAiCatalog::new(context.provider.clone(), settings, &context.environment)?;
        Ok(BuiltCatalog { catalog: Arc::new(catalog), resolver: None })
    }
}

fn schema() -> Value {
    let seconds = |description: &str| json!({"type": "number", "exclusiveMinimum": 0, "x-unit": "seconds", "description": description});
    let tokens = |description: &str| json!({"type": "integer", "minimum": 1, "maximum": 1_000_000_000, "x-unit": "tokens", "description": description});
    let text = |description: &str| json!({"type": "string", "description": description});
    let switch = |description: &str| json!({"type": "boolean", "description": description});
    json!({
        "type": "object",
        "required": ["baseUrl"],
        "properties": {
            "baseUrl": text("Where the endpoint is, with or without `/v1` at the end, such as `https://openrouter.ai/api/v1` or `http://127.0.0.1:11434`."),
            "apiKey": {
                "type": "string",
                "writeOnly": true,
                "description": "The key that is sent as a bearer token; best written as `\"${VARIABLE}\"`.",
            },
            "auth": {
                "enum": AUTH,
                "description": "Whether the key is sent: `bearer` and `api-key` for yes, which is the default where there is one, and `none`.",
            },
            "headers": {
                "type": "object",
                "description": "Headers of every call, by name; one called `authorization` takes the place of the key.",
                "additionalProperties": {"type": "string", "writeOnly": true},
            },
            "timeouts": {
                "type": "object",
                "description": "Time limits in seconds.",
                "properties": {
                    "connect": seconds("To make a connection, TLS and proxy included, in seconds; 5 by default."),
                    "firstEvent": seconds("Until the model says something, in seconds; 600 by default, 120 for models that are known not to reason."),
                    "idle": seconds("Between two events of an answer, in seconds; 120 by default."),
                    "total": seconds("For a whole answer, in seconds; none by default."),
                },
            },
            "models": {
                "type": "array",
                "description": "What is known of single models, beside what the endpoint lists.",
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": text("The id that the model is called by."),
                        "name": text("The name for people."),
                        "reasoning": switch("Whether the model can think before it answers."),
                        "tools": switch("Whether the model can call tools."),
                        "input": {
                            "type": "array",
                            "description": "What the model takes; what is not listed is refused before anything is sent.",
                            "items": {"enum": ["text", "image", "document", "video", "audio"]},
                        },
                        "contextWindow": tokens("How much the model can take and give in one call, in tokens."),
                        "maxTokens": tokens("The longest answer of the model, in tokens: a limit, not a value that is sent."),
                        "compat": Compat::schema(),
                    },
                },
            },
            "compat": Compat::schema(),
        },
    })
}

#[cfg(test)]
mod tests;
