//! The catalogue as a plug-in.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use outcrop_aws::{Aws, AwsSettings};
use outcrop_core::{BuildContext, BuiltCatalog, CatalogFactory, Result};
use serde_json::Value;

use crate::{Discovery, DiscoverySettings};

/// The `api` value of the entries whose models are listed.
pub const API: &str = "bedrock-converse-stream";

/// Builds a [`Discovery`] of each provider entry with the `api` value [`API`].
#[derive(Debug, Clone)]
pub struct Factory {
    aws: Arc<Aws>,
    cache_folder: Option<PathBuf>,
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
    Factory { aws, cache_folder }
}

#[async_trait]
impl CatalogFactory for Factory {
    fn api(&self) -> &str {
        API
    }

    /// Reads an entry: `discovery` and `models` as [`DiscoverySettings::from_json`], `auth`, `profile`, `region`,
    /// `baseUrl`, `controlBaseUrl` and `timeouts.connect` as [`AwsSettings::from_json`].
    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<BuiltCatalog> {
        let discovery = Discovery::new(
            Arc::clone(&self.aws),
            AwsSettings::from_json(settings)?,
            DiscoverySettings::from_json(settings)?,
            self.cache_folder.clone(),
            context.provider.clone(),
        );
        let discovery = Arc::new(discovery);
        Ok(BuiltCatalog { catalog: Arc::clone(&discovery) as _, resolver: Some(discovery) })
    }
}
