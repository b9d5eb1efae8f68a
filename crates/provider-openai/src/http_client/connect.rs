//! How a connection is made: the socket, the way through a proxy, and TLS.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::io::{Error as IoError, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use rustls::ClientConfig;
use tower_service::Service;

use super::proxy::Proxy;

type BoxError = Box<dyn StdError + Send + Sync>;

/// After how long a silence the other side is asked whether it is still there: a model may think for minutes, and what
/// stands in between forgets a silent connection.
const KEEP_ALIVE: Duration = Duration::from_mins(1);
/// How long after a question the next one follows, and how many may go unanswered.
const PROBE_AGAIN: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// There was no connection in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Late(pub(crate) Duration);

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there was no connection within {} s", self.0.as_secs_f64())
    }
}

impl StdError for Late {}

/// Makes connections to one endpoint.
#[derive(Clone)]
pub(super) struct Connector {
    way: Way,
    limit: Duration,
}

/// How a connection comes about.
#[derive(Clone)]
enum Way {
    Plain(HttpConnector),
    Tls(HttpsConnector<HttpConnector>),
    /// To a proxy, which passes requests on.
    Forward(Uri, HttpConnector),
    /// Through a proxy, which sees nothing of the requests.
    Tunnel(HttpsConnector<Tunnel<HttpConnector>>),
}

impl Connector {
    /// Over TLS if there is a configuration for that. `limit` holds for all that it takes until requests can be sent.
    pub(super) fn new(tls: Option<ClientConfig>, proxy: Option<&Proxy>, limit: Duration) -> Self {
        let way = match (tls.map(http2_or_1), proxy) {
            (None, None) => Way::Plain(tcp()),
            (Some(tls), None) => Way::Tls((tcp(), tls).into()),
            (None, Some(proxy)) => Way::Forward(proxy.url().clone(), tcp()),
            (Some(tls), Some(proxy)) => {
                let tunnel = Tunnel::new(proxy.url().clone(), tcp());
                let tunnel = match proxy.authorization() {
                    Some(authorization) => tunnel.with_auth(authorization.clone()),
                    None => tunnel,
                };
                Way::Tunnel((tunnel, tls).into())
            }
        };
        Self { way, limit }
    }
}

/// Plain sockets that notice when nobody is there any more.
fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEP_ALIVE));
    connector.set_keepalive_interval(Some(PROBE_AGAIN));
    connector.set_keepalive_retries(Some(PROBES));
    connector
}

/// Offers HTTP/2 and HTTP/1.1: the endpoint chooses.
fn http2_or_1(mut tls: ClientConfig) -> ClientConfig {
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}

async fn open<C>(mut connector: C, destination: Uri) -> Result<Socket, BoxError>
where
    C: Service<Uri, Error: Into<BoxError>>,
    C::Response: Io + 'static,
{
    poll_fn(|cx| connector.poll_ready(cx)).await.map_err(Into::into)?;
    let io = connector.call(destination).await.map_err(Into::into)?;
    Ok(Socket { io: Box::new(io), forwards: false })
}

impl Way {
    async fn connect(self, destination: Uri) -> Result<Socket, BoxError> {
        match self {
            Self::Plain(connector) => open(connector, destination).await,
            Self::Tls(connector) => open(connector, destination).await,
            Self::Tunnel(connector) => open(connector, destination).await,
            Self::Forward(proxy, connector) => Ok(Socket { forwards: true, ..open(connector, proxy).await? }),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Socket, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let (connecting, limit) = (self.way.clone().connect(destination), self.limit);
        Box::pin(async move {
            tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| Err(Late(limit).into()))
        })
    }
}

/// What a connection needs to be.
trait Io: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Io for T {}

/// A connection, however it came about: all kinds in one type, so that there is one HTTP client in the program and not
/// one for each kind.
pub(super) struct Socket {
    io: Box<dyn Io>,
    forwards: bool,
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.forwards)
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, buffers)
    }
}
