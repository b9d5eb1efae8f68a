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
        let mut compat = Compat::schema();
        if let Some(compat) = compat.as_object_mut() {
            // It says nothing of who calls and where.
            compat.insert("x-project".to_owned(), true.into());
        }
        let of_model = json!({ "properties": { "compat": Compat::schema() } });
        json!({ "type": "object", "properties": { "compat": compat, "models": { "items": of_model } } })
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
        // Whoever names models means these, as the same file means it elsewhere; and a server that is not there keeps
        // nobody waiting.
        let catalog = Arc::new(catalog.named_only(true));
        Ok(BuiltCatalog::new(Arc::clone(&catalog) as _).with_resolver(catalog))
    }
}

#[cfg(test)]
mod tests;
