//! Failures: what an endpoint says in an answer or inside a stream, and what happens on the way.
//!
//! Each server has its own shape of an error; what they have in common is looked for in all of them, and classified by
//! [`rules::RULES`]. Keys never come out again, not even where a server repeats them.

mod rules;
mod said;

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use hyper_util::client::legacy;
use outcrop_core::classify::numbers::{output_limit, overflow};
use outcrop_core::classify::{HTTP_STATUS_RULES, Rule, Signal, classify};
use outcrop_core::{Error, ErrorKind, ModelId, ProviderId, REDACTED, Retry, Secret};
use serde_json::Value;

use crate::http_client::{Late, causes};
use rules::{LAST, RULES};
use said::Said;

pub(crate) use said::is_error;

/// Secrets shorter than this are no keys; taking them out of a text would only make it unreadable.
const SHORTEST_SECRET: usize = 6;

/// The most of a server's words that is kept: some send the whole request back.
const MOST_WORDS: usize = 2000;

/// What an endpoint can be asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    Chat,
    Embeddings,
    Models,
}

impl Wanted {
    /// What an endpoint lacks that does not know it, and the path of it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Chat => ("has no chat completions there", "/chat/completions"),
            Self::Embeddings => ("has no embeddings there", "/embeddings"),
            Self::Models => ("has no list of models there", "/models"),
        }
    }
}

/// What all errors of one call have in common.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The endpoint, for people.
    pub(crate) endpoint: String,
    /// What was asked for, for people.
    pub(crate) wanted: Wanted,
    /// The provider's id.
    pub(crate) provider: ProviderId,
    /// The endpoint's id of the call.
    pub(crate) request_id: Option<String>,
    /// What must not come out in a message.
    pub(crate) secrets: Vec<Secret>,
}

impl Call {
    /// The failure that an answer tells of: one whose status is none of success.
    pub(crate) fn refused(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if (300..400).contains(&status) {
            let place = header("location").unwrap_or("another place");
            let place = place.split('?').next().unwrap_or_default();
            return self
                .new_error(ErrorKind::Protocol, "the endpoint sends the request elsewhere")
                .with_status(status)
                .with_provider_message(self.scrubbed(place))
                .with_hint("set `baseUrl` to where the endpoint is now");
        }
        let said = Said::read(body);
        // A server that does not know the path knows nothing of models either.
        let lost = matches!(status, 404 | 405) && said.as_ref().is_none_or(Said::is_about_the_path);
        if lost {
            return self.foreign(self.wanted.words().0, header("content-type")).with_status(status);
        }
        let mut error = self.said(&said.unwrap_or_default(), Some(status)).with_status(status);
        if header("x-should-retry") == Some("false") {
            error = error.with_retry(Retry::Never);
        }
        match retry_after(headers, SystemTime::now()).filter(|_| error.retry().is_advised()) {
            Some(wait) => error.with_retry(Retry::After(wait)),
            None => error,
        }
    }

    /// The failure that a value tells of that came in the place of an answer, or of a piece of one.
    pub(crate) fn in_stream(&self, value: &Value) -> Error {
        let said = Said::of(value).unwrap_or_default();
        let status = said.status();
        let error = self.said(&said, status);
        match status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }

    /// An answer that is none of this protocol. `what` it is; `content_type` what it says that it is.
    #[track_caller]
    pub(crate) fn foreign(&self, what: &str, content_type: Option<&str>) -> Error {
        let path = self.wanted.words().1;
        let error = self.new_error(ErrorKind::Protocol, format!("`{}` {what}", self.endpoint)).with_hint(
            format!("check `baseUrl`: it is the address in front of `{path}`, mostly with `/v1` at its end"),
        );
        match content_type {
            Some(content_type) => error.with_context("contentType", self.scrubbed(content_type)),
            None => error,
        }
    }

    /// An error of this call.
    #[track_caller]
    pub(crate) fn new_error(
        &self,
        kind: ErrorKind,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::new(kind, message).with_request_id(self.request_id.as_deref())
    }

    fn said(&self, said: &Said, status: Option<u16>) -> Error {
        let rule = rule_for(said, status);
        let kind = rule.map_or(ErrorKind::Unexpected, |rule| rule.kind);
        let mut error = self.new_error(kind, summary(kind));
        error = error.with_retry(rule.map_or(Retry::Never, Rule::advice));
        if let Some(code) = said.code.as_ref().or(said.kind.as_ref()) {
            error = error.with_code(self.scrubbed(code));
        }
        if let Some(provider) = &said.provider {
            error = error.with_context("upstream", self.scrubbed(provider));
        }
        if let Some(param) = &said.param {
            error = error.with_context("param", self.scrubbed(param));
        }
        if let Some(message) = &said.message {
            error = error.with_provider_message(self.scrubbed(message));
        }
        let message = said.message.as_deref().unwrap_or_default();
        if kind == ErrorKind::ContextOverflow {
            return match said.overflow.or_else(|| overflow(message)) {
                Some(overflow) => error.with_overflow(overflow),
                None => error,
            };
        }
        if let Some(limit) = output_limit(message) {
            return error.with_hint(format!("lower `maxTokens` to at most {limit}"));
        }
        match (rule.and_then(|rule| rule.hint), kind) {
            (Some(hint), _) => error.with_hint(hint),
            (None, ErrorKind::Unauthenticated) if self.secrets.is_empty() => error.with_hint(format!(
                "set `models.providers.{}.apiKey`: the endpoint wants a key, and none was sent",
                self.provider
            )),
            (None, ErrorKind::Unauthenticated) => error.with_hint(format!(
                "check `models.providers.{}.apiKey`: the endpoint does not know it",
                self.provider
            )),
            (None, ErrorKind::ModelNotFound) => error.with_hint(format!(
                "run `outcrop models list --all --provider {}` to see what the endpoint has",
                self.provider
            )),
            (None, _) => error,
        }
    }

    /// A server's text without the secrets of the call, and no longer than is kept of one.
    fn scrubbed(&self, text: &str) -> String {
        let keys = self.secrets.iter().map(Secret::expose);
        // Without its scheme, too.
        let mut hidden: Vec<_> = keys
            .flat_map(|key| [key, key.split_once(' ').map_or(key, |(_, key)| key.trim_start())])
            .collect();
        hidden.retain(|key| key.len() >= SHORTEST_SECRET);
        // A key may begin like another one.
        hidden.sort_unstable_by_key(|key| std::cmp::Reverse(key.len()));
        let mut text = hidden.iter().fold(text.to_owned(), |text, key| text.replace(key, REDACTED));
        // Where the text broke off, a key may have begun.
        let begun = |key: &str| {
            let cuts = (SHORTEST_SECRET..key.len()).rev();
            cuts.filter_map(|cut| key.get(..cut)).find(|begin| text.ends_with(begin)).map(str::len)
        };
        if let Some(begun) = hidden.iter().filter_map(|key| begun(key)).max() {
            text.truncate(text.len() - begun);
            text += REDACTED;
        }
        match text.char_indices().nth(MOST_WORDS) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// Who failed: the provider, and the model that was asked.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    provider: ProviderId,
    model: ModelId,
}

impl Named {
    pub(crate) fn new(provider: &ProviderId, model: &ModelId) -> Self {
        Self { provider: provider.clone(), model: model.clone() }
    }

    /// The error with who failed.
    pub(crate) fn name(&self, error: Error) -> Error {
        error.with_provider(&self.provider).with_context("model", self.model.as_str())
    }
}

/// The row for what was said: by its code, by its type, by the status, or by a type that alone says little.
fn rule_for(said: &Said, status: Option<u16>) -> Option<&'static Rule> {
    let message = said.message.as_deref();
    let by = |code: Option<&str>, status, tables: &[&'static [Rule]]| {
        let code = code.map(str::to_ascii_lowercase);
        classify(tables, &Signal { code: code.as_deref(), message, status })
    };
    by(said.code.as_deref(), None, &[RULES])
        .or_else(|| by(said.kind.as_deref(), None, &[RULES]))
        .or_else(|| by(None, status, &[RULES, HTTP_STATUS_RULES]))
        .or_else(|| by(said.kind.as_deref(), None, &[LAST]))
}

/// The lower-case line in front of the service's own words.
const fn summary(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "the endpoint does not accept the key",
        ErrorKind::PermissionDenied => "the caller may not do this",
        ErrorKind::ModelAccess => "the account has no access to this model",
        ErrorKind::ModelNotFound => "the endpoint does not have this model",
        ErrorKind::ProfileRequired => "this model is called by an inference profile only",
        ErrorKind::InvalidRequest => "the endpoint refused the request",
        ErrorKind::Unsupported => "the model cannot do this",
        ErrorKind::ContextOverflow => "the conversation is too long for this model",
        ErrorKind::Filtered => "the endpoint's filter withheld the answer",
        ErrorKind::Throttled => "the endpoint asks to slow down",
        ErrorKind::QuotaExceeded => "a quota or the credit is used up",
        ErrorKind::Unavailable => "the endpoint has a problem",
        ErrorKind::Timeout => "the model took too long",
        ErrorKind::Interrupted => "the answer was interrupted",
        _ => "the endpoint failed",
    }
}

/// How long to wait from now: `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |name: &str| header(name)?.parse::<f64>().ok();
    let until = || {
        let date = httpdate::parse_http_date(header("retry-after")?).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    };
    let seconds = number("retry-after-ms").map(|number| number / 1e3).or_else(|| number("retry-after"));
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).or_else(until)
}

/// A call of which no head of an answer came.
pub(crate) fn of_call(error: &legacy::Error) -> Error {
    let cause = |is: fn(&io::Error) -> bool| {
        causes(error).any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is))
    };
    let told = || Told::of(error);
    if let Some(late) = causes(error).find_map(|cause| cause.downcast_ref::<Late>()) {
        return Error::new(ErrorKind::Timeout, late.to_string()).with_hint("raise `timeouts.connect`");
    }
    if causes(error).any(<dyn StdError>::is::<rustls::Error>) {
        return Error::new(ErrorKind::Network, "no TLS connection to the endpoint can be made")
            .with_hint("check `baseUrl` and its port; `SSL_CERT_FILE` names the certificates of another authority to trust")
            .with_source(told());
    }
    if error.is_connect() {
        return Error::new(ErrorKind::Network, "the endpoint cannot be reached")
            .with_retry(Retry::Backoff)
            .with_hint("check `baseUrl`, and whether the server runs")
            .with_source(told());
    }
    let closed = causes(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed())
        || cause(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
            )
        });
    if closed {
        return Error::new(ErrorKind::Network, "the endpoint closed the connection without an answer")
            .with_retry(Retry::Backoff)
            .with_source(told());
    }
    if causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse) {
        return Error::new(ErrorKind::Protocol, "the endpoint does not speak HTTP")
            .with_hint("check `baseUrl` and its port: it may have to be `https://`")
            .with_source(told());
    }
    Error::new(ErrorKind::Network, "the connection to the endpoint failed").with_source(told())
}

/// A body that broke off.
pub(crate) fn of_body(error: hyper::Error) -> Error {
    Error::new(ErrorKind::Interrupted, "the answer broke off: the connection was lost").with_source(error)
}

/// What lies at the bottom of a failed call: the links above it say only in which part of the client it was seen, and
/// name the address with its query.
#[derive(Debug)]
struct Told(String);

impl Told {
    fn of(error: &legacy::Error) -> Self {
        Self(causes(error).last().map(ToString::to_string).unwrap_or_default())
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Told {}

#[cfg(test)]
mod tests;
