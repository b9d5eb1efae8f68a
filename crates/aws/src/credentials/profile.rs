//! What a profile of the shared configuration files leads to.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::profile::Profile;
use outcrop_core::{Error, ErrorKind, Result, Secret};

use super::link::Link;
use super::shared_files::SharedFiles;
use crate::{AccessKeys, AssumeRole};

/// Where a profile's credentials begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Base {
    /// Keys in the file.
    Keys(AccessKeys),
    /// What the SDK's own provider makes of a profile: single sign-on, console sign-in, a credential process.
    Sdk { profile: String, link: Link },
    /// A role for a token of another identity provider.
    WebIdentity(WebIdentity),
    /// `credential_source`: another link of the chain.
    Source(Link),
}

/// A role that is assumed with a token of another identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebIdentity {
    pub(crate) role_arn: String,
    pub(crate) token_file: PathBuf,
    pub(crate) session_name: Option<String>,
}

/// A role that a profile assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileRole {
    pub(crate) profile: String,
    pub(crate) role: AssumeRole,
    pub(crate) mfa_serial: Option<String>,
}

/// The way to a profile's credentials: a base, and the roles that are assumed from there, in this order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProfilePlan {
    pub(crate) base: Base,
    /// The profile in which the base stands.
    pub(crate) base_profile: String,
    pub(crate) roles: Vec<ProfileRole>,
}

impl ProfilePlan {
    /// The way to the credentials of profile `name`, which exists; `None` if it says nothing about credentials.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if the way leads nowhere: a loop, a profile that is missing, half a setting.
    pub(crate) fn of(name: &str, files: &SharedFiles) -> Result<Option<Self>> {
        let mut roles = Vec::new();
        let mut visited: Vec<String> = Vec::new();
        let mut name = name.to_owned();
        loop {
            let Some(profile) = files.profile(&name) else {
                let from = visited.last().map_or("", String::as_str);
                return Err(broken(from, &format!("its `source_profile` is `{name}`, which does not exist")));
            };
            if visited.contains(&name) {
                return Err(broken(
                    &name,
                    &format!("it is its own source: {} → {name}", visited.join(" → ")),
                ));
            }
            // A source may have both keys and a role of its own: then the keys are meant.
            let keys = static_keys(profile)?;
            let is_source = !visited.is_empty();
            visited.push(name.clone());
            if let (true, Some(keys)) = (is_source, keys) {
                return Ok(Some(Self::from_base(Base::Keys(keys), name, roles)));
            }
            let Some(role) = role(profile)? else {
                let base = base(profile, files)?;
                if base.is_none() && is_source {
                    return Err(broken(&name, "it is a `source_profile` and has no credentials"));
                }
                return Ok(base.map(|base| Self::from_base(base, name, roles)));
            };
            roles.push(role);
            match (value(profile, "source_profile"), value(profile, "credential_source")) {
                (Some(source), None) if source == name => {
                    // Keys and nothing else, as for botocore: the SDK's provider would assume the role too.
                    let keys = static_keys(profile)?.ok_or_else(|| {
                        broken(&name, "it is its own `source_profile` and has no access keys")
                    })?;
                    return Ok(Some(Self::from_base(Base::Keys(keys), name, roles)));
                }
                (Some(source), None) => source.clone_into(&mut name),
                (None, Some(source)) => {
                    let base = Base::Source(credential_source(profile, source)?);
                    return Ok(Some(Self::from_base(base, name, roles)));
                }
                (Some(_), Some(_)) => {
                    return Err(broken(&name, "it has both `source_profile` and `credential_source`"));
                }
                (None, None) => {
                    let missing = "it has a `role_arn` and neither `source_profile` nor `credential_source`";
                    return Err(broken(&name, missing));
                }
            }
        }
    }

    fn from_base(base: Base, base_profile: String, mut roles: Vec<ProfileRole>) -> Self {
        roles.reverse();
        Self { base, base_profile, roles }
    }

    /// The link that will answer.
    pub(crate) const fn link(&self) -> Link {
        if !self.roles.is_empty() {
            return Link::AssumeRole;
        }
        match &self.base {
            Base::Keys(_) => Link::SharedConfig,
            Base::Sdk { link, .. } | Base::Source(link) => *link,
            Base::WebIdentity(_) => Link::WebIdentity,
        }
    }
}

/// A setting of a profile; a blank one counts as absent.
pub(super) fn value<'a>(profile: &'a Profile, key: &str) -> Option<&'a str> {
    profile.get(key).map(str::trim).filter(|value| !value.is_empty())
}

#[track_caller]
fn broken(profile: &str, what: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, format!("the profile `{profile}` leads to no credentials: {what}"))
        .with_hint(format!("correct the profile `{profile}` in the AWS configuration files"))
}

fn static_keys(profile: &Profile) -> Result<Option<AccessKeys>> {
    let keys = [value(profile, "aws_access_key_id"), value(profile, "aws_secret_access_key")];
    match keys {
        [None, None] => Ok(None),
        [Some(id), Some(secret)] => Ok(Some(AccessKeys {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::new(secret),
            session_token: value(profile, "aws_session_token").map(Secret::new),
        })),
        [id, _] => {
            let [is, is_not] = if id.is_some() {
                ["aws_access_key_id", "aws_secret_access_key"]
            } else {
                ["aws_secret_access_key", "aws_access_key_id"]
            };
            Err(broken(profile.name(), &format!("it has `{is}` and no `{is_not}`")))
        }
    }
}

/// The role that a profile assumes with other credentials; one for a web identity is no such role.
fn role(profile: &Profile) -> Result<Option<ProfileRole>> {
    let text = |key| value(profile, key).map(str::to_owned);
    let Some(role_arn) = text("role_arn").filter(|_| text("web_identity_token_file").is_none()) else {
        return Ok(None);
    };
    let duration = value(profile, "duration_seconds").map(|seconds| {
        let what = || format!("its `duration_seconds` is `{seconds}`, which is no number of seconds");
        seconds.parse().map(Duration::from_secs).map_err(|_| broken(profile.name(), &what()))
    });
    Ok(Some(ProfileRole {
        profile: profile.name().to_owned(),
        role: AssumeRole {
            role_arn,
            session_name: text("role_session_name"),
            external_id: text("external_id"),
            duration: duration.transpose()?,
        },
        mfa_serial: text("mfa_serial"),
    }))
}

/// What a profile says about credentials of its own, in the order of the AWS SDKs.
fn base(profile: &Profile, files: &SharedFiles) -> Result<Option<Base>> {
    let sdk = |link| Base::Sdk { profile: profile.name().to_owned(), link };
    if let Some(source) = value(profile, "credential_source") {
        return Ok(Some(Base::Source(credential_source(profile, source)?)));
    }
    if let Some(token_file) = value(profile, "web_identity_token_file") {
        let role_arn = value(profile, "role_arn")
            .ok_or_else(|| broken(profile.name(), "it has a `web_identity_token_file` and no `role_arn`"))?;
        return Ok(Some(Base::WebIdentity(WebIdentity {
            role_arn: role_arn.to_owned(),
            token_file: token_file.into(),
            session_name: value(profile, "role_session_name").map(str::to_owned),
        })));
    }
    if let Some(missing) = missing_for_sso(profile, files) {
        return Err(broken(profile.name(), &missing));
    }
    if value(profile, "sso_account_id").is_some() {
        return Ok(Some(sdk(Link::Sso)));
    }
    if value(profile, "login_session").is_some() {
        return Ok(Some(sdk(Link::Login)));
    }
    if value(profile, "credential_process").is_some() {
        return Ok(Some(sdk(Link::CredentialProcess)));
    }
    Ok(static_keys(profile)?.map(Base::Keys))
}

/// What is missing where single sign-on for a role was begun. A profile without account and role is for tools that need
/// a token and no credentials.
fn missing_for_sso(profile: &Profile, files: &SharedFiles) -> Option<String> {
    let has = |key| value(profile, key).is_some();
    if !["sso_account_id", "sso_role_name"].into_iter().any(has) {
        return None;
    }
    if let Some(name) = value(profile, "sso_session") {
        let Some(session) = files.sso_session(name) else {
            return Some(format!("its `sso_session` is `{name}`, and there is no `[sso-session {name}]`"));
        };
        let wanted = ["sso_region", "sso_start_url"];
        if let Some(missing) = wanted.into_iter().find(|key| session.get(key).is_none()) {
            return Some(format!("`[sso-session {name}]` has no `{missing}`"));
        }
    } else if let Some(missing) = ["sso_start_url", "sso_region"].into_iter().find(|key| !has(key)) {
        return Some(format!("it has no `{missing}`"));
    }
    let missing = ["sso_account_id", "sso_role_name"].into_iter().find(|key| !has(key))?;
    Some(format!("it has no `{missing}`"))
}

fn credential_source(profile: &Profile, source: &str) -> Result<Link> {
    match source.to_ascii_lowercase().as_str() {
        "environment" => Ok(Link::Env),
        "ec2instancemetadata" => Ok(Link::Imds),
        "ecscontainer" => Ok(Link::Container),
        _ => Err(broken(
            profile.name(),
            &format!(
                "its `credential_source` is `{source}`, which is none of `Environment`, `Ec2InstanceMetadata`, \
                 `EcsContainer`"
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
