//! Signature version 4, recomputed from the request as it arrived.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;
use time::{Duration, OffsetDateTime, PrimitiveDateTime, format_description::FormatItem, macros};

use super::same;
use crate::error::ApiError;
use crate::keys::{Key, Withdrawn};
use crate::options::Options;

const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
/// Control plane and runtime sign with the same service name.
const SERVICE: &str = "bedrock";
const SESSION_TOKEN: &str = "x-amz-security-token";
/// How far the clocks of caller and service may be apart.
const TOLERANCE: Duration = Duration::minutes(5);
const BASIC: &[FormatItem<'_>] = macros::format_description!("[year][month][day]T[hour][minute][second]Z");

/// The parts of a SigV4 `authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) headers: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Signed<'a> {
    pub(super) fn read(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
        };
        // An access key id has no slashes, the scope has three.
        let mut scope = field("Credential")?.splitn(5, '/');
        let signed = Self {
            access_key_id: scope.next()?,
            date: scope.next()?,
            region: scope.next()?,
            service: scope.next()?,
            headers: field("SignedHeaders")?,
            signature: field("Signature")?,
        };
        (scope.next() == Some("aws4_request")).then_some(signed)
    }
}

/// Checks a request against the key pairs that are known.
pub(super) fn check(
    header: &str,
    parts: &Parts,
    body: &[u8],
    options: &Options,
    withdrawn: &Withdrawn,
    now: OffsetDateTime,
) -> Result<(), ApiError> {
    let Some(signed) = Signed::read(header) else {
        return Err(ApiError::forbidden(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.",
        ));
    };
    let known = options.key(signed.access_key_id).filter(|_| !withdrawn.is_revoked(signed.access_key_id));
    let Some(key) = known else { return Err(unrecognized()) };
    if signed.service != SERVICE {
        return Err(invalid(format!("Credential should be scoped to correct service: '{SERVICE}'.")));
    }
    let time = request_time(&signed, parts, now)?;
    let expected = signature(&signed, parts, body, key.secret, time.into());
    if !expected.is_some_and(|expected| same(&expected, signed.signature)) {
        return Err(invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ));
    }
    check_session_token(&signed, parts, &key)?;
    if withdrawn.is_expired(signed.access_key_id) {
        return Err(ApiError::forbidden(
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ));
    }
    Ok(())
}

fn check_session_token(signed: &Signed<'_>, parts: &Parts, key: &Key<'_>) -> Result<(), ApiError> {
    let token = parts.headers.get(SESSION_TOKEN).map(|token| token.to_str().unwrap_or_default());
    if token.is_some() && !signed.headers.split(';').any(|name| name == SESSION_TOKEN) {
        return Err(invalid(format!("'{SESSION_TOKEN}' must be a 'SignedHeader' in the AWS Authorization.")));
    }
    if key.takes(token, same) { Ok(()) } else { Err(unrecognized()) }
}

/// The time of the signature, if it agrees with its scope and with the clock.
fn request_time(signed: &Signed<'_>, parts: &Parts, now: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    let text = parts.headers.get("x-amz-date").and_then(|date| date.to_str().ok()).unwrap_or_default();
    let time = PrimitiveDateTime::parse(text, BASIC).map(PrimitiveDateTime::assume_utc).map_err(|_| {
        ApiError::forbidden(
            "IncompleteSignatureException",
            format!("Date must be in ISO-8601 'basic format'. Got '{text}'."),
        )
    })?;
    if !text.starts_with(signed.date) {
        return Err(invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{text}'.",
            signed.date
        )));
    }
    let stamp = |time: OffsetDateTime| time.format(BASIC).unwrap_or_default();
    if time < now - TOLERANCE {
        let limit = stamp(now - TOLERANCE);
        return Err(invalid(format!(
            "Signature expired: {text} is now earlier than {limit} ({} - 5 min.)",
            stamp(now)
        )));
    }
    if time > now + TOLERANCE {
        let limit = stamp(now + TOLERANCE);
        return Err(invalid(format!(
            "Signature not yet current: {text} is still later than {limit} ({} + 5 min.)",
            stamp(now)
        )));
    }
    Ok(time)
}

/// What the signature would be if the request were signed here. `None` if it cannot be signed at all, such as a
/// request without `host`.
pub(super) fn signature(
    signed: &Signed<'_>,
    parts: &Parts,
    body: &[u8],
    secret: &str,
    time: SystemTime,
) -> Option<String> {
    // The session token is one of the signed headers: the identity must not bring it a second time.
    let identity: Identity = Credentials::new(signed.access_key_id, secret, None, None, "emulator").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
    // The caller chose what to sign; nothing is left out on top of that.
    settings.excluded_headers = None;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(signed.region)
        .name(signed.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let host = parts.headers.get(http::header::HOST)?.to_str().ok()?;
    let uri = format!("http://{host}{}", parts.uri.path_and_query()?);
    let mut headers = Vec::new();
    for name in signed.headers.split(';') {
        for value in parts.headers.get_all(name) {
            headers.push((name, value.to_str().ok()?));
        }
    }
    let request =
        SignableRequest::new(parts.method.as_str(), uri, headers.into_iter(), SignableBody::Bytes(body))
            .ok()?;
    Some(sign(request, &params).ok()?.into_parts().1)
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::forbidden("InvalidSignatureException", message)
}

fn unrecognized() -> ApiError {
    ApiError::forbidden(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
}
