//! A server on loopback that acts a script out.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::IntoIter;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use outcrop_conformance::{Script, Unplayable, Upstream};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

use super::translate::{self, Ending, Spoken};

/// The server, as long as it lives.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stage: Arc<Stage>,
    task: AbortHandle,
}

/// What is played, and what was seen of it.
#[derive(Debug)]
struct Stage {
    model: &'static str,
    /// What is said to each call; the last one to all that follow.
    answers: Vec<Option<Spoken>>,
    received: Mutex<Vec<Vec<u8>>>,
    cancelled: Notify,
}

type Body = StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>>;

impl Server {
    /// Starts to listen, in a task of this runtime.
    pub(super) async fn start(script: &Script, model: &'static str) -> Result<Self, Unplayable> {
        let answers = script.answers.iter().map(|answer| translate::spoken(answer, model));
        let stage = Arc::new(Stage {
            model,
            answers: answers.collect::<Result<_, _>>()?,
            received: Mutex::default(),
            cancelled: Notify::new(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Unplayable::new)?;
        let address = listener.local_addr().map_err(Unplayable::new)?;
        let task = tokio::spawn(accept(listener, Arc::clone(&stage))).abort_handle();
        Ok(Self { address, stage, task })
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[async_trait]
impl Upstream for Server {
    fn received(&self) -> Vec<Vec<u8>> {
        self.stage.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn cancelled(&self) {
        self.stage.cancelled.notified().await;
    }
}

async fn accept(listener: TcpListener, stage: Arc<Stage>) {
    // Connections end with the server.
    let mut connections = JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        connections.spawn(serve(connection, Arc::clone(&stage)));
    }
}

async fn serve(connection: TcpStream, stage: Arc<Stage>) {
    connection.set_nodelay(true).ok();
    let answer = service_fn(move |request| answer(request, Arc::clone(&stage)));
    // A connection that breaks is part of the play.
    http1::Builder::new().serve_connection(TokioIo::new(connection), answer).await.ok();
}

async fn answer(request: Request<Incoming>, stage: Arc<Stage>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let spoken = match (head.method, head.uri.path()) {
        (Method::GET, "/v1/models") => Spoken::json(200, &listed(stage.model)),
        (Method::POST, "/v1/chat/completions" | "/v1/embeddings") => {
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            let call = stage.receive(body);
            // From here on, whoever hangs up cancels a call.
            let cancels = Cancels { stage: Arc::clone(&stage), over: false };
            let said = stage.answers.get(call).or_else(|| stage.answers.last()).cloned();
            let Some(spoken) = said.flatten() else { return pending().await };
            tokio::time::sleep(spoken.delay).await;
            return Ok(response(spoken, cancels));
        }
        _ => Spoken::json(404, &json!({ "error": { "message": "Unknown request URL." } })),
    };
    Ok(response(spoken, Cancels { stage, over: true }))
}

fn listed(model: &str) -> serde_json::Value {
    let row =
        |id: &str| json!({ "id": id, "object": "model", "created": 1_758_000_000, "owned_by": "system" });
    json!({ "object": "list", "data": [row(model), row("openai/gpt-oss-120b"), row(model)] })
}

impl Stage {
    /// Notes a call, and gives its number.
    fn receive(&self, body: Vec<u8>) -> usize {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(body);
        received.len() - 1
    }
}

/// Tells of a call that goes before its answer is over.
struct Cancels {
    stage: Arc<Stage>,
    over: bool,
}

impl Drop for Cancels {
    fn drop(&mut self) {
        if !self.over {
            self.stage.cancelled.notify_one();
        }
    }
}

fn response(spoken: Spoken, cancels: Cancels) -> Response<Body> {
    let Spoken { status, content_type, retry_after, pieces, ending, .. } = spoken;
    let mut response = Response::new(StreamBody::new(said(pieces.into_iter(), ending, cancels)));
    if let Ok(status) = status.try_into() {
        *response.status_mut() = status;
    }
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The pieces of a body, each of which leaves by itself, and its end.
fn said(
    pieces: IntoIter<Bytes>,
    ending: Ending,
    cancels: Cancels,
) -> BoxStream<'static, io::Result<Frame<Bytes>>> {
    let said = unfold((pieces, ending, cancels), async |(mut pieces, ending, mut cancels)| {
        // Meanwhile hyper sends what it has.
        tokio::task::yield_now().await;
        let item = match (pieces.next(), ending) {
            (Some(piece), _) => Some(Ok(Frame::data(piece))),
            (None, Ending::Stall) => pending().await,
            (None, Ending::Whole) => None,
            (None, Ending::HangUp) => Some(Err(io::ErrorKind::ConnectionAborted.into())),
        };
        cancels.over = !matches!(item, Some(Ok(_)));
        Some((item?, (pieces, ending, cancels)))
    });
    said.boxed()
}
