//! What a client makes, and when.

use super::*;

fn connections(environment: &Environment) -> Connections {
    // Whom the machine trusts is no business of a test.
    let routes = Routes { proxies: Proxies::read(environment).unwrap(), trust: Trust::nobody() };
    Connections::new(&Arc::new(routes), Some(Duration::from_mins(1)))
}

/// Calls a port that nobody listens at.
async fn call(connections: &Connections, scheme: &str) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let request = HttpRequest::get(format!("{scheme}://{nobody}/")).unwrap();
    connections.call(request, None).await.unwrap_err();
}

#[tokio::test]
async fn no_roots_are_loaded_before_tls_is_needed() {
    let proxy = [("HTTPS_PROXY", "http://proxy.example.com:3128")];
    for environment in [Environment::default(), proxy.into_iter().collect()] {
        let connections = connections(&environment);
        call(&connections, "http").await;
        assert!(connections.plain.get().is_some() && !connections.routes.trust.is_loaded());
        call(&connections, "https").await;
        assert!(connections.routes.trust.is_loaded(), "the test could not fail otherwise");
        assert!(connections.https_proxy.get().is_none(), "this machine is called without a proxy");
    }
}

#[test]
fn limits_that_do_not_bear_on_making_connections_keep_none_apart() {
    let client = SharedClient::direct();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let settings = |connect, read| {
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(connect).set_read_timeout(read);
        settings.build()
    };
    for (connect, read) in [(None, None), (None, seconds(1)), (seconds(5), None), (seconds(5), seconds(9))] {
        client.connector(&settings(connect, read));
    }
    assert_eq!(client.connections.lock().unwrap().len(), 2);
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
