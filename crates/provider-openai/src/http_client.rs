//! The HTTP client of one endpoint: nothing is set up before the first call.

mod connect;
mod proxy;

use std::error::Error as StdError;
use std::fmt;
use std::io::Error as IoError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, unfold};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use outcrop_core::{Environment, Error, ErrorKind, Result, Secret};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::OpenAiSettings;
use crate::failure;
use connect::Connector;
use proxy::Proxy;

pub(crate) use connect::Late;

/// How long a connection is kept that nobody uses.
const KEEP_IDLE: Duration = Duration::from_secs(90);
/// How often a connection of HTTP/2 asks the other side whether it is still there, as long as nothing comes; and how
/// long the answer to that may take.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_ANSWER: Duration = Duration::from_secs(20);

/// The bytes of an answer, as they come. Dropping it closes the connection, or resets its stream.
pub(crate) type ByteStream = BoxStream<'static, Result<Bytes>>;

/// Makes calls to one endpoint, over connections that are kept.
pub(crate) struct HttpClient {
    secure: bool,
    proxy: Option<Proxy>,
    connect_limit: Duration,
    headers: HeaderMap,
    client: OnceCell<Client<Connector, Full<Bytes>>>,
}

/// The head of an answer, and its body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ByteStream,
}

impl HttpClient {
    /// The client for an endpoint at `url`, through the proxy that the environment names.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the proxy or a header cannot be used.
    pub(crate) fn new(url: &str, settings: &OpenAiSettings, environment: &Environment) -> Result<Self> {
        Ok(Self {
            secure: url.starts_with("https:"),
            proxy: proxy::of(url, environment)?,
            connect_limit: settings.connect_limit(),
            headers: headers(settings)?,
            client: OnceCell::new(),
        })
    }

    /// Sends a JSON body, and waits for the head of an answer that comes piece by piece.
    pub(crate) async fn post(&self, url: &str, body: Bytes) -> Result<Reply> {
        self.send(Method::POST, url, Some(body), "text/event-stream, application/json").await
    }

    /// Sends a JSON body, and waits for the head of an answer that is JSON.
    pub(crate) async fn post_for_json(&self, url: &str, body: Bytes) -> Result<Reply> {
        self.send(Method::POST, url, Some(body), "application/json").await
    }

    /// Asks for a page, and waits for the head of the answer.
    pub(crate) async fn get(&self, url: &str) -> Result<Reply> {
        self.send(Method::GET, url, None, "application/json").await
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<Bytes>,
        accept: &'static str,
    ) -> Result<Reply> {
        let has_body = body.is_some();
        let mut request = Request::new(Full::new(body.unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() =
            url.parse().map_err(|error| Error::config("`baseUrl` is not a URL").with_source(error))?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accept));
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(authorization) =
            self.proxy.as_ref().filter(|_| !self.secure).and_then(Proxy::authorization)
        {
            headers.insert(http::header::PROXY_AUTHORIZATION, authorization.clone());
        }
        let client = self.client().await?;
        let response = client.request(request).await.map_err(|error| failure::of_call(&error))?;
        Ok(reply(response))
    }

    async fn client(&self) -> Result<&Client<Connector, Full<Bytes>>> {
        let build = async || {
            // Where all is plain HTTP, no certificates are loaded.
            let tls = if self.secure { Some(tls().await?) } else { None };
            let connector = Connector::new(tls, self.proxy.as_ref(), self.connect_limit);
            Ok(Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(KEEP_IDLE)
                .http2_keep_alive_interval(PING_EVERY)
                .http2_keep_alive_timeout(PING_ANSWER)
                .build(connector))
        };
        self.client.get_or_try_init(build).await
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// The headers of every call.
fn headers(settings: &OpenAiSettings) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let agent = concat!("outcrop/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    if let Some(key) = &settings.api_key {
        headers.insert(AUTHORIZATION, secret(&format!("Bearer {}", key.expose()), "apiKey")?);
    }
    for (name, value) in &settings.headers {
        let known = HeaderName::try_from(name)
            .map_err(|_| Error::config("`headers` has a name that no header can have"))?;
        headers.insert(known, secret(value.expose(), &format!("headers.{name}"))?);
    }
    Ok(headers)
}

/// A value that HTTP/2 does not put into its table, and that no log shows.
fn secret(value: &str, setting: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::config(format!("`{setting}` must be a text without line breaks")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What a message about a call must not repeat of its head.
pub(crate) fn secrets(settings: &OpenAiSettings) -> impl Iterator<Item = Secret> {
    settings.api_key.iter().chain(settings.headers.values()).cloned()
}

fn reply(response: Response<Incoming>) -> Reply {
    let (head, body) = response.into_parts();
    let body = unfold(body, async |mut body: Incoming| {
        loop {
            match body.frame().await? {
                Ok(frame) => {
                    // Trailers say nothing here.
                    if let Ok(data) = frame.into_data() {
                        return Some((Ok(data), body));
                    }
                }
                Err(error) => return Some((Err(failure::of_body(error)), body)),
            }
        }
    });
    Reply { status: head.status.as_u16(), headers: head.headers, body: Box::pin(body) }
}

/// TLS with whom the platform trusts. Its files are read where no call waits for the thread.
async fn tls() -> Result<ClientConfig> {
    let built = tokio::task::spawn_blocking(of_platform).await.map_err(IoError::from);
    let built = built.and_then(|built| built.map_err(IoError::other));
    built.map_err(|error| Error::new(ErrorKind::Unexpected, "TLS cannot be set up").with_source(error))
}

/// `SSL_CERT_FILE` and `SSL_CERT_DIR` say who is trusted, too.
fn of_platform() -> Result<ClientConfig, rustls::Error> {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "certificates of the platform cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An error and its causes. What an [`std::io::Error`] wraps is a cause too, although `source` passes over it.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        match error.downcast_ref::<std::io::Error>() {
            Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => (*error).source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt as _;

    use super::*;

    /// The certificates are many files: a thread that runs calls does not read them.
    #[test]
    fn certificates_are_read_off_the_threads_of_calls() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let url = "https://x.example/v1";
        let client = HttpClient::new(url, &OpenAiSettings::new(url), &Environment::default()).unwrap();
        runtime.block_on(async {
            let (free, busy) = channel::<()>();
            tokio::task::spawn_blocking(move || busy.recv());
            let mut building = Box::pin(client.client());
            assert!((&mut building).now_or_never().is_none(), "it is built on this thread");
            free.send(()).unwrap();
            assert!(building.await.is_ok());
        });
    }
}
