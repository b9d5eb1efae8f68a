//! An OpenAI-compatible endpoint on loopback that answers as a test says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The key of every call.
pub(crate) const KEY: &str = "sk-key-of-an-endpoint";
/// The value of a header of every call.
pub(crate) const HEADER: &str = "header-of-an-endpoint";
/// The model that it has.
pub(crate) const MODEL: &str = "qwen/qwen3-8b";

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and path.
    pub(crate) line: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_string() }
    }

    /// A stream of these chunks.
    pub(crate) fn events(chunks: &[Value]) -> Self {
        let events: String =
            chunks.iter().flat_map(|chunk| ["data: ".to_owned(), format!("{chunk}\n\n")]).collect();
        let headers = vec![("content-type", "text/event-stream".to_owned())];
        Self { status: 200, headers, body: events + "data: [DONE]\n\n" }
    }

    /// A stream of a text, with what was used: 1000 tokens in and 100 out.
    pub(crate) fn text(text: &str) -> Self {
        let half = text.len() / 2;
        let piece = |text: &str| json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
        let usage = json!({ "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100 });
        Self::events(&[
            piece(&text[..half]),
            piece(&text[half..]),
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
            json!({ "choices": [], "usage": usage }),
        ])
    }

    /// A failure in the words of OpenAI.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message, "code": code, "type": code } }))
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The endpoint. Each connection is served on a thread of its own.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Endpoint {
    /// One that answers requests with the right key as `answer` says.
    pub(crate) fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (heard, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                std::thread::spawn(move || serve(&connection.unwrap(), &heard, &*answer));
            }
        });
        Self { url, seen }
    }

    /// One that has [`MODEL`], and lets it say `text`.
    pub(crate) fn saying(text: &'static str) -> Self {
        Self::start(move |seen| match seen.line.as_str() {
            "GET /v1/models" => {
                let models = json!([
                    { "id": MODEL, "object": "model", "owned_by": "vllm", "max_model_len": 40_960 },
                    { "id": "another", "object": "model", "owned_by": "vllm" },
                ]);
                Reply::json(200, &json!({ "object": "list", "data": models }))
            }
            _ if seen.body["model"] == MODEL => Reply::text(text).with_header("x-request-id", "req-7"),
            _ => Reply::error(404, "model_not_found", "The model does not exist."),
        })
    }

    /// What came so far, in the order in which it came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// An entry of the configuration for it, with further members.
    pub(crate) fn entry(&self, more: &str) -> String {
        format!(
            "{{ api: 'openai-completions', baseUrl: '{}', apiKey: '{KEY}', headers: {{ 'x-team': '{HEADER}' }}, {more} }}",
            self.url
        )
    }

    /// A configuration with such an entry `vllm`, whose model is the default.
    pub(crate) fn config(&self, more: &str) -> String {
        format!(
            "{{ models: {{ providers: {{ vllm: {} }} }}, agents: {{ defaults: {{ model: 'vllm/{MODEL}' }} }} }}",
            self.entry(more)
        )
    }
}

fn serve(connection: &TcpStream, heard: &Mutex<Vec<Seen>>, reply: &dyn Fn(&Seen) -> Reply) {
    let mut reader = BufReader::new(connection);
    let mut writer = connection;
    while let Some(request) = read(&mut reader) {
        heard.lock().unwrap().push(request.clone());
        let is_known = request.headers.get("authorization") == Some(&format!("Bearer {KEY}"));
        let Reply { status, headers, body } = if is_known {
            reply(&request)
        } else {
            // As OpenAI does, it repeats the key.
            let sent = request.headers.get("authorization").cloned().unwrap_or_default();
            Reply::error(401, "invalid_api_key", &format!("Incorrect API key provided: {sent}"))
        };
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = format!("content-length: {}\r\n\r\n", body.len());
        let answer = [format!("HTTP/1.1 {status} .\r\n"), lines.concat(), length, body].concat();
        // Whoever has read enough hangs up.
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Nothing, if nothing came.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Seen> {
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
    Some(Seen { line: request, headers, body })
}
