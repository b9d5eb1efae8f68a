//! The parameters of a query string, with the service's words for those that it does not take.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ApiError;
use crate::operation::Operation;

/// The parameters, decoded.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.get(name) {
            Some(value) if !allowed.contains(&value) => Err(wrong(
                name,
                value,
                &format!("Member must satisfy enum value set: [{}]", allowed.join(", ")),
            )),
            value => Ok(value),
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<OffsetDateTime>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let time = OffsetDateTime::parse(value, &Rfc3339);
        time.map(Some).map_err(|_| wrong(name, value, "Member must be a timestamp of ISO 8601"))
    }

    pub(super) fn max_results(&self) -> Result<Option<usize>, ApiError> {
        let Some(value) = self.get("maxResults") else { return Ok(None) };
        match value.parse() {
            Ok(number @ 1..=1000) => Ok(Some(number)),
            _ => Err(wrong("maxResults", value, "Member must be between 1 and 1000")),
        }
    }

    /// With how many rows the pages before end; the token of another list is none.
    pub(super) fn start(&self, operation: Operation) -> Result<usize, ApiError> {
        let Some(token) = self.get("nextToken") else { return Ok(0) };
        let read = || {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
            let (list, start) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
            start.parse().ok().filter(|_| list == operation.action())
        };
        read().ok_or_else(|| ApiError::validation("The provided nextToken is invalid."))
    }
}

/// The token of the page that begins there.
pub(super) fn token(operation: Operation, start: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{start}", operation.action()))
}

fn wrong(name: &str, value: &str, constraint: &str) -> ApiError {
    ApiError::validation(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
    ))
}
