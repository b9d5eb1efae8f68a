//! One caller in one place: what the clients of both planes are built from.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::token::SharedTokenProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::auth::http::HTTP_BEARER_AUTH_SCHEME_ID;
use aws_smithy_runtime_api::client::auth::{AuthSchemeId, AuthSchemePreference};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::{RetryConfig, RetryMode};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use outcrop_core::{Environment, Error, ErrorKind, Result};
use tokio::sync::{Mutex, OnceCell};

use crate::endpoint::{Endpoint, Plane};
use crate::guard::RetryVariables;
use crate::http_client::HttpClients;
use crate::service_config::FilteredServiceConfig;
use crate::source::{self, BEARER_VARIABLE};
use crate::{AccessKeys, Auth, AwsSettings, CredentialSource, Region};

/// The scheme id of Signature Version 4 in the SDK (`aws_runtime::auth::sigv4::SCHEME_ID`).
const SIGV4: AuthSchemeId = AuthSchemeId::new("sigv4");

/// What the SDK waits for a connection by default is 3.1 s; cold paths through proxies need a little more.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sessions by settings, built when they are first needed and shared.
///
/// ```
/// # async fn example() -> outcrop_core::Result<()> {
/// use outcrop_aws::{Aws, AwsSettings};
/// use outcrop_core::Environment;
///
/// let aws = Aws::new(std::iter::empty::<(String, String)>().collect());
/// let session = aws.session(&AwsSettings::default()).await?;
/// println!("calls go to {} ({})", session.region().name, session.region().origin);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Aws {
    environment: Environment,
    closed_world: Option<ClosedWorld>,
    http: HttpClients,
    sessions: Mutex<HashMap<AwsSettings, Arc<OnceCell<Arc<Session>>>>>,
}

impl Aws {
    /// Sessions for programs that were started with this environment.
    pub fn new(environment: Environment) -> Self {
        let http = HttpClients::new(&environment);
        Self { environment, closed_world: None, http, sessions: Mutex::default() }
    }

    /// Sessions that all lead to one place, whatever settings and environment say.
    pub fn closed_world(world: ClosedWorld) -> Self {
        Self {
            environment: Environment::default(),
            closed_world: Some(world),
            http: HttpClients::new(&Environment::default()),
            sessions: Mutex::default(),
        }
    }

    /// The session of these settings. Credentials are not resolved yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for settings and variables that cannot be; [`ErrorKind::Unauthenticated`] if the settings
    /// ask for credentials that are not there.
    pub async fn session(&self, settings: &AwsSettings) -> Result<Arc<Session>> {
        let settings =
            self.closed_world.as_ref().map_or_else(|| settings.clone(), |world| world.settings(settings));
        let cell = Arc::clone(self.sessions.lock().await.entry(settings.clone()).or_default());
        cell.get_or_try_init(async || {
            Session::load(&settings, &self.environment, &self.http).await.map(Arc::new)
        })
        .await
        .cloned()
    }
}

/// One endpoint for both planes, and the keys for it: an emulator.
#[derive(Debug, Clone)]
pub struct ClosedWorld {
    /// Where both planes answer.
    pub endpoint: String,
    /// The keys.
    pub keys: AccessKeys,
}

impl ClosedWorld {
    /// These settings, moved into the closed world; of theirs, region and time limit are left.
    fn settings(&self, settings: &AwsSettings) -> AwsSettings {
        AwsSettings {
            auth: Auth::AwsSdk,
            profile: None,
            region: settings.region.clone(),
            runtime_endpoint: Some(self.endpoint.clone()),
            control_endpoint: Some(self.endpoint.clone()),
            connect_timeout: settings.connect_timeout,
            isolated: Some(self.keys.clone()),
        }
    }
}

/// One caller in one place.
#[derive(Debug)]
pub struct Session {
    sdk: SdkConfig,
    source: CredentialSource,
    region: Region,
    runtime: Option<Endpoint>,
    control: Option<Endpoint>,
    identity: String,
    retry: RetryVariables,
}

impl Session {
    async fn load(settings: &AwsSettings, environment: &Environment, http: &HttpClients) -> Result<Self> {
        let retry = RetryVariables::read(environment)?;
        let source = CredentialSource::detect(settings, environment)?;
        let parse = |url: &Option<String>, setting: &str| {
            url.as_deref()
                .filter(|url| !url.trim().is_empty())
                .map(|url| Endpoint::parse(url, setting))
                .transpose()
        };
        let base_url = parse(&settings.runtime_endpoint, "baseUrl")?;
        let control_base_url = parse(&settings.control_endpoint, "controlBaseUrl")?;
        let region = Region::resolve(settings, environment, &source, base_url.as_ref()).await;
        // Where all is plain and on this machine, and credentials are at hand, proxies and certificates do not matter.
        let at_hand = !matches!(source, CredentialSource::Profile(_) | CredentialSource::DefaultChain);
        let plain = [&base_url, &control_base_url]
            .iter()
            .all(|url| url.as_ref().is_some_and(|url| url.is_loopback() && !url.is_https()));
        let http = if plain && at_hand { http.direct() } else { http.outward(None)? };
        let sdk = match &settings.isolated {
            Some(keys) => isolated_config(keys, settings, &region, http),
            None => ambient_config(settings, environment, &source, &region, retry, http).await,
        };
        let runtime = endpoint(&sdk, Plane::Runtime, base_url)?;
        let control = endpoint(&sdk, Plane::Control, control_base_url)?;
        if source == CredentialSource::Bearer {
            refuse_tokens_in_the_clear([&runtime, &control])?;
        }
        let identity = source::identity(&source, settings, environment);
        tracing::debug!(source = source.label(), region = %region.name, origin = %region.origin, "session");
        Ok(Self { sdk, source, region, runtime, control, identity, retry })
    }

    /// The configuration to build a service client from. Region and retries are set on each client's own builder, and
    /// so is the endpoint of its plane, if [`Session::endpoint`] gives one.
    pub const fn sdk_config(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The region for calls.
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The endpoint of a plane, if it is not the region's own.
    pub const fn endpoint(&self, plane: Plane) -> Option<&Endpoint> {
        match plane {
            Plane::Runtime => self.runtime.as_ref(),
            Plane::Control => self.control.as_ref(),
        }
    }

    /// Where the credentials come from.
    pub const fn source(&self) -> &CredentialSource {
        &self.source
    }

    /// A name for the caller, to keep caches apart. No secret.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What the environment says about retries.
    pub const fn retry_variables(&self) -> RetryVariables {
        self.retry
    }

    /// Whether requests go out unsigned.
    pub fn is_unsigned(&self) -> bool {
        self.source == CredentialSource::Unsigned
    }
}

/// Everything given, nothing looked up.
fn isolated_config(
    keys: &AccessKeys,
    settings: &AwsSettings,
    region: &Region,
    http: SharedHttpClient,
) -> SdkConfig {
    let connect = settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(aws_types::region::Region::new(region.name.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials(keys)))
        .auth_scheme_preference([SIGV4])
        .identity_cache(IdentityCache::lazy().build())
        .http_client(http)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(RetryConfig::standard())
        .timeout_config(TimeoutConfig::builder().connect_timeout(connect).build())
        .build()
}

fn credentials(keys: &AccessKeys) -> Credentials {
    Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.expose(),
        keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "outcrop",
    )
}

/// What AWS's own loader finds, under the guards of this crate.
async fn ambient_config(
    settings: &AwsSettings,
    environment: &Environment,
    source: &CredentialSource,
    region: &Region,
    retry: RetryVariables,
    http: SharedHttpClient,
) -> SdkConfig {
    let mode = if retry.adaptive { RetryMode::Adaptive } else { RetryMode::Standard };
    let mut retries = RetryConfig::standard().with_retry_mode(mode);
    if let Some(attempts) = retry.max_attempts {
        retries = retries.with_max_attempts(attempts);
    }
    let connect = settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_types::region::Region::new(region.name.clone()))
        // Given here, the loader does not read the variables on which it would panic.
        .retry_config(retries)
        .timeout_config(TimeoutConfig::builder().connect_timeout(connect).build())
        .identity_cache(IdentityCache::lazy().build())
        .http_client(http.clone());
    loader = match source {
        // Said explicitly, the profile is the only source: the chain would look at access keys first.
        CredentialSource::Profile(name) if settings.profile.is_some() || settings.auth == Auth::Profile => {
            let provider = ProviderConfig::without_region()
                .with_region(Some(aws_types::region::Region::new(region.name.clone())))
                .with_http_client(http);
            let profile =
                ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(name).build();
            loader.profile_name(name).credentials_provider(profile).auth_scheme_preference([SIGV4])
        }
        CredentialSource::Profile(_) | CredentialSource::DefaultChain => {
            loader.auth_scheme_preference([SIGV4])
        }
        CredentialSource::AccessKeys => loader.auth_scheme_preference([SIGV4]),
        CredentialSource::Bearer => {
            let token = environment.get(BEARER_VARIABLE).unwrap_or_default();
            let token = aws_credential_types::Token::new(token, None);
            loader
                .no_credentials()
                .token_provider(SharedTokenProvider::new(token))
                .auth_scheme_preference(AuthSchemePreference::from([HTTP_BEARER_AUTH_SCHEME_ID]))
        }
        CredentialSource::Given | CredentialSource::Unsigned => loader.no_credentials(),
    };
    let found = loader.load().await;
    let mut built = found.to_builder().service_config(FilteredServiceConfig(found));
    if *source == CredentialSource::Unsigned {
        // The loader's own, which would look for a single sign-on and fail.
        built.set_token_provider(None);
    }
    built.build()
}

/// The endpoint of a plane: an explicit one of a foreign host, else what the environment and the shared configuration
/// name for this plane, else none. An explicit one of a standard host only names its region.
fn endpoint(sdk: &SdkConfig, plane: Plane, explicit: Option<Endpoint>) -> Result<Option<Endpoint>> {
    let standard = |endpoint: &Endpoint| endpoint.region(plane).is_some_and(|host| host.standard);
    if explicit.as_ref().is_some_and(|endpoint| !standard(endpoint)) {
        return Ok(explicit);
    }
    let key = ServiceConfigKey::builder()
        .service_id(plane.service_id())
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the endpoint settings cannot be read").with_source(error)
        })?;
    let configured = sdk.service_config().and_then(|config| config.load_config(key));
    configured.map(|url| Endpoint::parse(&url, plane.variable())).transpose()
}

fn refuse_tokens_in_the_clear(endpoints: [&Option<Endpoint>; 2]) -> Result<()> {
    match endpoints.into_iter().flatten().find(|endpoint| !endpoint.is_safe_for_tokens()) {
        None => Ok(()),
        Some(endpoint) => {
            Err(Error::config(format!("a Bedrock API key would travel in the clear to `{}`", endpoint.url()))
                .with_hint("use an `https://` endpoint; plain `http://` is for this machine only"))
        }
    }
}

#[cfg(test)]
mod tests;
