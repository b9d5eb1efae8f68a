//! What a client makes, and when.

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};

use super::*;

fn connections(environment: &Environment) -> Connections {
    // Whom the machine trusts is no business of a test.
    let nobody = TlsContext::builder().with_trust_store(TrustStore::empty()).build().unwrap();
    let routes = Routes { proxies: Proxies::read(environment).unwrap(), trust: Trust(nobody) };
    let settings = HttpConnectorSettings::builder().connect_timeout(Duration::from_mins(1)).build();
    Connections::new(&Arc::new(routes), settings, Some(SharedAsyncSleep::new(TokioSleep::new())))
}

/// Calls a port that nobody listens at.
async fn call(connections: &Connections, scheme: &str) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    connections.call(HttpRequest::get(format!("{scheme}://{nobody}/")).unwrap()).await.unwrap_err();
}

#[tokio::test]
async fn no_roots_are_loaded_before_tls_is_needed() {
    let proxy = [("HTTPS_PROXY", "http://proxy.example.com:3128")];
    for environment in [Environment::default(), proxy.into_iter().collect()] {
        let connections = connections(&environment);
        call(&connections, "http").await;
        assert!(connections.plain.get().is_some() && connections.tls.get().is_none());
        call(&connections, "https").await;
        assert!(connections.tls.get().is_some(), "the test could not fail otherwise");
        assert!(connections.https_proxy.get().is_none(), "this machine is called without a proxy");
    }
}

#[tokio::test]
async fn one_client_serves_all_that_trust_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clients = HttpClients::new(&Environment::default());
    clients.outward(None).unwrap();
    clients.outward(None).unwrap();
    assert_eq!(clients.outward.lock().unwrap().len(), 1);
    // A folder is no bundle; what failed is not kept.
    assert!(clients.outward(Some(folder)).is_err());
    assert_eq!(clients.outward.lock().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_for_the_way_out_does_not_matter_on_this_machine() {
    let environment = [("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("AWS_CA_BUNDLE", "/nowhere")];
    let clients = HttpClients::new(&environment.into_iter().collect());
    assert!(clients.outward(None).is_err());
    assert!(format!("{:?}", clients.direct()).contains("http: None"), "{:?}", clients.direct());
}
