//! An HTTP proxy of the tests' own: it forwards requests, makes tunnels, and remembers what it was asked for.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a proxy was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `CONNECT`, or the method of a request to forward.
    pub(crate) method: String,
    /// `host:port` of a tunnel, or the whole URL of a request to forward.
    pub(crate) target: String,
    /// The header `proxy-authorization`.
    pub(crate) authorization: Option<String>,
}

/// How a proxy answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manners {
    /// Everybody is served.
    Open,
    /// Those are served who send this header `proxy-authorization`.
    Closed(&'static str),
    /// Everybody gets this status.
    Refuses(u16),
}

/// A proxy that takes every host for one server, so that no name is ever looked up.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Proxy {
    /// Serves as long as the test runs.
    pub(crate) fn start(upstream: SocketAddr, manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let memory = Arc::clone(&memory);
                // A client that goes away is no failure of the proxy.
                thread::spawn(move || serve(client, upstream, manners, &memory).ok());
            }
        });
        Self { address, seen }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it is, with a user name and a password in front.
    pub(crate) fn url_for(&self, user: &str) -> String {
        format!("http://{user}@{}", self.address)
    }

    /// What it was asked for, in the order of time.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(
    client: TcpStream,
    upstream: SocketAddr,
    manners: Manners,
    memory: &Mutex<Vec<Seen>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut client = client;
    let (seen, headers) = head(&mut reader)?;
    memory.lock().unwrap().push(seen.clone());
    let refusal = match manners {
        Manners::Refuses(status) => Some(status),
        Manners::Closed(wanted) if seen.authorization.as_deref() != Some(wanted) => Some(407),
        Manners::Closed(_) | Manners::Open => None,
    };
    if let Some(status) = refusal {
        write!(client, "HTTP/1.1 {status} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n")?;
        return client.shutdown(Shutdown::Write);
    }
    let mut server = TcpStream::connect(upstream)?;
    if seen.method == "CONNECT" {
        write!(client, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        // One request a connection: the next one would have to be taken apart as well.
        let path = seen.target.splitn(4, '/').nth(3).unwrap_or_default();
        write!(server, "{} /{path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n", seen.method)?;
    }
    let mut back = (server.try_clone()?, client);
    thread::spawn(move || {
        io::copy(&mut back.0, &mut back.1).ok();
        back.1.shutdown(Shutdown::Both).ok();
    });
    io::copy(&mut reader, &mut server)?;
    server.shutdown(Shutdown::Write)
}

/// What is asked for, and the headers that are not for the proxy, each with its end of line.
fn head(reader: &mut BufReader<impl Read>) -> io::Result<(Seen, String)> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut authorization, mut headers) = (None, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            None => return Ok((Seen { method, target, authorization }, headers)),
            Some((name, value)) if name == "proxy-authorization" => authorization = Some(value.to_owned()),
            Some((name, _)) if name == "connection" => {}
            Some(_) => headers.push_str(&line),
        }
    }
}
