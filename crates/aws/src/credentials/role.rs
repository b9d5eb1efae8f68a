//! The Security Token Service: roles that are assumed, and who one is.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use outcrop_core::{Error, ErrorKind, Result, Secret};

use super::link::mark;
use super::profile::WebIdentity;
use super::read;
use crate::AssumeRole;
use crate::sdk_error::{Call, error_from_sdk};
use crate::status::CallerIdentity;

/// What a call may take with its repetitions. Everybody else waits for whoever fetches credentials: a service that
/// takes the connection and stays silent must not hold up all calls.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks for the one-time code of a device for multi-factor authentication.
#[async_trait]
pub trait MfaPrompt: Debug + Send + Sync {
    /// The code that the device `serial` shows.
    ///
    /// # Errors
    /// If nobody can be asked.
    async fn code(&self, serial: &str) -> Result<Secret>;
}

/// A client of the service.
#[derive(Debug, Clone)]
pub(crate) struct Sts {
    config: SdkConfig,
}

impl Sts {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self::within(config, LIMIT)
    }

    /// A client whose calls end after so long at the latest.
    fn within(config: &SdkConfig, limit: Duration) -> Self {
        let limits = config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let limits =
            limits.to_builder().operation_attempt_timeout(limit / 3).operation_timeout(limit).build();
        Self { config: config.to_builder().timeout_config(limits).build() }
    }

    fn client(&self, credentials: Option<Credentials>) -> aws_sdk_sts::Client {
        let mut config = self.config.to_builder().identity_cache(IdentityCache::no_cache());
        config.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
        aws_sdk_sts::Client::new(&config.build())
    }

    /// Assumes a role with other credentials. `mfa`: the serial number of a device, and its code.
    pub(crate) async fn assume_role(
        &self,
        base: Credentials,
        role: &AssumeRole,
        mfa: Option<(&str, Secret)>,
    ) -> Result<Credentials> {
        let (serial, code) = mfa.unzip();
        let seconds = role.duration.and_then(|duration| i32::try_from(duration.as_secs()).ok());
        let features = base.get_property::<Vec<AwsCredentialFeature>>().cloned().unwrap_or_default();
        let call = self
            .client(Some(base))
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(seconds)
            .set_serial_number(serial.map(str::to_owned))
            .set_token_code(code.map(|code| code.expose().to_owned()));
        let answer = call.send().await.map_err(|error| {
            let error = error_from_sdk(&Call::new("AssumeRole").of_service("sts"), error);
            let hint =
                "check that the role trusts the caller, and that the caller may `sts:AssumeRole` on it";
            refused(&role.role_arn, error, hint)
        })?;
        let mut credentials = credentials(&role.role_arn, answer.credentials)?;
        for feature in features {
            mark(&mut credentials, feature);
        }
        mark(&mut credentials, AwsCredentialFeature::CredentialsStsAssumeRole);
        Ok(credentials)
    }

    /// Assumes a role with a token of another identity provider, read from its file.
    pub(crate) async fn assume_role_with_web_identity(&self, identity: &WebIdentity) -> Result<Credentials> {
        let token = read_token(&identity.token_file)?;
        let call = self
            .client(None)
            .assume_role_with_web_identity()
            .role_arn(&identity.role_arn)
            .role_session_name(session_name(identity.session_name.as_deref()))
            .web_identity_token(token.expose());
        let answer = call.send().await.map_err(|error| {
            let call = Call::new("AssumeRoleWithWebIdentity").of_service("sts");
            let token_file = identity.token_file.display();
            let hint = format!("check the token in `{token_file}`, and that the role trusts its issuer");
            refused(&identity.role_arn, error_from_sdk(&call, error), &hint)
        })?;
        let mut credentials = credentials(&identity.role_arn, answer.credentials)?;
        mark(&mut credentials, AwsCredentialFeature::CredentialsStsAssumeRoleWebId);
        Ok(credentials)
    }

    /// Who these credentials are.
    pub(crate) async fn caller_identity(&self, credentials: Credentials) -> Result<CallerIdentity> {
        let answer = self.client(Some(credentials)).get_caller_identity().send().await;
        let answer = answer
            .map_err(|error| error_from_sdk(&Call::new("GetCallerIdentity").of_service("sts"), error))?;
        Ok(CallerIdentity {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
            user_id: answer.user_id.unwrap_or_default(),
        })
    }
}

/// The code of an MFA device, from whoever can be asked.
pub(crate) async fn mfa_code(
    prompt: Option<&Arc<dyn MfaPrompt>>,
    profile: &str,
    serial: &str,
) -> Result<Secret> {
    let Some(prompt) = prompt else {
        return Err(Error::new(
            ErrorKind::Unauthenticated,
            format!("the profile `{profile}` needs the one-time code of `{serial}`, and nobody can be asked for it"),
        )
        .with_hint("run the command in a terminal, where it asks for the code")
        .with_hint(format!(
            "or get keys for a while first: `eval \"$(aws configure export-credentials --profile {profile} --format \
             env)\"`"
        )));
    };
    prompt.code(serial).await
}

/// Shows in the audit log of the role's account.
fn session_name(said: Option<&str>) -> String {
    said.map_or_else(
        || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            format!("outcrop-{}", since.as_secs())
        },
        str::to_owned,
    )
}

fn read_token(path: &Path) -> Result<Secret> {
    let text = read::text(path).map_err(|error| {
        Error::new(
            ErrorKind::Unauthenticated,
            format!("the web identity token `{}` cannot be read", path.display()),
        )
        .with_hint(
            "check `AWS_WEB_IDENTITY_TOKEN_FILE`, or `web_identity_token_file` of the profile, and that this user may \
             read the file",
        )
        .with_source(error)
    })?;
    Ok(Secret::new(text.trim()))
}

/// Whoever cannot be reached has refused nothing.
#[track_caller]
fn refused(role: &str, error: Error, hint: &str) -> Error {
    if matches!(
        error.kind(),
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled
    ) {
        return error.with_context("role", role);
    }
    Error::new(ErrorKind::Unauthenticated, format!("the role `{role}` could not be assumed"))
        .with_hint(hint)
        .with_source(error)
}

fn credentials(role: &str, answer: Option<aws_sdk_sts::types::Credentials>) -> Result<Credentials> {
    let odd =
        || Error::new(ErrorKind::Protocol, format!("the answer for the role `{role}` holds no credentials"));
    let answer = answer.ok_or_else(odd)?;
    let expiry = SystemTime::try_from(answer.expiration).map_err(|_| odd())?;
    Ok(Credentials::new(
        answer.access_key_id,
        answer.secret_access_key,
        Some(answer.session_token),
        Some(expiry),
        "role",
    ))
}

#[cfg(test)]
mod tests;
