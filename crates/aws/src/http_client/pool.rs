//! Connections that are kept and shared.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Authority;
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::Connector;
use super::failure::{self, Late};

/// How long a connection is kept that nobody uses. How many there are is not limited: over HTTP/1.1 each stream has its
/// own, and there are never more idle ones than there were streams at once in the meantime.
const KEEP_IDLE: Duration = Duration::from_secs(90);
/// How often a connection of HTTP/2 asks the other side whether it is still there, as long as it carries a stream and
/// nothing comes. The sockets ask as well, but hear only whoever stands next in line; and while a connection passes for
/// good, each attempt of a call ends up on it.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long the answer to that may take.
const PING_ANSWER: Duration = Duration::from_secs(20);
/// How many requests at once share one connection of HTTP/2. Beyond what the other side allows, requests would wait for
/// others to end, and none opens a connection of its own (hyper issues 2197 and 3623): load balancers of AWS allow 128
/// (Elastic Load Balancing, "Listeners for your Application Load Balancers"); RFC 9113 recommends no less than 100.
const REQUESTS_A_CONNECTION: usize = 64;

/// Connections that are all made in the same way.
pub(super) struct Pool {
    connector: Connector,
    /// For a proxy that passes requests on.
    authorization: Option<HeaderValue>,
    lanes: Mutex<HashMap<Authority, Vec<Lane>>>,
}

/// Connections to one host: one, if it is of HTTP/2.
struct Lane {
    client: Client<Connector, SdkBody>,
    /// Each request on its way holds it.
    running: Arc<()>,
}

impl Pool {
    pub(super) fn new(connector: Connector, authorization: Option<HeaderValue>) -> Self {
        Self { connector, authorization, lanes: Mutex::default() }
    }

    /// Makes a request. `patience` is how long the head of the answer may take, with the connection.
    pub(super) fn call(&self, request: HttpRequest, patience: Option<Duration>) -> HttpConnectorFuture {
        match self.prepare(request) {
            Ok(sending) => HttpConnectorFuture::new(sending.answer(patience)),
            Err(error) => HttpConnectorFuture::ready(Err(error)),
        }
    }

    fn prepare(&self, request: HttpRequest) -> Result<Sending, ConnectorError> {
        let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let Some(authority) = request.uri().authority().cloned() else {
            return Err(ConnectorError::user(format!("`{}` names no host", request.uri()).into()));
        };
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || describe(&connection));
        }
        let (client, running) = self.lane(authority);
        Ok(Sending { client, running, request })
    }

    /// The first lane to a host that has room.
    fn lane(&self, host: Authority) -> (Client<Connector, SdkBody>, Arc<()>) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lanes = lanes.entry(host).or_default();
        if let Some(lane) = lanes.iter().find(|lane| lane.has_room()) {
            return (lane.client.clone(), Arc::clone(&lane.running));
        }
        let lane = Lane { client: client(self.connector.clone()), running: Arc::default() };
        let found = (lane.client.clone(), Arc::clone(&lane.running));
        lanes.push(lane);
        found
    }
}

impl Lane {
    fn has_room(&self) -> bool {
        Arc::strong_count(&self.running) <= REQUESTS_A_CONNECTION
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

fn client(connector: Connector) -> Client<Connector, SdkBody> {
    Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEEP_IDLE)
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PING_ANSWER)
        .build(connector)
}

/// A request on its way.
struct Sending {
    client: Client<Connector, SdkBody>,
    running: Arc<()>,
    request: Request<SdkBody>,
}

impl Sending {
    async fn answer(self, patience: Option<Duration>) -> Result<HttpResponse, ConnectorError> {
        let Self { client, running, request } = self;
        // Whoever just read the end of an answer was woken before its connection is back in the pool.
        tokio::task::yield_now().await;
        let answer = client.request(request);
        let answer = match patience {
            None => answer.await,
            Some(limit) => tokio::time::timeout(limit, answer)
                .await
                .map_err(|_| ConnectorError::timeout(Late::answer(limit).into()))?,
        };
        let answer = answer.map_err(failure::of_request)?;
        let answer = answer.map(|body| SdkBody::from_body_1_x(Running { body, _running: running }));
        HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// The body of an answer. Its request counts as running until it is dropped.
struct Running {
    body: Incoming,
    _running: Arc<()>,
}

impl Body for Running {
    type Data = <Incoming as Body>::Data;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What the SDK wants to know about a connection, in order to keep one that failed from being used again.
fn describe(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let captured = connection.clone();
    let metadata = connection.connection_metadata();
    let metadata = metadata.as_ref()?;
    let mut extras = http::Extensions::new();
    metadata.get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let mut description = ConnectionMetadata::builder().proxied(metadata.is_proxied()).poison_fn(move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    description
        .set_local_addr(addresses.map(HttpInfo::local_addr))
        .set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(description.build())
}

#[cfg(test)]
mod tests;
