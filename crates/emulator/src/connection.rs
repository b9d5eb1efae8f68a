//! One accepted connection, with the few things a fault must do below HTTP: cut writes into single bytes, know when
//! everything was flushed, and end with a reset instead of a clean close.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The switches of one connection, shared between its stream and the bodies that are written to it.
#[derive(Debug, Default)]
pub(crate) struct Control {
    single_bytes: AtomicBool,
    reset: AtomicBool,
    flush: Mutex<Flush>,
}

#[derive(Debug, Default)]
enum Flush {
    #[default]
    Idle,
    Wanted(Waker),
    Done,
}

impl Control {
    /// From now on every byte is a write of its own, and the other side gets a chance to run after each.
    pub(crate) fn cut_into_single_bytes(&self, on: bool) {
        self.single_bytes.store(on, Ordering::Relaxed);
    }

    /// The connection ends with an RST once it is dropped.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Ready as soon as everything that was handed over before the first call has left the process.
    pub(crate) fn poll_flushed(&self, cx: &Context<'_>) -> Poll<()> {
        let mut flush = self.flush.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*flush, Flush::Done) {
            *flush = Flush::Idle;
            return Poll::Ready(());
        }
        *flush = Flush::Wanted(cx.waker().clone());
        Poll::Pending
    }

    fn flushed(&self) {
        let mut flush = self.flush.lock().unwrap_or_else(PoisonError::into_inner);
        if let Flush::Wanted(waker) = std::mem::replace(&mut *flush, Flush::Idle) {
            *flush = Flush::Done;
            waker.wake();
        } else {
            *flush = Flush::Idle;
        }
    }
}

/// A socket that obeys its [`Control`].
pub(crate) struct Connection {
    socket: TcpStream,
    control: Arc<Control>,
    /// Under way before a byte in single-byte mode.
    turn: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Connection {
    pub(crate) fn new(socket: TcpStream, control: Arc<Control>) -> Self {
        Self { socket, control, turn: None }
    }

    /// In single-byte mode: lets the runtime look at its sockets once before each byte, so that a client in the same
    /// runtime reads what there is.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let turn = self.turn.get_or_insert_with(|| Box::pin(tokio::task::yield_now()));
        ready!(turn.as_mut().poll(cx));
        self.turn = None;
        Poll::Ready(())
    }

    fn single_bytes(&self) -> bool {
        self.control.single_bytes.load(Ordering::Relaxed)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match buf.get(..1) {
            Some(first) if self.single_bytes() => {
                ready!(self.poll_turn(cx));
                Pin::new(&mut self.socket).poll_write(cx, first)
            }
            _ => Pin::new(&mut self.socket).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.single_bytes() {
            let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
            return self.poll_write(cx, first);
        }
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_flush(cx);
        if result.is_ready() {
            self.control.flushed();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.control.reset.load(Ordering::Relaxed) {
            // Should it fail, the client sees an orderly close in the middle of a body: an error just the same.
            self.socket.set_zero_linger().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Connection, Arc<Control>, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let control = Arc::new(Control::default());
        (Connection::new(server, Arc::clone(&control)), control, client)
    }

    #[tokio::test]
    async fn in_single_byte_mode_each_write_takes_one_byte() {
        let (mut connection, control, mut client) = pair().await;
        control.cut_into_single_bytes(true);
        assert_eq!(connection.write(b"abc").await.unwrap(), 1);
        let pieces = [io::IoSlice::new(b""), io::IoSlice::new(b"bc"), io::IoSlice::new(b"d")];
        assert_eq!(connection.write_vectored(&pieces).await.unwrap(), 1);
        control.cut_into_single_bytes(false);
        assert_eq!(connection.write(b"cd").await.unwrap(), 2);
        drop(connection);
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "abcd");
    }

    #[tokio::test]
    async fn a_reset_is_a_reset() {
        let (mut connection, control, mut client) = pair().await;
        connection.write_all(b"x").await.unwrap();
        control.reset_on_close();
        connection.shutdown().await.unwrap();
        drop(connection);
        assert_eq!(client.read_u8().await.unwrap(), b'x');
        assert_eq!(client.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
