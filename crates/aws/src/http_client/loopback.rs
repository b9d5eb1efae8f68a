//! A server of HTTP/1.1 and HTTP/2 for tests, that counts its connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::connect::Connector;
use super::pool::Pool;
use super::trust::Trust;

/// What is spoken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Http {
    Plain,
    /// Over TLS, offering these protocols.
    Tls(&'static [&'static str]),
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// The answer is the version of HTTP.
    Answer,
    /// As well, and the connection is closed without a warning as soon as it is out.
    CloseAfterAnswer,
    /// The first request of the first connection is answered; after the second, the connection is closed.
    CloseInsteadOfSecondAnswer,
    /// The second request is not looked at, and told so; of HTTP/2.
    RefuseSecond,
    /// The answer begins and does not end.
    NeverEnd,
}

/// The server. Ends with the runtime of the test.
pub(crate) struct Loopback {
    address: SocketAddr,
    http: Http,
    roots: RootCertStore,
    state: Arc<State>,
}

struct State {
    manners: Manners,
    accepted: AtomicUsize,
    served: AtomicUsize,
    endless: Mutex<Vec<mpsc::UnboundedSender<&'static str>>>,
    hang_ups: Notify,
    closed: Notify,
}

impl Loopback {
    pub(crate) fn start(http: Http, manners: Manners) -> Self {
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let acceptor = match http {
            Http::Plain => None,
            Http::Tls(offered) => {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
                let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
                let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
                let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
                config.alpn_protocols = offered.iter().map(|it| it.as_bytes().to_vec()).collect();
                Some(TlsAcceptor::from(Arc::new(config)))
            }
        };
        let state = Arc::new(State {
            manners,
            accepted: AtomicUsize::new(0),
            served: AtomicUsize::new(0),
            endless: Mutex::default(),
            hang_ups: Notify::new(),
            closed: Notify::new(),
        });
        let (address, listener) = listen();
        tokio::spawn(accept(listener, acceptor, Arc::clone(&state)));
        Self { address, http, roots, state }
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.address)
    }

    fn url_at(&self, address: SocketAddr) -> String {
        let scheme = if matches!(self.http, Http::Plain) { "http" } else { "https" };
        format!("{scheme}://localhost:{}/", address.port())
    }

    /// A pool that trusts it.
    pub(super) fn pool(&self) -> Pool {
        let trust = Trust::only(self.roots.clone());
        let tls = (!matches!(self.http, Http::Plain)).then(|| trust.tls().unwrap());
        Pool::new(Connector::direct(tls, None), None)
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// Says more on all answers that do not end.
    pub(crate) fn say(&self, more: &'static str) {
        self.state.endless.lock().unwrap().retain(|answer| answer.send(more).is_ok());
    }

    /// Waits until a caller is seen to have hung up.
    pub(crate) async fn hang_up_seen(&self) {
        self.state.hang_ups.notified().await;
    }

    /// Waits until a connection is closed, and until whoever waits for what comes over it knows.
    pub(crate) async fn close_done(&self) {
        self.state.closed.notified().await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// Another way to it, that can be cut.
    pub(crate) fn relay(&self) -> Relay {
        let (address, listener) = listen();
        let (server, accepted) = (self.address, Arc::new(AtomicUsize::new(0)));
        let (cut, seen) = watch::channel(0);
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let mut seen = seen.clone();
                tokio::spawn(async move {
                    let (mut client, mut server) = (client, TcpStream::connect(server).await.unwrap());
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        // What is cut stays open, and passes nothing on any more.
                        _ = async { seen.wait_for(|cut| *cut > number).await.is_ok() } => {
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Relay { url: self.url_at(address), accepted, cut }
    }
}

/// A way to a server.
pub(crate) struct Relay {
    url: String,
    accepted: Arc<AtomicUsize>,
    cut: watch::Sender<usize>,
}

impl Relay {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Cuts all connections that there are.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(self.accepted());
    }
}

fn listen() -> (SocketAddr, TcpListener) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    (listener.local_addr().unwrap(), TcpListener::from_std(listener).unwrap())
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((socket, _)) = listener.accept().await {
        state.accepted.fetch_add(1, Ordering::SeqCst);
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let Some(acceptor) = acceptor else {
                serve(TokioIo::new(socket), false, &state).await;
                return state.closed.notify_one();
            };
            // Whoever goes away meanwhile is no failure of the server.
            let Ok(socket) = acceptor.accept(socket).await else { return };
            let http2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
            serve(TokioIo::new(socket), http2, &state).await;
            state.closed.notify_one();
        });
    }
}

async fn serve(io: impl Read + Write + Unpin + Send + 'static, http2: bool, state: &Arc<State>) {
    let closing = Arc::new(Notify::new());
    let (for_service, closed) = (Arc::clone(state), Arc::clone(&closing));
    let service = service_fn(move |request: Request<Incoming>| {
        let (state, closing) = (Arc::clone(&for_service), Arc::clone(&closed));
        async move { answer(request, &state, &closing).await }
    });
    if http2 {
        let mut connection = pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(io, service));
        tokio::select! {
            _ = &mut connection => return,
            () = closing.notified() => connection.as_mut().graceful_shutdown(),
        }
        connection.await.ok();
    } else {
        let connection = http1::Builder::new().serve_connection(io, service);
        // What is written is in the hands of the system, and the connection ends with this task.
        tokio::select! { _ = connection => {} () = closing.notified() => {} }
    }
}

async fn answer(
    request: Request<Incoming>,
    state: &Arc<State>,
    closing: &Arc<Notify>,
) -> Result<Response<Answer>, h2::Error> {
    let number = state.served.fetch_add(1, Ordering::SeqCst);
    if state.manners == Manners::CloseInsteadOfSecondAnswer && number == 1 {
        closing.notify_one();
        return std::future::pending().await;
    }
    if state.manners == Manners::RefuseSecond && number == 1 {
        return Err(h2::Reason::REFUSED_STREAM.into());
    }
    let version = if request.version() == Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" };
    let (sender, pieces) = mpsc::unbounded_channel();
    sender.send(version).unwrap();
    let mut answer =
        Answer { pieces, ended: AtomicBool::new(false), closing: None, state: Arc::clone(state) };
    match state.manners {
        Manners::NeverEnd => state.endless.lock().unwrap().push(sender),
        Manners::CloseAfterAnswer => answer.closing = Some(Arc::clone(closing)),
        Manners::Answer | Manners::CloseInsteadOfSecondAnswer | Manners::RefuseSecond => {}
    }
    Ok(Response::new(answer))
}

/// The body of an answer: pieces as they come.
struct Answer {
    pieces: mpsc::UnboundedReceiver<&'static str>,
    ended: AtomicBool,
    closing: Option<Arc<Notify>>,
    state: Arc<State>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(cx));
        self.ended.store(piece.is_none(), Ordering::SeqCst);
        Poll::Ready(piece.map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.ended.load(Ordering::SeqCst) {
            self.state.hang_ups.notify_one();
        }
        if let Some(closing) = &self.closing {
            closing.notify_one();
        }
    }
}
