//! How one connection is made: the socket, the way through a proxy, and TLS.
//!
//! The SDK's own connector has no setting for what keeps a connection alive, on the socket or in HTTP/2; hence this one,
//! of the same parts (hyper-util, hyper-rustls).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use rustls::ClientConfig;
use tower_service::Service;

use super::failure::Late;
use super::proxies::Proxy;

/// After how long a silence the other side is asked whether it is still there. A model may think for minutes, and what
/// stands in between forgets a silent connection: a NAT gateway of AWS after 350 s (Amazon VPC User Guide, "Troubleshoot
/// NAT gateways"), many a firewall sooner.
pub(super) const KEEP_ALIVE: Duration = Duration::from_mins(1);
/// How long after a question the next one follows, as long as there is no answer.
const PROBE_AGAIN: Duration = Duration::from_secs(10);
/// How many questions in a row may go unanswered.
const PROBES: u32 = 3;
/// How long what was sent may stay unacknowledged: as long as silence may. By itself, Linux would try for a quarter of
/// an hour, and each new request would run into the same dead connection.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = KEEP_ALIVE.saturating_add(PROBE_AGAIN.saturating_mul(PROBES));

/// Makes connections of one kind.
#[derive(Clone)]
pub(super) struct Connector {
    way: Way,
    limit: Option<Duration>,
}

/// How a connection comes about.
#[derive(Clone)]
enum Way {
    Plain(HttpConnector),
    Tls(HttpsConnector<HttpConnector>),
    /// To a proxy, which passes requests on.
    Forward(Uri, Box<Way>),
    /// Through a proxy, which sees nothing of the requests.
    Tunnel(HttpsConnector<Tunnel<HttpsConnector<HttpConnector>>>),
}

impl Connector {
    /// To the destination itself, over TLS if there is a configuration for that. `limit` holds for all that it takes
    /// until requests can be sent.
    pub(super) fn direct(tls: Option<&Arc<ClientConfig>>, limit: Option<Duration>) -> Self {
        let way = tls.map_or_else(|| Way::Plain(tcp()), |tls| Way::Tls((tcp(), http2_or_1(tls)).into()));
        Self { way, limit }
    }

    /// To a proxy that passes plain requests on; over TLS if the proxy speaks that.
    pub(super) fn forward(proxy: &Proxy, tls: Option<&Arc<ClientConfig>>, limit: Option<Duration>) -> Self {
        // To be passed on, a request has to be one of HTTP/1.1.
        let way = tls.map_or_else(|| Way::Plain(tcp()), |tls| Way::Tls((tcp(), Arc::clone(tls)).into()));
        Self { way: Way::Forward(proxy.url().clone(), Box::new(way)), limit }
    }

    /// Through a proxy, and over TLS from one end to the other.
    pub(super) fn tunnel(proxy: &Proxy, tls: &Arc<ClientConfig>, limit: Option<Duration>) -> Self {
        let to_proxy = HttpsConnector::from((tcp(), Arc::clone(tls)));
        let tunnel = Tunnel::new(proxy.url().clone(), to_proxy);
        let tunnel = match proxy.authorization() {
            Some(authorization) => tunnel.with_auth(authorization.clone()),
            None => tunnel,
        };
        Self { way: Way::Tunnel((tunnel, http2_or_1(tls)).into()), limit }
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
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    connector
}

/// The same configuration, offering HTTP/2 and HTTP/1.1: the endpoint chooses.
fn http2_or_1(tls: &ClientConfig) -> ClientConfig {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}

impl Way {
    async fn connect(self, destination: Uri) -> Result<Socket, BoxError> {
        match self {
            Self::Plain(connector) => open(connector, destination).await,
            Self::Tls(connector) => open(connector, destination).await,
            Self::Tunnel(connector) => open(connector, destination).await,
            Self::Forward(proxy, way) => {
                let socket = Box::pin(way.connect(proxy)).await?;
                Ok(Socket { forwards: true, ..socket })
            }
        }
    }
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

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Socket, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let connecting = self.way.clone().connect(destination);
        match self.limit {
            None => Box::pin(connecting),
            Some(limit) => Box::pin(async move {
                let late = |_| Err(Late::connection(limit).into());
                tokio::time::timeout(limit, connecting).await.unwrap_or_else(late)
            }),
        }
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
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, buffers)
    }
}

#[cfg(test)]
mod tests;
