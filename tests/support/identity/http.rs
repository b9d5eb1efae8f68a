//! An HTTP server that is just enough for SDKs: a thread for each connection, which is kept until the client closes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    pub(super) query: String,
    /// Names in lower case; of several headers with one name, the values with a comma between.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The fields of a form in the body; none if it is something else.
    pub(super) fn form(&self) -> BTreeMap<String, String> {
        let is_form =
            self.header("content-type").is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
        if is_form { fields(&String::from_utf8_lossy(&self.body)) } else { BTreeMap::new() }
    }

    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        fields(&self.query)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Reads the next request of a connection; `None` at its end.
    fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = BTreeMap::<String, String>::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers
                .entry(name.to_ascii_lowercase())
                .and_modify(|values| *values = format!("{values},{}", value.trim()))
                .or_insert_with(|| value.trim().to_owned());
        }
        assert!(!headers.contains_key("transfer-encoding"), "this server reads no chunks");
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Ok(Some(Self { method, path: path.to_owned(), query: query.to_owned(), headers, body }))
    }
}

fn fields(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// What a request gets.
#[derive(Debug)]
pub(super) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Nothing, and the connection stays open.
    Silence,
}

impl Answer {
    pub(super) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/plain", body)
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    pub(super) fn of(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self::Reply { status, headers, body: body.into() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A server on a free port of this machine; dropping it cuts all connections.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    ends: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Server {
    #[track_caller]
    pub(super) fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let (shared, handler) = (Arc::clone(&shared), Arc::new(handler));
            move || accept(&listener, &shared, &handler)
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts. If nobody accepts any more, it is awake.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().ok();
        }
        for connection in self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            connection.shutdown(Shutdown::Both).ok();
        }
    }
}

fn accept<H>(listener: &TcpListener, shared: &Shared, handler: &Arc<H>)
where
    H: Fn(&Request) -> Answer + Send + Sync + 'static,
{
    for connection in listener.incoming() {
        if shared.ends.load(Ordering::SeqCst) {
            return;
        }
        // A client that went away before it was accepted is none.
        let Ok(connection) = connection else { continue };
        shared.connections.lock().unwrap().push(connection.try_clone().unwrap());
        let handler = Arc::clone(handler);
        // A client may leave whenever it likes, so errors of a connection are no failures.
        thread::spawn(move || serve(connection, &*handler).ok());
    }
}

fn serve(connection: TcpStream, handler: &impl Fn(&Request) -> Answer) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    while let Some(request) = Request::read(&mut reader)? {
        match handler(&request) {
            Answer::Reply { status, headers, body } => {
                let length = body.len();
                let mut answer = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n");
                for (name, value) in headers {
                    write!(answer, "{name}: {value}\r\n").map_err(io::Error::other)?;
                }
                answer += "\r\n";
                answer += &body;
                // In one piece: the client may close the connection as soon as it has all it wants.
                writer.write_all(answer.as_bytes())?;
            }
            Answer::Silence => {
                // Until the client gives up, or the server ends.
                io::copy(&mut reader, &mut io::sink())?;
            }
        }
    }
    Ok(())
}
