//! The HTTP clients that everything shares that a session calls: both planes and the services for credentials.
//!
//! Proxies and the bundle of trusted certificates come from the snapshot of the environment, never from the process.
//! A client makes what a request needs when it needs it: where all is plain HTTP, no root certificate is ever loaded,
//! which would take longer than a whole local call.

mod connect;
mod failure;
mod get;
mod pool;
mod proxies;
mod trust;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use http::uri::Scheme;
use outcrop_core::{Environment, Result};
use rustls::ClientConfig;

#[cfg(test)]
pub(crate) use failure::Late;
pub(crate) use failure::{explain, is_closed_unanswered, is_late_connection, late};
pub(crate) use get::get;

use connect::Connector;
use pool::Pool;
use proxies::{Proxies, Proxy};
use trust::{Bundle, Trust};

/// The HTTP clients of a program: one for all that is on this machine or next to it, and one for each bundle of trusted
/// certificates.
#[derive(Debug)]
pub(crate) struct HttpClients {
    environment: Environment,
    direct: SharedClient,
    outward: Mutex<Vec<(Option<Bundle>, SharedClient)>>,
}

impl HttpClients {
    /// The clients of a program that was started with this environment. Nothing of it is looked at yet.
    pub(crate) fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone(), direct: SharedClient::direct(), outward: Mutex::default() }
    }

    /// The client that knows no proxy and no bundle, whatever the environment says: for worlds that are all on this
    /// machine, and for metadata services, whose answers must not travel through a proxy.
    pub(crate) fn direct(&self) -> SharedClient {
        self.direct.clone()
    }

    /// The client for everything else. `ca_bundle` is what the profile says; see [`SharedClient::outward`].
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`], naming the variable or the setting of which nothing can be made.
    pub(crate) fn outward(&self, ca_bundle: Option<&Path>) -> Result<SharedClient> {
        let bundle = Bundle::choose(&self.environment, ca_bundle);
        let mut outward = self.outward.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = outward.iter().find(|(known, _)| *known == bundle) {
            return Ok(client.clone());
        }
        let client = SharedClient::outward(&self.environment, bundle.as_ref())?;
        outward.push((bundle, client.clone()));
        Ok(client)
    }
}

/// An HTTP client with one set of connections for each limit on making them. Clones share them.
#[derive(Clone)]
pub(crate) struct SharedClient {
    routes: Arc<Routes>,
    connections: Arc<Mutex<Vec<Arc<Connections>>>>,
}

/// What decides how a request travels.
struct Routes {
    proxies: Proxies,
    trust: Trust,
}

impl SharedClient {
    /// A client without proxies that trusts what the platform trusts.
    pub(crate) fn direct() -> Self {
        Self::new(Routes { proxies: Proxies::none(), trust: Trust::platform() })
    }

    /// A client with the proxies of the environment that trusts the certificates of the bundle *in place of* the
    /// platform's, as botocore does, or else the platform's. Every problem shows here rather than as a request that
    /// goes another way than it should.
    fn outward(environment: &Environment, bundle: Option<&Bundle>) -> Result<Self> {
        let proxies = Proxies::read(environment)?;
        let trust = bundle.map_or_else(|| Ok(Trust::platform()), Trust::read)?;
        Ok(Self::new(Routes { proxies, trust }))
    }

    fn new(routes: Routes) -> Self {
        Self { routes: Arc::new(routes), connections: Arc::default() }
    }
}

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedClient").field("proxies", &self.routes.proxies).finish_non_exhaustive()
    }
}

impl HttpClient for SharedClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector(settings)
    }
}

impl SharedClient {
    /// The connections under these time limits. Those of them that hold once there is a connection keep none apart.
    fn connector(&self, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        let connections = self.connections(settings.connect_timeout());
        SharedHttpConnector::new(Limited { connections, patience: settings.read_timeout() })
    }

    fn connections(&self, limit: Option<Duration>) -> Arc<Connections> {
        let mut all = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|known| known.limit == limit) {
            return Arc::clone(known);
        }
        let connections = Arc::new(Connections::new(&self.routes, limit));
        all.push(Arc::clone(&connections));
        connections
    }
}

/// Connections, and how long an answer may take to begin.
#[derive(Debug)]
struct Limited {
    connections: Arc<Connections>,
    patience: Option<Duration>,
}

impl HttpConnector for Limited {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.connections.call(request, self.patience)
    }
}

/// The connections that are made within one limit, with a pool for each way a request can take.
struct Connections {
    routes: Arc<Routes>,
    limit: Option<Duration>,
    plain: OnceLock<Pool>,
    tls: OnceLock<Pool>,
    http_proxy: OnceLock<Pool>,
    https_proxy: OnceLock<Pool>,
}

impl Connections {
    fn new(routes: &Arc<Routes>, limit: Option<Duration>) -> Self {
        Self {
            routes: Arc::clone(routes),
            limit,
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            http_proxy: OnceLock::new(),
            https_proxy: OnceLock::new(),
        }
    }

    /// The pool for requests to a place.
    fn pool(&self, proxy: Option<&Proxy>, tls: bool) -> Result<&Pool, rustls::Error> {
        let limit = self.limit;
        Ok(match (proxy, tls) {
            (None, false) => self.plain.get_or_init(|| Pool::new(Connector::direct(None, limit), None)),
            (None, true) => {
                let tls = self.tls()?;
                self.tls.get_or_init(|| Pool::new(Connector::direct(Some(tls), limit), None))
            }
            (Some(proxy), false) => {
                let tls = proxy.speaks_tls().then(|| self.tls()).transpose()?;
                let connector = || Connector::forward(proxy, tls, limit);
                self.http_proxy.get_or_init(|| Pool::new(connector(), proxy.authorization().cloned()))
            }
            (Some(proxy), true) => {
                let tls = self.tls()?;
                self.https_proxy.get_or_init(|| Pool::new(Connector::tunnel(proxy, tls, limit), None))
            }
        })
    }

    fn tls(&self) -> Result<&Arc<ClientConfig>, rustls::Error> {
        self.routes.trust.tls()
    }

    fn call(&self, request: HttpRequest, patience: Option<Duration>) -> HttpConnectorFuture {
        // What is no URL is for the pool to refuse.
        let destination = request.uri().parse::<Uri>().unwrap_or_default();
        let tls = destination.scheme() == Some(&Scheme::HTTPS);
        let proxy = self.routes.proxies.of(&destination);
        let answer = match self.pool(proxy, tls) {
            Ok(pool) => pool.call(request, patience),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let Some(name) = proxy.map(Proxy::name) else { return answer };
        HttpConnectorFuture::new(async move { failure::of_proxy(answer.await, name, tls) })
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod loopback;
#[cfg(test)]
mod tests;
