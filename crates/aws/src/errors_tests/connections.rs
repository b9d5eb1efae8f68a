//! Proxies and certificates that stand in the way of a connection.

use std::sync::Arc;
use std::time::Duration;

use outcrop_core::Error;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::patiently;
use crate::http_client::{self, HttpClients};
use crate::sdk_error::from_connector;
use crate::testing::{Home, REFUSING, Reply, Server};

/// A host that only a proxy knows: nobody could resolve it.
const PLAIN: &str = "http://bedrock.test/";
const ENCRYPTED: &str = "https://bedrock.test/";

/// What is trusted.
const BUNDLE: &str = "ca.pem";

pub(super) async fn errors(home: &Home) -> Vec<Error> {
    let mut errors = of_certificates(home).await;
    errors.extend(of_proxies(home).await);
    errors
}

/// What a request fails with.
async fn failure(home: &Home, variables: &[(&str, &str)], url: &str) -> Error {
    let bundle = home.path(BUNDLE);
    let bundle = ("AWS_CA_BUNDLE", bundle.to_str().unwrap());
    let clients = HttpClients::new(&home.environment(&[variables, &[bundle]].concat()));
    let client = clients.outward(None).unwrap();
    let answer = http_client::get(&client, url, &[], Duration::from_secs(5)).await;
    from_connector(&answer.err().unwrap())
}

/// A certificate of somebody.
pub(super) fn certificate() -> String {
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

/// Makes a certificate, and a server that has it and speaks this protocol. Gives its address and the certificate.
async fn encrypted(params: CertificateParams, protocol: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            acceptor.accept(socket).await.ok();
        }
    });
    (url, certificate.pem())
}

/// A server that says this before it is asked. Gives its host and port.
async fn plain() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
            socket.read_to_end(&mut Vec::new()).await.ok();
        }
    });
    place
}

async fn of_certificates(home: &Home) -> Vec<Error> {
    let params = |host: &str| CertificateParams::new([host.to_owned()]).unwrap();
    let mut ended = params("127.0.0.1");
    ended.not_after = date_time_ymd(2020, 1, 1);
    let mut errors = Vec::new();
    for (params, protocol) in
        [(ended, "h2"), (params("other.example.com"), "h2"), (params("127.0.0.1"), "other")]
    {
        let (url, certificate) = encrypted(params, protocol).await;
        home.plant(BUNDLE, &certificate);
        errors.push(failure(home, &[], &url).await);
    }
    // The last one's certificate is trusted still, and this one's is not.
    let (url, _) = encrypted(params("127.0.0.1"), "h2").await;
    errors.push(failure(home, &[], &url).await);
    let place = plain().await;
    errors.push(failure(home, &[], &format!("https://{place}/")).await);
    let proxy = format!("https://{place}");
    errors.push(failure(home, &[("HTTPS_PROXY", &proxy)], ENCRYPTED).await);
    errors.push(failure(home, &[("HTTPS_PROXY", url.trim_end_matches('/'))], ENCRYPTED).await);
    errors
}

async fn of_proxies(home: &Home) -> Vec<Error> {
    let mut errors = Vec::new();
    for (status, variable, url) in
        [(407, "HTTPS_PROXY", ENCRYPTED), (403, "HTTPS_PROXY", ENCRYPTED), (407, "HTTP_PROXY", PLAIN)]
    {
        let proxy = Server::new(move |_| Reply::new(status, "", ""));
        errors.push(failure(home, &[(variable, &proxy.url())], url).await);
    }
    let proxy = Server::new(|_| Reply::new(407, "", ""));
    let with_password = proxy.url().replace("http://", "http://me:hush-hush@");
    errors.push(failure(home, &[("ALL_PROXY", &with_password)], ENCRYPTED).await);
    let closing = Server::new(|_| Reply::Raw(String::new()));
    let strange = Server::new(|_| Reply::Raw("<html>hush-hush</html>\r\n\r\n".to_owned()));
    for proxy in [closing.url(), strange.url(), REFUSING.to_owned()] {
        for (variable, url) in [("HTTPS_PROXY", ENCRYPTED), ("HTTP_PROXY", PLAIN)] {
            errors.push(failure(home, &[(variable, &proxy)], url).await);
        }
    }
    let silent = Server::new(|_| Reply::Hold(String::new()));
    for (variable, url) in [("HTTPS_PROXY", ENCRYPTED), ("HTTP_PROXY", PLAIN)] {
        errors.push(patiently(failure(home, &[(variable, &silent.url())], url)).await);
    }
    errors
}
