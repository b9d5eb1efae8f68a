//! The credentials endpoint of a container: Amazon ECS, and Amazon EKS with Pod Identity.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::Uri;
use outcrop_core::{Environment, Error, ErrorKind, Result};
use serde::Deserialize;

use super::chain::Chain;
use super::link::mark;
use super::metadata::is_local_credential_host;
use super::read;
use super::shared_files::chain_text;
use crate::http_client;
use crate::sdk_error::from_connector;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Where Amazon ECS answers relative addresses (Amazon ECS Developer Guide, "Task IAM role").
const ECS: &str = "http://169.254.170.2";

/// What one attempt may take; the endpoint is on the same machine.
const ATTEMPT: Duration = Duration::from_secs(5);

/// A fresh pod may be up before its agent.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(500)];

/// What the environment says about the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    url: String,
    token: Token,
}

#[derive(Clone, PartialEq, Eq)]
enum Token {
    None,
    Given(outcrop_core::Secret),
    File(PathBuf),
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Given(secret) => write!(f, "Given({secret})"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
    account_id: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(alias = "Code")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

impl Container {
    /// The endpoint, if the environment names one; the relative address goes first.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] for an address to which no token may travel.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>> {
        let url = match (environment.get(RELATIVE), environment.get(FULL)) {
            (Some(path), _) => format!("{ECS}/{}", path.trim_start_matches('/')),
            (None, Some(url)) => {
                check_full(url)?;
                url.to_owned()
            }
            (None, None) => return Ok(None),
        };
        let token = match (environment.get(TOKEN_FILE), environment.get(TOKEN)) {
            (Some(file), _) => Token::File(file.into()),
            (None, Some(token)) => Token::Given(outcrop_core::Secret::new(token)),
            (None, None) => Token::None,
        };
        Ok(Some(Self { url, token }))
    }

    /// The file that holds the token.
    pub(crate) const fn token_file(&self) -> Option<&PathBuf> {
        match &self.token {
            Token::File(path) => Some(path),
            Token::None | Token::Given(_) => None,
        }
    }

    /// Who answers. The path stays out of messages: that of Amazon ECS is what tells one task from another.
    pub(crate) fn host(&self) -> &str {
        let end = self.url.match_indices('/').nth(2).map_or(self.url.len(), |(place, _)| place);
        self.url.get(..end).unwrap_or_default()
    }

    /// Fetches the credentials.
    pub(crate) async fn credentials(&self, chain: &Chain) -> Result<Credentials> {
        let token = self.token()?;
        let headers: Vec<_> = token.iter().map(|token| ("authorization", token.expose())).collect();
        let http = if self.url.starts_with("https://") { &chain.http.clone()? } else { &chain.direct };
        let mut pauses = PAUSES.into_iter();
        let answer = loop {
            match http_client::get(http, &self.url, &headers, ATTEMPT).await {
                Ok(answer) => break answer,
                Err(error) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    // Whether there are credentials, nobody has said.
                    None => return Err(self.failed_as(from_connector(&error).kind(), chain_text(&error))),
                },
            }
        };
        if answer.status != 200 {
            let refusal = serde_json::from_slice::<Refusal>(&answer.body).ok();
            let said = refusal.and_then(|refusal| refusal.message.or(refusal.code));
            let said = said.map_or_else(String::new, |said| format!(": {said}"));
            let words = format!("status {}{said}", answer.status);
            let kind = match answer.status {
                429 => ErrorKind::Throttled,
                500.. => ErrorKind::Unavailable,
                _ => ErrorKind::Unauthenticated,
            };
            return Err(self.failed_as(kind, words));
        }
        // Not the parser's error: it would quote what it read.
        let answer: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| self.failed("the answer holds no credentials".to_owned()))?;
        let expiry = answer.expiration.as_deref().map(|text| {
            DateTime::from_str(text, Format::DateTimeWithOffset)
                .ok()
                .and_then(|time| SystemTime::try_from(time).ok())
                .ok_or_else(|| self.failed("the answer's `Expiration` is no time".to_owned()))
        });
        let mut credentials = Credentials::builder()
            .access_key_id(answer.access_key_id)
            .secret_access_key(answer.secret_access_key)
            .provider_name("container");
        credentials.set_session_token(answer.token);
        credentials.set_expiry(expiry.transpose()?);
        credentials.set_account_id(answer.account_id.map(Into::into));
        let mut credentials = credentials.build();
        mark(&mut credentials, AwsCredentialFeature::CredentialsHttp);
        Ok(credentials)
    }

    fn token(&self) -> Result<Option<outcrop_core::Secret>> {
        let token = match &self.token {
            Token::None => return Ok(None),
            Token::Given(secret) => secret.clone(),
            Token::File(path) => {
                let text = read::text(path).map_err(|error| {
                    let reason = format!("the token file `{}` cannot be read: {error}", path.display());
                    self.failed(reason).with_hint(format!("look at `{TOKEN_FILE}`"))
                })?;
                outcrop_core::Secret::new(text.trim_end_matches(['\r', '\n']))
            }
        };
        if token.expose().contains(['\r', '\n']) {
            let error = self.failed("the token has more than one line".to_owned());
            return Err(error.with_hint(format!("look at `{TOKEN_FILE}` or `{TOKEN}`")));
        }
        Ok(Some(token))
    }

    #[track_caller]
    fn failed(&self, reason: String) -> Error {
        self.failed_as(ErrorKind::Unauthenticated, reason)
    }

    #[track_caller]
    fn failed_as(&self, kind: ErrorKind, reason: String) -> Error {
        Error::new(kind, "the container's credentials could not be fetched")
            .with_hint(format!("check the role of the task or pod, and that `{}` answers", self.host()))
            .with_source(reason)
    }
}

fn check_full(url: &str) -> Result<()> {
    if url.split(['/', '?', '#']).nth(2).is_some_and(|authority| authority.contains('@')) {
        // The value itself stays out of the message: it holds a password.
        let message = format!("`{FULL}` holds a user name or password, which the endpoint does not take");
        return Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint(format!("take them out: `{TOKEN_FILE}` may name a file with a token")));
    }
    let uri: Uri = url.parse().map_err(|_| refused(url, "which is no URL"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(host)) if is_local_credential_host(host) => Ok(()),
        (Some("http"), Some(_)) => Err(refused(url, "and a token would travel in the clear")),
        _ => Err(refused(url, "which is no URL")),
    }
}

#[track_caller]
fn refused(url: &str, what: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, format!("`{FULL}` is `{url}`, {what}"))
        .with_hint("set it to an `https://` address, or to one of this machine or of the container agent")
}

#[cfg(test)]
mod tests;
