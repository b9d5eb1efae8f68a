//! The listening socket and its connections.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::connection::{Connection, Control};
use crate::journal::{Event, RecordedRequest};
use crate::options::Options;
use crate::scenario::Scenario;
use crate::service;
use crate::state::State;

/// A Bedrock that listens. Both planes, control and runtime, answer at the same endpoint.
///
/// Nothing is shared between two emulators. It runs in the tokio runtime of its caller, which may be single-threaded
/// and may run the client too.
#[derive(Debug)]
pub struct Emulator {
    listener: TcpListener,
    addr: SocketAddr,
    state: Arc<State>,
}

impl Emulator {
    /// Binds the address; port 0 takes a free one. Clients can connect as soon as this returns: they are answered
    /// once [`serve`](Self::serve) or [`spawn`](Self::spawn) runs.
    pub async fn bind(addr: SocketAddr, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, state: Arc::new(State::new(options, addr.port().into())) })
    }

    /// The address that is bound.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL for clients of both planes, such as `http://127.0.0.1:4566`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Answers until `shutdown` is ready; then every connection is dropped at once.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let mut connections = JoinSet::new();
        let mut number = 0;
        let accepted = async {
            loop {
                tokio::select! {
                    socket = self.listener.accept() => match socket {
                        Ok((socket, peer)) => {
                            number += 1;
                            connections.spawn(answer(socket, peer, number, Arc::clone(&self.state)));
                        }
                        // Out of file descriptors, or the client was gone before it was accepted: neither is the end.
                        Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = accepted => {}
        }
    }

    /// Answers in a task of its own, until the [`Running`] is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn(self) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let (addr, state) = (self.addr, Arc::clone(&self.state));
        tokio::spawn(self.serve(async {
            // Resolves when the sender is dropped.
            stopped.await.ok();
        }));
        Running { addr, state, _stop: stop }
    }
}

/// An emulator that answers in the background, and stops when this is dropped.
pub struct Running {
    addr: SocketAddr,
    state: Arc<State>,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// The address that is bound.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL for clients of both planes.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Replaces the scenario, with all counts at zero; an empty one ends all faults.
    pub fn set_scenario(&self, scenario: Scenario) {
        self.state.set_scenario(scenario);
    }

    /// Lets go of every response that a `slowFirstByte` fault holds.
    pub fn release(&self) {
        self.state.release();
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.journal.requests()
    }

    /// The events after number `after`; waits for the first one, at most for `wait`.
    pub async fn events_after(&self, after: u64, wait: Duration) -> Vec<Event> {
        self.state.journal.wait_for_events(after, wait).await
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Answers the requests of one connection.
async fn answer(socket: TcpStream, peer: SocketAddr, number: u64, state: Arc<State>) {
    // Frames shall leave when they are written. A socket that refuses the option works, only slower.
    socket.set_nodelay(true).ok();
    let control = Arc::new(Control::default());
    let io = TokioIo::new(Connection::new(socket, Arc::clone(&control)));
    let service = service_fn(move |request| {
        let context = service::Context {
            state: Arc::clone(&state),
            control: Arc::clone(&control),
            peer,
            connection: number,
        };
        context.handle(request)
    });
    // An error here is a client that went away or a fault that was asked for: both are in the journal.
    http1::Builder::new().serve_connection(io, service).await.ok();
}
