//! What the SDK's clients are built from: everything given, nothing that they would look up behind our back.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::identity::IdentityCache;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::{RetryConfig, RetryMode};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use outcrop_core::{Environment, Result};

use crate::AwsSettings;
use crate::credentials::SharedFiles;
use crate::guard::RetryVariables;

/// What the SDK waits for a connection by default is 3.1 s; cold paths through proxies need a little more.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Which kinds of public endpoints are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Variants {
    /// Those that are validated by FIPS 140.
    pub(crate) fips: bool,
    /// Those that speak IPv6 too.
    pub(crate) dual_stack: bool,
}

impl Variants {
    /// Settings, else variables, else the active profile.
    pub(crate) fn of(settings: &AwsSettings, files: &SharedFiles) -> Result<Self> {
        let fips = match settings.fips {
            Some(said) => Some(said),
            None => files.switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?,
        };
        let dual_stack = match settings.dual_stack {
            Some(said) => Some(said),
            None => files.switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?,
        };
        Ok(Self { fips: fips == Some(true), dual_stack: dual_stack == Some(true) })
    }
}

/// A configuration without credentials.
pub(crate) fn unsigned(
    settings: &AwsSettings,
    environment: &Environment,
    files: &SharedFiles,
    region: &str,
    http: SharedHttpClient,
) -> Result<SdkConfig> {
    let retry = RetryVariables::read(environment)?;
    let mode = if retry.adaptive { RetryMode::Adaptive } else { RetryMode::Standard };
    let mut retries = RetryConfig::standard().with_retry_mode(mode);
    if let Some(attempts) = retry.max_attempts {
        retries = retries.with_max_attempts(attempts);
    }
    let connect = settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    let variants = Variants::of(settings, files)?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        // The credentials are cached here, where their sources are known.
        .identity_cache(IdentityCache::no_cache())
        .http_client(http)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(retries)
        .timeout_config(TimeoutConfig::builder().connect_timeout(connect).build())
        .use_fips(variants.fips)
        .use_dual_stack(variants.dual_stack)
        .service_config(ServiceConfig { files: files.clone(), ignores_endpoints: ignores_endpoints(files)? });
    let app = environment.get("AWS_SDK_UA_APP_ID").or_else(|| files.value("sdk_ua_app_id"));
    config.set_app_name(app.and_then(|app| AppName::new(app.to_owned()).ok()));
    Ok(config.build())
}

/// Whether the user wants endpoints of variables and files to be passed over.
pub(crate) fn ignores_endpoints(files: &SharedFiles) -> Result<bool> {
    let said = files.switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")?;
    Ok(said == Some(true))
}

/// What clients of services may look up: the snapshot of the environment and the files that were read with it. Blank
/// values are absent, and API keys are never picked up behind the back of the session, which installs them itself.
#[derive(Debug)]
struct ServiceConfig {
    files: SharedFiles,
    ignores_endpoints: bool,
}

impl LoadServiceConfig for ServiceConfig {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_endpoint = key.env() == "AWS_ENDPOINT_URL";
        if key.env() == "AWS_BEARER_TOKEN" || (is_endpoint && self.ignores_endpoints) {
            return None;
        }
        self.files.service_value(key.env(), key.profile(), key.service_id()).map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests;
