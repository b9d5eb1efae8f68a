//! Sessions by settings.

use std::collections::HashMap;
use std::sync::Arc;

use outcrop_core::{Environment, Result};
use outcrop_model_facts::Partition;
use tokio::sync::{Mutex, OnceCell};

use crate::credentials::{CachedCredentials, Chain, Metadata, MfaPrompt};
use crate::environment::CurrentEnvironment;
use crate::http_client::{HttpClients, SharedClient};
use crate::{AccessKeys, Auth, AwsSettings, Session};

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
    environment: CurrentEnvironment,
    closed_world: Option<ClosedWorld>,
    mfa: Option<Arc<dyn MfaPrompt>>,
    http: HttpClients,
    metadata: Arc<OnceCell<Metadata>>,
    credentials: Mutex<HashMap<CredentialsKey, Arc<CachedCredentials>>>,
    sessions: Mutex<HashMap<SessionKey, Arc<OnceCell<Arc<Session>>>>>,
}

/// What tells credentials apart: settings without places, and the partition whose token service may be asked.
type CredentialsKey = (AwsSettings, &'static str);

/// Settings, and the number of the environment that held when the session was built.
type SessionKey = (AwsSettings, u64);

impl Aws {
    /// Sessions for programs that were started with this environment.
    pub fn new(environment: Environment) -> Self {
        Self::with(environment, None)
    }

    /// Sessions that all lead to one place, whatever settings and environment say.
    pub fn closed_world(world: ClosedWorld) -> Self {
        Self::with(Environment::default(), Some(world))
    }

    fn with(environment: Environment, closed_world: Option<ClosedWorld>) -> Self {
        let http = HttpClients::new(&environment);
        Self {
            environment: CurrentEnvironment::new(environment),
            closed_world,
            mfa: None,
            http,
            metadata: Arc::default(),
            credentials: Mutex::default(),
            sessions: Mutex::default(),
        }
    }

    /// Asks this one for the one-time codes that profiles with `mfa_serial` need; without it they are an error.
    pub fn with_mfa_prompt(mut self, prompt: Arc<dyn MfaPrompt>) -> Self {
        self.mfa = Some(prompt);
        self
    }

    /// Puts another snapshot of the environment in the place of the one so far. Sessions that are asked for from now on
    /// follow it; so do the credentials of those that exist, whose region and endpoints stay. Proxies, certificates and
    /// what is known of the metadata service stay for the process.
    pub fn renew_environment(&self, environment: Environment) {
        if self.closed_world.is_none() {
            self.environment.replace(environment);
        }
    }

    /// The session of these settings. Credentials are not fetched yet.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] for settings and variables that cannot be;
    /// [`outcrop_core::ErrorKind::Unauthenticated`] if settings or variables ask for credentials that are not there.
    pub async fn session(&self, settings: &AwsSettings) -> Result<Arc<Session>> {
        let settings = self.effective(settings);
        let number = self.environment.number();
        let cell = {
            let mut sessions = self.sessions.lock().await;
            // Nobody asks for those of an environment that is gone.
            sessions.retain(|(_, built), _| *built == number);
            Arc::clone(sessions.entry((settings.clone(), number)).or_default())
        };
        let load = async || Box::pin(Session::load(self, &settings)).await.map(Arc::new);
        cell.get_or_try_init(load).await.cloned()
    }

    /// Whether a session is still the one that [`Aws::session`] would give: no other environment came since. Costs next
    /// to nothing, for those who keep what they built from it.
    pub fn is_current(&self, session: &Session) -> bool {
        session.environment() == self.environment.number()
    }

    /// The settings that hold: those of the closed world, if there is one.
    pub(crate) fn effective(&self, settings: &AwsSettings) -> AwsSettings {
        self.closed_world.as_ref().map_or_else(|| settings.clone(), |world| world.settings(settings))
    }

    /// Whether every session leads to an emulator.
    pub const fn is_closed_world(&self) -> bool {
        self.closed_world.is_some()
    }

    pub(crate) const fn environment(&self) -> &CurrentEnvironment {
        &self.environment
    }

    pub(crate) const fn http(&self) -> &HttpClients {
        &self.http
    }

    /// The way to the credentials of these settings, from a session in this region.
    pub(crate) fn chain(&self, settings: &AwsSettings, http: Result<SharedClient>, region: String) -> Chain {
        Chain {
            settings: settings.clone(),
            environment: self.environment.clone(),
            http,
            direct: self.http.direct(),
            metadata: Arc::clone(&self.metadata),
            mfa: self.mfa.clone(),
            region,
        }
    }

    /// The credentials of a chain; those of all regions of a partition are the same.
    pub(crate) async fn credentials(&self, chain: Chain) -> Arc<CachedCredentials> {
        let settings = AwsSettings {
            region: None,
            runtime_endpoint: None,
            control_endpoint: None,
            connect_timeout: None,
            ..chain.settings.clone()
        };
        let key = (settings, Partition::of_region(&chain.region).name());
        let mut known = self.credentials.lock().await;
        Arc::clone(known.entry(key).or_insert_with(|| Arc::new(CachedCredentials::new(chain))))
    }
}

/// One endpoint for both planes, and the keys for it: an emulator.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClosedWorld {
    /// Where both planes answer.
    pub endpoint: String,
    /// The keys.
    pub keys: AccessKeys,
}

impl ClosedWorld {
    /// A world behind this endpoint.
    pub fn new(endpoint: impl Into<String>, keys: AccessKeys) -> Self {
        Self { endpoint: endpoint.into(), keys }
    }

    /// These settings, moved into the closed world; of theirs, region and time limit are left.
    fn settings(&self, settings: &AwsSettings) -> AwsSettings {
        AwsSettings {
            auth: Auth::AwsSdk,
            region: settings.region.clone(),
            runtime_endpoint: Some(self.endpoint.clone()),
            control_endpoint: Some(self.endpoint.clone()),
            connect_timeout: settings.connect_timeout,
            isolated: Some(self.keys.clone()),
            ..AwsSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sessions_of_an_environment_that_is_gone_are_not_kept() {
        let environment = |region: &str| [("AWS_REGION", region)].into_iter().collect::<Environment>();
        let settings = AwsSettings { auth: Auth::None, ..AwsSettings::default() };
        let aws = Aws::new(environment("eu-west-1"));
        let first = aws.session(&settings).await.unwrap();
        aws.renew_environment(environment("eu-west-2"));
        assert_eq!(aws.session(&settings).await.unwrap().region().name, "eu-west-2");
        assert_eq!(first.region().name, "eu-west-1");
        assert_eq!(aws.sessions.lock().await.len(), 1);
    }
}
