//! The one error type: what kind of failure, whether to try again, and what to do next.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Overflow, ProviderId};

/// A result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! error_kinds {
    ($($(#[$doc:meta])* $variant:ident { name: $name:literal, exit: $exit:literal, retry: $retry:ident, remedy: $remedy:literal }),+ $(,)?) => {
        /// What kind of failure it was. Each kind has one exit code and one usual advice on retrying; the table is
        /// [`ErrorKind::ALL`] with the getters of this type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $variant,)+
        }

        impl ErrorKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The kind's name, as it stands in JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// The kind in lower-case words, as it stands in messages.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The exit code of the command line program.
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$variant => $exit,)+ }
            }

            /// The advice on retrying that holds if nothing more is known.
            pub const fn default_retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)+ }
            }

            /// What people can do about it, in one sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
}

error_kinds! {
    /// Nobody knows who is calling: no credentials, or credentials that the service does not accept.
    Unauthenticated { name: "not authenticated", exit: 4, retry: Never, remedy: "Give credentials: environment variables, a profile, or a Bedrock API key." },
    /// The caller is known and not allowed to do this.
    PermissionDenied { name: "permission denied", exit: 4, retry: Never, remedy: "Add the IAM action that the message names." },
    /// The account has no access to the model.
    ModelAccess { name: "no access to the model", exit: 4, retry: Never, remedy: "Request access to the model in the Amazon Bedrock console." },
    /// There is no such model here, or not any more.
    ModelNotFound { name: "model not found", exit: 5, retry: Never, remedy: "Run `outcrop models list` to see what can be called." },
    /// The model can be called through an inference profile only.
    ProfileRequired { name: "an inference profile is required", exit: 5, retry: Never, remedy: "Call the model by the id of one of its inference profiles." },
    /// The service refuses the request as it is.
    InvalidRequest { name: "invalid request", exit: 6, retry: Never, remedy: "Change what the message names." },
    /// The conversation is longer than the model's context window.
    ContextOverflow { name: "context window exceeded", exit: 6, retry: Never, remedy: "Shorten the conversation, or take a model with a larger context window." },
    /// The model or the provider lacks a feature that the request needs.
    Unsupported { name: "not supported", exit: 6, retry: Never, remedy: "Leave the feature out, or take a model that has it." },
    /// A guardrail, a filter or the model itself withheld the answer.
    Filtered { name: "the answer was filtered", exit: 7, retry: Never, remedy: "Change the prompt, or the guardrail." },
    /// Too many requests or tokens for now.
    Throttled { name: "throttled", exit: 8, retry: Backoff, remedy: "Wait and try again, or ask for a higher quota." },
    /// A quota is used up for longer than a wait.
    QuotaExceeded { name: "quota exceeded", exit: 8, retry: Never, remedy: "Ask for a higher quota, or take another model or region." },
    /// The service has a problem.
    Unavailable { name: "service unavailable", exit: 9, retry: Backoff, remedy: "Try again later, or take another region." },
    /// Nothing came for too long.
    Timeout { name: "timed out", exit: 9, retry: Backoff, remedy: "Try again, or raise the time limit." },
    /// The connection could not be made or broke.
    Network { name: "network error", exit: 9, retry: Never, remedy: "Check the connection, the proxy and the endpoint." },
    /// The answer broke off.
    Interrupted { name: "the answer was interrupted", exit: 9, retry: Backoff, remedy: "Try again." },
    /// The other side does not speak this protocol.
    Protocol { name: "protocol error", exit: 1, retry: Never, remedy: "Check that the endpoint is the service that you mean." },
    /// The configuration or a setting is wrong.
    Config { name: "configuration error", exit: 3, retry: Never, remedy: "Correct the setting that the message names." },
    /// The caller cancelled.
    Cancelled { name: "cancelled", exit: 130, retry: Never, remedy: "Nothing to do." },
    /// A failure that fits nowhere else. Never retried.
    Unexpected { name: "unexpected error", exit: 1, retry: Never, remedy: "Please report it, with the request id." },
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

/// Whether the same request may succeed if it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// It will not, or nobody knows.
    Never,
    /// It may, after a growing wait.
    Backoff,
    /// It may, after this wait, as the service said.
    After(Duration),
    /// It was tried that often in vain.
    Exhausted {
        /// How often, the first time included.
        attempts: u32,
    },
}

impl Retry {
    /// Whether to try again at all.
    pub const fn is_advised(self) -> bool {
        matches!(self, Self::Backoff | Self::After(_))
    }
}

/// A failure: its kind, whether to try again, what the service said in its own words, and what to do next.
///
/// `Display` is one line that starts in lower case and does not repeat the source; walk [`std::error::Error::source`]
/// for that. Cheap to clone: one failure can answer many waiters.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: Cow<'static, str>,
    provider: Option<ProviderId>,
    code: Option<Cow<'static, str>>,
    provider_message: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
    overflow: Option<Overflow>,
    location: &'static Location<'static>,
    context: Vec<(Cow<'static, str>, String)>,
    hints: Vec<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with a message: one line, in lower case, without a full stop.
    #[track_caller]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            retry: kind.default_retry(),
            message: message.into(),
            provider: None,
            code: None,
            provider_message: None,
            status: None,
            request_id: None,
            overflow: None,
            location: Location::caller(),
            context: Vec::new(),
            hints: Vec::new(),
            source: None,
        }))
    }

    /// A feature that is lacking: [`ErrorKind::Unsupported`].
    #[track_caller]
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A wrong setting: [`ErrorKind::Config`].
    #[track_caller]
    pub fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Replaces the advice on retrying.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Names the provider.
    pub fn with_provider(mut self, provider: &ProviderId) -> Self {
        self.0.provider = Some(provider.clone());
        self
    }

    /// Keeps the service's own error code.
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Keeps the service's own words.
    pub fn with_provider_message(mut self, message: impl Into<String>) -> Self {
        self.0.provider_message = Some(message.into());
        self
    }

    /// Keeps the HTTP status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Keeps the service's id of the call.
    pub fn with_request_id(mut self, request_id: Option<impl Into<String>>) -> Self {
        if let Some(request_id) = request_id {
            self.0.request_id = Some(request_id.into());
        }
        self
    }

    /// Keeps by how much the conversation is too long, and says what to do about it.
    pub fn with_overflow(mut self, overflow: Overflow) -> Self {
        self.0.overflow = Some(overflow);
        match overflow.advice() {
            Some(advice) => self.with_hint(advice),
            None => self,
        }
    }

    /// Adds a fact for whoever looks into it, such as `("model", "…")`.
    pub fn with_context(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.0.context.push((key.into(), value.into()));
        self
    }

    /// Adds something to do next; the same hint counts once.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.0.hints.contains(&hint) {
            self.0.hints.push(hint);
        }
        self
    }

    /// Keeps the cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same request may succeed if it is sent again.
    pub const fn retry(&self) -> Retry {
        self.0.retry
    }

    /// This project's words, without the service's.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider that failed.
    pub const fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// The service's own error code, such as `ThrottlingException`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The service's own words.
    pub fn provider_message(&self) -> Option<&str> {
        self.0.provider_message.as_deref()
    }

    /// The HTTP status.
    pub const fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's id of the call; its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// By how much the conversation is too long, if the service said it in numbers.
    pub const fn overflow(&self) -> Option<Overflow> {
        self.0.overflow
    }

    /// The line of the source that made it. Whoever tests that all errors are known can tell them apart by it.
    pub const fn location(&self) -> &'static Location<'static> {
        self.0.location
    }

    /// Facts for whoever looks into it.
    pub fn context(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.context.iter().map(|(key, value)| (&**key, &**value))
    }

    /// What to do next, best first.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let Some(words) = self.provider_message() else { return Ok(()) };
        f.write_str(": ")?;
        // One line, whatever the service wrote.
        let mut lines = words.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
        if let Some(first) = lines.next() {
            f.write_str(first)?;
        }
        lines.try_for_each(|line| write!(f, " {line}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind, retry, provider, code, status, request_id, overflow, context, hints, source, ..
        } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("message", &format_args!("{self}"))
            .field("retry", retry)
            .field("provider", provider)
            .field("code", code)
            .field("status", status)
            .field("request_id", request_id)
            .field("overflow", overflow)
            .field("context", context)
            .field("hints", hints)
            .field("source", source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn display_is_one_line_with_the_services_words_and_without_the_source() {
        let error = Error::new(ErrorKind::InvalidRequest, "the service refused the request")
            .with_code("ValidationException")
            .with_provider_message("Malformed input:\n  text is blank\r\n")
            .with_source("the cause");
        assert_eq!(error.to_string(), "the service refused the request: Malformed input: text is blank");
        assert_eq!(error.source().unwrap().to_string(), "the cause");
        assert_eq!(error.clone().code(), Some("ValidationException"));
    }

    #[test]
    fn each_kind_has_the_exit_code_and_the_advice_of_the_table() {
        use ErrorKind::*;
        let expected = [
            (Unauthenticated, 4, false),
            (PermissionDenied, 4, false),
            (ModelAccess, 4, false),
            (ModelNotFound, 5, false),
            (ProfileRequired, 5, false),
            (InvalidRequest, 6, false),
            (ContextOverflow, 6, false),
            (Unsupported, 6, false),
            (Filtered, 7, false),
            (Throttled, 8, true),
            (QuotaExceeded, 8, false),
            (Unavailable, 9, true),
            (Timeout, 9, true),
            (Network, 9, false),
            (Interrupted, 9, true),
            (Protocol, 1, false),
            (Config, 3, false),
            (Cancelled, 130, false),
            (Unexpected, 1, false),
        ];
        let actual: Vec<_> = ErrorKind::ALL
            .iter()
            .map(|kind| (*kind, kind.exit_code(), kind.default_retry().is_advised()))
            .collect();
        assert_eq!(actual, expected);
    }

    #[test]
    fn an_error_knows_the_line_that_made_it() {
        let (error, line) = (Error::config("x"), line!());
        assert_eq!((error.location().file(), error.location().line()), (file!(), line));
    }

    #[test]
    fn the_numbers_of_an_overflow_come_with_what_to_do() {
        let overflow = Overflow::new(Some(12), None, Some(10));
        let error = Error::new(ErrorKind::ContextOverflow, "too long").with_overflow(overflow);
        assert_eq!(error.overflow(), Some(overflow));
        assert!(error.hints()[0].starts_with("2 tokens too long"), "{error:?}");
        let silent = Error::new(ErrorKind::ContextOverflow, "too long").with_overflow(Overflow::default());
        assert_eq!(silent.hints(), [""; 0]);
    }

    #[test]
    fn a_hint_is_given_once() {
        let error = Error::config("x").with_hint("do this").with_hint("do this").with_hint("or that");
        assert_eq!(error.hints(), ["do this", "or that"]);
    }
}
