//! Where credentials come from, in one word.

use outcrop_core::Environment;
use sha2::{Digest as _, Sha256};

use crate::AwsSettings;
use crate::credentials::BEARER_VARIABLE;

/// The source of the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialSource {
    /// Keys that the program gave.
    Given,
    /// An Amazon Bedrock API key.
    Bearer,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    AccessKeys,
    /// A profile of the shared configuration files that was asked for, by name.
    Profile(String),
    /// The default chain: the default profile, web identity, container, instance metadata.
    DefaultChain,
    /// None: requests go out unsigned.
    Unsigned,
}

impl CredentialSource {
    /// The source's name, as it stands in JSON.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Given | Self::AccessKeys => "access-keys",
            Self::Profile(_) => "profile",
            Self::DefaultChain => "default-chain",
            Self::Unsigned => "none",
        }
    }
}

/// What decides who the caller is, besides the source itself.
const IDENTITY_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "HOME",
];

/// A name for the caller, to keep caches of different callers apart: a hash of the source's settings. No network, no
/// resolution, and no secret but the API key, of which nothing can be read off a hash.
pub(crate) fn identity(
    source: &CredentialSource,
    settings: &AwsSettings,
    environment: &Environment,
) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    field(source.label());
    match source {
        CredentialSource::Given => {
            field(settings.isolated.as_ref().map_or("", |keys| &keys.access_key_id));
        }
        CredentialSource::Bearer => {
            field(settings.api_key.as_ref().map_or("", |key| key.expose()));
            field(
                &settings.api_key_file.as_ref().map_or_else(String::new, |path| path.display().to_string()),
            );
            field(environment.get(BEARER_VARIABLE).unwrap_or_default());
        }
        CredentialSource::Profile(name) => field(name),
        CredentialSource::AccessKeys | CredentialSource::DefaultChain | CredentialSource::Unsigned => {}
    }
    if let Some(role) = &settings.assume_role {
        field(&role.role_arn);
    }
    if !matches!(source, CredentialSource::Given) {
        for name in IDENTITY_VARIABLES {
            field(environment.get(name).unwrap_or_default());
        }
    }
    let digest = hash.finalize();
    let (name, _) = digest.split_at(8);
    format!("{:016x}", name.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AssumeRole;

    #[test]
    fn identities_differ_by_caller_and_not_by_secret_or_unrelated_variables() {
        let of = |source: &CredentialSource, settings: &AwsSettings, variables: &[(&str, &str)]| {
            identity(source, settings, &variables.iter().copied().collect())
        };
        let plain = AwsSettings::default();
        let keys = CredentialSource::AccessKeys;
        let key = ("AWS_ACCESS_KEY_ID", "AKIA");
        let secret = |secret| ("AWS_SECRET_ACCESS_KEY", secret);
        assert_eq!(
            of(&keys, &plain, &[key, secret("a")]),
            of(&keys, &plain, &[key, secret("b"), ("EDITOR", "vi")])
        );
        let role = AwsSettings {
            assume_role: Some(AssumeRole {
                role_arn: "arn:aws:iam::1:role/a".into(),
                session_name: None,
                external_id: None,
                duration: None,
            }),
            ..AwsSettings::default()
        };
        let profile = |name: &str| CredentialSource::Profile(name.to_owned());
        let all = [
            of(&keys, &plain, &[key]),
            of(&keys, &role, &[key]),
            of(&CredentialSource::Bearer, &plain, &[(BEARER_VARIABLE, "one")]),
            of(&CredentialSource::Bearer, &plain, &[(BEARER_VARIABLE, "other")]),
            of(&profile("dev"), &plain, &[]),
            of(&profile("prod"), &plain, &[]),
            of(&CredentialSource::DefaultChain, &plain, &[]),
            of(&CredentialSource::DefaultChain, &plain, &[("HOME", "/home/other")]),
        ];
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 16);
            assert!(!all[index + 1..].contains(one), "{index}");
        }
    }
}
