//! What a socket is set to, and how long it may take until there is one.

use std::net::TcpListener;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use socket2::SockRef;

use super::*;

fn tls() -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

#[tokio::test]
async fn a_silent_socket_asks_whether_the_other_side_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let destination = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let socket = tcp().call(destination).await.unwrap().into_inner();
    assert!(socket.nodelay().unwrap());
    let socket = SockRef::from(&socket);
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEP_ALIVE);
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), PROBE_AGAIN);
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), PROBES);
    #[cfg(target_os = "linux")]
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
}

#[tokio::test]
async fn the_limit_on_connecting_holds_for_all_of_it() {
    // The system accepts; nobody says anything.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let limit = Duration::from_millis(50);
    let mut connector = Connector::direct(Some(&tls()), Some(limit));
    let error = connector.call(format!("https://{address}").parse().unwrap()).await.err().unwrap();
    assert_eq!(error.downcast_ref(), Some(&Late::connection(limit)), "{error:?}");
    assert_eq!(error.to_string(), "there was no connection within 0.05 s");
}
