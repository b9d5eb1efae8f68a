//! Who calls, from where to where.

use outcrop_aws::{AwsSettings, Presence, Status};
use outcrop_core::{Error, ErrorKind, ProviderId, Query, Result};

use crate::Outcrop;
use crate::doctor::{LISTINGS, kind_of, problem_of};

impl Outcrop {
    /// Who calls for a provider of the configuration, from where to where, and how all of it was found out. Fetches the
    /// credentials; with `verify`, AWS is asked who they are: by the Security Token Service, or, where that cannot be
    /// reached or knows nothing of the kind, by a listing of models.
    ///
    /// What is wrong with the credentials stands in [`Status::error`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there is no such entry, or it is wrong; [`ErrorKind::Unsupported`] if the provider does
    /// not call AWS.
    pub async fn auth_status(&self, id: &ProviderId, verify: bool) -> Result<Status> {
        let settings = self.aws_settings(id)?;
        let mut status = self.aws().status(&settings).await;
        if verify && status.state == Presence::Present {
            self.verify(id, &settings, &mut status).await;
        }
        Ok(status)
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
