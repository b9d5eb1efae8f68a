//! Why a connection failed, where it was a proxy or a certificate: neither is of AWS, and the user can mend both.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::legacy;
use outcrop_core::{Error, ErrorKind, Retry};
use rustls::CertificateError;

use super::proxies::ProxyName;
use crate::sdk_error::never_connected;

/// How hyper-util calls the failures of `CONNECT`, whose type it does not show.
const TUNNEL_ERROR: &str = "tunnel error: ";

/// A limit on time was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Late {
    what: Awaited,
    limit: Duration,
}

/// What did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Connection,
    Answer,
}

impl Late {
    pub(crate) const fn connection(limit: Duration) -> Self {
        Self { what: Awaited::Connection, limit }
    }

    pub(super) const fn answer(limit: Duration) -> Self {
        Self { what: Awaited::Answer, limit }
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Awaited::Connection => "connection",
            Awaited::Answer => "answer",
        };
        write!(f, "there was no {what} within {} s", self.limit.as_secs_f64())
    }
}

impl StdError for Late {}

/// The limit that was reached, if that is why something failed.
pub(crate) fn late(error: &(dyn StdError + 'static)) -> Option<Late> {
    causes(error).find_map(|cause| cause.downcast_ref()).copied()
}

/// Whether it is the limit for making a connection that was reached.
pub(crate) fn is_late_connection(error: &(dyn StdError + 'static)) -> bool {
    late(error).is_some_and(|late| late.what == Awaited::Connection)
}

/// Whether the other side closed the connection instead of answering: most often one that had been idle for long, at
/// the very moment it was used again.
pub(crate) fn is_closed_unanswered(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        let hyper = cause.downcast_ref::<hyper::Error>();
        let io = cause.downcast_ref::<io::Error>();
        hyper.is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
            || io.is_some_and(|error| {
                matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
                )
            })
    })
}

/// The SDK's sort of a failure before the head of an answer; the SDK tries again after all but those of the user and
/// those that it is told nothing about.
pub(super) fn of_request(error: legacy::Error) -> ConnectorError {
    let timed_out = |cause: &(dyn StdError + 'static)| {
        cause.is::<Late>()
            || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
            || cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    };
    let hopeless = |cause: &(dyn StdError + 'static)| {
        cause.is::<rustls::Error>()
            || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
    };
    let by_user = |cause: &(dyn StdError + 'static)| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user)
    };
    if causes(&error).any(timed_out) {
        ConnectorError::timeout(error.into())
    } else if causes(&error).any(by_user) {
        ConnectorError::user(error.into())
    } else if causes(&error).any(hopeless) {
        ConnectorError::other(error.into(), None)
    } else {
        ConnectorError::io(error.into())
    }
}

/// A request that went through a proxy failed.
#[derive(Debug)]
struct ProxyFailure {
    proxy: Arc<ProxyName>,
    /// Whether a tunnel was asked for; else the proxy was to forward the request.
    tunnel: bool,
    source: BoxError,
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a request through the proxy {} failed", self.proxy)
    }
}

impl StdError for ProxyFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// The status 407, which no endpoint sends.
#[derive(Debug)]
struct CredentialsWanted;

impl fmt::Display for CredentialsWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("proxy authorization required")
    }
}

impl StdError for CredentialsWanted {}

/// Remembers which proxy a request went through, if it failed.
pub(super) fn of_proxy(
    answer: Result<HttpResponse, ConnectorError>,
    proxy: Arc<ProxyName>,
    tunnel: bool,
) -> Result<HttpResponse, ConnectorError> {
    let error = match answer {
        Ok(response) if !tunnel && response.status().as_u16() == 407 => {
            ConnectorError::other(CredentialsWanted.into(), None)
        }
        Ok(response) => return Ok(response),
        Err(error) => error,
    };
    let connection = error.connection_metadata().cloned();
    let (timeout, io, user, other) = (error.is_timeout(), error.is_io(), error.is_user(), error.as_other());
    let source = Box::new(ProxyFailure { proxy, tunnel, source: error.into_source() });
    let error = match () {
        () if timeout => ConnectorError::timeout(source),
        () if io => ConnectorError::io(source),
        () if user => ConnectorError::user(source),
        () => ConnectorError::other(source, other),
    };
    Err(match connection {
        Some(connection) => error.with_connection(connection),
        None => error,
    })
}

/// The error for a connection that a proxy or a certificate prevented; nothing for other failures.
pub(crate) fn explain(failure: &ConnectorError) -> Option<Error> {
    let proxy = causes(failure).find_map(|cause| cause.downcast_ref::<ProxyFailure>());
    let tunnel = causes(failure)
        .find_map(|cause| cause.to_string().strip_prefix(TUNNEL_ERROR).map(str::to_owned))
        .unwrap_or_default();
    // Whether it was already the way to the proxy that failed.
    let before_proxy =
        proxy.is_some_and(|it| !it.tunnel) || tunnel == "failed to create underlying connection";
    if let Some(error) = causes(failure).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        let peer = match proxy.filter(|_| before_proxy) {
            Some(failure) => format!("the proxy {}", failure.proxy),
            None => "the endpoint".to_owned(),
        };
        let setting = proxy.filter(|_| before_proxy).map(|failure| failure.proxy.variable);
        return Some(of_tls(error, &peer, setting));
    }
    let ProxyFailure { proxy, .. } = proxy?;
    let variable = proxy.variable;
    if tunnel == "proxy authorization required"
        || causes(failure).any(<dyn StdError>::is::<CredentialsWanted>)
    {
        return Some(credentials_wanted(proxy));
    }
    if let Some(late) = late(failure) {
        let message = format!("{late} through the proxy {proxy}");
        return Some(Error::new(ErrorKind::Timeout, message).with_hint(around(variable)));
    }
    if before_proxy && never_connected(failure) {
        let message = format!("the proxy {proxy} cannot be reached");
        let error = Error::new(ErrorKind::Network, message).with_retry(Retry::Backoff);
        return Some(error.with_hint(around(variable)));
    }
    if matches!(&*tunnel, "unsuccessful" | "unexpected end of file" | "proxy response headers too long") {
        let message = format!("the proxy {proxy} refuses to connect to the endpoint");
        return Some(
            Error::new(ErrorKind::Network, message)
                .with_hint("let the proxy allow the endpoint's host")
                .with_hint(around(variable)),
        );
    }
    let message = format!("the connection through the proxy {proxy} failed");
    let error = Error::new(ErrorKind::Network, message).with_hint(around(variable));
    Some(if is_closed_unanswered(failure) { error.with_retry(Retry::Backoff) } else { error })
}

fn credentials_wanted(proxy: &ProxyName) -> Error {
    let variable = proxy.variable;
    let [what, verb] = if proxy.has_credentials {
        ["does not accept the user name and password", "correct them in"]
    } else {
        ["asks for a user name and password", "write them into"]
    };
    Error::new(ErrorKind::Network, format!("the proxy {proxy} {what}")).with_hint(format!(
        "{verb} `{variable}`: `http://user:password@host:port`, with `%40` for `@` and so on"
    ))
}

fn around(variable: &str) -> String {
    format!("check `{variable}`, or name the endpoint's host in `NO_PROXY` to do without the proxy")
}

/// The error for a TLS handshake that failed. `peer` is who was on the other side, and `variable` what names it.
fn of_tls(error: &rustls::Error, peer: &str, variable: Option<&str>) -> Error {
    use CertificateError as Certificate;
    use rustls::Error as Tls;

    let url = variable.map_or_else(|| "the URL".to_owned(), |variable| format!("the URL in `{variable}`"));
    let (message, hint) = match error {
        Tls::InvalidCertificate(
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. },
        ) => (
            format!("the certificate of {peer} is not valid at this time"),
            "check the clock of this machine, and have the certificate renewed".to_owned(),
        ),
        Tls::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => (
            format!("the certificate of {peer} is for another host"),
            format!("check the host's name in {url}: something else may have answered"),
        ),
        Tls::InvalidCertificate(_) => (
            format!("the certificate of {peer} is not trusted"),
            "set `AWS_CA_BUNDLE` to a PEM file with the certificates of all authorities to trust: it takes the place \
             of the platform's"
                .to_owned(),
        ),
        Tls::InvalidMessage(_) => {
            (format!("{peer} does not speak TLS"), format!("check {url} and its port: it may have to be `http://`"))
        }
        _ => (format!("{peer} and this program agree on no TLS connection"), format!("check {url} and its port")),
    };
    Error::new(ErrorKind::Network, message).with_hint(hint)
}

/// An error and its causes. What an [`io::Error`] wraps is a cause too, although `source` passes over it.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        match error.downcast_ref::<io::Error>() {
            Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => (*error).source(),
        }
    })
}
