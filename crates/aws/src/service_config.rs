//! What the SDK's clients read of the environment, filtered.

use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Stands between the SDK's clients and the environment: blank values are absent, and API keys are never picked up
/// behind the back of the session, which installs them itself.
#[derive(Debug)]
pub(crate) struct FilteredServiceConfig(pub(crate) SdkConfig);

impl LoadServiceConfig for FilteredServiceConfig {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() == "AWS_BEARER_TOKEN" {
            return None;
        }
        self.0.service_config()?.load_config(key).filter(|value| !value.trim().is_empty())
    }
}
