//! From the responsible link to credentials.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::DateTime;
use aws_types::SdkConfig;
use aws_types::region::Region;
use outcrop_core::{Environment, Error, ErrorKind, Result};
use tokio::sync::OnceCell;

use super::SharedFiles;
use super::container::Container;
use super::fingerprint::Fingerprint;
use super::link::{Link, Outcome, Step, mark};
use super::metadata::{Metadata, MetadataProblem};
use super::plan::{Plan, Planned, access_keys, active_profile, plan};
use super::profile::{Base, ProfilePlan};
use super::role::{MfaPrompt, Sts, mfa_code};
use super::{errors, shared_files, sso};
use crate::environment::CurrentEnvironment;
use crate::http_client::SharedClient;
use crate::sdk_config;
use crate::{AccessKeys, AwsSettings};

/// Everything that is needed to get the credentials that some settings lead to, again and again.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) settings: AwsSettings,
    pub(crate) environment: CurrentEnvironment,
    /// For the services of AWS; or what is wrong with the proxies or certificates by which they would be called.
    pub(crate) http: Result<SharedClient>,
    /// For the services of the machine.
    pub(crate) direct: SharedClient,
    pub(crate) metadata: Arc<OnceCell<Metadata>>,
    pub(crate) mfa: Option<Arc<dyn MfaPrompt>>,
    /// The region whose token service is asked.
    pub(crate) region: String,
}

/// Credentials, and how they were come by.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) credentials: Credentials,
    pub(crate) link: Link,
    /// The profile by which one signs in, for links that need that.
    pub(crate) profile: Option<String>,
    pub(crate) fingerprint: Fingerprint,
    /// Which snapshot of the environment held.
    pub(crate) environment: u64,
}

impl Chain {
    /// The responsible link by settings, variables and files as they are now.
    pub(crate) async fn plan(&self) -> Result<(Planned, SharedFiles)> {
        let (environment, files) = world(&self.settings, self.environment.get()).await?;
        Ok((plan(&self.settings, &environment, &files)?, files))
    }

    /// Gets the credentials anew.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if there are none; [`ErrorKind::Network`] and its like if nobody could be asked.
    pub(crate) async fn resolve(&self) -> Result<Resolved> {
        let environment = self.environment.numbered();
        // Before anything is read: what changes meanwhile is seen next time.
        let shared = match self.settings.isolated {
            Some(_) => Fingerprint::take([]),
            None => Fingerprint::take(&shared_files::paths(&environment.environment)),
        };
        let (planned, files) = self.plan().await?;
        let fingerprint = shared.and(Fingerprint::take(&planned.watched));
        let credentials = self.fetch(&planned, &files).await?;
        let link = Link::of(&credentials).or(planned.plan.link()).unwrap_or(Link::Config);
        tracing::info!(%link, key = super::link::shortened(credentials.access_key_id()), "credentials");
        for note in &planned.notes {
            tracing::warn!("{note}");
        }
        let profile = match &planned.plan {
            Plan::Profile(plan) => Some(plan.base_profile.clone()),
            _ => None,
        };
        Ok(Resolved { credentials, link, profile, fingerprint, environment: environment.number })
    }

    /// Gets the credentials of a plan.
    pub(crate) async fn fetch(&self, planned: &Planned, files: &SharedFiles) -> Result<Credentials> {
        let environment = self.environment.get();
        let link = Fetch { chain: self, files, environment: &environment };
        let credentials = match &planned.plan {
            Plan::Unsigned | Plan::Bearer(_) => {
                // The environment was renewed; sessions for an API key are made of other stuff.
                let message = "the environment asks for another kind of credentials now";
                return Err(Error::new(ErrorKind::Unexpected, message).with_hint("ask for a new session"));
            }
            Plan::Keys { keys, link } => from_keys(keys, *link),
            Plan::Profile(profile) => link.profile(profile).await?,
            Plan::WebIdentity(identity) => link.sts()?.assume_role_with_web_identity(identity).await?,
            Plan::Container(container) => container.credentials(self).await?,
            Plan::Metadata => link.metadata(&planned.steps).await?,
        };
        let credentials = checked(credentials, planned.plan.link())?;
        match &planned.assume {
            Some(role) => link.sts()?.assume_role(credentials, role, None).await,
            None => Ok(credentials),
        }
    }

    /// The metadata service of this process.
    pub(crate) async fn metadata(&self, files: &SharedFiles) -> Result<&Metadata> {
        let environment = self.environment.get();
        self.metadata.get_or_try_init(async || Metadata::new(&environment, files, self.direct.clone())).await
    }

    /// The token service.
    pub(crate) fn sts(&self, files: &SharedFiles) -> Result<Sts> {
        Ok(Sts::new(&self.config(files)?))
    }

    /// What the clients of services for credentials are built from.
    fn config(&self, files: &SharedFiles) -> Result<SdkConfig> {
        let http = SharedHttpClient::new(self.http.clone()?);
        sdk_config::unsigned(&self.settings, &self.environment.get(), files, &self.region, http)
    }
}

/// The environment and the files that count: none in a closed world.
pub(crate) async fn world(
    settings: &AwsSettings,
    environment: Environment,
) -> Result<(Environment, SharedFiles)> {
    if settings.isolated.is_some() {
        return Ok((Environment::default(), SharedFiles::nothing().await?));
    }
    let files = SharedFiles::load(&environment, active_profile(settings, &environment)).await?;
    Ok((environment, files))
}

/// One look at the links.
struct Fetch<'a> {
    chain: &'a Chain,
    files: &'a SharedFiles,
    environment: &'a Environment,
}

impl Fetch<'_> {
    fn sts(&self) -> Result<Sts> {
        self.chain.sts(self.files)
    }

    async fn profile(&self, plan: &ProfilePlan) -> Result<Credentials> {
        let base = match &plan.base {
            Base::Keys(keys) => from_keys(keys, Link::SharedConfig),
            // Boxed: the SDK's futures are deep.
            Base::Sdk { profile, link } => Box::pin(self.signed_in(profile, *link)).await?,
            Base::WebIdentity(identity) => self.sts()?.assume_role_with_web_identity(identity).await?,
            Base::Source(link) => self.source(*link, &plan.base_profile).await?,
        };
        // The token service is called with them.
        let mut credentials = checked(base, Some(plan.link()))?;
        for role in &plan.roles {
            let mfa = match &role.mfa_serial {
                Some(serial) => {
                    Some((serial.as_str(), mfa_code(self.chain.mfa.as_ref(), &role.profile, serial).await?))
                }
                None => None,
            };
            credentials = self.sts()?.assume_role(credentials, &role.role, mfa).await?;
        }
        Ok(credentials)
    }

    /// The credentials of a sign-in, or of a program. Nobody is waited for for ever; a program may ask somebody in a
    /// browser.
    async fn signed_in(&self, profile: &str, link: Link) -> Result<Credentials> {
        let patience =
            if link == Link::CredentialProcess { Duration::from_mins(5) } else { Duration::from_mins(1) };
        let fetching = async {
            if link == Link::Sso {
                let config = self.chain.config(self.files)?;
                return sso::credentials(profile, &config, self.files, self.environment).await;
            }
            let http = self.chain.http.clone()?;
            self.sdk(profile, http).await.map_err(|error| errors::from_sdk(link, profile, &error))
        };
        tokio::time::timeout(patience, fetching).await.unwrap_or_else(|_| {
            let message =
                format!("the credentials of the profile `{profile}` ({link}) could not be fetched in time");
            Err(Error::new(ErrorKind::Timeout, message).with_hint(errors::unanswered(Some(link))))
        })
    }

    /// What the SDK does with a profile.
    async fn sdk(
        &self,
        profile: &str,
        http: SharedClient,
    ) -> std::result::Result<Credentials, CredentialsError> {
        let http = SharedHttpClient::new(http);
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(self.chain.region.clone())))
            .with_http_client(http);
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_files(self.files.for_sdk())
            .profile_name(profile)
            .build();
        provider.provide_credentials().await
    }

    async fn source(&self, link: Link, profile: &str) -> Result<Credentials> {
        match link {
            Link::Env => {
                let keys = access_keys(self.environment).ok_or_else(|| {
                    missing(
                        profile,
                        "`Environment`, and `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not set",
                    )
                })?;
                Ok(from_keys(&keys, Link::Env))
            }
            Link::Container => {
                let container = Container::of(self.environment)?.ok_or_else(|| {
                    missing(profile, "`EcsContainer`, and no variable names the container's endpoint")
                })?;
                container.credentials(self.chain).await
            }
            _ => {
                let metadata = self.chain.metadata(self.files).await?;
                if let Err(problem) = metadata.role().await {
                    return Err(missing(profile, &format!("`Ec2InstanceMetadata` ({problem})")));
                }
                instance_credentials(metadata).await
            }
        }
    }

    async fn metadata(&self, steps: &[Step]) -> Result<Credentials> {
        let metadata = self.chain.metadata(self.files).await?;
        match metadata.role().await {
            Ok(_) => instance_credentials(metadata).await,
            Err(problem) => {
                let mut steps = steps.to_vec();
                steps.push(metadata_step(problem));
                let error = errors::no_credentials(&steps);
                Err(match problem {
                    MetadataProblem::NoRole => error.with_hint(
                        "or give this EC2 instance a role: `outcrop iam policy --trust ec2` helps",
                    ),
                    MetadataProblem::Silent { .. } => error.with_hint(
                        "on an EC2 instance, `outcrop doctor` finds out why its metadata service is silent",
                    ),
                    _ => error,
                })
            }
        }
    }
}

/// The error for a `credential_source` that gives nothing.
#[track_caller]
fn missing(profile: &str, what: &str) -> Error {
    let message =
        format!("the profile `{profile}` leads to no credentials: its `credential_source` is {what}");
    Error::new(ErrorKind::Unauthenticated, message).with_hint(format!(
        "correct the profile `{profile}` in the AWS configuration files, or run this where its source has credentials"
    ))
}

/// Credentials that can be sent, and have not ended: the SDK would panic on some, and blame the network for others.
fn checked(credentials: Credentials, link: Option<Link>) -> Result<Credentials> {
    let link = Link::of(&credentials).or(link).unwrap_or(Link::Config);
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    if ["AKIA", "ASIA"].iter().any(|start| secret.starts_with(start)) && secret.len() < id.len() {
        let message = format!("the access key id and the secret access key ({link}) look swapped");
        return Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("the id begins with `AKIA` or `ASIA`: set both anew"));
    }
    let parts = [
        ("access key id", "AWS_ACCESS_KEY_ID", Some(id)),
        ("secret access key", "AWS_SECRET_ACCESS_KEY", Some(secret)),
        ("session token", "AWS_SESSION_TOKEN", credentials.session_token()),
    ];
    let is_text = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some((name, variable, _)) = parts.iter().find(|(.., text)| text.is_some_and(|text| !is_text(text)))
    {
        let place = match link {
            Link::Env => format!("`{variable}`"),
            Link::SharedConfig => format!("`{}` of the profile", variable.to_ascii_lowercase()),
            other => other.to_string(),
        };
        let message = format!("the {name} ({place}) is empty, or has a character that none can have");
        return Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("copy it again: one word without spaces, quotes and line ends"));
    }
    match credentials.expiry() {
        Some(end) if end <= SystemTime::now() => {
            let end = DateTime::from_secs(DateTime::from(end).secs());
            let message = format!("the credentials ({link}) have ended ({end})");
            Err(Error::new(ErrorKind::Unauthenticated, message)
                .with_hint("renew them where they come from: `outcrop auth` says where that is"))
        }
        _ => Ok(credentials),
    }
}

/// The step that a look at the metadata service without success is.
pub(crate) fn metadata_step(problem: &MetadataProblem) -> Step {
    let outcome = match problem {
        MetadataProblem::Silent { .. } | MetadataProblem::Refused { .. } => Outcome::Failed,
        _ => Outcome::Absent,
    };
    Step::new(Link::Imds, outcome, problem.to_string())
}

async fn instance_credentials(metadata: &Metadata) -> Result<Credentials> {
    let credentials = metadata.credentials().provide_credentials().await;
    credentials.map_err(|error| errors::from_sdk(Link::Imds, "", &error))
}

fn from_keys(keys: &AccessKeys, link: Link) -> Credentials {
    let mut credentials = Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.expose(),
        keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "outcrop",
    );
    mark(
        &mut credentials,
        match link {
            Link::Env => AwsCredentialFeature::CredentialsEnvVars,
            Link::SharedConfig => AwsCredentialFeature::CredentialsProfile,
            _ => AwsCredentialFeature::CredentialsCode,
        },
    );
    credentials
}
