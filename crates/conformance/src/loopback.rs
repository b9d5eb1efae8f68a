//! A fake of an upstream that listens on a socket, for providers whose requests are lines.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use outcrop_core::{Event, Result, async_trait};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::{Answer, Script, Unplayable, Upstream};

/// A server on 127.0.0.1 that acts out a script: it reads a request, which is a line, and writes each event of its answer,
/// or the error in its place. A connection is a call.
///
/// It has no manners of its own: what stands on the wire is what the harness says. A wire whose requests are no lines
/// needs another fake.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    received: Mutex<Vec<Vec<u8>>>,
    cancelled: Notify,
}

impl Loopback {
    /// Listens at a free port, for as long as the runtime lives. `write` gives the bytes of an event, or of an error in the
    /// place of one.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(
        script: &Script,
        write: fn(Result<Event>) -> Vec<u8>,
    ) -> std::result::Result<Arc<Self>, Unplayable> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Unplayable::new)?;
        let address = listener.local_addr().map_err(Unplayable::new)?;
        let loopback = Arc::new(Self { address, received: Mutex::default(), cancelled: Notify::new() });
        let (server, script) = (Arc::clone(&loopback), script.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (server, script) = (Arc::clone(&server), script.clone());
                // Who hangs up before the answer is over is what some scenarios are about.
                tokio::spawn(async move { server.serve(socket, &script, write).await.ok() });
            }
        });
        Ok(loopback)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    async fn serve(
        &self,
        socket: TcpStream,
        script: &Script,
        write: fn(Result<Event>) -> Vec<u8>,
    ) -> io::Result<()> {
        let mut socket = BufReader::new(socket);
        let mut request = Vec::new();
        socket.read_until(b'\n', &mut request).await?;
        let call = {
            let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            received.push(request);
            received.len() - 1
        };
        let answer = script.answer(call).unwrap_or(&Answer::Silence);
        let bytes: Vec<u8> = answer.items().into_iter().flat_map(write).collect();
        tokio::time::sleep(answer.delay()).await;
        for piece in bytes.chunks(answer.chunk_bytes().unwrap_or(usize::MAX)) {
            socket.write_all(piece).await?;
        }
        if answer.stays_open() && matches!(socket.read(&mut [0]).await, Ok(0) | Err(_)) {
            self.cancelled.notify_one();
        }
        Ok(())
    }
}

#[async_trait]
impl Upstream for Loopback {
    fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn cancelled(&self) {
        self.cancelled.notified().await;
    }
}
