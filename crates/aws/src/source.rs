//! Where credentials come from, as far as can be told without asking anybody.

use outcrop_core::{Environment, Error, Result};
use sha2::{Digest as _, Sha256};

use crate::{Auth, AwsSettings};

/// The source of the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialSource {
    /// Keys that the program gave.
    Given,
    /// An Amazon Bedrock API key from `AWS_BEARER_TOKEN_BEDROCK`.
    Bearer,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    AccessKeys,
    /// A profile of the shared configuration files, by name.
    Profile(String),
    /// The SDK's default chain: shared configuration, web identity, container, instance metadata.
    DefaultChain,
    /// None: requests go out unsigned.
    Unsigned,
}

impl CredentialSource {
    /// The source that these settings and this environment lead to, in this order: given keys, explicit settings, API
    /// key, access keys, `AWS_PROFILE`, default chain.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Unauthenticated`] if the settings ask for a source that is not there.
    pub fn detect(settings: &AwsSettings, environment: &Environment) -> Result<Self> {
        if settings.isolated.is_some() {
            return Ok(Self::Given);
        }
        let has = |name| environment.get(name).is_some();
        match (settings.auth, &settings.profile) {
            (Auth::None, _) => Ok(Self::Unsigned),
            (Auth::Bearer, _) | (Auth::AwsSdk, None) if has(BEARER_VARIABLE) => Ok(Self::Bearer),
            (Auth::Bearer, _) => Err(Error::new(
                outcrop_core::ErrorKind::Unauthenticated,
                "`auth` is `bearer`, and there is no Bedrock API key",
            )
            .with_hint(format!("set `{BEARER_VARIABLE}` to a Bedrock API key"))
            .with_hint("or set `auth` to `aws-sdk` to use any AWS credentials")),
            (_, Some(profile)) => Ok(Self::Profile(profile.clone())),
            (Auth::Profile, None) => {
                Ok(Self::Profile(environment.get("AWS_PROFILE").unwrap_or("default").to_owned()))
            }
            (Auth::AwsSdk, None) if has("AWS_ACCESS_KEY_ID") && has("AWS_SECRET_ACCESS_KEY") => {
                Ok(Self::AccessKeys)
            }
            (Auth::AwsSdk, None) => Ok(environment
                .get("AWS_PROFILE")
                .map_or(Self::DefaultChain, |profile| Self::Profile(profile.to_owned()))),
        }
    }

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

pub(crate) const BEARER_VARIABLE: &str = "AWS_BEARER_TOKEN_BEDROCK";

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
        CredentialSource::Bearer => field(environment.get(BEARER_VARIABLE).unwrap_or_default()),
        CredentialSource::Profile(name) => field(name),
        CredentialSource::AccessKeys | CredentialSource::DefaultChain | CredentialSource::Unsigned => {}
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

    fn detect(settings: &AwsSettings, variables: &[(&str, &str)]) -> CredentialSource {
        CredentialSource::detect(settings, &variables.iter().copied().collect()).unwrap()
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")];
    const TOKEN: (&str, &str) = (BEARER_VARIABLE, "key");
    const PROFILE: (&str, &str) = ("AWS_PROFILE", "dev");

    #[test]
    fn ambient_sources_are_tried_in_order_and_blank_ones_are_absent() {
        let settings = AwsSettings::default();
        let dev = CredentialSource::Profile("dev".into());
        let cases: [(&[(&str, &str)], CredentialSource); 6] = [
            (&[TOKEN, KEYS[0], KEYS[1], PROFILE], CredentialSource::Bearer),
            (&[(BEARER_VARIABLE, ""), KEYS[0], KEYS[1], PROFILE], CredentialSource::AccessKeys),
            (&[KEYS[0], PROFILE], dev.clone()),
            (&[KEYS[0], ("AWS_SECRET_ACCESS_KEY", " \t"), PROFILE], dev),
            (&[("AWS_PROFILE", " ")], CredentialSource::DefaultChain),
            (&[], CredentialSource::DefaultChain),
        ];
        for (variables, expected) in cases {
            assert_eq!(detect(&settings, variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn explicit_settings_beat_the_environment() {
        let variables = [TOKEN, KEYS[0], KEYS[1], PROFILE];
        let with = |auth, profile: Option<&str>| AwsSettings {
            auth,
            profile: profile.map(str::to_owned),
            ..AwsSettings::default()
        };
        assert_eq!(
            detect(&with(Auth::AwsSdk, Some("work")), &variables),
            CredentialSource::Profile("work".into())
        );
        assert_eq!(detect(&with(Auth::Profile, None), &variables), CredentialSource::Profile("dev".into()));
        assert_eq!(detect(&with(Auth::Profile, None), &[TOKEN]), CredentialSource::Profile("default".into()));
        assert_eq!(detect(&with(Auth::None, None), &variables), CredentialSource::Unsigned);
        let error = CredentialSource::detect(&with(Auth::Bearer, None), &Environment::default()).unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Unauthenticated);
        assert!(error.hints()[0].contains(BEARER_VARIABLE));
    }

    #[test]
    fn identities_differ_by_caller_and_not_by_secret_or_unrelated_variables() {
        let settings = AwsSettings::default();
        let of = |variables: &[(&str, &str)]| {
            let environment = variables.iter().copied().collect();
            identity(&CredentialSource::detect(&settings, &environment).unwrap(), &settings, &environment)
        };
        assert_eq!(of(&KEYS), of(&[KEYS[0], ("AWS_SECRET_ACCESS_KEY", "other"), ("EDITOR", "vi")]));
        let all = [of(&KEYS), of(&[TOKEN]), of(&[PROFILE]), of(&[("AWS_PROFILE", "other")]), of(&[])];
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 16);
            assert!(!all[index + 1..].contains(one));
        }
    }
}
