//! The catalogue as a plug-in.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use outcrop_aws::{Aws, AwsSettings};
use outcrop_core::{BuildContext, BuiltCatalog, CatalogFactory, Result, SettingProblem};
use serde_json::Value;

use crate::{Discovery, DiscoverySettings};

/// The `api` value of the entries whose models are listed.
pub const API: &str = "bedrock-converse-stream";

/// Builds a [`Discovery`] of each provider entry with the `api` value [`API`].
#[derive(Debug, Clone)]
pub struct Factory {
    aws: Arc<Aws>,
    cache_folder: Option<PathBuf>,
    serves_stale: bool,
}

impl Factory {
    /// Whether its catalogues serve what is too old at once and fetch a new list meanwhile, as
    /// [`Discovery::serving_stale`] does.
    #[must_use]
    pub const fn serving_stale(mut self, serves_stale: bool) -> Self {
        self.serves_stale = serves_stale;
        self
    }
}

/// The factory of this crate. What AWS answers is kept in `cache_folder`; without one, in memory only.
///
/// ```
/// use std::sync::Arc;
/// use outcrop_aws::Aws;
/// use outcrop_core::{Environment, Registry};
///
/// let aws = Arc::new(Aws::new(Environment::default()));
/// let registry = Registry::new().with_catalog(outcrop_discovery::factory(aws, None));
/// assert!(registry.catalog("bedrock-converse-stream").is_some());
/// ```
pub fn factory(aws: Arc<Aws>, cache_folder: Option<PathBuf>) -> Factory {
    Factory { aws, cache_folder, serves_stale: false }
}

#[async_trait]
impl CatalogFactory for Factory {
    fn api(&self) -> &str {
        API
    }

    fn check(&self, settings: &Value) -> Vec<SettingProblem> {
        // What says who calls, and where, is checked with the provider.
        DiscoverySettings::check(settings)
    }

    /// Reads an entry: `discovery`, `models` and `overrides` as [`DiscoverySettings::from_json`], `auth`, `profile`, `region`,
    /// `baseUrl`, `controlBaseUrl` and `timeouts.connect` as [`AwsSettings::from_json`].
    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<BuiltCatalog> {
        let discovery = Discovery::new(
            Arc::clone(&self.aws),
            AwsSettings::from_json(settings)?,
            DiscoverySettings::from_json(settings)?,
            self.cache_folder.clone(),
            context.provider.clone(),
        )
        .serving_stale(self.serves_stale);
        let discovery = Arc::new(discovery);
        Ok(BuiltCatalog::new(Arc::clone(&discovery) as _).with_resolver(discovery))
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::{Environment, ErrorKind, Query};
    use serde_json::json;

    use super::*;

    async fn build(entry: Value) -> Result<BuiltCatalog> {
        let environment = Environment::default();
        let aws = Arc::new(Aws::new(environment.clone()));
        factory(aws, None).build(&entry, &BuildContext::new("bedrock".into(), environment)).await
    }

    #[tokio::test]
    async fn an_entry_becomes_a_catalogue_and_a_resolver() {
        let entry = json!({
            "api": API,
            "region": "eu-west-1",
            "discovery": { "enabled": false },
            "models": [{ "id": "amazon.nova-lite-v1:0" }],
        });
        let built = build(entry).await.unwrap();
        assert_eq!(built.catalog.id().as_str(), "bedrock");
        let snapshot = built.catalog.snapshot(&Query::default()).await.unwrap();
        assert_eq!(snapshot.models[0].id, *"amazon.nova-lite-v1:0");
        let resolved = built.resolver.unwrap().resolve(&"amazon.nova-lite-v1".into()).await.unwrap();
        assert_eq!(resolved.callable, *"amazon.nova-lite-v1:0");
    }

    #[tokio::test]
    async fn a_wrong_entry_is_an_error_that_names_the_key() {
        for (entry, key) in [
            (json!({ "discovery": { "enabled": "maybe" } }), "`discovery.enabled`"),
            (json!({ "auth": "magic" }), "`auth`"),
        ] {
            let error = build(entry).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
