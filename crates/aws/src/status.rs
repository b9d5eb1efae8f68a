//! What `outcrop auth status` tells: who would call, from where to where, and how that was found out.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use outcrop_core::{Error, ErrorKind, Result};
use serde::{Serialize, Serializer};

use crate::aws::Aws;
use crate::credentials::{
    CachedCredentials, Chain, Metadata, Plan, Planned, ShortTermKey, chain_text, metadata_step, shortened,
    unanswered,
};
use crate::endpoint::Plane;
use crate::session::{Session, Signer};
use crate::{Auth, AwsSettings, CredentialSource, Link, Outcome, RegionOrigin, RegionStep, Step};

/// What fetching credentials for a status may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same, where somebody must type a code.
const LONG_PATIENCE: Duration = Duration::from_mins(5);

/// Who is calling, as the Security Token Service says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallerIdentity {
    /// The account: twelve digits.
    pub account: String,
    /// The ARN of the user or of the session of a role.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}

/// Whether there are credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Presence {
    /// There are.
    Present,
    /// There are none.
    Absent,
    /// It could not be found out: somebody who must be asked did not answer.
    Unknown,
}

/// The region for calls, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegionStatus {
    /// The region's code.
    pub value: String,
    /// What named it.
    pub origin: RegionOrigin,
    /// Where it was looked for, in this order.
    pub steps: Vec<RegionStep>,
}

/// Where the planes answer; `None` where two settings contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Endpoints {
    /// The base URL at which models are called.
    pub runtime: Option<String>,
    /// The base URL at which they are listed.
    pub control: Option<String>,
    /// What named the first.
    pub runtime_origin: Option<String>,
    /// What named the second.
    pub control_origin: Option<String>,
}

/// Who would call, from where to where. Holds no secret.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// Where the credentials come from: `bearer`, `access-keys`, `profile`, `default-chain` or `none`.
    pub source: &'static str,
    /// The link of the chain that answered, or would.
    pub link: Option<Link>,
    /// The profile that is used.
    pub profile: Option<String>,
    /// Who the caller is, if that was asked.
    pub identity: Option<CallerIdentity>,
    /// The access key id, shortened.
    pub access_key_id: Option<String>,
    /// When the credentials end.
    #[serde(serialize_with = "rfc3339")]
    pub expires_at: Option<SystemTime>,
    /// The region for calls.
    pub region: Option<RegionStatus>,
    /// Where the planes answer.
    pub endpoints: Endpoints,
    /// Whether there are credentials.
    pub state: Presence,
    /// The links that were looked at, in this order.
    pub steps: Vec<Step>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Those of the notes that are about the credentials.
    #[serde(skip)]
    pub credential_notes: Vec<String>,
    /// Why there are no credentials.
    #[serde(skip)]
    pub error: Option<Error>,
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn rfc3339<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match time {
        None => serializer.serialize_none(),
        Some(time) => serializer.collect_str(&DateTime::from_secs(DateTime::from(*time).secs())),
    }
}

impl Status {
    /// Nothing is known yet.
    const fn nothing() -> Self {
        Self {
            source: "none",
            link: None,
            profile: None,
            identity: None,
            access_key_id: None,
            expires_at: None,
            region: None,
            endpoints: Endpoints { runtime: None, control: None, runtime_origin: None, control_origin: None },
            state: Presence::Absent,
            steps: Vec::new(),
            notes: Vec::new(),
            credential_notes: Vec::new(),
            error: None,
        }
    }

    /// Keeps why there are no credentials, and tells "there are none" from "nobody knows".
    fn fail(&mut self, error: Error) {
        self.state = match error.kind() {
            ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled => {
                Presence::Unknown
            }
            _ => Presence::Absent,
        };
        if let Some(step) = self.steps.last_mut().filter(|step| step.outcome == Outcome::Used) {
            step.outcome = Outcome::Failed;
            step.detail = format!("{}: {}", step.detail, chain_text(&error));
        }
        self.error = Some(error);
    }

    fn describe_places(&mut self, session: &Session) {
        let region = session.region();
        self.region = Some(RegionStatus {
            value: region.name.clone(),
            origin: region.origin,
            steps: session.region_steps().to_vec(),
        });
        for plane in [Plane::Runtime, Plane::Control] {
            match session.resolved_endpoint(plane) {
                Ok((url, origin)) => match plane {
                    Plane::Runtime => {
                        (self.endpoints.runtime, self.endpoints.runtime_origin) = (Some(url), Some(origin));
                    }
                    Plane::Control => {
                        (self.endpoints.control, self.endpoints.control_origin) = (Some(url), Some(origin));
                    }
                },
                Err(error) => {
                    let note = format!("{}: {}", error.message(), error.hints().join("; "));
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
            }
        }
    }

    fn describe_plan(&mut self, planned: Planned) {
        self.source = planned.source.label();
        self.link = planned.plan.link();
        self.profile = planned.profile;
        self.steps = planned.steps;
        self.credential_notes = planned.notes;
        if let Some(role) = &planned.assume {
            let detail = format!("role `{}` of the configuration", role.role_arn);
            self.steps.push(Step::new(Link::AssumeRole, Outcome::Used, detail));
        }
        if planned.plan == Plan::Metadata {
            self.steps.push(Step::new(Link::Imds, Outcome::Used, Link::Imds.to_string()));
        }
    }

    /// Gets the credentials from where they come from, and tells what came of it.
    async fn fetch(&mut self, credentials: &CachedCredentials) {
        let chain = credentials.chain();
        let patience = match chain.plan().await {
            Ok((planned, _)) => {
                let patience = if planned.asks_a_person() { LONG_PATIENCE } else { PATIENCE };
                self.describe_plan(planned);
                patience
            }
            Err(error) => return self.fail(error),
        };
        let fetched = tokio::time::timeout(patience, credentials.get()).await.unwrap_or_else(|_| {
            let message = "the credentials could not be fetched in time";
            Err(Error::new(ErrorKind::Timeout, message).with_hint(unanswered(self.link)))
        });
        match fetched {
            Ok(resolved) => {
                self.state = Presence::Present;
                self.link = Some(resolved.link);
                self.expires_at = resolved.credentials.expiry();
                self.access_key_id = Some(shortened(resolved.credentials.access_key_id()));
                self.describe_metadata(chain);
            }
            Err(error) => {
                self.describe_metadata(chain);
                self.fail(error);
            }
        }
    }

    /// Says what came of the metadata service in its step.
    fn describe_metadata(&mut self, chain: &Chain) {
        let Some(step) = self.steps.iter_mut().find(|step| step.link == Link::Imds) else { return };
        match chain.metadata.get().and_then(Metadata::known_role) {
            Some(Ok(role)) => step.detail = format!("{}: role `{role}`", Link::Imds),
            Some(Err(problem)) => {
                *step = metadata_step(problem);
                // It was the last link: nothing answered.
                if self.state != Presence::Present && self.link == Some(Link::Imds) {
                    (self.source, self.link) = (CredentialSource::Unsigned.label(), None);
                }
            }
            None => {}
        }
    }
}

impl Aws {
    /// Who would call by these settings, from where to where. Fetches the credentials from wherever they come from, and
    /// asks nobody else. Never fails: what is wrong stands in [`Status::error`].
    pub async fn status(&self, settings: &AwsSettings) -> Status {
        let session = match self.session(settings).await {
            Ok(session) => session,
            Err(error) => return self.status_of_failure(settings, error).await,
        };
        let mut status = Status { source: session.source().label(), ..Status::nothing() };
        status.notes = session.notes().to_vec();
        status.describe_places(&session);
        match session.signer() {
            Signer::Unsigned => {
                status.state = Presence::Present;
                status.notes.push("requests go out unsigned: `auth` is `none`".to_owned());
            }
            Signer::Bearer(token) => {
                let settings = self.effective(settings);
                let chain = self.chain(&settings, Ok(self.http().direct()), session.region().name.clone());
                if let Ok((planned, _)) = chain.plan().await {
                    status.describe_plan(planned);
                }
                match token.token() {
                    Ok(token) => {
                        status.state = Presence::Present;
                        status.expires_at = ShortTermKey::parse(token.token()).map(|key| key.expires_at);
                    }
                    Err(error) => status.fail(error),
                }
            }
            Signer::Keys(credentials) => status.fetch(credentials).await,
        }
        status
    }

    /// What can be told when there is no session.
    async fn status_of_failure(&self, settings: &AwsSettings, error: Error) -> Status {
        // A key that was asked for goes before `AWS_PROFILE`; and a wrong setting is nobody's credentials.
        let by_key =
            settings.auth == Auth::Bearer || settings.api_key.is_some() || settings.api_key_file.is_some();
        let asked = settings.profile.is_some()
            || settings.auth == Auth::Profile
            || (!by_key && self.environment().get().get("AWS_PROFILE").is_some());
        let mut status = Status { error: Some(error.clone()), ..Status::nothing() };
        if asked && error.kind() == ErrorKind::Unauthenticated {
            status.source = CredentialSource::Profile(String::new()).label();
            status.steps.push(Step::new(Link::SharedConfig, Outcome::Failed, error.message().to_owned()));
        }
        // Region and endpoints hold without credentials too.
        if let Ok(session) = self.session(&settings.without_credentials()).await {
            status.describe_places(&session);
        }
        status
    }

    /// Asks the Security Token Service who the caller is.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where nothing is signed with access keys; otherwise as of any call.
    pub async fn caller_identity(&self, settings: &AwsSettings) -> Result<CallerIdentity> {
        if self.is_closed_world() {
            return Err(Error::unsupported("an emulator has no token service")
                .with_hint("leave the emulator out to be told who calls AWS"));
        }
        let session = self.session(settings).await?;
        let Signer::Keys(credentials) = session.signer() else {
            return Err(Error::unsupported("the token service knows access keys only")
                .with_hint("use AWS credentials in place of an API key to be told who calls"));
        };
        let chain = credentials.chain();
        let (_, files) = chain.plan().await?;
        let resolved = credentials.get().await?;
        chain.sts(&files)?.caller_identity(resolved.credentials.clone()).await
    }

    /// Why the metadata service of EC2 gives no credentials, if it was asked; and whether its answer gets lost on the
    /// way because of the hop limit.
    pub async fn metadata_problem(&self, settings: &AwsSettings) -> Option<(crate::MetadataProblem, bool)> {
        let settings = self.effective(settings);
        let chain = self.chain(&settings, Ok(self.http().direct()), String::new());
        let metadata = chain.metadata.get()?;
        let problem = metadata.known_role()?.err()?.clone();
        let is_lost = matches!(problem, crate::MetadataProblem::Silent { .. })
            && metadata.answers_without_token().await;
        Some((problem, is_lost))
    }
}

#[cfg(test)]
mod tests;
