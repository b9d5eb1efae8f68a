//! A certificate authority of the tests' own, and TLS in front of a server that speaks plain HTTP.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Home;

/// A certificate authority that nobody trusts who was not told to.
#[derive(Debug)]
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// When a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Valid {
    Now,
    LongAgo,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "An authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate, as a file in a home.
    pub(crate) fn bundle(&self, home: &Home) -> PathBuf {
        let file = tempfile::Builder::new().suffix(".pem").tempfile_in(home.path()).unwrap();
        let (mut file, path) = file.keep().unwrap();
        writeln!(file, "Comments are \u{e9}legant\n{}", self.0.pem()).unwrap();
        path
    }

    /// Listens for TLS with a certificate for `localhost` and `bedrock.test`, and passes what comes on to `upstream`.
    pub(crate) fn front(&self, upstream: SocketAddr, valid: Valid) -> SocketAddr {
        let names = ["localhost".to_owned(), "bedrock.test".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        if matches!(valid, Valid::LongAgo) {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        serve(TlsAcceptor::from(Arc::new(config)), upstream)
    }
}

/// Serves as long as the test runs.
fn serve(acceptor: TlsAcceptor, upstream: SocketAddr) -> SocketAddr {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        runtime.block_on(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // Whoever does not trust the certificate goes away, which is no failure of the server.
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await.ok()?;
                    let mut server = TcpStream::connect(upstream).await.ok()?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()
                });
            }
        });
    });
    address
}
