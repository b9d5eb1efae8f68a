//! The HTTP clients that everything shares that a session calls: both planes and the services for credentials.
//!
//! Proxies and the bundle of trusted certificates come from the snapshot of the environment, never from the process.
//! A client makes what a request needs when it needs it: where all is plain HTTP, no root certificate is ever loaded,
//! which would take longer than a whole local call.

mod failure;
mod get;
mod proxies;
mod trust;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use http::uri::Scheme;
use outcrop_core::{Environment, Result};

pub(crate) use failure::explain;
pub(crate) use get::get;

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

/// An HTTP client with one set of connections for each pair of time limits. Clones share them.
#[derive(Clone)]
pub(crate) struct SharedClient {
    routes: Arc<Routes>,
    connectors: Arc<Mutex<Vec<(Limits, SharedHttpConnector)>>>,
}

/// How long a connection and the first byte of an answer may take.
type Limits = (Option<Duration>, Option<Duration>);

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
        Self { routes: Arc::new(routes), connectors: Arc::default() }
    }
}

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedClient").field("proxies", &self.routes.proxies).finish_non_exhaustive()
    }
}

impl HttpClient for SharedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector(settings, components.sleep_impl())
    }
}

impl SharedClient {
    /// The connections under these time limits.
    fn connector(
        &self,
        settings: &HttpConnectorSettings,
        sleep: Option<SharedAsyncSleep>,
    ) -> SharedHttpConnector {
        let limits = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(known, _)| *known == limits) {
            return connector.clone();
        }
        let connections = Connections::new(&self.routes, settings.clone(), sleep);
        let connector = SharedHttpConnector::new(connections);
        connectors.push((limits, connector.clone()));
        connector
    }
}

/// The connections under one pair of time limits, with a pool for each way a request can take.
struct Connections {
    routes: Arc<Routes>,
    settings: HttpConnectorSettings,
    sleep: Option<SharedAsyncSleep>,
    plain: OnceLock<SharedHttpConnector>,
    tls: OnceLock<SharedHttpConnector>,
    http_proxy: OnceLock<SharedHttpConnector>,
    https_proxy: OnceLock<SharedHttpConnector>,
}

impl Connections {
    fn new(routes: &Arc<Routes>, settings: HttpConnectorSettings, sleep: Option<SharedAsyncSleep>) -> Self {
        Self {
            routes: Arc::clone(routes),
            settings,
            sleep,
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            http_proxy: OnceLock::new(),
            https_proxy: OnceLock::new(),
        }
    }

    fn direct(&self, tls: bool) -> &SharedHttpConnector {
        let pool = if tls { &self.tls } else { &self.plain };
        pool.get_or_init(|| self.connector(ProxyConfig::disabled(), tls))
    }

    fn through(&self, proxy: &Proxy, tls: bool) -> &SharedHttpConnector {
        let pool = if tls { &self.https_proxy } else { &self.http_proxy };
        pool.get_or_init(|| self.connector(proxy.config(), tls || proxy.speaks_tls()))
    }

    fn connector(&self, proxy: ProxyConfig, tls: bool) -> SharedHttpConnector {
        let mut builder: ConnectorBuilder = Connector::builder()
            .connector_settings(self.settings.clone())
            .enable_tcp_nodelay(true)
            .proxy_config(proxy);
        builder.set_sleep_impl(self.sleep.clone());
        if !tls {
            return SharedHttpConnector::new(builder.build_http());
        }
        let builder = builder.tls_provider(Provider::rustls(CryptoMode::AwsLc));
        SharedHttpConnector::new(builder.tls_context(self.routes.trust.context()).build())
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // What is no URL is for the connector to refuse.
        let destination = request.uri().parse::<Uri>().unwrap_or_default();
        let tls = destination.scheme() == Some(&Scheme::HTTPS);
        match self.routes.proxies.of(&destination) {
            None => self.direct(tls).call(request),
            Some(proxy) => {
                let answer = self.through(proxy, tls).call(request);
                let name = proxy.name();
                HttpConnectorFuture::new(async move { failure::of_proxy(answer.await, name, tls) })
            }
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
