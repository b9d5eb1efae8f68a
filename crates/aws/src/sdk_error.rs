//! From the SDK's errors to ours, with nothing of what the service said lost.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_smithy_runtime_api::client::interceptors::InterceptorError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, DispatchFailure, SdkError};
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;
use hyper_util::client::legacy;
use outcrop_core::classify::{Rule, Signal};
use outcrop_core::{Error, ErrorKind, Retry};

use crate::classify::{output_limit, overflow, rule_for};
use crate::http_client;

/// What an SDK error knows of the reply that caused it.
pub trait RawReply {
    /// The HTTP status.
    fn status(&self) -> Option<u16> {
        None
    }

    /// A header's value, by lower-case name.
    fn header(&self, name: &str) -> Option<&str>;
}

impl RawReply for HttpResponse {
    fn status(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)
    }
}

impl RawReply for RawMessage {
    fn header(&self, name: &str) -> Option<&str> {
        let Self::Decoded(message) = self else { return None };
        let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
        header.value().as_string().ok().map(aws_smithy_types::str_bytes::StrBytes::as_str)
    }
}

/// What is known beside the SDK's error.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service's prefix in IAM actions, such as `bedrock`.
    pub service: &'static str,
    /// The operation's name, such as `ConverseStream`.
    pub operation: &'static str,
    /// The id of the HTTP call, for errors inside a stream, which carry none.
    pub request_id: Option<&'a str>,
    /// The error code, where the SDK's error does not carry it.
    pub code: Option<&'a str>,
    /// The status that a model gave to the service (`originalStatusCode`).
    pub original_status: Option<u16>,
    /// What a model said to the service (`originalMessage`).
    pub original_message: Option<&'a str>,
    /// Whether it is an answer of the service that came: a broken frame then is an interruption.
    pub answering: bool,
}

impl Call<'_> {
    /// A call of which no more is known.
    pub const fn new(operation: &'static str) -> Self {
        Self {
            service: "bedrock",
            operation,
            request_id: None,
            code: None,
            original_status: None,
            original_message: None,
            answering: false,
        }
    }

    /// The call, made to another service.
    pub(crate) const fn of_service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }

    /// The IAM action that the operation needs (Service Authorization Reference for Amazon Bedrock).
    fn iam_action(&self) -> String {
        let action = match self.operation {
            "Converse" => "InvokeModel",
            "ConverseStream" => "InvokeModelWithResponseStream",
            other => other,
        };
        format!("{}:{action}", self.service)
    }
}

/// A reply of another content type than Bedrock's: something else answered. For interceptors to raise.
#[derive(Debug)]
pub struct ForeignReply {
    /// The content type.
    pub content_type: String,
}

impl fmt::Display for ForeignReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reply is of the type `{}`", self.content_type)
    }
}

impl StdError for ForeignReply {}

/// Classifies an error of the SDK.
pub fn error_from_sdk<E, R>(call: &Call<'_>, error: SdkError<E, R>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: RawReply + fmt::Debug + Send + Sync + 'static,
{
    let classified = match &error {
        _ if find::<ForeignReply>(&error).is_some() => match error.raw_response() {
            Some(raw) => foreign(raw),
            None => not_bedrock(),
        },
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let exception = exception_type(service.raw());
            from_service(call, meta.code().or(exception.as_deref()), meta.message(), service.raw())
        }
        SdkError::ResponseError(response) => from_response(call, response.raw(), &error),
        SdkError::DispatchFailure(failure) => from_dispatch(call, failure),
        SdkError::TimeoutError(_) => Error::new(ErrorKind::Timeout, "the service did not answer in time"),
        SdkError::ConstructionFailure(_) => {
            Error::new(ErrorKind::InvalidRequest, "the request cannot be built")
        }
        _ => Error::new(ErrorKind::Unexpected, "the AWS SDK failed"),
    };
    // Our own providers of credentials say themselves what is wrong.
    if let Some(ours) = find::<Error>(&error) {
        return ours.clone().with_context("operation", call.operation);
    }
    if find::<CredentialsError>(&error).is_some() || find::<TokenError>(&error).is_some() {
        return Error::new(ErrorKind::Unauthenticated, "there are no credentials to sign with")
            .with_context("operation", call.operation)
            .with_hint("run `outcrop auth status` to see why")
            .with_source(Telling::from(error));
    }
    let classified = classified.with_request_id(call.request_id).with_context("operation", call.operation);
    // What the service said is kept already; the SDK's error would only repeat it, or be puzzled by an error frame.
    let said = matches!(error, SdkError::ServiceError(_))
        || error.raw_response().is_some_and(|raw| raw.header(":error-code").is_some());
    if said { classified } else { classified.with_source(Telling::from(error)) }
}

/// An error of the SDK without the outer links of its chain, which say only in which part of the SDK it was seen:
/// "dispatch failure", "io error", "client error (Connect)", "… interceptor encountered an error".
#[derive(Debug)]
struct Telling<E> {
    error: E,
    /// How many links are left out.
    outer: usize,
}

impl<E: StdError + 'static> From<E> for Telling<E> {
    fn from(error: E) -> Self {
        let tells_nothing = |cause: &&(dyn StdError + 'static)| {
            let of_sdk = cause.is::<E>() || cause.is::<ConnectorError>() || cause.is::<InterceptorError>();
            (of_sdk || cause.is::<legacy::Error>()) && cause.source().is_some()
        };
        let outer = chain(&error).take_while(tells_nothing).count();
        Self { error, outer }
    }
}

impl<E: StdError + 'static> Telling<E> {
    fn link(&self) -> &(dyn StdError + 'static) {
        chain(&self.error).nth(self.outer).unwrap_or(&self.error)
    }
}

impl<E: StdError + 'static> fmt::Display for Telling<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.link(), f)
    }
}

impl<E: StdError + 'static> StdError for Telling<E> {
    /// The first link itself, so that it can be recognized by its type.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.link())
    }
}

fn from_service(call: &Call<'_>, code: Option<&str>, message: Option<&str>, raw: &impl RawReply) -> Error {
    let code = call.code.or(code).or_else(|| raw.header(":error-code"));
    let message = all_words(message.or_else(|| raw.header(":error-message")), call.original_message);
    let message = message.as_deref();
    let signal = match call.original_status {
        Some(status) => Signal { code: None, message, status: Some(status) },
        None => Signal { code, message, status: raw.status() },
    };
    // AWS gives every answer an id.
    let has_no_id = raw.header("x-amzn-requestid").is_none();
    let is_foreign = |status| (200..300).contains(&status) || (status == 404 && has_no_id);
    if code.is_none() && raw.status().is_some_and(is_foreign) {
        return foreign(raw);
    }
    let rule = rule_for(&signal);
    let kind = rule.map_or(ErrorKind::Unexpected, |rule| rule.kind);
    let mut error = Error::new(kind, summary(kind)).with_retry(rule.map_or(Retry::Never, Rule::advice));
    if let Some(code) = code {
        error = error.with_code(code.to_owned());
    }
    if let Some(message) = message {
        error = error.with_provider_message(message);
    }
    if let Some(status) = raw.status() {
        error = error.with_status(status);
    }
    if let Some(wait) = retry_after(raw, SystemTime::now())
        && error.retry().is_advised()
    {
        error = error.with_retry(Retry::After(wait));
    }
    error = error.with_request_id(raw.header("x-amzn-requestid"));
    with_hints(error, call, rule, message.unwrap_or_default())
}

/// What the service says, and what the model said to it, if that is more.
fn all_words<'a>(message: Option<&'a str>, original: Option<&'a str>) -> Option<Cow<'a, str>> {
    let said = |words: &&str| !words.trim().is_empty();
    match (message.filter(said), original.filter(said)) {
        (Some(message), Some(original)) if !message.contains(original) => {
            Some(format!("{message}: {original}").into())
        }
        (message, original) => message.or(original).map(Cow::Borrowed),
    }
}

/// The lower-case line in front of the service's own words.
const fn summary(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "the service does not accept the credentials",
        ErrorKind::PermissionDenied => "the caller may not do this",
        ErrorKind::ModelAccess => "the account has no access to this model",
        ErrorKind::ModelNotFound => "the service does not have this model to call",
        ErrorKind::ProfileRequired => "this model is called through an inference profile only",
        ErrorKind::InvalidRequest => "the service refused the request",
        ErrorKind::Unsupported => "the model cannot do this",
        ErrorKind::ContextOverflow => "the conversation is too long for this model",
        ErrorKind::Throttled => "the service asks to slow down",
        ErrorKind::QuotaExceeded => "a quota is used up",
        ErrorKind::Unavailable => "the service has a problem",
        ErrorKind::Timeout => "the model took too long",
        ErrorKind::Interrupted => "the answer was interrupted",
        _ => "the service failed",
    }
}

fn with_hints(error: Error, call: &Call<'_>, rule: Option<&Rule>, message: &str) -> Error {
    if error.kind() == ErrorKind::ContextOverflow {
        return match overflow(message) {
            Some(overflow) => error.with_overflow(overflow),
            None => error,
        };
    }
    if let Some(limit) = output_limit(message) {
        return error.with_hint(format!("lower `maxTokens` to at most {limit}"));
    }
    if let Some(hint) = rule.and_then(|rule| rule.hint) {
        return error.with_hint(hint);
    }
    match error.kind() {
        ErrorKind::PermissionDenied => {
            let action = message
                .split_once("perform: ")
                .and_then(|(_, rest)| rest.split_whitespace().next())
                .map_or_else(|| call.iam_action(), str::to_owned);
            error.with_hint(format!("add the IAM action `{action}` to the caller's policy"))
        }
        ErrorKind::ModelAccess => error.with_hint(
            "request access to the model in the Amazon Bedrock console, under Model access or in the Model catalog, in \
             the region that is called",
        ),
        ErrorKind::ModelNotFound => {
            error.with_hint("run `outcrop models list` to see what can be called here")
        }
        ErrorKind::Unauthenticated if error.code().is_some_and(|code| code.starts_with("ExpiredToken")) => {
            error.with_hint("renew the credentials where they come from: `outcrop auth` says where that is")
        }
        ErrorKind::Unauthenticated => {
            error.with_hint("check the access key or the Bedrock API key, and the clock")
        }
        _ => error,
    }
}

/// How long to wait from now: `x-amz-retry-after` in milliseconds, or `retry-after` in seconds or as a date (RFC 9110,
/// section 10.2.3).
fn retry_after(raw: &impl RawReply, now: SystemTime) -> Option<Duration> {
    let number = |name: &str| raw.header(name)?.trim().parse().ok();
    let until = || {
        let date = DateTime::from_str(raw.header("retry-after")?.trim(), Format::HttpDate).ok()?;
        let date = SystemTime::try_from(date).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    };
    number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
        .or_else(until)
}

/// A reply that is not what the protocol asks for.
fn from_response(call: &Call<'_>, raw: &impl RawReply, error: &(dyn StdError + 'static)) -> Error {
    // An event stream may end in an error frame that no model of the service describes, or in an exception whose body
    // cannot be read.
    let exception = exception_type(raw);
    if exception.is_some() || raw.header(":error-code").is_some() {
        return from_service(call, exception.as_deref(), None, raw);
    }
    let broken_frame = chain(error).any(|cause| cause.to_string().starts_with("message checksum"));
    let cut = chain(error).any(|cause| cause.to_string().contains("unexpected end of stream"));
    if call.answering || broken_frame || cut || find::<io::Error>(error).is_some() {
        return Error::new(ErrorKind::Interrupted, "the answer broke off: a frame is damaged or cut");
    }
    foreign(raw)
}

/// The name of an exception frame as errors have it: `throttlingException` is `ThrottlingException`.
fn exception_type(raw: &impl RawReply) -> Option<String> {
    let mut name = raw.header(":exception-type")?.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(name)
}

fn foreign(raw: &impl RawReply) -> Error {
    match raw.status() {
        Some(status) => not_bedrock().with_status(status).with_request_id(raw.header("x-amzn-requestid")),
        None => not_bedrock(),
    }
}

fn not_bedrock() -> Error {
    Error::new(ErrorKind::Protocol, "the reply is not one of Amazon Bedrock")
        .with_hint("check the endpoint: something else answered")
}

fn from_dispatch(call: &Call<'_>, failure: &DispatchFailure) -> Error {
    let connector_error = failure.as_connector_error();
    if call.answering {
        return Error::new(ErrorKind::Interrupted, "the connection broke in the middle of the answer");
    }
    connector_error.map_or_else(failed, from_connector)
}

/// A connection that could not be made, or broke.
pub(crate) fn from_connector(error: &ConnectorError) -> Error {
    http_client::explain(error).unwrap_or_else(|| broken(error))
}

const CHECK_THE_WAY: &str = "check the network, the proxy settings and the endpoint";

fn failed() -> Error {
    Error::new(ErrorKind::Network, "the connection failed").with_hint(CHECK_THE_WAY)
}

fn broken(error: &ConnectorError) -> Error {
    let hint = CHECK_THE_WAY;
    if let Some(late) = http_client::late(error) {
        return Error::new(ErrorKind::Timeout, late.to_string()).with_hint(hint);
    }
    if error.is_timeout() {
        let message = "the connection fell silent: its other end does not answer any more";
        return Error::new(ErrorKind::Timeout, message).with_hint(hint);
    }
    if never_connected(error) {
        return Error::new(ErrorKind::Network, "no connection could be made")
            .with_hint(hint)
            .with_retry(Retry::Backoff);
    }
    if http_client::is_closed_unanswered(error) {
        // What was asked for may have been done, and nobody can know: but a model's answer that nobody read changes
        // nothing, and AWS's own SDKs try again as well.
        let message = "the connection was closed before there was an answer";
        return Error::new(ErrorKind::Network, message).with_hint(hint).with_retry(Retry::Backoff);
    }
    failed()
}

/// Whether nothing can have reached the service: no name, no connection.
pub(crate) fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    let refused = find::<io::Error>(error).is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::AddrNotAvailable
        )
    });
    refused || chain(error).any(|cause| cause.to_string().contains("dns error"))
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests;
