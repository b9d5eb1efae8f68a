//! How the provider and its catalogue plug in.

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_core::{
    BuildContext, BuiltCatalog, CatalogFactory, ModelProvider, ProviderFactory, Result, SettingProblem,
};
use serde_json::{Value, json};

use crate::compat::Compat;
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

    /// What every entry may have besides, such as `baseUrl` and `models`, is in the schema of the configuration.
    fn schema(&self) -> Value {
        json!({ "type": "object", "properties": { "compat": Compat::schema() } })
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

    fn check(&self, _: &Value) -> Vec<SettingProblem> {
        // What says who calls, and where, is checked with the provider; there is nothing besides.
        Vec::new()
    }

    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<BuiltCatalog> {
        let settings = OpenAiSettings::from_json(settings)?;
        let catalog = OpenAiCatalog::new(context.provider.clone(), settings, &context.environment)?;
        Ok(BuiltCatalog::new(Arc::new(catalog)))
    }
}

#[cfg(test)]
mod tests;
