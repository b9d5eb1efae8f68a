//! A client of its own: hyper for HTTP, `aws-sigv4` for signatures, smithy's decoder for frames. No AWS SDK.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use outcrop_emulator::{Emulator, Event, EventKind, Options, Running, Scenario};
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// The model that the tests talk to.
pub(crate) const HAIKU: &str = "us.anthropic.claude-haiku-4-5-20251001-v1%3A0";

/// Far beyond what any test takes: it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn start() -> Running {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> Running {
    Emulator::bind(([127, 0, 0, 1], 0).into(), options).await.unwrap().spawn()
}

/// Starts an emulator with one rule.
pub(crate) async fn start_with_rule(rule: Value) -> Running {
    let scenario: Scenario = serde_json::from_value(json!({ "rules": [rule] })).unwrap();
    let mut options = Options::default();
    options.scenario = scenario;
    start_with(options).await
}

pub(crate) fn ask(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] })
}

/// Waits for an event of that kind.
pub(crate) async fn wait_for(running: &Running, kind: EventKind) -> Event {
    let mut after = 0;
    loop {
        let events = running.events_after(after, PATIENCE).await;
        assert!(!events.is_empty(), "{kind:?} never happened");
        if let Some(event) = events.iter().find(|event| event.kind == kind) {
            return event.clone();
        }
        after = events.last().unwrap().number;
    }
}

/// A connection to an emulator.
pub(crate) struct Connection {
    addr: SocketAddr,
    sender: http1::SendRequest<Full<Bytes>>,
    task: tokio::task::JoinHandle<()>,
}

impl Connection {
    pub(crate) async fn open(running: &Running) -> Self {
        let socket = TcpStream::connect(running.addr()).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
        let task = tokio::spawn(async { drop(connection.await) });
        Self { addr: running.addr(), sender, task }
    }

    /// Closes the socket, whatever is under way.
    pub(crate) async fn close(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    /// Sends a signed request.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &Value) -> hyper::Result<Response> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.addr.to_string())
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.clone())))
            .unwrap();
        sign_as("outcrop-emulator-secret-key", &mut request, &body);
        self.send_raw(request).await
    }

    pub(crate) async fn send_raw(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response> {
        self.sender.ready().await?;
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }

    pub(crate) async fn converse(&mut self, body: &Value) -> hyper::Result<Response> {
        self.send("POST", &format!("/model/{HAIKU}/converse"), body).await
    }

    pub(crate) async fn converse_stream(&mut self, body: &Value) -> hyper::Result<Response> {
        self.send("POST", &format!("/model/{HAIKU}/converse-stream"), body).await
    }

    /// Sends a request to an admin route, which needs no signature.
    pub(crate) async fn admin(&mut self, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(format!("/_emulator/{path}"));
        let request = request.header("host", "x").body(Full::new(Bytes::copy_from_slice(body.as_bytes())));
        let response = self.send_raw(request.unwrap()).await.unwrap();
        (response.status, response.json().await)
    }
}

/// Signs a request with the default key id and that secret.
pub(crate) fn sign_as(secret: &str, request: &mut Request<Full<Bytes>>, body: &str) {
    let identity: Identity = Credentials::new("AKIAOUTCROPEMULATOR", secret, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("bedrock")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let host = request.headers()["host"].to_str().unwrap();
    let uri = format!("http://{host}{}", request.uri());
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable =
        SignableRequest::new(request.method().as_str(), uri, headers, SignableBody::Bytes(body.as_bytes()));
    let (instructions, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(request);
}

/// A response whose body may still be under way.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In good HTTP order.
    Clean,
    /// In good HTTP order, with a part of a frame left over.
    MidFrame,
    /// With a frame that does not decode.
    Corrupt,
    /// With the connection.
    Broken,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) async fn text(self) -> String {
        String::from_utf8(self.body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    pub(crate) async fn json(self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The messages of the stream as `(type, payload)`, and how it ended.
    pub(crate) async fn events(self) -> (Vec<(String, Value)>, End) {
        let (messages, end, _) = self.events_and_pieces().await;
        (messages, end)
    }

    /// The same, and in how many pieces the body arrived.
    pub(crate) async fn events_and_pieces(mut self) -> (Vec<(String, Value)>, End, usize) {
        let mut events = Events::default();
        let mut pieces = 0;
        loop {
            pieces += 1;
            match self.body.frame().await {
                None => {
                    let end = events.end();
                    return (events.messages, end, pieces);
                }
                Some(Err(_)) => return (events.messages, End::Broken, pieces),
                Some(Ok(frame)) => {
                    if !events.push(&frame.into_data().unwrap()) {
                        return (events.messages, End::Corrupt, pieces);
                    }
                }
            }
        }
    }

    /// Reads until so many messages are there.
    pub(crate) async fn first_events(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut events = Events::default();
        while events.messages.len() < count {
            assert!(events.push(&self.body.frame().await.unwrap().unwrap().into_data().unwrap()));
        }
        events.messages
    }
}

#[derive(Default)]
struct Events {
    decoder: MessageFrameDecoder,
    buffer: BytesMut,
    messages: Vec<(String, Value)>,
    inside: bool,
}

impl Events {
    /// False if the bytes do not decode.
    fn push(&mut self, bytes: &[u8]) -> bool {
        self.buffer.extend_from_slice(bytes);
        loop {
            match self.decoder.decode_frame(&mut self.buffer) {
                Err(_) => return false,
                Ok(DecodedFrame::Incomplete) => {
                    self.inside = !self.buffer.is_empty();
                    return true;
                }
                Ok(DecodedFrame::Complete(message)) => {
                    let header = |name: &str| {
                        let header = message.headers().iter().find(|it| it.name().as_str() == name)?;
                        Some(header.value().as_string().unwrap().as_str().to_owned())
                    };
                    let name = [":event-type", ":exception-type", ":error-code"].into_iter().find_map(header);
                    let payload = serde_json::from_slice(message.payload()).unwrap_or(Value::Null);
                    self.messages.push((name.unwrap(), payload));
                }
            }
        }
    }

    fn end(&self) -> End {
        if self.inside { End::MidFrame } else { End::Clean }
    }
}
