//! Which link of the chain is responsible: found out without asking anybody.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use outcrop_core::{Environment, Result, Secret};
use sha1::Sha1;
use sha2::Sha256;

use super::bearer::{BEARER_VARIABLE, KeySource};
use super::container::Container;
use super::errors;
use super::link::{Link, Outcome, Step, shortened};
use super::profile::{Base, ProfilePlan, WebIdentity, value};
use super::shared_files::{DEFAULT_PROFILE, SharedFiles, home};
use crate::{AccessKeys, AssumeRole, Auth, AwsSettings, CredentialSource};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const PROFILE: &str = "AWS_PROFILE";
const ROLE: &str = "AWS_ROLE_ARN";
const ROLE_SESSION: &str = "AWS_ROLE_SESSION_NAME";
const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// Where the credentials will come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// Requests go out unsigned.
    Unsigned,
    /// An API key.
    Bearer(KeySource),
    /// Access keys that are at hand.
    Keys { keys: AccessKeys, link: Link },
    /// A profile.
    Profile(ProfilePlan),
    /// A token of another identity provider.
    WebIdentity(WebIdentity),
    /// The endpoint of a container.
    Container(Container),
    /// The metadata service, if there is one: nothing else is there.
    Metadata,
}

impl Plan {
    /// The link that will answer.
    pub(crate) const fn link(&self) -> Option<Link> {
        Some(match self {
            Self::Unsigned => return None,
            Self::Bearer(source) => source.link(),
            Self::Keys { link, .. } => *link,
            Self::Profile(plan) => plan.link(),
            Self::WebIdentity(_) => Link::WebIdentity,
            Self::Container(_) => Link::Container,
            Self::Metadata => Link::Imds,
        })
    }

    /// Whether nobody has to be asked for the credentials.
    pub(crate) const fn is_at_hand(&self) -> bool {
        matches!(self, Self::Unsigned | Self::Bearer(_) | Self::Keys { .. })
    }
}

/// The responsible link, and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    pub(crate) source: CredentialSource,
    pub(crate) plan: Plan,
    /// The profile that is used.
    pub(crate) profile: Option<String>,
    /// A role to assume afterwards.
    pub(crate) assume: Option<AssumeRole>,
    /// The links that were looked at, the responsible one last.
    pub(crate) steps: Vec<Step>,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
    /// Files that, once changed, may lead to other credentials, besides the shared configuration.
    pub(crate) watched: Vec<PathBuf>,
}

impl Planned {
    /// Whether somebody will be asked for a one-time code.
    pub(crate) fn asks_a_person(&self) -> bool {
        matches!(&self.plan, Plan::Profile(plan) if plan.roles.iter().any(|role| role.mfa_serial.is_some()))
    }
}

impl AwsSettings {
    /// Whether calls by these settings go out with a Bedrock API key, in this environment. Asks nobody and reads no file.
    pub fn sends_api_key(&self, environment: &Environment) -> bool {
        match self.auth {
            Auth::Bearer => true,
            Auth::Profile | Auth::None => false,
            Auth::AwsSdk => {
                let chosen = self.profile.is_some() || self.assume_role.is_some();
                let explicit = KeySource::explicit(self, environment).is_some();
                explicit || (!chosen && KeySource::ambient(environment).is_some())
            }
        }
    }
}

/// The profile whose settings hold, whether it has credentials or not.
pub(crate) fn active_profile<'a>(settings: &'a AwsSettings, environment: &'a Environment) -> &'a str {
    settings.profile.as_deref().or_else(|| environment.get(PROFILE)).unwrap_or(DEFAULT_PROFILE)
}

/// Finds the responsible link, in this order: what the settings say, API key, access keys, `AWS_PROFILE`, and the
/// default chain, which is the default profile (unless `AWS_PROFILE` names another), web identity, container, instance
/// metadata.
///
/// # Errors
/// [`outcrop_core::ErrorKind::Unauthenticated`] if something was asked for, by settings or variables, that is not there
/// or leads nowhere: going on with somebody else's credentials would do another thing than what was said.
pub(crate) fn plan(
    settings: &AwsSettings,
    environment: &Environment,
    files: &SharedFiles,
) -> Result<Planned> {
    let mut search = Search { settings, environment, files, steps: Vec::new(), notes: Vec::new() };
    search.notes.extend(files.unreadable().iter().cloned());
    let (source, plan, profile) = search.run()?;
    let watched = watched_files(&plan, files, environment);
    let Search { steps, notes, .. } = search;
    Ok(Planned { source, plan, profile, assume: settings.assume_role.clone(), steps, notes, watched })
}

type Found = (CredentialSource, Plan, Option<String>);

struct Search<'a> {
    settings: &'a AwsSettings,
    environment: &'a Environment,
    files: &'a SharedFiles,
    steps: Vec<Step>,
    notes: Vec<String>,
}

impl Search<'_> {
    fn run(&mut self) -> Result<Found> {
        if let Some(keys) = &self.settings.isolated {
            self.step(Link::Config, Outcome::Used, format!("key {}", shortened(&keys.access_key_id)));
            let plan = Plan::Keys { keys: keys.clone(), link: Link::Config };
            return Ok((CredentialSource::Given, plan, None));
        }
        match self.settings.auth {
            Auth::None => Ok((CredentialSource::Unsigned, Plan::Unsigned, None)),
            Auth::Bearer => self.bearer()?.ok_or_else(errors::no_api_key),
            Auth::Profile => self.explicit_profile(active_profile(self.settings, self.environment)),
            Auth::AwsSdk => {
                if self.settings.sends_api_key(self.environment)
                    && let Some(found) = self.bearer()?
                {
                    return Ok(found);
                }
                if let Some(profile) = self.settings.profile.as_deref() {
                    return self.explicit_profile(profile);
                }
                if self.settings.assume_role.is_some() {
                    self.pass_over(&[BEARER_VARIABLE], "a role is to be assumed");
                }
                self.automatic()
            }
        }
    }

    fn step(&mut self, link: Link, outcome: Outcome, detail: impl Into<String>) {
        self.steps.push(Step::new(link, outcome, detail));
    }

    /// Tells of variables that are set and do not count.
    fn pass_over(&mut self, names: &[&str], reason: &str) {
        for name in names.iter().filter(|name| self.environment.get(name).is_some()) {
            self.steps.push(Step::new(Link::Env, Outcome::Passed, format!("`{name}` is set, and {reason}")));
            self.notes.push(format!("`{name}` is set and not used: {reason}"));
        }
    }

    fn bearer(&mut self) -> Result<Option<Found>> {
        let explicit = KeySource::explicit(self.settings, self.environment);
        let Some(source) = explicit.or_else(|| KeySource::ambient(self.environment)) else { return Ok(None) };
        source.read(self.environment)?;
        self.steps.push(source.step());
        Ok(Some((CredentialSource::Bearer, Plan::Bearer(source), None)))
    }

    /// A profile by the settings: it alone counts.
    fn explicit_profile(&mut self, name: &str) -> Result<Found> {
        let said = match (&self.settings.profile, self.environment.get(PROFILE)) {
            (Some(_), _) => "`profile` of the settings says so",
            (None, Some(_)) => "`auth` is `profile`, and `AWS_PROFILE` names it",
            (None, None) => "`auth` is `profile`",
        };
        self.pass_over(&[BEARER_VARIABLE, KEY_ID], "a profile is asked for");
        let plan = match self.files.profile(name) {
            Some(_) => ProfilePlan::of(name, self.files)?,
            None => None,
        };
        let Some(plan) = plan else {
            self.refuse_blocked()?;
            return Err(match self.files.profile(name) {
                Some(_) => errors::profile_without_credentials(name),
                None => errors::profile_not_found(name, said, self.files),
            });
        };
        Ok(self.by_profile(name, plan, CredentialSource::Profile(name.to_owned())))
    }

    fn by_profile(&mut self, name: &str, plan: ProfilePlan, source: CredentialSource) -> Found {
        self.step(plan.link(), Outcome::Used, profile_detail(name, &plan));
        (source, Plan::Profile(plan), Some(name.to_owned()))
    }

    fn automatic(&mut self) -> Result<Found> {
        if let Some(keys) = self.access_keys() {
            self.step(Link::Env, Outcome::Used, format!("key {}", shortened(&keys.access_key_id)));
            let plan = Plan::Keys { keys, link: Link::Env };
            return Ok((CredentialSource::AccessKeys, plan, None));
        }
        if let Some(name) = self.environment.get(PROFILE)
            && let Some(found) = self.named_profile(name)?
        {
            return Ok(found);
        }
        self.default_chain()
    }

    /// The keys of the environment, and what is odd about them.
    fn access_keys(&mut self) -> Option<AccessKeys> {
        let Some(keys) = access_keys(self.environment) else {
            match (self.environment.get(KEY_ID), self.environment.get(SECRET_KEY)) {
                (None, None) => self.step(Link::Env, Outcome::Absent, format!("`{KEY_ID}` is not set")),
                (id, _) => {
                    let [is, is_not] = if id.is_some() { [KEY_ID, SECRET_KEY] } else { [SECRET_KEY, KEY_ID] };
                    let half = format!("`{is}` is set, and `{is_not}` is not");
                    self.notes.push(format!("{half}: half a key pair counts for nothing"));
                    self.step(Link::Env, Outcome::Absent, half);
                }
            }
            return None;
        };
        if keys.session_token.is_none() && self.environment.get(SESSION_TOKEN).is_some() {
            self.notes.push(format!(
                "`{SESSION_TOKEN}` belongs to other keys and is not used (those of a user have none): unset it"
            ));
        }
        if keys.session_token.is_none() && keys.access_key_id.starts_with("ASIA") {
            self.notes
                .push(format!("`{KEY_ID}` is temporary, and its `{SESSION_TOKEN}` is missing: set it too"));
        }
        Some(keys)
    }

    /// A file that cannot be read may have said who calls: nobody else is taken instead.
    fn refuse_blocked(&self) -> Result<()> {
        self.files.blocked().map_or(Ok(()), |problem| Err(errors::blocked(problem)))
    }

    /// The profile that `AWS_PROFILE` names, if it exists and says something about credentials.
    fn named_profile(&mut self, name: &str) -> Result<Option<Found>> {
        if self.files.profile(name).is_none() {
            self.refuse_blocked()?;
            if name != DEFAULT_PROFILE {
                return Err(errors::profile_not_found(name, "`AWS_PROFILE` names it", self.files));
            }
            // Other programs need the variable on EC2 to see that there are credentials.
            self.notes.push(format!(
                "`{PROFILE}` is `{DEFAULT_PROFILE}`, and there is no such profile: nothing here needs the variable, it \
                 can go"
            ));
            return Ok(None);
        }
        let plan = ProfilePlan::of(name, self.files)?;
        Ok(plan.map(|plan| self.by_profile(name, plan, CredentialSource::Profile(name.to_owned()))))
    }

    fn default_chain(&mut self) -> Result<Found> {
        let found = |plan| (CredentialSource::DefaultChain, plan, None);
        if let Some(plan) = self.chain_profile()? {
            return Ok(self.by_profile(DEFAULT_PROFILE, plan, CredentialSource::DefaultChain));
        }
        self.refuse_blocked()?;
        if let Some(identity) = self.web_identity() {
            self.step(Link::WebIdentity, Outcome::Used, format!("role `{}`", identity.role_arn));
            return Ok(found(Plan::WebIdentity(identity)));
        }
        if let Some(container) = Container::of(self.environment)? {
            self.step(Link::Container, Outcome::Used, format!("`{}`", container.host()));
            return Ok(found(Plan::Container(container)));
        }
        let detail = "`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `_FULL_URI` are not set";
        self.step(Link::Container, Outcome::Absent, detail);
        Ok(found(Plan::Metadata))
    }

    /// The default profile, unless another one is named: then that one had no credentials, and those of the default
    /// profile are somebody else's.
    fn chain_profile(&mut self) -> Result<Option<ProfilePlan>> {
        let name = self.environment.get(PROFILE).unwrap_or(DEFAULT_PROFILE);
        if self.files.profile(name).is_none() {
            self.step(Link::SharedConfig, Outcome::Absent, format!("there is no profile `{name}`"));
            return Ok(None);
        }
        let plan = if name == DEFAULT_PROFILE { ProfilePlan::of(name, self.files)? } else { None };
        if plan.is_none() {
            self.step(Link::SharedConfig, Outcome::Absent, format!("profile `{name}` has no credentials"));
        }
        Ok(plan)
    }

    fn web_identity(&mut self) -> Option<WebIdentity> {
        let get = |name| self.environment.get(name);
        match (get(WEB_IDENTITY), get(ROLE)) {
            (Some(file), Some(role)) => Some(WebIdentity {
                role_arn: role.to_owned(),
                token_file: file.into(),
                session_name: get(ROLE_SESSION).map(str::to_owned),
            }),
            (Some(_), None) => {
                let half = format!("`{WEB_IDENTITY}` is set, and `{ROLE}` is not");
                self.notes.push(format!("{half}: a token without a role counts for nothing"));
                self.step(Link::WebIdentity, Outcome::Absent, half);
                None
            }
            (None, _) => {
                self.step(Link::WebIdentity, Outcome::Absent, format!("`{WEB_IDENTITY}` is not set"));
                None
            }
        }
    }
}

/// Both keys of the environment, or none. A session token is taken only with keys that can have one: those of a user,
/// which begin with `AKIA` (IAM User Guide, "Unique identifiers"), are refused together with a token that was left
/// behind.
pub(super) fn access_keys(environment: &Environment) -> Option<AccessKeys> {
    let (id, secret) = environment.get(KEY_ID).zip(environment.get(SECRET_KEY))?;
    let token = environment.get(SESSION_TOKEN).filter(|_| !id.starts_with("AKIA"));
    Some(AccessKeys {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(secret),
        session_token: token.map(Secret::new),
    })
}

fn profile_detail(name: &str, plan: &ProfilePlan) -> String {
    let base = match &plan.base {
        Base::Keys(keys) => format!("key {}", shortened(&keys.access_key_id)),
        Base::Sdk { link, .. } => link.to_string(),
        Base::WebIdentity(identity) => format!("web identity, role `{}`", identity.role_arn),
        Base::Source(link) => format!("`credential_source`: {link}"),
    };
    let roles: Vec<_> = plan.roles.iter().map(|role| format!(", role `{}`", role.role.role_arn)).collect();
    let source =
        if plan.base_profile == name { String::new() } else { format!(" of `{}`", plan.base_profile) };
    format!("profile `{name}`: {base}{source}{}", roles.concat())
}

/// The files that a plan reads, besides the shared configuration.
fn watched_files(plan: &Plan, files: &SharedFiles, environment: &Environment) -> Vec<PathBuf> {
    match plan {
        Plan::Bearer(KeySource::File(path)) => vec![path.clone()],
        Plan::WebIdentity(identity) => vec![identity.token_file.clone()],
        Plan::Container(container) => container.token_file().cloned().into_iter().collect(),
        Plan::Profile(ProfilePlan { base: Base::WebIdentity(identity), .. }) => {
            vec![identity.token_file.clone()]
        }
        Plan::Profile(ProfilePlan { base: Base::Sdk { profile, link }, .. }) => {
            sign_in_cache(profile, *link, files, environment).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The file in which the AWS tools keep the token of a sign-in; its name is a hash (AWS SDKs and Tools Reference Guide,
/// "IAM Identity Center credential provider" and "Login credentials provider").
pub(super) fn sign_in_cache(
    profile: &str,
    link: Link,
    files: &SharedFiles,
    environment: &Environment,
) -> Option<PathBuf> {
    let section = files.profile(profile)?;
    let folder = || Some(Path::new(home(environment)?).join(".aws"));
    match link {
        Link::Sso => {
            let key = value(section, "sso_session").or_else(|| value(section, "sso_start_url"))?;
            let name = format!("{}.json", hex(&<Sha1 as sha1::Digest>::digest(key)));
            Some(folder()?.join("sso").join("cache").join(name))
        }
        Link::Login => {
            let name =
                format!("{}.json", hex(&<Sha256 as sha2::Digest>::digest(value(section, "login_session")?)));
            match environment.get("AWS_LOGIN_CACHE_DIRECTORY") {
                Some(folder) => Some(Path::new(folder).join(name)),
                None => Some(folder()?.join("login").join("cache").join(name)),
            }
        }
        _ => None,
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests;
