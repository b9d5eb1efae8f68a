//! An endpoint on loopback that answers real HTTP requests as a test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use outcrop_core::{Environment, Secret};
use serde_json::{Value, json};

use crate::{OpenAi, OpenAiSettings};

/// The key of every call.
pub(crate) const KEY: &str = "sk-loopback-key";

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and path.
    pub(crate) line: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The number of the connection, from zero.
    pub(crate) connection: usize,
}

/// What to say to a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole answer, after which the connection goes on.
    Reply { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// A head and these bytes in chunks of HTTP, and then nothing until the caller hangs up.
    Open(String),
    /// The same, and then the server hangs up in the middle.
    Cut(String),
    /// The server hangs up without an answer.
    Nothing,
    /// These bytes, whatever they are.
    Raw(&'static str),
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Reply {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    /// A whole stream of these chunks.
    pub(crate) fn events(chunks: &[Value]) -> Self {
        let headers = vec![("content-type", "text/event-stream".to_owned())];
        Self::Reply { status: 200, headers, body: events(chunks) + "data: [DONE]\n\n" }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::events(&[
            json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }),
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        ])
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// The events of a stream.
pub(crate) fn events(chunks: &[Value]) -> String {
    let events: Vec<_> = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    events.concat()
}

/// The endpoint. Each connection is served on a thread of its own.
pub(crate) struct Loopback {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Says when a caller hung up in the middle of an answer.
    pub(crate) hung_up: Receiver<()>,
}

impl Loopback {
    pub(crate) fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (heard, answer) = (Arc::clone(&seen), Arc::new(answer));
        let (closing, hung_up) = channel();
        std::thread::spawn(move || {
            for (number, connection) in listener.incoming().enumerate() {
                let (heard, answer, closing) = (Arc::clone(&heard), Arc::clone(&answer), closing.clone());
                std::thread::spawn(move || serve(&connection.unwrap(), number, &heard, &*answer, &closing));
            }
        });
        Self { address, seen, hung_up }
    }

    pub(crate) fn settings(&self) -> OpenAiSettings {
        OpenAiSettings { api_key: Some(Secret::new(KEY)), ..OpenAiSettings::new(&self.address) }
    }

    /// A provider `endpoint` that calls it.
    pub(crate) fn provider(&self) -> OpenAi {
        OpenAi::new("endpoint".into(), self.settings(), &Environment::default()).unwrap()
    }

    /// What came so far, in the order in which it came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(
    connection: &TcpStream,
    number: usize,
    heard: &Mutex<Vec<Seen>>,
    answer: &dyn Fn(&Seen) -> Answer,
    closing: &Sender<()>,
) {
    let mut reader = BufReader::new(connection);
    let mut writer = connection;
    while let Some(request) = read(&mut reader, number) {
        heard.lock().unwrap().push(request.clone());
        let chunked = |text: &str| {
            let begin =
                "HTTP/1.1 200 .\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            format!("{begin}{:x}\r\n{text}\r\n", text.len())
        };
        match answer(&request) {
            Answer::Reply { status, headers, body } => {
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let headers = headers.concat();
                let length = body.len();
                let reply = format!("HTTP/1.1 {status} .\r\n{headers}content-length: {length}\r\n\r\n{body}");
                // The caller may have hung up, as it should where another call failed.
                if writer.write_all(reply.as_bytes()).is_err() {
                    return;
                }
            }
            Answer::Open(text) => {
                writer.write_all(chunked(&text).as_bytes()).unwrap();
                // Nothing more is asked on this connection: whatever ends the reading is the caller hanging up.
                drop(reader.read(&mut [0]));
                return closing.send(()).unwrap_or_default();
            }
            Answer::Cut(text) => return drop(writer.write_all(chunked(&text).as_bytes())),
            Answer::Raw(text) => return drop(writer.write_all(text.as_bytes())),
            Answer::Nothing => return,
        }
    }
}

/// Nothing, if nothing came.
fn read(reader: &mut BufReader<&TcpStream>, connection: usize) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let request = line.trim().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Some(Seen { line: request, headers, body, connection })
}
