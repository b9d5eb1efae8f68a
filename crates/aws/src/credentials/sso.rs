//! IAM Identity Center: from the token of a sign-in to the credentials of a role.

use std::time::SystemTime;

use aws_config::sso::SsoTokenProvider;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::token::ProvideToken as _;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_types::SdkConfig;
use aws_types::region::Region;
use outcrop_core::{Environment, Error, ErrorKind, Result, Secret};
use serde::Deserialize;

use super::errors;
use super::link::{Link, mark};
use super::plan::sign_in_cache;
use super::read;
use super::shared_files::{SharedFiles, chain_text};
use crate::sdk_error::{Call, error_from_sdk, find, from_connector};

/// What a profile says about its sign-in.
#[derive(Debug)]
struct SignIn<'a> {
    profile: &'a str,
    session: Option<&'a str>,
    region: &'a str,
    start_url: &'a str,
    account_id: &'a str,
    role_name: &'a str,
}

impl<'a> SignIn<'a> {
    /// The plan made sure that everything is there.
    fn of(profile: &'a str, files: &'a SharedFiles) -> Result<Self> {
        let section = files.profile(profile);
        let get = |key| section.and_then(|section| section.get(key)).map(str::trim);
        let session = get("sso_session").filter(|name| !name.is_empty());
        let of_session = |key| session.and_then(|name| files.sso_session(name)?.get(key)).map(str::trim);
        for key in ["sso_region", "sso_start_url"] {
            if let (Some(own), Some(of_session)) = (get(key), of_session(key))
                && own != of_session
            {
                let message = format!(
                    "the profile `{profile}` leads to no credentials: its `{key}` differs from that of \
                                       its `sso_session`"
                );
                return Err(Error::new(ErrorKind::Unauthenticated, message)
                    .with_hint(format!("correct the profile `{profile}` in the AWS configuration files")));
            }
        }
        let place = |key| of_session(key).or_else(|| get(key)).unwrap_or_default();
        Ok(Self {
            profile,
            session,
            region: place("sso_region"),
            start_url: place("sso_start_url"),
            account_id: get("sso_account_id").unwrap_or_default(),
            role_name: get("sso_role_name").unwrap_or_default(),
        })
    }

    /// The token of the sign-in; one of a session is renewed by the SDK when it ends, if it can be.
    async fn token(
        &self,
        config: &SdkConfig,
        files: &SharedFiles,
        environment: &Environment,
    ) -> Result<Secret> {
        let Some(session) = self.session else {
            return self
                .old_token(files, environment)
                .ok_or_else(|| self.ended("there is no token that lives".into()));
        };
        let provider = SsoTokenProvider::builder()
            .configure(config)
            .session_name(session)
            .start_url(self.start_url)
            .region(Region::new(self.region.to_owned()))
            .build()
            .await;
        match provider.provide_token().await {
            Ok(token) => Ok(Secret::new(token.token())),
            Err(error) => Err(match find::<ConnectorError>(&error) {
                Some(failed) => from_connector(failed).with_context("credentials", Link::Sso.to_string()),
                None => self.ended(chain_text(&error)),
            }),
        }
    }

    /// The token of a sign-in without a session, as older files have it: nobody renews it.
    fn old_token(&self, files: &SharedFiles, environment: &Environment) -> Option<Secret> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cached {
            access_token: Secret,
            expires_at: String,
        }
        let path = sign_in_cache(self.profile, Link::Sso, files, environment)?;
        let cached: Cached = serde_json::from_slice(&read::bytes(&path).ok()?).ok()?;
        // AWS's own tools have written `UTC` for `Z`.
        let end = DateTime::from_str(&cached.expires_at.replace("UTC", "Z"), Format::DateTime).ok()?;
        (SystemTime::try_from(end).ok()? > SystemTime::now()).then_some(cached.access_token)
    }

    fn ended(&self, reason: String) -> Error {
        errors::signed_out(Link::Sso, self.profile).with_source(reason)
    }

    async fn credentials(&self, config: &SdkConfig, token: &Secret) -> Result<Credentials> {
        let call = aws_sdk_sso::Client::new(config)
            .get_role_credentials()
            .access_token(token.expose())
            .account_id(self.account_id)
            .role_name(self.role_name);
        let answer = call.send().await.map_err(|error| {
            let error = error_from_sdk(&Call::new("GetRoleCredentials").of_service("sso"), error);
            match error.kind() {
                ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled => {
                    error
                }
                _ if error.code() == Some("UnauthorizedException") => {
                    self.ended(error.provider_message().unwrap_or_default().to_owned())
                }
                _ => self.refused().with_source(error),
            }
        })?;
        let found = answer.role_credentials.and_then(|found| {
            let end = SystemTime::try_from(DateTime::from_millis(found.expiration)).ok()?;
            let token = found.session_token;
            Some(Credentials::new(found.access_key_id?, found.secret_access_key?, token, Some(end), "sso"))
        });
        let mut credentials = found.ok_or_else(|| {
            let message = format!(
                "the answer of single sign-on for the profile `{}` holds no credentials",
                self.profile
            );
            Error::new(ErrorKind::Protocol, message)
        })?;
        mark(&mut credentials, AwsCredentialFeature::CredentialsSso);
        Ok(credentials)
    }

    fn refused(&self) -> Error {
        let Self { role_name, account_id, profile, .. } = self;
        Error::new(
            ErrorKind::Unauthenticated,
            format!(
                "single sign-on gives no credentials for the role `{role_name}` in the account `{account_id}`"
            ),
        )
        .with_hint(format!("check `sso_role_name` and `sso_account_id` of the profile `{profile}`"))
    }
}

/// The credentials of a profile of Identity Center.
///
/// # Errors
/// [`ErrorKind::Unauthenticated`] if the sign-in has ended or gives nothing; [`ErrorKind::Network`] and its like if nobody
/// could be asked.
pub(super) async fn credentials(
    profile: &str,
    config: &SdkConfig,
    files: &SharedFiles,
    environment: &Environment,
) -> Result<Credentials> {
    let sign_in = SignIn::of(profile, files)?;
    let config = config.to_builder().region(Region::new(sign_in.region.to_owned())).build();
    let token = sign_in.token(&config, files, environment).await?;
    sign_in.credentials(&config, &token).await
}

#[cfg(test)]
mod tests;
