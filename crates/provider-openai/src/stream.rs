//! From the bytes of an answer to core's events, whether it comes in pieces or in one.

mod calls;
mod tags;
mod translate;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{iter, unfold};
use outcrop_core::{Error, ErrorKind, EventStream, Result, Start};
use serde_json::Value;
use tokio::time::Instant;

use crate::failure::{Call, is_error};
use crate::http_client::{ByteStream, Reply};
use crate::normalise::Names;
use crate::sse::{self, BYTE_ORDER_MARK, Decoder};
use translate::Translator;

/// How long to wait for the usage once the model has stopped.
const PATIENCE_FOR_USAGE: Duration = Duration::from_secs(5);
/// How long to wait for the end of the body after the end of the answer, so that its connection can serve the next call.
const PATIENCE_FOR_CONNECTION: Duration = Duration::from_secs(1);

/// The longest answer in one piece.
const LONGEST_BODY: usize = 64 << 20;

/// The most white space in front of an answer: there are servers that keep a connection alive with it.
const MOST_BLANK: usize = 1 << 20;

/// What ends a stream.
const DONE: &[u8] = b"[DONE]";

/// What the caller shall see otherwise than it comes, or beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shaping {
    /// The tags between which thoughts stand in front of the text.
    pub(crate) tag: Option<&'static str>,
    /// What the tools are called by the caller.
    pub(crate) names: Names,
    /// Whether every chunk is shown as it came, too.
    pub(crate) raw: bool,
}

/// Waits for the first chunk, so that a failure in it is a failure of the call, and streams from there.
pub(crate) async fn open(reply: Reply, call: Call, start: Start, shaping: Shaping) -> Result<EventStream> {
    let content_type = reply.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.map(str::to_owned);
    let mut body = reply.body;
    let (kind, head) = kind_of(&mut body, &call).await?;
    let mut running = Running {
        body,
        decoder: Decoder::default(),
        ready: VecDeque::new(),
        translator: Translator::new(shaping),
        call,
        failed: None,
        until: None,
        over: false,
        drained: false,
    };
    match kind {
        Kind::Page => Err(running.call.foreign("answered with a web page", content_type.as_deref())),
        Kind::Json => running.whole(head, start).await,
        Kind::Events => {
            running.decode(&head);
            let first = running.step().await?;
            if matches!(first, Step::Over) && running.decoder.is_foreign() {
                let what = "answered with text that is no stream of events";
                return Err(running.call.foreign(what, content_type.as_deref()));
            }
            running.translator.start(first.value(), start, &mut running.call);
            running.take(first)?;
            Ok(Box::pin(unfold(Box::new(running), async |mut state| {
                let item = state.next().await?;
                Some((item, state))
            })))
        }
    }
}

/// What a body is.
enum Kind {
    Events,
    Json,
    Page,
}

/// What a body begins like, and what was read of it, without the white space in front. It is more than what its content
/// type says: there are servers that answer in one piece whatever was asked for, and such that declare every answer as the
/// other thing.
async fn kind_of(body: &mut ByteStream, call: &Call) -> Result<(Kind, Vec<u8>)> {
    let mut head = Vec::new();
    let mut blank = 0;
    loop {
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head).trim_ascii_start();
        blank += head.len() - text.len();
        head = text.to_vec();
        let kind = match head.first() {
            // The rest of a byte order mark may still come.
            _ if BYTE_ORDER_MARK.starts_with(&head) => None,
            Some(b'{' | b'[') => Some(Kind::Json),
            Some(b'<') => Some(Kind::Page),
            Some(_) => Some(Kind::Events),
            None => None,
        };
        if let Some(kind) = kind {
            return Ok((kind, head));
        }
        if blank > MOST_BLANK {
            return Err(call.foreign("answered with nothing but white space", None));
        }
        match body.next().await {
            Some(bytes) => {
                head.extend_from_slice(
                    &bytes.map_err(|error| error.with_request_id(call.request_id.as_deref()))?,
                );
            }
            None => return Err(cut_off(call)),
        }
    }
}

#[track_caller]
fn cut_off(call: &Call) -> Error {
    call.new_error(ErrorKind::Interrupted, "the answer broke off before its end")
}

/// What comes next.
enum Step {
    Chunk(Value),
    /// An event that the server calls an error.
    Failure(Value),
    /// Something that this protocol does not have; what it is.
    Foreign(&'static str),
    /// The server says that it is done.
    Done,
    /// Nothing comes any more.
    Over,
}

impl Step {
    const fn value(&self) -> Option<&Value> {
        match self {
            Self::Chunk(value) | Self::Failure(value) => Some(value),
            Self::Foreign(_) | Self::Done | Self::Over => None,
        }
    }
}

/// What an event says; nothing if it is none of this protocol. There are servers that put no blank lines between their
/// events, so that each line of what looks like one event is one.
fn read(event: &sse::Event) -> Option<Vec<Step>> {
    if let Some(step) = read_one(&event.data, &event.name) {
        return Some(vec![step]);
    }
    let lines = event.data.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| read_one(line, &event.name)).collect()
}

fn read_one(data: &[u8], name: &str) -> Option<Step> {
    let data = data.trim_ascii();
    if data == DONE {
        return Some(Step::Done);
    }
    match serde_json::from_slice(data) {
        Ok(value) if name == "error" => Some(Step::Failure(value)),
        Ok(value) => Some(Step::Chunk(value)),
        Err(_) if name == "error" => Some(Step::Failure(String::from_utf8_lossy(data).into())),
        Err(_) => None,
    }
}

struct Running {
    body: ByteStream,
    decoder: Decoder,
    ready: VecDeque<Step>,
    translator: Translator,
    call: Call,
    failed: Option<Error>,
    /// Until when to wait for the usage; there is none before the model has stopped.
    until: Option<Instant>,
    over: bool,
    /// Whether the body was read to its end, or nobody shall try that any more.
    drained: bool,
}

impl Running {
    async fn next(&mut self) -> Option<Result<outcrop_core::Event>> {
        loop {
            if let Some(event) = self.translator.queue.pop_front() {
                return Some(Ok(event));
            }
            if let Some(error) = self.failed.take() {
                return Some(Err(error));
            }
            if self.over {
                self.drain().await;
                return None;
            }
            if let Err(error) = self.advance().await {
                // What the chunk said before is shown before.
                self.translator.let_go();
                (self.over, self.drained) = (true, true);
                self.failed = Some(error);
            }
        }
    }

    async fn advance(&mut self) -> Result<()> {
        if !self.translator.has_stopped() {
            let step = self.step().await?;
            return self.take(step);
        }
        // The answer is complete: only what is said about it can still be lost.
        let until = *self.until.get_or_insert_with(|| Instant::now() + PATIENCE_FOR_USAGE);
        if let Ok(Ok(step)) = tokio::time::timeout_at(until, self.step()).await {
            return self.take(step);
        }
        (self.over, self.drained) = (true, true);
        self.translator.end();
        Ok(())
    }

    fn take(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Failure(value) => Err(self.call.in_stream(&value)),
            Step::Chunk(value) if is_error(&value) => Err(self.call.in_stream(&value)),
            Step::Chunk(value) => self.translator.take(&value, &self.call),
            // Behind the end of the answer it does not matter.
            Step::Foreign(_) if self.translator.has_stopped() => Ok(()),
            Step::Foreign(what) => Err(self.call.new_error(ErrorKind::Protocol, what)),
            Step::Done | Step::Over => {
                self.over = true;
                self.drained = matches!(step, Step::Over);
                if !self.translator.has_stopped() {
                    return Err(cut_off(&self.call));
                }
                self.translator.end();
                Ok(())
            }
        }
    }

    /// The next thing that the server says.
    async fn step(&mut self) -> Result<Step> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(step);
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.decode(&bytes),
                Some(Err(error)) => return Err(error.with_request_id(self.call.request_id.as_deref())),
                None => {
                    // What cannot be read here was cut off.
                    let rest = self.decoder.finish().and_then(|event| read(&event));
                    self.ready.extend(rest.into_iter().flatten());
                    self.ready.push_back(Step::Over);
                }
            }
        }
    }

    fn decode(&mut self, bytes: &[u8]) {
        let pushed = self.decoder.push(bytes);
        while let Some(event) = self.decoder.next() {
            let foreign = || vec![Step::Foreign("the endpoint sent an event that is no JSON")];
            self.ready.extend(read(&event).unwrap_or_else(foreign));
        }
        if pushed.is_err() {
            // Nobody knows where the next one begins.
            let what = "the endpoint sent an event of more than 64 MiB";
            self.ready.extend([Step::Foreign(what), Step::Over]);
        }
    }

    /// Reads what follows the end of the answer, which is nothing but the end of the body: over HTTP/1.1, a connection
    /// whose answer was not read to its end cannot be used again.
    async fn drain(&mut self) {
        if !std::mem::replace(&mut self.drained, true) {
            let rest = async { while let Some(Ok(_)) = self.body.next().await {} };
            tokio::time::timeout(PATIENCE_FOR_CONNECTION, rest).await.ok();
        }
    }

    /// An answer in one piece, although a stream was asked for.
    async fn whole(mut self, head: Vec<u8>, start: Start) -> Result<EventStream> {
        let mut bytes = head;
        while let Some(more) = self.body.next().await {
            bytes.extend_from_slice(
                &more.map_err(|error| error.with_request_id(self.call.request_id.as_deref()))?,
            );
            if bytes.len() > LONGEST_BODY {
                return Err(self
                    .call
                    .new_error(ErrorKind::Protocol, "the endpoint answered with more than 64 MiB"));
            }
        }
        let value: Value = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(error) if error.is_eof() => return Err(cut_off(&self.call)),
            Err(error) => {
                return Err(self
                    .call
                    .foreign("answered with something else than JSON", None)
                    .with_source(error));
            }
        };
        if is_error(&value) {
            return Err(self.call.in_stream(&value));
        }
        if crate::wire::choice(&value).is_none() {
            return Err(self.call.foreign("answered with JSON that is no chat completion", None));
        }
        self.translator.start(Some(&value), start, &mut self.call);
        self.translator.take(&value, &self.call)?;
        if !self.translator.has_stopped() {
            return Err(cut_off(&self.call));
        }
        self.translator.end();
        Ok(Box::pin(iter(self.translator.queue.into_iter().map(Ok))))
    }
}

#[cfg(test)]
mod tests;
