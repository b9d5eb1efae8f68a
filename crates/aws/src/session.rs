//! One caller in one place: what the clients of both planes are built from.

use std::path::Path;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::token::SharedTokenProvider;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use aws_smithy_runtime_api::client::auth::http::HTTP_BEARER_AUTH_SCHEME_ID;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use outcrop_core::{Error, ErrorKind, Result};

use crate::aws::Aws;
use crate::credentials::{BearerToken, CachedCredentials, Plan, SharedFiles, plan, sign_in_command, world};
use crate::endpoint::{Endpoint, Plane, quoted};
use crate::environment::Numbered;
use crate::guard::RetryVariables;
use crate::http_client::{self, SharedClient};
use crate::region::RegionSearch;
use crate::sdk_config::{self, Variants};
use crate::source;
use crate::{AwsSettings, CredentialSource, Link, Region, RegionStep};

/// The scheme id of Signature Version 4 in the SDK (`aws_runtime::auth::sigv4::SCHEME_ID`).
const SIGV4: AuthSchemeId = AuthSchemeId::new("sigv4");

/// One caller in one place.
#[derive(Debug)]
pub struct Session {
    sdk: SdkConfig,
    http: SharedClient,
    source: CredentialSource,
    signer: Signer,
    region: Region,
    region_steps: Vec<RegionStep>,
    planes: Planes,
    identity: String,
    retry: RetryVariables,
    notes: Vec<String>,
    /// Those of the notes that may be why a caller is refused.
    refusal_notes: Vec<String>,
    /// The number of the environment that held when it was built.
    environment: u64,
}

/// By what requests are signed.
#[derive(Debug, Clone)]
pub(crate) enum Signer {
    Unsigned,
    Keys(Arc<CachedCredentials>),
    Bearer(Arc<BearerToken>),
}

/// Base URLs by the settings, parsed.
#[derive(Debug, Default)]
pub(crate) struct BaseUrls {
    pub(crate) runtime: Option<Endpoint>,
    pub(crate) control: Option<Endpoint>,
}

impl BaseUrls {
    fn parse(settings: &AwsSettings) -> Result<Self> {
        let parse = |url: &Option<String>, setting| {
            let url = url.as_deref().filter(|url| !url.trim().is_empty());
            url.map(|url| Endpoint::parse(url, setting)).transpose()
        };
        Ok(Self {
            runtime: parse(&settings.runtime_endpoint, "baseUrl")?,
            control: parse(&settings.control_endpoint, "controlBaseUrl")?,
        })
    }
}

/// Where the planes answer.
#[derive(Debug)]
pub(crate) struct Planes {
    runtime: Option<Override>,
    control: Option<Override>,
    variants: Variants,
}

/// An endpoint that is not the region's own, and what said it.
#[derive(Debug)]
struct Override {
    endpoint: Endpoint,
    origin: String,
}

impl Planes {
    fn of(settings: &AwsSettings, files: &SharedFiles, urls: BaseUrls) -> Result<Self> {
        Ok(Self {
            runtime: overriding(files, Plane::Runtime, urls.runtime.map(|url| (url, "baseUrl")))?,
            control: overriding(files, Plane::Control, urls.control.map(|url| (url, "controlBaseUrl")))?,
            variants: Variants::of(settings, files)?,
        })
    }

    const fn of_plane(&self, plane: Plane) -> Option<&Override> {
        match plane {
            Plane::Runtime => self.runtime.as_ref(),
            Plane::Control => self.control.as_ref(),
        }
    }

    fn is_plain_and_local(&self) -> bool {
        [&self.runtime, &self.control].iter().all(|plane| {
            plane.as_ref().is_some_and(|plane| plane.endpoint.is_loopback() && !plane.endpoint.is_https())
        })
    }
}

impl Session {
    pub(crate) async fn load(aws: &Aws, settings: &AwsSettings) -> Result<Self> {
        let Numbered { environment, number } = aws.environment().numbered();
        let (environment, files) = world(settings, environment).await?;
        let retry = RetryVariables::read(&environment)?;
        let planned = plan(settings, &environment, &files)?;
        let base_urls = BaseUrls::parse(settings)?;
        let search = RegionSearch {
            settings,
            environment: &environment,
            files: &files,
            plan: &planned.plan,
            base_urls: &base_urls,
        };
        let (region, region_steps) =
            search.run(&aws.chain(settings, Ok(aws.http().direct()), String::new())).await?;
        let mut notes = planned.notes.clone();
        notes.extend(mismatch_notes(&search, &region));
        let refusal_notes = notes.clone();
        if region.origin == crate::RegionOrigin::Default && settings.isolated.is_none() {
            notes.push(format!(
                "no region is set: `{}` is used; set `AWS_REGION` to change that",
                region.name
            ));
        }
        let planes = Planes::of(settings, &files, base_urls)?;
        // Where all is plain and on this machine, and credentials are at hand, proxies and certificates do not matter.
        let is_local = planes.is_plain_and_local() && planned.plan.is_at_hand() && planned.assume.is_none();
        let bundle = files.value("ca_bundle").map(Path::new);
        let outward = aws.http().outward(bundle);
        // The credentials are shared with sessions elsewhere, and may come from elsewhere later.
        let for_credentials =
            if settings.isolated.is_some() { Ok(aws.http().direct()) } else { outward.clone() };
        let http = if is_local { aws.http().direct() } else { outward? };
        let signer = match &planned.plan {
            Plan::Unsigned => Signer::Unsigned,
            Plan::Bearer(key) => {
                refuse_tokens_in_the_clear(&planes)?;
                Signer::Bearer(Arc::new(BearerToken::new(key.clone(), aws.environment().clone())))
            }
            _ => {
                let chain = aws.chain(settings, for_credentials, region.name.clone());
                Signer::Keys(aws.credentials(chain).await)
            }
        };
        let shared = SharedHttpClient::new(http.clone());
        let config = sdk_config::unsigned(settings, &environment, &files, &region.name, shared)?;
        let identity = source::identity(&planned.source, settings, &environment);
        let source = planned.source;
        tracing::debug!(source = source.label(), region = %region.name, origin = %region.origin, "session");
        let sdk = signed(config, &signer);
        Ok(Self {
            sdk,
            http,
            source,
            signer,
            region,
            region_steps,
            planes,
            identity,
            retry,
            notes,
            refusal_notes,
            environment: number,
        })
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

    /// Where a region was looked for, as far as it was needed.
    pub fn region_steps(&self) -> &[RegionStep] {
        &self.region_steps
    }

    /// The endpoint of a plane, if it is not the region's own.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if FIPS or dual-stack endpoints are asked for together with an endpoint of one's own: what
    /// kind that is cannot be known (endpoint rule sets of AWS's service models).
    pub fn endpoint(&self, plane: Plane) -> Result<Option<&Endpoint>> {
        let Some(found) = self.planes.of_plane(plane) else { return Ok(None) };
        let Variants { fips, dual_stack } = self.planes.variants;
        if !fips && !dual_stack {
            return Ok(Some(&found.endpoint));
        }
        let [kind, key, variable] = if fips {
            ["FIPS", "useFipsEndpoint", "AWS_USE_FIPS_ENDPOINT"]
        } else {
            ["dual-stack", "useDualstackEndpoint", "AWS_USE_DUALSTACK_ENDPOINT"]
        };
        Err(Error::config(format!(
            "{kind} endpoints are asked for, and {} names the endpoint `{}`",
            quoted(&found.origin),
            found.endpoint.url()
        ))
        .with_hint(format!("unset the endpoint, or turn `{key}` (`{variable}`, or the profile's) off")))
    }

    /// Where a plane answers, and what said so.
    ///
    /// # Errors
    /// As of [`Session::endpoint`].
    pub fn resolved_endpoint(&self, plane: Plane) -> Result<(String, String)> {
        let own = || {
            let url = plane.public_url(&self.region.name, self.planes.variants);
            (url, format!("the region `{}`", self.region.name))
        };
        Ok(self.endpoint(plane)?.map_or_else(own, |endpoint| {
            let origin = self.planes.of_plane(plane).map(|found| found.origin.clone());
            (endpoint.url().to_owned(), origin.unwrap_or_default())
        }))
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
    pub const fn is_unsigned(&self) -> bool {
        matches!(self.signer, Signer::Unsigned)
    }

    pub(crate) const fn environment(&self) -> u64 {
        self.environment
    }

    /// What the user should know about credentials and region.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(crate) const fn http(&self) -> &SharedClient {
        &self.http
    }

    pub(crate) const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Fetches the credentials, if they are not at hand; a call would do so too, within its own time limit.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if there are none; those of the network if nobody could be asked for them.
    pub async fn fetch_credentials(&self) -> Result<()> {
        match &self.signer {
            Signer::Keys(credentials) => Box::pin(credentials.get()).await.map(drop),
            Signer::Unsigned | Signer::Bearer(_) => Ok(()),
        }
    }

    /// Makes a call. If the caller is refused because credentials ended or were taken back, they are fetched once more
    /// from where they come from; and if there are others now, the call is made once more.
    ///
    /// # Errors
    /// Those of the call, with what this session knows about a refusal.
    pub async fn call<T, F>(&self, plane: Plane, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let used = match &self.signer {
            Signer::Keys(credentials) => credentials.number(),
            Signer::Bearer(token) => token.number(),
            Signer::Unsigned => 0,
        };
        let error = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if !is_stale(&error) {
            return Err(self.explain(plane, error));
        }
        // Boxed, like all that seldom happens: the future of a call stays small.
        match Box::pin(self.renew(used)).await {
            Ok(true) => attempt().await.map_err(|error| self.explain(plane, error)),
            Ok(false) => Err(self.explain(plane, error)),
            // Why there are no others is what helps.
            Err(reason) => Err(reason.hints().iter().fold(self.explain(plane, error), Error::with_hint)),
        }
    }

    /// Fetches the credentials anew after those with the number `refused` were refused; whether there are others now.
    async fn renew(&self, refused: u64) -> Result<bool> {
        let renewed = match &self.signer {
            Signer::Unsigned => Ok(false),
            Signer::Bearer(token) => token.renew(refused),
            Signer::Keys(credentials) => credentials.renew(refused).await,
        };
        match &renewed {
            Ok(true) => tracing::info!("the credentials were refused; there are new ones"),
            Ok(false) => tracing::debug!("the credentials were refused, and there are no others"),
            Err(error) => tracing::warn!(%error, "the credentials were refused and could not be renewed"),
        }
        renewed
    }

    /// Adds what this session knows to an error by which the caller was refused, or could reach nobody. Asks nobody.
    fn explain(&self, plane: Plane, error: Error) -> Error {
        match (error.kind(), self.resolved_endpoint(plane)) {
            (ErrorKind::Unauthenticated, _) => {}
            (ErrorKind::Network | ErrorKind::Timeout, Ok((endpoint, _))) => {
                let Region { name, origin } = &self.region;
                // The other plane has a limit of its own.
                let error = if plane == Plane::Runtime && http_client::is_late_connection(&error) {
                    error.with_hint("raise `timeouts.connect` of the provider to wait for longer")
                } else {
                    error
                };
                return error
                    .with_hint(format!("`{endpoint}` was called; the region is `{name}` ({origin})"));
            }
            _ => return error,
        }
        if let Some(region) = self.region_to_use(&error) {
            return error
                .with_hint(format!("set the region to `{region}`: `--region {region}`, or `AWS_REGION`"));
        }
        let mut error = error;
        for note in &self.refusal_notes {
            error = error.with_hint(note.clone());
        }
        let Signer::Keys(credentials) = &self.signer else { return error };
        let Some(resolved) = credentials.kept() else { return error };
        let profile = resolved.profile.as_deref().unwrap_or("default");
        match (sign_in_command(resolved.link, profile), resolved.link) {
            (Some(command), _) if is_stale(&error) => error.with_hint(format!("run `{command}`")),
            (None, Link::Env) if resolved.credentials.session_token().is_some() => error
                .with_hint("`AWS_SESSION_TOKEN` must be the one that came with the keys: set all three anew"),
            _ => error,
        }
    }

    /// The region to sign for, if the refusal is about that: the service says it, or the endpoint's name does.
    fn region_to_use(&self, error: &Error) -> Option<String> {
        let message = error.provider_message()?;
        if !["valid region", "correct region", "expecting '"].iter().any(|words| message.contains(words)) {
            return None;
        }
        let said = message.split('\'').find(|word| is_region(word) && *word != self.region.name);
        let by_host = || {
            let found = self.planes.of_plane(Plane::Runtime).or(self.planes.of_plane(Plane::Control))?;
            let region = [Plane::Runtime, Plane::Control]
                .into_iter()
                .find_map(|plane| found.endpoint.region(plane))?;
            Some(region.region.to_owned())
        };
        let region = said.map(str::to_owned).or_else(by_host)?;
        (region != self.region.name).then_some(region)
    }
}

/// Whether a refusal may be over with other credentials: they ended, or were taken back.
fn is_stale(error: &Error) -> bool {
    const CODES: [&str; 5] = [
        "ExpiredToken",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "RequestExpired",
    ];
    let words = error.provider_message().unwrap_or_default().to_lowercase();
    let is_api_key = ["api key", "bearer token"].iter().any(|key| words.contains(key));
    error.kind() == ErrorKind::Unauthenticated
        && (is_api_key || error.code().is_some_and(|code| CODES.contains(&code)))
}

/// Whether a word looks like the name of a region: `eu-central-1`, `us-gov-west-1`.
fn is_region(word: &str) -> bool {
    let parts: Vec<_> = word.split('-').collect();
    parts.len() > 2
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && parts.last().is_some_and(|last| last.parse::<u8>().is_ok())
}

fn signed(config: SdkConfig, signer: &Signer) -> SdkConfig {
    let builder = config.to_builder();
    match signer {
        Signer::Unsigned => config,
        Signer::Keys(credentials) => builder
            .credentials_provider(SharedCredentialsProvider::from(
                Arc::clone(credentials) as Arc<dyn aws_credential_types::provider::ProvideCredentials>
            ))
            .auth_scheme_preference([SIGV4])
            .build(),
        Signer::Bearer(token) => builder
            .token_provider(SharedTokenProvider::from(
                Arc::clone(token) as Arc<dyn aws_credential_types::provider::token::ProvideToken>
            ))
            .auth_scheme_preference([HTTP_BEARER_AUTH_SCHEME_ID])
            .build(),
    }
}

/// The endpoint of a plane: an explicit one of a foreign host, else what the environment and the shared configuration
/// name for this plane, else none.
fn overriding(
    files: &SharedFiles,
    plane: Plane,
    explicit: Option<(Endpoint, &'static str)>,
) -> Result<Option<Override>> {
    if let Some((endpoint, key)) = explicit.filter(|(endpoint, _)| endpoint.is_own(plane)) {
        return Ok(Some(Override { endpoint, origin: format!("`{key}`") }));
    }
    if sdk_config::ignores_endpoints(files)? {
        return Ok(None);
    }
    let Some((url, origin)) = files.service_value("AWS_ENDPOINT_URL", "endpoint_url", plane.service_id())
    else {
        return Ok(None);
    };
    Ok(Some(Override { endpoint: Endpoint::parse(&url, &origin)?, origin }))
}

/// Regions that are named and not called.
fn mismatch_notes(search: &RegionSearch<'_>, region: &Region) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(host) = search.base_urls.region(true).filter(|host| *host != region.name) {
        notes.push(format!(
            "the base URL is the one of `{host}`, and `{}` is called ({}): it names a region only where nothing else does",
            region.name, region.origin
        ));
    }
    if let Some(key) = search.short_term_key().filter(|key| key.region != region.name) {
        notes.push(format!(
            "the Bedrock API key is for the region `{}`, and `{}` is called ({})",
            key.region, region.name, region.origin
        ));
    }
    notes
}

fn refuse_tokens_in_the_clear(planes: &Planes) -> Result<()> {
    let unsafe_one = [&planes.runtime, &planes.control]
        .into_iter()
        .flatten()
        .find(|plane| !plane.endpoint.is_safe_for_tokens());
    match unsafe_one {
        None => Ok(()),
        Some(plane) => Err(Error::config(format!(
            "a Bedrock API key would travel in the clear to `{}`, which {} names",
            plane.endpoint.url(),
            quoted(&plane.origin)
        ))
        .with_hint("use an `https://` endpoint; plain `http://` is for this machine only")),
    }
}

#[cfg(test)]
mod endpoint_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod tests;
