//! Giving up on an answer that does not come.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, Event, EventStream, Layer, ModelId, ModelProvider, ProviderId,
    Request, Response, Result, Timeouts, TokenCount,
};

use watch::{Limit, Watch};

mod watch;

/// Gives up on an answer that does not come, as [`TimeoutProvider`] describes.
///
/// The limits are those that the provider names for the model
/// ([`Capabilities::timeouts`](outcrop_core::Capabilities::timeouts)), except where this layer has its own.
/// `TimeoutLayer::from(timeouts)` has all of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimeoutLayer {
    first_event: Setting,
    idle: Setting,
    total: Setting,
}

/// Where a limit comes from.
#[derive(Debug, Clone, Copy, Default)]
enum Setting {
    /// From the provider's knowledge of the model.
    #[default]
    Model,
    /// From whoever built the layer.
    Explicit(Option<Duration>),
}

impl Setting {
    fn or(self, of_the_model: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Model => of_the_model,
            Self::Explicit(limit) => limit,
        }
    }
}

impl TimeoutLayer {
    /// A layer with the limits that the provider names.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time from the call to the first event after the start; `None` for no limit, whatever the provider
    /// says.
    pub fn first_event(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.first_event = Setting::Explicit(limit.into());
        self
    }

    /// Sets the time between two events; `None` for no limit, whatever the provider says.
    pub fn idle(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle = Setting::Explicit(limit.into());
        self
    }

    /// Sets the time for the whole answer; `None` for no limit, whatever the provider says.
    pub fn total(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.total = Setting::Explicit(limit.into());
        self
    }
}

impl From<Timeouts> for TimeoutLayer {
    fn from(Timeouts { first_event, idle, total, .. }: Timeouts) -> Self {
        Self::new().first_event(first_event).idle(idle).total(total)
    }
}

impl Layer for TimeoutLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        Arc::new(TimeoutProvider { inner, settings: *self })
    }
}

/// A provider that gives up when the provider inside is silent for too long: an error of kind
/// [`Timeout`](outcrop_core::ErrorKind::Timeout) that names the limit and the key of the configuration that sets it.
/// What runs inside is dropped at that moment, which cancels the call upstream.
///
/// # Streams
/// - `first_event` counts from the call to the first item after [`Event::Start`]: until the model shows that it is at
///   work.
/// - `idle` counts from then on, between two items of any kind; what the provider leaves out of its stream is none. Only
///   waiting for the provider counts: whoever reads slowly is in nobody's way, and what came while nobody looked gets a
///   second to come through.
/// - `total` counts from the call to the end of the answer.
///
/// An error of `first_event` or `idle` advises a retry as long as no delta came; after that, part of the answer was
/// seen. One of `total` never does: another attempt would take the call further beyond what it may take.
///
/// # Whole answers
/// `generate`, `count_tokens` and `embed` show no events, so `total` is the only limit that means anything to them; where
/// neither the layer nor the provider sets it, the provider's `whole` stands in. `first_event` is no substitute: a long
/// answer in one piece takes longer than the first piece of it.
#[derive(Debug)]
pub struct TimeoutProvider {
    inner: Arc<dyn ModelProvider>,
    settings: TimeoutLayer,
}

impl TimeoutProvider {
    fn limits(&self, model: &ModelId) -> Timeouts {
        let hint = self.inner.capabilities(model).timeouts;
        Timeouts {
            first_event: self.settings.first_event.or(hint.first_event),
            idle: self.settings.idle.or(hint.idle),
            total: self.settings.total.or(hint.total),
            whole: self.settings.total.or(hint.total.or(hint.whole)),
        }
    }

    /// Waits for something that shows no events.
    async fn whole<T>(
        &self,
        model: &ModelId,
        call: impl Future<Output = Result<T>> + Send + Unpin,
    ) -> Result<T> {
        let limits = Timeouts { total: self.limits(model).whole, ..Timeouts::default() };
        Watch::new(limits, self.id(), model).over(call).await
    }
}

#[async_trait]
impl ModelProvider for TimeoutProvider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let limits = Timeouts { whole: None, ..self.limits(&request.model) };
        if limits == Timeouts::default() {
            return self.inner.stream(request).await;
        }
        let mut watch = Watch::new(limits, self.id(), &request.model);
        let inner = watch.over(self.inner.stream(request)).await?;
        Ok(Box::pin(Watched { inner: Some(inner), watch }))
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        self.whole(&request.model, self.inner.generate(request)).await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        self.whole(&request.model, self.inner.count_tokens(request)).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        self.whole(&request.model, self.inner.embed(request)).await
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

/// A stream under watch.
struct Watched {
    /// `None` once it is over.
    inner: Option<EventStream>,
    watch: Watch,
}

impl Watched {
    /// Drops the stream. After the end of the answer there is nothing to complain about: only the connection was slow
    /// to close.
    fn give_up(&mut self, limit: Limit) -> Option<Result<Event>> {
        self.inner = None;
        (!self.watch.has_ended()).then(|| Err(self.watch.error(limit)))
    }
}

impl Stream for Watched {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if this.watch.total_is_over() {
            return Poll::Ready(this.give_up(Limit::Total));
        }
        match inner.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(event))) => {
                this.watch.saw(&event);
                Poll::Ready(Some(Ok(event)))
            }
            Poll::Ready(last) => {
                this.inner = None;
                Poll::Ready(last)
            }
            Poll::Pending => this.watch.poll(cx).map(|limit| this.give_up(limit)),
        }
    }
}

#[cfg(test)]
mod tests;
