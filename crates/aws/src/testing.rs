//! What the tests of this crate share: a home of their own, and a server that says what it is told to.

use std::fmt::{Debug, Write as _};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use outcrop_core::Environment;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// An address that nobody listens at: no system gives out ports this low.
pub(crate) const REFUSING: &str = "http://127.0.0.1:1";

/// A home directory that goes when the test ends.
#[derive(Debug)]
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// A home with these shared files.
    pub(crate) fn new(config: &str, credentials: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.plant(".aws/config", config);
        home.plant(".aws/credentials", credentials);
        home
    }

    /// Writes a file.
    pub(crate) fn plant(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    /// What stands in a file; nothing if there is none.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap_or_default()
    }

    /// The path of a file.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// These variables, and the one that names the home.
    pub(crate) fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        let home = self.0.path().to_str().unwrap();
        variables.iter().copied().chain([("HOME", home)]).collect()
    }

    /// A command for `credential_process` that prints what stands in `keys.json`, fails where there is no such file, and
    /// can be asked how often it ran.
    pub(crate) fn credential_process(&self) -> String {
        let script = format!("cd '{}' && echo run >> runs && cat keys.json", self.0.path().display());
        format!("sh {}", self.plant("process.sh", &script).display())
    }

    /// How often the `credential_process` ran.
    pub(crate) fn runs(&self) -> usize {
        self.read("runs").lines().count()
    }
}

/// Keeps what this crate warns of in the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// From now on until the guards go, on this thread. Of a single subscriber, tracing would ask no more than what the
    /// thread has that comes by a line first, and other tests have none: hence two.
    pub(crate) fn listen(&self) -> (Dispatch, DefaultGuard) {
        (Dispatch::new(self.clone()), tracing::subscriber::set_default(self.clone()))
    }

    /// What was told, with its fields.
    pub(crate) fn told(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("outcrop_aws")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut told = Told::default();
        event.record(&mut told);
        self.0.lock().unwrap().push(told.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message and the other fields of an event.
#[derive(Default)]
struct Told(String);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.0.insert_str(0, &format!("{value:?}")),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

/// A time as it stands in JSON, in whole seconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    DateTime::from_secs(DateTime::from(time).secs()).fmt(Format::DateTime).unwrap()
}

/// What a server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Sends this, as it is, and closes the connection.
    Raw(String),
    /// Keeps the connection and says nothing (more) after this.
    Hold(String),
}

impl Reply {
    /// An answer with this status, these further lines of the head, and this body.
    pub(crate) fn new(status: u16, head: &str, body: &str) -> Self {
        let length = body.len();
        Self::Raw(format!(
            "HTTP/1.1 {status} As-it-is\r\ncontent-length: {length}\r\nconnection: close\r\n{head}\r\n{body}"
        ))
    }
}

/// A server on this machine. Keeps the requests that it got: head and body in one text.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn new(reply: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        // Ends with the process of the test.
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for mut connection in listener.incoming().flatten() {
                let Some(request) = read_request(&connection) else { continue };
                seen.lock().unwrap().push(request.clone());
                match reply(&request) {
                    Reply::Raw(text) => drop(connection.write_all(text.as_bytes())),
                    Reply::Hold(text) => {
                        drop(connection.write_all(text.as_bytes()));
                        held.push(connection);
                    }
                }
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(connection: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(connection);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        text.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8(body).ok()?)
}
