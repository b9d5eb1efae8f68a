//! Who calls, from where to where.

use outcrop_aws::{AwsSettings, Presence, Status};
use outcrop_core::{Error, ErrorKind, ProviderId, Query, Result};
use serde::Serialize;

use crate::doctor::{LISTINGS, kind_of, problem_of};
use crate::{DEFAULT_PROVIDER, EndpointStatus, Outcrop};

/// Who calls, by whom is called.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum AuthStatus {
    /// AWS is called.
    Aws(Box<Status>),
    /// An OpenAI-compatible endpoint is called.
    Endpoint(EndpointStatus),
}

impl AuthStatus {
    /// What is wrong with the credentials.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Aws(status) => status.error.as_ref(),
            Self::Endpoint(status) => status.error.as_ref(),
        }
    }

    /// What the user should know.
    pub fn notes(&self) -> &[String] {
        match self {
            Self::Aws(status) => &status.notes,
            Self::Endpoint(status) => &status.notes,
        }
    }
}

impl Outcrop {
    /// Who calls for a provider of the configuration, from where to where, and how all of it was found out. Fetches the
    /// credentials; with `verify`, AWS is asked who they are: by the Security Token Service, or, where that cannot be
    /// reached or knows nothing of the kind, by a listing of models.
    ///
    /// An OpenAI-compatible endpoint is asked for its list of models.
    ///
    /// What is wrong with the credentials stands in [`AuthStatus::error`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there is no such entry, or it is wrong; [`ErrorKind::Unsupported`] if nobody knows how the
    /// provider is called.
    pub async fn auth_status(&self, id: &ProviderId, verify: bool) -> Result<AuthStatus> {
        if !self.is_bedrock(id)? {
            return Ok(AuthStatus::Endpoint(self.endpoint_status(id, verify).await?));
        }
        let settings = self.aws_settings(id)?;
        let mut status = self.aws().status(&settings).await;
        if verify && status.state == Presence::Present {
            self.verify(id, &settings, &mut status).await;
        }
        Ok(AuthStatus::Aws(Box::new(status)))
    }

    /// The provider of the default model, which is called where nobody names another.
    pub fn usual_provider(&self) -> ProviderId {
        let default = self.settings().agents.defaults.model.primary.as_deref();
        default.map_or_else(|| DEFAULT_PROVIDER.into(), |name| self.reference(name).provider)
    }

    /// Whether a provider of the configuration is Bedrock.
    pub(crate) fn is_bedrock(&self, id: &ProviderId) -> Result<bool> {
        Ok(self.entry(id)?.api() == Some(outcrop_provider_bedrock::API))
    }

    async fn verify(&self, id: &ProviderId, settings: &AwsSettings, status: &mut Status) {
        let error = match self.aws().caller_identity(settings).await {
            Ok(identity) => {
                status.identity = Some(identity);
                return;
            }
            Err(error) => error,
        };
        let is_unknown = matches!(
            error.kind(),
            ErrorKind::Unsupported | ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Unavailable
        );
        if !is_unknown {
            status.error = Some(error);
            return;
        }
        if error.kind() != ErrorKind::Unsupported {
            status.notes.push(format!("the Security Token Service cannot be asked: {}", error.message()));
        }
        match self.verify_by_listing(id).await {
            Ok(()) => status.notes.push("verified by a listing of models".to_owned()),
            Err(error) => status.error = Some(error),
        }
    }

    /// Whether AWS answers at least one listing. What is known without asking it shows nothing: models of the
    /// configuration, and what was listed before.
    async fn verify_by_listing(&self, id: &ProviderId) -> Result<()> {
        if self.settings().models.bedrock_discovery.enabled == Some(false) {
            let message =
                "nobody can be asked who the caller is: `models.bedrockDiscovery.enabled` is `false`";
            return Err(Error::unsupported(message).with_hint("set it to `true`, or call a model instead"));
        }
        let snapshot = self.snapshot(id, &Query::refresh()).await?;
        let problems: Vec<_> = LISTINGS.iter().filter_map(|action| problem_of(&snapshot, action)).collect();
        match problems.first() {
            Some(problem) if problems.len() == LISTINGS.len() => {
                let error = Error::new(kind_of(problem), problem.message.clone());
                Err(problem.hint.iter().fold(error, |error, hint| error.with_hint(hint.clone())))
            }
            _ => Ok(()),
        }
    }

    /// What an entry of the configuration says about AWS.
    pub(crate) fn aws_settings(&self, id: &ProviderId) -> Result<AwsSettings> {
        let entry = self.entry(id)?;
        if entry.api() != Some(outcrop_provider_bedrock::API) {
            return Err(Error::unsupported(format!("the provider `{id}` does not call AWS")));
        }
        AwsSettings::from_json(entry.settings())
    }
}
