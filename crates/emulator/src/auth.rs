//! Who calls: signatures and API keys, checked as the service checks them.

mod sigv4;

use http::request::Parts;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use crate::error::ApiError;
use crate::journal::AuthKind;
use crate::keys::{self, Withdrawn};
use crate::options::Options;

/// What a request says about its caller, before anything was checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) kind: AuthKind,
    pub(crate) access_key_id: Option<String>,
    pub(crate) region: Option<String>,
}

impl Claim {
    /// Reads the `authorization` header. Never fails: what cannot be read is no claim.
    pub(crate) fn of(parts: &Parts) -> Self {
        let none = Self { kind: AuthKind::None, access_key_id: None, region: None };
        let Some(header) = authorization(parts) else { return none };
        if header.starts_with("Bearer ") {
            return Self { kind: AuthKind::Bearer, ..none };
        }
        sigv4::Signed::read(header).map_or(none, |signed| Self {
            kind: AuthKind::SigV4,
            access_key_id: Some(keys::shortened(signed.access_key_id)),
            region: Some(signed.region.to_owned()),
        })
    }
}

/// Checks that a request comes from a caller in `options` whose key is not withdrawn.
pub(crate) fn check(
    parts: &Parts,
    body: &[u8],
    options: &Options,
    withdrawn: &Withdrawn,
    now: OffsetDateTime,
) -> Result<(), ApiError> {
    let Some(header) = authorization(parts) else {
        return Err(ApiError::forbidden(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ));
    };
    match header.strip_prefix("Bearer ") {
        Some(token) => check_bearer(token, options),
        None => sigv4::check(header, parts, body, options, withdrawn, now),
    }
}

fn check_bearer(token: &str, options: &Options) -> Result<(), ApiError> {
    if same(token, &options.credentials.bearer_token) {
        return Ok(());
    }
    // The prefixes of long-term and of short-term keys.
    if ["ABSK", "bedrock-api-key-"].iter().any(|prefix| token.starts_with(prefix)) {
        return Err(ApiError::api_key("Authentication failed: Please make sure your API Key is valid."));
    }
    Err(ApiError::api_key("Invalid API Key format: Must start with pre-defined prefix"))
}

fn authorization(parts: &Parts) -> Option<&str> {
    parts.headers.get(http::header::AUTHORIZATION)?.to_str().ok()
}

/// Compares two secrets in a time that depends on their lengths only.
fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests;
