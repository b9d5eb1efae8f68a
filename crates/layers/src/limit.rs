//! No more calls at once, and no more requests and tokens in a minute, than is allowed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, Error, ErrorKind, Event, EventStream, Layer, ModelId,
    ModelProvider, ProviderId, Request, Response, Result, TokenCount, Usage,
};

use gate::{Gate, Pass};

pub(crate) use gate::held_back;

mod estimate;
mod gate;
mod window;

/// How much a provider may be asked for. `None` sets no limit.
///
/// ```
/// use std::time::Duration;
/// use outcrop_layers::Limits;
/// let limits = Limits::default().with_concurrency(4).with_max_wait(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Limits {
    /// Calls that run at once, streams included until they end; 0 counts as 1.
    pub concurrency: Option<u32>,
    /// Requests of any kind in a minute, wherever it begins; 0 counts as 1.
    pub requests_per_minute: Option<u32>,
    /// Tokens of prompts and answers in a minute, wherever it begins; 0 counts as 1.
    pub tokens_per_minute: Option<u64>,
    /// How long a call may wait for its turn; `None` as long as it takes.
    pub max_wait: Option<Duration>,
}

impl Limits {
    /// Sets how many calls may run at once.
    pub const fn with_concurrency(mut self, calls: u32) -> Self {
        self.concurrency = Some(calls);
        self
    }

    /// Sets how many requests may be sent in a minute.
    pub const fn with_requests_per_minute(mut self, requests: u32) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// Sets how many tokens may be used in a minute.
    pub const fn with_tokens_per_minute(mut self, tokens: u64) -> Self {
        self.tokens_per_minute = Some(tokens);
        self
    }

    /// Sets how long a call may wait for its turn.
    pub const fn with_max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = Some(wait);
        self
    }

    const fn limits_anything(&self) -> bool {
        self.concurrency.is_some() || self.requests_per_minute.is_some() || self.tokens_per_minute.is_some()
    }
}

/// Lets no more calls through than is allowed, as [`LimitProvider`] describes.
///
/// Each provider that it is put around has limits of its own. Without any limit it wraps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitLayer {
    limits: Limits,
}

impl LimitLayer {
    /// A layer with limits.
    pub const fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Layer for LimitLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        if !self.limits.limits_anything() {
            return inner;
        }
        Arc::new(LimitProvider { inner, gate: Arc::new(Gate::new(self.limits)) })
    }
}

/// A provider whose calls wait for their turn, in the order in which they came. Dropping a call takes it out of the queue.
///
/// - A call has its place among those that run at once from its beginning to its end: a stream until its end, its error,
///   or until it is dropped.
/// - A request counts when it is sent, whatever it is: a stream, a whole answer, a count, vectors. What a layer inside
///   sends again is part of the call.
/// - Tokens count as an estimate when a request is sent (the length of its texts, and all that the answer may have), and
///   as what the service says when the answer is over. A call that the service refused has used none; one that broke, or
///   that was dropped, may have used all. Counting tokens costs none.
///
/// A call that would wait for longer than [`Limits::max_wait`] fails as
/// [`Throttled`](outcrop_core::ErrorKind::Throttled), with a hint that names the setting: at once if that is known at once,
/// which it is unless running calls may give back tokens that were estimated for them.
#[derive(Debug)]
pub struct LimitProvider {
    inner: Arc<dyn ModelProvider>,
    gate: Arc<Gate>,
}

impl LimitProvider {
    /// Waits for its turn, and then for the answer.
    async fn whole<T>(
        &self,
        tokens: u64,
        call: impl Future<Output = Result<T>> + Send,
        usage: impl FnOnce(&T) -> Option<Usage> + Send,
    ) -> Result<T> {
        let pass = self.gate.enter(self.id(), tokens).await?;
        let done = call.await;
        match &done {
            Ok(done) => note(&pass, usage(done)),
            Err(error) => note_failure(&pass, error),
        }
        done
    }
}

/// What the service said that it used, if it said so.
fn note(pass: &Pass, usage: Option<Usage>) {
    if let Some(usage) = usage {
        pass.used(estimate::used(&usage));
    }
}

/// What a call used that failed before its answer began: nothing if it was refused. Whatever else befell it, the service
/// may have worked on it, and counted that.
fn note_failure(pass: &Pass, error: &Error) {
    let may_have_worked = matches!(
        error.kind(),
        ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Network
            | ErrorKind::Protocol
            | ErrorKind::Filtered
            | ErrorKind::Cancelled
            | ErrorKind::Unexpected
    );
    if !may_have_worked {
        pass.used(0);
    }
}

#[async_trait]
impl ModelProvider for LimitProvider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let pass = self.gate.enter(self.id(), estimate::of_request(request)).await?;
        match self.inner.stream(request).await {
            Ok(inner) => Ok(Box::pin(Limited { inner, pass: Some(pass) })),
            Err(error) => {
                note_failure(&pass, &error);
                Err(error)
            }
        }
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        let tokens = estimate::of_request(request);
        self.whole(tokens, self.inner.generate(request), |response| response.usage).await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        self.whole(0, self.inner.count_tokens(request), |_| None).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let tokens = estimate::of_texts(request);
        self.whole(tokens, self.inner.embed(request), |embeddings| embeddings.usage).await
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

/// A stream that has its place until it is over.
struct Limited {
    inner: EventStream,
    pass: Option<Pass>,
}

impl Stream for Limited {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inner.as_mut().poll_next(cx));
        match &item {
            Some(Ok(Event::End(end))) => {
                if let Some(pass) = self.pass.take() {
                    note(&pass, end.usage);
                }
            }
            Some(Ok(_)) => {}
            None | Some(Err(_)) => self.pass = None,
        }
        Poll::Ready(item)
    }
}

#[cfg(test)]
mod tests;
