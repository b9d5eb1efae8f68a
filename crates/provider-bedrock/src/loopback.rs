//! A runtime plane on loopback that answers real HTTP requests of the real SDK as a test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use outcrop_aws::{AccessKeys, Aws, AwsSettings};
use outcrop_core::{Environment, ModelResolver, Secret};
use serde_json::{Value, json};

use crate::content_type::EVENT_STREAM;
use crate::{Bedrock, BedrockSettings, canned};

/// The request id of every answer.
pub(crate) const REQUEST_ID: &str = "7d0f6f0a-21c5-4f0b-9e0e-8d8c3f6f3a10";

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// The last part of the path: `invoke`.
    pub operation: String,
    /// The id in the path.
    pub model: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// The same, as it was written.
    pub bytes: Vec<u8>,
}

impl Seen {
    /// The region that the request was signed for.
    pub(crate) fn region(&self) -> &str {
        // AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/bedrock/aws4_request, …
        self.headers["authorization"].split('/').nth(2).unwrap()
    }
}

/// What to say to a request.
pub(crate) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Value,
    },
    /// An event stream of these events.
    Events(Vec<Value>),
    /// Nothing, until the caller hangs up.
    Silence,
}

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self::Reply { status: 200, headers: Vec::new(), body }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let headers = vec![("x-amzn-errortype", code.to_owned())];
        Self::Reply { status, headers, body: json!({ "message": message }) }
    }

    /// A short answer in text, as the operation gives it.
    pub(crate) fn text(seen: &Seen, text: &str) -> Self {
        if seen.operation == "converse-stream" {
            return Self::Events(vec![
                json!({ "messageStart": { "role": "assistant" } }),
                json!({ "contentBlockDelta": { "contentBlockIndex": 0, "delta": { "text": text } } }),
                json!({ "contentBlockStop": { "contentBlockIndex": 0 } }),
                json!({ "messageStop": { "stopReason": "end_turn" } }),
            ]);
        }
        Self::ok(json!({
            "output": { "message": { "role": "assistant", "content": [{ "text": text }] } },
            "stopReason": "end_turn",
        }))
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// The plane. Each request is answered on a thread of its own.
pub(crate) struct Loopback {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Loopback {
    pub(crate) fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (heard, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                std::thread::spawn(move || serve(connection.unwrap(), &heard, &*answer));
            }
        });
        Self { address, seen }
    }

    /// A provider `bedrock` that calls it from us-east-1, with these settings beside.
    pub(crate) fn provider_with(
        &self,
        settings: BedrockSettings,
        resolver: Option<Arc<dyn ModelResolver>>,
    ) -> Bedrock {
        let keys = AccessKeys::new("AKIATEST", Secret::new("secret"));
        let aws = AwsSettings {
            region: Some("us-east-1".into()),
            runtime_endpoint: Some(self.address.clone()),
            isolated: Some(keys),
            ..AwsSettings::default()
        };
        let settings = BedrockSettings { aws, ..settings };
        Bedrock::new("bedrock".into(), Arc::new(Aws::new(Environment::default())), settings, resolver)
    }

    pub(crate) fn provider(&self) -> Bedrock {
        self.provider_with(BedrockSettings::default(), None)
    }

    /// What came so far, in the order in which it came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads a request, answers it, and closes the connection.
fn serve(mut connection: TcpStream, heard: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Answer) {
    let Some(seen) = read(&connection) else { return };
    heard.lock().unwrap().push(seen.clone());
    let (status, content_type, headers, body) = match answer(&seen) {
        Answer::Reply { status, headers, body } => {
            (status, "application/json", headers, body.to_string().into_bytes())
        }
        Answer::Events(events) => {
            (200, EVENT_STREAM, Vec::new(), events.iter().flat_map(canned::frame).collect())
        }
        Answer::Silence => {
            drop(connection.read(&mut [0]));
            return;
        }
    };
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut reply = format!(
        "HTTP/1.1 {status} .\r\ncontent-type: {content_type}\r\nx-amzn-requestid: {REQUEST_ID}\r\n\
         content-length: {}\r\nconnection: close\r\n{}\r\n",
        body.len(),
        headers.concat()
    )
    .into_bytes();
    reply.extend(body);
    // The caller may have hung up, as it should where another call failed.
    drop(connection.write_all(&reply));
}

/// Nothing, if nothing came.
pub(crate) fn read(connection: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.replace("%3A", ":").replace("%2F", "/");
    let (model, operation) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut bytes = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut bytes).ok()?;
    let body = serde_json::from_slice(&bytes).unwrap();
    Some(Seen { operation: operation.to_owned(), model: model.to_owned(), headers, body, bytes })
}
