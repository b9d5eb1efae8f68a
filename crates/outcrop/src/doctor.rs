//! What is wrong, before it goes wrong: one look at everything that a call needs.

use std::time::Duration;

use outcrop_aws::classify::rule_for;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{AwsSettings, MetadataProblem, Presence, Reached, Status};
use outcrop_core::classify::Signal;
use outcrop_core::{CatalogProblem, Error, ErrorKind, ProviderId, Query, Result, Snapshot};
use serde::Serialize;

use crate::{Action, Outcrop};

/// How far a clock may be off before signatures are refused (Signature Version 4: requests are good for five minutes).
const SKEW_LIMIT: Duration = Duration::from_mins(5);
/// How far it may be off before it is worth a word.
const SKEW_WARNING: Duration = Duration::from_mins(1);

/// The command that lets the metadata service's answers reach into containers (Amazon EC2 User Guide, "Modify instance
/// metadata options for existing instances").
const HOP_LIMIT: &str = "on the instance's host, run `aws ec2 modify-instance-metadata-options --instance-id ID \
                         --http-tokens required --http-put-response-hop-limit 2`";

/// The operations that every catalogue needs, by their names in IAM policies.
pub(crate) const LISTINGS: [&str; 2] = ["ListFoundationModels", "ListInferenceProfiles"];

/// The names of the checks of the two planes.
const ENDPOINTS: [&str; 2] = ["endpoint runtime", "endpoint control"];

/// What came of reaching for the runtime plane and for the control plane.
type Planes = (Result<Reached>, Result<Reached>);

/// What came of a look at one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// It works.
    Ok,
    /// It works, and something should be known about it.
    Warn,
    /// It does not work.
    Fail,
    /// It was not looked at, because something before it fails or the configuration says so.
    Skip,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What: `credentials`, `clock`, `region`, `endpoint runtime`, `endpoint control`, or `permission` and an action. Of an
    /// OpenAI-compatible endpoint: `endpoint`, `key` or `models`, and the id of the provider.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was found. Holds no secret.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Check {
    pub(crate) fn new(name: impl Into<String>, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name: name.into(), verdict, detail: detail.into(), fix: None }
    }

    pub(crate) fn failed(name: impl Into<String>, error: &Error) -> Self {
        let words = error.provider_message().map(|words| format!(": {words}")).unwrap_or_default();
        let fix = match error.hints() {
            [] => error.kind().remedy().to_owned(),
            hints => hints.join("; "),
        };
        let detail = format!("{}{words}", error.message());
        Self { fix: Some(fix), ..Self::new(name, Verdict::Fail, detail) }
    }

    pub(crate) fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// Everything that was looked at, in order.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Examination {
    /// The checks.
    pub checks: Vec<Check>,
    /// The kind of the first failure.
    pub failure: Option<ErrorKind>,
}

impl Examination {
    /// Whether nothing fails.
    pub const fn is_healthy(&self) -> bool {
        self.failure.is_none()
    }

    pub(crate) fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(crate) fn fail(&mut self, check: Check, kind: ErrorKind) {
        self.failure.get_or_insert(kind);
        self.add(check);
    }
}

impl Outcrop {
    /// Looks at everything that a call to a provider of the configuration needs, from the credentials to the permission
    /// to list models. One that fails does not keep the others from being looked at.
    ///
    /// # Errors
    /// As of [`Outcrop::auth_status`].
    pub async fn examine(&self, id: &ProviderId) -> Result<Examination> {
        let mut examination = Examination::default();
        if !self.is_bedrock(id)? {
            self.examine_endpoint(id, &mut examination).await?;
            return Ok(examination);
        }
        let settings = self.aws_settings(id)?;
        let status = self.aws().status(&settings).await;
        self.examine_credentials(&settings, &status, &mut examination).await;
        // Region and endpoints can be looked at without credentials.
        let session = match self.aws().session(&settings).await {
            Ok(session) => Some(session),
            Err(_) => self.aws().session(&settings.without_credentials()).await.ok(),
        };
        let planes = match &session {
            Some(session) => Some(tokio::join!(session.reach(Plane::Runtime), session.reach(Plane::Control))),
            None => None,
        };
        examine_clock(planes.as_ref(), &mut examination);
        examine_region(&status, &mut examination);
        examine_endpoints(planes, &mut examination);
        if status.state == Presence::Absent {
            for action in self.listings() {
                let detail = "there are no credentials to ask with";
                examination.add(Check::new(format!("permission bedrock:{action}"), Verdict::Skip, detail));
            }
        } else {
            self.examine_listings(id, &mut examination).await;
        }
        Ok(examination)
    }

    /// The same of the provider of the default model, and of every OpenAI-compatible endpoint: what does not work there
    /// is no failure as long as something else is asked, but a warning.
    ///
    /// # Errors
    /// As of [`Outcrop::examine`], for the provider of the default model.
    pub async fn examine_all(&self) -> Result<Examination> {
        let usual = self.usual_provider();
        let mut examination = self.examine(&usual).await?;
        let others = self.endpoints().into_iter().filter(|id| *id != usual);
        for id in others {
            let found = match self.examine(&id).await {
                Ok(found) => found.checks,
                Err(error) => vec![Check::failed(format!("endpoint {id}"), &error)],
            };
            for mut check in found {
                if check.verdict == Verdict::Fail {
                    check.verdict = Verdict::Warn;
                }
                examination.add(check);
            }
        }
        Ok(examination)
    }

    async fn examine_credentials(
        &self,
        settings: &AwsSettings,
        status: &Status,
        examination: &mut Examination,
    ) {
        const NAME: &str = "credentials";
        let Some(error) = &status.error else {
            let link = status.link.map_or_else(|| "unsigned".to_owned(), |link| link.to_string());
            let key = status.access_key_id.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
            let verdict = if status.credential_notes.is_empty() { Verdict::Ok } else { Verdict::Warn };
            let check = Check::new(NAME, verdict, format!("{link}{key}"));
            examination.add(match status.credential_notes.as_slice() {
                [] => check,
                notes => check.with_fix(notes.join("; ")),
            });
            return;
        };
        let mut check = Check::failed(NAME, error);
        let tried: Vec<_> = status.steps.iter().map(ToString::to_string).collect();
        if !tried.is_empty() {
            check.detail = format!("{} (tried {})", check.detail, tried.join("; "));
        }
        match self.aws().metadata_problem(settings).await {
            Some((MetadataProblem::Silent { .. }, true)) => {
                check.detail = format!(
                    "{}; the metadata service is there, and its answer to the request for a token is lost on the way: \
                     it may pass one network hop only",
                    check.detail
                );
                check.fix = Some(HOP_LIMIT.to_owned());
            }
            Some((MetadataProblem::Silent { .. }, false)) => {
                let fix = check.fix.unwrap_or_default();
                check.fix = Some(format!("{fix}; if this is a container on an EC2 instance: {HOP_LIMIT}"));
            }
            Some((MetadataProblem::NoRole, _)) => {
                let fix = check.fix.unwrap_or_default();
                check.fix = Some(format!(
                    "{fix}; `aws ec2 associate-iam-instance-profile` gives the instance a role"
                ));
            }
            _ => {}
        }
        examination.fail(check, error.kind());
    }

    /// The operations that the catalogue of this configuration needs.
    fn listings(&self) -> Vec<&'static str> {
        let discovery = &self.settings().models.bedrock_discovery;
        let further = discovery.include.iter().flatten().filter_map(|kind| Action::listing(*kind));
        let mut listings = LISTINGS.to_vec();
        for action in further.map(Action::operation) {
            if !listings.contains(&action) {
                listings.push(action);
            }
        }
        if discovery.check_access == Some(true) {
            listings.push(Action::GetFoundationModelAvailability.operation());
        }
        listings
    }

    async fn examine_listings(&self, id: &ProviderId, examination: &mut Examination) {
        let off = self.settings().models.bedrock_discovery.enabled == Some(false);
        let listed = if off { None } else { Some(self.snapshot(id, &Query::refresh()).await) };
        for action in self.listings() {
            let name = format!("permission bedrock:{action}");
            match &listed {
                None => {
                    let detail = "AWS is not asked: `models.bedrockDiscovery.enabled` is `false`";
                    examination.add(Check::new(name, Verdict::Skip, detail));
                }
                Some(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
                    // The error speaks of one action, and none of them is allowed.
                    let check = Check::failed(name, error).with_fix(permission_to(action));
                    examination.fail(check, error.kind());
                }
                Some(Err(error)) => examination.fail(Check::failed(name, error), error.kind()),
                Some(Ok(snapshot)) => match problem_of(snapshot, action) {
                    None => examination.add(Check::new(name, Verdict::Ok, "allowed")),
                    Some(problem) => {
                        let detail = format!("{}: {}", problem.code, problem.message);
                        let kind = kind_of(problem);
                        let fix = match (kind, &problem.hint) {
                            (ErrorKind::PermissionDenied, _) => permission_to(action),
                            (_, Some(hint)) => hint.clone(),
                            (_, None) => kind.remedy().to_owned(),
                        };
                        examination.fail(Check::new(name, Verdict::Fail, detail).with_fix(fix), kind);
                    }
                },
            }
        }
    }
}

/// The problem of a listing; one that several have in common names them all.
pub(crate) fn problem_of<'a>(snapshot: &'a Snapshot, action: &str) -> Option<&'a CatalogProblem> {
    snapshot.problems.iter().find(|problem| problem.source.split(", ").any(|source| source == action))
}

/// The kind of a problem, whose code is the service's, or else the name of the kind.
pub(crate) fn kind_of(problem: &CatalogProblem) -> ErrorKind {
    let code = problem.code.as_str();
    let signal = Signal { code: Some(code), message: Some(&problem.message), status: None };
    let named = ErrorKind::ALL.iter().copied().find(|kind| kind.name() == code);
    named.or_else(|| Some(rule_for(&signal)?.kind)).unwrap_or(ErrorKind::Unexpected)
}

fn permission_to(action: &str) -> String {
    format!("add the IAM action `bedrock:{action}` to the caller's policy: `outcrop iam policy` prints one")
}

fn examine_region(status: &Status, examination: &mut Examination) {
    let Some(region) = &status.region else {
        examination.add(Check::new("region", Verdict::Skip, "the settings are wrong"));
        return;
    };
    let detail = format!("{} ({})", region.value, region.origin);
    examination.add(if region.origin == outcrop_aws::RegionOrigin::Default {
        Check::new("region", Verdict::Warn, detail).with_fix(
            "give `--region`, or set `AWS_REGION` or `region` of the provider, to where you use Bedrock",
        )
    } else {
        Check::new("region", Verdict::Ok, detail)
    });
}

fn examine_endpoints(planes: Option<Planes>, examination: &mut Examination) {
    let Some((runtime, control)) = planes else {
        for name in ENDPOINTS {
            examination.add(Check::new(name, Verdict::Skip, "the settings are wrong"));
        }
        return;
    };
    for (name, reached) in ENDPOINTS.into_iter().zip([runtime, control]) {
        match reached {
            Ok(reached) => examination.add(Check::new(name, Verdict::Ok, reached.endpoint)),
            Err(error) => {
                let mut check = Check::failed(name, &error);
                // Settings that contradict each other name no endpoint.
                if let Some((_, endpoint)) = error.context().find(|(key, _)| *key == "endpoint") {
                    check.detail = format!("{} ({endpoint})", check.detail);
                }
                examination.fail(check, error.kind());
            }
        }
    }
}

fn examine_clock(planes: Option<&Planes>, examination: &mut Examination) {
    const NAME: &str = "clock";
    let reached = planes.into_iter().flat_map(|(runtime, control)| [runtime, control]).flatten();
    let Some(skew) = reached.into_iter().find_map(|reached| reached.clock) else {
        examination.add(Check::new(NAME, Verdict::Skip, "no service said what time it is"));
        return;
    };
    let direction = if skew.is_behind { "behind" } else { "ahead of" };
    let detail = format!("{} s {direction} the service's", skew.size.as_secs());
    let fix = "set the clock of this machine: signatures are good for five minutes";
    if skew.size > SKEW_LIMIT {
        let check = Check::new(NAME, Verdict::Fail, detail).with_fix(fix);
        examination.fail(check, ErrorKind::Unauthenticated);
    } else if skew.size > SKEW_WARNING {
        examination.add(Check::new(NAME, Verdict::Warn, detail).with_fix(fix));
    } else {
        examination.add(Check::new(NAME, Verdict::Ok, detail));
    }
}
