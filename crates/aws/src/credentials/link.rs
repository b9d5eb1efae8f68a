//! The links of the chain, and what came of looking at one.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::credential_feature::AwsCredentialFeature as F;
use serde::Serialize;

/// Where credentials come from, in the words of the AWS SDKs' reference guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Link {
    /// Said in the configuration of this program.
    Config,
    /// Variables of the environment.
    Env,
    /// Keys in the shared configuration files.
    SharedConfig,
    /// A role that was assumed with other credentials.
    AssumeRole,
    /// IAM Identity Center (`aws sso login`).
    Sso,
    /// A console sign-in (`aws login`).
    Login,
    /// A program that prints credentials.
    CredentialProcess,
    /// A token of another identity provider, as Kubernetes has them.
    WebIdentity,
    /// The credentials endpoint of a container.
    Container,
    /// The metadata service of an EC2 instance.
    Imds,
}

impl Link {
    /// The name, as it stands in JSON.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Env => "env",
            Self::SharedConfig => "shared-config",
            Self::AssumeRole => "assume-role",
            Self::Sso => "sso",
            Self::Login => "login",
            Self::CredentialProcess => "credential-process",
            Self::WebIdentity => "web-identity",
            Self::Container => "container",
            Self::Imds => "imds",
        }
    }

    /// The link by which credentials came, as the providers wrote it into them. A later one is the outer one: a role
    /// that was assumed with keys of a profile is a role.
    pub(crate) fn of(credentials: &Credentials) -> Option<Self> {
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>()?;
        let has = |wanted: &[AwsCredentialFeature]| features.iter().any(|feature| wanted.contains(feature));
        let rows: [(&[AwsCredentialFeature], Self); 9] = [
            (&[F::CredentialsStsAssumeRole], Self::AssumeRole),
            (&[F::CredentialsStsAssumeRoleWebId], Self::WebIdentity),
            (&[F::CredentialsSso, F::CredentialsProfileSso], Self::Sso),
            (&[F::CredentialsLogin, F::CredentialsProfileLogin], Self::Login),
            (&[F::CredentialsProcess, F::CredentialsProfileProcess], Self::CredentialProcess),
            (&[F::CredentialsHttp], Self::Container),
            (&[F::CredentialsImds], Self::Imds),
            (&[F::CredentialsEnvVars], Self::Env),
            (&[F::CredentialsProfile], Self::SharedConfig),
        ];
        rows.into_iter().find_map(|(wanted, link)| has(wanted).then_some(link))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "configuration",
            Self::Env => "environment",
            Self::SharedConfig => "shared configuration files",
            Self::AssumeRole => "assumed role",
            Self::Sso => "single sign-on",
            Self::Login => "console sign-in",
            Self::CredentialProcess => "credential process",
            Self::WebIdentity => "web identity",
            Self::Container => "container credentials",
            Self::Imds => "instance metadata",
        })
    }
}

/// Writes into credentials by which link they came.
pub(super) fn mark(credentials: &mut Credentials, feature: AwsCredentialFeature) {
    credentials.get_property_mut_or_default::<Vec<AwsCredentialFeature>>().push(feature);
}

/// What came of looking at a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The credentials come from here.
    Used,
    /// Nothing is here.
    Absent,
    /// Something is here, and it gave no credentials.
    Failed,
    /// Something is here, and an earlier link was taken.
    Passed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Used => "used",
            Self::Absent => "absent",
            Self::Failed => "failed",
            Self::Passed => "not used",
        })
    }
}

/// One link that was looked at, and what came of it. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The link.
    pub link: Link,
    /// What came of it.
    pub outcome: Outcome,
    /// What was found, or why nothing was.
    pub detail: String,
}

impl Step {
    pub(crate) fn new(link: Link, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { link, outcome, detail: detail.into() }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.link, self.detail)
    }
}

/// An access key id, shortened: enough to tell one from another. What is not shaped like one may be a secret in the wrong
/// place, and is not shown at all.
pub(crate) fn shortened(access_key_id: &str) -> String {
    if !access_key_id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return "…".to_owned();
    }
    let characters: Vec<char> = access_key_id.chars().collect();
    match (characters.get(..4), characters.len().checked_sub(4).and_then(|end| characters.get(end..))) {
        (Some(start), Some(end)) if characters.len() > 12 => start.iter().chain(&['…']).chain(end).collect(),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_link_counts() {
        let mut credentials = Credentials::new("a", "b", None, None, "test");
        assert_eq!(Link::of(&credentials), None);
        mark(&mut credentials, AwsCredentialFeature::CredentialsSso);
        mark(&mut credentials, AwsCredentialFeature::CredentialsProfile);
        assert_eq!(Link::of(&credentials), Some(Link::Sso));
        mark(&mut credentials, AwsCredentialFeature::CredentialsStsAssumeRole);
        assert_eq!(Link::of(&credentials), Some(Link::AssumeRole));
    }

    #[test]
    fn names_in_json_are_the_labels() {
        for link in [Link::Config, Link::SharedConfig, Link::CredentialProcess, Link::Imds, Link::WebIdentity]
        {
            assert_eq!(serde_json::to_value(link).unwrap(), link.label());
        }
    }

    #[test]
    fn access_key_ids_are_shortened() {
        assert_eq!(shortened("AKIAIOSFODNN7EXAMPLE"), "AKIA…MPLE");
        assert_eq!(shortened("SHORT"), "…");
        assert_eq!(shortened("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "…");
        assert_eq!(shortened(""), "…");
    }
}
