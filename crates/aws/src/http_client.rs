//! The HTTP client that the clients of both planes share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// One connection pool for each pair of time limits, with TLS and the proxies of the environment, or plain and direct
/// for a world that is all on this machine: loading the root certificates takes longer than a whole local call.
#[derive(Debug)]
pub(crate) struct SharedClient {
    plain: bool,
    connectors: Mutex<Vec<(Limits, SharedHttpConnector)>>,
}

type Limits = (Option<Duration>, Option<Duration>);

impl SharedClient {
    pub(crate) const fn new(plain: bool) -> Self {
        Self { plain, connectors: Mutex::new(Vec::new()) }
    }

    fn connect(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut builder = Connector::builder().connector_settings(settings.clone()).enable_tcp_nodelay(true);
        builder.set_sleep_impl(components.sleep_impl());
        if self.plain {
            return SharedHttpConnector::new(builder.proxy_config(ProxyConfig::disabled()).build_http());
        }
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        SharedHttpConnector::new(builder.proxy_config(ProxyConfig::from_env()).tls_provider(provider).build())
    }
}

impl HttpClient for SharedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let limits = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(known, _)| *known == limits) {
            return connector.clone();
        }
        let connector = self.connect(settings, components);
        connectors.push((limits, connector.clone()));
        connector
    }
}
